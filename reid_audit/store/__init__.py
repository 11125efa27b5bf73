"""Results on disk: private files, tables, content keys, and the folder that lets a stopped run go on.

Everything is written beside its final name, flushed, and renamed, so a reader sees a whole file or none. Files are
created 0600 in folders 0700, and no format used here can carry code (no pickle).
"""

from __future__ import annotations

from reid_audit.store.files import own_folder, private_folder, remove_tree, write_bytes, write_json, write_text
from reid_audit.store.keys import bytes_key, code_key, content_key, file_key
from reid_audit.store.provenance import provenance
from reid_audit.store.records import Record, RecordStore
from reid_audit.store.tables import read_table, write_table, write_tsv

__all__ = [
    "Record",
    "RecordStore",
    "bytes_key",
    "code_key",
    "content_key",
    "file_key",
    "own_folder",
    "private_folder",
    "provenance",
    "read_table",
    "remove_tree",
    "write_bytes",
    "write_json",
    "write_table",
    "write_text",
    "write_tsv",
]

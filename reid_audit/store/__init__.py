"""Results on disk: private files, tables, content keys, and the folder that lets a stopped run go on.

Everything is written beside its final name, flushed, and renamed, so a reader sees a whole file or none. Files are
created 0600 in folders 0700, and no format used here can carry code (no pickle). One run at a time works in a folder.
"""

from __future__ import annotations

from reid_audit.store.files import (
    own_folder,
    private_folder,
    remove_tree,
    take_back,
    write_bytes,
    write_json,
    write_text,
)
from reid_audit.store.journal import JOURNAL
from reid_audit.store.keys import bytes_key, code_key, content_key, file_key, link_key
from reid_audit.store.lock import LOCK, alone_in, for_people_in, one_at_a_time
from reid_audit.store.opening import open_file
from reid_audit.store.provenance import provenance
from reid_audit.store.records import Record, RecordStore
from reid_audit.store.tables import armed, csv_text, disarmed, read_table, write_csv, write_table, write_tsv

__all__ = [
    "JOURNAL",
    "LOCK",
    "Record",
    "RecordStore",
    "alone_in",
    "armed",
    "bytes_key",
    "code_key",
    "content_key",
    "csv_text",
    "disarmed",
    "file_key",
    "for_people_in",
    "link_key",
    "one_at_a_time",
    "open_file",
    "own_folder",
    "private_folder",
    "provenance",
    "read_table",
    "remove_tree",
    "take_back",
    "write_bytes",
    "write_csv",
    "write_json",
    "write_table",
    "write_text",
    "write_tsv",
]

"""Whether the header of a gzip file names somebody: what the file was called before, and what was written beside."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from reid_audit.inputs.gzip_header import read_gzip_headers
from reid_audit.store import open_file
from reid_audit.triage.answer import Told, cannot_tell, nothing, worst
from reid_audit.triage.decoding import decoded
from reid_audit.triage.free_text import free_form
from reid_audit.triage.path_words import told_by_path
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from reid_audit.inputs.gzip_header import GzipHeader

__all__ = ["told_by_packing"]

_LONG_NAME, _LONG_COMMENT = 255, 4096
"""Bytes beyond which a field is no name of a file, and no comment."""
_MOST = 100
"""Headers that say something, in one file, that are asked."""
_BLOCKS = b"BC\2\0"
"""Begins the field that block-wise gzip (bgzip) writes: the size of the block, and nothing else."""
_BLOCKS_LENGTH = 6


def told_by_packing(path: Path, labels: Collection[str]) -> Told:
    """Answer for the headers of a gzip file, one for each of its members.

    Parameters
    ----------
    path : Path
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Told
    """
    told = [nothing("no name", "the packing says nothing")]
    try:
        with open_file(path) as stream:
            for header in read_gzip_headers(stream):
                if not header.plain:
                    told.append(_told(header, labels))
                if len(told) > _MOST:
                    told.append(cannot_tell("header", f"gzip has more than {_MOST} headers that say something"))
                    break
    except (OSError, EOFError, zlib.error):
        told.append(Told("unaudited", "damaged: the file cannot be unpacked to its end"))
    return worst(told)


def _told(header: GzipHeader, labels: Collection[str]) -> Told:
    told = [nothing("no name", "the packing names nobody")]
    name, comment = decoded(header.name[:_LONG_NAME]), decoded(header.comment[:_LONG_COMMENT])
    if name:
        told.append(told_by_path(name, "the name that gzip keeps"))
    if comment:
        told.append(told_by_words(comment, labels, "no words"))
        if free_form(comment):
            told.append(cannot_tell("name", "the comment of gzip may name a person"))
    if len(header.name) > _LONG_NAME or len(header.comment) > _LONG_COMMENT:
        told.append(cannot_tell("header", "a field of gzip's header is longer than any name or comment"))
    if header.extra and not (header.extra.startswith(_BLOCKS) and len(header.extra) == _BLOCKS_LENGTH):
        told.append(cannot_tell("header", "gzip's header has an extra field, which nothing here reads"))
        told.append(told_by_words(decoded(header.extra), labels, "no words"))
    return worst(told)

"""Whether a file of text names somebody: a README, a script, the log of a converter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.store import open_file
from reid_audit.triage.answer import Told, nothing, worst
from reid_audit.triage.decoding import open_text, read_text
from reid_audit.triage.embedded import told_by_embedded
from reid_audit.triage.markdown import told_by_markdown
from reid_audit.triage.markup import told_by_markup
from reid_audit.triage.table_heads import looks_like_table
from reid_audit.triage.tables import told_by_table
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["told_by_text"]

_BLOCK = 2**20
_OVERLAP = 512
_MAX_TEXT = 2**30
_MAX_WHOLE = 128 * 2**20
"""Bytes up to which elements and pictures inside are looked for as well."""
_POINTERS = (b"/annex/objects/", b"version https://git-lfs")


def told_by_text(path: Path, labels: Collection[str], *, detector: str = "dlib") -> Told:
    """Answer for any text, and for a pointer to content that is not here.

    Parameters
    ----------
    path : Path
    labels : collection of str
        Of the file's own path.
    detector : str
        For pictures that stand in it as base64.

    Returns
    -------
    Told
    """
    told = [nothing("no name", "no words that name a person")]
    with open_file(path) as raw:
        if raw.peek(_BLOCK).startswith(_POINTERS):
            return Told("unaudited", "absent: a pointer of git-annex or git-lfs whose content is not here")
        before, stream = "", open_text(raw)
        for number, block in enumerate(iter(lambda: stream.read(_BLOCK), "")):
            if number * _BLOCK > _MAX_TEXT:
                return worst([*told, Told("unaudited", f"size: the text has more than {_MAX_TEXT:,} characters")])
            told = [worst([*told, told_by_words(before + block, labels, "no words that name a person")])]
            before = block[-_OVERLAP:]
    if path.stat().st_size > _MAX_WHOLE:
        return told[0]
    text = read_text(path)
    told += [told_by_markup(text, labels), told_by_markdown(text, labels)]
    told += [told_by_embedded(text, labels, detector=detector)]
    return worst([*told, told_by_table(path, labels)] if looks_like_table(text[:_BLOCK]) else told)

"""Documents: HTML reports, SVG, notebooks, Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, nothing, worst
from reid_audit.triage.decoding import read_text
from reid_audit.triage.embedded import told_by_embedded
from reid_audit.triage.markdown import told_by_markdown
from reid_audit.triage.markup import told_by_markup
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["told_by_page"]

_MAX_BYTES = 128 * 2**20
_SURFACES = re.compile(
    r'"type"\s*:\s*"(?:mesh3d|surface|isosurface|volume)"|<x3d\b|niivue|\.papaya\b|papaya\.js', re.IGNORECASE
)
_LINKED_BINARY = re.compile(
    r"data:(?:application|model)/(?:octet-stream|gltf|gzip|x-gzip)[^,]{0,60};base64,", re.IGNORECASE
)


def told_by_page(path: Path, labels: Collection[str], *, detector: str = "dlib") -> Told:
    """Answer for a document: its pictures, what it draws in three dimensions, and words that name somebody.

    Parameters
    ----------
    path : Path
    labels : collection of str
        Of the file's own path.
    detector : str

    Returns
    -------
    Told
    """
    if path.stat().st_size > _MAX_BYTES:
        return Told("unaudited", f"size: the document has more than {_MAX_BYTES:,} bytes")
    text = read_text(path)
    words = told_by_words(text, labels, "no words that name a person")
    inside = told_by_embedded(text, labels, detector=detector)
    told = [words, told_by_markup(text, labels), told_by_markdown(text, labels), inside]
    if _SURFACES.search(text) or _LINKED_BINARY.search(text):
        told.append(cannot_tell("surface", "the document draws a surface or a volume in three dimensions"))
    answer = worst(told)
    if answer.answer == "none":
        return nothing("no face", f"{words.why.partition(': ')[2]}; {inside.why.partition(': ')[2]}")
    return answer

"""Pictures inside of documents: HTML reports, SVG, notebooks, Markdown."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import islice
from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, nothing, worst
from reid_audit.triage.headers import told_by_words
from reid_audit.triage.pictures import told_by_picture

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = ["embedded_pictures", "told_by_page"]

_MAX_BYTES = 128 * 2**20
_MOST_PICTURES = 2000
_MAX_PICTURE = 64 * 2**20
_URI = re.compile(r"data:image/[a-z0-9.+-]{1,20}(?:;[a-z0-9=-]{1,40})*;base64,([A-Za-z0-9+/=\s\\]{40,})", re.IGNORECASE)
_CELL = re.compile(r'"image/(?:png|jpe?g|gif|webp)"\s{0,20}:\s{0,20}\[?\s{0,20}"([A-Za-z0-9+/=\\\s]{40,})')
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
    text = path.read_text(encoding="utf-8", errors="replace")
    words = told_by_words(text, labels, "no words that name a person")
    others = []
    if _SURFACES.search(text) or _LINKED_BINARY.search(text):
        others.append(cannot_tell("surface", "the document draws a surface or a volume in three dimensions"))
    inside = [_told(picture, detector) for picture in islice(embedded_pictures(text), _MOST_PICTURES + 1)]
    if len(inside) > _MOST_PICTURES:
        others.append(Told("unaudited", f"size: the document has more than {_MOST_PICTURES:,} pictures"))
    answer = worst([words, *others, *inside])
    if answer.answer == "none":
        return nothing("no face", f"{words.why}; {len(inside)} pictures inside, none with a face or shades")
    among = any(answer is one for one in inside)
    return Told(answer.answer, f"{answer.why} (of {len(inside)} pictures inside of a document)") if among else answer


def _told(picture: bytes | None, detector: str) -> Told:
    if picture is None:
        return Told("unaudited", "damaged: a picture in the document cannot be decoded")
    return told_by_picture(picture, detector=detector)


def embedded_pictures(text: str) -> Iterator[bytes | None]:
    """Yield the bytes of every picture that a document carries inside; None for one that cannot be decoded."""
    for pattern in (_URI, _CELL):
        for match in pattern.finditer(text):
            if match.end() - match.start() > 2 * _MAX_PICTURE:
                yield None
                continue
            code = re.sub(r"\\[nr]|[\s\\]", "", match[1])
            try:
                yield base64.b64decode(code + "=" * (-len(code) % 4), validate=True)
            except (binascii.Error, ValueError):
                yield None

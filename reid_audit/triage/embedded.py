"""Pictures and volumes that stand as base64 in other files: reports, scripts, JSON, style sheets, notebooks."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from itertools import islice
from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, nothing, worst
from reid_audit.triage.markup import told_by_markup
from reid_audit.triage.pictures import told_by_picture
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["embedded_pictures", "told_by_embedded"]

_MOST_PICTURES = 2000
_MOST_PACKED = 200
_MAX_PICTURE = 64 * 2**20
_MAX_UNPACKED = 32 * 2**20
_URI = re.compile(r"data:image/[a-z0-9.+-]{1,20}(?:;[a-z0-9=-]{1,40})*;base64,([A-Za-z0-9+/=\s\\]{40,})", re.IGNORECASE)
_CELL = re.compile(r'"image/(?:png|jpe?g|gif|webp)"\s{0,20}:\s{0,20}\[?\s{0,20}"([A-Za-z0-9+/=\\\s]{40,})')
_BARE = re.compile(
    r"(?<![A-Za-z0-9+/])((?:iVBORw0KGgo|(?:\\?/)9j(?:\\?/)|R0lGOD|UklGR|SUkqA|TU0AK)[A-Za-z0-9+/=\s\\]{100,})"
)
"""PNG, JPEG, GIF, WebP and TIFF by their first bytes, whatever stands before them."""
_PACKED = re.compile(r"(?<![A-Za-z0-9+/])((?:H4sI|XAEAA|AAABX|HAIAA|AAACH)[A-Za-z0-9+/=\s\\]{400,})")
"""gzip, and NIfTI of both versions and byte orders."""
_LONG = re.compile(r"[\"'`]([A-Za-z0-9+/\\]{50000,}={0,2})[\"'`]")
"""Characters of base64 in quotes from which on something is carried whose kind nobody can see."""
_LIST = re.compile(r"\"(?<=[A-Za-z0-9+/\\]{60}\")\s{0,200},\s{0,200}\"(?=[A-Za-z0-9+/=])")
"""Between the lines of one code that a list holds, as notebooks and JSON have them."""
_KNOWN = re.compile(r"(?:iVBORw0KGgo|\\?/9j|R0lGOD|UklGR|SUkqA|TU0AK|H4sI|XAEAA|AAABX|HAIAA|AAACH)")
_DRAWINGS = frozenset([b"<svg ", b"<?xml", b"<svg>"])
_NIFTI = (b"\x5c\x01\0\0", b"\0\0\x01\x5c", b"\x1c\x02\0\0", b"\0\0\x02\x1c")


def told_by_embedded(text: str, labels: Collection[str] = (), *, detector: str = "dlib", depth: int = 0) -> Told:
    """Answer for what stands as base64 in a text.

    Parameters
    ----------
    text : str
    labels : collection of str
        Of the file's own path.
    detector : str
        Name of the detector for pictures.
    depth : int
        How often what was read had been packed; text within text is read once.

    Returns
    -------
    Told
        Pictures are judged; volumes, and what nobody can see into, are ``"cannot tell"``.
    """
    text = _LIST.sub("", text) if '",' in text or '" ,' in text or '"\n' in text else text
    others = [_packed(match[1], labels, detector, depth) for match in islice(_PACKED.finditer(text), _MOST_PACKED)]
    if len(others) == _MOST_PACKED:
        others.append(Told("unaudited", f"size: {_MOST_PACKED} packed parts and more inside of a document"))
    if any(not _KNOWN.match(match[1]) for match in _LONG.finditer(text)):
        others.append(cannot_tell("packed", "the document carries long base64 of a kind that is not known"))
    inside = [
        _told(picture, labels, detector, depth) for picture in islice(embedded_pictures(text), _MOST_PICTURES + 1)
    ]
    if len(inside) > _MOST_PICTURES:
        others.append(Told("unaudited", f"size: the document has more than {_MOST_PICTURES:,} pictures"))
    if not others and not inside:
        return nothing("no picture", "no picture inside")
    if inside:
        shown = worst(inside)
        others.append(Told(shown.answer, f"{shown.why} (pictures inside of the document: {len(inside)})"))
    answer = worst(others)
    if answer.answer == "none":
        return nothing("no face", f"pictures inside: {len(inside)}, none with a face or shades")
    return answer


def _told(picture: bytes | None, labels: Collection[str], detector: str, depth: int) -> Told:
    if picture is None:
        return Told("unaudited", "damaged: a picture in the document cannot be decoded")
    if picture.lstrip()[:5].lower() in _DRAWINGS:
        return _text(picture.decode(errors="replace"), labels, detector, depth)
    return told_by_picture(picture, labels, detector=detector)


def embedded_pictures(text: str) -> Iterator[bytes | None]:
    """Yield the bytes of every picture that a document carries inside; None for one that cannot be decoded."""
    seen: set[int] = set()
    for pattern in (_URI, _CELL, _BARE):
        for match in pattern.finditer(text):
            if match.start(1) not in seen:
                seen.add(match.start(1))
                yield _decoded(match[1])


def _decoded(code: str) -> bytes | None:
    if len(code) > 2 * _MAX_PICTURE:
        return None
    code = re.sub(r"\\[nrt]|[\s\\]", "", code)
    try:
        return base64.b64decode(code + "=" * (-len(code) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _packed(code: str, labels: Collection[str], detector: str, depth: int) -> Told:
    """Answer for gzip or NIfTI: a volume is told, text is read, anything else nobody can see into."""
    raw = _decoded(code)
    if raw is not None and raw.startswith(b"\x1f\x8b"):
        raw = _unpacked(raw)
    if raw is None:
        return Told("unaudited", "damaged: packed bytes in the document cannot be decoded, or are too many")
    if raw.startswith(_NIFTI):
        return cannot_tell("volume", "the document carries a volume (NIfTI) as base64")
    try:
        return _text(raw.decode(), labels, detector, depth)
    except UnicodeDecodeError:
        return cannot_tell("packed", "packed bytes of a kind that is not known stand in the document")


def _text(text: str, labels: Collection[str], detector: str, depth: int) -> Told:
    """Answer for text within text."""
    if depth:
        return cannot_tell("packed", "the document carries text that was packed more than once")
    inner = told_by_embedded(text, labels, detector=detector, depth=depth + 1)
    return worst([inner, told_by_words(text, labels, "no words"), told_by_markup(text, labels)])


def _unpacked(raw: bytes) -> bytes | None:
    """Return what gzip holds, up to a bound; None where it is damaged, or no volume and goes on."""
    unpacker = zlib.decompressobj(31)
    try:
        inner = unpacker.decompress(raw, _MAX_UNPACKED)
    except zlib.error:
        return None
    whole = unpacker.eof and not unpacker.unused_data
    return inner if whole or inner.startswith(_NIFTI) else None

"""What a file holds, by its first bytes: a name is what anybody wrote on it."""

from __future__ import annotations

import re
import tempfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from reid_audit.inputs.dicom_headers import looks_like_dicom
from reid_audit.store import open_file
from reid_audit.triage.decoding import is_text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Content", "Holds", "content_of", "named_by_content"]

Holds = Literal["scan", "dicom", "picture", "document", "archive", "packed", "text", "unknown"]
"""``packed``: gzip around what is no scan. ``text``: no sign of anything else."""

_LOOKED_AT = 8192
_LONGEST_NAME = 180
_NIFTI_SIZES = {348: 344, 540: 4}
"""Size of a header, and where its mark stands: NIfTI-1 and NIfTI-2."""
_NIFTI_MARKS = (b"n+1", b"ni1", b"n+2", b"ni2")
_MGH_TYPES = {0, 1, 3, 4, 10}
_MGH_MOST = 100_000
_META = re.compile(
    rb"\A(?:\s*[A-Za-z]{2,40}[ \t]*=[^\r\n]{0,2000}\r?\n){0,60}?[ \t]*(?:NDims|DimSize|ElementType)[ \t]*="
)
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}
_HEIF = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
_DOCUMENTS = (b"%PDF-", b"%!PS", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a",
)
_TAR = 257
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Content:
    """What the first bytes of a file say.

    Parameters
    ----------
    holds : Holds
    extensions : tuple of str
        Of names that say the same, the first of them for a reader that goes by names; empty where any name will do.
    """

    holds: Holds
    extensions: tuple[str, ...] = ()


def content_of(path: Path) -> Content:
    """Return what a file holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Content

    Raises
    ------
    OSError
        If it cannot be opened, or is a pipe, a device or a folder.
    """
    with open_file(path) as stream:
        start = stream.read(_LOOKED_AT)
    if start.startswith(_GZIP):
        return _packed(_unpacked(start))
    return _scan(start) or (Content("dicom") if looks_like_dicom(path) else _other(start))


@contextmanager
def named_by_content(path: Path) -> Iterator[Path]:
    """Yield a path to a scan whose name says what it is: itself, or a link in a folder of its own that goes away.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        Readers of scans go by names. What the name says of modality and mask stays in it.

    Raises
    ------
    OSError
    """
    content = content_of(path)
    if content.holds != "scan" or path.name.lower().endswith(content.extensions):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / f"{path.name[-_LONGEST_NAME:]}{content.extensions[0]}"
        link.symlink_to(path.absolute())
        yield link


def _scan(start: bytes, packed: str = "") -> Content | None:
    if _is_nifti(start):
        return Content("scan", (f".nii{packed}",))
    if _is_mgh(start):
        return Content("scan", (".mgz",) if packed else (".mgh",))
    if packed:
        return None
    if start.startswith(b"NRRD000"):
        return Content("scan", (".nrrd", ".nhdr"))
    return Content("scan", (".mha", ".mhd")) if _META.match(start) else None


def _is_nifti(start: bytes) -> bool:
    sizes = {int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")}
    return any(size in sizes and start[mark : mark + 3] in _NIFTI_MARKS for size, mark in _NIFTI_SIZES.items())


def _is_mgh(start: bytes) -> bool:
    if len(start) < 28 or start[:4] != b"\0\0\0\1":
        return False
    *sizes, kind = np.frombuffer(start[4:24], ">i4").tolist()
    return kind in _MGH_TYPES and all(0 < size <= _MGH_MOST for size in sizes)


def _packed(inner: bytes) -> Content:
    """Return what gzip holds: a scan, or something that is not opened by its content alone."""
    scan = _scan(inner, ".gz")
    if scan:
        return scan
    text = _scan(inner) is None and _other(inner).holds == "text"
    return Content("packed" if text else "archive", (".gz",))


def _unpacked(start: bytes) -> bytes:
    """Return the first bytes that gzip holds; none where it is damaged."""
    try:
        return zlib.decompressobj(31).decompress(start, _LOOKED_AT)
    except zlib.error:
        return b""


def _other(start: bytes) -> Content:
    if _is_picture(start):
        return Content("picture")
    if start.startswith(_DOCUMENTS):
        return Content("document")
    if start.startswith(_ARCHIVES) or start[_TAR : _TAR + 5] == b"ustar":
        return Content("archive")
    return Content("text" if is_text(start) else "unknown")


def _is_picture(start: bytes) -> bool:
    if start.startswith(_PICTURES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return True
    if start[:2] == b"BM" and len(start) > 18:
        return start[6:10] == b"\0\0\0\0" and int.from_bytes(start[14:18], "little") in _BMP_HEADERS
    return start[4:8] == b"ftyp" and start[8:12] in _HEIF

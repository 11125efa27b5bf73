"""DICOM files."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.hostile.cases import Hostile, gzipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["DICOMS", "jpeg2000_claiming", "jpeg_claiming"]

_EXPLICIT = "1.2.840.10008.1.2.1"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_J2K = "1.2.840.10008.1.2.4.90"
_JPEG = "1.2.840.10008.1.2.4.70"
_BLOCK = 2**20


def _slice(number: int, **fields: Any) -> Any:
    """Return one image of a small MR series, with fields set as they are given."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID

    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(_EXPLICIT)
    made.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.4")
    made.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{number + 1}")
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID
    made.SeriesInstanceUID = "1.2.3"
    made.Modality = "MR"
    made.InstanceNumber = number + 1
    made.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    made.PixelSpacing = [4.0, 4.0]
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    made.ImagePositionPatient = [0, 0, 4.0 * number]
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.Rows = made.Columns = 40
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 0
    made.PixelData = np.random.default_rng(number).integers(0, 99, 1_600).astype("<u2").tobytes()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _encapsulated(frame: bytes, syntax: str) -> Callable[[int], Any]:
    """Return a maker of slices whose pixels are one compressed frame."""

    def make(number: int) -> Any:
        from pydicom.encaps import encapsulate
        from pydicom.uid import UID

        made = _slice(number, PixelData=encapsulate([frame]))
        made.file_meta.TransferSyntaxUID = UID(syntax)
        made["PixelData"].is_undefined_length = True
        return made

    return make


def _series(make: Callable[[int], Any] = _slice, *, alter: Callable[[bytes], bytes] = bytes) -> Callable[[Path], None]:
    """Write a folder of 30 images."""

    def write(path: Path) -> None:
        from pydicom import dcmwrite

        path.mkdir()
        for number in range(30):
            held = io.BytesIO()
            dcmwrite(held, make(number), implicit_vr=False, little_endian=True)
            (path / f"{number:03d}").write_bytes(alter(held.getvalue()))

    return write


def _absurd_length(content: bytes) -> bytes:
    """Let the first element of the series claim four gigabytes."""
    place = content.index(b"\x20\x00\x0e\x00UI")
    return content[: place + 4] + b"UT\0\0" + struct.pack("<I", 0xFFFFFFF0) + content[place + 8 :]


def _deflated_bomb(path: Path) -> None:
    """Write files whose whole content is a gigabyte of nothing, deflated; with the usual preamble, and without."""
    from pydicom import dcmwrite
    from pydicom.uid import UID

    made = _slice(0)
    content, meta = io.BytesIO(), io.BytesIO()
    dcmwrite(content, made, implicit_vr=False, little_endian=True, enforce_file_format=True)
    made.file_meta.TransferSyntaxUID = UID(_DEFLATED)
    dcmwrite(meta, made, implicit_vr=False, little_endian=True, enforce_file_format=True)
    plain = content.getvalue()
    start = meta.getvalue()[: 144 + struct.unpack("<I", meta.getvalue()[140:144])[0]]
    data = gzipped((plain[plain.index(b"\x08\x00\x08\x00") :], 1), (bytes(_BLOCK), 1_000), wbits=-15)
    path.mkdir()
    for number in range(4):
        (path / f"{number}").write_bytes(start[132 if number % 2 else 0 :] + data)


def jpeg2000_claiming(rows: int, columns: int) -> bytes:
    """Return the header of a JPEG 2000 image that claims a size."""
    body = struct.pack(">HIIIIIIIIH", 0, columns, rows, 0, 0, columns, rows, 0, 0, 1) + b"\x0f\x01\x01"
    return b"\xff\x4f\xff\x51" + struct.pack(">H", len(body) + 2) + body + b"\xff\xd9"


def jpeg_claiming(rows: int, columns: int) -> bytes:
    """Return the header of a lossless JPEG image that claims a size."""
    return b"\xff\xd8\xff\xc3\x00\x0b\x10" + struct.pack(">HH", rows, columns) + b"\x01\x01\x11\x00\xff\xd9"


DICOMS = (
    Hostile("dicom-absurd-length", _series(alter=_absurd_length), "No DICOM series|damaged"),
    Hostile("dicom-cut-in-header", _series(alter=lambda content: content[:500]), "No DICOM series|damaged"),
    Hostile("dicom-cut-in-pixels", _series(alter=lambda content: content[:-900]), "truncated or damaged"),
    Hostile("dicom-65535", _series(lambda n: _slice(n, Rows=65_535, Columns=65_535)), "more than the"),
    Hostile("dicom-no-rows", _series(lambda n: _slice(n, Rows=0, Columns=0)), "."),
    Hostile("dicom-frames", _series(lambda n: _slice(n, NumberOfFrames=2_000_000_000)), "No DICOM series"),
    Hostile("dicom-spacing-zero", _series(lambda n: _slice(n, PixelSpacing=[0.0, 0.0])), "."),
    Hostile("dicom-one-place", _series(lambda n: _slice(n, ImagePositionPatient=[0, 0, 0])), "No DICOM series|frames"),
    Hostile("dicom-jpeg2000-bomb", _series(_encapsulated(jpeg2000_claiming(60_000, 60_000), _J2K)), "60000 x 60000"),
    Hostile("dicom-jpeg-bomb", _series(_encapsulated(jpeg_claiming(65_000, 65_000), _JPEG)), "65000 x 65000"),
    Hostile("dicom-no-jpeg", _series(_encapsulated(bytes(64), _JPEG)), "truncated or damaged"),
    Hostile("dicom-deflated-bomb", _deflated_bomb, "more than 256 MiB when it is inflated", large=True),
)
"""Each is lost with its reason."""

"""MGH, NRRD and MetaImage files."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

from benchmarks.hostile.cases import Hostile, gzipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["HEADERS"]

_MANY = "more than the"
_BLOCK = 2**20


def _mgh(*sizes: int) -> bytes:
    return struct.pack(">iiiiiiih", 1, *sizes, 1, 3, 0, 0).ljust(284, b"\0")


def _nrrd(sizes: str, encoding: str = "raw", *more: str) -> bytes:
    lines = (
        "NRRD0004",
        "type: float",
        "dimension: 3",
        f"sizes: {sizes}",
        "space: left-posterior-superior",
        "space directions: (1,0,0) (0,1,0) (0,0,1)",
        "space origin: (0,0,0)",
        "endian: little",
        f"encoding: {encoding}",
        *more,
    )
    return ("\n".join(lines) + "\n\n").encode()


def _meta(sizes: str, data: str, *more: str) -> bytes:
    lines = (
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "TransformMatrix = 1 0 0 0 1 0 0 0 1",
        "Offset = 0 0 0",
        "ElementSpacing = 1 1 1",
        f"DimSize = {sizes}",
        "ElementType = MET_FLOAT",
        *more,
        f"ElementDataFile = {data}",
    )
    return ("\n".join(lines) + "\n").encode()


def _put(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _mgz_bomb(path: Path) -> None:
    path.write_bytes(gzipped((_mgh(512, 512, 1_000), 1), (bytes(_BLOCK), 1_000)))


HEADERS = (
    Hostile("mgh-1e5.mgh", _put(_mgh(100_000, 100_000, 100_000) + bytes(4_000)), _MANY),
    Hostile("mgz-negative.mgz", _put(gzip.compress(_mgh(-1, -1, -1) + bytes(4_000))), "damaged"),
    Hostile("mgz-short.mgz", _put(gzip.compress(b"\0\0\0\1")), "header"),
    Hostile("mgz-bomb.mgz", _mgz_bomb, "same value", large=True),
    Hostile("nrrd-1e5.nrrd", _put(_nrrd("100000 100000 100000") + bytes(4_000)), _MANY),
    Hostile("nrrd-short.nrrd", _put(_nrrd("64 64 64") + bytes(4_000)), "ends too early|damaged"),
    Hostile("nrrd-large.nrrd", _put(_nrrd("512 512 1000") + bytes(4_000)), "MiB"),
    Hostile("nrrd-no-gzip.nrrd", _put(_nrrd("32 32 32", "gzip") + bytes(4_000)), "ends too early|damaged"),
    Hostile(
        "nhdr-elsewhere.nhdr", _put(_nrrd("32 32 32", "raw", "data file: ../../../../etc/passwd")), "lies elsewhere"
    ),
    Hostile("nhdr-many.nhdr", _put(_nrrd("32 32 32", "raw", "data file: LIST\n/dev/zero")), "several files"),
    Hostile("mha-1e5.mha", _put(_meta("100000 100000 100000", "LOCAL") + bytes(4_000)), _MANY),
    Hostile("mha-short.mha", _put(_meta("64 64 64", "LOCAL") + bytes(400)), "ends too early|damaged"),
    Hostile(
        "mha-packed-length.mha",
        _put(_meta("64 64 64", "LOCAL", "CompressedData = True", "CompressedDataSize = 99999999999") + bytes(400)),
        "ends too early|damaged",
    ),
    Hostile("mhd-elsewhere.mhd", _put(_meta("32 32 32", "/dev/zero")), "lies elsewhere"),
    Hostile("mhd-absent.mhd", _put(_meta("32 32 32", "absent.raw")), "missing"),
)
"""Each is lost with its reason."""

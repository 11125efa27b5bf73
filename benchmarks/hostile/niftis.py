"""NIfTI files."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from benchmarks.hostile.cases import Hostile, gzipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["NIFTIS", "header", "noise"]

_EARLY = "ends too early or is damaged"
_BLOCK = 2**20


def noise(shape: tuple[int, ...] = (24, 26, 28), dtype: str = "int16") -> np.ndarray[Any, Any]:
    """Values without a head."""
    return np.random.default_rng(3).integers(0, 200, shape).astype(dtype)


def header(
    shape: tuple[int, ...], *, dtype: str = "float32", second: bool = False, offset: int | None = None, **fields: Any
) -> bytes:
    """Return a NIfTI header of a shape, whatever follows it, with fields set as they are given."""
    kind = nib.Nifti2Header if second else nib.Nifti1Header
    made = kind()
    made.set_data_dtype(dtype)
    made.set_sform(np.eye(4), code=1)
    made["xyzt_units"] = 2
    made["vox_offset"] = (544 if second else 352) if offset is None else offset
    made["dim"] = [len(shape), *shape, *[1] * (7 - len(shape))]
    for name, value in fields.items():
        made[name] = value
    return bytes(made.binaryblock)


def _written(content: bytes) -> Callable[[Path], None]:
    return lambda path: _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _image(
    values: np.ndarray[Any, Any], affine: np.ndarray[Any, Any] | None = None, *, cut: int | None = None, **fields: Any
) -> Callable[[Path], None]:
    """Write an image, set fields of its header, and cut it short."""

    def write(path: Path) -> None:
        image = nib.Nifti1Image(values, np.eye(4) if affine is None else affine)
        image.header.set_xyzt_units("mm")
        content = bytearray(image.to_bytes())
        for name, value in fields.items():
            kind, place = nib.Nifti1Header().structarr.dtype.fields[name]
            content[place : place + kind.itemsize] = np.asarray(value, kind.base).tobytes()
        packed = gzip.compress(bytes(content), 1) if path.name.endswith(".gz") else bytes(content)
        path.write_bytes(packed[:cut])

    return write


def _bomb(shape: tuple[int, int, int], dtype: str, value: float) -> Callable[[Path], None]:
    """Write a scan of one value over and over: a thousandth of its size on disk."""

    def write(path: Path) -> None:
        block = np.full(_BLOCK // np.dtype(dtype).itemsize, value, dtype).tobytes()
        total = int(np.prod(shape)) * np.dtype(dtype).itemsize
        path.write_bytes(gzipped((header(shape, dtype=dtype) + bytes(4), 1), (block, -(-total // _BLOCK))))

    return write


def _extension(size: int, claimed: int) -> Callable[[Path], None]:
    """Write a header with an extension of a gigabyte of nothing, of whatever length it claims."""

    def write(path: Path) -> None:
        start = header((24, 26, 28), offset=352 + size) + b"\1\0\0\0" + struct.pack("<ii", claimed, 6)
        path.write_bytes(gzipped((start, 1), (bytes(_BLOCK), size // _BLOCK)))

    return write


def _damaged(path: Path) -> None:
    content = bytearray(gzip.compress(nib.Nifti1Image(noise(), np.eye(4)).to_bytes(), 1))
    content[2_000:2_040] = bytes(40)
    path.write_bytes(bytes(content))


_SINGULAR = np.diag([1.0, 1.0, 0.0, 1.0])
_FEW_NAN = np.where(np.arange(24 * 26 * 28).reshape(24, 26, 28) % 50, np.nan, 1.0).astype(np.float32)

NIFTIS = (
    Hostile("shape-1e5.nii", _written(header((100_000, 100_000, 3), second=True) + bytes(4_000)), "more than the"),
    Hostile("shape-1e5-packed.nii.gz", lambda p: _write(p, gzip.compress(header((100_000,) * 3, second=True))), "more"),
    Hostile("shape-32767.nii", _written(header((32_767,) * 3) + bytes(4_000)), "more than the"),
    Hostile("shape-overflow.nii", _written(header((2**31, 2**31, 2**31), second=True) + bytes(4_000)), "more|damaged"),
    Hostile("shape-negative.nii", _written(header((-5, 20, 20)) + bytes(4_000)), "damaged|shape"),
    Hostile("shape-zero.nii", _written(header((0, 20, 20)) + bytes(4_000)), "damaged|shape|slice"),
    Hostile("claims-a-gigabyte.nii", _written(header((512, 512, 1_000), dtype="float64") + bytes(9_000)), _EARLY),
    Hostile("claims-packed.nii.gz", lambda p: _write(p, gzip.compress(header((512, 512, 1_000), dtype="f8"))), _EARLY),
    Hostile("truncated.nii", _image(noise(), cut=9_000), _EARLY),
    Hostile("truncated-packed.nii.gz", _image(noise(), cut=9_000), _EARLY),
    Hostile("deflate-damaged.nii.gz", _damaged, _EARLY),
    Hostile("bomb-of-zeros.nii.gz", _bomb((512, 512, 1_000), "float32", 0.0), "same value", large=True),
    Hostile("bomb-of-nan.nii.gz", _bomb((512, 512, 1_000), "float64", np.nan), "NaN", large=True),
    Hostile("bomb-in-extension.nii.gz", _extension(2**30, 2**30), _EARLY, large=True),
    Hostile("bomb-without-length.nii.gz", _extension(2**30, 0), _EARLY, large=True),
    Hostile("no-gzip.nii.gz", _written(b"not compressed at all " * 40), "not compressed"),
    Hostile("secretly-gzip.nii", lambda p: _write(p, gzip.compress(bytes(4_000))), "is compressed, but"),
    Hostile("empty.nii.gz", _written(b""), "empty"),
    Hostile("random.nii", _written(np.random.default_rng(1).bytes(20_000)), "not an image"),
    Hostile("complex.nii", _image(noise(dtype="complex64")), "complex"),
    Hostile("series.nii", _image(noise((12, 12, 12, 6))), "series of 6 frames"),
    Hostile("slice.nii", _image(noise((60, 60, 1))), "a slice"),
    Hostile("affine-singular.nii", _image(noise(), srow_z=[0, 0, 0, 0], sform_code=1, qform_code=0), "singular"),
    Hostile("affine-nan.nii", _image(noise(), srow_x=[np.nan] * 4, sform_code=1, qform_code=0), "not finite"),
    Hostile("voxels-of-metres.nii", _image(noise(), np.diag([900.0, 900.0, 900.0, 1.0])), "units are probably"),
    Hostile("scale-infinite.nii", _image(noise(), scl_slope=1.0, scl_inter=np.inf), "damaged|infinite"),
    Hostile("all-but-nan.nii", _image(_FEW_NAN), "NaN"),
    Hostile("infinite.nii", _image(np.where(noise() > 190, np.inf, 1.0).astype(np.float32)), "infinite"),
    Hostile("constant.nii", _image(np.full((24, 26, 28), 7, np.int16)), "same value"),
    Hostile("no-head.nii", _image(noise((40, 40, 40)), np.diag([4.0, 4.0, 4.0, 1.0])), "."),
)
"""Each is lost with its reason."""

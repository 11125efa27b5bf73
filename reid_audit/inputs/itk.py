"""NRRD and MetaImage volumes through SimpleITK."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import VolumeError
from reid_audit.inputs.checks import check_shape, checked_volume, damage_is_reported
from reid_audit.inputs.detached import data_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reid_audit.types import Volume

__all__ = ["LPS_TO_RAS", "read_with_itk"]

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Left, back, up to right, front, up, both in mm."""

MAX_BYTES = 2**29
"""Of voxels as they are stored: ITK holds all of them beside ours."""

_IMAGE_IO = {".nrrd": "NrrdImageIO", ".nhdr": "NrrdImageIO", ".mha": "MetaImageIO", ".mhd": "MetaImageIO"}


def read_with_itk(path: Path, *, modality: str | None = None) -> Volume:
    """Read an NRRD, NHDR, MHA or MHD file.

    Parameters
    ----------
    path : Path
    modality : str, optional

    Returns
    -------
    Volume
        The file's LPS geometry turned into RAS.

    Raises
    ------
    VolumeError
    """
    import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(_IMAGE_IO[path.suffix.lower()])
    _check_data(data_files(path))  # which refuses a header that leads elsewhere
    with damage_is_reported(
        "The file is not an image of the kind that its extension says, or its header is damaged.",
        "Copy or export the file again.",
    ):
        reader.ReadImageInformation()
    size = reader.GetSize()
    check_shape(size)
    pixel = sitk.GetPixelIDValueAsString(reader.GetPixelID())
    _check_pixels(reader.GetNumberOfComponents(), pixel)
    _check_bytes(math.prod(size), pixel)
    notes = _orientation_notes(path)
    with damage_is_reported(
        "The scan's file ends too early or is damaged, or the data file that its header names is missing.",
        "Copy or export it again, header and data together.",
    ):
        image = reader.Execute()
        data = np.transpose(sitk.GetArrayViewFromImage(image)).reshape(size[:3], order="A")
    return checked_volume(data, _affine(image), modality=modality, notes=notes)


def _check_data(files: Sequence[Path]) -> None:
    """Refuse a pipe or a device in the place of the voxels: ITK would wait for a writer, or read without end."""
    if any(file.exists() and not file.is_file() for file in files):
        raise VolumeError(
            "The data file that the header names is no file but a pipe, a device or a folder.",
            remedy="Copy or export it again, header and data together.",
        )


def _check_pixels(n_components: int, pixel_type: str) -> None:
    if "complex" in pixel_type.lower():
        raise VolumeError(
            "The voxels are complex numbers; one real value a voxel is needed.", remedy="Save the magnitude image."
        )
    if n_components != 1:
        raise VolumeError(
            f"Each voxel holds {n_components} values (colours, a vector or frames); one is needed.",
            remedy="Name the scan itself, or take one of its channels and save it as a file of its own.",
        )


def _check_bytes(n_voxels: int, pixel_type: str) -> None:
    """Refuse what would not fit beside our own copy; the width stands in the name of the type."""
    bits = next((width for width in (8, 16, 32, 64) if f"{width}-bit" in pixel_type), 64)
    if n_voxels * bits // 8 > MAX_BYTES:
        raise VolumeError(
            f"The voxels take {n_voxels * bits / 2**23:.0f} MiB; at most {MAX_BYTES // 2**20} are allowed in this "
            "format.",
            remedy="Store them as 16-bit whole numbers, or save the scan as NIfTI.",
        )


def _affine(image: Any) -> np.ndarray[Any, Any]:
    dimension = image.GetDimension()
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)[:3, :3]
    lps = np.eye(4)
    lps[:3, :3] = direction * np.array(image.GetSpacing())[:3]
    lps[:3, 3] = image.GetOrigin()[:3]
    return np.asarray(LPS_TO_RAS @ lps)


def _orientation_notes(path: Path) -> tuple[str, ...]:
    """Say when an NRRD header names no anatomical space: then nothing tells left from right."""
    if path.suffix.lower() not in {".nrrd", ".nhdr"}:
        return ()
    with path.open("rb") as stream:
        header = stream.read(65_536).split(b"\n\n", 1)[0].replace(b"\r", b"").lower()
    if any(line.startswith(b"space:") for line in header.split(b"\n")):
        return ()
    return ("the header names no anatomical space: left, back, up assumed, left and right may be exchanged",)

"""What the header of a scan says of its size, without reading a voxel."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import VolumeError
from reid_audit.inputs.checks import damage_is_reported
from reid_audit.inputs.names import split_extension

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ScanHeader", "read_scan_header"]

_NO_IMAGE = "The file is not an image of the kind that its extension says, or its header is damaged."
_COPY = "Copy or export the file again."


@dataclass(frozen=True)
class ScanHeader:
    """Size of a scan.

    Parameters
    ----------
    shape : tuple of int
        As the header has it; trailing axes of length 1 are dropped.
    voxel_size : tuple of float
        Of the first three axes, in the units of the header.
    """

    shape: tuple[int, ...]
    voxel_size: tuple[float, float, float]

    @property
    def n_frames(self) -> int:
        """Volumes of a series; 1 for a scan."""
        return math.prod(self.shape[3:])

    @property
    def n_voxels(self) -> int:
        """Of one volume."""
        return math.prod(self.shape[:3])


def read_scan_header(path: Path) -> ScanHeader:
    """Read the header of a NIfTI, MGZ, NRRD or MetaImage file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ScanHeader

    Raises
    ------
    VolumeError
        If it is no such file, or its header is damaged.
    OSError
        If it cannot be opened.
    """
    extension = split_extension(path.name)[1]
    if not extension:
        raise VolumeError("The file has none of the extensions of a scan.", remedy="Convert it to NIfTI.")
    size = path.stat().st_size
    if not path.is_file():  # a pipe would wait for a writer, a device never end
        raise VolumeError("The scan is neither a file nor a folder.", remedy="Correct the path.")
    if size == 0:
        raise VolumeError("The scan's file is empty.", remedy="Copy or export it again.")
    with damage_is_reported(_NO_IMAGE, _COPY):
        if extension in {".nii", ".nii.gz", ".mgz", ".mgh"}:
            return _of_nibabel(path)
        return _of_itk(path)


def _of_nibabel(path: Path) -> ScanHeader:
    from reid_audit.inputs.header_messages import header_messages
    from reid_audit.inputs.nifti import open_image

    with ExitStack() as opened, header_messages(), np.errstate(all="ignore"):
        image = open_image(path, opened)
        return _header(image.shape, image.header.get_zooms())


def _of_itk(path: Path) -> ScanHeader:
    import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    return _header(reader.GetSize(), reader.GetSpacing())


def _header(shape: object, zooms: object) -> ScanHeader:
    sizes = [int(size) for size in np.atleast_1d(np.asarray(shape))]
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    if len(sizes) < 3 or min(sizes) < 1:
        raise VolumeError(f"The header gives the shape {sizes}: no volume.", remedy="Name the whole volume.")
    x, y, z = (float(zoom) for zoom in np.asarray(zooms)[:3])
    return ScanHeader(tuple(sizes), (x, y, z))

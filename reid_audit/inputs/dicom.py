"""Read a DICOM series with its full geometry: the shear of a tilted gantry is kept, a missing slice is an error."""

from __future__ import annotations

import warnings
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import VolumeError
from reid_audit.inputs.checks import check_shape, checked_volume
from reid_audit.inputs.dicom_bounds import check_pixels
from reid_audit.inputs.dicom_headers import read_headers
from reid_audit.inputs.dicom_stacks import MIN_SLICES, build_stacks, choose_stack, stack_geometry
from reid_audit.inputs.names import guess_modality, kind_of_modality
from reid_audit.inputs.walk import walk_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.inputs.dicom_headers import Frame
    from reid_audit.inputs.dicom_stacks import Geometry, Stack
    from reid_audit.types import Kind, Volume

__all__ = ["decode_pixels", "read_dicom", "read_series", "read_stack"]

MAX_DICOM_FILES = 50_000
"""In one folder; a study has a few thousand."""

_KINDS: dict[str, tuple[Kind, str]] = {"MR": ("mri", "unknown"), "CT": ("ct", "CT"), "PT": ("pet", "pet")}
_PIXEL_TAGS = [
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData", "FloatPixelData",
    "DoubleFloatPixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
]  # fmt: skip


def read_dicom(folder: Path | str, *, series: int | None = None, modality: str | None = None) -> Volume:
    """Read the head series of a DICOM folder.

    Parameters
    ----------
    folder : path-like
        Searched with its subfolders; file names do not matter, nor does the order, nor do files that are no image. One
        multi-frame file is allowed too.
    series : int, optional
        Number of the series, counted from 1 as the message lists them, where a folder holds several. Without it the
        largest plausible head series is taken, and the notes say what was left.
    modality : str, optional
        BIDS suffix or the like; ``"CT"`` and ``"pet"`` also narrow the choice.

    Returns
    -------
    Volume
        Axes (column, row, slice); rescaled values, so Hounsfield units for CT.

    Raises
    ------
    VolumeError
        If no series, or no single one, can be read: no image, several candidates, missing or uneven slices, several
        frames in time, colour, damaged or unknown compression. The message holds nothing that identifies a person.

    Notes
    -----
    No tag that identifies a person is read. Slices are ordered by their position along the normal, and the third column
    of the affine is the step from slice to slice, so that a tilted gantry comes out as shear. Images that lie at the
    same place are told apart by image type, echo and time; identical ones are dropped. A lone missing slice is filled
    with the mean of its neighbours, and noted, so that the slices beyond it stay at their place.
    """
    stack, notes = _chosen(Path(folder), series, modality)
    return read_stack(stack, modality=modality, notes=notes)


def read_series(folder: Path | str) -> tuple[Volume, tuple[Path, ...]]:
    """Read the head series of a DICOM folder, and say which files are nothing but images of it.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    Volume
        As of :func:`read_dicom`.
    tuple of Path
        Sorted. A file that holds another image beside those of the volume is none of them.

    Raises
    ------
    VolumeError
        As :func:`read_dicom`.
    """
    stack, notes = _chosen(Path(folder), None, None)
    used = Counter(frame.path for frame in stack.frames)
    whole = (path for path, images in used.items() if _images_in(path) == images)
    return read_stack(stack, notes=notes), tuple(sorted(whole))


def _images_in(path: Path) -> int:
    """Return how many images a file says that it holds, 0 where it cannot be asked any more."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=["NumberOfFrames"])
            return int(header.get("NumberOfFrames") or 1)
    except Exception:  # noqa: BLE001 - pydicom raises anything at all on a file that is damaged meanwhile
        return 0


def _chosen(folder: Path, series: int | None, modality: str | None) -> tuple[Stack, tuple[str, ...]]:
    """Return the stack that shows the head, which is one volume, and what was left out."""
    stacks, left_out = _find_stacks(folder, kind_of_modality(modality) if modality else None)
    stack, choice = choose_stack(stacks, series)
    if stack.repeats > 1:
        raise VolumeError(
            f"The series holds {stack.repeats} frames of {stack.n_places} slices; one three-dimensional image is "
            "needed.",
            remedy="Take one frame, or the mean over the frames, and save it as a NIfTI file of its own.",
        )
    return stack, (*left_out, *choice)


def read_stack(stack: Stack, *, modality: str | None = None, notes: tuple[str, ...] = ()) -> Volume:
    """Read the images of one stack; of a series in time those of its first volume.

    Parameters
    ----------
    stack : Stack
    modality : str, optional
    notes : tuple of str
        What was said of the stack before.

    Returns
    -------
    Volume

    Raises
    ------
    VolumeError
        As :func:`read_dicom`.
    """
    geometry = stack_geometry(stack)
    data, dropped = _load(geometry, stack)
    kind, name = _KINDS[stack.first.modality]
    found = modality or (guess_modality(stack.first.description) if kind == "mri" else None) or name
    notes = (*notes, *geometry.notes, *dropped)
    if stack.first.inverted:
        notes = (*notes, _inverted_note(kind))
        if kind == "mri":
            data = data.max() + data.min() - data
    return checked_volume(data, geometry.affine, modality=found, kind=kind, notes=notes)


def _find_stacks(root: Path, kind: Kind | None) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    if root.is_dir():
        tree = walk_files(root, max_files=MAX_DICOM_FILES)
        if not tree.complete:
            raise VolumeError(
                f"The folder holds more than {MAX_DICOM_FILES:,} files; one series is needed.",
                remedy="Name the folder of the series itself.",
            )
        paths: Sequence[Path] = tree.files
    else:
        paths = (root,)
    headers = read_headers(paths)
    stacks, notes = build_stacks(headers.frames)
    matching = tuple(stack for stack in stacks if _KINDS[stack.first.modality][0] == kind)
    if matching and len(matching) < len(stacks):
        notes = (*notes, f"{len(stacks) - len(matching)} series of another modality were left out")
        stacks = matching
    if not stacks:
        raise _nothing_found(len(paths), len(headers.frames), headers.left_out)
    return stacks, (*_count_notes(headers.left_out), *notes)


def _count_notes(left_out: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{count} files left out: {reason}" for reason, count in left_out.items())


def _nothing_found(n_files: int, n_frames: int, left_out: Mapping[str, int]) -> VolumeError:
    counts = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    details = "; ".join(
        text for text in (counts, f"{n_frames} images in localizers or fragments" if n_frames else "") if text
    )
    return VolumeError(
        f"No DICOM series of at least {MIN_SLICES} grey slices of MR, CT or PET was found among {n_files} files "
        f"({details or 'nothing there'}).",
        remedy="Name the folder of the series. In place of colour or mosaic images export the original ones.",
    )


def _inverted_note(kind: Kind) -> str:
    if kind == "mri":
        return "stored with white as the lowest value (MONOCHROME1): values were inverted"
    return "stored with white as the lowest value (MONOCHROME1): measured values, kept"


def _load(geometry: Geometry, stack: Stack) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Decode the slices, drop copies, and rescale; the array has axes (column, row, slice)."""
    rows, columns = stack.first.shape
    shape = check_shape((columns, rows, len(geometry.groups)))
    data = np.empty(shape, dtype=np.float32)
    filled = np.zeros(shape[2], dtype=bool)
    n_copies = 0
    wanted = [(number, frame) for number, group in enumerate(geometry.groups) for frame in group]
    wanted.sort(key=lambda pair: (str(pair[1].path), pair[1].index))
    for path, pairs in groupby(wanted, key=lambda pair: pair[1].path):
        pixels = decode_pixels(path)
        for number, frame in pairs:
            plane = _plane(pixels, frame)
            if filled[number]:
                if not np.array_equal(data[:, :, number], plane):
                    raise VolumeError(
                        f"Several different images lie at the place of slice {number + 1} of {shape[2]}, and nothing "
                        "tells them apart.",
                        remedy="Put the images of one volume into a folder of their own.",
                    )
                n_copies += 1
            data[:, :, number] = plane
            filled[number] = True
    _fill_missing(data, filled)
    return data, ((f"{n_copies} slices came twice and were dropped",) if n_copies else ())


def _fill_missing(data: np.ndarray[Any, Any], filled: np.ndarray[Any, Any]) -> None:
    """Put the mean of its neighbours in place of a single missing slice."""
    for number in np.flatnonzero(~filled):
        data[:, :, number] = (data[:, :, number - 1] + data[:, :, number + 1]) / 2


def _plane(pixels: np.ndarray[Any, Any], frame: Frame) -> np.ndarray[Any, Any]:
    stored = pixels[frame.index] if pixels.ndim == 3 else pixels
    if stored.shape != frame.shape:
        raise _damaged("the size of its images is not what the header says")
    return np.asarray(
        stored.T.astype(np.float32) * np.float32(frame.slope) + np.float32(frame.intercept), dtype=np.float32
    )


def decode_pixels(path: Path) -> np.ndarray[Any, Any]:
    """Return the stored values of one file, shape (rows, columns) or (frames, rows, columns)."""
    import pydicom

    syntax = "unknown"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True, specific_tags=_PIXEL_TAGS)
            if "TransferSyntaxUID" not in dataset.file_meta:
                dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(_plain_syntax(dataset))
            syntax = pydicom.uid.UID(dataset.file_meta.TransferSyntaxUID).name
            check_pixels(dataset)
            return np.asarray(dataset.pixel_array)
    except VolumeError:
        raise
    except Exception:  # noqa: BLE001 - decoders raise anything at all on a damaged file
        raise _damaged(f"its pixels cannot be decoded (transfer syntax: {syntax})") from None


def _plain_syntax(dataset: Any) -> str:
    """Return the uncompressed transfer syntax that a file without file meta was parsed with."""
    implicit, little = dataset.original_encoding
    if not little:
        return "1.2.840.10008.1.2.2"  # explicit, big endian
    return "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"


def _damaged(why: str) -> VolumeError:
    return VolumeError(
        f"A file of the DICOM series is truncated or damaged: {why}.", remedy="Copy or export the series again."
    )

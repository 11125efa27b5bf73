"""DICOM files of one folder: their headers one by one, their voxels series by series."""

from __future__ import annotations

import warnings
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import EmptyScanError, VolumeError
from reid_audit.inputs.dicom import decode_pixels, read_stack
from reid_audit.inputs.dicom_headers import read_headers
from reid_audit.inputs.dicom_stacks import build_stacks
from reid_audit.triage.answer import Told, cannot_tell, nothing, of_volumes, worst
from reid_audit.triage.dicom_words import told_by_dicom
from reid_audit.triage.pictures import MAX_PIXELS, told_by_pixels
from reid_audit.triage.volumes import told_by_volume

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from reid_audit.inputs.dicom_stacks import Stack

__all__ = ["told_by_series"]

Array = np.ndarray[Any, Any]


def told_by_series(
    paths: Sequence[Path], labels: Sequence[Collection[str]], *, detector: str, picture_detector: str
) -> list[Told]:
    """Answer for the DICOM files of one folder.

    Parameters
    ----------
    paths : sequence of Path
    labels : sequence of collection of str
        Of each file's own path.
    detector, picture_detector : str
        For renders and for pictures.

    Returns
    -------
    list of Told
        One a file: what its header or the volume of its series told, whichever counts more. Of a series in time the
        first volume is looked at, and where it shows no face, nobody can tell.
    """
    frames = read_headers(paths).frames
    stacks, _ = build_stacks(frames)
    series_of = {frame.path: frame.series for frame in frames}
    told: dict[str, list[Told]] = defaultdict(list)
    for stack in stacks:
        told[stack.first.series].append(_of_stack(stack, detector))
    answers = []
    for path, own in zip(paths, labels, strict=True):
        voxels = told.get(series_of.get(path, "")) or [_of_image(path, picture_detector)]
        answers.append(worst([of_volumes(voxels), told_by_dicom(path, own)]))
    return answers


def _of_stack(stack: Stack, detector: str) -> Told:
    try:
        volume = read_stack(stack)
    except EmptyScanError:
        return nothing("empty", "all voxels have one value")
    except VolumeError as error:
        return Told("unaudited", f"unreadable: {error.message}")
    told = told_by_volume(volume, detector=detector)
    if stack.repeats > 1 and told.answer == "none":
        seen = f"volume 1 of {stack.repeats} was judged, the others were not looked at"
        return cannot_tell("series", f"{seen}; {told.why}")
    return told


def _of_image(path: Path, detector: str) -> Told:
    """Answer for an image that belongs to no volume: a localiser, a screenshot, a report."""
    pixels = _pixels(path)
    if isinstance(pixels, Told):
        return pixels
    told = told_by_pixels(pixels, detector=detector)
    if told.answer == "face":
        return told
    return cannot_tell("slices", "a single image, such as a localiser or a screenshot: a slice can show a profile")


def _pixels(path: Path) -> Array | Told:
    """Return the first image of a file as RGB of 8 bits, or why there is none."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = ["Rows", "Columns", "NumberOfFrames"]
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=wanted)
            size = (
                int(header.get("Rows") or 0) * int(header.get("Columns") or 0) * int(header.get("NumberOfFrames") or 1)
            )
    except Exception:  # noqa: BLE001 - pydicom raises anything at all on a damaged file
        return Told("unaudited", "damaged: the DICOM file cannot be read")
    if not 0 < size <= MAX_PIXELS:
        return Told("unaudited", "unreadable: the DICOM file holds no image, or one too large to be looked at")
    try:
        image = decode_pixels(path)
    except VolumeError as error:
        return Told("unaudited", f"unreadable: {error.message}")
    colour = image.ndim > 2 and image.shape[-1] == 3
    while image.ndim > (3 if colour else 2):
        image = image[0]
    return (
        image.astype(np.uint8) if colour and image.dtype == np.uint8 else _grey(image.mean(axis=2) if colour else image)
    )


def _grey(image: Array) -> Array:
    low, high = np.percentile(image, [0.5, 99.5])
    scaled = np.clip((image - low) / max(float(high - low), 1e-9), 0, 1) * 255
    return np.repeat(scaled.astype(np.uint8)[:, :, None], 3, axis=2)

"""What the headers of DICOM files say about each image, without reading a name, a date or any other identifier."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.inputs.dicom_bounds import inflates_too_far

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["CONTRAST_MARKS", "TIME_MARKS", "Frame", "Headers", "looks_like_dicom", "read_headers"]

CONTRAST_MARKS = ("ImageType", "EchoTime", "EchoNumbers", "InversionTime", "StackID")
"""What may tell apart several volumes of one series that show the same thing with another contrast."""

TIME_MARKS = ("TemporalPositionIdentifier", "DiffusionBValue", "AcquisitionNumber", "TriggerTime")
"""What may tell apart the frames of a series in time."""

_MODALITIES = ("MR", "CT", "PT")
_TAGS = [
    "Modality", "SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber", "SeriesDescription",
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "BitsAllocated",
    "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope", "RescaleIntercept",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    *CONTRAST_MARKS, *TIME_MARKS,
]  # fmt: skip
_NO_IMAGE, _NO_PLACE, _COLOUR, _MOSAIC, _OTHER = (
    "no image",
    "without a place",
    "colour",
    "mosaic",
    "of another modality",
)
_DEFLATED = "deflated, and more than 256 MiB when it is inflated"


@dataclass(frozen=True)
class Frame:
    """One image of a series.

    Parameters
    ----------
    path : Path
    index : int
        Frame number in a multi-frame file, 0 in a file with one.
    uid, series : str
        Of the instance and the series; compared, never shown.
    modality : str
        ``"MR"``, ``"CT"`` or ``"PT"``.
    image_type : tuple of str
    shape : tuple of int
        Rows, columns.
    spacing : tuple of float
        Between rows, between columns; mm.
    orientation : tuple of float, length 6
        Unit vectors along a row and along a column, LPS.
    position : tuple of float, length 3
        Centre of the first voxel, LPS mm.
    slope, intercept : float
    inverted : bool
        The lowest value means white (MONOCHROME1).
    number : int
        InstanceNumber.
    marks : mapping of str to str
        The values of :data:`CONTRAST_MARKS` and :data:`TIME_MARKS`.
    description : str
        Of the series; read for the modality, never shown.
    """

    path: Path
    index: int
    uid: str
    series: str
    modality: str
    image_type: tuple[str, ...]
    shape: tuple[int, int]
    spacing: tuple[float, float]
    orientation: tuple[float, ...]
    position: tuple[float, float, float]
    slope: float
    intercept: float
    inverted: bool
    number: int
    marks: dict[str, str]
    description: str


@dataclass(frozen=True)
class Headers:
    """The images in a folder, and how many files of which kind were left out.

    Parameters
    ----------
    frames : tuple of Frame
    left_out : mapping of str to int
        Reason to number of files.
    """

    frames: tuple[Frame, ...]
    left_out: dict[str, int]


def looks_like_dicom(path: Path) -> bool:
    """Tell by the first bytes whether a file may be DICOM, with or without the preamble of 128 bytes."""
    try:
        if not path.is_file():  # a pipe would never end
            return False
        with path.open("rb") as stream:
            start = stream.read(132)
    except OSError:
        return False
    if start[128:132] == b"DICM":
        return True
    # without preamble the first element is of group 0002 or 0008, with a low element number
    return len(start) > 8 and start[:2] in {b"\x02\x00", b"\x08\x00"} and start[3] == 0 and start[2] <= 0x18


def read_headers(paths: Iterable[Path]) -> Headers:
    """Read the headers of files and keep the images that have a place in the scanner.

    Parameters
    ----------
    paths : iterable of Path

    Returns
    -------
    Headers
    """
    frames: list[Frame] = []
    left_out: dict[str, int] = {}
    for path in paths:
        found = _read(path)
        if isinstance(found, str):
            left_out[found] = left_out.get(found, 0) + 1
        else:
            frames.extend(found)
    return Headers(tuple(frames), left_out)


def _read(path: Path) -> list[Frame] | str:
    """Return the frames of one file, or the reason why it has none."""
    import pydicom

    if not looks_like_dicom(path):
        return _NO_IMAGE
    if inflates_too_far(path):
        return _DEFLATED
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=_TAGS)
            return _frames(path, header)
    except Exception:  # noqa: BLE001 - pydicom raises anything at all on a damaged file, and it is counted
        return _NO_IMAGE


def _frames(path: Path, header: Any) -> list[Frame] | str:
    if "Rows" not in header or "BitsAllocated" not in header:
        return _NO_IMAGE
    if str(header.get("Modality", "")) not in _MODALITIES:
        return _OTHER
    if int(header.get("SamplesPerPixel") or 1) != 1:
        return _COLOUR
    if "MOSAIC" in _image_type(header.get("ImageType")):
        return _MOSAIC
    places = [_place(header, item) for item in _items(header)]
    found = [_frame(path, index, header, place) for index, place in enumerate(places) if place is not None]
    return found or _NO_PLACE


def _items(header: Any) -> Iterator[Any]:
    """Yield the functional groups of each frame; one None for a file with a single image."""
    per_frame = header.get("PerFrameFunctionalGroupsSequence")
    if per_frame:
        yield from per_frame
    elif int(header.get("NumberOfFrames") or 1) == 1:
        yield None


@dataclass(frozen=True)
class _Place:
    position: tuple[float, float, float]
    orientation: tuple[float, ...]
    spacing: tuple[float, float]
    slope: float
    intercept: float
    image_type: tuple[str, ...]
    marks: dict[str, str]


def _place(header: Any, item: Any) -> _Place | None:
    """Collect geometry, scale and marks of one frame; None where it has no complete geometry."""
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0] if item is not None else None

    def ask(sequence: str, keyword: str) -> Any:
        for groups in (item, shared):
            entries = groups.get(sequence) if groups is not None else None
            if entries and entries[0].get(keyword) is not None:
                return entries[0].get(keyword)
        return header.get(keyword)

    position = _numbers(ask("PlanePositionSequence", "ImagePositionPatient"), 3)
    orientation = _numbers(ask("PlaneOrientationSequence", "ImageOrientationPatient"), 6)
    spacing = _numbers(ask("PixelMeasuresSequence", "PixelSpacing"), 2)
    if position is None or orientation is None or spacing is None:
        return None
    slope = ask("PixelValueTransformationSequence", "RescaleSlope")
    intercept = ask("PixelValueTransformationSequence", "RescaleIntercept")
    group = f"{header.get('Modality')}ImageFrameTypeSequence"
    image_type = _image_type(ask(group, "FrameType") or header.get("ImageType"))
    marks = {
        "ImageType": "/".join(image_type),
        "EchoTime": _text(ask("MREchoSequence", "EffectiveEchoTime") or header.get("EchoTime")),
        "StackID": _text(ask("FrameContentSequence", "StackID")),
        "TemporalPositionIdentifier": _text(
            ask("FrameContentSequence", "TemporalPositionIndex") or header.get("TemporalPositionIdentifier")
        ),
        "DiffusionBValue": _text(ask("MRDiffusionSequence", "DiffusionBValue")),
        "AcquisitionNumber": _text(
            ask("FrameContentSequence", "FrameAcquisitionNumber") or header.get("AcquisitionNumber")
        ),
    }
    marks |= {name: _text(header.get(name)) for name in ("EchoNumbers", "InversionTime", "TriggerTime")}
    return _Place(
        (position[0], position[1], position[2]), orientation, (spacing[0], spacing[1]),
        float(slope) if slope else 1.0, float(intercept or 0.0), image_type, marks,
    )  # fmt: skip


def _frame(path: Path, index: int, header: Any, place: _Place) -> Frame:
    return Frame(
        path=path,
        index=index,
        uid=str(header.get("SOPInstanceUID", "")),
        series=str(header.get("SeriesInstanceUID", "")),
        modality=str(header.Modality),
        image_type=place.image_type,
        shape=(int(header.Rows), int(header.Columns)),
        spacing=place.spacing,
        orientation=place.orientation,
        position=place.position,
        slope=place.slope,
        intercept=place.intercept,
        inverted=str(header.get("PhotometricInterpretation", "")) == "MONOCHROME1",
        number=int(header.get("InstanceNumber") or 0) + index,
        marks=place.marks,
        description=str(header.get("SeriesDescription", "")),
    )


def _numbers(value: Any, length: int) -> tuple[float, ...] | None:
    try:
        numbers = tuple(float(item) for item in value)
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == length and bool(np.isfinite(numbers).all()) else None


def _image_type(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value.upper(),) if isinstance(value, str) else tuple(str(item).upper() for item in value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)

"""From images with places to stacks of slices: grouping, order, geometry, choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import VolumeError
from reid_audit.inputs.dicom_headers import CONTRAST_MARKS, TIME_MARKS
from reid_audit.inputs.itk import LPS_TO_RAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reid_audit.inputs.dicom_headers import Frame

__all__ = ["MIN_SLICES", "Geometry", "Stack", "build_stacks", "choose_stack", "stack_geometry"]

MIN_SLICES = 3
"""A series with fewer is a localizer or a fragment."""

_SAME_ORIENTATION = 2e-3  # of a component of a unit vector
_SAME_PLACE = 0.01  # mm along the normal
_GAP_TOLERANCE = 0.05  # of the usual distance between slices
_FILLABLE_SHARE = 0.02  # of the slices may be missing, each alone; more is an error
_SIDEWAYS_TOLERANCE = 0.3  # of a pixel
_TILT_NOTE = 0.5  # degrees
_HEAD_EXTENT = 60.0  # mm: a head scan covers at least this along every axis
_RIVAL_SHARE = 0.8  # a second series with this share of the largest one's voxels makes the choice unsure
_NOT_A_HEAD = {"LOCALIZER", "SCOUT", "PROJECTION IMAGE", "MIP", "MINIP"}
_CORRECTIONS = {"ND", "NORM", "DIS2D", "DIS3D"}
_PHASE = {"P", "PHASE", "PHASE MAP", "I", "IMAGINARY", "R", "REAL"}


@dataclass(frozen=True)
class Stack:
    """Parallel images of one series, one matrix and one contrast.

    Parameters
    ----------
    frames : tuple of Frame
        In no order.
    repeats : int
        How many frames in time the series has; more than 1 cannot be one volume.
    """

    frames: tuple[Frame, ...]
    repeats: int = 1

    @property
    def first(self) -> Frame:
        """Any of them: what all have in common is asked here."""
        return self.frames[0]

    @property
    def normal(self) -> np.ndarray[Any, Any]:
        """Unit vector at right angles to the slices, LPS."""
        along_row, along_column = np.array(self.first.orientation[:3]), np.array(self.first.orientation[3:])
        normal = np.cross(along_row, along_column)
        return np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-12))

    @property
    def depths(self) -> np.ndarray[Any, Any]:
        """Distance of each frame along the normal, mm."""
        return np.asarray(np.array([frame.position for frame in self.frames]) @ self.normal)

    @property
    def bounds(self) -> np.ndarray[Any, Any]:
        """Least and greatest position of a slice's first voxel along each axis, LPS mm, shape (2, 3)."""
        positions = np.array([frame.position for frame in self.frames])
        return np.asarray([positions.min(axis=0), positions.max(axis=0)])

    @property
    def n_places(self) -> int:
        """How many slices lie at places of their own."""
        return 1 + int((np.diff(np.sort(self.depths)) > _SAME_PLACE).sum())

    @property
    def extent(self) -> tuple[float, float, float]:
        """Size of the box that the stack fills, mm."""
        rows, columns = self.first.shape
        depths = self.depths
        return (rows * self.first.spacing[0], columns * self.first.spacing[1], float(depths.max() - depths.min()))

    @property
    def n_voxels(self) -> int:
        """Rows x columns x slices."""
        return self.first.shape[0] * self.first.shape[1] * self.n_places

    @property
    def summary(self) -> str:
        """What tells this stack from others, without an identifier."""
        rows, columns = self.first.shape
        gap = self.extent[2] / max(1, self.n_places - 1)
        plane = ("sagittal", "coronal", "axial")[int(np.abs(self.normal).argmax())]
        return (
            f"{self.first.modality}, {self.n_places} {plane} slices of {columns} x {rows}, "
            f"voxel {self.first.spacing[1]:.2f} x {self.first.spacing[0]:.2f} x {gap:.2f} mm"
        )


@dataclass(frozen=True, eq=False)
class Geometry:
    """Slices in order, with the way from voxel to world.

    Parameters
    ----------
    groups : tuple of tuple of Frame
        One a slice; more than one frame where several claim the same place, none where a slice is missing.
    affine : ndarray, shape (4, 4), float64
        (column, row, slice) to RAS mm, with the shear of a tilted gantry.
    notes : tuple of str
    """

    groups: tuple[tuple[Frame, ...], ...]
    affine: np.ndarray[Any, Any]
    notes: tuple[str, ...]


def build_stacks(frames: Sequence[Frame]) -> tuple[tuple[Stack, ...], tuple[str, ...]]:
    """Group images into stacks, largest first.

    Parameters
    ----------
    frames : sequence of Frame

    Returns
    -------
    tuple of Stack
        Localizers, projections and fragments left out.
    tuple of str
        Notes on what was left out.
    """
    unique = {(frame.uid or str(frame.path), frame.index): frame for frame in frames}
    n_copies = len(frames) - len(unique)
    stacks = [stack for group in _parallel_groups(unique.values()) for stack in _split_contrasts(group)]
    useful = [
        stack for stack in stacks if stack.n_places >= MIN_SLICES and not _NOT_A_HEAD & set(stack.first.image_type)
    ]
    notes = []
    if n_copies:
        notes.append(f"{n_copies} copies of the same image were left out")
    if len(useful) < len(stacks):
        notes.append(f"{len(stacks) - len(useful)} localizers, projections or fragments were left out")
    useful.sort(
        key=lambda stack: (-stack.n_voxels, stack.first.modality, stack.first.series, stack.first.marks["EchoTime"])
    )
    return tuple(useful), tuple(notes)


def _parallel_groups(frames: Iterable[Frame]) -> list[list[Frame]]:
    """Group images of one series and matrix whose orientations agree but for rounding."""
    groups: dict[Any, list[list[Frame]]] = {}
    for frame in frames:
        alike = groups.setdefault((frame.series, frame.shape, tuple(round(value, 4) for value in frame.spacing)), [])
        for group in alike:
            if (
                max(abs(a - b) for a, b in zip(group[0].orientation, frame.orientation, strict=True))
                < _SAME_ORIENTATION
            ):
                group.append(frame)
                break
        else:
            alike.append([frame])
    return [group for alike in groups.values() for group in alike]


def _has_repeats(frames: Sequence[Frame]) -> bool:
    return Stack(tuple(frames)).n_places < len(frames)


def _split(frames: list[Frame], marks: Sequence[str]) -> list[list[Frame]]:
    """Split images that share places by the first marks that differ, until no two share a place."""
    if not marks or not _has_repeats(frames):
        return [frames]
    groups: dict[str, list[Frame]] = {}
    for frame in frames:
        groups.setdefault(frame.marks[marks[0]], []).append(frame)
    return [part for group in groups.values() for part in _split(group, marks[1:])]


def _split_contrasts(frames: list[Frame]) -> list[Stack]:
    """Return a stack for each contrast of a series; frames in time stay one stack that counts them."""
    stacks = []
    for group in _split(frames, CONTRAST_MARKS):
        times = [part for part in _split(group, TIME_MARKS) if len(part) >= MIN_SLICES]
        same_size = len({len(part) for part in times}) == 1
        if len(times) > 1 and same_size and not any(_has_repeats(part) for part in times):
            stacks.append(Stack(tuple(times[0]), repeats=len(times)))
        else:
            stacks.append(Stack(tuple(group)))
    return stacks


def choose_stack(stacks: Sequence[Stack], number: int | None) -> tuple[Stack, tuple[str, ...]]:
    """Choose the stack that shows the head.

    Parameters
    ----------
    stacks : sequence of Stack
        Largest first.
    number : int, optional
        1-based, as the list in the error counts; None to let the largest plausible one be chosen.

    Returns
    -------
    Stack
    tuple of str
        Notes on what was left.

    Raises
    ------
    VolumeError
        If the number does not exist, or two series are about as large and neither is named.
    """
    if number is not None:
        if not 1 <= number <= len(stacks):
            raise VolumeError(
                f"There is no series number {number}; the folder has {len(stacks)}: {_listing(stacks)}.",
                remedy="Name one of these numbers.",
            )
        return stacks[number - 1], ()
    pool = [stack for stack in stacks if min(stack.extent) >= _HEAD_EXTENT] or list(stacks)
    by_series: dict[str, list[Stack]] = {}
    for stack in pool:
        by_series.setdefault(stack.first.series, []).append(stack)
    best = sorted((min(group, key=_preference) for group in by_series.values()), key=_preference)
    first = best[0]
    rivals = [stack for stack in best[1:] if not _is_version_of(stack, first) and _is_phase(stack) == _is_phase(first)]
    if rivals and rivals[0].n_voxels >= _RIVAL_SHARE * first.n_voxels:
        raise VolumeError(
            f"The folder holds several series that may be the head: {_listing(stacks)}.",
            remedy="Put the one you mean into a folder of its own, or name its number (series=1).",
        )
    left = len(stacks) - 1
    return first, (
        (f"{left} smaller, derived or uncorrected series were left out; taken: {first.summary}",) if left else ()
    )


def _is_phase(stack: Stack) -> bool:
    return bool(set(stack.first.image_type) & _PHASE)


def _is_version_of(one: Stack, other: Stack) -> bool:
    """Tell whether two series are one acquisition, stored with and without correction of intensity or distortion."""
    a, b = one.first, other.first
    same_grid = (a.shape, a.spacing, a.marks["EchoTime"]) == (b.shape, b.spacing, b.marks["EchoTime"])
    same_place = same_grid and np.allclose(one.bounds, other.bounds, atol=0.01)
    kinds_differ = a.image_type != b.image_type and set(a.image_type) - _CORRECTIONS == set(b.image_type) - _CORRECTIONS
    return bool(same_place and kinds_differ)


def _preference(stack: Stack) -> tuple[int, int, float, int]:
    """Rank: magnitude before phase, much before few voxels, short echo before long, corrected before uncorrected."""
    kinds = set(stack.first.image_type)
    derived = "DERIVED" in kinds or "SECONDARY" in kinds
    echo = stack.first.marks["EchoTime"]
    try:
        delay = float(echo) if echo else 0.0
    except ValueError:
        delay = 0.0
    size = int(stack.n_voxels * (0.5 if derived else 1.0))
    return (int(_is_phase(stack)), -size, delay, -len(kinds & (_CORRECTIONS - {"ND"})))


def _listing(stacks: Sequence[Stack], limit: int = 12) -> str:
    lines = [f"{number}: {stack.summary}" for number, stack in enumerate(stacks[:limit], start=1)]
    return "; ".join([*lines, f"and {len(stacks) - limit} more"] if len(stacks) > limit else lines)


def stack_geometry(stack: Stack) -> Geometry:
    """Put the slices in order along their normal and compute the affine.

    Parameters
    ----------
    stack : Stack

    Returns
    -------
    Geometry

    Raises
    ------
    VolumeError
        For missing slices, uneven distances, slices that do not lie in a row, or axes that are not at right angles.
    """
    _check_orientation(stack.first.orientation)
    depths = stack.depths
    order = sorted(range(len(depths)), key=lambda index: (depths[index], stack.frames[index].number))
    places: list[list[Frame]] = []
    last = -np.inf
    for index in order:
        if depths[index] - last > _SAME_PLACE:
            places.append([])
        places[-1].append(stack.frames[index])
        last = depths[index]
    positions = np.array([place[0].position for place in places])
    steps, notes = _check_gaps(np.diff(positions @ stack.normal))
    numbers = np.concatenate([[0], np.cumsum(steps)])
    step = (positions[-1] - positions[0]) / numbers[-1]
    _check_row(positions, numbers, step, stack)
    tilt = float(np.degrees(np.arccos(np.clip(step @ stack.normal / np.linalg.norm(step), -1.0, 1.0))))
    if tilt > _TILT_NOTE:
        notes.append(f"gantry tilt of {tilt:.1f} degrees, kept as shear")
    lps = np.eye(4)
    lps[:3, 0] = np.array(stack.first.orientation[:3]) * stack.first.spacing[1]
    lps[:3, 1] = np.array(stack.first.orientation[3:]) * stack.first.spacing[0]
    lps[:3, 2], lps[:3, 3] = step, positions[0]
    groups: list[tuple[Frame, ...]] = [()] * (int(numbers[-1]) + 1)
    for number, place in zip(numbers, places, strict=True):
        groups[int(number)] = tuple(place)
    return Geometry(tuple(groups), LPS_TO_RAS @ lps, tuple(notes))


def _check_orientation(orientation: tuple[float, ...]) -> None:
    rows, columns = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.array([np.linalg.norm(rows), np.linalg.norm(columns)])
    if np.abs(lengths - 1.0).max() > 0.01 or abs(float(rows @ columns)) > 0.01:
        raise VolumeError(
            "The orientation of the slices (ImageOrientationPatient) is not a pair of perpendicular unit vectors.",
            remedy="Export the series again.",
        )


def _check_gaps(gaps: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Return how many slices further each gap leads (1, or 2 across a lone missing slice), and notes."""
    usual = float(np.median(gaps))
    deviation = np.abs(gaps - usual)
    if deviation.max() <= max(_GAP_TOLERANCE * usual, _SAME_PLACE):
        uneven = deviation.max() > 0.01 * usual
        return np.ones(len(gaps), int), (
            [f"gaps between slices vary by up to {deviation.max():.3f} mm"] if uneven else []
        )
    steps = np.round(gaps / usual).astype(int)
    if steps.min() < 1 or np.abs(gaps - steps * usual).max() > 2 * max(_GAP_TOLERANCE * usual, _SAME_PLACE):
        raise VolumeError(
            f"The slices are unevenly spaced ({gaps.min():.2f} to {gaps.max():.2f} mm), so they are no single volume.",
            remedy="Export the series again, or resample it to even slices (dcm2niix does) and name the NIfTI file.",
        )
    n_missing = int((steps - 1).sum())
    where = int(np.flatnonzero(steps > 1)[0])
    if steps.max() > 2 or n_missing > _FILLABLE_SHARE * len(gaps):
        raise VolumeError(
            f"Missing slices: {n_missing}, the first after slice {where + 1} of {len(gaps) + 1} in the folder: a gap "
            f"of {gaps[where]:.2f} mm where {usual:.2f} mm is usual.",
            remedy="Export the whole series again.",
        )
    return steps, [f"missing slices filled from their neighbours: {n_missing} (the first after slice {where + 1})"]


def _check_row(
    positions: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any], step: np.ndarray[Any, Any], stack: Stack
) -> None:
    straight = positions[0] + numbers[:, None] * step
    offset = positions - straight
    sideways = float(np.linalg.norm(offset - np.outer(offset @ stack.normal, stack.normal), axis=1).max())
    allowed = _SIDEWAYS_TOLERANCE * min(stack.first.spacing)
    if sideways > allowed:
        raise VolumeError(
            f"The slices do not lie in a row: one is shifted by {sideways:.2f} mm; up to {allowed:.2f} mm is allowed.",
            remedy="Export the series again; it may mix two acquisitions.",
        )

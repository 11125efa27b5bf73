"""How a person is scanned: position, grid, contrast and everything that a scanner does to the image."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import nibabel as nib
import numpy as np

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.errors import SettingsError
from reid_audit.phantom.contrast import contrast_of
from reid_audit.phantom.identity import head_mesh
from reid_audit.phantom.labels import BRAIN_TISSUES, FACE_REGIONS, Tissue
from reid_audit.phantom.marker import left_marker, marker_ball
from reid_audit.phantom.scanner import (
    add_headrest,
    add_noise,
    bias_field,
    blurred,
    choose_fillings,
    dental_artefact,
    fold_over,
)
from reid_audit.phantom.tissue import tissue_volume
from reid_audit.types import Mask, Volume, frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.phantom.contrast import Tumour
    from reid_audit.phantom.identity import HeadMesh, Identity, SessionChange

__all__ = ["PhantomScan", "ScanSettings", "acquire"]

Array = np.ndarray[Any, Any]
Side = Literal["left", "right", "posterior", "anterior", "inferior", "superior"]

_SIDES: dict[str, tuple[int, int]] = {
    "left": (0, 0),
    "right": (0, 1),
    "posterior": (1, 0),
    "anterior": (1, 1),
    "inferior": (2, 0),
    "superior": (2, 1),
}
_MARGIN = np.array([[9.0, 11.0, 24.0], [9.0, 14.0, 11.0]])
"""Mm between the head and the edges of the field of view, low and high."""


@dataclass(frozen=True)
class ScanSettings:
    """How one scan is made.

    Parameters
    ----------
    modality : str
        ``"T1w" "T1wCE" "T2w" "FLAIR" "CT" "PET"``.
    voxel_size : tuple of float
        Mm along right, front and up, before the axes are put in their storage order; unequal for thick slices.
    noise : float
        Standard deviation as a share of the brightest brain tissue; of 500 HU in CT.
    bias : float
        Greatest share by which coils brighten or darken MRI.
    blur : float
        Standard deviation of the point spread, in voxels.
    pitch, yaw, roll : float
        Turn of the head in the scanner, degrees: chin up, face to the subject's left, head down on its left side.
    offset : tuple of float
        Shift of the head in the scanner, mm, RAS.
    oblique : tuple of float
        Turn of the grid about x, y and z, degrees, as for slices planned along the head.
    orientation : str
        Axis codes of storage: ``"RAS"``, ``"LPS"``, ``"PIR"``, ...
    cut : mapping of str to float
        Mm that the field of view lacks, by side of the grid: ``{"anterior": 20.0}`` cuts through the nose.
    wrap : tuple of (str, float) or None
        Side and mm that lie outside the field of view and fold over to the opposite side. MRI only.
    eyes_closed : bool
        Almost all people close their eyes in a scanner.
    dental : float
        Artefact of fillings, 0 to 1.
    headrest : bool or None
        CT with headrest and couch; by default in CT and not in the others.
    left_marker : bool
        A bright ball on the left temple.
    tumour : Tumour or None
    muscle : float
        Factor on the signal of muscle: a quantity that is planted to be found again.
    """

    modality: str = "T1w"
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    noise: float = 0.02
    bias: float = 0.15
    blur: float = 0.4
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    oblique: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orientation: str = "RAS"
    cut: Mapping[str, float] = field(default_factory=dict)
    wrap: tuple[str, float] | None = None
    eyes_closed: bool = True
    dental: float = 0.0
    headrest: bool | None = None
    left_marker: bool = False
    tumour: Tumour | None = None
    muscle: float = 1.0

    def __post_init__(self) -> None:
        contrast_of(self.modality)
        if min(self.voxel_size) < 0.3 or max(self.voxel_size) > 12:
            raise SettingsError(
                f"The 'voxel_size' of a phantom scan must lie between 0.3 and 12 mm. Got {self.voxel_size} instead.",
                remedy="Give three lengths in mm.",
            )
        if sorted(self.orientation.upper().translate(str.maketrans("LPI", "RAS"))) != sorted("RAS"):
            raise SettingsError(
                f"The 'orientation' must name each axis once, as in 'RAS' or 'PIR'. Got {self.orientation!r} instead.",
                remedy="Use one letter each of R or L, A or P, S or I.",
            )
        for side in (*self.cut, *([self.wrap[0]] if self.wrap else [])):
            if side not in _SIDES:
                raise SettingsError(
                    f"A side of the field of view must be one of {', '.join(_SIDES)}. Got {side!r} instead.",
                    remedy="Name one of these sides.",
                )
        if min(self.noise, self.bias, self.blur, self.dental, self.muscle, *self.cut.values(), 0.0) < 0:
            raise SettingsError(
                "Noise, bias, blur, dental artefact, muscle and cuts of a phantom scan must not be negative."
            )


@dataclass(frozen=True, eq=False)
class PhantomScan:
    """A scan with its truth.

    Parameters
    ----------
    volume : Volume
    masks : mapping of str to Mask
        ``brain``, ``face`` (with eyes, nose and mouth), ``eyes``, ``nose``, ``mouth``, ``ears``, on the scan's grid.
    tissues : ndarray, shape of the scan, uint8
        :class:`~reid_audit.phantom.labels.Tissue` at the centre of each voxel.
    to_head : ndarray, shape (4, 4), float64
        RAS millimetres of the scan to the person's head frame, rigid: the alignment that an audit has to find.
    """

    volume: Volume
    masks: Mapping[str, Mask]
    tissues: Array
    to_head: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "tissues", frozen_array(self.tissues, np.uint8))
        object.__setattr__(self, "to_head", frozen_array(self.to_head, np.float64))


def acquire(
    identity: Identity, settings: ScanSettings, rng: np.random.Generator, *, session: SessionChange | None = None
) -> PhantomScan:
    """Scan a person.

    Parameters
    ----------
    identity : Identity
    settings : ScanSettings
    rng : numpy.random.Generator
        Of the noise, the bias field and the fillings.
    session : SessionChange, optional
        What the person changed since the identity was drawn.

    Returns
    -------
    PhantomScan
    """
    rest = head_mesh(identity, session=session)
    mesh = head_mesh(identity, expression={"blink": 1.0}, session=session) if settings.eyes_closed else rest
    head_to_world = _pose(settings)
    grid, shape, folds = _grid(mesh, head_to_world, settings)
    raster = _in_scanner(mesh, rest, head_to_world, _Slab(grid, shape), settings)
    raster = _folded(_seen(raster, settings, rng), folds)
    noisy = add_noise(raster.image, contrast_of(settings.modality), settings.noise, rng)
    return _stored(replace(raster, image=noisy), settings, np.linalg.inv(head_to_world))


@dataclass(frozen=True, eq=False)
class _Slab:
    """A grid, axes right, front, up."""

    grid: Array
    shape: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class _Raster:
    """An image in the making, with its truth; axes right, front, up."""

    image: Array
    labels: Array
    regions: Array
    grid: Array


def _in_scanner(mesh: HeadMesh, rest: HeadMesh, head_to_world: Array, slab: _Slab, settings: ScanSettings) -> _Raster:
    """Lay the person, and what is around them, on the grid."""
    contrast = contrast_of(settings.modality)
    split = np.maximum(1, np.floor(np.asarray(settings.voxel_size) / 1.7)).astype(int)
    fine, shape = _split_grid(slab.grid, slab.shape, split)
    voxel_to_head = np.linalg.inv(head_to_world) @ fine
    tissue = tissue_volume(
        mesh, voxel_to_head, shape, settings.modality, rest=rest, tumour=settings.tumour, muscle=settings.muscle
    )
    image, coverage, labels = tissue.signal, tissue.coverage, np.array(tissue.labels)
    if settings.left_marker:
        ball = _marker_share(mesh, voxel_to_head, shape)
        labels[ball > 0.5] = Tissue.MARKER
        image = image * (1 - ball) + contrast.signal[Tissue.MARKER] * ball
        coverage = np.maximum(coverage, ball)
    if settings.headrest if settings.headrest is not None else contrast.kind == "ct":
        back = (mesh.points @ head_to_world[:3, :3].T + head_to_world[:3, 3])[:, 1].min()
        image = add_headrest(image, fine, float(back), coverage)
    return _Raster(_averaged(image, split), _picked(labels, split), _picked(tissue.regions, split), slab.grid)


def _folded(raster: _Raster, folds: list[tuple[int, tuple[int, int]]]) -> _Raster:
    """Cut the field of view, and fold the signal from beyond it over; the truth is cut only."""
    for axis, (low, high) in folds:
        kept = tuple(slice(low, n - high) if a == axis else slice(None) for a, n in enumerate(raster.labels.shape))
        grid = raster.grid.copy()
        grid[:3, 3] += grid[:3, axis] * low
        image = fold_over(raster.image, axis, (low, high))
        raster = _Raster(image, raster.labels[kept], raster.regions[kept], grid)
    return raster


def _pose(settings: ScanSettings) -> Array:
    """Return the map from the head frame to the scanner's RAS mm."""
    out = np.eye(4)
    out[:3, :3] = _turn(settings.pitch, settings.roll, settings.yaw)
    out[:3, 3] = settings.offset
    return out


def _turn(about_x: float, about_y: float, about_z: float) -> Array:
    """Return the rotation about x, then y, then z, degrees, right-handed."""
    a, b, c = np.deg2rad([about_x, about_y, about_z])
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(z @ y @ x)


def _grid(
    mesh: HeadMesh, head_to_world: Array, settings: ScanSettings
) -> tuple[Array, tuple[int, int, int], list[tuple[int, tuple[int, int]]]]:
    """Return voxel-to-world, shape, and per wrapped axis the voxels that fold over; axes are right, front, up."""
    turn = _turn(*settings.oblique)
    chin = load_head_model().landmarks_of(mesh.points)["gnathion"]
    head = mesh.points[(mesh.points[:, 2] > chin[2]) & (mesh.labels != REGIONS["neck"])]
    along = (head @ head_to_world[:3, :3].T + head_to_world[:3, 3]) @ turn
    margin = _MARGIN.copy()
    if contrast_of(settings.modality).kind == "ct":
        margin += np.array([[20.0, 34.0, 0.0], [20.0, 0.0, 0.0]])
    ends = np.stack([along.min(axis=0) - margin[0], along.max(axis=0) + margin[1]])
    for side, mm in settings.cut.items():
        axis, end = _SIDES[side]
        ends[end, axis] += mm if end == 0 else -mm
    size = np.asarray(settings.voxel_size)
    number = np.maximum(np.ceil((ends[1] - ends[0]) / size / 2).astype(int) * 2, 8)
    # The field of view grows to whole voxels where it is not cut, so that a cut stays where it was asked for.
    slack = number * size - (ends[1] - ends[0])
    low = ends[0] - np.where([a in {_SIDES[s] for s in settings.cut} for a in ((0, 0), (1, 0), (2, 0))], 0.0, slack / 2)
    grid = np.eye(4)
    grid[:3, :3] = turn * size
    grid[:3, 3] = turn @ (low + size / 2)
    folds = []
    if settings.wrap and contrast_of(settings.modality).kind == "mri":
        axis, end = _SIDES[settings.wrap[0]]
        count = min(round((settings.wrap[1] + margin[end, axis]) / size[axis]), int(number[axis]) // 3)
        folds.append((axis, (count, 0) if end == 0 else (0, count)))
    return grid, (int(number[0]), int(number[1]), int(number[2])), folds


def _split_grid(grid: Array, shape: tuple[int, int, int], split: Array) -> tuple[Array, tuple[int, int, int]]:
    """Return the grid with every voxel split along each axis."""
    inner = np.diag([*(1.0 / split), 1.0])
    inner[:3, 3] = (1.0 / split - 1.0) / 2.0
    fine = np.array(shape) * split
    return grid @ inner, (int(fine[0]), int(fine[1]), int(fine[2]))


def _averaged(image: Array, split: Array) -> Array:
    """Return means over blocks: the slice profile of thick slices is a box."""
    for axis in range(3):
        if split[axis] > 1:
            moved = np.moveaxis(image, axis, 0)
            image = np.moveaxis(moved.reshape(-1, split[axis], *moved.shape[1:]).mean(axis=1), 0, axis)
    return np.ascontiguousarray(image, dtype=np.float32)


def _picked(labels: Array, split: Array) -> Array:
    """Return the label in the middle of each block."""
    i, j, k = split // 2
    return labels[i :: split[0], j :: split[1], k :: split[2]]


def _marker_share(mesh: HeadMesh, voxel_to_head: Array, shape: tuple[int, int, int]) -> Array:
    """Return the share of each voxel that the marker fills."""
    points, faces = marker_ball(left_marker(mesh.points))
    inverse = np.linalg.inv(voxel_to_head)
    return voxel_coverage(points @ inverse[:3, :3].T + inverse[:3, 3], faces, shape)


def _seen(raster: _Raster, settings: ScanSettings, rng: np.random.Generator) -> _Raster:
    """Return what the scanner sees, but for fold-over and noise."""
    contrast, size = contrast_of(settings.modality), np.asarray(settings.voxel_size)
    image = raster.image
    if settings.dental > 0:
        fillings = choose_fillings(raster.labels, settings.dental, rng)
        image = dental_artefact(image, fillings, size, contrast, settings.dental, rng=rng)
    if contrast.kind == "mri" and settings.bias > 0:
        image = image * bias_field((image.shape[0], image.shape[1], image.shape[2]), settings.bias, rng)
    spread = np.full(3, settings.blur)
    if contrast.kind == "pet":
        spread = np.hypot(spread, 2.1 / size)
    return replace(raster, image=blurred(image, spread))


def _stored(raster: _Raster, settings: ScanSettings, to_head: Array) -> PhantomScan:
    """Put the axes in storage order and take the masks."""
    contrast, image = contrast_of(settings.modality), raster.image
    codes = [nib.orientations.axcodes2ornt(tuple(name)) for name in ("RAS", settings.orientation.upper())]
    order = nib.orientations.ornt_transform(*codes)
    affine = raster.grid @ nib.orientations.inv_ornt_aff(order, image.shape)

    def turned(array: Array) -> Array:
        return np.ascontiguousarray(nib.orientations.apply_orientation(array, order))

    if contrast.kind != "pet":
        top = 3071.0 if contrast.kind == "ct" else 32_767.0
        image = np.rint(np.clip(image, -1024.0, top)).astype(np.int16)
    tissues, regions = turned(raster.labels), turned(raster.regions)
    marks = {"brain": np.isin(tissues, BRAIN_TISSUES)}
    regions = np.where(marks["brain"], 0, regions)
    marks["face"] = (regions > 0) & (regions != FACE_REGIONS["ears"])
    marks |= {name: regions == code for name, code in FACE_REGIONS.items() if name != "face"}
    masks = {name: Mask(mark, affine, name) for name, mark in marks.items()}
    volume = Volume(
        turned(image), affine, contrast.kind, contrast.suffix, notes=("phantom: this person does not exist",)
    )
    return PhantomScan(volume, masks, tissues, to_head)

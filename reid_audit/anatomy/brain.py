"""An offline estimate of the brain: the mean head's brain, laid into the scan by the skin, refined by the tissue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.ndimage import (
    affine_transform,
    binary_erosion,
    gaussian_filter,
    label,
)
from scipy.spatial import cKDTree

from reid_audit.anatomy.ages import align_head_of_any_age
from reid_audit.anatomy.brain_prior import load_brain_prior
from reid_audit.anatomy.deepbet import deepbet_brain
from reid_audit.anatomy.morphology import dilated, holes_filled
from reid_audit.anatomy.outline import between_means, skin_points
from reid_audit.anatomy.resampling import air_value, resample
from reid_audit.errors import HeadError, SettingsError
from reid_audit.types import Mask, frozen_array

if TYPE_CHECKING:
    from reid_audit.anatomy.ages import AgedAlignment
    from reid_audit.types import Volume

__all__ = ["BrainMethod", "estimate_brain"]

Array = np.ndarray[Any, Any]
BrainMethod = Literal["registration", "deepbet"]

_SPACING = 1.5
"""Mm of the working grid, in the size of the mean head."""
_EDGES = np.full(3, _SPACING)
_THICK = 2.5
"""Mm of the longest voxel edge above which thin bone no longer shows."""
_LEEWAY = {False: (9.0, 5.0), True: (5.0, 2.0)}
"""Mm outside the prior up to which tissue may be brain, before the prior is fitted to the brain and after; by whether
slices are thick."""
_CORE = 12.0
"""Mm below the hull where nearly all is brain in everyone."""
_NECK = {False: 3.0, True: 5.5}
"""Mm: half the width of the bridges between brain and other tissue that are cut, by whether slices are thick."""
_FOLD = 4.5
"""Mm: half the width of the folds that are filled."""
_TISSUE = (0.55, 1.65)
"""Least and greatest signal of brain tissue in MRI, as a share of the usual one around it."""
_DARKEST = 0.35
"""The same where grey matter is much darker than white: the limit lies between fluid and tissue, but not below this."""
_HOUNSFIELD = (-22.0, 40.0)
"""The same in CT, HU above the usual one."""
_BELIEVED = (0.6, 1.5)
"""Volume of the mask relative to the prior's within which the tissue is believed over the prior."""


def estimate_brain(
    volume: Volume, *, alignment: AgedAlignment | None = None, method: BrainMethod = "registration"
) -> Mask:
    """Estimate where the brain is, from the scan alone.

    The mean head is aligned to the skin; its brain gives the place to look in. Tissue there with the brightness of the
    inner brain, cut free from everything that hangs on it by narrow bridges, is brain; the prior is fitted to it and
    the search repeated. Folds and ventricles are filled. What a defacer set to air is not brain, so that on a defaced
    scan the mask holds what is left. Where the tissue gives no brain of a believable size the prior itself is the
    answer.

    How far this is from the truth was measured: docs/decisions/0008-defacers.md.

    Parameters
    ----------
    volume : Volume
        MRI of any contrast or CT, with or without its face.
    alignment : AgedAlignment, optional
        Where the head is; found from the skin by default.
    method : {"registration", "deepbet"}
        ``"deepbet"`` asks the network of that package instead, which needs torch and knows T1w only.

    Returns
    -------
    Mask
        On the scan's grid, labelled ``"brain"``.

    Raises
    ------
    HeadError
        No head is found, or nothing where its brain should be.
    MissingResourceError
        ``"deepbet"`` is asked for and not installed.
    SettingsError
        The method is unknown.
    """
    if method == "deepbet":
        return deepbet_brain(volume)
    if method != "registration":
        raise SettingsError(
            f"There is no way '{method}' to estimate a brain. Known: registration, deepbet.",
            remedy="Name one of these.",
        )
    placed = align_head_of_any_age(skin_points(volume)) if alignment is None else alignment
    if not placed.alignment.found:
        raise HeadError(
            "No head was found in which to look for a brain.",
            remedy="Check the scan's orientation, and that it shows a head; or give a mask of the brain.",
        )
    room = _working_room(volume, placed)
    fit = np.eye(4)
    mask = np.zeros(0, bool)
    for leeway in _LEEWAY[room.thick]:
        depth = _depth(room, fit)
        mask = _segmented(room, depth, leeway)
        share = float(mask.sum()) / max(float((room.tissue & (depth > 0)).sum()), 1.0)
        if not _BELIEVED[0] < share < _BELIEVED[1]:
            mask = room.tissue & (depth > 0)
            break
        fit = _fitted(mask, room.grid, fit)
    if not mask.any():
        raise HeadError(
            "Where the brain should be, this scan shows none.",
            remedy="Check the scan's orientation and field of view; or give a mask of the brain.",
        )
    return Mask(_carried(mask, room, volume), volume.affine, "brain")


@dataclass(frozen=True, eq=False)
class _Room:
    """The scan around the brain, in the frame and size of the mean head.

    Parameters
    ----------
    values : ndarray, shape (I, J, K), float32
        Signal relative to the usual one of the inner brain around it; in CT, HU above it.
    tissue : ndarray, shape (I, J, K), bool
        Neither air nor outside the scan.
    limits : tuple of float
        Least and greatest of ``values`` in brain.
    thick : bool
        Whether slices are too thick for thin bone to show.
    grid : ndarray, shape (4, 4)
        Voxel index to mm of the mean head.
    to_mean : ndarray, shape (4, 4)
        RAS mm of the scan to mm of the mean head.
    """

    values: Array
    tissue: Array
    limits: tuple[float, float]
    thick: bool
    grid: Array
    to_mean: Array


def _working_room(volume: Volume, placed: AgedAlignment) -> _Room:
    """Bring the scan into the frame of the mean head and relate its signal to that of the inner brain."""
    prior = load_brain_prior()
    to_mean = placed.cranium @ placed.alignment.to_head
    extent = np.asarray(prior.depth.shape) * prior.affine[0, 0]
    n_i, n_j, n_k = np.ceil(extent / _SPACING).astype(int).tolist()
    grid = np.diag([*np.full(3, _SPACING), 1.0])
    grid[:3, 3] = prior.affine[:3, 3]
    target = np.linalg.inv(to_mean) @ grid
    air, thick = air_value(volume), bool(volume.voxel_size.max() > _THICK)
    data = resample(volume.data, volume.affine, (n_i, n_j, n_k), target, fill=air)
    depth = resample(prior.depth, prior.affine, (n_i, n_j, n_k), grid, fill=-30.0)
    if volume.kind == "ct":
        tissue = data > -200.0
        data = gaussian_filter(data, 0.8)
        core = data[(depth > _CORE) & tissue & (data < 120.0)]
        usual = float(np.median(core)) if len(core) else 0.0
        return _Room(data - usual, tissue, _HOUNSFIELD, thick, grid, to_mean)
    core = data[depth > _CORE]
    bright = core[core > 0.3 * np.percentile(core, 90)] if len(core) else core
    usual = float(np.median(bright)) if len(bright) else 0.0
    if usual <= 0:
        raise HeadError(
            "Where the brain should be, this scan is dark.",
            remedy="Check the scan's orientation and field of view; or give a mask of the brain.",
        )
    level = _level(data, depth, usual)
    values, tissue = data / level, data > 0.08 * level
    inner = values[(depth > 3.0) & tissue & (values < _TISSUE[1])]
    low = float(np.clip(0.85 * between_means(inner), _DARKEST, _TISSUE[0])) if len(inner) else _TISSUE[0]
    return _Room(values, tissue, (low, _TISSUE[1]), thick, grid, to_mean)


def _level(data: Array, depth: Array, usual: float) -> Array:
    """Return the usual signal of brain around each place: coils brighten what is near them."""
    weight = ((depth > 2.0) & (data > _TISSUE[0] * usual) & (data < _TISSUE[1] * usual)).astype(np.float32)
    width = 22.0 / _SPACING
    held = 1e-2
    near = gaussian_filter(weight, width, truncate=2.5) + held
    return np.asarray((gaussian_filter(weight * data, width, truncate=2.5) + held * usual) / near)


def _depth(room: _Room, fit: Array) -> Array:
    """Return mm below the hull of the prior, moved by ``fit`` (prior to mean head)."""
    prior = load_brain_prior()
    shape = (room.values.shape[0], room.values.shape[1], room.values.shape[2])
    return resample(prior.depth, fit @ prior.affine, shape, room.grid, fill=-30.0)


def _segmented(room: _Room, depth: Array, leeway: float) -> Array:
    """Return the tissue with the brightness of brain that is one piece with the inner brain."""
    low, high = room.limits
    candidate = room.tissue & (room.values > low) & (room.values < high) & (depth > -leeway)
    neck = _NECK[room.thick]
    apart = candidate & ~dilated(~candidate, neck, _EDGES)
    pieces, n_pieces = label(apart)
    if not n_pieces:
        return np.zeros(depth.shape, bool)
    size = np.bincount(pieces.ravel(), minlength=n_pieces + 1)[1:]
    deep = np.bincount(pieces[depth > 4.0], minlength=n_pieces + 1)[1:]
    # The inner brain may fall apart (cerebellum, a lobe behind a cut); eyes and muscles lie outside.
    kept = np.isin(pieces, 1 + np.flatnonzero(deep > 0.5 * size))
    grown = candidate & dilated(kept, neck + 1.0, _EDGES)
    return _closed(grown, room.tissue & (depth > -leeway))


def _closed(mask: Array, allowed: Array) -> Array:
    """Fill folds and holes, but with nothing that is not allowed."""
    wide = dilated(mask, _FOLD, _EDGES)
    filled = ~dilated(~np.pad(wide, 4), _FOLD, _EDGES)[4:-4, 4:-4, 4:-4]
    return np.asarray(holes_filled(mask | (filled & allowed)) & (mask | allowed))


def _fitted(mask: Array, grid: Array, fit: Array, rounds: int = 8) -> Array:
    """Return the affine map of the prior that lays its hull onto the mask's."""
    points = _prior_surface()
    places = _surface(mask, grid)
    if len(places) < 500:
        return fit
    tree = cKDTree(places)
    for _ in range(rounds):
        moved = points @ fit[:3, :3].T + fit[:3, 3]
        distance, nearest = tree.query(moved)
        kept = distance <= np.quantile(distance, 0.75)
        centre = moved[kept].mean(axis=0)
        arm, gap = moved[kept] - centre, places[nearest[kept]] - moved[kept]
        # Held back, so that a cut or a leak does not shear the whole brain.
        change = np.linalg.solve(arm.T @ arm + 0.3 * np.trace(arm.T @ arm) / 3 * np.eye(3), arm.T @ gap).T
        step = np.eye(4)
        step[:3, :3] += change
        step[:3, 3] = gap.mean(axis=0) - change @ centre
        fit = step @ fit
    return fit


@cache
def _prior_surface() -> Array:
    """Return every fourth place on the prior's outside, mm of the mean head."""
    prior = load_brain_prior()
    return frozen_array(_surface(prior.depth > 0, prior.affine)[::4])


def _surface(mask: Array, affine: Array) -> Array:
    """Return the outermost voxels of a mask, mm: those with a face to what is outside, or to the edge of the grid."""
    index = np.argwhere(mask & ~binary_erosion(mask))
    return np.asarray(index @ affine[:3, :3].T + affine[:3, 3])


def _carried(mask: Array, room: _Room, volume: Volume) -> Array:
    """Bring the mask from the working grid to the scan's own."""
    smooth = gaussian_filter(mask.astype(np.float32), 0.7)
    to_work = np.linalg.inv(room.grid) @ room.to_mean @ volume.affine
    share = affine_transform(
        smooth, to_work[:3, :3], to_work[:3, 3], volume.data.shape, np.float32, 1, mode="constant", cval=0.0
    )
    return np.asarray(share > 0.5)

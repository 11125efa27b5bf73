"""Pieces of a mask: components, floods, filled planes.

A mask is cut into runs of voxels along its last axis. There are far fewer runs than voxels, and two runs of
neighbouring lines touch where they overlap, so that a graph of runs has the components of the voxels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reid_audit.surface.grid import Array

__all__ = ["components", "filled_planes", "flooded", "largest_component"]


def components(mask: Array) -> tuple[Array, Array]:
    """Label the face-connected components of a mask.

    Parameters
    ----------
    mask : ndarray, shape (I, J, K), bool

    Returns
    -------
    labels : ndarray, shape (I, J, K), int32
        0 outside; numbered from 1 in the order in which the array's first voxels of the components follow each other.
    sizes : ndarray, shape (n + 1,), int64
        Voxels a label; the background's entry is 0.
    """
    start, stop = _runs(mask)
    owner = _connected(start, stop, mask.shape, (0, 1))
    sizes = np.zeros(int(owner.max(initial=-1)) + 2, dtype=np.int64)
    np.add.at(sizes, owner + 1, stop - start)
    return _painted(start, stop, (owner + 1).astype(np.int32), mask.shape), sizes


def largest_component(mask: Array) -> tuple[Array, float]:
    """Return the largest component, and its share of the mask (0 where the mask is empty)."""
    labels, sizes = components(mask)
    total = int(sizes.sum())
    if total == 0:
        return np.zeros_like(mask), 0.0
    best = int(sizes.argmax())
    return np.asarray(labels == best), float(sizes[best] / total)


def flooded(free: Array, seeds: Array) -> Array:
    """Return the components of ``free`` that hold a seed."""
    return _flooded(free, seeds, (0, 1))


def filled_planes(mask: Array, axis: int) -> Array:
    """Fill the holes of every plane across ``axis``: air that is enclosed within its own plane."""
    # With the axis in front, planes are lines that touch along the second axis alone.
    free = ~np.ascontiguousarray(np.moveaxis(mask, axis, 0))
    rim = np.ones(free.shape, dtype=bool)
    rim[:, 1:-1, 1:-1] = False
    return np.moveaxis(~_flooded(free, rim, (1,)), 0, axis)


def _flooded(free: Array, seeds: Array, axes: tuple[int, ...]) -> Array:
    start, stop = _runs(free)
    if not len(start):
        return np.zeros(free.shape, dtype=bool)
    owner = _connected(start, stop, free.shape, axes)
    seeded = np.logical_or.reduceat(np.append((seeds & free).ravel(), False), np.c_[start, stop].ravel())[::2]
    reached = np.zeros(int(owner.max()) + 1, dtype=bool)
    reached[owner[seeded]] = True
    return _painted(start, stop, reached[owner], free.shape)


def _runs(mask: Array) -> tuple[Array, Array]:
    """First and last voxel (exclusive) of all runs along the last axis, as indices of the flat array, in order."""
    wide = np.zeros((*mask.shape[:-1], mask.shape[-1] + 1), dtype=bool)
    wide[..., :-1] = mask
    flat = wide.ravel()
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        ends = np.append(0, ends)
    ends -= ends // wide.shape[-1]  # of the array without the empty voxel behind each line
    return ends[::2], ends[1::2]


def _connected(start: Array, stop: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """Component of every run, numbered from 0 in order; runs of lines that are neighbours along ``axes`` may touch."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    ones, others = [], []
    line = start // shape[2]
    for axis in axes:
        ahead = shape[2] * (shape[1] if axis == 0 else 1)  # from a voxel to its neighbour
        here = np.arange(len(start)) if axis == 0 else np.flatnonzero(line % shape[1] < shape[1] - 1)
        first = np.searchsorted(stop, start[here] + ahead, side="right")
        touching = np.searchsorted(start, stop[here] + ahead, side="left") - first
        ones.append(np.repeat(here, touching))
        before = np.repeat(np.cumsum(touching) - touching, touching)
        others.append(np.repeat(first, touching) + np.arange(len(before)) - before)
    one, other = np.concatenate(ones), np.concatenate(others)
    graph = sparse.csr_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(len(start), len(start)))
    return np.asarray(connected_components(graph, directed=False)[1])


def _painted(start: Array, stop: Array, values: Array, shape: tuple[int, ...]) -> Array:
    """Write a value into every run, and 0 elsewhere."""
    ends = np.concatenate([[0], np.c_[start, stop].ravel(), [int(np.prod(shape))]])
    lengths = np.diff(ends)
    filled = np.zeros(len(lengths), dtype=values.dtype)
    filled[1::2] = values
    return np.repeat(filled, lengths).reshape(shape)

"""Smooth subdivision of a coarse head as one linear map, so that texture coordinates ride along with the points."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

__all__ = ["grid_triangles", "loop_operator"]

Array = np.ndarray[Any, Any]


def grid_triangles(rows: int, columns: int, *, closed: bool) -> Array:
    """Return the triangles of a grid of points numbered row by row.

    Parameters
    ----------
    rows, columns : int
    closed : bool
        Whether the last column is joined to the first.

    Returns
    -------
    ndarray, shape (F, 3), int32
    """
    number = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(number, -1, axis=1)
    last = columns if closed else columns - 1
    a, b = number[:-1, :last].ravel(), right[:-1, :last].ravel()
    c, d = number[1:, :last].ravel(), right[1:, :last].ravel()
    return np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)]).astype(np.int32)


def loop_operator(triangles: Array, n_points: int, *, levels: int = 1) -> tuple[sparse.csr_matrix, Array]:
    """Loop subdivision as a sparse matrix.

    The coarse points are first moved against the shrinking that the scheme brings about, so that the dense surface
    passes close to them: features as small as an eyelid stay where they were.

    Parameters
    ----------
    triangles : ndarray, shape (F, 3), int
    n_points : int
    levels : int
        Each level quarters every triangle.

    Returns
    -------
    operator : scipy.sparse.csr_matrix, shape (W, n_points)
        ``operator @ points`` are the dense points; any attribute of the coarse points is carried along the same way.
    triangles : ndarray, shape (F * 4**levels, 3), int32
        In the order of the coarse ones: dense triangle ``i`` lies in coarse triangle ``i // 4**levels``.

    References
    ----------
    C. Loop, "Smooth subdivision surfaces based on triangles", master's thesis, University of Utah, 1987.
    """
    operator = sparse.identity(n_points, format="csr")
    current = np.asarray(triangles, np.int64)
    for level in range(levels):
        vertex, edge, current = _one_level(current, operator.shape[0])
        step = sparse.vstack([vertex, edge], format="csr")
        if level == 0:
            step = step @ (2.0 * sparse.identity(n_points, format="csr") - vertex)
        operator = step @ operator
    return operator.tocsr(), current.astype(np.int32)


def _one_level(triangles: Array, n: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix, Array]:
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    opposite = np.concatenate([triangles[:, 2], triangles[:, 0], triangles[:, 1]])
    edges, which, count = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    vertex = _vertex_rule(edges, count, n)
    edge = _edge_rule(edges, count, which, opposite, n)
    middle = n + which.reshape(3, -1).T
    a, b, c = triangles.T
    ab, bc, ca = middle.T
    fine = np.stack([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))], axis=1)
    return vertex, edge, fine.reshape(-1, 3)


def _vertex_rule(edges: Array, count: Array, n: int) -> sparse.csr_matrix:
    """Old points: the mean of the neighbours at beta each, or of the two border neighbours at 1/8."""
    border = count != 2
    ends = np.concatenate([edges, edges[:, ::-1]])
    on_border = np.zeros(n, bool)
    on_border[edges[border].ravel()] = True
    keep = np.concatenate([border, border]) | ~on_border[ends[:, 0]]
    rows, columns = ends[keep].T
    valence = np.maximum(np.bincount(rows, minlength=n), 1)
    beta = np.where(on_border, 0.25 / valence, np.where(valence == 3, 3 / 16, 3 / (8 * valence)))
    weights = sparse.csr_matrix((beta[rows], (rows, columns)), shape=(n, n))
    rest = 1.0 - np.asarray(weights.sum(axis=1)).ravel()
    return (weights + sparse.diags(rest)).tocsr()


def _edge_rule(edges: Array, count: Array, which: Array, opposite: Array, n: int) -> sparse.csr_matrix:
    """New points: 3/8 of the ends and 1/8 of the opposite corners; half and half on a border."""
    inner = count == 2
    number = np.arange(len(edges))
    near = np.where(inner, 3 / 8, 1 / 2)
    far = inner[which]
    rows = np.concatenate([number, number, which[far]])
    columns = np.concatenate([edges[:, 0], edges[:, 1], opposite[far]])
    values = np.concatenate([near, near, np.full(int(far.sum()), 1 / 8)])
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(edges), n))

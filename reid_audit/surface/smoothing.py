"""Smooths a closed mesh without shrinking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from reid_audit.surface.grid import Array

__all__ = ["neighbours", "smoothed"]

_PASS_BAND = 0.144  # of the spectrum's 0 to 2: keeps what is wider than about five edges
_KEPT = 0.999  # of what lies at the edge of the pass band
_NUTTALL = (0.355768, 0.487396, 0.144232, 0.012604)  # four cosines, side lobes below -93 dB


def neighbours(triangles: Array, n_points: int) -> Any:
    """Tell which points an edge joins.

    Parameters
    ----------
    triangles : ndarray, shape (F, 3), int32
        Of a closed mesh, so that every edge is run through both ways.
    n_points : int

    Returns
    -------
    sparse array, shape (n_points, n_points), float32
        1 where two points are neighbours, in both directions.
    """
    from scipy import sparse

    edges = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    joined = sparse.csr_array((np.ones(triangles.size, dtype=np.float32), edges), shape=(n_points, n_points))
    joined.data[:] = 1.0  # an edge where two sheets touch is run through twice
    return joined


def smoothed(points: Array, joined: Any, iterations: int) -> Array:
    """Filter the places of a mesh's points by a windowed sinc: what is wide stays, what is narrow goes.

    The same filter as ``vtkWindowedSincPolyDataFilter`` without features and boundaries (0.003 mm apart at most on a
    head of 1 mm with 0.2 mm of noise), in less than half its time.

    Parameters
    ----------
    points : ndarray, shape (V, 3), float32
        In mm.
    joined : sparse array, shape (V, V), float32
        As :func:`neighbours` makes it.
    iterations : int
        Degree of the filter, from 1 up.

    Returns
    -------
    ndarray, shape (V, 3), float32

    References
    ----------
    .. [1] G. Taubin, T. Zhang, G. Golub, "Optimal surface smoothing as filter design", ECCV 1996,
       doi:10.1007/BFb0015544
    """
    weights = _window(iterations)
    middle = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    mean = joined.copy()  # of a point's neighbours
    count = np.diff(mean.indptr)
    mean.data /= np.repeat(np.maximum(count, 1).astype(np.float32), count)
    # Chebyshev polynomials of x = 1 - k / 2, where k is the Laplacian's eigenvalue: 2 x = 1 + mean
    before = points - middle
    now = 0.5 * (before + mean @ before)
    out = weights[0] * before + weights[1] * now
    for weight in weights[2:]:
        fresh = mean @ now
        fresh += now
        fresh -= before
        before, now = now, fresh
        out += weight * now
    return np.asarray(out + middle)


def _window(iterations: int) -> Array:
    """Chebyshev coefficients of a sinc under Nuttall's window, as narrow as the pass band allows; their sum is 1.

    References
    ----------
    .. [1] A. H. Nuttall, "Some windows with very good sidelobe behavior", IEEE Trans. Acoust. 29(1), 1981,
       doi:10.1109/TASSP.1981.1163506
    """
    from scipy import optimize

    orders = np.arange(iterations + 1)
    turns = orders[:, None] * np.arange(len(_NUTTALL)) * np.pi / (iterations + 1)
    window = np.cos(turns) @ _NUTTALL
    edge = float(np.arccos(1.0 - 0.5 * _PASS_BAND))

    def weights(cut: float) -> Array:
        sinc = np.concatenate([[cut / np.pi], 2.0 * np.sin(orders[1:] * cut) / (orders[1:] * np.pi)])
        return np.asarray(window * sinc / (window @ sinc))

    def excess(cut: float) -> float:
        return float(weights(cut) @ np.cos(orders * edge)) - _KEPT

    cuts = np.linspace(edge, np.pi, 200)
    wide = int(np.argmax([excess(cut) >= 0 for cut in cuts]))
    cut = optimize.brentq(excess, cuts[wide - 1], cuts[wide]) if wide else cuts[-1]
    return weights(float(cut)).astype(np.float32)

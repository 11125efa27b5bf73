"""How far a reconstructed face lies from the true one, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import HeadError
from reid_audit.quality.nearby import near_marked
from reid_audit.reconstruct.pieces import distance_to_mesh, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.types import HeadSurface, Mask

__all__ = ["FACE_FRONT", "SurfaceDistance", "counted_skin", "surface_distance"]

Array = np.ndarray[Any, Any]

FACE_FRONT = 25.0
"""Mm in front of the middle between the ears from which on skin counts as face: ears and temples are left out."""
_PLACES = 2.5
"""Mm: longest side of the pieces of skin at whose middle a distance is taken."""
_LEAST_MM2 = 500.0
"""Skin in the region below which a distance says nothing."""


@dataclass(frozen=True)
class SurfaceDistance:
    """Absolute distances between a true and a reconstructed face, over area.

    Parameters
    ----------
    mean : float
        Mm; half the sum of both directions' means.
    p95 : float
        Mm; the greater of both directions' 95th percentiles.
    true_to_made, made_to_true : float
        Mm; mean over the true face of the distance to the other, and the reverse.
    p95_true_to_made, p95_made_to_true : float
        Mm.
    squared : float
        Mm^2; mean over the true face of the squared distance to the other.
    area_true, area_made : float
        Mm^2 that were counted.
    """

    mean: float
    p95: float
    true_to_made: float
    made_to_true: float
    p95_true_to_made: float
    p95_made_to_true: float
    squared: float
    area_true: float
    area_made: float


def counted_skin(region: Mask, to_head: Array, *, front: float = FACE_FRONT) -> Callable[[Array], Array]:
    """Return what tells which places of a scan count as altered face.

    Parameters
    ----------
    region : Mask
        What was altered, in truth.
    to_head : ndarray, shape (4, 4)
        RAS mm of the scan to the head frame: of the original, so that it is the same for every attacker.
    front : float
        Mm in front of the ears.

    Returns
    -------
    callable
        Takes places, shape (N, 3), RAS mm; returns shape (N,), bool.
    """
    # Every place within a marked voxel lies so near to its middle.
    reach = 0.5 * float(np.linalg.norm(np.linalg.norm(region.affine[:3, :3], axis=0)))

    def counts(places: Array) -> Array:
        ahead = places @ to_head[1, :3] + to_head[1, 3] > front
        counted = np.zeros(len(places), dtype=bool)
        counted[ahead] = near_marked(np.asarray(region.data), region.affine, places[ahead], reach)
        return counted

    return counts


def surface_distance(true: HeadSurface, made: HeadSurface, counts: Callable[[Array], Array]) -> SurfaceDistance:
    """Measure how far two surfaces of one head lie apart where a defacer altered it.

    Every piece of skin counts by its area, and distances are to triangles and not to vertices: a finer or coarser mesh
    of the same shape gives the same numbers.

    Parameters
    ----------
    true : HeadSurface
        Of the original.
    made : HeadSurface
        Of the reconstruction, in the same RAS mm.
    counts : callable
        Tells which places count, as :func:`counted_skin` makes it.

    Returns
    -------
    SurfaceDistance

    Raises
    ------
    HeadError
        One of the surfaces has no skin where it counts.
    """
    cut = [pieces_of(one.points, one.triangles, longest=_PLACES) for one in (true, made)]
    kept = [counts(one.points) for one in cut]
    areas = [float(one.area[here].sum()) for one, here in zip(cut, kept, strict=True)]
    for name, area in zip(("true", "reconstructed"), areas, strict=True):
        if area < _LEAST_MM2:
            raise HeadError(
                f"The {name} surface has {area:.0f} mm2 of skin in the altered region; a distance takes "
                f"{_LEAST_MM2:.0f} mm2.",
                remedy="Check that the region holds the face, and that it was filled.",
            )
    there = distance_to_mesh(cut[0].points[kept[0]], made.points, made.triangles)
    back = distance_to_mesh(cut[1].points[kept[1]], true.points, true.triangles)
    weights = [one.area[here] for one, here in zip(cut, kept, strict=True)]
    means = [float(np.average(away, weights=weight)) for away, weight in zip((there, back), weights, strict=True)]
    tails = [_quantile(away, weight, 0.95) for away, weight in zip((there, back), weights, strict=True)]
    return SurfaceDistance(
        mean=sum(means) / 2,
        p95=max(tails),
        true_to_made=means[0],
        made_to_true=means[1],
        p95_true_to_made=tails[0],
        p95_made_to_true=tails[1],
        squared=float(np.average(there**2, weights=weights[0])),
        area_true=areas[0],
        area_made=areas[1],
    )


def _quantile(values: Array, weights: Array, share: float) -> float:
    """Return the least value that at least a share of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1])])

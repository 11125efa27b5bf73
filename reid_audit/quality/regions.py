"""Which piece of the head model's skin belongs to which region of the face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.types import frozen_array

__all__ = ["EYE_DEPTH", "EYE_REACH", "FRONT_SIDE", "FRONT_TOP", "PARTS", "SkinSamples", "skin_samples", "vertex_parts"]

Array = np.ndarray[Any, Any]

PARTS: dict[str, int] = {"face": 1, "eyes": 2, "nose": 3, "mouth": 4, "ears": 5}
"""Code of each part; ``face`` is what of the face the others do not hold. 0 is no part."""

EYE_REACH = 20.0
"""Mm from the centre of the eye within which skin counts as eye: lids and what of the ball shows."""
EYE_DEPTH = 14.5
"""Mm from the front of the eye in the head model to its centre, lids closed."""

FRONT_SIDE = 1.55
"""The front of the face reaches so many times as far to either side as the middle of an eye lies: its outer corner."""
FRONT_TOP = 0.35
"""It reaches up by this share of the way from the eyes to the hairline, over the brows."""

_OF_LABEL = {"nose": "nose", "lips": "mouth", "ears": "ears"}
_BELOW_CHIN = 3.0
"""Mm below the chin down to which skin counts as face."""
_BACK = 0.35
"""Share of the chin's distance in front of the ears from which on skin counts as face."""
_STEP = 2.5
"""Mm between samples of the skin."""


@cache
def vertex_parts() -> Array:
    """Return the part of each vertex of the head model, eyes as face: they are found by their distance.

    The face is its front: from chin to brows, and from the outer corner of one eye to that of the other; nose, mouth
    (lips) and ears are the head model's own labels.

    Returns
    -------
    ndarray, shape (V,), uint8
        Codes of :data:`PARTS`; read-only.
    """
    model = load_head_model()
    points, chin, eye = model.mean, model.landmarks["gnathion"], model.landmarks["right_eye"]
    top = eye[2] + FRONT_TOP * (model.landmarks["forehead"][2] - eye[2])
    front = (np.abs(points[:, 0]) < FRONT_SIDE * eye[0]) & (points[:, 1] > _BACK * chin[1])
    front &= (points[:, 2] < top) & (points[:, 2] > chin[2] - _BELOW_CHIN)
    parts = np.where(front, PARTS["face"], 0).astype(np.uint8)
    for label, part in _OF_LABEL.items():
        parts[model.labels == REGIONS[label]] = PARTS[part]
    return frozen_array(parts)


@dataclass(frozen=True, eq=False)
class SkinSamples:
    """Points spread over the head model, as mixtures of three vertices each.

    Parameters
    ----------
    corners : ndarray, shape (N, 3), int
        Vertices.
    weights : ndarray, shape (N, 3)
        Add up to 1.
    parts : ndarray, shape (N,), uint8
        Of the vertex with the greatest weight.
    """

    corners: Array
    weights: Array
    parts: Array

    def places(self, points: Array) -> Array:
        """Return where the samples lie when the vertices lie at ``points``; shape (N, 3)."""
        return np.asarray(np.einsum("nc,ncx->nx", self.weights, points[self.corners]))


@cache
def skin_samples() -> SkinSamples:
    """Return samples of the whole head model, no two neighbours more than about 2.5 mm apart."""
    model, parts = load_head_model(), vertex_parts()
    triangles = np.asarray(model.triangles)
    sides = model.mean[triangles]
    longest = np.linalg.norm(sides - np.roll(sides, 1, axis=1), axis=2).max(axis=1)
    pieces = np.maximum(1, np.ceil(longest / _STEP).astype(int))
    corners, weights = [], []
    for n in np.unique(pieces):
        u, v = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        u, v = u[u + v <= n] / n, v[u + v <= n] / n
        mixture = np.stack([1 - u - v, u, v], axis=1)
        chosen = triangles[pieces == n]
        corners.append(np.repeat(chosen, len(mixture), axis=0))
        weights.append(np.tile(mixture, (len(chosen), 1)))
    corner, weight = np.concatenate(corners), np.concatenate(weights)
    owner = corner[np.arange(len(corner)), weight.argmax(axis=1)]
    return SkinSamples(frozen_array(corner), frozen_array(weight), frozen_array(parts[owner]))

"""Lights skin whose directions are known: Phong's reflection, as VTK's own shader computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.render.camera import direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.render.camera import Camera
    from reid_audit.render.normals import NormalMap

__all__ = ["SKIN", "Material", "lit"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Material:
    """How skin answers light; grey, so that no colour is claimed.

    Parameters
    ----------
    ambient, diffuse, specular : float
    shininess : int
        Power of the highlight.
    background : float
        Grey value behind the head, 0 to 1.
    """

    ambient: float = 0.18
    diffuse: float = 0.78
    specular: float = 0.12
    shininess: int = 12
    background: float = 0.0


SKIN = Material()


def lit(seen: NormalMap, camera: Camera, lights: Sequence[tuple[float, float]], material: Material = SKIN) -> Array:
    """Return one picture a light, all from one camera.

    Parameters
    ----------
    seen : NormalMap
        Of this camera.
    camera : Camera
    lights : sequence of (float, float)
        Azimuth and elevation of far lights, degrees, head frame.
    material : Material

    Returns
    -------
    ndarray, shape (len(lights), size, size), uint8
        Row 0 on top.

    References
    ----------
    .. [1] B. T. Phong, "Illumination for Computer Generated Pictures", Comm. ACM 18(6), 1975,
       doi:10.1145/360825.360839
    """
    to_camera = camera.axes() * [[1], [-1], [-1]]  # right, up, backwards
    towards = np.stack([to_camera @ direction(*light) for light in lights], axis=1).astype(np.float32)
    back = _towards_camera(seen, camera)
    cosine = seen.normals @ towards
    facing = np.einsum("ij,ij->i", seen.normals, back)[:, None]
    mirrored = np.maximum(2 * cosine * facing - back @ towards, 0)
    highlight = np.where(cosine > 0, mirrored**material.shininess, 0)
    grey = material.ambient + material.diffuse * np.maximum(cosine, 0) + material.specular * highlight
    pictures = np.full((len(lights), seen.size * seen.size), round(255 * material.background), dtype=np.uint8)
    pictures[:, seen.pixels] = (255 * np.minimum(grey, 1) + np.float32(0.5)).T
    return pictures.reshape(len(lights), seen.size, seen.size)


def _towards_camera(seen: NormalMap, camera: Camera) -> Array:
    """Unit vectors from the skin to the pinhole, in the camera's frame; shape (M, 3), float32."""
    row, column = np.divmod(seen.pixels, seen.size)
    middle = seen.size / 2 - 0.5
    focal = camera.focal(seen.size)
    rays = np.stack([middle - column, row - middle, np.full(len(row), focal)], axis=1).astype(np.float32)
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))

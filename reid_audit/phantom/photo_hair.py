"""A shell of hair over the scalp: a grid around the head, linear in the head's own points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import interpolate, sparse, spatial

from reid_audit.phantom.photo_mesh import grid_triangles
from reid_audit.phantom.texture import fractal_noise, linear, mix, smoothstep
from reid_audit.render.normals import vertex_normals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.phantom.texture import Appearance

__all__ = ["HairGrid", "hair_colour", "hair_grid", "hair_shell", "inside_hairline"]

Array = np.ndarray[Any, Any]

_COLUMNS, _CROWN_ROWS, _SIDE_ROWS, _LOOSE_ROWS = 160, 34, 26, 14
_FALL = 7.0
"""Step between the rows of hair that hang below the neck, mm."""


@dataclass(frozen=True, eq=False)
class HairGrid:
    """Where hair may be, on the mean head and as a function of any head.

    Parameters
    ----------
    operator : scipy.sparse.csr_matrix, shape (N, V)
    offset : ndarray, shape (N, 3)
        Added to ``operator @ points``; non-zero below the neck.
    canonical : ndarray, shape (N, 3)
        On the mean head, mm.
    triangles : ndarray, shape (F, 3), int32
    centre : ndarray, shape (3,)
        Of the cranium of the mean head.
    landmarks : mapping of str to ndarray
        Of the mean head.
    """

    operator: sparse.csr_matrix
    offset: Array
    canonical: Array
    triangles: Array
    centre: Array
    landmarks: Mapping[str, Array]


def _disc(points: Array, centre: Array) -> Array:
    """Unroll the head around its crown: 0 there, 90 at the height of the centre, then 1 a mm; shape (N, 2)."""
    local = points - centre
    across = np.hypot(local[:, 0], local[:, 1])
    radius = np.where(local[:, 2] > 0, np.degrees(np.arctan2(across, local[:, 2])), 90.0 - local[:, 2])
    return np.asarray(local[:, :2] / np.maximum(across, 1e-9)[:, None] * radius[:, None])


def hair_grid(mean: Array, triangles: Array, usable: Array, landmarks: Mapping[str, Array]) -> HairGrid:
    """Lay the grid around the mean head.

    Parameters
    ----------
    mean : ndarray, shape (V, 3)
    triangles : ndarray, shape (F, 3)
    usable : ndarray, shape (V,), bool
        Points of the skin; ears and eyes left out, so that the grid spans the ears.
    landmarks : mapping of str to ndarray

    Returns
    -------
    HairGrid
    """
    scalp = mean[usable]
    centre = np.array([0.0, (scalp[:, 1].max() + scalp[:, 1].min()) / 2 - 12.0, landmarks["left_tragion"][2] + 12.0])
    outward = mean - centre
    outward[:, 2] = np.maximum(outward[:, 2], 0.0)
    facing = np.einsum("ij,ij->i", vertex_normals(mean, triangles), outward) > 0.25 * np.linalg.norm(outward, axis=1)
    chosen = np.flatnonzero(usable & facing)
    bottom = 90.0 + centre[2] - float(mean[chosen, 2].min()) - 6.0
    radii = np.concatenate([np.linspace(1.0, 90.0, _CROWN_ROWS), np.linspace(90.0, bottom, _SIDE_ROWS + 1)[1:]])
    turn = 2 * np.pi * np.arange(_COLUMNS) / _COLUMNS
    where = (radii[:, None, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)).reshape(-1, 2)
    flat = _disc(mean[chosen], centre)
    operator = _barycentric_operator(flat, where, chosen, len(mean))
    last = operator[-_COLUMNS:]
    drop = np.repeat(np.arange(1, _LOOSE_ROWS + 1), _COLUMNS) * _FALL
    offset = np.zeros(((len(radii) + _LOOSE_ROWS) * _COLUMNS, 3))
    offset[len(where) :, 2] = -drop
    operator = sparse.vstack([operator, *[last] * _LOOSE_ROWS], format="csr")
    faces = grid_triangles(len(radii) + _LOOSE_ROWS, _COLUMNS, closed=True)
    canonical = operator @ mean + offset
    outward = np.einsum("ij,ij->i", vertex_normals(canonical, faces), canonical - centre).sum()
    return HairGrid(operator, offset, canonical, faces if outward > 0 else faces[:, ::-1], centre, landmarks)


def _barycentric_operator(points: Array, where: Array, numbers: Array, size: int) -> sparse.csr_matrix:
    """Linear interpolation in the plane as a matrix; a place outside the hull takes its nearest point."""
    mesh = spatial.Delaunay(points)
    cell = mesh.find_simplex(where)
    affine = mesh.transform[cell]
    two = np.einsum("nij,nj->ni", affine[:, :2], where - affine[:, 2])
    weights = np.column_stack([two, 1.0 - two.sum(axis=1)])
    corners = numbers[mesh.simplices[cell]]
    outside = (cell < 0) | ~np.isfinite(weights).all(axis=1)
    weights[outside] = (1.0, 0.0, 0.0)
    corners[outside] = numbers[spatial.cKDTree(points).query(where[outside])[1]][:, None]
    rows = np.repeat(np.arange(len(where)), 3)
    return sparse.csr_matrix((weights.ravel(), (rows, corners.ravel())), shape=(len(where), size))


def inside_hairline(canonical: Array, grid: HairGrid, look: Appearance) -> Array:
    """Return how far, in mm, points of the mean head lie within the hair; negative on bare skin.

    Parameters
    ----------
    canonical : ndarray, shape (N, 3)
    grid : HairGrid
    look : Appearance

    Returns
    -------
    ndarray, shape (N,)
    """
    mark = grid.landmarks
    eye = float(mark["left_eye"][2] + mark["right_eye"][2]) / 2
    ear = float(mark["left_tragion"][2])
    local = canonical - grid.centre
    azimuth = np.degrees(np.abs(np.arctan2(local[:, 0], local[:, 1])))
    bare = 1.0 if look.style == "bald" else look.receding
    front = eye + 70.0 + look.hairline + 22.0 * look.receding
    temple = eye + 52.0 + look.hairline + 34.0 * bare
    fall = {"medium": ear - 55.0, "long": ear - 400.0}.get(look.style, ear - 45.0)
    side = {"medium": ear - 50.0, "long": ear - 400.0}.get(look.style, ear - 4.0)
    over_ear = min(ear + 34.0, side) if look.style in ("medium", "long") else ear + 34.0
    angles = [0.0, 18.0, 36.0, 50.0, 60.0, 67.0, 74.0, 84.0, 106.0, 118.0, 180.0]
    heights = [front, front - 1, temple, eye + 36, eye + 18, side, side, over_ear, over_ear, fall, fall]
    line = interpolate.PchipInterpolator(angles, heights)(azimuth)
    rough = fractal_noise(canonical, spacing=1.5, seed=look.seed, slope=1.0)
    depth = np.clip(canonical[:, 2] - line, -60.0, 60.0)
    depth = np.minimum(depth, _from_edge(azimuth, canonical[:, 2], side, eye))
    if bare > 0.35:
        depth = np.minimum(depth, _bare_crown(local, bare))
    return np.asarray(depth + 1.6 * rough)


def _bare_crown(local: Array, bare: float) -> Array:
    """Distance outside the bare patch of the balding: a cap that grows from the crown and opens to the forehead."""
    tilt = np.radians(22.0)
    up = local @ np.array([0.0, -np.sin(tilt), np.cos(tilt)])
    polar = np.degrees(np.arccos(up / np.linalg.norm(local, axis=1)))
    forward = np.degrees(np.arctan2(local[:, 1], np.abs(local[:, 0])))
    limit = np.interp(bare, [0.35, 1.0], [15.0, 62.0]) + 45.0 * smoothstep(forward, 10.0, 60.0) * smoothstep(
        bare, 0.45, 0.7
    )
    return np.asarray((polar - limit) * 1.6)


def _from_edge(azimuth: Array, height: Array, side: float, eye: float) -> Array:
    """Distance from the edge of the hair in front of the ears, for heights below the temple."""
    edge = np.interp(height, [side, eye + 10, eye + 60], [66.0, 63.0, 20.0])
    return np.asarray(np.where(height < eye + 25, (azimuth - edge) * 1.5, 60.0))


def hair_shell(points: Array, grid: HairGrid, look: Appearance) -> tuple[Array, Array, Array, Array]:
    """Return the hair of one head.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        The head, mm.
    grid : HairGrid
    look : Appearance

    Returns
    -------
    points : ndarray, shape (N, 3)
    triangles : ndarray, shape (F, 3), int32
        Those with hair only; empty for the bald.
    inside : ndarray, shape (N,)
        Distance within the hairline, mm.
    strands : ndarray, shape (N, 3)
        Unit vectors along the hair.
    """
    base = grid.operator @ points + grid.offset
    normals = vertex_normals(base, grid.triangles)
    inside = inside_hairline(grid.canonical, grid, look)
    local = grid.canonical - grid.centre
    up = np.clip(local[:, 2] / np.linalg.norm(local, axis=1), -1.0, 1.0)
    side = {"bald": 0.8, "buzz": 1.5, "short": 5.0, "medium": 13.0, "long": 17.0}[look.style]
    top = {"bald": 0.8, "buzz": 2.0}.get(look.style, look.volume)
    thick = side + (top - side) * smoothstep(up, 0.0, 0.75)
    thick = thick * (1.0 - 0.7 * look.receding)
    if look.style in ("medium", "long"):
        thick = thick + 6.0 * smoothstep(-local[:, 2], 20.0, 90.0)
    clumps = fractal_noise(grid.canonical * (1, 1, 0.35), spacing=3.0, seed=look.seed + 1, slope=1.2)
    rough = 0.10 + 0.06 * look.curl - 0.05 * (look.style == "long")
    thick = thick * (1.0 + rough * clumps)
    thick = thick * smoothstep(inside, -1.0, 6.0 + 0.8 * side) - 3.0 * (1.0 - smoothstep(inside, -3.0, 3.0))
    shell = base + normals * thick[:, None]
    bottom = float(grid.landmarks["left_tragion"][2]) - {"medium": 75.0, "long": 175.0}.get(look.style, 45.0)
    wanted = (inside > -8.0) & (grid.canonical[:, 2] > bottom + 6.0 * clumps)
    triangles = grid.triangles[wanted[grid.triangles].all(axis=1)]
    along = np.gradient(shell.reshape(-1, _COLUMNS, 3), axis=0).reshape(-1, 3)
    strands = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return shell, triangles, inside, strands


def hair_colour(canonical: Array, inside: Array, centre: Array, look: Appearance, skin: Array) -> Array:
    """Return the albedo of hair over skin.

    Parameters
    ----------
    canonical : ndarray, shape (N, 3)
        Mean head, mm.
    inside : ndarray, shape (N,)
        Distance within the hairline, mm.
    centre : ndarray, shape (3,)
        Of the cranium of the mean head.
    look : Appearance
    skin : ndarray, shape (N, 3)
        Linear RGB of what lies under the hair.

    Returns
    -------
    ndarray, shape (N, 3)
        Linear RGB.
    """
    flat = _disc(canonical, centre)
    radius = np.linalg.norm(flat, axis=1)
    round_ = flat / np.maximum(radius, 1e-9)[:, None] * 90.0
    strand = fractal_noise(np.column_stack([round_, radius * 0.06]), spacing=0.9, seed=look.seed + 2, slope=0.9)
    curls = fractal_noise(canonical, spacing=1.2, seed=look.seed + 3, slope=0.8)
    tone = strand * (1.0 - look.curl) + curls * look.curl
    albedo = np.asarray(look.hair) * np.exp(0.38 * tone)[:, None] + linear(0.03)
    close = {"bald": 0.35, "buzz": 0.8}.get(look.style, 1.0)
    cover = close * smoothstep(inside + 1.5 * tone, -3.0, 5.0)
    return mix(skin, albedo, cover)

"""Finds the pose of a head: trimmed registration of the mean head to a cloud of skin points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.head_model import REGIONS, load_head_model
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from reid_audit.anatomy.head_model import HeadModel

__all__ = ["Alignment", "align_head", "estimate_scale", "skin_places"]

Array = np.ndarray[Any, Any]

_CLOUD = 12_000  # points of the scan
_ROUGH, _MIDDLE, _FINE = 350, 600, 1500  # points of the mean head: to start, to choose, to finish
_KEEP = 0.7  # share of the mean head that must be in the scan
_SCALES = (0.5, 1.35)  # newborn to large adult
_SCALE_DOUBT = 0.12  # standard deviation of the logarithm of a head's size, keeps cut heads from running away
_NOD_DOUBT = 0.25  # radians: standard deviation of how far a head nods in a scanner
_NEAR = 10.0  # mm: mean head and scan may differ by this much where nothing is missing
_WHOLE = 0.9  # share of the mean head that is as near as that where nothing is missing
_CANDIDATES = 3
_ALIKE = 2.0  # degrees: poses closer than this end in the same one
_GIVE_UP = 8.0  # mm: worse than this is no head


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where the head is and how large.

    Parameters
    ----------
    to_head : ndarray, shape (4, 4), float64
        Rigid map from the points' frame (RAS mm) to the head frame: rotation and translation, no scaling.
    scale : float
        Size of the head relative to the mean head.
    residual_mm : float
        Median distance from the mean head, so placed and scaled, to the points; over the better 70 % of it.
    angles : tuple of float
        Yaw, pitch, roll in degrees of the head within its scan: turned to its left, looking up, leaning to its right.
    found : bool
        False where nothing fitted: then the axes of the scan are taken, and the middle of the points.
    """

    to_head: Array
    scale: float
    residual_mm: float
    angles: tuple[float, float, float]
    found: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "to_head", frozen_array(self.to_head, np.float64))


@dataclass(frozen=True, eq=False)
class _Pose:
    """Mean head to scan: x -> scale * rotation @ x + shift."""

    rotation: Array
    shift: Array
    scale: float

    def apply(self, points: Array) -> Array:
        return np.asarray(self.scale * points @ self.rotation.T + self.shift)


def align_head(points: Any, *, model: HeadModel | None = None, rng: np.random.Generator | None = None) -> Alignment:
    """Align the mean head to skin points, whatever part of the head they show.

    Point-to-plane iterations of the closest point from several starts around the scan's axes; at each step the worst
    30 % of the mean head are left out, so that a removed face, a cut neck or vertex, or missing ears do not pull.
    Points that belong to no head (rests of a table) are never asked for. Where so little is left out that nothing can
    be missing, the whole mean head decides at last how far the head nods: a cranium alone is too round to tell.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        On the skin, RAS millimetres.
    model : HeadModel, optional
        The mean head that the package carries by default.
    rng : numpy.random.Generator, optional
        Chooses which points are used; evenly spaced ones by default.

    Returns
    -------
    Alignment

    Raises
    ------
    ValueError
        Fewer than 100 points, or points that are not finite.

    References
    ----------
    .. [1] D. Chetverikov, D. Stepanov, P. Krsek, "Robust Euclidean alignment of 3D point sets: the trimmed iterative
       closest point algorithm", Image Vis. Comput. 23(3), 2005, doi:10.1016/j.imavis.2004.05.007
    .. [2] Y. Chen, G. Medioni, "Object modelling by registration of multiple range images", Image Vis. Comput. 10(3),
       1992, doi:10.1016/0262-8856(92)90066-C
    """
    from scipy.spatial import cKDTree

    cloud = _cloud(points, rng)
    head = load_head_model() if model is None else model
    places, normals = skin_places(head)
    tree = cKDTree(cloud)
    rough = slice(None, None, max(len(places) // _ROUGH, 1))
    starts = [_refined(pose, tree, places[rough], normals[rough], 12) for pose in _starts(cloud, places)]
    middle = slice(None, None, max(len(places) // _MIDDLE, 1))
    chosen = [_refined(pose, tree, places[middle], normals[middle], 25) for pose in _candidates(starts)]
    fine = slice(None, None, max(len(places) // _FINE, 1))
    places, normals = places[fine], normals[fine]
    best, _ = _refined(min(chosen, key=lambda item: item[1])[0], tree, places, normals, 25)
    best = _straightened(best, tree)
    best, residual = _refined(best, tree, places, normals, 15, nod_only=True)
    if np.mean(tree.query(best.apply(places))[0] < _NEAR * best.scale) >= _WHOLE:
        best, residual = _refined(best, tree, places, normals, 15, nod_only=True, keep=1.0)
    if residual > _GIVE_UP * best.scale or not _upright(best.rotation):
        return Alignment(_scan_axes(cloud), 1.0, residual, (0.0, 0.0, 0.0), found=False)
    to_head = np.eye(4)
    to_head[:3, :3] = best.rotation.T
    to_head[:3, 3] = -best.rotation.T @ best.shift
    return Alignment(to_head, best.scale, residual, _angles(best.rotation))


def estimate_scale(points: Any, *, model: HeadModel | None = None) -> float:
    """Size of a head that is already in the head frame, relative to the mean head.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        On the skin, head frame, mm.
    model : HeadModel, optional

    Returns
    -------
    float
        1 where there is no telling.
    """
    from scipy.spatial import cKDTree

    cloud = _cloud(points, None)
    places, normals = skin_places(load_head_model() if model is None else model)
    chosen = slice(None, None, max(len(places) // _ROUGH, 1))
    places, normals = places[chosen], normals[chosen]
    reach = np.einsum("ij,ij->i", places, normals)
    tree, scale = cKDTree(cloud), _width_ratio(cloud, places)
    for _ in range(20):
        distance, nearest = tree.query(scale * places)
        keep = distance <= np.quantile(distance, _KEEP)
        gap = np.einsum("ij,ij->i", cloud[nearest[keep]] - scale * places[keep], normals[keep])
        pull = len(gap) * (3.0 / _SCALE_DOUBT) ** 2 * 1e-2
        step = (float(reach[keep] @ gap) - pull * np.log(scale)) / (float(reach[keep] @ reach[keep]) + pull)
        scale = float(np.clip(scale + step, *_SCALES))
        if abs(step) < 1e-4:
            break
    return scale


def _width_ratio(cloud: Array, places: Array) -> float:
    """First guess of the size from the width above the ears."""
    upper = cloud[cloud[:, 2] > 20.0]
    if len(upper) < 20:
        return 1.0
    width = np.ptp(np.percentile(upper[:, 0], [2, 98]))
    usual = np.ptp(np.percentile(places[places[:, 2] > 20.0][:, 0], [2, 98]))
    return float(np.clip(width / usual, *_SCALES))


def _cloud(points: Any, rng: np.random.Generator | None) -> Array:
    cloud = np.asarray(points, dtype=np.float64)
    if cloud.ndim != 2 or cloud.shape[1] != 3 or len(cloud) < 100 or not np.isfinite(cloud).all():
        raise ValueError(
            f"Alignment needs at least 100 finite points of shape (N, 3), got an array of shape {cloud.shape}."
        )
    if len(cloud) <= _CLOUD:
        return cloud
    if rng is not None:
        return np.asarray(cloud[rng.choice(len(cloud), _CLOUD, replace=False)])
    return np.asarray(cloud[np.linspace(0, len(cloud) - 1, _CLOUD).astype(int)])


def skin_places(model: HeadModel) -> tuple[Array, Array]:
    """Return points and normals of the mean skin, spread evenly: no eyeballs, ears or neck, the face included."""
    mean = model.mean.astype(np.float64)
    corners = mean[model.triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(cross, axis=1)
    left_out = np.isin(model.labels, [REGIONS["eyes"], REGIONS["ears"], REGIONS["neck"]])
    wanted = ~left_out[model.triangles].any(axis=1) & (area > 1e-6) & (corners[:, :, 2].mean(axis=1) > -95.0)
    centers, normals, weight = corners[wanted].mean(axis=1), cross[wanted] / area[wanted, None], area[wanted]
    chosen = np.random.default_rng(7).choice(len(weight), 3 * _FINE, p=weight / weight.sum())
    return centers[chosen], normals[chosen]


def _starts(cloud: Array, places: Array) -> list[_Pose]:
    """Upright poses with the tops together, nodding, larger and smaller; and as if the vertex were cut off."""
    top = np.percentile(cloud[:, 2], 99.5)
    upper = cloud[cloud[:, 2] > top - 120.0]
    low, high = np.percentile(upper[:, :2], [2, 98], axis=0)
    usual = np.ptp(np.percentile(places[places[:, 2] > 15.0][:, 0], [2, 98]))
    guess = float(np.clip((high[0] - low[0]) / usual, 0.65, 1.15))
    poses = []
    for scale in (guess,) if abs(np.log(guess)) < _SCALE_DOUBT else (guess, 1.0):
        for pitch in (-20.0, 0.0, 20.0):
            for missing in (0.0, 50.0):
                rotation = rotation_about(0, pitch)
                placed = scale * places @ rotation.T
                middle = (placed.min(axis=0) + placed.max(axis=0)) / 2
                shift = np.append((low + high) / 2 - middle[:2], top + missing * scale - placed[:, 2].max())
                poses.append(_Pose(rotation, shift, scale))
    return poses


def _candidates(poses: list[tuple[_Pose, float]]) -> list[_Pose]:
    """Choose the poses with the smallest residuals, none like another."""
    chosen: list[_Pose] = []
    for pose, _ in sorted(poses, key=lambda item: item[1]):
        if len(chosen) < _CANDIDATES and all(_between(pose, other) > _ALIKE for other in chosen):
            chosen.append(pose)
    return chosen


def _between(one: _Pose, two: _Pose) -> float:
    """Angle between two poses in degrees."""
    return float(np.degrees(np.arccos(np.clip((np.sum(one.rotation * two.rotation) - 1) / 2, -1, 1))))


def rotation_about(axis: int, degrees: float) -> Array:
    """Right-handed rotation about an axis; shape (3, 3)."""
    angle = np.deg2rad(degrees)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix


def _refined(
    pose: _Pose,
    tree: Any,
    places: Array,
    normals: Array,
    iterations: int,
    *,
    nod_only: bool = False,
    keep: float = _KEEP,
) -> tuple[_Pose, float]:
    """Iterate to the closest points; return the pose and the median distance over the better 70 %.

    With ``nod_only`` the midsagittal plane stays: what moves is pitch, forward, up and size. ``keep`` is the share of
    places that pull.
    """
    for _ in range(iterations):
        moved = pose.apply(places)
        distance, nearest = tree.query(moved)
        last = int(keep * (len(distance) - 1))
        used = distance <= np.partition(distance, last)[last]
        turned = normals[used] @ pose.rotation.T
        pose, change = _stepped(pose, moved[used], turned, tree.data[nearest[used]], nod_only=nod_only)
        if change < 0.02:
            break
    distance, _ = tree.query(pose.apply(places))
    better = np.sort(distance)[: int(_KEEP * len(distance))]
    return pose, float(np.median(better))


def _stepped(
    pose: _Pose, moved: Array, normals: Array, targets: Array, *, nod_only: bool = False
) -> tuple[_Pose, float]:
    """One linear step of rotation, shift and size; half along the normals, a little along the tangents."""
    arms = moved - pose.shift
    gap = targets - moved
    square = np.einsum("ij,ij->i", gap, gap)
    spread = 0.5 * np.sqrt(np.median(square)) + 1.0
    weight = 1.0 / (1.0 + square / (3 * spread) ** 2)
    rows = np.hstack([np.cross(arms, normals), normals, np.einsum("ij,ij->i", arms, normals)[:, None]])
    along = np.einsum("ij,ij->i", gap, normals)
    system = rows.T @ (weight[:, None] * rows)
    right = rows.T @ (weight * along)
    # point to point with a small weight: holds what planes leave free to slide
    tangent = 0.05 * weight.sum()
    system[3:6, 3:6] += tangent * np.eye(3)
    right[3:6] += 0.05 * (weight[:, None] * gap).sum(axis=0)
    # what is known of heads in scanners counts as much as the mean head misfits this one
    misfit = min(0.8 * float(np.median(np.abs(along))), 3.0)
    doubt = len(moved) * (misfit / _SCALE_DOUBT) ** 2
    system[6, 6] += doubt
    right[6] -= doubt * np.log(pose.scale)
    nod = len(moved) * (misfit / _NOD_DOUBT) ** 2
    system[:3, :3] += nod * np.outer(pose.rotation[:, 0], pose.rotation[:, 0])
    right[:3] -= nod * np.arcsin(np.clip(pose.rotation[2, 1], -1, 1)) * pose.rotation[:, 0]
    system += 1e-6 * np.trace(system) / 7 * np.eye(7)
    if nod_only:
        free = np.zeros((7, 4))
        free[:3, 0], free[3:6, 1:3], free[6, 3] = pose.rotation[:, 0], pose.rotation[:, 1:], 1.0
        step = free @ np.linalg.solve(free.T @ system @ free, free.T @ right)
    else:
        step = np.linalg.solve(system, right)
    angle = float(np.linalg.norm(step[:3]))
    turn = _rodrigues(step[:3] * min(1.0, 0.3 / max(angle, 1e-9)))
    scale = float(np.clip(pose.scale * np.exp(np.clip(step[6], -0.1, 0.1)), *_SCALES))
    change = float(100 * angle + np.linalg.norm(step[3:6]) + 100 * abs(step[6]))
    return _Pose(turn @ pose.rotation, pose.shift + step[3:6], scale), change


def _straightened(pose: _Pose, tree: Any) -> _Pose:
    """Turn and shift the midsagittal plane to where the head is its own mirror image.

    Yaw, roll and sideways shift then rest on the head's own symmetry and not on its likeness to the mean head, and
    survive a missing face.
    """
    cloud = np.asarray(tree.data)
    inner = (cloud - pose.shift) @ pose.rotation / pose.scale
    inside = (inner[:, 2] > -80.0) & (np.linalg.norm(inner, axis=1) < 170.0)
    if inside.sum() < 300:
        return pose
    chosen = np.flatnonzero(inside)[:: max(int(inside.sum()) // 2000, 1)]
    points, own = cloud[chosen], _normals(tree, chosen)
    for _ in range(20):
        plane = pose.rotation[:, 0]
        mirrored = points - 2 * np.outer((points - pose.shift) @ plane, plane)
        distance, nearest = tree.query(mirrored)
        keep = distance <= np.quantile(distance, _KEEP)
        normal, arms = (own - 2 * np.outer(own @ plane, plane))[keep], mirrored[keep] - pose.shift
        rows = np.hstack([np.cross(arms, normal), normal])
        gap = np.einsum("ij,ij->i", cloud[nearest[keep]] - mirrored[keep], normal)
        system = rows.T @ rows
        system += 1e-6 * np.trace(system) / 6 * np.eye(6)
        step = np.linalg.solve(system, rows.T @ gap) / 2
        turn = np.clip(step[:3] - plane * (plane @ step[:3]), -0.1, 0.1)
        slide = float(plane @ step[3:])
        pose = _Pose(_rodrigues(turn) @ pose.rotation, pose.shift + slide * plane, pose.scale)
        if abs(slide) + 100 * np.linalg.norm(turn) < 0.02:
            break
    return pose


def _normals(tree: Any, chosen: Array, neighbours: int = 10) -> Array:
    """Unsigned normals at some points of a cloud, by the plane through each one's neighbours; shape (N, 3)."""
    cloud = np.asarray(tree.data)
    near = cloud[tree.query(cloud[chosen], k=neighbours)[1]]
    near = near - near.mean(axis=1, keepdims=True)
    return np.asarray(np.linalg.eigh(np.einsum("nki,nkj->nij", near, near))[1][:, :, 0])


def _rodrigues(vector: Array) -> Array:
    """Rotation by the length of a vector about its direction."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _upright(rotation: Array) -> bool:
    """Within 75 degrees of the scan's axes: anything else is a failed fit, not a pose."""
    return float((np.trace(rotation) - 1) / 2) > float(np.cos(np.deg2rad(75)))


def _angles(rotation: Array) -> tuple[float, float, float]:
    """Yaw, pitch, roll of the head's nose and crown in the scan."""
    nose, crown = rotation[:, 1], rotation[:, 2]
    yaw = np.degrees(np.arctan2(-nose[0], nose[1]))
    pitch = np.degrees(np.arcsin(np.clip(nose[2], -1, 1)))
    level = np.cross(nose, [0.0, 0.0, 1.0])
    roll = np.degrees(np.arctan2(float(crown @ level), float(crown @ np.cross(level, nose))))
    return (float(yaw), float(pitch), float(roll))


def _scan_axes(cloud: Array) -> Array:
    """Axes of the scan, origin in the middle of the upper 220 mm of the points."""
    top = np.percentile(cloud[:, 2], 99.5)
    low, high = np.percentile(cloud[cloud[:, 2] > top - 220.0], [1, 99], axis=0)
    to_head = np.eye(4)
    to_head[:3, 3] = -(low + high) / 2
    return to_head

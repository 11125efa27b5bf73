"""Cameras, lights, pictures."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reid_audit.anatomy import load_head_model
from reid_audit.errors import SettingsError
from reid_audit.render import DEFAULT_GRID, camera_grid, contact_sheet, render_head, write_png
from reid_audit.render.camera import camera_at, direction
from reid_audit.render.light import SKIN
from reid_audit.render.normals import head_actor
from reid_audit.types import HeadSurface, SurfaceQuality, View

QUALITY = SurfaceQuality((1, 1, 1), 1.0, (), 1.0, (0, 0, 0), 0, 0.5)
FRONT = View(0, 0, 0, 20)
STATM = Path("/proc/self/statm")


def head(points=None, triangles=None, to_head=None, scale=1.0):
    model = load_head_model()
    points = model.mean if points is None else points
    triangles = model.triangles if triangles is None else triangles
    return HeadSurface(points, triangles, np.eye(4) if to_head is None else to_head, QUALITY, scale)


def with_ball(center, radius=5.0):
    """The mean head with a small ball on its skin."""
    golden = np.pi * (3 - np.sqrt(5))
    from scipy.spatial import ConvexHull

    k = np.arange(200)
    z = 1 - 2 * (k + 0.5) / 200
    ball = np.c_[np.sqrt(1 - z**2) * np.cos(golden * k), np.sqrt(1 - z**2) * np.sin(golden * k), z]
    faces = ConvexHull(ball).simplices
    a, b, c = (ball[faces[:, i]] for i in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    faces[inward] = faces[inward][:, ::-1]
    model = load_head_model()
    return head(
        np.vstack([model.mean, center + radius * ball]),
        np.vstack([model.triangles, faces + len(model.mean)]),
    )


def test_default_grid_is_nine_cameras_by_nine_lights():
    assert len(DEFAULT_GRID) == 81
    assert len(set(DEFAULT_GRID)) == 81
    assert len({view.camera for view in DEFAULT_GRID}) == len({view.light for view in DEFAULT_GRID}) == 9


@pytest.mark.parametrize(
    "angles", [((90,), (0,), (0,), (0,)), ((0,), (), (0,), (0,)), ((float("nan"),), (0,), (0,), (0,))]
)
def test_grids_that_cannot_be_are_refused(angles):
    with pytest.raises(SettingsError):
        camera_grid(*angles)


@pytest.mark.parametrize("view", [FRONT, View(-20, 15, 10, 30), View(20, -15, -10, 30)])
@pytest.mark.parametrize("landmark", ["pronasale", "left_eye"])
def test_projection_is_where_the_picture_shows_it(view, landmark):
    center = load_head_model().landmarks[landmark] + [0.0, 8.0, 0.0]
    plain, marked = render_head(head(), [view], size=300), render_head(with_ball(center), [view], size=300)
    changed = np.abs(plain.images[0].astype(int) - marked.images[0]) > 8
    rows, columns = np.nonzero(changed)
    u, v, w = marked.projections[0] @ [*center, 1.0]
    assert np.hypot((columns.min() + columns.max()) / 2 - u / w, (rows.min() + rows.max()) / 2 - v / w) < 1.5


def test_left_ear_is_on_the_viewers_right_and_yaw_goes_left():
    renders = render_head(head(), camera_grid((0, 30), (0,), (0,), (20,)), size=200)
    left = np.append(load_head_model().landmarks["left_tragion"], 1.0)
    nose = np.append(load_head_model().landmarks["pronasale"], 1.0)
    column = lambda row, point: (renders.projections[row] @ point)[0] / (renders.projections[row] @ point)[2]  # noqa: E731
    assert column(0, left) > 130
    assert column(0, nose) == pytest.approx(99.5, abs=0.5)
    assert column(1, nose) < 90  # a camera on the subject's left sees the nose point to its left


def test_light_from_the_left_brightens_the_left():
    left, right = render_head(head(), camera_grid((0,), (0,), (-50, 50), (10,)), size=200).images[::-1].astype(float)
    assert left[:, 110:].mean() > 1.2 * left[:, :90].mean()
    assert right[:, :90].mean() > 1.2 * right[:, 110:].mean()


def test_head_fills_the_picture_alike_whatever_its_size():
    mean = load_head_model().mean
    big, small = (
        render_head(head(points=np.float32(scale) * mean, scale=scale), [FRONT], size=200).images[0] > 20
        for scale in (1.0, 0.7)
    )
    assert small.mean() == pytest.approx(big.mean(), rel=0.05)
    assert 0.2 < big.mean() < 0.7


def test_pose_is_taken_out():
    angle = np.deg2rad(25)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[:3, 3] = (30, 10, -50)
    moved = load_head_model().mean @ turn[:3, :3].T + turn[:3, 3]
    plain = render_head(head(), [FRONT], size=150).images[0].astype(int)
    again = render_head(head(points=moved, to_head=np.linalg.inv(turn)), [FRONT], size=150).images[0]
    assert np.abs(plain - again).mean() < 0.5


def test_pictures_are_the_same_bytes_in_another_process():
    code = (
        "import hashlib\n"
        "import numpy as np\n"
        "from reid_audit.render import camera_grid, render_head\n"
        "from reid_audit.anatomy import load_head_model\n"
        "from reid_audit.types import HeadSurface, SurfaceQuality\n"
        "m = load_head_model()\n"
        "s = HeadSurface(m.mean, m.triangles, np.eye(4), SurfaceQuality((1, 1, 1), 1.0, (), 1.0, (0, 0, 0), 0, 0.5))\n"
        "r = render_head(s, camera_grid((0, 20), (0,), (-30, 0), (38,)), size=160)\n"
        "print(hashlib.sha256(r.images.tobytes()).hexdigest())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = render_head(head(), camera_grid((0, 20), (0,), (-30, 0), (38,)), size=160)
    assert done.stdout.split() == [hashlib.sha256(here.images.tobytes()).hexdigest()]


def by_vtk(surface, views, size):
    """Draw the same views with VTK's own lights and shader, light by light."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
    from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer, vtkRenderWindow

    window, renderer, light = vtkRenderWindow(), vtkRenderer(), vtkLight()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(size, size)
    renderer.AutomaticLightCreationOff()
    light.SetLightTypeToSceneLight()
    light.PositionalOff()
    renderer.AddLight(light)
    actor = head_actor(surface.points, surface.triangles)
    skin = actor.GetProperty()
    skin.SetAmbient(SKIN.ambient)
    skin.SetDiffuse(SKIN.diffuse)
    skin.SetSpecular(SKIN.specular)
    skin.SetSpecularPower(SKIN.shininess)
    renderer.AddActor(actor)
    window.AddRenderer(renderer)
    images = []
    for view in views:
        camera, eye = camera_at(*view.camera, surface.scale), renderer.GetActiveCamera()
        eye.SetPosition(*camera.position)
        eye.SetFocalPoint(*camera.target)
        eye.SetViewUp(0, 0, 1)
        eye.SetViewAngle(camera.view_angle)
        renderer.ResetCameraClippingRange()
        light.SetPosition(*(1000 * direction(*view.light)))
        window.Render()
        pixels = vtkUnsignedCharArray()
        window.GetPixelData(0, 0, size - 1, size - 1, 0, pixels, 0)
        images.append(vtk_to_numpy(pixels).reshape(size, size, 3)[::-1, :, 0].copy())
    window.Finalize()
    return np.stack(images)


def test_lighting_afterwards_is_what_vtk_draws_light_by_light():
    views = camera_grid((-20, 40), (-15, 30), (-70, 0, 30), (-20, 15, 60))
    ours = render_head(head(), views, size=300).images.astype(int)
    gap = np.abs(ours - by_vtk(head(), views, 300))
    assert (ours > 20).mean() > 0.2  # a head is there at all
    assert gap.max() <= 1  # of 255: rounding
    assert gap.mean() < 0.02


def test_order_of_views_is_kept():
    views = [View(20, 0, 0, 20), FRONT, View(20, 0, 0, 20)]
    renders = render_head(head(), views, size=100)
    assert renders.views == tuple(views)
    np.testing.assert_array_equal(renders.images[0], renders.images[2])
    assert (renders.images[0] != renders.images[1]).any()


def test_no_views_no_pictures_and_odd_sizes_refused():
    assert render_head(head(), [], size=64).images.shape == (0, 64, 64)
    with pytest.raises(SettingsError, match="pixels"):
        render_head(head(), [FRONT], size=3)


def test_memory_stays_flat_over_many_heads():
    def resident():
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    if not STATM.exists():
        pytest.skip("resident memory is read from /proc")
    for _ in range(5):
        render_head(head(), [FRONT], size=100)
    before = resident()
    for _ in range(30):
        render_head(head(), [FRONT], size=100)
    assert resident() - before < 15


def test_contact_sheet_places_pictures_row_by_row():
    images = np.stack([np.full((7, 9), 10 * k, np.uint8) for k in range(1, 6)])
    sheet = contact_sheet(images, 2)
    assert sheet.shape == (3 * (7 + 4) + 4, 2 * (9 + 4) + 4)
    assert sheet[4, 4] == 10
    assert sheet[4, 4 + 13] == 20
    assert sheet[4 + 11, 4] == 30
    assert sheet[-5, -5] == 255
    labelled = contact_sheet(np.repeat(images, 12, axis=2), 2, labels=list("abcde"))
    assert labelled.shape[0] > sheet.shape[0]
    assert (labelled[4 + 7 : 4 + 7 + 18, :100] < 128).any()
    with pytest.raises(ValueError, match="label"):
        contact_sheet(images, 2, labels=["a"])
    with pytest.raises(ValueError, match="pictures"):
        contact_sheet(images[:0], 2)


def test_png_is_private_and_holds_the_picture(tmp_path):
    from PIL import Image

    image = np.arange(56, dtype=np.uint8).reshape(7, 8)
    path = write_png(tmp_path / "a.png", image)
    with Image.open(path) as read:
        np.testing.assert_array_equal(np.asarray(read), image)
    assert path.stat().st_mode & 0o777 == 0o600

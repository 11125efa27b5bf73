"""Head from air, mesh, pose: on heads made of ellipsoids."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.spatial import cKDTree

from reid_audit.errors import HeadError, SettingsError
from reid_audit.surface import head_mask, head_surface
from reid_audit.types import Volume


def ellipsoid(points, center, radii):
    return (((points - np.asarray(center)) / np.asarray(radii)) ** 2).sum(axis=-1) - 1.0


def head_value(points, *, nostrils=False, mark=False):
    """Implicit head: negative inside; nose to the front, ears aside, and a bump on the left if asked for."""
    parts = [
        ellipsoid(points, (0, -2, 45), (77, 98, 90)),
        ellipsoid(points, (0, 25, -35), (58, 62, 72)),
        ellipsoid(points, (0, -15, -90), (52, 55, 60)),
        ellipsoid(points, (0, 92, -12), (15, 20, 24)),
        ellipsoid(points, (76, -6, 2), (8, 18, 30)),
        ellipsoid(points, (-76, -6, 2), (8, 18, 30)),
    ]
    if mark:
        parts.append(ellipsoid(points, (-78, 10, 70), (22, 22, 22)))
    value = np.min(parts, axis=0)
    if nostrils:
        tube = ((points[..., 0] - 7) ** 2 + (points[..., 1] - 95) ** 2) / 3.5**2 - 1.0
        tube = np.maximum(tube, (np.abs(points[..., 2] + 25) - 14) / 14)
        cavity = ellipsoid(points, (5, 50, -15), (22, 24, 22))
        channel = np.maximum(
            ((points[..., 0] - 7) ** 2 + (points[..., 2] + 14) ** 2) / 3.5**2 - 1.0, np.abs(points[..., 1] - 80) - 18
        )
        value = np.maximum(value, -np.min([tube, cavity, channel], axis=0))
    return value


def scan(affine, shape, *, noise=3.0, bias=False, kind="mri", seed=0, **parts):
    """Sample the implicit head on a grid, with partial volume from 2 x 2 x 2 points a voxel."""
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1).astype(np.float64)
    share = np.zeros(shape)
    for offset in np.ndindex(2, 2, 2):
        index = grid + (np.asarray(offset) - 0.5) / 2
        share += head_value(index @ affine[:3, :3].T + affine[:3, 3], **parts) < 0
    share /= 8
    rng = np.random.default_rng(seed)
    if kind == "ct":
        return Volume(
            (-1000 + 1040 * share + rng.normal(0, 10, shape)).astype(np.int16), affine, kind="ct", modality="CT"
        )
    gain = 1.0 + (0.6 * (grid[..., 2] / shape[2] - 0.5) if bias else 0.0)
    real = 100 * share * gain + rng.normal(0, noise, shape)
    return Volume(np.hypot(real, rng.normal(0, noise, shape)).astype(np.float32), affine, modality="T1w")


def ras(voxel=3.0, shape=(72, 88, 92), origin=(-108.0, -128.0, -128.0)):
    affine = np.diag([voxel, voxel, voxel, 1.0])
    affine[:3, 3] = origin
    return affine, shape


def turned(affine, shape, *, kind):
    """The same box in another order and handedness of the axes."""
    if kind == "ras":
        return affine, shape
    if kind == "lps":
        flip = np.diag([-1.0, -1.0, 1.0, 1.0])
        flip[:2, 3] = np.asarray(shape[:2]) - 1
        return affine @ flip, shape
    if kind == "pir":
        matrix = np.zeros((4, 4))
        matrix[0, 2], matrix[1, 0], matrix[2, 1], matrix[3, 3] = 1, -1, -1, 1
        matrix[1, 3], matrix[2, 3] = shape[1] - 1, shape[2] - 1
        return affine @ matrix, (shape[1], shape[2], shape[0])
    angle = np.deg2rad(14)
    turn = np.eye(4)
    turn[:3, :3] = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0.08, 1]]
    return turn @ affine, shape


def signed_volume(surface):
    a, b, c = (surface.points[surface.triangles[:, corner]].astype(float) for corner in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def gap_mm(points, **parts):
    """First-order distance from the implicit surface."""
    points = points.astype(float)
    value = head_value(points, **parts)
    slope = np.stack([head_value(points + step, **parts) - value for step in 0.1 * np.eye(3)], axis=-1) / 0.1
    return np.abs(value) / np.maximum(np.linalg.norm(slope, axis=-1), 1e-6)


@pytest.mark.parametrize("orientation", ["ras", "lps", "pir", "oblique"])
def test_left_stays_left_and_outside_stays_outside(orientation):
    affine, shape = turned(*ras(4.0, (54, 66, 70)), kind=orientation)
    surface = head_surface(scan(affine, shape, mark=True), target_triangles=8000)
    head = surface.points @ surface.to_head[:3, :3].T + surface.to_head[:3, 3]
    high = head[(head[:, 2] > 30)]
    assert -high[:, 0].min() > high[:, 0].max() + 8
    assert signed_volume(surface) > 2e6
    np.testing.assert_allclose(surface.to_head[:3, :3] @ surface.to_head[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(surface.to_head[:3, :3]) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["mri", "ct"])
def test_surface_lies_between_voxels(kind):
    affine, shape = ras(3.0)
    surface = head_surface(scan(affine, shape, kind=kind), target_triangles=None, smoothing=0)
    neck = surface.points[:, 2] < -115
    gap = gap_mm(surface.points[~neck])
    assert gap.mean() < 1.0  # a third of a voxel
    assert surface.quality.largest_share > 0.95


def test_decimated_mesh_is_closed_and_lies_where_the_full_one_lies():
    affine, shape = ras(4.0, (54, 66, 70))
    volume = scan(affine, shape)
    full, fewer = head_surface(volume, target_triangles=None), head_surface(volume, target_triangles=9000)
    assert len(fewer.triangles) == pytest.approx(9000, rel=0.01)
    edges = np.sort(np.vstack([fewer.triangles[:, [0, 1]], fewer.triangles[:, [1, 2]], fewer.triangles[:, [2, 0]]]))
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    assert (counts == 2).all()  # every edge has a triangle on both sides
    assert (np.unique(fewer.triangles) == np.arange(len(fewer.points))).all()  # every point has a triangle
    assert signed_volume(fewer) == pytest.approx(signed_volume(full), rel=2e-3)
    nearest = cKDTree(full.points).query(fewer.points)[0]
    assert nearest.max() < 4.0
    assert nearest.mean() < 1.0  # the nearest vertex, not the nearest point of the surface


def test_memory_stays_below_six_times_the_volume():
    affine, shape = ras(3.0)
    volume = scan(affine, shape, noise=0.0)
    fine = np.diag([1 / 3, 1 / 3, 1 / 3, 1.0])
    fine[:3, 3] = -1 / 3
    data = np.asarray(volume.data)
    for axis in range(3):
        data = np.repeat(data, 3, axis=axis)
    volume = Volume(data, affine @ fine)  # 1 mm
    head_surface(scan(*ras(6.0, (36, 44, 46))))  # imports and caches are not the volume's
    tracemalloc.start()
    head_surface(volume)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert volume.data.nbytes + peak < 6 * 4 * volume.data.size


@pytest.mark.parametrize("fine", [0.52, 0.4])
def test_fine_voxels_are_averaged_and_move_no_surface(fine):
    affine = np.diag([4.0, 4.0, fine, 1.0])
    affine[:3, 3] = (-108, -128, -128)
    surface = head_surface(scan(affine, (54, 66, round(276 / fine)), noise=1.0), target_triangles=20_000)
    crown = surface.points[surface.points[:, 2] > 60]
    assert gap_mm(crown).mean() < 0.6
    assert crown[:, 2].max() == pytest.approx(135.0, abs=0.2)


def test_bias_field_moves_no_surface():
    affine, shape = ras(4.0, (54, 66, 70))
    plain = head_mask(scan(affine, shape))
    biased = head_mask(scan(affine, shape, bias=True))
    assert np.logical_xor(plain.data, biased.data).sum() < 0.01 * plain.data.sum()


def test_nostrils_do_not_open_into_the_head():
    affine, shape = ras(2.0, (108, 130, 134))
    volume = scan(affine, shape, nostrils=True)
    mask = head_mask(volume)
    inside = np.rint(np.linalg.inv(affine) @ [5, 50, -15, 1])[:3].astype(int)
    assert volume.data[tuple(inside)] < 20
    assert mask.data[tuple(inside)]
    assert mask.data.shape == volume.data.shape
    free = np.rint(np.linalg.inv(affine) @ [0, 85, -80, 1])[:3].astype(int)
    assert not mask.data[tuple(free)]


def test_thick_slices_make_no_stairs():
    affine = np.diag([6.0, 1.5, 1.5, 1.0])
    affine[:3, 3] = (-108, -128, -128)
    surface = head_surface(scan(affine, (37, 175, 184), noise=1.0), target_triangles=20_000)
    forehead = (surface.points[:, 2] > 0) & (np.abs(surface.points[:, 0]) < 55)
    assert gap_mm(surface.points[forehead]).mean() < 1.0


def test_table_is_removed_from_ct():
    affine, shape = ras(3.0)
    volume = scan(affine, shape, kind="ct")
    data = np.array(volume.data)
    back = round((-100 - affine[1, 3]) / 3)
    data[:, back - 5 : back, :] = 100
    surface = head_surface(Volume(data, affine, kind="ct"), target_triangles=8000)
    assert surface.points[:, 1].min() > -110
    assert np.ptp(surface.points[:, 0]) < 190


@pytest.mark.parametrize("lost", [8.0, 30.0])
def test_a_head_without_its_crown_is_no_table(lost):
    """Neck to crown stand above each other, and there is nothing but head in the highest plane."""
    affine, shape = ras(3.0)
    last = round((135 - lost - affine[2, 3]) / 3)
    whole = scan(affine, shape, kind="ct")
    cut = head_surface(Volume(whole.data[:, :, :last], affine, kind="ct"), target_triangles=8000)
    reference = head_surface(whole, target_triangles=8000).points
    below = reference[reference[:, 2] < 90 - lost]
    assert cut.points[:, 2].min() == pytest.approx(reference[:, 2].min(), abs=3)
    assert gap_mm(cut.points[cut.points[:, 2] < 90 - lost]).mean() < 1.0
    assert len(cut.points[cut.points[:, 2] < 90 - lost]) > 0.7 * len(below)


def test_field_of_view_that_cuts_the_chin_is_told():
    affine, shape = ras(4.0, (54, 66, 70))
    volume = scan(affine, shape)
    first = round((-60 - affine[2, 3]) / 4)
    moved = affine.copy()
    moved[2, 3] += 4 * first
    whole, cut = (
        head_surface(volume, target_triangles=8000),
        head_surface(Volume(volume.data[:, :, first:], moved), target_triangles=8000),
    )
    assert "chin" in cut.quality.cut_through
    assert "nose" not in cut.quality.cut_through
    assert "nose" not in whole.quality.cut_through
    padded = np.array(volume.data)
    padded[:, :, :first] = 0
    assert "chin" in head_surface(Volume(padded, affine), target_triangles=8000).quality.cut_through


@pytest.mark.parametrize(
    ("data", "voxel"),
    [
        (np.full((40, 41, 42), 5.0), 4.0),
        (np.random.default_rng(0).normal(100, 5, (40, 41, 42)), 4.0),
        (np.ones((200, 200, 1)), 1.0),
    ],
)
def test_what_is_no_head_is_refused(data, voxel):
    with pytest.raises(HeadError):
        head_surface(Volume(data.astype(np.float32), np.diag([voxel] * 3 + [1.0])))


def test_one_bright_voxel_among_many_is_no_head():
    """The sample of a large image may not hold it."""
    data = np.zeros((240, 240, 240), np.uint8)
    data[-1, -1, -1] = 1
    with pytest.raises(HeadError, match="next to all"):
        head_surface(Volume(data, np.diag([0.9, 0.9, 0.9, 1.0])))


def test_wrong_voxel_size_is_refused():
    affine, shape = ras(4.0, (54, 66, 70))
    volume = scan(affine, shape)
    with pytest.raises(HeadError, match="mm"):
        head_surface(Volume(volume.data, np.diag([0.3, 0.3, 0.3, 1.0]) @ affine))


def test_a_head_of_85_mm_width_is_accepted_and_one_of_60_is_not():
    affine, shape = ras(4.0, (54, 66, 70))
    volume = scan(affine, shape)  # 168 mm from ear to ear
    half, third = (Volume(volume.data, np.diag([size, size, size, 1.0]) @ affine) for size in (0.506, 0.36))
    assert np.ptp(head_surface(half, target_triangles=8000).points[:, 0]) == pytest.approx(85.0, abs=3.0)
    with pytest.raises(HeadError, match="at least 70 mm wide"):
        head_surface(third)


def test_settings_out_of_range_are_refused():
    affine, shape = ras(6.0, (36, 44, 46))
    volume = scan(affine, shape)
    with pytest.raises(SettingsError, match="triangles"):
        head_surface(volume, target_triangles=3)
    with pytest.raises(SettingsError, match="Smoothing"):
        head_surface(volume, smoothing=-1)


def test_same_volume_gives_same_surface():
    affine, shape = ras(4.0, (54, 66, 70))
    volume = scan(affine, shape)
    first, second = head_surface(volume, target_triangles=5000), head_surface(volume, target_triangles=5000)
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.to_head, second.to_head)

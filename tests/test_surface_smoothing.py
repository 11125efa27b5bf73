"""Smoothing of meshes, against VTK's filter, and the blur of the field, against products with matrices."""

import numpy as np
import pytest

from reid_audit.surface.field import SkinField
from reid_audit.surface.grid import blur_matrix, blurred, interpolated, linear_matrix, resample_axis
from reid_audit.surface.mesh import skin_mesh
from reid_audit.surface.smoothing import neighbours, smoothed

RADIUS = 20.0


def ball_field(*centres):
    """Return the field of balls on a grid of 1 mm."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in (100, 60, 60)), indexing="ij"), axis=-1)
    depth = np.max([radius - np.linalg.norm(index - centre, axis=-1) for centre, radius in centres], axis=0)
    return SkinField(np.clip(0.5 + depth, 0, 1).astype(np.float32), np.eye(4))


@pytest.fixture(scope="module")
def noisy():
    points, triangles = skin_mesh(ball_field(((30, 30, 30), RADIUS)), target_triangles=None, smoothing=0)
    noise = np.random.default_rng(3).normal(0, 0.2, points.shape)
    return (points + noise).astype(np.float32), triangles


def smoothed_by_vtk(points, triangles, iterations):
    pv = pytest.importorskip("pyvista")
    mesh = pv.PolyData.from_regular_faces(points, triangles)
    smooth = mesh.smooth_taubin(
        n_iter=iterations, pass_band=0.144, normalize_coordinates=True, boundary_smoothing=False
    )
    return np.asarray(smooth.points)


@pytest.mark.parametrize("iterations", [5, 15, 30])
def test_smooths_as_vtk_does(noisy, iterations):
    points, triangles = noisy
    ours = smoothed(points, neighbours(triangles, len(points)), iterations)
    assert ours.dtype == np.float32
    assert np.abs(smoothed_by_vtk(points, triangles, iterations) - points).max() > 0.05
    np.testing.assert_allclose(ours, smoothed_by_vtk(points, triangles, iterations), atol=0.01)


@pytest.mark.parametrize("iterations", [1, 2, 15])
def test_smoothing_takes_noise_and_leaves_the_size(noisy, iterations):
    points, triangles = noisy
    radii = np.linalg.norm(smoothed(points, neighbours(triangles, len(points)), iterations) - 30.0, axis=1)
    before = np.linalg.norm(points - 30.0, axis=1)
    assert radii.mean() == pytest.approx(RADIUS, abs=0.05)
    assert radii.std() < (0.6 if iterations == 15 else 1.01) * before.std()


def test_a_constant_shift_stays(noisy):
    points, triangles = noisy
    joined = neighbours(triangles, len(points))
    far = points + np.float32([500, -300, 800])
    np.testing.assert_allclose(smoothed(far, joined, 15) - smoothed(points, joined, 15), far - points, atol=2e-3)


def test_of_several_pieces_the_largest_stays_without_loose_points():
    field = ball_field(((30, 30, 30), RADIUS), ((80, 30, 30), 8.0), ((62, 30, 30), 3.0))
    points, triangles = skin_mesh(field, target_triangles=None, smoothing=0)
    alone, same = skin_mesh(ball_field(((30, 30, 30), RADIUS)), target_triangles=None, smoothing=0)
    np.testing.assert_array_equal(np.unique(triangles), np.arange(len(points)))
    assert len(triangles) == len(same)
    np.testing.assert_allclose(np.sort(points, axis=0), np.sort(alone, axis=0), atol=1e-5)


@pytest.mark.parametrize("sigma", [0.4, 0.7, 1.5])
def test_blurred_is_the_product_with_windows(rng, sigma):
    data = rng.random((9, 12, 17)).astype(np.float32)
    slow = data
    for axis, length in enumerate(data.shape):
        slow = resample_axis(slow, blur_matrix(length, sigma, np.arange(length)), axis)
    np.testing.assert_allclose(blurred(data, sigma), slow, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 5, 6), (4, 5, 6)])
def test_interpolated_is_the_product_with_weights(rng, shape):
    coarse, fine = rng.random(shape).astype(np.float32), (9, 11, 4)
    affine = np.diag([0.4, -0.5, 1.7, 1.0])
    affine[:3, 3] = -0.6, 4.4, 0.2
    slow = coarse
    for axis in range(3):
        places = np.clip(affine[axis, axis] * np.arange(fine[axis]) + affine[axis, 3], 0, shape[axis] - 1)
        slow = resample_axis(slow, linear_matrix(shape[axis], places), axis)
    np.testing.assert_allclose(interpolated(coarse, np.eye(4), fine, affine), slow, atol=1e-6)

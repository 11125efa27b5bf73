"""Surface distances on shapes whose distance is known, whatever their mesh."""

from __future__ import annotations

import numpy as np
import pytest
import pyvista as pv

from reid_audit.errors import HeadError
from reid_audit.reconstruct.distances import counted_skin, surface_distance
from reid_audit.reconstruct.pieces import distance_to_mesh, pieces_of
from reid_audit.types import HeadSurface, Mask, SurfaceQuality

QUALITY = SurfaceQuality((1.0, 1.0, 1.0), 1.0, (), 0.0, (0.0, 0.0, 0.0), 1, 0.5)


def sphere(radius, cuts, middle=(0.0, 0.0, 0.0)):
    mesh = pv.Icosphere(radius=radius, center=middle, nsub=cuts)
    return np.asarray(mesh.points, float), mesh.faces.reshape(-1, 4)[:, 1:]


def surface(points, triangles):
    return HeadSurface(points, triangles, np.eye(4), QUALITY)


def plane(height, step, *, uneven=False):
    """A square of 100 mm; uneven: one half is cut much finer than the other."""
    x = np.concatenate([np.arange(0, 50, step), np.arange(50, 100.01, step / 5 if uneven else step)])
    y = np.arange(0, 100.01, step)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    n, m = len(x), len(y)
    points = np.concatenate([grid.reshape(-1, 2), np.full((n * m, 1), height)], axis=1)
    a = (np.arange(n - 1)[:, None] * m + np.arange(m - 1)).ravel()
    triangles = np.concatenate([np.stack([a, a + m, a + 1], 1), np.stack([a + 1, a + m, a + m + 1], 1)])
    return points, triangles


def everywhere(places):
    return np.ones(len(places), bool)


@pytest.mark.parametrize(("cuts", "others"), [(4, 4), (5, 4), (4, 6)])
def test_concentric_spheres_lie_apart_by_the_difference_of_their_radii(cuts, others):
    found = surface_distance(surface(*sphere(80.0, cuts)), surface(*sphere(83.0, others)), everywhere)
    sagitta = 80.0 * (1.0 - np.cos(1.2 / 2 ** min(cuts, others) / 2)) + 0.01
    assert found.mean == pytest.approx(3.0, abs=2 * sagitta)
    assert found.p95 == pytest.approx(3.0, abs=3 * sagitta)
    assert found.true_to_made == pytest.approx(found.made_to_true, abs=2 * sagitta)
    assert found.squared == pytest.approx(found.true_to_made**2, rel=0.05)


@pytest.mark.parametrize(("first", "second"), [(10.0, 10.0), (10.0, 2.0), (2.0, 25.0)])
def test_parallel_planes_lie_apart_by_their_height_on_any_mesh(first, second):
    found = surface_distance(surface(*plane(0.0, first)), surface(*plane(2.5, second)), everywhere)
    assert found.mean == pytest.approx(2.5, abs=1e-5)
    assert found.p95 == pytest.approx(2.5, abs=1e-5)
    assert found.area_true == pytest.approx(10_000.0, rel=1e-5)


def test_every_piece_counts_by_its_area_and_not_by_how_finely_it_is_cut():
    """A plane of which one half lies 4 mm higher: the mean is 2 mm whichever half has five times the vertices."""

    def half_raised(uneven):
        points, triangles = plane(0.0, 5.0, uneven=uneven)
        points[:, 2] = np.where(points[:, 0] > 50.0, 4.0, 0.0)
        return surface(points, triangles)

    flat = surface(*plane(0.0, 5.0))
    left = surface_distance(half_raised(uneven=False), flat, everywhere)
    right = surface_distance(half_raised(uneven=True), flat, everywhere)
    assert left.true_to_made == pytest.approx(2.0, abs=0.15)
    assert right.true_to_made == pytest.approx(left.true_to_made, abs=0.15)
    vertices = np.abs(half_raised(uneven=True).points[:, 2]).mean()
    assert vertices > 3.0, "the mean over vertices is not 2 mm: the test can fail"


def test_directions_differ_where_one_surface_has_more():
    """A ball beside the other surface: only the way back sees it."""
    points, triangles = sphere(80.0, 5)
    more, others = sphere(5.0, 3, middle=(120.0, 0.0, 0.0))
    both = surface(np.concatenate([points, more]), np.concatenate([triangles, others + len(points)]))
    found = surface_distance(surface(points, triangles), both, everywhere)
    assert found.true_to_made == pytest.approx(0.0, abs=1e-4)
    assert found.made_to_true > 0.1
    assert found.mean == pytest.approx((found.true_to_made + found.made_to_true) / 2)


def test_pieces_keep_the_area_and_are_no_longer_than_asked():
    points, triangles = sphere(40.0, 3)
    whole, cut = pieces_of(points, triangles, longest=1e9), pieces_of(points, triangles, longest=1.0)
    assert len(whole.points) == len(triangles)
    assert cut.area.sum() == pytest.approx(whole.area.sum())
    assert cut.area.max() < 0.5
    assert np.einsum("ij,ij->i", cut.normals, cut.points).min() > 0
    assert len(pieces_of(np.zeros((3, 3)), np.array([[0, 1, 2]])).points) == 0


def test_distances_are_to_triangles_and_not_to_vertices():
    corners = np.array([[0.0, 0, 0], [60, 0, 0], [0, 60, 0]])
    places = np.array([[15.0, 15, 7], [-3, 20, 4], [61, -1, 0], [30, 30, 0], [40, 40, 0]])
    found = distance_to_mesh(places, corners, np.array([[0, 1, 2]]))
    assert found == pytest.approx([7.0, 5.0, np.sqrt(2), 0.0, 10 * np.sqrt(2)], abs=1e-6)
    assert np.isinf(distance_to_mesh(places, np.zeros((3, 3)), np.array([[0, 1, 2]]))).all()


def test_what_lies_far_from_the_places_is_found_all_the_same():
    """Triangles are looked for near the places first: a nearer one must not be missed, nor a far one taken for none."""
    near = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    mesh = np.concatenate([near, near + np.array([0.0, 0, 100])]), np.array([[0, 1, 2], [3, 4, 5]])
    places = np.array([[0.2, 0.2, 5.0], [0.2, 0.2, 60.0]])
    assert distance_to_mesh(places, *mesh) == pytest.approx([5.0, 40.0], rel=0.011)
    assert distance_to_mesh(places[1:], *mesh) == pytest.approx([40.0], rel=0.011)
    assert distance_to_mesh(places[:0], *mesh).shape == (0,)


def test_only_altered_skin_in_front_of_the_ears_counts():
    mask = np.zeros((40, 50, 60), bool)
    mask[:, 30:, :] = True
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -50.0
    counts = counted_skin(Mask(mask, affine, "region"), np.eye(4), front=25.0)
    places = np.array([[0.0, 30, 0], [0, 5, 0], [0, 20, 0], [0, 60, 0], [0.0, 30, 200]])
    assert counts(places).tolist() == [True, False, False, False, False]
    turned = np.eye(4)
    turned[:2, :2] = [[0, 1], [-1, 0]]
    assert not counted_skin(Mask(mask, affine, "region"), turned)(places).any()


def test_a_face_that_is_not_there_is_an_error():
    one = surface(*sphere(80.0, 4))
    with pytest.raises(HeadError, match="true surface has 0 mm2"):
        surface_distance(one, one, lambda places: np.zeros(len(places), bool))

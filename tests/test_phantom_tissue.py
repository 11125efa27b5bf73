"""Coverage of voxels by a mesh, the warp, the mean head's inside, and one person's tissues."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.anatomy.voxels import voxel_coverage
from reid_audit.phantom.contrast import CONTRASTS, Tumour, planted
from reid_audit.phantom.identity import head_mesh, sample_identities
from reid_audit.phantom.interior import mean_interior
from reid_audit.phantom.labels import BRAIN_TISSUES, FACE_REGIONS, Tissue
from reid_audit.phantom.marker import MARKER_RADIUS, left_marker, marker_ball, with_left_marker
from reid_audit.phantom.neck import lengthen_neck
from reid_audit.phantom.tissue import tissue_volume
from reid_audit.phantom.warp import warp_to_mean


@pytest.fixture(scope="module")
def person():
    return sample_identities(1, np.random.default_rng(77001))[0]


def box(low, high):
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    points = np.array(low) + corners * (np.array(high) - np.array(low))
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return points, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])


def volume_of(points, triangles):
    corners = points[triangles]
    return abs(np.einsum("ti,ti->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def test_coverage_of_a_box_is_its_overlap_with_each_voxel():
    points, triangles = box((1.5, 2.5, 3.25), (4.5, 5.5, 6.5))
    cover = voxel_coverage(points, triangles, (7, 8, 9))
    expected = np.zeros((7, 8, 9))
    expected[2:5, 3:6, 4:7] = 1.0
    expected[2:5, 3:6, 3] = 0.25
    np.testing.assert_allclose(cover, expected, atol=1e-5)


@pytest.mark.parametrize("turned", [False, True])
def test_coverage_of_a_ball_has_its_volume_whichever_way_it_is_wound(turned):
    points, triangles = marker_ball(np.array([9.3, 10.1, 11.7]), 7.2)
    cover = voxel_coverage(points, triangles[:, ::-1] if turned else triangles, (19, 21, 23))
    assert cover.sum() == pytest.approx(volume_of(points, triangles), rel=2e-3)
    assert cover.min() == 0.0
    assert cover.max() == 1.0


def test_coverage_cuts_off_what_lies_outside_the_grid():
    points, triangles = marker_ball(np.array([2.0, 10.0, -1.0]), 6.0)
    whole = voxel_coverage(points + 10, triangles, (31, 32, 33))
    part = voxel_coverage(points, triangles, (7, 8, 9))
    np.testing.assert_allclose(part, whole[10:17, 10:18, 10:19], atol=1e-6)


def test_overlapping_parts_count_once():
    one, faces = marker_ball(np.array([10.0, 10, 10]), 5.0)
    both = voxel_coverage(np.concatenate([one, one + 0.01]), np.concatenate([faces, faces + len(one)]), (21, 22, 23))
    np.testing.assert_allclose(both, voxel_coverage(one, faces, (21, 22, 23)), atol=0.12)
    assert both.max() == 1.0


def test_coverage_refuses_no_lines():
    with pytest.raises(ValueError, match="supersample"):
        voxel_coverage(*box((0, 0, 0), (1, 1, 1)), (7, 8, 9), supersample=0)


def test_lengthened_neck_is_closed_and_leaves_the_head_alone():
    model = load_head_model()
    points, triangles = lengthen_neck(model.mean, model.triangles, model.labels == REGIONS["neck"], -196.0)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    forward = {tuple(e) for e in edges.tolist()}
    assert len(forward) == len(edges)
    assert all((b, a) in forward for a, b in forward)
    moved = np.linalg.norm(points[: len(model.mean)] - model.mean, axis=1) > 1e-6
    assert moved.sum() == 1
    assert points[:, 2].min() == pytest.approx(-196.0)


def test_warp_takes_a_person_to_the_mean_head(person):
    model = load_head_model()
    points = head_mesh(person).points.astype(float)
    left = np.linalg.norm(warp_to_mean(points, model.mean)(points) - model.mean, axis=1)
    assert np.median(left) < 0.5
    assert np.median(left) < 0.1 * np.median(np.linalg.norm(points - model.mean, axis=1))


def test_inside_holds_every_tissue_in_plausible_amounts():
    interior = mean_interior(2.0)
    litres = np.bincount(interior.labels.ravel(), minlength=len(Tissue)) * interior.spacing**3 / 1e6
    drawn_later = {Tissue.AIR, Tissue.MARKER, Tissue.TUMOUR_RIM, Tissue.TUMOUR_CORE, Tissue.OEDEMA}
    assert {t for t in Tissue if litres[t] == 0} == drawn_later
    assert 1.0 < litres[Tissue.GREY] + litres[Tissue.WHITE] < 1.8
    assert 0.7 < litres[Tissue.GREY] / litres[Tissue.WHITE] < 2.0


def test_brain_is_folded():
    """Its surface is far larger than that of a smooth body around it."""
    interior = mean_interior(2.0)
    brain = np.isin(interior.labels, BRAIN_TISSUES)
    faces = sum(int((np.diff(brain.astype(np.int8), axis=a) != 0).sum()) for a in range(3))
    ball = 6 * np.pi * (3 * brain.sum() / (4 * np.pi)) ** (2 / 3)
    assert faces > 2.5 * ball


def test_regions_lie_where_their_landmarks_are():
    interior, marks = mean_interior(2.0), load_head_model().landmarks

    def centre(name):
        return np.argwhere(interior.regions == FACE_REGIONS[name]).mean(axis=0) * interior.spacing + interior.origin

    assert np.linalg.norm(centre("nose") - marks["pronasale"]) < 25
    assert np.linalg.norm(centre("mouth") - (marks["mouth_left"] + marks["mouth_right"]) / 2) < 22
    assert abs(centre("eyes")[2] - marks["right_eye"][2]) < 8
    assert abs(centre("ears")[1]) < 20


def test_tumour_grows_in_the_brain_only():
    before, after = mean_interior(2.0).labels, planted(2.0, Tumour())
    changed = before != after
    assert changed.sum() * 8 > 3000
    assert set(np.unique(before[changed])) <= {Tissue.GREY, Tissue.WHITE, Tissue.CSF}
    assert set(np.unique(after[changed])) == {Tissue.TUMOUR_RIM, Tissue.TUMOUR_CORE, Tissue.OEDEMA}


def test_contrasts_are_told_apart_by_what_radiologists_look_at():
    def signal(name, tissue):
        return CONTRASTS[name].signal[tissue]

    assert signal("T1w", Tissue.WHITE) > signal("T1w", Tissue.GREY) > signal("T1w", Tissue.CSF)
    assert signal("T2w", Tissue.CSF) > signal("T2w", Tissue.GREY) > signal("T2w", Tissue.WHITE)
    assert signal("FLAIR", Tissue.CSF) < signal("FLAIR", Tissue.WHITE) < signal("FLAIR", Tissue.OEDEMA)
    assert signal("T1wCE", Tissue.TUMOUR_RIM) > 2 * signal("T1w", Tissue.TUMOUR_RIM)
    assert signal("CT", Tissue.BONE) > 500 > signal("CT", Tissue.MUSCLE) > 0 > signal("CT", Tissue.FAT) > -200


def test_a_person_has_their_own_skin_to_a_fraction_of_a_voxel(person):
    """The half-covered level lies on the person's mesh, though the inside comes from the mean head."""
    mesh, size = head_mesh(person), 2.0
    affine = np.diag([size, size, size, 1.0])
    affine[:3, 3] = [-110, -125, -120]
    tissue = tissue_volume(mesh, affine, (110, 125, 131), "T1w")
    skin = (mesh.labels[mesh.triangles] == REGIONS["skin"]).all(axis=1)
    middle = mesh.points[mesh.triangles[skin]].mean(axis=1).astype(float)
    middle = middle[(middle[:, 2] > -60) & (middle[:, 1] > 20)]
    share = map_coordinates(tissue.coverage, ((middle - affine[:3, 3]) / size).T, order=1)
    # Coverage falls from 1 to 0 over about one voxel, so its distance from a half is a distance in voxels.
    assert np.mean(np.abs(share - 0.5)) < 0.15
    assert abs(np.mean(share) - 0.5) < 0.05
    assert (tissue.labels[tissue.coverage < 0.5] == Tissue.AIR).all()
    assert (tissue.labels[tissue.coverage >= 0.5] != Tissue.AIR).all()


def test_marker_is_on_the_left_and_part_of_the_surface(person):
    mesh = head_mesh(person)
    place, marked = left_marker(mesh.points), with_left_marker(mesh)
    assert place[0] < -40
    assert np.linalg.norm(mesh.points - place, axis=1).min() < 1e-3
    added = marked.points[len(mesh.points) :]
    np.testing.assert_allclose(np.linalg.norm(added - place, axis=1), MARKER_RADIUS, rtol=1e-3)
    assert marked.triangles.max() == len(marked.points) - 1
    assert len(marked.labels) == len(marked.points)

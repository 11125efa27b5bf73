"""Pose of the mean head found again after it was moved, scaled, cut, defaced."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.anatomy import align_head, estimate_scale, load_head_model
from reid_audit.anatomy.registration import rotation_about
from reid_audit.phantom.identity import head_mesh, sample_identities


def spread(points, triangles, count=15_000):
    """Points spread evenly over a mesh, denser than its vertices."""
    corners = points[triangles].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    rng = np.random.default_rng(3)
    chosen = rng.choice(len(area), count, p=area / area.sum())
    mix = rng.dirichlet(np.ones(3), len(chosen))
    return np.einsum("ni,nij->nj", mix, corners[chosen])


@pytest.fixture(scope="module")
def skin():
    model = load_head_model()
    return spread(model.mean, model.triangles)


def placed(points, *, yaw=0.0, pitch=0.0, roll=0.0, scale=1.0, shift=(40.0, -25.0, 90.0)):
    rotation = rotation_about(2, yaw) @ rotation_about(0, pitch) @ rotation_about(1, roll)
    return scale * points @ rotation.T + np.asarray(shift), rotation


def angle_between(one, two):
    return np.degrees(np.arccos(np.clip((np.trace(one.T @ two) - 1) / 2, -1, 1)))


@pytest.mark.parametrize(
    ("pose", "part"),
    [
        ({}, "all"),
        ({"yaw": 18, "pitch": 10, "roll": -8}, "all"),
        ({"pitch": 28, "scale": 0.75}, "all"),
        ({"yaw": -8, "pitch": -15}, "no face"),
        ({"yaw": 6, "pitch": 8}, "no neck"),
        ({"pitch": 5}, "no vertex"),
        ({"yaw": 5, "roll": 4}, "no ears"),
        ({"yaw": 5, "pitch": 5}, "headrest"),
    ],
)
def test_pose_is_found_again(skin, pose, part):
    keep = {
        "no face": (skin[:, 1] < 55) | (skin[:, 2] > 45),
        "no neck": skin[:, 2] > -60,
        "no vertex": skin[:, 2] < 90,
        "no ears": np.abs(skin[:, 0]) < 74,
    }.get(part, np.ones(len(skin), dtype=bool))
    points, rotation = placed(skin[keep], **pose)
    if part == "headrest":
        rng = np.random.default_rng(1)
        rest = np.c_[rng.uniform(-150, 150, 2500), rng.uniform(-115, -110, 2500), rng.uniform(-100, 150, 2500)]
        points = np.vstack([points, rest + np.array([40.0, -25.0, 90.0])])
    found = align_head(points)
    assert found.found
    assert angle_between(found.to_head[:3, :3], rotation.T) < 2.5
    center = found.to_head[:3, :3] @ [40.0, -25.0, 90.0] + found.to_head[:3, 3]
    assert np.linalg.norm(center) < 5.0
    assert found.scale == pytest.approx(pose.get("scale", 1.0), rel=0.03)
    assert found.residual_mm < 2.0


def test_faces_unlike_the_mean_do_not_make_whole_heads_nod():
    off = []
    for person in sample_identities(10, np.random.default_rng(21)):
        head = head_mesh(person, expression={"blink": 1.0})
        points, rotation = placed(spread(head.points, head.triangles), pitch=-12, yaw=6, roll=4)
        off.append(angle_between(align_head(points).to_head[:3, :3], rotation.T))
    assert np.median(off) < 1.5
    assert max(off) < 4.0


def test_angles_have_the_stated_signs(skin):
    points, _ = placed(skin, yaw=12, pitch=9)
    yaw, pitch, roll = align_head(points).angles
    assert yaw == pytest.approx(12, abs=1.5)  # to the subject's left: the nose towards -x
    assert pitch == pytest.approx(9, abs=1.5)
    assert roll == pytest.approx(0, abs=1.5)
    assert align_head(placed(skin, roll=10)[0]).angles[2] == pytest.approx(10, abs=1.5)  # the crown towards +x


def test_what_is_no_head_falls_back_to_the_axes_of_the_scan():
    rng = np.random.default_rng(5)
    found = align_head(np.c_[rng.uniform(-150, 150, 3000), rng.uniform(0, 4, 3000), rng.uniform(-150, 150, 3000)])
    assert not found.found
    np.testing.assert_array_equal(found.to_head[:3, :3], np.eye(3))


@pytest.mark.parametrize("scale", [0.65, 1.0, 1.1])
def test_scale_is_estimated_in_the_head_frame(skin, scale):
    assert estimate_scale(scale * skin) == pytest.approx(scale, rel=0.03)


def test_bad_points_are_refused():
    with pytest.raises(ValueError, match="at least 100"):
        align_head(np.zeros((10, 3)))
    with pytest.raises(ValueError, match="finite"):
        align_head(np.full((200, 3), np.nan))


def test_generator_chooses_points(skin):
    one = align_head(skin, rng=np.random.default_rng(1))
    two = align_head(skin, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(one.to_head, two.to_head)

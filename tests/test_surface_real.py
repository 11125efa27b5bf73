"""Real heads, read from outside the repository."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.inputs import read_volume
from reid_audit.render import camera_grid, render_head
from reid_audit.surface import head_surface

pytestmark = pytest.mark.real

WHOLE_FACES = ["adult35_t1.nii.gz", "adult51_t1_supine.nii.gz", "adult26_t1_dicom"]
OTHERS = ["adult42_t1_defaced_by_owner.nii.gz", "head_ct_coarse.nii.gz", "mannequin_ct_with_headrest.nii.gz"]


@pytest.mark.parametrize("name", [*WHOLE_FACES, *OTHERS])
def test_head_is_found_upright_and_of_human_size(real_data, name):
    surface = head_surface(read_volume(real_data / "heads" / name), target_triangles=15_000)
    head = surface.points @ surface.to_head[:3, :3].T + surface.to_head[:3, 3]
    upper = head[head[:, 2] > 0]
    assert 130 < np.ptp(upper[:, 0]) < 200
    assert abs(upper[:, 0].max() + upper[:, 0].min()) < 25
    assert surface.quality.pose_residual < 6
    assert max(map(abs, surface.quality.pose_angles)) < 30
    if name in WHOLE_FACES:
        dlib = pytest.importorskip("dlib")
        find = dlib.get_frontal_face_detector()
        for image in render_head(surface, camera_grid((-15, 15), (0,), (0,), (38,)), size=300).images:
            assert len(find(np.dstack([image] * 3), 0)) == 1


def test_headrest_and_shoulders_of_the_mannequin_are_gone(real_data):
    surface = head_surface(read_volume(real_data / "heads" / OTHERS[2]), target_triangles=15_000)
    head = surface.points @ surface.to_head[:3, :3].T + surface.to_head[:3, 3]
    assert head[head[:, 2] > -60][:, 1].min() > -125


def test_cuts_through_real_faces_are_told(real_data):
    cut = {
        name: head_surface(read_volume(real_data / "heads" / name), target_triangles=15_000).quality.cut_through
        for name in (WHOLE_FACES[0], OTHERS[1])
    }
    assert "nose" not in cut[WHOLE_FACES[0]]
    assert "forehead" in cut[OTHERS[1]]


def test_skull_stripped_brain_does_not_crash(real_data):
    surface = head_surface(
        read_volume(real_data / "heads" / "control_t1_skull_stripped.nii.gz"), target_triangles=15_000
    )
    assert render_head(surface, camera_grid((0,), (0,), (0,), (38,)), size=100).images.max() > 0

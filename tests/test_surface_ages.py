"""Heads of children keep their pose, whole and without their face; adults and what is no head stay as they were."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from reid_audit.anatomy import align_head, align_head_of_any_age, estimate_scale, load_head_model
from reid_audit.defacers import place_mean_head
from reid_audit.errors import HeadError
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.surface import head_surface

SETTINGS = ScanSettings(voxel_size=(3.0, 3.0, 3.0), pitch=8.0, yaw=-6.0, roll=4.0, offset=(4.0, -5.0, 6.0))
NEWBORN, INFANT, ADULT = (0.0, 0.15), (0.5, 1.5), (25.0, 60.0)


def _of(ages, modality="T1w"):
    who = sample_identities(1, np.random.default_rng(99_031), ages=ages)[0]
    return who, acquire(who, dataclasses.replace(SETTINGS, modality=modality), np.random.default_rng(9))


def _emptied(scan, mask):
    data = np.array(scan.volume.data)
    data[mask] = -1000 if scan.volume.kind == "ct" else 0
    return dataclasses.replace(scan.volume, data=data)


def _faceless(scan):
    return _emptied(scan, binary_dilation(scan.masks["face"].data, iterations=2) & ~scan.masks["brain"].data)


def _brain(scan):
    return _emptied(scan, ~scan.masks["brain"].data)


def _degrees(one, two):
    turn = one[:3, :3] @ two[:3, :3].T
    return np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))


@pytest.mark.parametrize(
    ("ages", "modality", "years"), [(NEWBORN, "T1w", 0.0), (NEWBORN, "CT", 0.0), (INFANT, "T2w", 1.0)]
)
def test_children_keep_their_pose_with_and_without_their_face(ages, modality, years):
    """The mean adult was lost on these newborns, and lay 6 to 11 degrees off on the infant."""
    who, scan = _of(ages, modality)
    whole, faceless = (head_surface(one, target_triangles=20_000) for one in (scan.volume, _faceless(scan)))
    assert _degrees(whole.to_head, scan.to_head) < 4.0
    assert _degrees(faceless.to_head, scan.to_head) < 7.0
    assert whole.years == years
    assert whole.scale == pytest.approx(load_head_model().size_of(who.age, float(who.sex == "F")), rel=0.07)
    assert whole.quality.notes == (f"head of a child: placed by the mean head of {years:g} years",)
    assert whole.quality.cut_through == ()
    assert not any("pose" in note for note in faceless.quality.notes)


@pytest.mark.parametrize("form", [lambda scan: scan.volume, _faceless, _brain], ids=["whole", "faceless", "brain"])
def test_the_mean_adult_stays_where_it_lies_on_adults(form):
    _, scan = _of(ADULT)
    surface = head_surface(form(scan), target_triangles=20_000)
    inner = surface.points @ surface.to_head[:3, :3].T + surface.to_head[:3, 3]
    assert surface.years is None
    assert surface.scale == pytest.approx(estimate_scale(inner), abs=1e-5)
    assert surface.quality.notes == ()


def test_no_face_is_placed_on_the_brain_of_a_newborn():
    """It has the form of a small newborn's head; 3 mm larger all around, it also has the size of one."""
    _, scan = _of(NEWBORN)
    larger = _emptied(scan, ~binary_dilation(scan.masks["brain"].data))
    assert head_surface(larger, target_triangles=20_000).years == 0.0
    for brain, why in ((_brain(scan), "100 to 400 mm long"), (larger, "shows no face")):
        with pytest.raises(HeadError) as refused:
            place_mean_head(brain)
        assert why in f"{refused.value.message} {refused.value.remedy}"


def test_the_head_of_a_child_is_told_from_a_small_adults():
    _, scan = _of(INFANT)
    infant = np.asarray(head_surface(scan.volume, target_triangles=20_000).points)
    _, scan = _of(ADULT)
    adult = 0.86 * np.asarray(head_surface(scan.volume, target_triangles=20_000).points)
    assert align_head_of_any_age(infant).years is not None
    small = align_head_of_any_age(adult)
    assert small.years is None
    np.testing.assert_array_equal(small.alignment.to_head, align_head(adult).to_head)

"""Quick measures of a scan: each against what was planted."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.types import Mask, Volume
from reid_audit.utility import MEASURES, cross_section, movement, noise_level, quick_measures

AFFINE = np.diag([1.0, 1.5, 2.0, 1.0])


def brain(shape=(30, 32, 34), signal=(100.0, 300.0, 500.0), noise=0.0, rng=None):
    """Return a scan with three tissues in a box, air around it, and the mask of the box."""
    inside = np.zeros(shape, dtype=bool)
    inside[5:-5, 5:-5, 5:-5] = True
    data = np.zeros(shape, dtype=np.float32)
    thirds = np.array_split(np.arange(5, shape[2] - 5), 3)
    for value, part in zip(signal, thirds, strict=True):
        data[5:-5, 5:-5, part[0] : part[-1] + 1] = value
    if noise:
        data = data + noise * rng.normal(size=shape) * inside
    return Volume(data, AFFINE, "mri", "T1w"), Mask(inside, AFFINE, "brain")


def values(volume, **masks):
    return {each.name: each.value for each in quick_measures(volume, masks)}


def test_volumes_are_voxels_times_their_size():
    volume, mask = brain()
    found = values(volume, brain=mask)
    assert found["brain volume"] == pytest.approx(mask.data.sum() * 3.0 / 1000)
    parts = [found[f"{name} brain tissue"] for name in ("dark", "middle", "bright")]
    assert parts == pytest.approx([20 * 22 * 8 * 0.003] * 3)
    assert set(found) <= set(MEASURES)


def test_what_a_defacer_cut_from_the_brain_is_missing():
    volume, mask = brain()
    data = np.array(volume.data)
    data[5:9] = 0
    found = values(Volume(data, AFFINE), brain=mask)
    assert found["brain volume"] == pytest.approx(values(volume, brain=mask)["brain volume"] * 16 / 20)
    assert found["brain mean"] == pytest.approx(values(volume, brain=mask)["brain mean"])


def test_ct_counts_tissue_and_no_air():
    volume, mask = brain(signal=(5.0, 40.0, 60.0))
    data = np.where(mask.data, volume.data, -1000.0)
    data[5:10] = -1000.0
    found = values(Volume(data, AFFINE, "ct", "CT"), brain=mask)
    assert found["brain volume"] == pytest.approx(15 * 22 * 24 * 0.003)


def test_intensities_are_those_in_the_brain(rng):
    volume, mask = brain(noise=20.0, rng=rng)
    inside = volume.data[mask.data].astype(float)
    found = values(volume, brain=mask)
    assert found["brain mean"] == pytest.approx(inside.mean(), rel=0.01)
    assert found["brain median"] == pytest.approx(np.median(inside), rel=0.01)
    assert found["brain 95th percentile"] == pytest.approx(np.percentile(inside, 95), rel=0.01)
    bright = np.array(volume.data)
    bright[:5] = 10_000
    assert values(Volume(bright, AFFINE), brain=mask) == found


@pytest.mark.parametrize("planted", [2.0, 10.0, 40.0])
def test_noise_is_what_was_planted_whatever_the_tissue(rng, planted):
    volume, mask = brain(shape=(60, 62, 64), noise=planted, rng=rng)
    assert noise_level(volume, mask) == pytest.approx(planted, rel=0.04)
    median = float(np.median(volume.data[mask.data]))
    assert values(volume, brain=mask)["SNR"] == pytest.approx(median / planted, rel=0.06)


def test_noise_does_not_see_the_air(rng):
    volume, mask = brain(shape=(60, 62, 64), noise=8.0, rng=rng)
    defaced = np.array(volume.data)
    defaced[~mask.data] = 5000
    assert noise_level(Volume(defaced, AFFINE), mask) == noise_level(volume, mask)
    assert noise_level(volume, Mask(np.zeros(mask.data.shape), AFFINE, "brain")) is None


def test_a_brain_that_is_gone_has_a_volume_of_nothing_and_reasons():
    volume, mask = brain()
    empty = Volume(np.zeros_like(volume.data), AFFINE)
    found = {each.name: each for each in quick_measures(empty, {"brain": mask})}
    assert found["brain volume"].value == 0
    assert found["brain mean"].value is None
    assert found["SNR"].why == "0 voxels of the brain show a signal; it takes 100"


def test_one_intensity_has_no_classes():
    volume, mask = brain(signal=(300.0, 300.0, 300.0))
    found = {each.name: each for each in quick_measures(volume, {"brain": mask})}
    assert found["middle brain tissue"].why == "the brain has one intensity"
    assert found["SNR"].value is None


def test_tumour_and_temporalis_are_measured_where_there_is_a_mask():
    volume, mask = brain()
    spot = np.zeros(volume.data.shape, dtype=bool)
    spot[10:14, 10:15, 10:16] = True
    muscle = np.zeros(volume.data.shape, dtype=bool)
    muscle[6:8, 6:12, 8:12] = True
    muscle[20:22, 6:12, 8:10] = True
    found = values(volume, brain=mask, tumour=Mask(spot, AFFINE, "tumour"), temporalis=Mask(muscle, AFFINE, "m"))
    assert found["tumour volume"] == pytest.approx(4 * 5 * 6 * 0.003)
    assert found["temporalis volume"] == pytest.approx((2 * 6 * 4 + 2 * 6 * 2) * 0.003)
    assert found["temporalis cross-section"] == pytest.approx(2 * (2 * 6) * 1.5)
    assert "tumour volume" not in values(volume, brain=mask)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_cross_section_is_horizontal_whatever_the_storage(axes):
    data = np.zeros((12, 14, 16), dtype=bool)
    data[2:5, 3:9, 4:6] = True
    data[2:5, 3:7, 6:9] = True
    stored = np.moveaxis(data, (0, 1, 2), axes)
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for world, axis in enumerate(axes):
        affine[world, axis] = (1.0, 1.5, 2.0)[world]
    assert cross_section(Mask(stored, affine, "temporalis")) == pytest.approx(3 * 6 * 1.0 * 1.5)


def test_movement_is_the_mean_way_of_the_brain():
    _, mask = brain()
    shift = np.eye(4)
    shift[:3, 3] = (3.0, 0.0, 4.0)
    assert movement(np.eye(4), shift, mask) == pytest.approx(5.0)
    assert movement(shift, shift, mask) == 0
    turn = np.eye(4)
    angle = np.deg2rad(2.0)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    places = np.argwhere(mask.data) * (1.0, 1.5, 2.0)
    away = 2 * np.sin(angle / 2) * np.linalg.norm(places[:, :2], axis=1)
    assert movement(np.eye(4), turn, mask) == pytest.approx(away.mean(), rel=0.01)
    with pytest.raises(ValueError, match="empty"):
        movement(turn, shift, Mask(np.zeros((4, 4, 4)), AFFINE, "brain"))


def test_a_mask_of_another_grid_is_refused():
    volume, _ = brain()
    with pytest.raises(ValueError, match="'brain' has shape"):
        quick_measures(volume, {"brain": Mask(np.ones((3, 3, 3)), AFFINE, "brain")})

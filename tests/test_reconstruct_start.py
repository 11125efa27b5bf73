"""Where networks begin, the scale on which they see faces, and what they are computed on."""

from __future__ import annotations

import os

import numpy as np
import pytest

from reid_audit.errors import UsageError
from reid_audit.reconstruct.diffusion.crops import MOST, pooled
from reid_audit.reconstruct.diffusion.extra import missing_packages
from reid_audit.reconstruct.diffusion.networks import device_of, every_core
from reid_audit.reconstruct.diffusion.scale import learn_scale, mirrored
from reid_audit.reconstruct.diffusion.start import LinearStart, learn_start, upsampled
from reid_audit.reconstruct.posterior import PENALTIES

needs_torch = pytest.mark.skipif(
    bool(missing_packages()),
    reason="DIFFUSION NOT TESTED: install the extra 'reconstruct'.",
)


def test_the_scale_is_that_of_the_faces_and_their_mirror_images(tmp_path, rng):
    faces = rng.uniform(0, MOST, (5, 4, 6, 8)).astype(np.float16)
    files = [tmp_path / f"{k}.npy" for k in range(5)]
    for file, face in zip(files, faces, strict=True):
        np.save(file, face)
    scale = learn_scale(files, 2)
    small = pooled(faces.astype(np.float32), 2)
    both = np.concatenate([small, small[:, ::-1]])
    np.testing.assert_allclose(scale.mean, both.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(mirrored(scale.mean), scale.mean, atol=1e-6)
    assert scale.spread == pytest.approx(float((both - both.mean(axis=0)).std()), rel=1e-4)
    one, other = small[:2]
    np.testing.assert_allclose(scale.from_network(scale.to_network(one, other), other), one, atol=1e-5)
    assert scale.from_network(np.full(scale.mean.shape, 1e3), one).max() == MOST
    region = (rng.uniform(size=one.shape) < 0.5).astype(np.float32)
    given, changed = (scale.given(each[None], region[None], other[None]) for each in (one, one + region))
    np.testing.assert_array_equal(given, changed, "what lies in the region is not looked at")
    assert given.shape == (1, 4, *one.shape)


@pytest.fixture
def linear(rng):
    """Ten people whose faces follow from the rest of their heads, and a region."""
    region = np.zeros((4, 6, 8), bool)
    region[1:3, 2:5, 3:7] = True
    people = np.ones((10, *region.shape))
    people[:, ~region] += 0.1 * rng.standard_normal((10, 4)) @ rng.standard_normal((4, (~region).sum()))
    people[:, region] += 0.2 * (people[:, ~region] - 1) @ rng.standard_normal(((~region).sum(), region.sum())) / 10
    return learn_start(people, region), people.astype(np.float32), region


def test_a_start_is_what_the_rest_of_a_head_says(linear):
    start, people, region = linear
    assert start.penalty == min(PENALTIES), "nothing is by chance here"
    unknown = np.where(region, 99.0, people[3])
    found = start.of(unknown, region)
    np.testing.assert_array_equal(found[~region], people[3][~region])
    np.testing.assert_allclose(found[region], people[3][region], atol=0.01)
    assert np.abs(people[3] - people.mean(axis=0))[region].max() > 0.05
    nowhere = np.zeros_like(region)
    np.testing.assert_array_equal(start.of(people[0], nowhere), people[0])
    np.testing.assert_array_equal(start.left_out([2], nowhere), start.people[[2]])


def test_nobody_s_own_face_is_in_their_start(linear):
    start, _, region = linear
    other = np.array(start.people)
    other[6, region] = 0.3
    before, after = (LinearStart(people, start.penalty).left_out([6, 2], region) for people in (start.people, other))
    np.testing.assert_allclose(before[0][region], after[0][region], atol=1e-5)
    assert np.abs(before[1] - after[1])[region].max() > 1e-3, "of the others it is one"
    np.testing.assert_array_equal(before[:, ~region], start.people[[6, 2]][:, ~region])


@needs_torch
def test_a_start_is_kept_as_it_was_learnt_with(linear):
    start, _, _ = linear
    kept = LinearStart.of_tensors({name.removeprefix("start."): one for name, one in start.tensors().items()})
    np.testing.assert_array_equal(kept.people, start.people)
    assert kept.penalty == start.penalty


@needs_torch
def test_a_finer_grid_keeps_what_changes_evenly():
    ramp = np.broadcast_to(np.arange(6, dtype=np.float32)[:, None, None], (2, 6, 4, 4))
    wide = upsampled(ramp, 2)
    assert wide.shape == (2, 12, 8, 8)
    np.testing.assert_allclose(wide[1, 1:-1, 3, 3], np.arange(10) / 2 + 0.25, atol=1e-6)


@needs_torch
@pytest.mark.parametrize("name", ["gpu", "foo", "meta:7:8"])
def test_a_device_that_there_is_not_is_one_sentence(name):
    with pytest.raises(UsageError, match=f"Nothing can be computed on device '{name}' here"):
        device_of(name)
    assert device_of("cpu").type == "cpu"


@needs_torch
def test_learning_uses_every_core_and_gives_back_what_was_set():
    import torch

    before = torch.get_num_threads()
    with every_core(torch.device("cpu")):
        assert torch.get_num_threads() == len(os.sched_getaffinity(0))
    assert torch.get_num_threads() == before

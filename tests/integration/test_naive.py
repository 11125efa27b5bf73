"""The loop that the library is measured against does what it says."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.naive import look, look_naively

pytest.importorskip("face_recognition", reason="the reference is not installed")


def test_every_picture_of_the_naive_loop_is_of_its_own_camera_and_light(shared_people) -> None:
    scan = next(shared_people.glob("sub-*/**/*_T1w.nii.gz"))
    naive, ours = look_naively(scan, every=40), look(scan, every=40)
    assert naive.found.all()
    apart = np.linalg.norm(naive.vectors[:, None] - naive.vectors[None], axis=2)
    assert apart[~np.eye(len(apart), dtype=bool)].min() > 0.02
    same = np.linalg.norm(naive.vectors - ours.vectors, axis=1)
    assert np.all(same < np.where(np.eye(len(apart), dtype=bool), np.inf, apart).min(axis=1))


def test_without_multisampling_the_same_loop_sees_almost_the_same(shared_people) -> None:
    scan = next(shared_people.glob("sub-*/**/*_T1w.nii.gz"))
    naive, plain = look_naively(scan, every=40), look_naively(scan, every=40, multisampling=False)
    moved = np.linalg.norm(naive.vectors - plain.vectors, axis=1)
    assert np.all(moved > 0)
    assert np.all(moved < 0.3)

"""Changing a setting redoes only what depends on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import QUICK
from PIL import Image

from reid_audit import read_cohort
from reid_audit.enrolment import enrol_cohort, tasks
from reid_audit.inputs import write_volume
from reid_audit.settings import Settings
from reid_audit.triage import task as triaging
from reid_audit.triage import triage_release
from reid_audit.types import Volume

BASE = QUICK.model_copy(update={"attackers": ("photo-nearest",)})

SCANS, PHOTOS = ("scan", "templates"), ("photo", "templates")
REDOES: dict[str, tuple[object, set[tuple[str, str]]]] = {
    "yaws": ((-10.0, 10.0), {SCANS}),
    "pitches": ((10.0,), {SCANS}),
    "azimuths": ((10.0,), {SCANS}),
    "elevations": ((50.0,), {SCANS}),
    "size": (200, {SCANS}),
    "triangles": (15_000, {SCANS}),
    "detector": ("dlib", {SCANS}),
    "photo_detector": ("dlib-large", {PHOTOS}),
    "embedder": ("dlib", {SCANS, PHOTOS}),
    "attackers": (
        ("photo-svm", "scan-to-scan", "adapted", "local-features"),
        {("scan", "placed"), ("scan", "keypoints"), ("photo", "keypoints")},
    ),
    "top_k": (2, set()),
    "svm_c": (3.0, set()),
    "svm_kernels": (("rbf",), set()),
    "views_per_scan": (2, set()),
    "pairs_per_people": (3, set()),
    "mixed_folds": (True, set()),
    "groups": (("sex",), set()),
    "confidence": (0.9, set()),
    "resamples": (300, set()),
    "seed": (77, set()),
    "workers": (1, set()),
}
"""Another value of each setting, and what has to be made again for it."""


@pytest.fixture
def one_person(shared_people):
    cohort, _ = read_cohort(shared_people, photos=shared_people / "photos")
    scans, photos = cohort.scans, cohort.photos
    mine = (scans["subject"] == "phantom001") & (scans["condition"] == "original")
    return replace(cohort, scans=scans[mine], photos=photos[photos["subject"] == "phantom001"])


@pytest.fixture
def made(monkeypatch, one_person, warm):
    """What is made, and not taken from the store: the kind of file and the kind of record.

    Templates are not computed again but taken from what there was: whether they are asked for is what is tested.
    """
    known, found = {}, []
    with monkeypatch.context() as patch:
        sample = tasks._sample
        patch.setattr(tasks, "_sample", lambda task, kept: known.update({type(task): kept}) or sample(task, kept))
        enrol_cohort(one_person, settings=BASE, out=warm)
    for kind, name in (("scan", "_scan_records"), ("photo", "_photo_records")):
        make = getattr(tasks, name)

        def spy(task, parts, kind=kind, make=make):
            found.extend((kind, part) for part in parts)
            computed = make(task, ["keypoints"]) if "keypoints" in parts else {}
            return {part: known[type(task)]["templates"] for part in parts} | computed

        monkeypatch.setattr(tasks, name, spy)
    return found


def test_every_setting_is_asked_about() -> None:
    assert set(REDOES) == set(Settings.model_fields)


@pytest.mark.parametrize("name", REDOES)
def test_a_setting_redoes_what_depends_on_it_and_nothing_else(one_person, warm, made, name) -> None:
    value, redone = REDOES[name]
    changed = BASE.model_copy(update={name: value})
    assert name == "workers" or getattr(changed, name) != getattr(BASE, name)
    enrol_cohort(one_person, settings=changed, out=warm)
    assert sorted(made) == sorted(redone)
    made.clear()
    enrol_cohort(one_person, settings=changed, out=warm)
    enrol_cohort(one_person, settings=BASE, out=warm)
    assert made == [], "what was made is kept, and what was there before as well"


def test_a_triage_redoes_the_files_that_a_detector_looks_at(tmp_path, rng, monkeypatch) -> None:
    release = tmp_path / "release"
    release.mkdir()
    write_volume(Volume(rng.normal(size=(7, 8, 9)).astype(np.float32), np.eye(4)), release / "scan.nii.gz")
    Image.fromarray(rng.integers(0, 255, (80, 90), dtype=np.uint8)).save(release / "picture.png")
    looked, look = [], triaging._looked
    monkeypatch.setattr(triaging, "_looked", lambda task: looked.append(task.kind) or look(task))

    def again(**names: str) -> list[str]:
        looked.clear()
        triage_release(release, tmp_path / "out", **names)
        return sorted(looked)

    assert again() == ["picture", "scan"]
    assert again() == []
    assert again(detector="dlib") == ["scan"]
    assert again(picture_detector="dlib-large") == ["picture"]
    write_volume(Volume(rng.normal(size=(7, 8, 9)).astype(np.float32), np.eye(4)), release / "scan.nii.gz")
    assert again() == ["scan"]

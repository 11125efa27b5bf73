"""A phantom cohort on disk: BIDS, the same files from the same seed, and an audit's reader that knows it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reid_audit.errors import SettingsError, UsageError
from reid_audit.inputs import read_cohort, read_volume
from reid_audit.phantom import NOTE, PhantomSettings, cohort_identities, write_cohort
from reid_audit.phantom import cohort as module
from reid_audit.phantom.photo import PhotoSettings

SETTINGS = PhantomSettings(
    n_subjects=2,
    sessions=2,
    modalities=("T1w", "CT"),
    conditions=("original", "zero"),
    photos_per_subject=1,
    voxel_size=4.0,
    seed=88001,
    photos=PhotoSettings.mild(size=96),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("phantoms") / "people"
    write_cohort(SETTINGS, place)
    return place


def test_reader_finds_every_scan_and_knows_that_nobody_exists(folder):
    cohort, failures = read_cohort(folder, folder / "photos")
    assert cohort.phantom
    assert not failures
    assert cohort.subjects == ("phantom001", "phantom002")
    assert len(cohort.scans) == 2 * 2 * 2 * 2
    assert set(cohort.scans["condition"]) == {"original", "zero"}
    assert set(cohort.scans["modality"]) == {"T1w", "CT"}
    assert set(cohort.scans["session"]) == {"01", "02"}
    assert len(cohort.photos) == 2
    people = cohort_identities(SETTINGS)
    ages = dict(zip(cohort.scans["subject"], cohort.scans["age"], strict=True))
    assert ages[people[0].label] == pytest.approx(people[0].age, abs=0.06)


def test_scans_can_be_read_and_carry_units_and_affine(folder):
    cohort, _ = read_cohort(folder)
    for _, row in cohort.scans[cohort.scans["subject"] == "phantom001"].iterrows():
        volume = read_volume(row["path"])
        np.testing.assert_allclose(volume.voxel_size, 4.0, rtol=1e-4)
        assert volume.kind == ("ct" if row["modality"] == "CT" else "mri")


def test_defaced_scans_differ_in_the_face_and_never_in_the_brain(folder):
    for mask in folder.glob("derivatives/truth/sub-*/ses-01/anat/*label-brain_desc-T1w_mask.nii.gz"):
        who = mask.name.split("_")[0]
        raw = read_volume(folder / who / "ses-01" / "anat" / f"{who}_ses-01_T1w.nii.gz")
        zero = read_volume(
            folder / "derivatives" / "zero" / who / "ses-01" / "anat" / f"{who}_ses-01_desc-defaced_T1w.nii.gz"
        )
        brain = np.asarray(read_volume(mask, modality="T1w").data) > 0
        changed = np.asarray(raw.data) != np.asarray(zero.data)
        assert brain.any()
        assert changed.sum() > 1000
        assert not (changed & brain).any()


def validated(place) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("bids-validator-deno")
    if not program.is_file():
        pytest.skip("BIDS NOT VALIDATED: bids-validator-deno is not installed in this environment.")
    command = [str(program), str(place), "--ignoreWarnings"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("part", [".", "derivatives/zero", "derivatives/truth"])
def test_data_set_and_derivatives_are_valid_bids(folder, part):
    run = validated(folder / part)
    assert "[ERROR]" not in run.stdout + run.stderr, run.stdout
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 - Subjects" in run.stdout


def test_validator_would_have_seen_an_error(folder, tmp_path):
    """The test above can fail: a file that BIDS has no name for is an error."""
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    (broken / "sub-phantom001" / "ses-01" / "anat" / "face.nii.gz").write_bytes(b"")
    assert validated(broken).returncode != 0


def test_every_description_says_that_these_people_do_not_exist(folder):
    places = [folder, *(folder / "derivatives").iterdir()]
    assert len(places) == 3
    for place in places:
        description = json.loads((place / "dataset_description.json").read_text())
        assert "reid_audit phantom" in {entry["Name"] for entry in description["GeneratedBy"]}
    assert NOTE in (folder / "README").read_text()
    assert NOTE in (folder / "photos" / "README").read_text()
    sidecar = next((folder / "derivatives" / "zero").glob("sub-*/**/*_T1w.json"))
    content = json.loads(sidecar.read_text())
    assert content["SkullStripped"] is False
    assert content["DeidentificationMethod"] == ["reid_audit zero"]


def test_files_are_for_their_owner_alone(folder):
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_smaller_cohort_is_the_head_of_a_larger_one():
    few = cohort_identities(dataclasses.replace(SETTINGS, n_subjects=3))
    many = cohort_identities(dataclasses.replace(SETTINGS, n_subjects=5, sessions=1, photos_per_subject=0))
    for one, other in zip(few, many, strict=False):
        assert one.label == other.label
        np.testing.assert_array_equal(one.face, other.face)
    assert (few[0].face != few[1].face).any()
    other_seed = cohort_identities(dataclasses.replace(SETTINGS, seed=88002))
    assert (few[0].face != other_seed[0].face).any()


def test_the_same_settings_give_the_same_files_and_a_stopped_run_goes_on(folder, tmp_path, monkeypatch):
    small = dataclasses.replace(SETTINGS, sessions=1, modalities=("T1w",))
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    write_cohort(small, whole)
    real, calls = module._write_subject, []

    def stops(task):
        if calls:
            raise KeyboardInterrupt
        calls.append(task)
        real(task)

    monkeypatch.setattr(module, "_write_subject", stops)
    with pytest.raises(KeyboardInterrupt):
        write_cohort(small, stopped)
    monkeypatch.setattr(module, "_write_subject", real)
    told = []
    write_cohort(small, stopped, progress=lambda *args: told.append(args))
    assert told == [("phantoms", 1, 2), ("phantoms", 2, 2)]
    files = {path.relative_to(whole) for path in whole.rglob("*") if path.is_file()}
    assert files == {path.relative_to(stopped) for path in stopped.rglob("*") if path.is_file()}
    for path in files:
        assert (whole / path).read_bytes() == (stopped / path).read_bytes(), path


def test_a_run_that_was_killed_before_it_wrote_anything_goes_on(tmp_path):
    (tmp_path / "p" / "code").mkdir(parents=True)
    (tmp_path / "p" / ".lock").write_text("4711")
    (tmp_path / "p" / "code" / ".phantom.json.4711.0a1b2c3d.part").write_text("{")
    small = dataclasses.replace(SETTINGS, n_subjects=1, sessions=1, modalities=("T1w",), photos_per_subject=0)
    write_cohort(small, tmp_path / "p")
    assert (tmp_path / "p" / "participants.tsv").exists()
    assert not list((tmp_path / "p").rglob("*.part"))


def test_a_folder_with_something_else_is_refused(folder, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="empty"):
        write_cohort(SETTINGS, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match="other settings"):
        write_cohort(dataclasses.replace(SETTINGS, seed=1), folder)


def test_a_share_of_the_scans_is_cut_and_the_others_are_as_they_were(tmp_path):
    plain = dataclasses.replace(
        SETTINGS, sessions=1, modalities=("CT",), conditions=("original",), photos_per_subject=0
    )
    some = dataclasses.replace(plain, n_subjects=6, cut_share=0.5)
    write_cohort(dataclasses.replace(some, cut_share=0.0), tmp_path / "whole")
    write_cohort(some, tmp_path / "some")
    cut, same = 0, 0
    for path in sorted((tmp_path / "some").glob("sub-*/ct/*.nii.gz")):
        sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
        whole = tmp_path / "whole" / path.relative_to(tmp_path / "some")
        if "cut" in json.dumps(sidecar) and read_volume(path).data.size < read_volume(whole).data.size:
            cut += 1
        else:
            assert path.read_bytes() == whole.read_bytes()
            same += 1
    assert cut > 0
    assert same > 0


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"conditions": ("zero",)}, "conditions"),
        ({"conditions": ("original", "pixelate")}, "conditions"),
        ({"n_subjects": 0}, "at least one"),
        ({"modalities": ()}, "at least one"),
        ({"modalities": ("T1",)}, "modality"),
        ({"voxel_size": -1.0}, "voxel_size"),
        ({"orientations": ("RAX",)}, "orientation"),
        ({"seed": -1}, "seed"),
        ({"cut_share": 1.5}, "cut_share"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, word):
    with pytest.raises(SettingsError, match=word):
        PhantomSettings(**changes)

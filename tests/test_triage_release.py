"""A release with a leak of every kind planted in it: each is named, and nothing stops the triage."""

from __future__ import annotations

import json
import os
import stat

import nibabel as nib
import numpy as np
import pytest
from inputs_making import save, series_datasets
from PIL import Image
from scipy.ndimage import distance_transform_edt

from reid_audit.defacers import ZeroDefacer
from reid_audit.errors import StoreError, UsageError
from reid_audit.inputs import write_volume
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.render import camera_grid, render_head
from reid_audit.surface import head_surface
from reid_audit.triage import PLACE, Triage, TriagedFile, read_triage, triage_release, write_triage
from reid_audit.triage.walk import walk_release

VOXEL = (3.0, 3.0, 3.0)
GIVES_AWAY = {
    "sourcedata/pre-deface/sub-01/anat/sub-01_T1w.nii.gz": "face",
    "sourcedata/bidsonym/sub-01/sub-01_T1w_no_deid.nii.gz": "face",
    "sourcedata/dicom/000.dcm": "name",
    "derivatives/prep/sub-01/anat/sub-01_space-MNI152_T1w.nii.gz": "face",
    "derivatives/qc/sub-01.html": "face",
    "derivatives/qc/sub-01.png": "face",
    "derivatives/qc/sub-01.gif": "face",
    "sub-01/anat/sub-01_T2w.nii.gz": "face",
    "sub-01/anat/sub-01_FLAIR.nii.gz": "face",
    "sub-01/ct/sub-01_ct.nii.gz": "face",
    "sub-01/pet/sub-01_pet.nii.gz": "face",
    "sub-01/fmap/sub-01_magnitude1.nii.gz": "face",
    "sub-01/func/sub-01_bold.nii.gz": "face",
    "sub-01/anat/sub-01_T1w.json": "name",
    "participants.tsv": "name",
    ".heudiconv/01/info.json": "name",
}
UNDECIDED = {
    "sub-01/anat/sub-01_acq-localizer_T1w.nii.gz": "slices",
    "sub-01/anat/sub-01_acq-ears_T1w.nii.gz": "ears",
    "sub-01/anat/sub-01_acq-folded_T1w.nii.gz": "behind",
}
NOT_LOOKED_AT = {
    "sub-01/anat/sub-01_run-2_T1w.nii.gz": "absent",
    "sub-01/anat/sub-01_run-3_T1w.nii.gz": "outside",
    "sub-01/anat/sub-01_run-4_T1w.nii.gz": "damaged",
    "derivatives/prep/lh.pial": "mesh",
    "code.zip": "archive",
    "derivatives/qc/broken.png": "damaged",
    ".git": "history",
}
CLEAN = (
    "dataset_description.json",
    "README",
    "sub-01/anat/sub-01_T1w.nii.gz",
    "derivatives/prep/sub-01/anat/sub-01_desc-brain_T1w.nii.gz",
    "derivatives/qc/plot.png",
)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    base = tmp_path_factory.mktemp("triage")
    root = base / "release"
    who = sample_identities(1, np.random.default_rng(9001))[0]

    def scan(modality="T1w", **more):
        return acquire(who, ScanSettings(modality=modality, voxel_size=VOXEL, **more), np.random.default_rng(5))

    def put(volume, name):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        return write_volume(volume, root / name)

    def text(name, content):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)

    whole = scan()
    zeroed = ZeroDefacer().deface(whole.volume)[0]
    put(zeroed, "sub-01/anat/sub-01_T1w.nii.gz")
    put(scan("T2w").volume, "sub-01/anat/sub-01_T2w.nii.gz")
    put(scan("FLAIR").volume, "sub-01/anat/sub-01_FLAIR.nii.gz")
    put(scan("CT").volume, "sub-01/ct/sub-01_ct.nii.gz")
    put(scan("PET").volume, "sub-01/pet/sub-01_pet.nii.gz")
    for name in (
        "sourcedata/pre-deface/sub-01/anat/sub-01_T1w.nii.gz",
        "sourcedata/bidsonym/sub-01/sub-01_T1w_no_deid.nii.gz",
        "derivatives/prep/sub-01/anat/sub-01_space-MNI152_T1w.nii.gz",
        "sub-01/fmap/sub-01_magnitude1.nii.gz",
    ):
        put(whole.volume, name)
    brain = np.where(np.asarray(whole.masks["brain"].data), np.asarray(whole.volume.data), 0)
    put(_with(whole.volume, brain), "derivatives/prep/sub-01/anat/sub-01_desc-brain_T1w.nii.gz")
    near = distance_transform_edt(~np.asarray(whole.masks["ears"].data), sampling=VOXEL) < 6
    ears = np.where(near, np.asarray(whole.volume.data), np.asarray(zeroed.data))
    put(_with(whole.volume, ears), "sub-01/anat/sub-01_acq-ears_T1w.nii.gz")
    folded = ZeroDefacer().deface(scan(wrap=("anterior", 35.0)).volume)[0]
    put(folded, "sub-01/anat/sub-01_acq-folded_T1w.nii.gz")
    series = np.stack([np.asarray(whole.volume.data), np.asarray(zeroed.data)], axis=3).astype(np.float32)
    (root / "sub-01" / "func").mkdir()
    nib.save(nib.Nifti1Image(series, whole.volume.affine), root / "sub-01" / "func" / "sub-01_bold.nii.gz")
    slices = nib.Nifti1Image(np.asarray(whole.volume.data)[30:35], whole.volume.affine)
    nib.save(slices, root / "sub-01" / "anat" / "sub-01_acq-localizer_T1w.nii.gz")
    _dicom(root / "sourcedata" / "dicom", zeroed)
    _reports(root / "derivatives" / "qc", whole.volume)
    text("dataset_description.json", json.dumps({"Name": "x", "BIDSVersion": "1.10.0"}))
    text("README", "A release.")
    text("participants.tsv", "participant_id\tbirth_date\nsub-01\t1961-07-04\n")
    text("sub-01/anat/sub-01_T1w.json", json.dumps({"PatientName": "Rossi^Ada"}))
    text(".heudiconv/01/info.json", json.dumps({"PatientBirthDate": "19610704"}))
    text("derivatives/prep/lh.pial", "no mesh")
    text("code.zip", "no archive")
    text("sub-01/anat/sub-01_run-4_T1w.nii.gz", "no scan")
    text(".git/objects/x", "an earlier version")
    (root / "sub-01/anat/sub-01_run-2_T1w.nii.gz").symlink_to(".git/annex/objects/xx/yy/content")
    outside = write_volume(whole.volume, base / "elsewhere.nii.gz")
    (root / "sub-01/anat/sub-01_run-3_T1w.nii.gz").symlink_to(outside)
    return root


def _with(volume, data):
    from dataclasses import replace

    return replace(volume, data=np.asarray(data, dtype=np.float32))


def _dicom(folder, volume):

    data = np.asarray(volume.data)
    folder.mkdir(parents=True)
    for number, dataset in enumerate(series_datasets((data / data.max() * 1000).astype(np.uint16), volume.affine)):
        dataset.PatientName = "Rossi^Ada" if number == 0 else ""
        dataset.PatientID = "01"
        save(dataset, folder / f"{number:03d}.dcm")


def _reports(folder, volume):
    import base64
    import io

    folder.mkdir(parents=True)
    image = Image.fromarray(render_head(head_surface(volume), camera_grid((0,), (0,), (0,), (38,)), size=300).images[0])
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    (folder / "sub-01.png").write_bytes(buffer.getvalue())
    code = base64.b64encode(buffer.getvalue()).decode()
    (folder / "sub-01.html").write_text(f'<html><img src="data:image/png;base64,{code}"></html>')
    blank = Image.new("L", image.size, 255)
    blank.save(folder / "sub-01.gif", save_all=True, append_images=[image, blank])
    blank.save(folder / "plot.png")
    (folder / "broken.png").write_bytes(buffer.getvalue()[:1000])


@pytest.fixture(scope="module")
def done(release, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "out"
    return triage_release(release, out, workers=1), out


def test_every_leak_is_named(done) -> None:
    told = {file.path: file for file in done[0].volumes}
    wrong = {
        name: (told[name].answer, told[name].why)
        for name, word in GIVES_AWAY.items()
        if told[name].answer != "face" or not told[name].why.startswith(f"{word}: ")
    }
    assert wrong == {}


def test_what_is_undecided_or_was_not_looked_at_is_named(done) -> None:
    told = {file.path: file for file in done[0].volumes}
    assert {name: told[name].why.split(":")[0] for name in UNDECIDED} == UNDECIDED
    assert {told[name].answer for name in UNDECIDED} <= {"cannot tell", "face"}
    assert {name: told[name].why.split(":")[0] for name in NOT_LOOKED_AT} == NOT_LOOKED_AT
    assert {told[name].answer for name in NOT_LOOKED_AT} == {"unaudited"}


def test_what_is_clean_is_said_to_be(done) -> None:
    told = {file.path: file for file in done[0].volumes}
    assert {name: told[name].answer for name in CLEAN} == dict.fromkeys(CLEAN, "none")


def test_every_file_is_there_once_with_its_hash(done, release) -> None:
    import hashlib

    places, _ = walk_release(release)
    assert [file.path for file in done[0].volumes] == [place.name for place in places]
    told = {file.path: file for file in done[0].volumes}
    for name in ("README", "sub-01/anat/sub-01_T2w.nii.gz"):
        assert told[name].sha256 == hashlib.sha256((release / name).read_bytes()).hexdigest()
    assert told["sub-01/func/sub-01_bold.nii.gz"].kind == "series"


def test_no_name_and_no_value_is_repeated(done) -> None:
    whys = " ".join(file.why for file in done[0].volumes)
    assert "Rossi" not in whys
    assert "1961" not in whys
    assert "sub-01" not in whys


def test_the_list_is_private_and_reads_back(done) -> None:
    triage, out = done
    assert stat.S_IMODE((out / PLACE).stat().st_mode) == 0o600
    assert stat.S_IMODE((out / PLACE).parent.stat().st_mode) == 0o700
    assert read_triage(out) == triage
    assert triage.complete


def test_finished_answers_are_taken(done, release, monkeypatch) -> None:
    triage, out = done

    def refuse(*_args, **_more):
        raise AssertionError("finished work was done again")

    for name in ("told_by_scan", "told_by_series", "told_by_picture", "told_by_page"):
        monkeypatch.setattr(f"reid_audit.triage.task.{name}", refuse)
    assert triage_release(release, out) == triage


def test_a_defect_on_one_file_costs_that_file_alone(tmp_path, monkeypatch) -> None:
    (tmp_path / "release").mkdir()
    for name in ("a.json", "b.json"):
        (tmp_path / "release" / name).write_text("{}")

    def fail(path, _labels):
        if path.name == "a.json":
            raise ZeroDivisionError
        from reid_audit.triage.answer import nothing

        return nothing("no name", "x")

    monkeypatch.setattr("reid_audit.triage.task.told_by_json", fail)
    told = triage_release(tmp_path / "release", tmp_path / "out")
    assert [(file.path, file.answer) for file in told.volumes] == [("a.json", "unaudited"), ("b.json", "none")]
    assert "ZeroDivisionError" in told.volumes[0].why


def test_a_stopped_triage_is_incomplete(tmp_path, monkeypatch) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "README").write_text("x")
    out = tmp_path / "out"
    assert triage_release(tmp_path / "release", out).complete

    def stop(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("reid_audit.triage.running.run_tasks", stop)
    with pytest.raises(KeyboardInterrupt):
        triage_release(tmp_path / "release", out)
    assert read_triage(out) == Triage((), complete=False)


def test_places_that_would_leak_are_refused(tmp_path) -> None:
    (tmp_path / "release" / "inner").mkdir(parents=True)
    with pytest.raises(UsageError, match="lies in, what is to be released"):
        triage_release(tmp_path / "release", tmp_path / "release" / "out")
    with pytest.raises(UsageError, match="originals"):
        triage_release(tmp_path / "release", tmp_path / "out", originals=tmp_path / "release" / "inner")
    with pytest.raises(UsageError, match="no folder"):
        triage_release(tmp_path / "nothing", tmp_path / "out")
    assert not (tmp_path / "release" / "out").exists()


def test_the_walk_is_bounded_and_leaves_nothing_out_in_silence(tmp_path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / os.fsdecode(b"bad\xff.txt")).write_text("x")
    os.mkfifo(tmp_path / "pipe")
    places, complete = walk_release(tmp_path)
    states = {place.name: place.state for place in places}
    assert complete
    assert states["sub/loop"] == "inside"
    assert states["pipe"] == "special"
    assert states["bad\\xff.txt"] == "file"
    places, complete = walk_release(tmp_path, max_files=3)
    assert len(places) == 3
    assert not complete


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"schema": 2}',
        '{"schema": 1, "complete": 1, "volumes": []}',
        '{"schema": 1, "complete": true, "volumes": [{"path": "x"}]}',
        '{"schema": 1, "complete": true, "volumes": [{"path": "", "sha256": "", "kind": "", "answer": "", "why": ""}]}',
    ],
)
def test_a_damaged_list_is_refused(tmp_path, text) -> None:
    write_triage(tmp_path, [TriagedFile("x", "", "text", "none", "y: z")], complete=True)
    assert read_triage(tmp_path).counts == {"face": 0, "none": 1, "cannot tell": 0, "unaudited": 0}
    (tmp_path / PLACE).write_text(text)
    with pytest.raises(StoreError):
        read_triage(tmp_path)


def test_a_folder_without_triage(tmp_path) -> None:
    with pytest.raises(UsageError, match="not triaged"):
        read_triage(tmp_path)

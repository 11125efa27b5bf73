"""Bad input to deface, quality and compare: one clear word each, nothing passes, nothing crashes."""

from __future__ import annotations

import shutil
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.inputs import read_volume, write_volume

QUICK = ("--attacker", "original-to-released", "--triangles", 5000, "--size", 100, "--resamples", 100, "-q")


def call(*words):
    done = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, " ".join(said.split())


@pytest.fixture(scope="module")
def scan(shared_people):
    return read_volume(shared_people / "sub-phantom001" / "anat" / "sub-phantom001_T1w.nii.gz")


@pytest.fixture
def files(scan, shared_people, tmp_path):
    """An original, a defaced form of it, and files that are none."""
    data = np.asarray(scan.data, np.float32)
    front = np.indices(data.shape)[1] > 0.7 * data.shape[1]
    made = {
        "good": scan,
        "defaced": replace(scan, data=np.where(front, 0, data)),
        "flat": replace(scan, data=np.zeros_like(data)),
        "noise": replace(scan, data=np.random.default_rng(1).normal(100, 10, data.shape).astype(np.float32)),
        "moved": replace(scan, affine=np.asarray(scan.affine) + np.eye(4, k=3) * 20),
        "half": replace(scan, data=data[::2, ::2, ::2].copy(), affine=scan.affine @ np.diag([2.0, 2, 2, 1])),
    }
    paths = {name: write_volume(volume, tmp_path / f"{name}_T1w.nii.gz") for name, volume in made.items()}
    (paths["brain"],) = (shared_people / "derivatives" / "truth").rglob("sub-phantom001_label-brain*.nii.gz")
    paths["text"] = tmp_path / "text_T1w.nii.gz"
    paths["text"].write_text("this is no image")
    paths["slice"] = tmp_path / "slice_T1w.nii.gz"
    nib.save(nib.Nifti1Image(data[:, :, 30], scan.affine), paths["slice"])
    paths["series"] = tmp_path / "series_T1w.nii.gz"
    nib.save(nib.Nifti1Image(np.stack([data] * 3, -1), scan.affine), paths["series"])
    paths["empty"] = tmp_path / "empty"
    paths["empty"].mkdir()
    return paths


@pytest.mark.parametrize(
    ("name", "outcome", "said"),
    [
        ("text", "unreadable", "it is no image"),
        ("flat", "unreadable", "All voxels have the same value (0)"),
        ("slice", "unreadable", "a slice, not a volume"),
        ("series", "unreadable", "a series of 3 frames"),
        ("noise", "no head", "Check the voxel size in the header, and that the image shows a"),
    ],
)
def test_deface_refuses_what_is_no_head(files, tmp_path, name, outcome, said):
    code, words = call("deface", files[name], tmp_path / "out", "--defacer", "zero", "-q")
    assert code == 1
    assert f"{outcome}. " in words
    assert said in words
    assert not list((tmp_path / "out").rglob("*.nii.gz"))
    assert pd.read_csv(tmp_path / "out" / "defacing.tsv", sep="\t")["outcome"].tolist() == [outcome]


def test_deface_refuses_masks_and_files_that_do_not_fit(files, tmp_path):
    words = ("deface", files["good"], tmp_path / "out", "--defacer")
    code, said = call(*words, "skullstrip", "--brain-mask", files["half"], "-q")
    assert code == 1
    assert "Resample it to the scan" in said
    assert "There is no brain mask" in call(*words, "skullstrip", "--brain-mask", tmp_path / "none")[1]
    code, said = call(*words, "spm", "--files", files["empty"])
    assert code == 1
    assert "The file 'mean_reg2mean.nii.gz' of pydeface is not here" in said
    assert "is neither a BIDS data set" in call("deface", files["empty"], tmp_path / "out", "--defacer", "zero")[1]


@pytest.mark.parametrize(
    ("original", "defaced", "said"),
    [
        ("good", "text", "it is no image"),
        ("good", "flat", "All voxels have the same value (0)"),
        ("good", "slice", "a slice, not a volume"),
        ("good", "moved", "not on one grid"),
        ("good", "half", "not on one grid"),
        ("text", "defaced", "The original cannot be used."),
        ("noise", "defaced", "The original cannot be used."),
    ],
)
def test_quality_gives_no_verdict_on_what_cannot_be_compared(files, tmp_path, original, defaced, said):
    quick = ("--detector", "none", "--brain-masks", files["brain"], "-q")  # spares the estimate
    code, words = call("quality", files[original], files[defaced], tmp_path / "out", *quick)
    assert code == 1
    assert "Face removed: 1 not assessed" in words
    assert said in words
    assert "1 scan could not be judged; quality.tsv says which." in words
    table = pd.read_csv(tmp_path / "out" / "quality.tsv", sep="\t")
    assert table["face"].tolist() == ["not assessed"]
    assert table["failure"].notna().all()


@pytest.mark.parametrize(("name", "note"), [("text", "it is no image"), ("flat", "same value"), ("half", "")])
def test_quality_uses_no_brain_mask_that_is_none(files, tmp_path, name, note):
    """A mask that cannot be used leaves the brain open, and the face is judged all the same."""
    words = ("quality", files["good"], files["defaced"], tmp_path / "out", "--detector", "none", "-q")
    code, _ = call(*words, "--brain-masks", files[name])
    assert code == 0
    table = pd.read_csv(tmp_path / "out" / "quality.tsv", sep="\t").iloc[0]
    assert table["face"] in {"pass", "fail"}
    if note:
        assert table["brain"] == "not assessed"
        assert "the brain mask was not used" in table["brain_evidence"]
        assert note in table["brain_evidence"]


def test_quality_refuses_a_folder_without_brain_masks(files, tmp_path):
    words = ("quality", files["good"], files["defaced"], tmp_path / "out", "--detector", "none", "-q")
    code, said = call(*words, "--brain-masks", files["empty"])
    assert code == 2
    assert "is named as a brain mask" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rater,scan\na,b\n", "lacks the column 'face_pass'"),
        ("rater,scan,face_pass,brain_pass\na,b,maybe,1\n", "Line 2 of the ratings has no yes or no"),
        ("", "The table is empty"),
        ("\x00\x01", "it holds binary data"),
    ],
)
def test_quality_reads_ratings_before_anything_takes_long(files, tmp_path, text, said):
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(text)
    code, words = call("quality", files["good"], files["defaced"], tmp_path / "out", "--ratings", ratings)
    assert code == 2
    assert said in words
    assert not (tmp_path / "out" / "quality.tsv").exists()


@pytest.fixture
def folders(files, tmp_path):
    """Originals, and what a defacer made of them."""
    for name, source in (("A", "good"), ("B", "defaced")):
        (tmp_path / name).mkdir()
        shutil.copy(files[source], tmp_path / name / "sub-01_T1w.nii.gz")
    return tmp_path


def compared(folder, *words, condition="B"):
    given = ("--originals", folder / "A", "--condition", f"x={folder / condition}")
    return call("compare", folder / "out", *given, *words, *QUICK)


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("masks", "subject,label,path\n01,liver,x.nii\n", "has the label 'liver'"),
        ("masks", "subject,path\n01,x\n", "lacks the column 'label'"),
        ("measures", "subject,condition,hippocampus\n01,original,big\n", "has no column with a number"),
        ("chart", "age,l,m\n1,2,3\n", "'s'"),
    ],
)
def test_compare_refuses_tables_that_are_none(folders, option, text, said):
    table = folders / f"{option}.csv"
    table.write_text(text)
    code, words = compared(folders, f"--{option}", table)
    assert code == 2
    assert said in words


def test_compare_refuses_folders_without_scans(folders):
    code, words = compared(folders, condition="empty")
    assert code == 2
    assert "No scan was found in the folder" in words


def test_compare_counts_what_a_defacer_did_not_give(folders):
    """Scans of a stranger, an unreadable file, another grid: no success, each with its reason, exit status 1."""
    place = folders / "B" / "sub-01_T1w.nii.gz"
    place.write_text("no image")
    code, words = compared(folders)
    assert code == 1
    assert "Results are incomplete" in words
    table = pd.read_csv(folders / "out" / "tables" / "success.csv").set_index("metric")
    assert table.loc["success_rate", "value"] == 0.0
    counts = pd.read_csv(folders / "out" / "tables" / "judging_failures.csv")
    assert "no image" in counts["what"].iloc[0]

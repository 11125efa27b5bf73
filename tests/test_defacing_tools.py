"""Installed tools, ready-made results and shams, from a data set to a defaced tree."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from nibabel import orientations
from standins import head, install, write_tree

from reid_audit.defacers import DEFACERS
from reid_audit.defacers.tools import ToolDefacer
from reid_audit.defacing import deface_scans, make_defacer, readiness
from reid_audit.defacing.choosing import takes
from reid_audit.errors import MissingResourceError
from reid_audit.inputs import write_volume

if TYPE_CHECKING:
    from pathlib import Path

WORKER_TEST = """
from reid_audit.defacing import deface_scans
if __name__ == "__main__":
    done = deface_scans("{source}", "{out}", defacer="fsl-deface", workers=2)
    print([row.outcome for row in done.rows])
"""


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "raw")


def test_a_tool_that_is_not_there_is_said_once(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingResourceError, match="'fsl-deface' is not ready on this machine: no program fsl_deface"):
        deface_scans(tree, tmp_path / "out", defacer="fsl-deface")


def test_an_installed_tool_runs_over_a_data_set_with_workers(tree, tmp_path, monkeypatch):
    install(tmp_path / "tools", monkeypatch)
    code = WORKER_TEST.format(source=tree, out=tmp_path / "out")
    (tmp_path / "go.py").write_text(code)
    done = subprocess.run([sys.executable, tmp_path / "go.py"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['done', 'done', 'unreadable']"
    assert list(pd.read_csv(tmp_path / "out" / "defacing.tsv", sep="\t")["version"]) == ["6.0.7"] * 3


def test_ready_made_results_are_checked_and_taken_in(tree, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    image = nib.load(tree / "sub-01/anat/sub-01_T1w.nii.gz")
    data = np.asarray(image.dataobj).astype(np.float32)
    nib.save(nib.Nifti1Image(data, image.affine), made / "sub-01_T1w_mask.nii")
    filled = data.copy()
    data[:6], filled[:6] = 0, np.nan
    nib.save(nib.Nifti1Image(filled, image.affine), made / "anon_sub-01_T1w.nii")  # as SPM fills
    nib.save(nib.Nifti1Image(data, image.affine + np.eye(4, k=3) * 3), made / "sub-02_ses-a_run-1_T2w_defaced.nii.gz")
    done = deface_scans(tree, tmp_path / "out", defacer="spm", results=made)
    assert [row.outcome for row in done.rows] == ["done", "affine shifted", "unreadable"]
    assert (done.rows[0].defacer, done.rows[0].version) == ("spm", "unknown")
    assert "NaN" in done.rows[0].reason
    two = nib.load(tmp_path / "out/sub-01/anat/sub-01_desc-defaced_T1w.nii.gz")
    np.testing.assert_array_equal(np.asarray(two.dataobj), data)
    assert two.get_data_dtype() == np.int16
    (made / "sub-02_ses-a_run-1_T2w_defaced.nii.gz").unlink()
    again = deface_scans(tree, tmp_path / "out", defacer="spm", results=made)
    assert again.rows[1].outcome == "no result"


@pytest.mark.parametrize("codes", ["RAS", "LPI", "PIR", "SAL"])
def test_a_ready_made_result_with_its_axes_turned_is_turned_back(tmp_path, codes):
    file = write_volume(head(), tmp_path / "head7.nii.gz")
    image = nib.load(file)
    data = np.asarray(image.dataobj).astype(np.float32)
    data[:6] = 0
    way = orientations.ornt_transform(orientations.io_orientation(image.affine), orientations.axcodes2ornt(codes))
    turned = nib.Nifti1Image(data, image.affine).as_reoriented(way)
    (tmp_path / "made").mkdir()
    nib.save(turned, tmp_path / "made" / "head7_defaced.nii")
    done = deface_scans(file, tmp_path / "out", defacer="spm", results=tmp_path / "made")
    assert [(row.outcome, row.reason) for row in done.rows] == [("done", "")]
    np.testing.assert_array_equal(np.asarray(nib.load(tmp_path / "out/head7_defaced.nii.gz").dataobj), data)


def test_one_patients_head_is_not_handed_on_as_anothers(tmp_path):
    lines = ["subject,session,condition,modality,path"]
    for who in ("pat1", "pat2", "pat3"):
        (tmp_path / "in" / who / "visit").mkdir(parents=True)
        write_volume(head(), tmp_path / "in" / who / "visit" / "T1.nii.gz")
        lines.append(f"{who},1,original,T1w,{who}/visit/T1.nii.gz")
    (tmp_path / "in" / "scans.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "made" / "pat2").mkdir(parents=True)
    data = np.array(head().data)
    data[:6] = 0
    write_volume(replace(head(), data=data), tmp_path / "made" / "pat2" / "T1_defaced.nii.gz")
    done = deface_scans(tmp_path / "in" / "scans.csv", tmp_path / "out", defacer="spm", results=tmp_path / "made")
    assert [row.outcome for row in done.rows] == ["no result", "done", "no result"]
    assert sorted(path.parts[-4] for path in (tmp_path / "out").rglob("*_T1w.nii.gz")) == ["sub-pat2"]


def test_a_sham_of_the_package_runs_by_its_name(tmp_path):
    assert make_defacer("zero").spec.name == "zero"
    file = write_volume(head(), tmp_path / "ball.nii.gz")
    done = deface_scans(file, tmp_path / "out", defacer="zero")
    assert [row.outcome for row in done.rows] == ["no head"]


def test_readiness_names_every_defacer(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch)
    known = {each.name: each for each in readiness()}
    assert set(known) == set(DEFACERS)
    assert known["zero"].missing == ""
    assert known["fsl-deface"].missing == ""
    assert known["mri-deface"].missing.startswith("no file talairach")
    assert known["cta-deface"].needs


@pytest.mark.parametrize("name", ["pydeface-sitk", "niimath", "spm"])
def test_a_folder_with_the_template_is_handed_on(name, tmp_path):
    defacer = make_defacer(name, {"files": tmp_path})
    assert defacer.files.head == tmp_path / "mean_reg2mean.nii.gz"
    assert defacer.missing() == "The file 'mean_reg2mean.nii.gz' of pydeface is not here"
    with pytest.raises(MissingResourceError, match="not ready on this machine: The file 'mean_reg2mean"):
        deface_scans(write_tree(tmp_path / "raw"), tmp_path / "out", defacer=name, files=tmp_path)


def test_weights_may_be_given_by_their_folder(tmp_path):
    assert make_defacer("deepdefacer", {"files": tmp_path}).missing() == "The network of deepdefacer is not here"
    (tmp_path / "model.hdf5").write_bytes(b"another network")
    assert "SHA-256" in make_defacer("deepdefacer", {"files": tmp_path}).missing()


def test_files_that_are_more_than_a_path_are_not_given_by_the_option(monkeypatch):
    def described(files: dict[str, str] | None = None):
        return files

    def by_path(weights: Path | None = None):
        return weights

    monkeypatch.setitem(DEFACERS, "described", described)
    monkeypatch.setitem(DEFACERS, "by-path", by_path)
    assert takes("described", "files") == ""
    assert takes("by-path", "files") == "weights"
    assert make_defacer("by-path", {"files": "w.h5"}) == "w.h5"
    assert takes("mri-deface", "files") == "files"
    assert takes("zero", "files") == ""
    assert takes("mri-deface", "seconds") == "timeout"


def test_a_type_that_cannot_hold_the_scan_is_noted_of_a_tool_that_was_run(tmp_path, monkeypatch):
    install(tmp_path / "tools", monkeypatch)
    take = ToolDefacer.take
    coarse = np.dtype(np.uint8)
    monkeypatch.setattr(ToolDefacer, "take", lambda self, *given: replace(take(self, *given), dtype=coarse))
    file = write_volume(head(), tmp_path / "sub-01_T1w.nii.gz")
    (row,) = deface_scans(file, tmp_path / "out", defacer="fsl-deface").rows
    assert row.outcome == "done"
    assert row.reason.startswith("What came back is stored as uint8, which cannot hold")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("head7.nii.gz", "mri_reface was told T1 of a scan whose sequence nobody named"),
        ("sub-01_angio.nii.gz", "mri_reface was told T1 of the sequence angio"),
        ("sub-01_T2w.nii.gz", ""),
    ],
)
def test_a_sequence_that_was_assumed_is_said(tmp_path, monkeypatch, name, said):
    install(tmp_path / "tools", monkeypatch)
    file = write_volume(head(), tmp_path / name)
    (row,) = deface_scans(file, tmp_path / "out", defacer="mri-reface").rows
    assert row.outcome == "done"
    assert row.reason[: len(said)] == said
    assert bool(row.reason) == bool(said)


def test_other_files_for_a_tool_make_another_result(tmp_path, monkeypatch):
    files = install(tmp_path / "tools", monkeypatch)
    file = write_volume(head(), tmp_path / "sub-01_T1w.nii.gz")
    kept = []
    for atlas in ("one", "one", "two"):
        (files / "face.gca").write_text(atlas)
        assert deface_scans(file, tmp_path / "out", defacer="mri-deface", files=files).complete
        kept.append(len(list((tmp_path / "out" / ".defacing").rglob("*.npz"))))
    assert kept == [1, 1, 2]

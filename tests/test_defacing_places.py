"""OUT lies where no originals are, and holds the results of one defacer and of the scans that it was made of."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from defacing_making import keys, put_front
from standins import head, write_tree

from reid_audit.defacing import deface_scans
from reid_audit.errors import UsageError
from reid_audit.inputs import write_volume
from reid_audit.store import file_key


@pytest.fixture
def front(monkeypatch):
    return partial(put_front, monkeypatch)


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "raw")


@pytest.mark.parametrize("place", ["raw", "raw/derivatives/mine", "raw/sub-01"])
def test_out_must_not_lie_among_the_scans(front, tree, tmp_path, place):
    front()
    before = keys(tree)
    with pytest.raises(UsageError, match="folder of the scans"):
        deface_scans(tree, tmp_path / place, defacer="front")
    assert keys(tree) == before


@pytest.mark.parametrize(
    ("manifest", "place", "refused"),
    [
        ("data/scans.csv", "data/out", True),
        ("scans.csv", "data/out", True),
        ("scans.csv", "data/b/out", True),
        ("scans.csv", "out", False),
        ("lists/of/scans.csv", "data/out", True),
        ("data/lists/scans.csv", "data/out", False),
        ("data/lists/scans.csv", "data/b/out", True),
    ],
)
def test_out_must_not_lie_among_the_scans_of_a_manifest(front, tmp_path, manifest, place, refused):
    front()
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        write_volume(head(), tmp_path / "data" / name / "scan.nii.gz")
    (tmp_path / manifest).parent.mkdir(parents=True, exist_ok=True)
    paths = [f"{name},original,T1w,{tmp_path}/data/{name}/scan.nii.gz" for name in ("a", "b")]
    (tmp_path / manifest).write_text("\n".join(["subject,condition,modality,path", *paths]) + "\n")
    before = keys(tmp_path)
    if refused:
        with pytest.raises(UsageError, match="folder of the scans"):
            deface_scans(tmp_path / manifest, tmp_path / place, defacer="front")
        assert keys(tmp_path) == before
    else:
        assert deface_scans(tmp_path / manifest, tmp_path / place, defacer="front").complete


def test_out_must_not_hold_the_scans(front, tree, tmp_path):
    front()
    with pytest.raises(UsageError, match="handed on"):
        deface_scans(tree, tmp_path, defacer="front")
    with pytest.raises(UsageError, match="handed on"):
        deface_scans(tree / "sub-01/anat/sub-01_T1w.nii.gz", tree / "sub-01/anat", defacer="front")


def test_out_behind_a_link_into_the_scans_is_seen(front, tree, tmp_path):
    front()
    (tmp_path / "link").symlink_to(tree)
    with pytest.raises(UsageError, match="folder of the scans"):
        deface_scans(tree, tmp_path / "link" / "x", defacer="front")
    out = tmp_path / "out"
    out.mkdir()
    (out / "sub-01").symlink_to(tree / "sub-01")
    before = keys(tree)
    done = deface_scans(tree, out, defacer="front")
    assert [row.outcome for row in done.rows] == ["not written", "done", "unreadable"]
    assert keys(tree) == before


def test_one_out_for_each_defacer(front, tree, tmp_path):
    front()
    deface_scans(tree, tmp_path / "out", defacer="front")
    with pytest.raises(UsageError, match="another data set"):
        deface_scans(tree, tmp_path / "out", defacer="zero")
    (tmp_path / "theirs" / "sub-01" / "anat").mkdir(parents=True)
    (tmp_path / "theirs" / "sub-01" / "anat" / "sub-01_desc-defaced_T1w.nii.gz").write_bytes(b"theirs")
    with pytest.raises(UsageError, match="overwritten"):
        deface_scans(tree, tmp_path / "theirs", defacer="front")


def test_one_out_for_each_scan_of_a_name_and_each_defacer(front, tmp_path):
    front()
    out = tmp_path / "out"
    for number, place in enumerate(("a", "b", "moved")):
        (tmp_path / place).mkdir()
        data = np.asarray(head().data) + number % 2
        write_volume(replace(head(), data=data), tmp_path / place / "head.nii.gz")
    deface_scans(tmp_path / "a/head.nii.gz", out, defacer="front")
    made = file_key(out / "head_defaced.nii.gz")
    with pytest.raises(UsageError, match="not of the same scan"):
        deface_scans(tmp_path / "b/head.nii.gz", out, defacer="front")
    ready = tmp_path / "ready"
    ready.mkdir()
    shutil.copyfile(out / "head_defaced.nii.gz", ready / "head_defaced.nii.gz")
    with pytest.raises(UsageError, match="'front' made"):
        deface_scans(tmp_path / "a/head.nii.gz", out, defacer="quickshear", results=ready)
    assert file_key(out / "head_defaced.nii.gz") == made
    assert deface_scans(tmp_path / "moved/head.nii.gz", out, defacer="front").complete, "the same scan, elsewhere"
    assert deface_scans(tmp_path / "moved/head.nii.gz", out, defacer="front").complete
    write_volume(head(), tmp_path / "b" / "other.nii.gz")
    assert deface_scans(tmp_path / "b/other.nii.gz", out, defacer="front").complete
    assert len(list(out.glob("*_defaced.nii.gz"))) == 2


def test_another_data_set_with_the_same_names_is_not_laid_over_the_first(front, tree, tmp_path):
    front()
    other = write_tree(tmp_path / "other")
    write_volume(replace(head(), data=np.asarray(head().data) + 7), other / "sub-01/anat/sub-01_T1w.nii.gz")
    deface_scans(tree, tmp_path / "out", defacer="front")
    with pytest.raises(UsageError, match="not of the same scan"):
        deface_scans(other, tmp_path / "out", defacer="front")
    (tmp_path / "out" / ".defacing" / "sources.json").write_text("damaged")
    assert not deface_scans(tree, tmp_path / "out", defacer="front").complete  # one scan is damaged, all is as it was

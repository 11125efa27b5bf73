"""What faces say of people: a study of voxels, and what a reader is told of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from reid_audit.reconstruct import voxel_study
from reid_audit.reconstruct.voxel_study import study_voxels
from reid_audit.report.reconstruction import write_distances
from reid_audit.report.voxels import voxel_rows, voxels_in_words
from reid_audit.types import Cohort
from reid_audit.workers import WorkerLost

N = 30
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Faces of which the originals tell a quantity, the defaced ones nothing, and one of each cannot be laid."""
    rows = [(f"p{k}", "", name, "T1w", f"p{k}-{name}.nii") for k in range(N) for name in ("original", "blur")]
    rows += [("bad", "", "original", "T1w", "bad.nii"), ("ended", "", "blur", "T1w", "ended.nii")]
    scans = pd.DataFrame(rows, columns=["subject", "session", "condition", "modality", "path"])
    scans["sample"] = scans["path"]
    values = {f"p{k}": float(k) for k in range(N)}

    def features(task):
        if task.path == "ended.nii":
            return WorkerLost(None)
        if task.path == "bad.nii":
            return "No head is found."
        who, condition = task.path.removesuffix(".nii").split("-")
        rng = np.random.default_rng(len(who) + int(who[1:]))
        face = rng.normal(0, 1, 40).astype(np.float32)
        if condition == "original":
            face[:5] += 0.5 * values[who]
        return face

    monkeypatch.setattr(voxel_study, "_features", features)
    monkeypatch.setattr(voxel_study, "run_tasks", lambda work, tasks, **_: ((k, work(t)) for k, t in enumerate(tasks)))
    few = {f"p{k}": 1.0 * k for k in range(9)}
    cohort = Cohort(scans, pd.DataFrame(columns=["subject", "path", "sample"]), phantom=False)
    return study_voxels(cohort, {HOSTILE: values, "few": few}, tmp_path / "p.npz", tmp_path, resamples=200)


def test_each_quantity_is_predicted_from_each_condition_and_losses_are_counted(study):
    found = {(row["quantity"], row["condition"]): row for row in voxel_rows(study)}
    assert list(found) == [(name, condition) for name in (HOSTILE, "few") for condition in ("original", "blur")]
    by_value = {result.condition: result.value for result in study.results if HOSTILE in result.group}
    assert by_value["original"] > 0.8
    assert abs(by_value["blur"]) < 0.5
    (change,) = study.differences[HOSTILE]
    assert (change.condition, change.n_subjects) == ("blur", N)
    assert change.value == pytest.approx(by_value["original"] - by_value["blur"])
    assert found[HOSTILE, "original"]["change"] == "–"
    assert found[HOSTILE, "blur"]["change"].startswith(f"{change.value:+.2f} (")
    assert study.differences["few"] == ()
    assert "10 people" in found["few", "blur"]["note"]
    assert sorted((one.subject, one.condition) for one in study.failures) == [("bad", "original"), ("ended", "blur")]


def test_a_terminal_gets_a_line_each_with_the_reason_where_there_is_no_number(study):
    lines = voxels_in_words(study).splitlines()
    assert len(lines) == 4
    assert sum("original less this +" in line for line in lines) == 1
    assert sum("Spearman – (not assessed: " in line and "10 people" in line for line in lines) == 2


def test_the_page_shows_them_escaped_and_an_older_table_goes(study, tmp_path, monkeypatch):
    monkeypatch.setattr("reid_audit.report.reconstruction.rungs", lambda *_, **__: ())
    given = {"seed": 1, "learnt": 8, "not_learnt": 0}
    page = write_distances(pd.DataFrame(), tmp_path, voxels=study, **given).read_text()
    assert "What the voxels still say" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    held = json.loads((tmp_path / "voxels.json").read_text())
    assert len(held["results"]) == 4
    assert [len(held["differences"][name]) for name in (HOSTILE, "few")] == [1, 0]
    assert not {"p1", "bad", "ended"} & set(page.split())
    assert "voxels still say" not in write_distances(pd.DataFrame(), tmp_path, **given).read_text()
    assert not (tmp_path / "voxels.json").exists()

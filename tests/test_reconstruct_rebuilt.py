"""What a study hands to an audit: which scans were made, of whom nobody exists, and what could not be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from reid_audit.cli.reconstructing import _check_out
from reid_audit.errors import UsageError
from reid_audit.reconstruct import study
from reid_audit.reconstruct.attacking import AttackTask
from reid_audit.reconstruct.rebuilt import check_conditions, of_phantoms, with_reconstructions
from reid_audit.report.reconstruction import write_distances
from reid_audit.report.tables import PHANTOM_NOTICE
from reid_audit.store import file_key
from reid_audit.types import Cohort, Rebuilt
from reid_audit.workers import WorkerLost

COLUMNS = ["subject", "session", "condition", "modality", "path", "age", "sex", "site", "sample"]
TASK = AttackTask(
    "a-zero", "a", "zero", "T1w", "a.nii", "a-zero.nii", ("average", "diffusion:kept/m"), ("1", "1"), "p", (), "o", 1
)


def cohort(*conditions: str, phantom: bool = True, folder: str = "data") -> Cohort:
    rows = [
        [who, "", name, "T1w", f"{folder}/{who}-{name}.nii", 30.0, "F", "", f"{who}-{name}"]
        for who in "ab"
        for name in conditions
    ]
    return Cohort(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(columns=["subject", "path", "sample"]), phantom)


def faces(*attackers: str) -> pd.DataFrame:
    rows = [
        {"sample": "a-zero", "condition": "zero", "attacker": name, "path": "" if name == "average" else "made.nii"}
        for name in attackers
    ]
    return pd.DataFrame(rows)


def test_a_cohort_says_what_was_made_of_what_and_which_are_controls() -> None:
    names = ("", "average", "shape", "shape-swapped", "diffusion:kept/m")
    made = with_reconstructions(cohort("original", "zero"), faces(*names), phantom=True)
    assert made.rebuilt == {
        "zero+shape": Rebuilt("zero", "shape"),
        "zero+shape-swapped": Rebuilt("zero", "shape", control=True),
        "zero+diffusion:m": Rebuilt("zero", "diffusion:m"),
    }
    assert made.controls == {"zero+shape-swapped"}
    assert (len(made.scans), len(made.given), len(made.released)) == (7, 4, 2)
    assert made.notes == ()


def test_what_was_learnt_from_real_people_is_no_phantoms() -> None:
    made = with_reconstructions(cohort("original", "zero"), faces("shape"), phantom=False)
    assert not made.phantom
    assert "real people" in made.notes[0]


def test_nobody_exists_only_where_nobody_was_learnt_from(tmp_path, monkeypatch) -> None:
    known = cohort("original", folder=str(tmp_path))
    for path in known.scans["path"]:
        Path(path).write_text(path)
    assert of_phantoms(known, ("shape",))
    assert not of_phantoms(replace(known, phantom=False), ("shape",))
    keys = [file_key(path) for path in known.scans["path"]]
    for learnt, phantom in ((keys, True), ([*keys, "somebody"], False)):
        monkeypatch.setattr("reid_audit.reconstruct.diffusion.training.learnt_from", lambda _, k=tuple(learnt): k)
        assert of_phantoms(known, ("shape", "diffusion:m")) is phantom


@pytest.mark.parametrize("phantom", [True, False])
def test_an_attack_asks_both_cohorts(tmp_path, monkeypatch, phantom) -> None:
    """The people attacked are phantoms; the result is of phantoms only where those learnt from are as well."""
    attacked = cohort("original", "zero")
    training = cohort("original", phantom=phantom)
    training = replace(training, scans=training.scans.assign(subject=["c", "d"]))
    monkeypatch.setattr(study, "learn_from", lambda *_, **__: (tmp_path / "p", ()))
    monkeypatch.setattr(study, "read_known", lambda _: SimpleNamespace(n_people=2, lost=0))
    monkeypatch.setattr(
        study, "run_tasks", lambda _, tasks, **__: ((k, WorkerLost(task)) for k, task in enumerate(tasks))
    )
    done = study.attack_cohort(attacked, training, tmp_path, attackers=("shape", "average"))
    assert done.cohort.phantom is phantom
    assert [(each.stage, each.condition, each.sample) for each in done.failures][:2] == [
        ("reconstruct", "zero+shape", "a-zero+shape"),
        ("reconstruct", "zero+average", "a-zero+average"),
    ]
    assert len(done.failures) == 4


@pytest.mark.parametrize(
    ("attacker", "made", "stage", "condition"),
    [
        ("diffusion:kept/m", False, "reconstruct", "zero+diffusion:m"),
        ("average", True, "distance", "zero+average"),
        ("", True, "distance", "zero"),
        ("", False, "distance", "zero"),
    ],
)
def test_what_was_not_made_is_lost_and_what_was_not_measured_is_not(attacker, made, stage, condition) -> None:
    failure = study._failure(TASK, "why", attacker, made=made)
    assert (failure.stage, failure.condition) == (stage, condition)
    assert failure.sample == condition.replace("zero", "a-zero")


@pytest.mark.parametrize(
    ("conditions", "attackers", "match"),
    [
        (("original", "zero", "Zero+shape"), ("shape",), "condition named 'Zero\\+shape'"),
        (("original", "zero", "zero+shape-swapped"), ("shape",), "shape-swapped"),
        (("original", "zero"), ("diffusion:/x/model-swapped",), "ends in '-swapped'"),
        (("original", "zero"), ("diffusion:/x/sub-a",), "label of a person"),
    ],
)
def test_names_that_would_be_taken_for_others_are_refused(conditions, attackers, match) -> None:
    with pytest.raises(UsageError, match=match):
        check_conditions(attackers, cohort(*conditions))


def test_a_plus_in_a_name_is_no_reason_to_refuse() -> None:
    check_conditions(("shape",), cohort("original", "zero+average", "zero+shape+fill"))


@pytest.mark.parametrize("place", ["data", "data/deeper", "tables"])
def test_out_does_not_lie_among_the_scans_of_a_manifest(tmp_path, place) -> None:
    for name in ("data", "tables"):
        (tmp_path / name).mkdir()
    manifest = tmp_path / "tables" / "scans.csv"
    manifest.write_text("")
    known = cohort("original", folder=str(tmp_path / "data"))
    with pytest.raises(UsageError, match="is, or lies in"):
        _check_out(tmp_path / place, manifest, known)
    _check_out(tmp_path / "tables" / "out", manifest, known)
    _check_out(tmp_path / "data-out", manifest, known)


@pytest.mark.parametrize("phantom", [True, False])
def test_the_page_of_distances_says_that_nobody_exists(tmp_path, phantom, monkeypatch) -> None:
    monkeypatch.setattr("reid_audit.report.reconstruction.rungs", lambda *_, **__: ())
    page = write_distances(faces("shape"), tmp_path, seed=1, learnt=8, not_learnt=0, phantom=phantom).read_text()
    assert (PHANTOM_NOTICE in page) is phantom
    assert ("do not exist" in page) is phantom

"""What an attack on a cohort consists of, what of it is kept, and what is refused; no head is needed for it."""

from __future__ import annotations

import importlib.util
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reid_audit.errors import DiskFullError, HeadError, MissingResourceError, StoreError, UsageError
from reid_audit.reconstruct import attacking, study
from reid_audit.reconstruct.attacking import COLUMNS, MEASURED, AttackTask, attack_one
from reid_audit.reconstruct.diffusion import training
from reid_audit.reconstruct.diffusion.extra import missing_packages
from reid_audit.reconstruct.naming import shareable_names
from reid_audit.reconstruct.study import attack_cohort, learn_from, one_scan_each, people_with_originals
from reid_audit.reconstruct.tasks import attack_tasks, swap_tasks
from reid_audit.report.reconstruction import rungs, write_distances
from reid_audit.store import file_key
from reid_audit.types import Cohort

COMMON = {"attackers": ("shape",), "specs": ("1",), "population": "p", "training": (), "out": "o", "seed": 1}


def cohort(*rows):
    """Of subject, session, condition, modality, path; a sample is its path."""
    columns = ["subject", "session", "condition", "modality", "path"]
    scans = pd.DataFrame(rows, columns=columns).assign(age=30.0, sex="F", site="")
    return Cohort(scans.assign(sample=scans["path"]), pd.DataFrame(columns=["subject", "path", "sample"]))


def pair(who, **more):
    return [(who, "", name, more.get("modality", "T1w"), f"{who}_{name}.nii") for name in ("original", "zero")]


def model_of(folder, people=(), keys=()):
    """A folder that says of itself that it holds a model."""
    folder.mkdir()
    wanted = {"version": training._VERSION, "preset": "tiny", "seed": 1, "learnt_from": sorted(keys)}
    training._claim(folder, wanted, people)
    for name in ("coarse.safetensors", "fine.safetensors", "population.npz"):
        (folder / name).write_bytes(b"none")
    return folder


@pytest.fixture
def task(tmp_path):
    for name in ("original", "defaced", "population"):
        (tmp_path / name).write_text(name)
    places = {name: str(tmp_path / name) for name in ("original", "defaced", "population")}
    return AttackTask("s", "p", "zero", "T1w", **COMMON | places | {"out": str(tmp_path / "out")})


@pytest.mark.parametrize("error", [DiskFullError("No space left."), StoreError("Damaged."), MissingResourceError("x")])
def test_what_is_no_fault_of_a_scan_ends_the_run_and_is_not_kept(task, monkeypatch, error):
    def refuse(_task):
        raise error

    monkeypatch.setattr(attacking, "_attacked", refuse)
    with pytest.raises(type(error)):
        attack_one(task)
    monkeypatch.setattr(attacking, "_attacked", lambda task: [attacking._row(task, "shape")])
    assert [row["outcome"] for row in attack_one(task)] == ["done"]


def test_what_is_a_fault_of_the_scan_is_kept(task, monkeypatch):
    def refuse(_task):
        raise HeadError("No head.")

    monkeypatch.setattr(attacking, "_attacked", refuse)
    first = attack_one(task)
    assert {row["outcome"] for row in first} == {"lost"}
    monkeypatch.setattr(attacking, "_attacked", lambda task: [attacking._row(task, "shape")])
    assert attack_one(task) == first


def test_an_attacker_with_other_weights_attacks_again(task, monkeypatch):
    made = []
    monkeypatch.setattr(attacking, "_attacked", lambda task: made.append(1) or [attacking._row(task, "shape")])
    for spec in ("1", "1", "2"):
        attack_one(replace(task, specs=(spec,)))
    assert len(made) == 2


def test_weights_are_what_tells_attackers_of_one_name_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(study.CascadedDiffusion, "check", lambda _self: None)
    folder = model_of(tmp_path / "model")
    found = set()
    for content in "ab":
        for name in ("coarse.safetensors", "fine.safetensors", "population.npz"):
            (folder / name).write_text(content)
        found.add(study._spec_of(f"diffusion:{folder}"))
    (folder / "population.npz").write_text("c")
    found.add(study._spec_of(f"diffusion:{folder}"))
    assert len(found) == 3


def test_a_missing_extra_is_one_error_before_anything_is_learnt(tmp_path, monkeypatch):
    folder = model_of(tmp_path / "model")
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    with pytest.raises(MissingResourceError, match=r"reid_audit\[reconstruct\]"):
        attack_cohort(
            cohort(*pair("a")), cohort(*pair("b")), tmp_path / "out", attackers=("average", f"diffusion:{folder}")
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(bool(missing_packages()), reason="DIFFUSION NOT TESTED: install the extra 'reconstruct'.")
def test_a_damaged_model_is_one_error_before_anything_is_learnt(tmp_path):
    folder = model_of(tmp_path / "model")
    with pytest.raises(StoreError, match="cannot be read"):
        attack_cohort(cohort(*pair("a")), cohort(*pair("b")), tmp_path / "out", attackers=(f"diffusion:{folder}",))
    assert not (tmp_path / "out").exists()


def test_a_run_is_attacked_against_its_own_original():
    rows = [
        ("a", "", name, "T1w", f"sub-a_run-{run}_{end}.nii")
        for run in (1, 2)
        for name, end in (("original", "T1w"), ("zero", "desc-zero_T1w"))
    ]
    tasks, alone = attack_tasks(cohort(*rows), **COMMON)
    assert [(task.defaced[:11], task.original[:11]) for task in tasks] == [("sub-a_run-1",) * 2, ("sub-a_run-2",) * 2]
    assert alone == ()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ([("b", "", "zero", "T1w", "b.nii")], "No original"),
        ([("a", "", "zero", "T2w", "a_T2w.nii")], "No original"),
        ([*pair("b"), ("b", "", "original", "T1w", "b2.nii")], "Several originals"),
    ],
)
def test_a_scan_without_one_original_is_a_failure(more, why):
    tasks, (failure,) = attack_tasks(cohort(*pair("a"), *more), **COMMON)
    assert [task.sample for task in tasks] == ["a_zero.nii"]
    assert failure.what.startswith(why)
    assert failure.condition == "zero"


def test_without_any_original_nothing_is_attacked():
    with pytest.raises(UsageError, match="No defaced scan has an original"):
        attack_tasks(cohort(("a", "", "zero", "T1w", "a.nii")), **COMMON)


def rebuilt(tasks, *, lost=()):
    grid = np.eye(4).tolist()
    return [
        {"sample": task.sample, "subject": task.subject, "attacker": name, "path": f"{task.subject}-{name}"}
        | {"to_grid": grid, "condition": task.condition}
        for task in tasks
        for name in ("average", "shape")
        if (task.subject, name) not in lost
    ]


def swaps(attacked, lost=()):
    """Attacker to whose head to whose face."""
    tasks, _ = attack_tasks(cohort(*attacked), **COMMON)
    found = swap_tasks(rebuilt(tasks, lost=lost), tasks, ("average", "shape"), 1)
    return {
        name: {one.attack.subject: one.other.split("-")[0] for one in found if one.attacker == name}
        for name in ("average", "shape")
    }


def test_one_lost_face_changes_no_other_pair():
    people = [row for who in "abcdef" for row in pair(who)]
    whole = swaps(people)
    assert whole["average"] == whole["shape"]
    assert all(head != face for head, face in whole["shape"].items())
    found = swaps(people, lost={("c", "shape")})
    assert found["average"] == whole["average"]
    assert set(found["shape"]) == set("abdef")
    assert Counter(found["shape"].values()) == Counter("abdef")
    changed = {who for who in found["shape"] if found["shape"][who] != whole["shape"][who]}
    assert changed == {who for who, face in whole["shape"].items() if face == "c"}
    assert swaps(pair("a") + pair("b"), lost={("b", "shape")})["shape"] == {}


def test_faces_are_swapped_within_a_modality():
    people = [row for who in "abc" for row in pair(who)]
    people += [row for who in "xy" for row in pair(who, modality="T2w")]
    found = swaps(people)["shape"]
    assert (found["x"], found["y"]) == ("y", "x")
    assert {found[who] for who in "abc"} == set("abc")


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("diffusion:/a/model", "diffusion:/b/model"), "Two attackers would be called 'diffusion:model'"),
        (("shape", "shape"), "Two attackers would be called 'shape'"),
        (("diffusion:/a/model-swapped",), "ends in '-swapped'"),
    ],
)
def test_attackers_of_one_name_are_refused(tmp_path, names, why):
    with pytest.raises(UsageError, match=why):
        attack_cohort(cohort(*pair("a")), cohort(*pair("b")), tmp_path / "out", attackers=names)
    assert shareable_names(("shape", "diffusion:/a/model"))["diffusion:/a/model"] == "diffusion:model"


def faces(*attackers):
    rows = [
        {"sample": f"s{k}", "subject": f"p{k}", "condition": "zero", "attacker": name, "reason": ""}
        | dict.fromkeys(MEASURED, value + k)
        for name, value in attackers
        for k in range(3)
    ]
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name in rows[0]])


def test_two_models_are_not_shown_as_one(tmp_path):
    with pytest.raises(UsageError, match="nobody could tell them apart"):
        rungs(faces(("diffusion:/a/model", 2.0), ("diffusion:/b/model", 4.5)), seed=1)
    page = write_distances(faces(("average", 3.0), ("shape", 2.0)), tmp_path, seed=1, learnt=64, not_learnt=2)
    assert "learnt from 64 people; 2 more were given" in page.read_text()


def test_a_model_that_knows_the_person_from_another_scan_is_refused(tmp_path):
    folder = model_of(tmp_path / "model", people=("a", "c"))
    text = (folder / training.MODEL).read_text()
    assert '"a"' not in text
    assert training.learnt_people(folder, ("a", "b")) == ("a",)
    other = model_of(tmp_path / "other", people=("a", "c"))
    assert training.read_facts(other)["people"] != training.read_facts(folder)["people"], "salted"
    with pytest.raises(UsageError, match="people of 1 of the labels that are attacked"):
        attack_cohort(cohort(*pair("a")), cohort(*pair("b")), tmp_path / "out", attackers=(f"diffusion:{folder}",))


def test_a_model_that_knows_the_file_is_refused(tmp_path):
    original = tmp_path / "a.nii"
    original.write_text("scan")
    folder = model_of(tmp_path / "model", keys=(file_key(original),))
    rows = [("a", "", "original", "T1w", str(original)), ("a", "", "zero", "T1w", "z.nii")]
    with pytest.raises(UsageError, match="learnt from 1 of the scans"):
        attack_cohort(cohort(*rows), cohort(*pair("b")), tmp_path / "out", attackers=(f"diffusion:{folder}",))


def test_what_was_learnt_by_other_code_or_from_other_series_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "learn_population", lambda *_args, **_more: None)
    monkeypatch.setattr(study, "write_population", lambda _population, place: place.touch())
    series = tmp_path / "series"
    series.mkdir()
    (series / "1.dcm").write_text("1")
    learnt = cohort(("a", "", "original", "T1w", str(series)))
    first, _ = learn_from(learnt, tmp_path / "out")
    assert learn_from(learnt, tmp_path / "out")[0] == first
    (series / "1.dcm").write_text("2")
    second, _ = learn_from(learnt, tmp_path / "out")
    monkeypatch.setattr(study, "code_key", lambda *_rooms: "other")
    third, _ = learn_from(learnt, tmp_path / "out")
    assert len({first, second, third}) == 3


def test_people_are_named_in_the_order_of_their_scans():
    rows = [row for who in "cab" for row in pair(who)] + [("a", "2", "original", "T1w", "a_2.nii")]
    assert people_with_originals(cohort(*rows)) == ("a", "b", "c")
    assert [path for path, _ in one_scan_each(cohort(*rows))] == [f"{who}_original.nii" for who in "abc"]


def test_a_file_under_another_label_is_not_learnt_from(tmp_path):
    path = tmp_path / "one.nii"
    path.write_text("scan")
    copy = tmp_path / "copy.nii"
    copy.write_text("scan")
    attacked = cohort(("a", "", "original", "T1w", str(path)), ("a", "", "zero", "T1w", str(tmp_path / "zero.nii")))
    others = cohort(("b", "", "original", "T1w", str(copy)))
    with pytest.raises(UsageError, match="1 of the originals that are attacked is learnt from as well"):
        attack_cohort(attacked, others, tmp_path / "out", attackers=("average",))
    assert not (tmp_path / "out").exists()

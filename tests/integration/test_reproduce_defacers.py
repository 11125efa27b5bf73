"""Studies of defacers repeated on few phantoms: rows beside the paper's, defacers that fail, a second quick call."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.evidence import defacers_studies
from benchmarks.evidence.commands import Done
from benchmarks.evidence.runner import Context
from reid_audit.cli.app import app
from reid_audit.cli.reproducing import run_reproduce
from reid_audit.defacers import ZeroDefacer
from reid_audit.errors import MissingResourceError
from reid_audit.phantom import Tissue
from reid_audit.reproduce import STUDIES, age_groups, reproduce_s0, reproduce_s1, write_rows
from reid_audit.reproduce.temporalis import temporalis_mask
from reid_audit.reproduce.write import table_in_words
from reid_audit.types import Mask, ModelSpec


class Absent:
    """A defacer whose software is not installed."""

    spec = ModelSpec("absent", "not installed", "MIT")

    def deface(self, _volume):
        raise MissingResourceError("FSL was not found.", remedy="Install it.")


class Failing:
    """A defacer that is installed and raises on every scan."""

    spec = ModelSpec("failing", "1", "MIT")

    def deface(self, _volume):
        raise MemoryError


class Crashing:
    """A defacer that works on adults alone."""

    spec = ModelSpec("crash", "1", "MIT")

    def deface(self, volume):
        if max(volume.data.shape) * 3.0 > 260:
            return ZeroDefacer().deface(volume)
        raise RuntimeError("segmentation of a small head")


class Idle:
    """A defacer that returns its input."""

    spec = ModelSpec("idle", "1", "MIT")

    def deface(self, volume):
        return volume, Mask(np.zeros(volume.data.shape, bool), volume.affine, "footprint")


@pytest.fixture(scope="module")
def patched():
    with pytest.MonkeyPatch.context() as patch:
        some = {"zero": ZeroDefacer, "idle": Idle, "crash": Crashing, "failing": Failing, "pydeface": Absent}
        patch.setattr(age_groups, "DEFACERS", some | {"pediatric-auto-defacer": Absent})
        yield patch


QUICK = {"subjects": 1, "populations": ("withheld",), "voxel_size": 3.0, "workers": 1, "seed": 88_020}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("defacers")


@pytest.fixture(scope="module")
def cohorts(patched, folder):
    return reproduce_s0(folder / "s0", **QUICK)


@pytest.fixture(scope="module")
def children(patched, folder):
    some = ("zero", "idle", "pediatric-auto-defacer")
    return reproduce_s1(folder / "s1", sequences=("T1w",), defacers=some, **QUICK)


def find(rows, condition, method):
    (row,) = [row for row in rows if (row.condition, row.method) == (condition, method)]
    return row


def test_success_of_each_defacer_stands_by_age_group(cohorts):
    rows = cohorts.rows
    assert len({(row.population, row.condition, row.method, row.metric) for row in rows}) == len(rows)
    for group, people in (("all ages", 3), ("newborn", 1), ("child", 1), ("adult", 1)):
        face = find(rows, "idle", f"face removed, {group}")
        assert (face.value, face.n_subjects) == (0.0, people)
        assert face.low == 0.0 < face.high
    assert [find(rows, "zero", f"face removed, {group}").value for group in ("child", "adult")] == [1.0, 1.0]
    assert find(rows, "idle", "face removed and no brain lost, all ages").value == 0.0
    assert find(rows, "idle", "brain kept, all ages").value == 1.0


def test_a_defacer_that_does_not_run_here_is_a_row_with_reason_and_figure(cohorts):
    row = find(cohorts.rows, "pydeface", "face removed and no brain lost, all ages")
    assert (row.value, row.published) == (None, "83 %")
    assert row.note == "does not run here: FSL was not found. Install it."


def test_a_defacer_that_crashes_costs_only_itself(cohorts):
    assert not cohorts.complete
    lost = [failure for failure in cohorts.failures if failure.condition == "crash"]
    assert lost
    assert {failure.what for failure in lost} == {"the defacer raised RuntimeError"}
    assert len({(each.subject, each.condition) for each in cohorts.failures}) == len(cohorts.failures), "told once"
    row = find(cohorts.rows, "crash", "face removed and no brain lost, newborn")
    assert row.value == 0.0
    assert "without a usable result, counted as no success" in row.note


def test_a_defacer_that_fails_on_every_scan_has_no_success(cohorts):
    for group, people in (("all ages", 3), ("newborn", 1), ("child", 1), ("adult", 1)):
        row = find(cohorts.rows, "failing", f"face removed and no brain lost, {group}")
        assert (row.value, row.n_subjects) == (0.0, people)
        assert "without a usable result, counted as no success" in row.note
    assert find(cohorts.rows, "failing", "face removed, all ages").value is None, "of its face nothing is known"
    assert find(cohorts.rows, "failing less zero", "success, all ages").value <= 0
    assert len([failure for failure in cohorts.failures if failure.condition == "failing"]) == 3


def test_tests_measures_and_times_are_there(cohorts):
    q = find(cohorts.rows, "all defacers", "Cochran's Q on success")
    assert 0 <= q.value <= 1
    pair = find(cohorts.rows, "idle less zero", "success, all ages")
    assert pair.value <= 0
    assert "McNemar" in pair.note
    change = find(cohorts.rows, "idle", "brain volumes, change without sign, all ages")
    assert change.value == 0.0
    assert change.published == STUDIES["s0"].figures["preprocessing"]
    assert find(cohorts.rows, "zero", "run time of one scan, median").value > 0


def test_the_study_of_children_has_faces_ears_and_measures(children):
    rows = children.rows
    paper = find(rows, "pediatric-auto-defacer", "face removed, all ages")
    assert (paper.value, paper.published, paper.metric) == (None, "98 %", "face_removed_rate")
    assert find(rows, "idle", "face removed, all ages").metric == paper.metric
    assert find(rows, "pediatric-auto-defacer", "ears removed, all ages").published == "73 %"
    tumour = find(rows, "idle", "tumour volume, Spearman, all ages")
    assert (tumour.value, tumour.n_subjects) == (pytest.approx(1.0), 3)
    muscle = find(rows, "pediatric-auto-defacer", "temporalis, Spearman, all ages")
    assert muscle.note.startswith("does not run here")
    assert muscle.published == "above 0.9"
    assert find(rows, "idle", "temporalis, Spearman, all ages").value == pytest.approx(1.0)
    assert find(rows, "zero", "temporalis, Spearman, all ages").n_subjects >= 2  # it may refuse the newborn


def test_the_muscle_of_the_temple_is_known():
    who, scan = age_groups.phantom_of("adult", 0, "T1w", population="withheld", seed=88_020, voxel_size=2.0)
    mask = temporalis_mask(who, scan)
    assert (scan.tissues[mask.data] == Tissue.MUSCLE).all()
    places = np.argwhere(mask.data) @ (scan.to_head @ scan.volume.affine)[:3, :3].T
    places += (scan.to_head @ scan.volume.affine)[:3, 3]
    left, right = (places[:, 0] < 0).sum(), (places[:, 0] > 0).sum()
    assert 0.7 < left / right < 1.4
    assert 10 < mask.data.sum() * 0.008 < 120
    assert not (mask.data & scan.masks["brain"].data).any()


def test_defacers_are_named_and_checked_by_the_command(tmp_path):
    def call(*words):
        done = CliRunner().invoke(app, ["reproduce", *map(str, words)], env={"COLUMNS": "120", "TERM": "dumb"})
        assert done.exit_code == 2
        return done.stderr

    assert "There is no defacer 'nobody'" in call("s0", tmp_path / "out", "--defacer", "nobody")
    assert "The study s4 has its own defacers" in call("s4", tmp_path / "out", "--defacer", "zero")
    assert not (tmp_path / "out").exists()


def test_a_finished_study_is_not_made_again(cohorts, folder, patched):
    def never(*_args, **_more):
        raise AssertionError("made again")

    with pytest.MonkeyPatch.context() as again:
        again.setattr(age_groups, "acquire", never)
        assert reproduce_s0(folder / "s0", **QUICK).rows == cohorts.rows


def test_the_evidence_reads_what_the_command_writes(cohorts, folder, patched, tmp_path, monkeypatch):
    """The command on the finished study, as the evidence gives it and reads its table."""
    asked = {name: value for name, value in QUICK.items() if name != "workers"}

    def run(*words, clock):
        out = words[2]
        shutil.copytree(folder / "s0", out)
        status = run_reproduce("s0", out, scans={}, phantoms=asked, workers=1, quiet=True)
        return Done(status, 66.0, "")

    monkeypatch.setattr(defacers_studies, "run_command", run)
    monkeypatch.setattr(defacers_studies, "DEFACERS", ["zero", "idle", "crash"])
    claims = defacers_studies.s0(Context(tmp_path, small=False, real=None))
    # No defacer of the paper's figures was asked for.
    assert [claim.claim[:22] for claim in claims if not claim.met] == ["s0: figures of the pap"]
    assert "1.1 minutes" in claims[0].how
    assert "exit status 1" in claims[0].how, "a defacer lost scans"
    stated = {claim.claim: claim for claim in claims[2:]}
    success = stated["s0, withheld, voxels of 3 mm, zero: face removed and no brain lost, child"]
    assert success.value == find(cohorts.rows, "zero", "face removed and no brain lost, child").value
    monkeypatch.setattr(defacers_studies, "DEFACERS", ["zero", "blur"])
    (tmp_path / "other").mkdir()
    claims = defacers_studies.s0(Context(tmp_path / "other", small=False, real=None))
    assert next(claim.how[:9] for claim in claims if not claim.met) == "blur of 2", "it was not asked for"


def test_the_table_says_whose_it_is(cohorts, tmp_path):
    page = write_rows(STUDIES["s0"], cohorts.rows, tmp_path, phantoms=True)
    assert "These people do not exist" in page.read_text()
    assert "10.3389/fpsyt.2021.617997" in page.read_text()
    with (tmp_path / "s0.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(cohorts.rows)
    words = table_in_words(cohorts.rows)
    assert "pydeface, face removed and no brain lost, all ages: – (does not run here" in words

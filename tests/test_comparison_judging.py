"""What one scan raises while it is judged costs that scan alone, and says what it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reid_audit.comparison import comparing, judging, measuring
from reid_audit.comparison.measuring import Anchor, Given, ScanTask
from reid_audit.errors import HeadError, MissingResourceError, UsageError, fault_of
from reid_audit.types import Mask, Volume

DEFACED = ("zero", "blur")


@pytest.fixture
def task():
    def given(name):
        return Given(name, f"p1_{name}", f"{name}.nii.gz", {})

    return ScanTask("p1", "", "T1w", 40.0, "F", given("original"), tuple(map(given, DEFACED)))


@pytest.fixture
def raising(monkeypatch):
    """Let one part of judging raise on the files whose names are given, and do nothing else."""

    def make(part, error, *names):
        def work(first, *_, **__):
            if not names or getattr(first, "name", str(first)).split(".")[0] in names:
                raise error
            return Volume(np.zeros((2, 2, 2)), np.eye(4))

        monkeypatch.setattr(judging, part, work)

    return make


ERRORS = [MemoryError(), ValueError("odd"), OSError(5, "Input/output error"), HeadError("No head.", remedy="Look.")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_reading_raises_every_form_has_its_row(task, raising, error):
    raising("read_volume", error)
    done = judging.judge_task(task)
    assert [row["condition"] for row in done.verdicts] == list(DEFACED)
    assert {failure.what for failure in done.failures} == {str(fault_of(error))}
    assert all(row["value"] is None and row["why"] == str(fault_of(error)) for row in done.measures)


def test_a_defect_met_while_measuring_leaves_the_measures_with_a_reason(task, raising, monkeypatch):
    raising("read_volume", None, "nobody")
    raising("reference_of", HeadError("No head."))
    raising("anchor_of", ValueError("odd"))
    done = judging.judge_task(task)
    assert len(done.verdicts) == len(DEFACED)
    rows = pd.DataFrame(done.measures)
    assert set(rows["condition"]) == {"original", *DEFACED}
    assert rows["value"].isna().all()
    assert rows["why"].str.contains("ValueError").all()


def test_what_would_stop_every_scan_stops_the_run(task, raising):
    raising("read_volume", MissingResourceError("No weights."))
    with pytest.raises(MissingResourceError):
        judging.judge_task(task)


def test_an_empty_brain_mask_has_no_place_to_be_moved_from():
    empty = Anchor({"brain": Mask(np.zeros((2, 2, 2), bool), np.eye(4), "brain")}, {}, np.eye(4), "")
    (shift,) = measuring._shift(empty, empty)
    assert shift.value is None
    assert "empty" in shift.why


@pytest.mark.parametrize("name", ["brain volume", "Tumour Volume", "snr"])
def test_a_measure_of_the_users_may_not_bear_the_name_of_one_made_here(name):
    with pytest.raises(UsageError, match="Rename it"):
        comparing._check_names(pd.DataFrame({"measure": ["thickness", name]}))
    comparing._check_names(pd.DataFrame({"measure": ["thickness"]}))


def test_a_mask_that_cannot_be_used_leaves_the_brain_open(task, raising, monkeypatch):
    """Who gave a mask asked for no estimate."""
    raising("read_volume", None, "nobody")
    asked = []

    def reference(volume, **how):
        asked.append(how)
        raise HeadError("No head.")

    monkeypatch.setattr(judging, "reference_of", reference)
    judging.judge_task(task)
    masked = replace(task, original=replace(task.original, masks={"brain": "gone.nii.gz"}))
    judging.judge_task(masked)
    assert "estimate" in asked[0]
    assert asked[1] == {"brain": None}

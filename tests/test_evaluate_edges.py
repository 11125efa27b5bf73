"""What cannot be evaluated: a clear statement each, and never NaN."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table

from reid_audit.errors import UsageError
from reid_audit.evaluate import cmc_points, evaluate, roc_points
from reid_audit.types import ScoreTable

NAN = np.nan
NAMES = [f"s{i}" for i in range(6)]


def uneven():
    asked = ["s0"] + ["s1"] * 7 + ["s2"] * 2 + NAMES[3:]
    return table(np.random.default_rng(8).normal(size=(13, 9)), asked, [*NAMES, "s0", "s0", "s5"])


CASES = {
    "one person": table([[0.9], [0.8]], "aa", "a"),
    "one person, one probe": table([[0.9]], "a", "a"),
    "two people": table([[0.9, 0.1], [0.2, 0.7]], "ab", "ab"),
    "no photos": table([], [], NAMES),
    "no references": table([], NAMES, []),
    "nothing at all": table([], [], []),
    "nothing to be compared": table(np.eye(6), NAMES, NAMES, compared=np.zeros((6, 6))),
    "all detections failed": table(np.full((6, 6), NAN), NAMES, NAMES),
    "all mates failed": table(np.where(np.eye(6) > 0, NAN, 0.5), NAMES, NAMES),
    "all nonmates failed": table(np.where(np.eye(6) > 0, 0.5, NAN), NAMES, NAMES),
    "all scores equal": table(np.full((6, 6), 0.5), NAMES, NAMES),
    "strangers": table(np.eye(6), NAMES, [name + "x" for name in NAMES]),
    "uneven sessions": uneven(),
    "huge scores": table(1e300 * np.random.default_rng(9).normal(size=(6, 6)), NAMES, NAMES),
    "tiny differences": table(1 + 1e-15 * np.random.default_rng(9).normal(size=(6, 6)), NAMES, NAMES),
}


@pytest.mark.parametrize(
    "attacker", ["photo-nearest", "scan-to-scan", "original-to-released", "open-set", "not-yet-known"]
)
@pytest.mark.parametrize("case", CASES)
def test_every_number_is_one_or_says_why_not(rng, case, attacker):
    made = CASES[case]
    made = ScoreTable(attacker, "cosine", *(getattr(made, name) for name in list(made.__dataclass_fields__)[2:]))
    results = evaluate(made, rng=rng, resamples=60)
    assert json.loads(json.dumps([asdict(result) for result in results], allow_nan=False))
    for result in results:
        assert result.value is not None or result.note, result.metric
        assert (result.low is None) == (result.high is None) == (result.confidence is None)
        if result.low is not None:
            assert result.low <= result.value <= result.high
        for number in (result.value, result.low, result.high, result.chance, result.control):
            assert number is None or math.isfinite(number)
        if result.value is not None and result.low is None and result.metric != "auc_folds":
            assert "no interval" in result.note


def test_the_same_names_come_whatever_the_scores(rng):
    names = {case: [(r.metric, r.k) for r in evaluate(make, rng=rng, resamples=20)] for case, make in CASES.items()}
    assert len({tuple(found) for found in names.values()}) == 1


@pytest.mark.parametrize(
    ("case", "metric", "statement"),
    [
        ("one person", ("rank", 1), "one person in the gallery"),
        ("one person", "auc", "no non-mated comparison"),
        ("one person", "accuracy", "cannot be divided"),
        ("no photos", ("rank", 1), "there are no probes"),
        ("no references", "auc", "there are no references"),
        ("nothing to be compared", "auc", "no comparison was to be made"),
        ("all detections failed", "auc", "no comparison took place"),
        ("all detections failed", ("rank", 1), "6 of 6 searches failed"),
        ("all detections failed", "failure_to_acquire_rate", "which side failed cannot be told"),
        ("all mates failed", "auc", "no mated comparison took place"),
        ("all nonmates failed", "auc", "no non-mated comparison took place"),
        ("all scores equal", "auc", "all scores are equal"),
        ("strangers", ("rank", 1), "nothing to identify"),
        ("strangers", "accuracy", "no mated comparison"),
    ],
)
def test_the_statement_is_clear(rng, case, metric, statement):
    assert statement in by_name(evaluate(CASES[case], rng=rng, resamples=20))[metric].note


@pytest.mark.parametrize(
    ("case", "metric", "people"),
    [
        ("no photos", ("rank", 1), 0),
        ("no references", "auc", 0),
        ("nothing to be compared", "score_median_mated", 0),
        ("all detections failed", "auc", 0),
        ("all detections failed", "accuracy", 0),
        ("all mates failed", "auc_folds", 0),
        ("all nonmates failed", "auc", 6),
        ("all nonmates failed", "score_median_nonmated", 0),
        ("one person", "accuracy", 1),
        ("strangers", ("rank", 1), 0),
        ("strangers", "accuracy", 0),
    ],
)
def test_without_a_value_n_is_what_it_would_have_rested_on(rng, case, metric, people):
    found = by_name(evaluate(CASES[case], rng=rng, resamples=20))[metric]
    assert (found.value, found.n_subjects) == (None, people)


def test_all_failed_is_a_miss_for_everyone(rng):
    found = by_name(evaluate(CASES["all detections failed"], rng=rng, resamples=20))
    assert found["rank", 1].value == 0
    assert found["rank", 1].high > 0.4, "six people show little"
    assert found["comparisons_failed_share"].value == 1


def test_one_sample_id_under_two_people_claims_nothing(rng):
    made = normal_table(rng, people=6, probes=1)
    made.probes.loc[3, "sample"] = made.probes.loc[2, "sample"]
    results = evaluate(made, rng=rng, resamples=20)
    assert all(result.value is None for result in results)
    assert all("one sample id stands under two people" in result.note for result in results)


def test_renders_of_one_scan_share_its_id_without_harm(rng):
    made = normal_table(rng, people=6, references=3)
    made.references["sample"] = made.references["subject"]
    assert by_name(evaluate(made, rng=rng, resamples=20))["auc"].value is not None


def test_messages_hold_no_label_of_a_person(rng):
    made = normal_table(rng, people=6, probes=1)
    made.probes.loc[3, "sample"] = made.probes.loc[2, "sample"]
    notes = " ".join(result.note for result in evaluate(made, rng=rng, resamples=20))
    assert not any(name in notes for name in [*made.probes["subject"], *made.probes["sample"]])


@pytest.mark.parametrize("change", ["subject", "sample"])
def test_a_frame_without_its_columns_is_refused(rng, change):
    made = normal_table(rng, people=3)
    broken = ScoreTable(
        "photo-nearest",
        "nearest",
        "dlib",
        "x",
        made.probes.drop(columns=change),
        made.references,
        made.scores,
        made.compared,
    )
    with pytest.raises(UsageError, match=change):
        evaluate(broken, rng=rng)


def test_a_row_without_a_person_is_refused(rng):
    made = normal_table(rng, people=3)
    made.probes.loc[1, "subject"] = None
    with pytest.raises(UsageError, match="got 1 without"):
        evaluate(made, rng=rng)


@pytest.mark.parametrize("more", [{"confidence": 95}, {"confidence": 1.0}, {"resamples": 0}])
def test_settings_out_of_range_are_refused(rng, more):
    with pytest.raises(UsageError):
        evaluate(normal_table(rng, people=3), rng=rng, **more)


def test_people_of_mixed_label_types_are_kept_apart(rng):
    made = table(np.eye(3), [1, "1", 2], [1, "1", 2])
    assert by_name(evaluate(made, rng=rng, resamples=20))["rank", 1].value == 1


def test_a_large_table_takes_seconds(rng):
    made = normal_table(rng, people=100, probes=2, references=81)
    start = time.process_time()
    evaluate(made, rng=rng)
    roc_points(made)
    cmc_points(made)
    assert time.process_time() - start < 30, "about four seconds on one unburdened core"


def test_renders_of_one_scan_in_another_order_change_nothing(rng):
    """They share subject and sample: what else is known of them gives their order."""
    made = normal_table(rng, people=8, probes=3)
    made.probes["sample"] = made.probes["subject"]
    made.probes["yaw"] = [-30.0, 0.0, 30.0] * 8
    rows = rng.permutation(24)
    probes = made.probes.iloc[rows].reset_index(drop=True)
    again = replace(made, probes=probes, scores=made.scores[rows], compared=made.compared[rows])
    before, after = (evaluate(each, rng=np.random.default_rng(2), resamples=50) for each in (made, again))
    assert before == after

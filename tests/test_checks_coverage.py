"""The simulation of small studies counts rightly, keeps what it made, and judges by what the handbook says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.checks.coverage import counting
from benchmarks.checks.coverage.counting import Coverage, coverages, repeat
from benchmarks.checks.coverage.kinds import KINDS, kind_of
from benchmarks.checks.coverage.studies import STUDIES, Study
from benchmarks.checks.coverage.worlds import World
from benchmarks.evidence.attackers_coverage import judged

DECISION = Path(__file__).parents[1] / "docs" / "decisions" / "0006-evaluators.md"


def _mean_of_normals(rng):
    """An interval that is exact: the mean of 25 normal numbers of known spread; and one of half its width."""
    mean, reach = rng.normal() / 5, 1.96 / 5
    rate = max(0.0, mean)
    return {
        "auc": (mean, mean - reach, mean + reach),
        "eer": (mean, mean - reach / 2, mean + reach / 2),
        "rank 1": (rate, None, None) if rate == 0 else (rate, rate - reach, rate + reach),
        "d_prime": (mean, None, None),
    }


def test_an_exact_interval_covers_at_its_level_and_a_short_one_does_not(tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "STUDIES", {"normal": Study(_mean_of_normals, {"auc": 0.0, "eer": 0.0})})
    ((name, found),) = coverages(["normal"], 2000, tmp_path)
    of = {each.metric: each for each in found}
    assert name == "normal"
    assert of["auc"].made == 2000
    assert of["auc"].rate == pytest.approx(0.95, abs=0.015)
    assert of["eer"].rate == pytest.approx(2 * norm.cdf(0.98) - 1, abs=0.03)
    assert of["eer"].under + of["eer"].over == of["eer"].made - of["eer"].held
    assert of["auc"].error == pytest.approx(np.sqrt(0.95 * 0.05 / 2000), rel=0.15)
    assert "d_prime" not in of, "there never was an interval"
    assert of["rank 1"].without == of["rank 1"].nothing == 2000 - of["rank 1"].made > 800
    (auc,) = judged([of["auc"]], 2000)
    (eer,) = judged([of["eer"]], 2000)
    assert (auc.met, eer.met) == (True, False)


def test_finished_parts_are_not_made_again(tmp_path, monkeypatch):
    calls = []
    made = Study(lambda rng: calls.append(1) or _mean_of_normals(rng))
    monkeypatch.setattr(counting, "STUDIES", {"normal": made})
    first = list(coverages(["normal"], 40, tmp_path))
    assert len(calls) == 40
    assert list(coverages(["normal"], 40, tmp_path)) == first
    assert len(calls) == 40
    list(coverages(["normal"], 60, tmp_path))
    assert len(calls) == 60


def test_parts_depend_on_their_number_alone():
    task = ("detection: 20 people, 3 scans each, 0.5 found", 3, 2)
    assert repeat(task) == repeat(task) != repeat((task[0], 4, 2))


def test_the_truth_of_a_world_is_what_large_studies_give():
    world = World(400, 2, shift=1.5)
    true = world.truth()
    scores = world.scores(np.random.default_rng(3))
    same = np.repeat(np.arange(400), 2)[:, None] == np.arange(400)[None, :]
    mated, other = scores[same], scores[~same]
    assert np.mean(mated[:, None] > other[None, ::97]) == pytest.approx(true["auc"], abs=0.02)
    assert np.mean(mated < norm.isf(0.1, 0, world.sigmas[1])) == pytest.approx(true["fnmr_at_fmr_0.1"], abs=0.04)
    assert np.quantile(other, 0.75) == pytest.approx(true["score_q3_nonmated"], abs=0.05)
    alike = World(1500, shift=2.8, ease=0.5, level=0.0, picture=0.0)
    drawn = alike.scores(np.random.default_rng(4))
    first = np.mean(drawn.argmax(axis=1) == np.arange(1500))
    assert first == pytest.approx(alike.rank_1_among(1500), abs=0.04)


def test_every_number_of_the_studies_is_of_one_kind_and_every_kind_has_a_number():
    rng = np.random.default_rng(1)
    chosen = {name.split(":")[0]: name for name in STUDIES if "0 people" in name and "180" not in name}
    metrics = {
        metric for name in chosen.values() for metric, (_, low, _) in STUDIES[name].run(rng).items() if low is not None
    }
    assert {kind_of(metric) for metric in metrics} == set(KINDS)


def test_kinds_beyond_two_points_stand_in_the_decision():
    told = DECISION.read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        if not kind.within:
            assert f"| {name} | {kind.low:g} to {kind.high:g} |" in told, name


def test_a_kind_is_judged_by_its_worst_study():
    good = Coverage("auc", "one", 0.5, 1000, 951, 25, 24, 0, 0)
    bad = Coverage("auc", "other", 0.5, 1000, 850, 150, 0, 0, 3)
    (claim,) = judged([good, bad], 1000)
    assert (claim.met, claim.value) == (False, 0.85)
    assert "3 studies at 0" in claim.how
    assert "850 of 1000" in claim.how

"""Rank 1 against the gallery: exact where it is measured, labelled and checked where it is not."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import norm

from reid_audit.errors import UsageError
from reid_audit.evaluate import evaluate, gallery_points
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.gallery_models import MODELS, SeenSearches, other_scores, seen_searches, subsampled
from reid_audit.evaluate.searches import search
from reid_audit.statistics import fit_tail

NAN = np.nan


def extrapolated(made, seed=3):
    found = by_name(evaluate(made, rng=np.random.default_rng(seed), resamples=20))
    return {name: result for name, result in found.items() if name[0].startswith("rank_gallery_")}


def seen_of(above, gallery):
    zeros = np.zeros(len(above), dtype=np.int64)
    return SeenSearches(
        np.arange(len(above)),
        zeros + 1.0,
        other_scores(np.zeros((len(above), 0))),
        np.asarray(above),
        zeros,
        zeros + gallery,
    )


@pytest.mark.parametrize("size", [2, 3, 5, 6])
def test_the_measured_curve_is_the_mean_over_all_subsets(size):
    rng = np.random.default_rng(size)
    scores = rng.integers(0, 4, size=(6, 6)).astype(float)
    scores[1, 1] = scores[2, 3] = NAN
    made = table(scores, range(6), range(6))
    expected = []
    for probe in range(6):
        others = [person for person in range(6) if person != probe]
        hits = []
        for some in combinations(others, size - 1):
            own, rivals = scores[probe, probe], [scores[probe, o] for o in some if not np.isnan(scores[probe, o])]
            first = not np.isnan(own) and all(own >= rival for rival in rivals)
            hits.append(first / (1 + sum(own == rival for rival in rivals)))
        expected.append(np.mean(hits))
    np.testing.assert_allclose(subsampled(seen_searches(search(compare(made))), size), expected, atol=1e-12)


def test_the_whole_gallery_gives_rank_1(rng):
    made = normal_table(rng, people=25, probes=2)
    np.testing.assert_allclose(
        subsampled(seen_searches(search(compare(made))), 25), search(compare(made)).hits(1), atol=1e-12
    )
    points = gallery_points(made).query("not extrapolated")
    assert points["size"].tolist() == list(range(2, 26))
    assert points["rate"].is_monotonic_decreasing
    last, rank = points.iloc[-1], by_name(evaluate(made, rng=rng, resamples=20))["rank", 1]
    assert (last["rate"], last["low"], last["high"]) == pytest.approx((rank.value, rank.low, rank.high))
    assert last["chance"] == 1 / 25


def test_a_tail_is_that_of_a_known_distribution():
    rng = np.random.default_rng(4)
    for draw, tail in ((rng.exponential, lambda x: np.exp(-x)), (rng.normal, norm.sf)):
        fitted = fit_tail(draw(size=20_000))
        for at in (0.3, 2.0, 3.0, 4.0):
            assert fitted.exceeded(at) == pytest.approx(tail(at), rel=0.4)
    assert fit_tail(np.arange(1000.0)).shape < -0.5
    assert fit_tail(np.arange(1000.0)).exceeded([2000.0, -1.0]).tolist() == [0, 1]


def test_equal_values_have_no_tail():
    fitted = fit_tail(np.full(100, 0.5))
    assert fitted.exceeded([0.4, 0.5, 0.6]).tolist() == [1, 0.5, 0]


def test_the_pooled_model_is_the_integral_of_independent_scores():
    """Mean over mated scores of F^(N - 1): by quadrature where mated and non-mated scores are normal."""
    seen = seen_searches(search(compare(normal_table(np.random.default_rng(6), people=300, probes=1, shift=3))))
    for size in (300, 3000):
        expected, _ = quad(lambda s, n=size: norm.pdf(s - 3) * norm.cdf(s) ** (n - 1), -6, 12)
        assert MODELS["pooled"](seen)(size).mean() == pytest.approx(expected, abs=0.06)


def test_the_beta_binomial_model_finds_the_probabilities_that_ranks_came_from():
    rng = np.random.default_rng(7)
    a, b = 0.4, 6.0
    above = rng.binomial(199, rng.beta(a, b, size=2000))
    hits = MODELS["beta_binomial"](seen_of(above, 200))
    for size in (200, 2_000, 100_000):
        assert hits(size).mean() == pytest.approx(np.exp(betaln(a, b + size - 1) - betaln(a, b)), rel=0.15)


@pytest.mark.parametrize(("model", "within"), [("per_probe", 0.12), ("beta_binomial", 0.12)])
def test_rank_1_in_a_thousand_from_a_hundred_where_people_differ(model, within):
    """The mean of six studies against the people themselves, searched in 1,000."""
    errors = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        level, mates = rng.normal(size=100), 2.8 + rng.normal(size=100)
        scores = level[:, None] + rng.normal(size=(100, 1000))
        scores[np.arange(100), np.arange(100)] += mates
        truth = subsampled(seen_searches(search(compare(table(scores, range(100), range(1000))))), 1000).mean()
        seen = seen_searches(search(compare(table(scores[:, :100], range(100), range(100)))))
        errors.append(MODELS[model](seen)(1000).mean() - truth)
    assert abs(np.mean(errors)) < within


def test_pooling_people_who_differ_finds_far_too_few():
    """Why more than one model is shown: levels of probes differ, which ranks do not see and pooled scores do."""
    rng = np.random.default_rng(9)
    scores = 2 * rng.normal(size=(200, 1)) + rng.normal(size=(200, 200)) + 3.5 * np.eye(200)
    seen = seen_searches(search(compare(table(scores, range(200), range(200)))))
    truth = search(compare(table(scores, range(200), range(200)))).hits(1).mean()
    assert MODELS["pooled"](seen)(200).mean() < truth - 0.2
    for model in ("per_probe", "beta_binomial"):
        assert MODELS[model](seen)(200).mean() == pytest.approx(truth, abs=0.1)


def test_results_are_labelled_and_show_their_disagreement(rng):
    found = extrapolated(normal_table(rng, people=60, probes=2, shift=2))
    assert {name for name, _ in found} == {
        f"rank_gallery_{size}_{model}" for size in (100_000, 10_000_000) for model in MODELS
    }
    for (name, _), result in found.items():
        assert result.note.startswith("EXTRAPOLATION from 60 people to 10")
        assert all(f"{model.replace('_', ' ')} " in result.note for model in MODELS)
        assert result.chance == 1 / int(name.split("_")[2])
        assert (result.n_subjects, result.control) == (60, None)
        assert 0 <= result.value <= 1
        if result.low is not None:
            assert result.low <= result.value <= result.high
    towns = [found[f"rank_gallery_100000_{model}", 1].value for model in MODELS]
    assert all(f"{value:.2g}" in found["rank_gallery_100000_pooled", 1].note for value in towns)


def test_rising_maps_change_neither_what_is_measured_nor_the_model_of_ranks(rng):
    made = normal_table(rng, people=40, probes=1)
    other = table(np.exp(made.scores), made.probes["subject"], made.references["subject"])
    before, after = (gallery_points(each).query("model in ('measured', 'beta_binomial')") for each in (made, other))
    assert len(before) > 30
    assert before.equals(after)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (np.eye(29) + np.random.default_rng(1).random((29, 29)), "takes 30 people searched"),
        (np.full((40, 40), 0.5), "all scores are equal"),
        (np.full((40, 40), NAN), "too little to extrapolate"),
        (9 * np.eye(40) + np.random.default_rng(1).random((40, 40)), "nobody ever scored higher"),
        (np.ones((1, 1)), "too little"),
        (np.zeros((0, 0)), "there are no probes"),
    ],
)
def test_what_cannot_be_extrapolated_says_why(scores, said):
    made = table(scores, range(len(scores)), range(len(scores)))
    for result in extrapolated(made).values():
        assert result.value is None
        assert said in result.note
    points = gallery_points(made)
    assert not points["extrapolated"].any()
    assert len(points) == max(0, len(scores) - 1)


def test_failed_searches_stay_missed_in_any_gallery(rng):
    scores = rng.normal(size=(60, 60)) + 3 * np.eye(60)
    scores[:15] = NAN
    people = [f"s{i:02}" for i in range(60)]
    made = compare(table(scores, people, people))
    rank_1 = search(made).hits(1)[15:].mean()
    for model in MODELS.values():
        hits = model(seen_searches(search(made)))(60)
        assert not hits[:15].any()
        assert hits[15:].mean() == pytest.approx(rank_1, abs=0.1)


def test_a_gallery_of_one_is_refused(rng):
    with pytest.raises(UsageError, match="at least 2 people, got 1"):
        gallery_points(normal_table(rng), sizes=(1,))

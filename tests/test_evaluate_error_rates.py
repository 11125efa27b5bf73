"""Equal error rate, d' and linkability: by hand, in closed form, and beside other implementations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from evaluate_tables import by_name, normal_table, table
from scipy.stats import norm

from reid_audit.evaluate import evaluate
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.linked import linkability_result
from reid_audit.evaluate.outcome import Case
from reid_audit.evaluate.sides import two_sides
from reid_audit.statistics import linkability

NAN = np.nan
RECORD = json.loads((Path(__file__).parent / "reference" / "verification.json").read_text(encoding="utf-8"))


def found_in(scores, seed=3, **more):
    return by_name(evaluate(scores, rng=np.random.default_rng(seed), **{"resamples": 100, **more}))


def recorded(case):
    """The scores that were made for the other implementations."""
    made = RECORD["made"][case]
    rng = np.random.default_rng(made["seed"])
    people = made["people"]
    return np.round(rng.normal(size=(people, people)) + made["shift"] * np.eye(people), made["decimals"])


def test_equal_error_by_hand():
    """At 0.5 one of 2 mated is missed and 1 of 2 non-mated matches; at 0.4 none and 1 of 2: between them it is 1/2."""
    assert found_in(table([[0.9, 0.1], [0.5, 0.4]], "ab", "ab"))["eer"].value == pytest.approx(0.5)
    assert found_in(table([[0.9, 0.1], [0.2, 0.4]], "ab", "ab"))["eer"].value == 0


def test_equal_error_lies_on_the_line_between_two_points():
    """Mated 1, 3, 5; non-mated pairs at 2 and 0: (1/3, 1/3) at the score of 2.

    Above 2 the rates are (0, 1/3), at 2 they are (1/3, 1/3).
    """
    scores = [[1.0, 0.0, 0.0], [NAN, 3.0, 2.0], [NAN, NAN, 5.0]]
    assert found_in(table(scores, "abc", "abc"))["eer"].value == pytest.approx(1 / 3)


def test_ties_are_drawn_as_a_straight_line():
    """All scores equal: neither a miss of everyone nor of nobody, but one half."""
    equal = found_in(table(np.full((6, 6), 0.5), "abcdef", "abcdef"))
    assert equal["eer"].value == 0.5
    assert equal["linkability"].value == 0
    assert equal["d_prime"].value is None
    assert "spread" in equal["d_prime"].note
    half = np.where(np.eye(4) > 0, [[1.0], [0.5], [0.5], [0.5]], 0.5)
    assert found_in(table(half, "abcd", "abcd"))["eer"].value == pytest.approx(3 / 7), "fnmr 3/4 x = 1 - x"


def linked(shift):
    """Return D_sys of normal scores: the integral of its definition."""
    grid = np.linspace(-8, 10, 20_001)
    mated, nonmated = norm.pdf(grid, shift), norm.pdf(grid)
    return np.trapezoid(np.maximum((mated - nonmated) / (mated + nonmated), 0) * mated, grid)


@pytest.mark.parametrize("shift", [0.0, 2.0, -1.0])
def test_normal_scores_have_the_closed_form(rng, shift):
    found = found_in(normal_table(rng, people=220, probes=6, shift=shift))
    assert found["eer"].value == pytest.approx(norm.cdf(-shift / 2), abs=0.012)
    assert found["d_prime"].value == pytest.approx(shift, abs=0.06)
    assert found["auc"].value == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.012)
    # Scores that tell nothing come out at what shuffled identities give, 0.04, and not at 0: bins are biased up.
    expected = linked(shift) if shift else found["linkability"].control
    assert found["linkability"].value == pytest.approx(expected, abs=0.03)
    for name, truth in (("eer", norm.cdf(-shift / 2)), ("d_prime", shift)):
        assert found[name].low - 0.01 < truth < found[name].high + 0.01


def test_linkability_of_disjoint_scores_is_one_and_of_equal_ones_within_the_null(rng):
    apart = found_in(normal_table(rng, people=30, shift=50))["linkability"]
    assert apart.value == 1
    assert apart.control < 0.3
    inside = [found_in(normal_table(rng, people=30, shift=0))["linkability"] for _ in range(12)]
    points = [float(each.note.split("give less than ")[1].split(",")[0]) for each in inside]
    assert sum(each.value > point for each, point in zip(inside, points, strict=True)) <= 3
    assert all(each.chance == each.control > 0 for each in inside), "small numbers link by accident"


@pytest.mark.parametrize(("probes", "references"), [(2, 1), (3, 4)])
def test_scores_without_a_link_exceed_the_point_of_the_null_as_often_as_it_says(probes, references):
    """One in twenty, and three standard errors of 200 studies more."""
    beyond = 0
    for seed in range(200):
        made = normal_table(np.random.default_rng([7, seed]), people=30, probes=probes, references=references, shift=0)
        case = Case(made, compare(made), seed, 0.95, 2)
        found = linkability_result(case, two_sides(case))
        beyond += found.value > float(found.note.split("give less than ")[1].split(",")[0])
    assert beyond <= 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_separation_is_exact_in_either_direction(rng):
    right, wrong = (found_in(normal_table(rng, people=9, shift=shift)) for shift in (50, -50))
    assert (right["eer"].value, wrong["eer"].value) == (0, 1)
    assert right["d_prime"].value > 20
    assert wrong["d_prime"].value < -20
    assert right["eer"].low == 0
    assert right["eer"].high > 0.2, "nine people show little"


def test_each_person_counts_the_same():
    """a has three photos, b has one: mated 0.9 and 0.2 weigh 1/2 each, non-mated 0.1 and 0.5 3/4 and 1/4."""
    scores = [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.5, 0.2]]
    found = found_in(table(scores, "aaab", "ab"))
    assert found["eer"].value == pytest.approx(0.25)
    assert found["d_prime"].value == pytest.approx((0.55 - 0.2) / np.sqrt((0.35**2 + 0.03) / 2))


def test_shuffled_identities_have_no_skill(rng):
    found = found_in(normal_table(rng, people=40, shift=2))
    assert found["eer"].control == pytest.approx(0.5, abs=0.03)
    assert found["d_prime"].control == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    ("made", "statement"),
    [
        (table([[0.9]], "a", "a"), "no non-mated comparison took place"),
        (table(np.full((6, 6), NAN), "abcdef", "abcdef"), "no comparison took place"),
        (table([[0.9]], "a", "b"), "no mated comparison took place"),
        (table([], [], []), "there are no probes"),
    ],
)
def test_what_cannot_be_had_says_why(made, statement):
    found = found_in(made)
    for name in ("eer", "d_prime", "linkability", "fnmr_at_fmr_0.1", "fmr_realised_0.001"):
        assert found[name].value is None
        if statement != "no comparison took place" or "fmr" not in name:
            assert statement in found[name].note


@pytest.mark.parametrize("case", RECORD["made"])
@pytest.mark.parametrize("library", ["audmetric", "bob.measure"])
def test_equal_error_beside_other_implementations(case, library):
    """They take a mean of both errors at one threshold, we the crossing: one mated comparison apart at most."""
    scores = recorded(case)
    names = [f"s{i:02}" for i in range(len(scores))]
    value = found_in(table(scores, names, names, attacker="scan-to-scan"), resamples=2)["eer"].value
    assert value == pytest.approx(RECORD[library]["cases"][case]["eer"], abs=1 / len(scores))


@pytest.mark.parametrize("case", RECORD["made"])
@pytest.mark.parametrize("bins", [4, 10, 25])
def test_linkability_beside_another_implementation(case, bins):
    """audmetric joins the middles of bins by trapezoids, which leaves out half of what the outermost two add."""
    scores = recorded(case)
    own = np.eye(len(scores), dtype=bool)
    edges = np.linspace(scores.min(), scores.max(), bins + 1)
    mated, nonmated = (np.histogram(scores[kind], bins=edges)[0].astype(float) for kind in (own, ~own))
    ends = [mated[end] / mated.sum() for end in (0, -1)]
    other = [nonmated[end] / nonmated.sum() for end in (0, -1)]
    half = sum(m * max(m - n, 0) / (m + n) for m, n in zip(ends, other, strict=True) if m + n) / 2
    expected = RECORD["audmetric"]["cases"][case]["linkability"][str(bins)]
    assert float(linkability(mated, nonmated)) - half == pytest.approx(expected, abs=1e-12)

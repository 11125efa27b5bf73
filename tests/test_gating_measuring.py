"""Counting people in score tables: any search counts, the release is the gallery, strangers set the threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluate_tables import normal_table, table, with_templates
from gating_making import evidence, judged, pair, write_run

from reid_audit.gating import FPIR, GateLimits, in_words, measure
from reid_audit.gating.bounds import lower_bound, upper_bound
from reid_audit.types import ScoreTable


def by_hand(made, fpir=FPIR):
    """Slow second implementation for one reference a person, without ties or failures."""
    probes, references = made.probes["subject"].tolist(), made.references["subject"].tolist()
    first: dict[str, bool] = {}
    strangers: dict[str, list[float]] = {}
    own: dict[str, list[float]] = {}
    for row, person in enumerate(probes):
        scores = dict(zip(references, made.scores[row], strict=True))
        mate = scores.pop(person)
        first[person] = first.get(person, False) or mate > max(scores.values())
        strangers.setdefault(person, []).append(max(scores.values()))
        own.setdefault(person, []).append(mate)
    levels = sorted(score for scores in strangers.values() for score in scores)
    rates = [np.mean([np.mean(np.array(s) >= level) for s in strangers.values()]) for level in levels]
    allowed = [level for level, rate in zip(levels, rates, strict=True) if rate <= fpir + 1e-9]
    threshold = allowed[0] if allowed else np.nextafter(levels[-1], np.inf)
    return sum(first.values()), sum(max(scores) >= threshold for scores in own.values())


@pytest.mark.parametrize("shift", [0.0, 1.5, 4.0])
def test_counts_are_those_of_a_slow_loop(rng, shift) -> None:
    made = normal_table(rng, people=130, probes=2, shift=shift)
    measured = measure(made)
    assert (measured.found, measured.open_found) == pytest.approx(by_hand(made))
    assert (measured.people, measured.searches, measured.gallery) == (130, 260, (130, 130))
    assert measured.open_people == 130
    assert measured.fpir is not None
    assert measured.fpir <= FPIR


def test_one_of_several_searches_is_enough() -> None:
    scores = [[9, 1, 1], [0, 5, 6], [1, 0, 7], [2, 8, 1], [1, 7, 3], [4, 3, 2]]
    measured = measure(table(scores, ["a", "a", "b", "b", "c", "c"], ["a", "b", "c"]))
    assert measured.found == 2  # a by the first, b by the second, c never
    assert measured.rate == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert measured.guessed == pytest.approx(3 * (1 - (2 / 3) ** 2))


def test_a_tie_counts_by_its_share() -> None:
    measured = measure(table(np.ones((4, 4)), list("abcd"), list("abcd")))
    assert measured.found == pytest.approx(1.0)


def test_who_has_no_template_is_not_found_and_stays_in_the_count() -> None:
    scores = np.eye(4)
    scores[1] = np.nan
    made = with_templates(table(scores, list("abcd"), list("abcd")), (1, 0, 1, 1), (1, 1, 1, 1))
    measured = measure(made)
    assert (measured.people, measured.found, measured.enrolled) == (4, 3.0, 4)
    nobody = with_templates(table(np.full((4, 4), np.nan), list("abcd"), list("abcd")), (1,) * 4, (0,) * 4)
    assert (measure(nobody).people, measure(nobody).found, measure(nobody).enrolled) == (4, 0.0, 0)


def test_distractors_are_neither_searched_nor_do_they_set_the_threshold(rng) -> None:
    made = normal_table(rng, people=120, probes=1, shift=2.0)
    strangers = pd.DataFrame({"subject": ["x", "y"], "sample": ["x", "y"]})
    padded = replace(
        made,
        attacker="open-set",
        references=pd.concat([made.references, strangers], ignore_index=True).assign(
            distractor=[False] * 120 + [True] * 2
        ),
        scores=np.hstack([made.scores, np.full((120, 2), 99.0)]),
        compared=np.ones((120, 122), dtype=bool),
    )
    plain, measured = measure(replace(made, attacker="open-set")), measure(padded)
    assert measured == plain
    assert measured.found > 0


def test_the_order_of_rows_is_of_no_account(rng) -> None:
    made = normal_table(rng, people=40, probes=2)
    rows, columns = rng.permutation(80), rng.permutation(40)
    moved = replace(
        made,
        probes=made.probes.iloc[rows].reset_index(drop=True),
        references=made.references.iloc[columns].reset_index(drop=True),
        scores=made.scores[np.ix_(rows, columns)],
    )
    assert measure(moved) == measure(made)


def dealt(found, people=4) -> ScoreTable:
    """Everybody searched once in each way; the way finds person p0 or nobody, all others are always missed."""
    names = [f"p{who}" for who in range(people)]
    scores = []
    for way in found:
        one = np.roll(np.eye(people), 1, axis=1) + 0.01 * np.arange(people)
        one[0, 0] = 9.0 if way else -9.0
        scores.append(one)
    made = table(np.vstack(scores), names * len(found), names, attacker="adapted", matcher="topk")
    split = np.repeat(np.arange(len(found)), people)
    return replace(made, probes=made.probes.assign(sample=names * len(found), split=split))


@pytest.mark.parametrize(
    ("found", "share"),
    [((0, 1, 1, 0, 1), 3 / 5), ((0, 1, 0, 0, 1), 2 / 5), ((1, 0, 0, 0, 0), 1 / 5), ((1,) * 5, 1.0), ((0,) * 5, 0.0)],
)
def test_who_is_found_in_some_halves_counts_by_their_share(found, share) -> None:
    measured = measure(dealt(found), str)
    assert measured.found == pytest.approx(share)
    assert measured.rate == pytest.approx(share / 4), "the positive control is the same mean, as in the report"
    assert (measured.people, measured.searches, measured.ways) == (4, 4, 5)
    assert measured.guessed == pytest.approx(1.0), "guesses find as many as in one way: neither more nor fewer"
    assert measured.worst is not None
    assert (measured.worst.searches, measured.worst.first) == (1, pytest.approx(share))


def test_the_line_of_an_attack_in_halves_says_how_a_person_counts(tmp_path) -> None:
    told = in_words(judged(write_run(tmp_path / "a", evidence(pair(found=2.3, ways=10)))), GateLimits(), 150)
    assert "mean over 10 ways to deal people out: a person counts by the share of the ways that find them" in told[0]
    assert "2.3 of 150 people found" in told[0]
    plain = in_words(judged(write_run(tmp_path / "b", evidence())), GateLimits(), 150)
    assert "ways to deal people out" not in plain[0]


def test_a_share_of_the_halves_widens_the_bound_by_as_much() -> None:
    bounds = []
    for found in ((0, 0, 0, 0, 0), (0, 1, 0, 0, 1), (0, 1, 1, 0, 1), (1, 1, 1, 1, 1)):
        made = measure(dealt(found))
        bounds.append(upper_bound(made.matcher, made.found, made.people, 0.95))
    assert bounds == sorted(set(bounds)), "found first or last makes no difference, found more often does"


def test_ways_are_attacks_by_themselves_each_with_its_threshold(rng) -> None:
    ways = [normal_table(rng, people=120, probes=2, shift=shift) for shift in (0.5, 3.0, 9.0)]
    both = replace(
        ways[0],
        probes=pd.concat([way.probes.assign(split=number) for number, way in enumerate(ways)], ignore_index=True),
        scores=np.vstack([10.0**number * way.scores for number, way in enumerate(ways)]),
        compared=np.ones((720, 120), dtype=bool),
    )
    alone = [measure(way) for way in ways]
    measured = measure(both)
    for name in ("found", "guessed", "rate", "fpir", "open_found", "open_guessed"):
        assert getattr(measured, name) == pytest.approx(np.mean([getattr(one, name) for one in alone])), name
    assert (measured.people, measured.searches, measured.open_people, measured.ways) == (120, 240, 120, 3)


def test_who_was_searched_for_in_some_ways_counts_by_those() -> None:
    made = dealt((1, 0, 0))
    compared = made.compared.copy()
    compared[4] = compared[8] = False  # p0 in the second and the third way
    assert measure(replace(made, compared=compared)).found == pytest.approx(1.0)


def guesses(rng, people, ways=10):
    """Scores that show nobody, alike in all ways as where nothing was learnt; who is in which half in each way."""
    return rng.normal(size=(people, people)), np.array([rng.permutation(people) % 2 for _ in range(ways)])


def found_by_guessing(scores, halves) -> float:
    """Slow second count: in how many of the ways each person comes first in their half, summed over people."""
    hits = 0
    for half in halves:
        among = np.where(half[:, None] == half[None, :], scores, -np.inf)
        hits += int(np.sum(among.argmax(axis=1) == np.arange(len(scores))))
    return hits / len(halves)


def test_guessing_alone_is_not_flagged_in_ways_that_repeat_each_other(rng) -> None:
    """The mean over ways strays less than one way does, so that bounds which are exact for one way hold."""
    scores, halves = guesses(rng, 24)
    names = [f"p{who}" for who in range(24)]
    compared = np.vstack([half[:, None] == half[None, :] for half in halves])
    made = table(np.tile(scores, (10, 1)), names * 10, names, attacker="adapted", matcher="topk", compared=compared)
    made = replace(made, probes=made.probes.assign(sample=names * 10, split=np.repeat(np.arange(10), 24)))
    assert measure(made).found == pytest.approx(found_by_guessing(scores, halves))
    assert measure(made).guessed == pytest.approx(2.0)

    found = np.array([found_by_guessing(*guesses(rng, 24)) for _ in range(400)])
    chance = 1 / 12
    assert found.mean() == pytest.approx(2.0, abs=0.3)
    assert np.mean([lower_bound("topk", each, 24, 0.95) > chance for each in found]) <= 0.05
    assert np.mean([upper_bound("topk", each, 24, 0.95) < chance for each in found]) <= 0.05


def pairs(rng, people=12, sessions=2, shift=3.0) -> ScoreTable:
    """Renders against renders, each pair once, as scan-to-scan draws them."""
    rows = pd.DataFrame(
        [(f"p{who}", f"p{who}s{session}", session) for who in range(people) for session in range(sessions)],
        columns=["subject", "sample", "session"],
    ).assign(n_templates=1)
    own = rows["subject"].to_numpy()[:, None] == rows["subject"].to_numpy()[None, :]
    scores = rng.normal(size=own.shape) + shift * own
    once = np.triu(np.ones(own.shape, dtype=bool), k=1)
    return ScoreTable(
        "scan-to-scan", "cosine", "dlib", "defaced", rows, rows, np.where(once, scores, np.nan), once, "cross-session"
    )


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_who_asks_of_pairs_searches_people(rng, shift) -> None:
    made = pairs(rng, shift=shift)
    subjects = made.probes["subject"].to_numpy()
    best = {
        (one, other): max(
            made.scores[i, j]
            for i in range(24)
            for j in range(i + 1, 24)
            if {(subjects[i], subjects[j])} & {(one, other), (other, one)}
        )
        for one in set(subjects)
        for other in set(subjects)
    }
    names = sorted(set(subjects))
    found = sum(best[who, who] > max(best[who, other] for other in names if other != who) for who in names)
    measured = measure(made)
    assert (measured.people, measured.found, measured.relation) == (12, float(found), "cross-session")
    assert measured.enrolled == 12


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (table(np.ones((2, 1)), ["a", "a"], ["a"]), "one person"),
        (table(np.ones((2, 2)), ["a", "b"], ["c", "d"]), "no probe has another sample"),
        (table(np.ones((0, 2)), [], ["c", "d"]), "no probes"),
        (table(np.ones((2, 2)), ["a", "b"], ["a", "b"], compared=np.zeros((2, 2))), "no comparison"),
    ],
)
def test_what_cannot_be_counted_says_why(made, why) -> None:
    measured = measure(made)
    assert why in measured.note
    assert (measured.people, measured.found) == (0, 0.0)


class TestWorst:
    def test_who_is_found_most_is_named_by_pseudonym_with_place_and_score(self) -> None:
        scores = [[9, 1, 1, 0], [8, 5, 6, 2], [1, 6, 7, 1], [2, 8, 1, 3], [1, 7, 3, 1], [4, 3, 2, 9]]
        made = table(scores, ["a", "a", "b", "b", "c", "d"], ["a", "b", "c", "d"])
        worst = measure(made, lambda label: f"P-{label}").worst
        assert worst is not None
        assert (worst.pseudonym, worst.searches, worst.first, worst.rank, worst.gallery) == ("P-a", 2, 2.0, 1.0, 4)
        others = np.array([1.0, 1.0, 0.0])  # of the first search, where both of a's put a first
        assert worst.margin == pytest.approx((9 - others.mean()) / others.std(ddof=1))
        assert measure(made).worst is None

    def test_where_nobody_is_found_the_nearest_is_named(self) -> None:
        scores = [[1, 9, 8, 7], [6, 5, 3, 2], [9, 8, 2, 3], [9, 8, 7, 3]]
        worst = measure(table(scores, list("abcd"), list("abcd")), str).worst
        assert worst is not None
        assert (worst.pseudonym, worst.first, worst.rank) == ("b", 0.0, 2.0)

    def test_who_has_no_template_is_last_and_two_others_make_no_margin(self) -> None:
        scores = np.array([[np.nan, 1, 2], [3, 1, 2], [3, 2, 1]], dtype=float)
        worst = measure(table(scores, list("abc"), list("abc")), str).worst
        assert worst is not None
        assert (worst.rank, worst.gallery, worst.margin) == (3.0, 3, None)

    def test_the_order_of_rows_is_of_no_account(self, rng) -> None:
        made = normal_table(rng, people=30, probes=2)
        rows, columns = rng.permutation(60), rng.permutation(30)
        moved = replace(
            made,
            probes=made.probes.iloc[rows].reset_index(drop=True),
            references=made.references.iloc[columns].reset_index(drop=True),
            scores=made.scores[np.ix_(rows, columns)],
        )
        assert measure(moved, str).worst == measure(made, str).worst


class TestSearched:
    """Which released scans an attack met."""

    def test_scans_that_the_references_are_not_made_of_were_not_searched(self, rng) -> None:
        made = replace(normal_table(rng, people=20), scans={"one": 3, "three": 0, "a distractor": 1})
        assert measure(made, str, {"one": 0, "two": 1, "three": 4}).unsearched == (1,)
        assert (measure(made).scans, measure(made).templated) == (3, 2)
        assert measure(made).unsearched == ()

    def test_where_references_are_scans_those_that_nothing_met_were_not_searched(self) -> None:
        compared = np.ones((3, 3), dtype=bool)
        compared[:, 2] = False
        made = table(np.eye(3), list("abc"), list("abc"), compared=compared)
        assert measure(made, str, {"r0": 0, "r1": 1, "r2": 2}).unsearched == (2,)

    def test_of_pairs_both_sides_are_met(self, rng) -> None:
        made = pairs(rng)
        places = {sample: place for place, sample in enumerate(made.probes["sample"])}
        assert measure(made, str, {**places, "another": 24}).unsearched == (24,)

    def test_who_was_not_searched_for_is_not_counted_among_those_with_a_template(self) -> None:
        made = with_templates(table(np.eye(3)[:2], list("ab"), list("abc")), (1, 1), (0, 1, 1))
        assert (measure(made).people, measure(made).enrolled) == (2, 1)

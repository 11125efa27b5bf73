"""Matches and their pictures, on tables and templates solvable by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluate_tables import table

from reid_audit.appendix.matches import Candidate, Side, matches_of
from reid_audit.appendix.shots import Shot, ShotFinder
from reid_audit.enrolment import Enrolled
from reid_audit.types import Templates, View

NAN = np.nan
FRONT, SIDE = View(0.0, 0.0, 0.0, 38.0), View(20.0, 0.0, 0.0, 38.0)


def test_first_own_and_rank() -> None:
    scores = [[0.9, 0.1, 0.2], [0.5, 0.4, 0.3], [0.1, 0.2, NAN]]
    first, second, third = matches_of(table(scores, ["a", "b", "c"], ["a", "b", "c"]))
    assert (first.subject, first.found, first.rank, first.gallery) == ("a", True, 1, 3)
    assert first.own == first.first
    assert (second.subject, second.found, second.rank) == ("b", False, 2)
    assert second.first.reference.subject == "a"
    assert (second.own.reference.subject, second.own.score) == ("b", 0.4)
    assert (third.subject, third.own, third.rank, third.first.score) == ("c", None, None, 0.2)


def test_a_person_has_the_best_of_several_references_and_ties_are_told() -> None:
    scores = [[0.1, 0.7, 0.7, 0.2]]
    (match,) = matches_of(table(scores, ["a"], ["a", "a", "b", "c"]))
    assert match.own.reference.sample == "r1"
    assert (match.rank, match.tied, match.gallery, match.found) == (1, 1, 3, False)
    assert match.first.reference.subject == "a"


def test_pairs_are_read_in_both_directions() -> None:
    made = table(
        [[NAN, 0.2, 0.6], [NAN, NAN, 0.3], [NAN, NAN, NAN]],
        ["a", "a", "b"],
        ["a", "a", "b"],
        attacker="scan-to-scan",
        compared=np.triu(np.ones((3, 3), dtype=bool), k=1),
    )
    samples = made.probes.assign(sample=["a1", "a1", "b1"])
    by_sample = {match.sample: match for match in matches_of(replace(made, probes=samples, references=samples))}
    assert by_sample["b1"].first.reference.subject == "a"
    assert by_sample["b1"].first.score == 0.6
    assert by_sample["a1"].own.score == 0.2
    assert (by_sample["a1"].rank, by_sample["b1"].rank) == (2, None)


def test_nobody_compared_and_nobody_scored() -> None:
    assert matches_of(table([[0.5]], ["a"], ["a"], compared=[[False]])) == ()
    (match,) = matches_of(table([[NAN, NAN]], ["a"], ["a", "b"]))
    assert (match.first, match.own, match.rank) == (None, None, None)


def test_distractors_come_first_in_nothing() -> None:
    padded = table([[0.1, 0.9]], ["a"], ["a", "x"])
    references = padded.references.assign(distractor=[False, True])
    (match,) = matches_of(replace(padded, references=references))
    assert match.found
    assert match.gallery == 1


@pytest.fixture
def enrolled() -> Enrolled:
    """Two people, two renders each of the original, one photograph of the first."""
    rows = [
        ("a", "scan-a", "original", FRONT),
        ("a", "scan-a", "original", SIDE),
        ("b", "scan-b", "original", FRONT),
        ("b", "scan-b", "original", SIDE),
    ]
    scans = pd.DataFrame(
        [(subject, "1", condition, sample, *view.camera, *view.light) for subject, sample, condition, view in rows],
        columns=["subject", "session", "condition", "sample", "yaw", "pitch", "light_azimuth", "light_elevation"],
    )
    photos = pd.DataFrame([("a", "", "", "photo-a", NAN, NAN, NAN, NAN)], columns=scans.columns)
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [NAN, NAN]])
    return Enrolled(
        Templates(scans, vectors, "e"), Templates(photos, np.array([[0.0, 2.0]]), "e"), samples={}, failures=()
    )


def test_the_render_most_like_the_photograph_is_shown(enrolled: Enrolled) -> None:
    finder = ShotFinder(enrolled, "original")
    probe = Side("a", "photo-a")
    assert finder.shots(Candidate(probe, Side("a", "a"), 0.9)) == (Shot("photo-a", None), Shot("scan-a", SIDE))
    assert finder.shots(Candidate(probe, Side("b", "b"), 0.9))[1] == Shot("scan-b", FRONT)
    assert ShotFinder(enrolled, "zero").shots(Candidate(probe, Side("a", "a"), 0.9))[1] is None


def test_a_person_who_asks_is_shown_by_a_photograph(enrolled: Enrolled) -> None:
    finder = ShotFinder(enrolled, "original")
    assert finder.shots(Candidate(Side("a", "a"), Side("b", "b"), 0.1))[0] == Shot("photo-a", None)
    assert finder.alone(Side("b", "b")) == Shot("scan-b", FRONT)


def test_a_render_that_was_compared_is_the_one_that_is_shown(enrolled: Enrolled) -> None:
    finder = ShotFinder(enrolled, "original")
    pair = Candidate(Side("a", "scan-a", (0.0, 0.0, 0.0, 38.0)), Side("b", "scan-b", (20.0, 0.0, 0.0, 38.0)), 0.3)
    assert finder.shots(pair) == (Shot("scan-a", FRONT), Shot("scan-b", SIDE))

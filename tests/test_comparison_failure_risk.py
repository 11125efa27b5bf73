"""Whether people are found where a region was left: by hand, and what chance and gaps give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluate_tables import normal_table, table

from reid_audit.comparison import risk_by_failure
from reid_audit.comparison.words import failure_words

PEOPLE = "abcd"


def scores(condition, found, **more):
    """One probe a person, found first or found last."""
    matrix = np.where(np.eye(len(PEOPLE), dtype=bool), np.where([each in found for each in PEOPLE], 9.0, 0.0), 5.0)
    return replace(table(matrix, PEOPLE, PEOPLE, **more), condition=condition)


def verdicts(failed):
    """Rows of the conditions x and y; ``failed`` names person and condition of what left the nose."""
    rows = [
        {
            "subject": who,
            "condition": name,
            "face_pass": (who, name) not in failed,
            "nose_pass": (who, name) not in failed,
        }
        for who in PEOPLE
        for name in ("x", "y")
    ]
    return pd.DataFrame(rows)


def of(risks, part):
    (one,) = [each for each in risks if each.part == part]
    return one


def risks(judged, tables):
    return risk_by_failure(judged, tables, rng=np.random.default_rng(3))


def test_people_are_compared_with_themselves_by_hand():
    judged = verdicts({(who, "x") for who in "abc"})
    found = of(risks(judged, [scores("x", "ab"), scores("y", "bd")]), "nose")
    # a: found where left alone; b: found in both; c: in none; d has no form that failed and says nothing.
    assert (found.n_subjects, found.n_forms) == (3, 6)
    assert found.found_failed == pytest.approx(2 / 3)
    assert found.found_passed == pytest.approx(1 / 3)
    assert found.difference == pytest.approx(1 / 3)
    assert found.low < 1 / 3 < found.high
    assert found.note.startswith("failed under x; passed under y")


def test_shuffled_verdicts_tell_nothing():
    judged = verdicts({(who, "x") for who in PEOPLE})
    found = of(risks(judged, [scores("x", PEOPLE), scores("y", "")]), "face")
    assert found.difference == 1.0
    assert abs(found.control) < 0.2


def test_a_person_fails_where_one_scan_does_and_what_is_lost_counts_on_no_side():
    judged = verdicts({(who, "x") for who in PEOPLE}).assign(session="1", lost=False)
    more = judged[judged["condition"] == "y"].assign(session="2", nose_pass=[False, True, True, True])
    judged.loc[judged["subject"] == "b", "lost"] = True
    found = of(risks(pd.concat([judged, more]), [scores("x", PEOPLE), scores("y", "")]), "nose")
    assert found.n_subjects == 2  # a fails under both, b was lost under x
    assert found.difference == 1.0


def test_what_cannot_be_compared_has_its_reason():
    every = verdicts({(who, name) for who in PEOPLE for name in ("x", "y")})
    tables = [scores("x", "ab"), scores("y", "bd")]
    assert "every form failed" in of(risks(every, tables), "nose").note
    assert "every form passed" in of(risks(verdicts(set()), tables), "nose").note
    between = verdicts({("a", "x"), ("a", "y")})
    assert "differs between people" in of(risks(between, tables), "nose").note
    assert of(risks(every, tables), "mouth").note == "nobody was searched in a scan that was judged"
    assert of(risks(every, tables), "mouth").difference is None
    assert risks(every, [replace(scores("x", "a"), condition="original")]) == ()


def test_each_attack_is_by_itself_and_the_words_hold_every_number():
    judged = verdicts({(who, "x") for who in PEOPLE})
    tables = [scores(name, "ab", matcher=matcher) for name in ("x", "y") for matcher in ("nearest", "svm")]
    found = risks(judged, tables)
    assert {(each.attacker, each.matcher) for each in found} == {("photo-nearest", "nearest"), ("photo-nearest", "svm")}
    words = failure_words(found)
    numbered = [each for each in found if each.difference is not None]
    assert len(words.rows) == len(numbered) == 4
    assert f"{len(found) - 4} without a number" in words.caption
    (row,) = [row for row in words.rows if row[:2] == ("photo-nearest/svm", "nose")]
    assert row[2:6] == ("4", "8", "50 %", "50 %")
    assert row[6].startswith("+0 (")


def test_a_region_that_decides_nothing_covers_no_difference(rng):
    """Twenty people whose finding does not depend on the verdict: the interval holds 0."""
    people = [f"s{i}" for i in range(20)]
    rows = [
        {"subject": who, "condition": name, "face_pass": bool(rng.random() < 0.5)}
        for who in people
        for name in "uvwxyz"
    ]
    tables = [replace(normal_table(rng, people=20), condition=name) for name in "uvwxyz"]
    found = of(risks(pd.DataFrame(rows), tables), "face")
    assert found.low < 0 < found.high

"""A release that is too small: what is said first, how many people it takes, and no number that reads like another."""

from __future__ import annotations

import pytest
from gating_making import evidence, judged, pair, write_run

from reid_audit.errors import SettingsError
from reid_audit.gating import FPIR_IN_WORDS, GateLimits, in_words
from reid_audit.gating.bounds import lower_bound
from reid_audit.gating.words import told_apart

UNKNOWN = 4


@pytest.mark.parametrize(
    ("people", "changes", "limits", "says"),
    [
        (6, {"attacker": "assignment", "matcher": "assignment"}, {},
         "and more than 25 % is wanted; with 6 people it can never be (6 of 6 found gives 24.7 %): it takes 7"),
        (6, {}, {"max_risk": 0.81, "control_floor": 0.82},
         "is 61 %, and more than 82 % is wanted; with 6 people it can never be (6 of 6 found gives 61 %): it takes 16"),
    ],
)  # fmt: skip
def test_a_control_that_so_few_people_can_never_give_names_how_many_can(
    tmp_path, people, changes, limits, says
) -> None:
    verdict = judged(
        write_run(tmp_path, evidence(pair(found=0, people=people, control=1.0, **changes), people)),
        limits=GateLimits(**limits),
    )
    assert any(reason.text.endswith(says) for reason in verdict.reasons), [each.text for each in verdict.reasons]


def test_a_control_of_people_enough_names_no_number_of_them(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=0, control=0.3))))
    assert "more than 25 % is wanted" in verdict.line
    assert "can never be" not in verdict.line


def test_a_floor_below_the_risk_says_how_many_people_a_higher_one_takes(tmp_path) -> None:
    out = write_run(tmp_path, evidence())
    with pytest.raises(SettingsError, match="above the risk") as refused:
        judged(out, limits=GateLimits(max_risk=0.81))
    assert "takes 15 people at least" in refused.value.remedy
    assert lower_bound("nearest", 15, 15, 0.95) > 0.81 > lower_bound("nearest", 14, 14, 0.95)


@pytest.mark.parametrize(
    ("share", "limit", "said"),
    [
        (0.2475, 0.25, ("24.8 %", "25 %")),
        (0.249996, 0.25, ("24.9996 %", "25 %")),
        (0.1, 0.25, ("10 %", "25 %")),
        (0.25, 0.25, ("25 %", "25 %")),
    ],
)
def test_what_differs_does_not_read_the_same(share, limit, said) -> None:
    assert told_apart(share, limit) == said


def test_that_a_release_is_too_small_is_told_first_of_what_leads_to_the_same(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=0, people=16, control=0.1), 16, lost=2), rows=False))
    assert verdict.status == UNKNOWN
    assert verdict.line.startswith("not enough evidence: too few people: a release of 16 ")
    assert "100 people searched for without their own scans" in verdict.reasons[1].text
    assert "lost" in verdict.reasons[2].text
    above = judged(write_run(tmp_path / "b", evidence(pair(found=12, people=16), 16)))
    assert above.line.startswith("above threshold: photo-nearest")


def test_the_rate_of_false_alarms_is_said_in_words(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence()))
    told = [line for line in in_words(verdict, GateLimits(), 150) if FPIR_IN_WORDS in line]
    assert len(told) == 1, "once, however many attacks there are"

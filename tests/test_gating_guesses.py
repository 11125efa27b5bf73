"""What guesses find by themselves is no sign of a face: never above threshold, and seldom by luck."""

from __future__ import annotations

import numpy as np
import pytest
from gating_making import evidence, judged, pair, write_run
from scipy.stats import binom

from reid_audit.gating import GateLimits
from reid_audit.gating.judging import judge
from reid_audit.gating.reasons import about_attacks

ABOVE, UNKNOWN = 3, 4


def share_above(people: int, chance: float, attacks: int) -> float:
    """Probability that a release lies above in which people are found by guessing alone, attacks being independent."""
    found = np.arange(people + 1)
    above = np.array([_lies_above(people, chance, attacks, int(number)) for number in found])
    return float(1.0 - (1.0 - binom.pmf(found, people, chance)[above].sum()) ** attacks)


def _lies_above(people: int, chance: float, attacks: int, found: int) -> bool:
    guessed = chance * people
    values = {"gallery": (2, people), "guessed": guessed, "open_people": 0, "open_guessed": 0.0, "fpir": None}
    made = [
        each
        for number in range(attacks)
        for each in pair(
            found=found if number == 0 else guessed, people=people, control=1.0, attacker=f"a{number}", **values
        )
    ]
    record = evidence(tuple(made), people)
    reasons = about_attacks(*judge(made, record.attackers, ("defaced",), GateLimits()), record, GateLimits())
    return any(reason.outcome == "above threshold" for reason in reasons)


@pytest.mark.parametrize("attacks", [1, 12])
@pytest.mark.parametrize(("people", "chance"), [(5, 0.63), (16, 0.23), (20, 0.1), (68, 1 / 68), (100, 0.02)])
def test_guesses_alone_seldom_lie_above(people, chance, attacks) -> None:
    assert share_above(people, chance, attacks) <= 0.05


def test_a_release_so_small_that_guessing_reaches_the_threshold_is_not_enough(tmp_path) -> None:
    small = pair(found=5, people=5, control=1.0, attacker="adapted", gallery=(2, 3), guessed=3.15)
    verdict = judged(write_run(tmp_path / "a", evidence(small, 5)))
    assert (verdict.status, verdict.people_wanted) == (UNKNOWN, 115)
    assert any("it takes a release of 115" in reason.text for reason in verdict.reasons)
    some = pair(found=4, people=16, attacker="adapted", gallery=(8, 8), guessed=3.68)
    assert judged(write_run(tmp_path / "b", evidence(some, 16))).status == UNKNOWN
    most = pair(found=14, people=16, attacker="adapted", gallery=(8, 8), guessed=3.68)
    assert judged(write_run(tmp_path / "c", evidence(most, 16))).status == ABOVE


def test_a_bound_that_is_too_high_by_luck_is_not_enough_whatever_the_size(tmp_path) -> None:
    lucky = pair(found=4, people=100, guessed=1.0), pair(found=6, people=110, guessed=2.0, attacker="fusion")
    verdict = judged(write_run(tmp_path, evidence((*lucky[0], *lucky[1]), 110)))
    assert verdict.status == UNKNOWN, verdict.line
    assert "no more than guesses may find: audit more people" in verdict.line

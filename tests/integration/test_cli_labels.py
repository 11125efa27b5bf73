"""Several labels behind one flag, as BIDS Apps take them."""

from __future__ import annotations

import pytest

from reid_audit.cli.labels import spread_labels


@pytest.mark.parametrize(
    ("line", "spread"),
    [
        ("run a b group --participant-label 01", "run a b group --participant-label 01"),
        (
            "run a b participant --participant_label 01 02 03 --workers 2",
            "run a b participant --participant_label 01 --participant_label 02 --participant_label 03 --workers 2",
        ),
        ("--debug run a b --session-label x y -q", "--debug run a b --session-label x --session-label y -q"),
        (
            "run a b --participant-label 1 2 --session-label x",
            "run a b --participant-label 1 --participant-label 2 --session-label x",
        ),
        ("validate a --participant-label 1 2", "validate a --participant-label 1 --participant-label 2"),
        ("run --participant-label 01 a b", "run --participant-label 01 a b"),
        ("run a --participant-label 01 b", "run a --participant-label 01 b"),
        ("deface a b --participant-label 1 2", "deface a b --participant-label 1 2"),
        ("run a b --attacker x --photos p", "run a b --attacker x --photos p"),
        ("", ""),
    ],
)
def test_every_label_gets_a_flag(line: str, spread: str) -> None:
    assert spread_labels(line.split()) == spread.split()

"""The small version of each step of the evidence: what the full version claims must hold in small as well."""

from __future__ import annotations

import pytest

from benchmarks.evidence.__main__ import TOPICS
from benchmarks.evidence.runner import REAL_DATA, run_topic

NEEDS_REAL = {
    *("london", "real-heads", "cohort-of-three", "real-man"),
    *("quality-real", "defacers-real", "compare-real"),
}
REPEATED = {"demo-time", "s2-withheld", "s4-withheld", "s0", "s1"}
"""Steps whose small version another step runs already, or all but its population."""
TOGETHER = (("against-naive", "naive-itself"), ("s4", "own-scans"))
"""Steps of which the later one goes on with what the earlier one made."""


def cases():
    """Return topic and steps of each test."""
    later = {step for steps in TOGETHER for step in steps[1:]}
    first = {steps[0]: steps for steps in TOGETHER}
    for topic, steps in TOPICS.items():
        for step in steps:
            if step not in REPEATED and step not in later:
                together = first.get(step, (step,))
                yield pytest.param(topic, together, id="-".join((topic, *together)))


@pytest.mark.parametrize(("topic", "steps"), list(cases()))
def test_every_claim_of_the_steps_is_met_in_small(topic, steps, tmp_path):
    if NEEDS_REAL.intersection(steps) and not (REAL_DATA / "heads").is_dir():
        pytest.skip(f"REAL HEADS NOT TESTED: no folder '{REAL_DATA}'; set REID_AUDIT_TEST_DATA to the sample data.")
    claims = run_topic(topic, TOPICS[topic], small=True, only=steps, work=tmp_path)["claims"]
    assert claims
    assert [claim for claim in claims if not claim["met"]] == []

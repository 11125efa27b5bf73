"""The small version of each step of the evidence: what the full version claims must hold in small as well."""

from __future__ import annotations

import pytest

from benchmarks.evidence.__main__ import TOPICS
from benchmarks.evidence.runner import REAL_DATA, run_topic
from reid_audit.reconstruct.diffusion.extra import missing_packages

NEEDS_REAL = {
    *("london", "real-heads", "cohort-of-three", "real-man"),
    *("quality-real", "defacers-real", "compare-real"),
}
REPEATED = {"demo-time", "s2-withheld", "s4-withheld", "s0", "s1"}
"""Steps whose small version another step runs already, or all but its population."""
SLOW = {"faces", "diffusion"}
"""Steps whose small version takes minutes: it learns from eight heads."""
CASES = [
    pytest.param(topic, step, marks=pytest.mark.slow if step in SLOW else ())
    for topic, steps in TOPICS.items()
    for step in steps
    if step not in REPEATED
]


@pytest.mark.parametrize(("topic", "step"), CASES)
def test_every_claim_of_the_step_is_met_in_small(topic, step, tmp_path):
    if step in NEEDS_REAL and not (REAL_DATA / "heads").is_dir():
        pytest.skip(f"REAL HEADS NOT TESTED: no folder '{REAL_DATA}'; set REID_AUDIT_TEST_DATA to the sample data.")
    if step == "diffusion" and missing_packages():
        pytest.skip("DIFFUSION NOT TESTED: make reconstruct")
    claims = run_topic(topic, TOPICS[topic], small=True, only=[step], work=tmp_path)["claims"]
    assert claims
    assert [claim for claim in claims if not claim["met"]] == []

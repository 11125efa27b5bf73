"""The small version of each step of the evidence: what the full version claims must hold in small as well."""

from __future__ import annotations

import os

import pytest

from benchmarks.evidence.__main__ import TOPICS
from benchmarks.evidence.runner import REAL_DATA, run_topic
from reid_audit.reconstruct.diffusion.extra import missing_packages
from reid_audit.report.pdf import find_chromium

NEEDS_REAL = {
    *("london", "real-heads", "cohort-of-three", "real-man"),
    *("quality-real", "defacers-real", "compare-real"),
}
NEEDED = "REID_AUDIT_NEEDS_CHROMIUM"
"""Set where a missing browser is a failure and no reason to skip."""

REPEATED = {"demo-time", "s2-withheld", "s4-withheld", "s0", "s1-main", "s1-withheld", "faces-apart"}
"""Steps whose small version another step runs already, or all but its population."""
SLOW = {"faces"}
"""Steps whose small version takes minutes: it learns from eight heads."""
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
                marks = pytest.mark.slow if SLOW.intersection(together) else ()
                yield pytest.param(topic, together, id="-".join((topic, *together)), marks=marks)


@pytest.mark.parametrize(("topic", "steps"), list(cases()))
def test_every_claim_of_the_steps_is_met_in_small(topic, steps, tmp_path):
    if NEEDS_REAL.intersection(steps) and not (REAL_DATA / "heads").is_dir():
        pytest.skip(f"REAL HEADS NOT TESTED: no folder '{REAL_DATA}'; set REID_AUDIT_TEST_DATA to the sample data.")
    if "faces" in steps and missing_packages():
        pytest.skip("DIFFUSION NOT TESTED: make reconstruct")
    if (topic, *steps) == ("gate", "report") and find_chromium() is None and not os.environ.get(NEEDED):
        pytest.skip("REPORT NOT TESTED IN A BROWSER: no Chromium; install Debian's package chromium.")
    claims = run_topic(topic, TOPICS[topic], small=True, only=steps, work=tmp_path)["claims"]
    assert claims
    assert [claim for claim in claims if not claim["met"]] == []

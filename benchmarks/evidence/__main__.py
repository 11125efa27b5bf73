"""Repeat what must be shown: ``python -m benchmarks.evidence TOPIC``; exit status 1 when a claim is not met."""

from __future__ import annotations

import argparse
import sys

from benchmarks.evidence import attackers, defacers, engine, gate, main_job, reconstruct
from benchmarks.evidence.runner import run_topic

TOPICS = {
    "main-job": main_job.STEPS,
    "engine": engine.STEPS,
    "attackers": attackers.STEPS,
    "defacers": defacers.STEPS,
    "gate": gate.STEPS,
    "reconstruct": reconstruct.STEPS,
}


def main() -> int:
    """Run one topic."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("topic", choices=sorted(TOPICS))
    parser.add_argument("--small", action="store_true", help="the version that the tests run")
    parser.add_argument("--only", nargs="*", default=(), help="some steps; the claims of the others stand in the file")
    parser.add_argument("--keep", action="store_true", help="steps finished on other code stand, with their commit")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(TOPICS[arguments.topic]):
        parser.error(
            f"no step of {arguments.topic}: {', '.join(sorted(unknown))}; steps: {', '.join(TOPICS[arguments.topic])}"
        )
    content = run_topic(
        arguments.topic, TOPICS[arguments.topic], small=arguments.small, only=arguments.only, keep=arguments.keep
    )
    missed = [claim["claim"] for claim in content["claims"] if not claim["met"]]
    print(f"{len(content['claims']) - len(missed)} of {len(content['claims'])} claims met.")
    if content["settings"]["not_run"]:
        print(f"Steps that were not run yet: {', '.join(content['settings']['not_run'])}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

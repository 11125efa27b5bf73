"""Error rates, linkability and bits in the report: named, in their unit, and beside the attacks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evaluate_tables import normal_table
from report_samples import findings, results

from reid_audit.evaluate import evaluate
from reid_audit.report.numbers import format_value, metric_name
from reid_audit.report.page_tables import page_results
from reid_audit.report.tables import result_rows
from reid_audit.report.verdict import verdict
from reid_audit.types import Result


def information(**more: object) -> Result:
    made = Result(None, None, "dlib", "original", "biometric_information", 31.4, 16, 1296, low=28.0, high=35.0)
    return replace(made, control=4.2, confidence=0.95, **more)


@pytest.mark.parametrize(
    ("metric", "name", "shown"),
    [
        ("eer", "Equal error rate", "12 %"),
        ("d_prime", "d′", "0.12"),
        ("linkability", "Linkability D_sys", "0.12"),
        ("biometric_information", "Biometric information (bits)", "0.12"),
        ("fnmr_at_fmr_0.1", "False non-match rate at a false match rate of 10 %", "12 %"),
        ("fmr_realised_0.001", "False match rate realised for 0.1 %", "12 %"),
    ],
)
def test_names_and_units(metric: str, name: str, shown: str) -> None:
    assert metric_name(metric) == name
    assert format_value(metric, 0.12) == shown


def test_every_number_about_verification_stands_in_the_full_table(rng) -> None:
    more = evaluate(normal_table(rng, people=20), rng=rng, resamples=50)
    found = findings(results=(*more, information()))
    table = page_results(found, result_rows(found))
    measures = {dict(row)["Measure"] for row in table.rows}
    assert {metric_name(r.metric, r.k) for r in more if "_q1_" not in r.metric and "_q3_" not in r.metric} <= measures
    bits = [rows for label, rows in table.groups if label.startswith("What templates tell")]
    assert dict(bits[0][0])["Value"] == "31.40"
    assert dict(bits[0][0])["Shuffled"] == "4.20"


def test_bits_are_no_detection_rate_and_change_no_verdict() -> None:
    faceless = tuple(replace(r, value=0.0) if r.metric.endswith("detection_rate") else r for r in results())
    for plain in (results(), faceless):
        assert verdict(findings(results=(*plain, information()))) == verdict(findings(results=plain))

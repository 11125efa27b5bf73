"""Rebuilt scans are one more attack on the released ones; controls are no business of the gate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gating_making import attack, call, evidence, judged, pair, write_run
from rebuilt_samples import CONTROL, MADE, rebuilt_findings

from reid_audit.gating import ATTESTATION, Attestation, read_record
from reid_audit.gating.evidence import write_evidence
from reid_audit.gating.records import Evidence, RebuiltOf
from reid_audit.types import Failure

BELOW, ABOVE, UNKNOWN = 0, 3, 4
OF = (RebuiltOf(condition="defaced", attacker="shape"),)


@pytest.mark.parametrize(("found", "status"), [(0, BELOW), (120, ABOVE)])
def test_the_bound_of_a_rebuilt_condition_counts(tmp_path, found, status) -> None:
    rebuilt = attack(found=found, rebuilt="shape", scans=150, templated=150)
    done = call("gate", write_run(tmp_path, evidence((*pair(found=0), rebuilt), rebuilt=OF)))
    assert done.exit_code == status, done.output
    assert "on 'defaced', faces rebuilt by shape: templates of 150 of 150 people and 150 of 150 rebuilt scans" in (
        done.stdout
    )
    attested, _ = read_record(tmp_path / ATTESTATION, Attestation)
    assert [each.rebuilt for each in attested.verdict.attacks] == ["", "shape"]


def test_rebuilt_faces_that_nobody_attacked_are_not_enough_evidence(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=0), rebuilt=OF)))
    assert verdict.status == UNKNOWN
    assert "gave no number on 'defaced', faces rebuilt by shape" in verdict.line


def test_a_rebuilt_face_is_neither_a_search_in_a_released_scan_nor_a_template_of_it(tmp_path) -> None:
    original, defaced = pair(found=0, unsearched=(5,))
    rebuilt = attack(found=0, rebuilt="shape")
    verdict = judged(write_run(tmp_path, evidence((original, defaced, rebuilt), rebuilt=OF)))
    assert "1 released scan in which no attack searched" in verdict.line
    none = (original, defaced.model_copy(update={"enrolled": 0, "unsearched": ()}), rebuilt)
    verdict = judged(write_run(tmp_path, evidence(none, rebuilt=OF)))
    assert "at most 0 of 150 people had a template" in verdict.line


def test_more_people_are_wanted_for_a_rebuilt_condition_and_for_no_control(tmp_path) -> None:
    few = {"people": 40}
    alone = judged(write_run(tmp_path, evidence(pair(found=0, **few), **few)))
    rebuilt = attack(found=0, rebuilt="shape", **few)
    more = judged(write_run(tmp_path, evidence((*pair(found=0, **few), rebuilt), rebuilt=OF, **few)))
    assert more.probability < alone.probability


def recorded(out, found) -> Evidence:
    out.mkdir(exist_ok=True)
    (out / "report.json").write_text('{"provenance": {"versions": {}}, "settings": {}, "models": []}')
    return read_record(write_evidence(found, out, 0), Evidence)[0]


def test_a_run_records_real_scans_as_released_and_no_control(tmp_path) -> None:
    record = recorded(tmp_path, rebuilt_findings())
    assert {scan.condition for scan in record.released} == {"zero"}
    assert len(record.released) == 16
    assert record.conditions == ("zero",)
    assert record.rebuilt == (RebuiltOf(condition="zero", attacker="shape"),)
    assert {(each.condition, each.rebuilt) for each in record.attacks} == {
        ("original", ""),
        ("zero", ""),
        ("zero", "shape"),
    }
    assert len(record.attacks) * 4 == len(rebuilt_findings().scores) * 3


@pytest.mark.parametrize(("condition", "lost"), [(MADE, 1), (CONTROL, 0)])
def test_who_could_not_be_rebuilt_is_lost_and_a_control_is_not(tmp_path, condition, lost) -> None:
    failure = Failure("reconstruct", "A", "", condition, f"A+{condition}", "no head")
    record = recorded(tmp_path, replace(rebuilt_findings(), failures=(failure,)))
    assert (record.lost, record.complete) == (lost, not lost)

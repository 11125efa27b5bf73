"""Scans in which no attack searched, people without a template, limits that are laxer: nothing of it passes unsaid."""

from __future__ import annotations

import json

import pytest
from gating_making import call, evidence, judged, pair, volumes, write_run

from reid_audit.errors import UsageError
from reid_audit.gating import ATTESTATION, EVIDENCE

BELOW, ABOVE, UNKNOWN = 0, 3, 4


@pytest.mark.parametrize("enrolled", [0, 1, 74])
def test_no_face_found_in_most_people_is_no_protection(tmp_path, enrolled) -> None:
    original, defaced = pair(found=0)
    few = defaced.model_copy(update={"enrolled": enrolled})
    verdict = judged(write_run(tmp_path, evidence((original, few))))
    assert verdict.status == UNKNOWN
    assert "no attack on 'defaced' could be carried out" in verdict.line
    assert f"at most {enrolled} of 150 people had a template" in verdict.line


def test_an_attacker_who_needs_no_detector_carries_the_attack_out_and_templates_are_counted(tmp_path) -> None:
    original, defaced = pair(found=0)
    attacks = (original, defaced.model_copy(update={"enrolled": 0}), *pair(found=0, attacker="adapted", enrolled=140))
    done = call("gate", write_run(tmp_path, evidence(attacks)))
    assert done.exit_code == BELOW, done.output
    assert "photo-nearest (matcher nearest) on 'defaced': templates of 0 of 150 people; rank 1: 0 of" in done.stdout
    assert "adapted (matcher nearest) on 'defaced': templates of 140 of 150 people" in done.stdout
    narrowed = call("gate", tmp_path, "--attacker", "photo-nearest")
    assert narrowed.exit_code == UNKNOWN
    half = evidence((original, defaced.model_copy(update={"enrolled": 75})))
    assert judged(write_run(tmp_path, half)).status == BELOW


def unequal(tmp_path, **changes):
    """A run in which photo-nearest met none of the scans 3 and 5, and a second attacker all but 5."""
    original, defaced = pair(found=0, unsearched=(3, 5))
    more = pair(found=0, attacker="fusion", unsearched=(5,))
    return write_run(tmp_path, evidence((original, defaced, *more), **changes))


def test_a_scan_in_which_no_attack_searched_is_named_with_the_remedy(tmp_path) -> None:
    done = call("gate", unequal(tmp_path))
    assert done.exit_code == UNKNOWN, done.output
    first = done.stdout.splitlines()[0]
    assert (
        "1 released scan in which no attack searched: sub-005/anat/sub-005_T1w.nii.gz; ask about an attacker" in first
    )
    assert "--waive sub-LABEL=REASON" in first
    assert "photo-nearest (matcher nearest) on 'defaced': templates of 150 of 150 people; 2 released scans not" in (
        done.stdout
    )
    narrowed = judged(tmp_path, attackers=["photo-nearest"])
    assert "2 released scans in which no attack searched: sub-003/" in narrowed.line
    assert judged(write_run(tmp_path, rows=volumes(150))).status == BELOW


@pytest.mark.parametrize("name", ["sub-005/anat/sub-005_T1w.nii.gz", "sub-005"])
def test_a_scan_in_which_no_attack_searched_is_waived_by_path_or_person(tmp_path, name) -> None:
    unequal(tmp_path)
    verdict = judged(tmp_path, waivers=[f"{name}=a scout of three slices"])
    assert verdict.status == BELOW
    assert [(each.path, each.answer) for each in verdict.waivers] == [(name, "unaudited")]
    with pytest.raises(UsageError, match="needs no waiver"):
        judged(tmp_path, waivers=["sub-003/anat/sub-003_T1w.nii.gz=it was searched"])


def test_a_face_in_a_scan_that_no_attack_met_is_not_waived(tmp_path) -> None:
    rows = volumes(150)
    rows[5]["answer"] = "face"
    write_run(tmp_path, evidence((*pair(found=0, unsearched=(5,)),)), rows)
    with pytest.raises(UsageError, match="cannot be waived"):
        judged(tmp_path, waivers=["sub-005/anat/sub-005_T1w.nii.gz=why"])


def test_without_a_triage_scans_that_no_attack_met_are_counted(tmp_path) -> None:
    unequal(tmp_path)
    (tmp_path / "triage.json").unlink()
    verdict = judged(tmp_path)
    assert any("1 released scan in which no attack searched; ask about" in reason.text for reason in verdict.reasons)


def test_a_scan_that_is_not_there_cannot_be_left_out(tmp_path) -> None:
    write_run(tmp_path)
    record = json.loads((tmp_path / EVIDENCE).read_text())
    record["attacks"][1]["unsearched"] = [150]
    (tmp_path / EVIDENCE).write_text(json.dumps(record))
    assert "left out a scan that is not there" in judged(tmp_path).line


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--confidence", "0.9"), "confidence 0.9 instead of 0.95"),
        (("--control-floor", "0.24"), "floor of the control 0.24 instead of 0.25"),
        (("--max-risk", "0.1"), "risk 0.1 instead of 0.09"),
    ],
)
def test_a_limit_that_is_laxer_than_its_default_stands_in_the_first_line_and_is_attested(tmp_path, words, says) -> None:
    done = call("gate", write_run(tmp_path), *words)
    assert done.exit_code == BELOW, done.output
    assert f"laxer than the default: {says}." in done.stdout.splitlines()[0]
    assert json.loads((tmp_path / ATTESTATION).read_text())["verdict"]["laxer"] == [says]
    assert says in (tmp_path / "attestation.html").read_text()
    stricter = call("gate", tmp_path, "--max-risk", "0.08", "--confidence", "0.96", "--control-floor", "0.3")
    assert "laxer than" not in stricter.stdout


def test_a_lower_power_than_the_rule_has_is_refused(tmp_path) -> None:
    done = call("gate", write_run(tmp_path), "--power", "0.79")
    assert done.exit_code == 2
    assert "greater than or equal to 0.8" in done.stderr
    assert not (tmp_path / ATTESTATION).exists()

"""What a run or a question left out narrows the verdict or withholds it: attackers, sessions, conditions, matchers."""

from __future__ import annotations

import json

import pytest
from gating_making import attack, call, evidence, judged, pair, released, sha, volumes, write_run

from reid_audit.errors import UsageError
from reid_audit.evaluate.identification import NO_MATE
from reid_audit.gating import ATTESTATION, Measured, Released
from reid_audit.settings import Settings

BELOW, ABOVE, UNKNOWN = 0, 3, 4


def test_an_attacker_of_the_run_who_is_not_asked_about_is_named(tmp_path) -> None:
    names = Settings().attackers
    quiet = [measured for name in names for measured in pair(found=0, attacker=name)]
    loud = pair(found=140, attacker="local-features", matcher="sift")
    write_run(tmp_path, evidence((*quiet, *loud), attackers=(*names, "local-features")))
    assert judged(tmp_path).status == ABOVE
    narrowed = judged(tmp_path, attackers=list(names))
    assert narrowed.status == BELOW
    assert "narrowed: nobody asked about local-features" in narrowed.line


@pytest.mark.parametrize(
    "path",
    [
        "sub-001/anat/sub-001_acq-label_T1w.nii.gz",
        "sub-001/ses-02/anat/sub-001_ses-02_T1w.nii.gz",
        "sub-001/anat/sub-001_desc-defaced_T2w.nii.gz",
        "derivatives/prep/sub-001/sub-001_space-MNI_T1w.nii.gz",
        "SUB-001/anat/SUB-001_T1w.nii.gz",
        "extra/head.nii.gz",
    ],
)
def test_a_scan_that_nobody_audited_withholds_the_verdict_wherever_it_lies(tmp_path, path) -> None:
    rows = volumes(150, **{path: "none"})
    verdict = judged(write_run(tmp_path, evidence(pair(found=0)), rows))
    assert verdict.status == UNKNOWN
    assert f"1 released scan not audited: {path}; audit the whole release" in verdict.line
    for name in (path, *(["sub-001"] if "sub-001/" in path else []), f"{path[:7]}*", "*"):
        waived = judged(tmp_path, waivers=[f"{name}=seen by two people"])
        assert waived.status == BELOW, name
        assert len(waived.waivers) == 1


@pytest.mark.parametrize(
    ("kind", "why"), [("scan", "no head: nothing has the size of a head"), ("mask", ""), ("table", "")]
)
def test_in_what_holds_no_head_nobody_needs_to_be_searched_for(tmp_path, kind, why) -> None:
    rows = volumes(150, other="none")
    rows[-1] |= {"kind": kind, "why": why}
    assert judged(write_run(tmp_path, evidence(pair(found=0)), rows)).status == BELOW


def test_a_pattern_waives_what_shows_no_face_and_nothing_else(tmp_path) -> None:
    names = {"sub-001/func/a": "none", "sub-002/func/b": "none", "sub-003/func/c": "cannot tell"}
    write_run(tmp_path, evidence(pair(found=0)), volumes(150, **names))
    verdict = judged(tmp_path, waivers=["*/func/*=a slab without skin"])
    assert [waiver.path for waiver in verdict.waivers] == ["sub-001/func/a", "sub-002/func/b"]
    assert verdict.status == UNKNOWN
    assert "sub-003/func/c" in verdict.line
    more = ["*/func/*=a slab without skin", "sub-001/func/a=seen", "sub-003/func/c=seen"]
    verdict = judged(tmp_path, waivers=more)
    assert verdict.status == BELOW
    assert [waiver.reason for waiver in verdict.waivers] == ["seen", "a slab without skin", "seen"]
    for word, says in (("*/anat/*=x", "names no scan"), ("*/func/*=", "must give a reason")):
        with pytest.raises(UsageError, match=says):
            judged(tmp_path, waivers=[word])


def test_in_a_tree_whose_paths_name_nobody_every_scan_must_be_audited(tmp_path) -> None:
    rows = [{**row, "path": row["path"].replace("sub-", "case")} for row in volumes(150)]
    assert judged(write_run(tmp_path, evidence(pair(found=0)), rows)).status == BELOW
    write_run(tmp_path, evidence(pair(found=0, people=149), people=149), rows)
    verdict = judged(tmp_path)
    assert verdict.status == UNKNOWN
    assert "1 released scan not audited: case149/anat/case149_T1w.nii.gz" in verdict.line


def test_a_condition_that_nobody_could_search_withholds_the_verdict(tmp_path) -> None:
    asked = [measured.model_copy(update={"attacker": "scan-to-scan"}) for measured in pair(found=0)]
    alone = Measured(attacker="scan-to-scan", matcher="nearest", embedder="dlib", condition="other", note=NO_MATE)
    scans = (*released(), Released(condition="other", files=(sha("another"),)))
    record = evidence((*asked, alone), released=scans, conditions=("defaced", "other"), attackers=("scan-to-scan",))
    verdict = judged(write_run(tmp_path, record, volumes(150, another="none")))
    assert verdict.status == UNKNOWN
    assert "no attack that was asked about could search condition 'other'" in verdict.line


def test_a_matcher_without_a_number_is_missing_beside_another_with_one(tmp_path) -> None:
    silent = Measured(
        attacker="photo-nearest",
        matcher="other",
        embedder="dlib",
        condition="defaced",
        note="nothing could be compared",
    )
    verdict = judged(write_run(tmp_path, evidence((*pair(found=0), silent))))
    assert verdict.status == UNKNOWN
    assert "attacker photo-nearest gave no number on 'defaced': nothing could be compared" in verdict.line


@pytest.mark.parametrize(("templated", "status"), [(300, BELOW), (299, UNKNOWN)])
def test_half_of_the_scans_must_have_a_template_and_not_of_the_people_alone(tmp_path, templated, status) -> None:
    original, defaced = pair(found=0)
    record = evidence((original, defaced.model_copy(update={"scans": 600, "templated": templated})))
    verdict = judged(write_run(tmp_path, record))
    assert verdict.status == status
    if status:
        assert "at most 150 of 150 people and 299 of 600 scans had a template" in verdict.line
    done = call("gate", tmp_path)
    assert f"templates of 150 of 150 people and {templated} of 600 released scans" in done.stdout


def test_an_attestation_whose_verdict_is_not_that_of_its_reasons_is_damaged(tmp_path) -> None:
    write_run(tmp_path, evidence((attack(found=0),)))
    assert call("gate", tmp_path).exit_code == UNKNOWN
    content = json.loads((tmp_path / ATTESTATION).read_text())
    content["verdict"]["outcome"] = "below threshold for the attackers tested"
    (tmp_path / ATTESTATION).write_text(json.dumps(content))
    (tmp_path / "evidence.json").unlink()
    done = call("verify", tmp_path, tmp_path)
    assert done.exit_code == UNKNOWN, done.output


@pytest.mark.parametrize(
    ("waivers", "status"),
    [
        ((), UNKNOWN),
        (("sub-999=seen",), BELOW),
        (("sub-999/anat/a=seen",), UNKNOWN),
        (("sub-999/anat/a=seen", "sub-999/func/b=seen"), BELOW),
        (("sub-999/*=seen",), BELOW),
    ],
)
def test_somebody_whom_nobody_audited_is_waived_as_a_person_or_by_every_scan(tmp_path, waivers, status) -> None:
    names = {"sub-999/anat/a": "none", "sub-999/func/b": "none"}
    write_run(tmp_path, evidence(pair(found=0)), volumes(150, **names))
    verdict = judged(tmp_path, waivers=list(waivers))
    assert verdict.status == status
    if status:
        assert "--waive sub-LABEL=REASON" in verdict.line


@pytest.mark.parametrize("label", ["sub-001_B", "sub-001-b", "sub-001B"])
def test_a_folder_whose_name_begins_with_a_label_is_another_person(tmp_path, label) -> None:
    path = f"{label}/anat/{label}_T1w.nii.gz"
    write_run(tmp_path, evidence(pair(found=0)), volumes(150, **{path: "none"}))
    assert f"1 person with a scan in the release, none of which was audited: {label}; " in judged(tmp_path).line
    with pytest.raises(UsageError, match="names no file"):
        judged(tmp_path, waivers=["sub-001=seen"])
    assert judged(tmp_path, waivers=[f"{label}=seen"]).status == BELOW


def test_a_waiver_never_means_a_file_and_a_person(tmp_path) -> None:
    names = {"sub-999": "cannot tell", "sub-999/anat/a": "none"}
    write_run(tmp_path, evidence(pair(found=0)), volumes(150, **names))
    with pytest.raises(UsageError, match="is a file of the release and a person in it"):
        judged(tmp_path, waivers=["sub-999=seen"])

"""The gate: one case for every way to 0, 3 and 4, and what can never lead to 0."""

from __future__ import annotations

import json
import re

import pytest
from gating_making import REPORT, attack, call, evidence, judged, pair, released, volumes, write_run
from hypothesis import given
from hypothesis import strategies as st

from reid_audit.errors import SettingsError, UsageError
from reid_audit.evaluate.identification import NO_MATE
from reid_audit.gating import ATTESTATION, EVIDENCE, GateLimits
from reid_audit.gating.judging import judge
from reid_audit.gating.reasons import about_attacks

BELOW, ABOVE, UNKNOWN = 0, 3, 4


def test_a_large_release_of_which_next_to_nobody_is_found_lies_below(tmp_path) -> None:
    done = call("gate", write_run(tmp_path))
    assert done.exit_code == BELOW, done.output
    first = done.stdout.splitlines()[0]
    assert first.startswith("below threshold for the attackers tested: ")
    assert "1 of 150 people found among 150" in first
    assert "one-sided 95 %" in first
    assert "positive control photo-nearest (nearest): 80 %" in done.stdout
    assert "a release of 150 people that gives nothing away would lie below 0.09 with a probability of" in done.stdout
    assert "narrowed: nobody asked about photo-set" in first
    assert "Phantoms: calibrated population" in done.stdout


def test_too_few_people_are_not_enough_evidence_and_the_size_is_named(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=0, people=16), 16)))
    assert verdict.status == UNKNOWN
    assert "too few people" in verdict.line
    assert "it takes a release of 100" in verdict.line


def test_many_found_lie_above_however_few_they_are(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=12, people=16), 16)))
    assert verdict.status == ABOVE
    assert "12 of 16 people found" in verdict.line


def test_two_of_sixteen_say_nothing(tmp_path) -> None:
    assert judged(write_run(tmp_path, evidence(pair(found=2, people=16), 16))).status == UNKNOWN


@pytest.mark.parametrize(("found", "status"), [(7, BELOW), (8, ABOVE), (30, ABOVE)])
def test_a_bound_that_does_not_lie_below_counts_against_a_large_release(tmp_path, found, status) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=found))))
    assert verdict.status == status
    assert (verdict.attacks[0].bounds[0].upper < 0.09) == (status == BELOW)


def test_identification_with_a_threshold_is_gated_as_well(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=1, open_found=20.0))))
    assert verdict.status == ABOVE
    assert "FPIR 0.01, any rank" in verdict.line


def test_every_attacker_must_lie_below(tmp_path) -> None:
    attacks = (*pair(found=0), *pair(found=40, attacker="photo-svm", matcher="svm-linear"))
    assert judged(write_run(tmp_path, evidence(attacks))).status == ABOVE
    narrowed = judged(tmp_path, attackers=["photo-nearest"])
    assert narrowed.status == BELOW
    assert "photo-svm" in narrowed.left_out
    with pytest.raises(UsageError, match="did not run"):
        judged(tmp_path, attackers=["fusion"])


def test_every_condition_must_lie_below(tmp_path) -> None:
    attacks = (*pair(found=0), attack("half", found=60))
    assert judged(write_run(tmp_path, evidence(attacks, conditions=("defaced", "half")))).status == ABOVE


def test_without_originals_there_is_no_control(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence((attack(found=0),))))
    assert verdict.status == UNKNOWN
    assert "no positive control" in verdict.line


def test_an_attacker_who_cannot_identify_originals_proves_nothing(tmp_path) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=0, control=0.3))))
    assert verdict.status == UNKNOWN
    assert "positive control of photo-nearest too weak" in verdict.line
    assert judged(tmp_path, limits=GateLimits(control_floor=0.2)).status == BELOW
    with pytest.raises(SettingsError, match="above the risk"):
        judged(tmp_path, limits=GateLimits(control_floor=0.05))


def test_a_control_of_another_attacker_does_not_count(tmp_path) -> None:
    attacks = (
        attack("original", found=140, attacker="photo-svm"),
        attack(found=0),
        attack(found=0, attacker="photo-svm"),
    )
    verdict = judged(write_run(tmp_path, evidence(attacks)))
    assert verdict.status == UNKNOWN
    assert "attacker photo-nearest has no number on originals" in verdict.line


def test_who_searches_the_same_scan_borrows_the_control_of_the_recogniser(tmp_path) -> None:
    same = attack(found=1, attacker="original-to-released", relation="same-scan")
    verdict = judged(write_run(tmp_path, evidence((*pair(found=0), same))))
    assert verdict.status == BELOW
    assert [each.control.attacker for each in verdict.attacks if each.control] == ["photo-nearest"] * 2
    other = same.model_copy(update={"embedder": "sface"})
    assert judged(write_run(tmp_path, evidence((*pair(found=0), other)))).status == UNKNOWN


def test_other_sessions_count_where_there_are_any_and_the_same_scan_where_not(tmp_path) -> None:
    names = {"attacker": "original-to-released"}
    attacks = (
        *pair(found=1, relation="cross-session", **names),
        attack(found=120, relation="same-scan", **names),
    )
    assert judged(write_run(tmp_path, evidence(attacks))).status == BELOW
    none = attacks[2].model_copy(update={"relation": "cross-session", "people": 0, "searches": 0, "found": 0.0,
                                         "enrolled": 0, "guessed": 0.0, "open_guessed": 0.0})  # fmt: skip
    verdict = judged(write_run(tmp_path, evidence((*pair(found=0), none, attacks[2]))))
    assert verdict.status == ABOVE


def test_an_attacker_without_a_number_is_missing_unless_the_question_cannot_be_asked(tmp_path) -> None:
    attacks = pair(found=0)
    verdict = judged(write_run(tmp_path, evidence(attacks, attackers=("photo-nearest", "fusion"))))
    assert verdict.status == UNKNOWN
    assert "attacker fusion gave no number on 'defaced'" in verdict.line
    same = attack(found=150, attacker="scan-to-scan", matcher="cosine", relation="same-scan")
    assert judged(write_run(tmp_path, evidence((*attacks, same)))).status == UNKNOWN
    none = {"people": 0, "searches": 0, "found": 0.0, "enrolled": 0, "guessed": 0.0, "open_guessed": 0.0}
    none["note"] = NO_MATE
    across = same.model_copy(update={"relation": "cross-session", **none})
    verdict = judged(write_run(tmp_path, evidence((*attacks, same, across))))
    assert verdict.status == BELOW
    assert [(each.attacker, each.needed) for each in verdict.missing] == [("scan-to-scan", False)]


def test_a_threshold_takes_a_hundred_people(tmp_path) -> None:
    for people, status in ((99, UNKNOWN), (100, BELOW)):
        verdict = judged(write_run(tmp_path, evidence(pair(found=0, people=people), people)))
        assert verdict.status == status, verdict.line
    attacks = pair(found=0, open_people=80)
    verdict = judged(write_run(tmp_path, evidence(attacks)))
    assert (verdict.status, verdict.people_wanted) == (UNKNOWN, 188)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"complete": False, "lost": 2}, "incomplete: 2 scans or photographs lost"),
        ({"complete": False, "changed": 1}, "changed while the run was under way"),
        ({"complete": False}, "the run is incomplete"),
        ({"report": "0" * 64}, "report.json is not the one"),
        ({"released": (), "conditions": (), "people": 0}, "no released scan"),
        ({"released": (released(1)[0].model_copy(update={"files": ()}),)}, "could not be read again"),
    ],
)
def test_a_run_that_is_not_whole_never_lies_below(tmp_path, changes, says) -> None:
    verdict = judged(write_run(tmp_path, evidence(pair(found=0), **changes)))
    assert verdict.status == UNKNOWN
    assert any(says in reason.text for reason in verdict.reasons)


def test_a_face_anywhere_lies_above_whatever_else_is_missing(tmp_path) -> None:
    rows = volumes(150, sourcedata__leak="face", other="cannot tell")
    verdict = judged(write_run(tmp_path, evidence((attack(found=0),)), rows))
    assert verdict.status == ABOVE
    assert "1 file of the release gives a person away: sourcedata/leak (made up)" in verdict.line
    assert len(verdict.reasons) == 3


@pytest.mark.parametrize("answer", ["cannot tell", "unaudited"])
def test_what_nobody_can_tell_takes_a_waiver_with_a_reason(tmp_path, answer) -> None:
    write_run(tmp_path, None, volumes(150, **{"perf__asl=1": answer}))
    assert call("gate", tmp_path).exit_code == UNKNOWN
    done = call("gate", tmp_path, "--waive", "perf/asl=1=A radiologist looked at it on 3 May")
    assert done.exit_code == BELOW, done.output
    assert f"waived: perf/asl=1 ({answer}): A radiologist looked at it on 3 May" in done.stdout
    attested = json.loads((tmp_path / ATTESTATION).read_text())
    assert attested["verdict"]["waivers"] == [
        {"path": "perf/asl=1", "answer": answer, "reason": "A radiologist looked at it on 3 May"}
    ]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("nothing=there", "names no file"),
        ("nothing", "names no file"),
        ("leak=I want to", "cannot be waived"),
        ("asl=", "must give a reason"),
        ("asl= \n ", "must give a reason"),
        ("asl=two\nlines", "must give a reason"),
        ("sub-001/anat/sub-001_T1w.nii.gz=why", "needs no waiver"),
    ],
)
def test_a_waiver_that_does_not_fit_is_refused(tmp_path, word, says) -> None:
    write_run(tmp_path, None, volumes(150, leak="face", asl="cannot tell", fine="none"))
    done = call("gate", tmp_path, "--waive", word)
    assert done.exit_code == 2
    assert says in done.stderr
    assert not (tmp_path / ATTESTATION).exists()


def test_many_waivers_come_from_a_file(tmp_path) -> None:
    out = write_run(tmp_path / "out", None, volumes(150, one="cannot tell", two="unaudited", three="cannot tell"))
    listed = tmp_path / "waivers.txt"
    listed.write_text("# looked at on 3 May\none=no head in it\n\ntwo=the content is not released\n")
    assert call("gate", out, "--waivers", listed).exit_code == UNKNOWN
    assert call("gate", out, "--waivers", listed, "--waive", "three=a phantom").exit_code == BELOW
    listed.write_bytes(b"\xff\xfe\x00")
    assert call("gate", out, "--waivers", listed).exit_code == 2
    assert call("gate", out, "--waivers", tmp_path / "none").exit_code == 2


def test_people_whose_scans_were_not_attacked_take_a_waiver_each(tmp_path) -> None:
    rows = [
        *volumes(150),
        *volumes(1, **{"sub-999__anat__sub-999_T1w.nii.gz": "none", "sub-999__sub-999.json": "none"})[1:],
    ]
    verdict = judged(write_run(tmp_path, None, rows))
    assert verdict.status == UNKNOWN
    assert "1 person with a scan in the release, none of which was audited: sub-999" in verdict.line
    waived = judged(tmp_path, waivers=["sub-999=no head scan was made of this person"])
    assert waived.status == BELOW
    assert [(each.path, each.answer) for each in waived.waivers] == [("sub-999", "unaudited")]


def test_a_waiver_twice_is_refused(tmp_path) -> None:
    write_run(tmp_path, None, volumes(150, asl="cannot tell"))
    with pytest.raises(UsageError, match="twice"):
        judged(tmp_path, waivers=["asl=one", "asl=two"])


def test_nobody_looked_is_not_enough(tmp_path) -> None:
    assert judged(write_run(tmp_path, rows=False)).status == UNKNOWN
    assert judged(write_run(tmp_path, complete=False)).status == UNKNOWN
    assert judged(write_run(tmp_path, rows=[])).status == UNKNOWN


def test_a_look_at_another_state_of_the_release_is_not_enough(tmp_path) -> None:
    rows = volumes(150)
    rows[7]["sha256"] = "0" * 64
    verdict = judged(write_run(tmp_path, rows=rows))
    assert verdict.status == UNKNOWN
    assert "1 audited scan not among the files that were looked at" in verdict.line


def test_the_private_place_of_a_triage_will_do_and_two_will_not(tmp_path) -> None:
    assert judged(write_run(tmp_path, place="private/triage.json")).status == BELOW
    verdict = judged(write_run(tmp_path))
    assert verdict.status == UNKNOWN
    assert "two records" in verdict.line


@pytest.mark.parametrize(
    "rows",
    [
        [{"path": "../x", "sha256": "", "kind": "scan", "answer": "none", "why": ""}],
        [{"path": "/x", "sha256": "", "kind": "scan", "answer": "none", "why": ""}],
        [{"path": "a//b", "sha256": "", "kind": "scan", "answer": "none", "why": ""}],
        [{"path": "x", "sha256": "12", "kind": "scan", "answer": "none", "why": ""}],
        [{"path": "x", "sha256": "", "kind": "scan", "answer": "fine", "why": ""}],
        [{"path": "x", "sha256": "", "kind": "scan", "answer": "none", "why": ""}] * 2,
        {"path": "x"},
        "x",
        None,
    ],
)
def test_a_triage_that_is_none_counts_as_none(tmp_path, rows) -> None:
    write_run(tmp_path)
    (tmp_path / "triage.json").write_text(json.dumps({"schema": 1, "complete": True, "volumes": rows}))
    verdict = judged(tmp_path)
    assert verdict.status == UNKNOWN
    assert "damaged or of another version" in verdict.line


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", '{"complete": true', "[" * 100_000, '{"schema_version": "2.0"}', "\0", "NaN"],
)
def test_a_damaged_record_is_never_below(tmp_path, content) -> None:
    write_run(tmp_path)
    (tmp_path / EVIDENCE).write_text(content)
    done = call("gate", tmp_path)
    assert done.exit_code == UNKNOWN, done.output
    assert len(done.stdout.splitlines()) == 1
    assert not (tmp_path / ATTESTATION).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"found": 400.0},
        {"people": 150, "searches": 3},
        {"gallery": [0, 0]},
        {"found": -1.0},
        {"rate": 1.5},
        {"extra": 1},
        {"open_found": float("inf")},
    ],
)
def test_counts_that_cannot_be_are_refused(tmp_path, changes) -> None:
    write_run(tmp_path)
    record = json.loads((tmp_path / EVIDENCE).read_text())
    record["attacks"][1] |= changes
    (tmp_path / EVIDENCE).write_text(json.dumps(record))
    assert judged(tmp_path).status == UNKNOWN


def test_links_and_missing_files_are_no_records(tmp_path) -> None:
    write_run(tmp_path / "other")
    write_run(tmp_path / "run")
    for name in (EVIDENCE, "triage.json", "report.json"):
        (tmp_path / "run" / name).rename(tmp_path / "aside")
        assert judged(tmp_path / "run").status == UNKNOWN, name
        if name != "report.json":
            (tmp_path / "run" / name).symlink_to(tmp_path / "other" / name)
            assert judged(tmp_path / "run").status == UNKNOWN, name
            (tmp_path / "run" / name).unlink()
        (tmp_path / "aside").rename(tmp_path / "run" / name)
    assert judged(tmp_path / "run").status == BELOW
    assert call("gate", tmp_path / "none").exit_code == 2


def test_a_report_that_was_edited_is_not_enough(tmp_path) -> None:
    write_run(tmp_path)
    (tmp_path / "report.json").write_bytes(REPORT + b" ")
    assert judged(tmp_path).status == UNKNOWN


def test_wrong_usage_is_no_verdict(tmp_path) -> None:
    write_run(tmp_path)
    for words in (("--max-risk", "9"), ("--confidence", "0"), ("--control-floor", "0.01"), ("--controller", "x" * 600)):
        assert call("gate", tmp_path, *words).exit_code == 2, words


def test_a_verdict_never_promises_more_than_it_knows(tmp_path) -> None:
    for number, record in enumerate((evidence(pair(found=0)), evidence(pair(found=60)), evidence(pair(people=9), 9))):
        done = call("gate", write_run(tmp_path / str(number), record))
        assert not re.search(
            r"\b(safe|anonymous|anonymised|pass|passed|protected|secure)\b", done.stdout, re.IGNORECASE
        )


def test_what_a_file_is_called_is_shown_and_not_obeyed(tmp_path) -> None:
    done = call("gate", write_run(tmp_path, None, volumes(150, **{"a\x1b[2Jb\nc": "face"})))
    assert "\x1b" not in done.stdout
    assert "a(U+001B)[2Jb(U+000A)c" in done.stdout.splitlines()[0]


@given(
    found=st.integers(0, 300),
    people=st.integers(1, 300),
    control=st.floats(0, 1),
    open_found=st.floats(0, 300),
    searches=st.integers(1, 5),
)
def test_nothing_lies_below_unless_every_bound_and_control_does(found, people, control, open_found, searches) -> None:
    limits = GateLimits()
    values = {"found": min(found, people), "searches": people * searches, "open_found": min(open_found, float(people))}
    values["guessed"] = min(float(searches), float(people))
    attacks = (
        attack("original", people=people, **(values | {"rate": control})),
        attack(people=people, **(values | {"rate": 0.0})),
    )
    record = evidence(attacks, 1)
    judged_, missing = judge(attacks, record.attackers, ("defaced",), limits)
    reasons = list(about_attacks(judged_, missing, record, limits))
    bounds = [bound for each in judged_ for bound in each.bounds]
    controls = [each.control for each in judged_]
    if not reasons:
        assert all(bound.upper < limits.max_risk for bound in bounds)
        assert all(each is not None and each.lower > limits.control_floor for each in controls)
        assert people >= 100

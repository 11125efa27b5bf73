"""A small run, and what it leaves for the gate."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK
from time_limit import at_most
from typer.testing import CliRunner

from reid_audit import audit, read_cohort
from reid_audit.cli.app import app
from reid_audit.gating import ATTESTATION, EVIDENCE, Evidence, attest, gate, read_record

SETTINGS = QUICK.model_copy(update={"attackers": ("photo-nearest", "scan-to-scan")})


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(people: Path, out: Path, table: Path | None = None, **more: object):
    cohort, _ = read_cohort(table or people, photos=people / "photos")
    return audit(cohort, settings=SETTINGS, out=out, **more)


def listed(people: Path, table: Path) -> Path:
    """Write a manifest of the scans somewhere else, without a word on who exists."""
    scans = read_cohort(people)[0].scans
    scans[["subject", "condition", "path"]].to_csv(table, index=False)
    return table


def look_at(release: Path, out: Path) -> None:
    """Leave what a triage that finds nothing would leave of the released scans."""
    rows = [
        {"path": path.relative_to(release).as_posix(), "sha256": sha(path), "kind": "scan", "answer": "none", "why": ""}
        for path in sorted(release.rglob("*"))
        if path.is_file()
    ]
    (out / "triage.json").write_text(json.dumps({"schema": 1, "complete": True, "volumes": rows}))


def test_a_run_of_four_is_not_enough_and_leaves_no_identifier(people, warm) -> None:
    done = run(people, warm)
    record, _ = read_record(warm / EVIDENCE, Evidence)
    assert (warm / EVIDENCE).stat().st_mode & 0o777 == 0o600
    assert (record.people, record.conditions, record.complete) == (4, ("meanface", "zero"), True)
    assert record.attackers == ("photo-nearest", "scan-to-scan")
    assert record.report == sha(warm / "report.json")

    scans = done.findings.cohort.scans
    by_hash = {sha(Path(path)): condition for path, condition in zip(scans["path"], scans["condition"], strict=True)}
    assert {scan.files[0] for scan in record.released} == {key for key, name in by_hash.items() if name != "original"}
    assert all(scan.voxels for scan in record.released)
    text = (warm / EVIDENCE).read_text()
    for secret in (
        *scans["subject"],
        *scans["sample"],
        str(people),
        *(key for key in by_hash if by_hash[key] == "original"),
    ):
        assert secret not in text, secret

    table = next(t for t in done.findings.scores if (t.attacker, t.condition) == ("photo-nearest", "original"))
    hits = np.argmax(np.nan_to_num(table.scores, nan=-np.inf), axis=1)
    owners = table.references["subject"].to_numpy()[hits] == table.probes["subject"].to_numpy()
    (measured,) = [each for each in record.attacks if each.condition == "original" and each.attacker == "photo-nearest"]
    assert (measured.people, measured.found) == (4, float(owners.sum()))

    named = {each.worst.pseudonym for each in record.attacks if each.worst is not None}
    assert named <= {f"P{number:03d}" for number in range(1, 5)}
    assert {each.condition for each in record.attacks if each.worst is not None} == {"meanface", "zero"}
    private = pd.read_parquet(warm / "private" / "person_risk.parquet")
    worst = next(e.worst for e in record.attacks if (e.attacker, e.condition) == ("photo-nearest", "zero"))
    rows = private[(private["attacker"] == "photo-nearest") & (private["condition"] == "zero")]
    (row,) = rows[rows["subject"] == worst.pseudonym].to_dict("records")
    assert row["posterior"] == rows["posterior"].max()
    assert (row["n_first"], row["rank_best"], row["gallery"]) == (worst.first, worst.rank, worst.gallery)

    release = people / "derivatives" / "meanface"
    look_at(people, warm)
    answer = call("gate", warm)
    assert answer.exit_code == 4, answer.output
    assert "too few people" in answer.stdout
    assert "worst off is P00" in answer.stdout
    assert call("verify", warm, people, "-q").exit_code == 5, "the audited files, not below the threshold"
    assert call("verify", warm, release, "-q").exit_code == 3
    attested = (warm / ATTESTATION).read_text()
    assert not [name for name in ("P001", "Q001") if name in attested]


def test_a_run_that_stops_leaves_nothing_to_gate(people, warm, monkeypatch) -> None:
    run(people, warm)
    assert (warm / EVIDENCE).exists()

    def stop(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reid_audit.auditing.evaluate", stop)
    with pytest.raises(KeyboardInterrupt):
        run(people, warm)
    assert (warm / "report.json").exists()
    verdict = gate(warm).verdict
    assert verdict.status == 4
    assert "no finished run" in verdict.line


def test_a_scan_that_changes_while_it_is_audited_is_not_enough(people, warm, tmp_path) -> None:
    scan = min((people / "derivatives").glob("meanface/sub-*/anat/*.nii.gz"))

    def rewrite(stage: str, done: int, _total: int) -> None:
        if stage == "evaluation" and done == 0:
            scan.write_bytes(scan.read_bytes())

    run(people, warm, listed(people, tmp_path / "scans.csv"), progress=rewrite)
    record, _ = read_record(warm / EVIDENCE, Evidence)
    assert record.phantom, "a manifest's phantoms are phantoms"
    assert json.loads((warm / "report.json").read_text())["population"].startswith("phantom: ")
    assert attest(gate(warm)).population.startswith("phantom: ")
    assert (record.changed, record.complete) == (1, False)
    assert any("changed while the run was under way" in reason.text for reason in gate(warm).verdict.reasons)


def damage(scan: Path) -> None:
    scan.write_bytes(b"broken")


def replace_by_pipe(scan: Path) -> None:
    scan.unlink()
    os.mkfifo(scan)


def replace_by_device(scan: Path) -> None:
    scan.unlink()
    scan.symlink_to("/dev/zero")


@pytest.mark.parametrize("lose", [damage, replace_by_pipe, replace_by_device])
def test_a_lost_scan_makes_the_run_incomplete(people, warm, lose) -> None:
    lose(min((people / "derivatives").glob("zero/sub-*/anat/*.nii.gz")))
    with at_most(120):
        run(people, warm)
    record, _ = read_record(warm / EVIDENCE, Evidence)
    assert (record.lost, record.complete) == (1, False)
    assert sum(not scan.files for scan in record.released) == (lose is not damage)
    assert any("incomplete: 1 scan or photograph lost" in reason.text for reason in gate(warm).verdict.reasons)


def test_of_people_with_unequal_numbers_of_scans_every_scan_is_searched(people, warm, tmp_path) -> None:
    table = listed(people, tmp_path / "scans.csv")
    scans = pd.read_csv(table).assign(session="a")
    first = scans[scans["condition"] == "zero"].iloc[[0]]
    left = scans[(scans["condition"] == "original") & (scans["subject"] == first["subject"].item())]
    again = Path(first["path"].item()).with_name("again_T1w.nii.gz")
    shutil.copyfile(left["path"].item(), again)  # a face that was never removed
    pd.concat([scans, first.assign(session="b", path=str(again))]).to_csv(table, index=False)
    done = run(people, warm, table)
    record, _ = read_record(warm / EVIDENCE, Evidence)
    made = {each.condition: each for each in record.attacks if each.attacker == "photo-nearest"}
    assert all(not each.unsearched for each in made.values())
    assert (made["meanface"].scans, made["zero"].scans) == (4, 5)
    assert made["zero"].guessed == pytest.approx(3 / 4 + 2 / 5)  # two scans of two and one each of three others
    (drawn,) = [t for t in done.findings.scores if (t.attacker, t.condition) == ("photo-nearest", "zero")]
    assert len(drawn.scans) == len(drawn.references) == 4  # the report's numbers rest on one scan of each


@pytest.mark.parametrize("words", [(), ("--people", "120", "--true-rate", "0.05", "--searches", "2", "--attacks", "8")])
def test_a_plan_is_told(words) -> None:
    done = call("plan", *words)
    assert done.exit_code == 0, done.output
    assert "32 people put the one-sided 95 % bound below 0.09 if nobody is found" in done.stdout
    assert "Plan for " in done.stdout
    assert "FPIR 0.01: one false alarm in 100 searches for people who are not there" in done.stdout
    assert "Each further released condition makes as many attacks again" in done.stdout
    if words:
        assert "one attack takes 266 people" in done.stdout
        assert "With 120 people an attack may find 5" in done.stdout


def test_a_plan_for_fewer_people_than_a_threshold_takes_promises_nothing() -> None:
    done = call("plan", "--people", "99")
    assert "With 99 people the gate can say no more than that there is not enough evidence." in done.stdout
    assert "With 99 people an attack" not in done.stdout

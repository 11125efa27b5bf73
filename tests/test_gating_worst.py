"""Who is worst off of all, as the gate says it and the page to sign shows it."""

from __future__ import annotations

import html

from gating_making import attack, evidence, pair, write_run
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.gating import ATTESTATION, Worst, gate


def person(name, first=0.0, rank=2.0, margin: float | None = 1.5) -> Worst:
    return Worst(pseudonym=name, searches=2, first=first, rank=rank, gallery=150, margin=margin)


def two_attacks(one: Worst, other: Worst):
    names = {"attacker": "assignment", "matcher": "assignment"}
    original = attack("original", found=120.0)
    return (
        *pair(found=0, worst=one)[1:],
        original,
        attack(found=0.0, worst=other, **names),
        attack("original", 120.0, **names),
    )


def test_of_several_attacks_the_one_who_is_found_most_is_named(tmp_path) -> None:
    out = write_run(tmp_path / "a", evidence(two_attacks(person("P003"), person("P007", first=1.0, rank=1.0))))
    said = gate(out).worst
    assert said.startswith(
        "worst off is P007, first in 1 of 2 searches by assignment (matcher assignment) on 'defaced'"
    )
    assert "best rank 1 among 150 people" in said
    assert "own score 1.5 standard deviations above the mean of the others" in said


def test_nobody_found_means_the_nearest_place_then_the_score(tmp_path) -> None:
    out = write_run(tmp_path / "a", evidence(two_attacks(person("P003", rank=2), person("P007", rank=9))))
    assert "P003, first in 0 of 2 searches" in gate(out).worst
    out = write_run(tmp_path / "b", evidence(two_attacks(person("P003", margin=-0.5), person("P007", margin=None))))
    assert "P003" in gate(out).worst
    assert "0.5 standard deviations below" in gate(out).worst


def test_an_attacker_who_is_not_asked_about_names_nobody(tmp_path) -> None:
    out = write_run(tmp_path / "a", evidence(two_attacks(person("P003"), person("P007", first=2.0, rank=1.0))))
    assert "P003" in gate(out, attackers=["photo-nearest"]).worst


def test_a_record_of_before_names_nobody_is_read_and_not_enough(tmp_path) -> None:
    out = write_run(tmp_path / "a", evidence(schema_version="1.0"))
    assert gate(out).worst == ""
    assert gate(out).verdict.status == 4
    assert "does not say in which scans each attack searched, counts by one way" in gate(out).verdict.line


def test_it_is_printed_and_in_no_file_that_names_paths(tmp_path) -> None:
    out = write_run(tmp_path / "a", evidence(two_attacks(person("P003"), person("P<7>", first=1.0, rank=1.0))))
    done = CliRunner().invoke(app, ["gate", str(out)], env={"COLUMNS": "300", "TERM": "dumb"})
    assert "- worst off is P<7>, first in 1 of 2 searches" in done.stdout
    for name in (ATTESTATION, "attestation.html"):
        written = html.unescape((out / name).read_text())
        assert "P<7>" not in written
        assert "P003" not in written
        assert "worst off" not in written

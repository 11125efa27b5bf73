"""Conditions side by side: what stands in a cell, and on whom the cells of a row rest."""

from __future__ import annotations

from dataclasses import replace

from report_samples import findings, results

from reid_audit.report.sides import side_by_side, uneven_people


def thinner(*, conditions: tuple[str, ...], attackers: tuple[str, ...]):
    """Return the sample results with two people fewer in some conditions of some attackers."""
    return tuple(
        replace(r, n_subjects=14) if r.condition in conditions and r.attacker in attackers else r for r in results()
    )


def test_conditions_of_different_people_are_said_to_compare_badly() -> None:
    (said,) = uneven_people(findings(results=thinner(conditions=("zero",), attackers=("photo-nearest",))))
    assert " photo-nearest: Rank 1 rests on 16 people in original, 16 people in meanface, 14 people in zero." in said
    assert "may come from who is missing" in said


def test_attacks_that_miss_the_same_people_are_told_together() -> None:
    (said,) = uneven_people(findings(results=thinner(conditions=("zero",), attackers=("photo-nearest", "photo-set"))))
    assert said.count("14 people in zero") == 1
    assert " photo-nearest; photo-set, matcher mean; photo-set, matcher topk: Rank 1 rests on" in said


def test_nothing_is_said_where_all_conditions_rest_on_as_many() -> None:
    assert uneven_people(findings()) == ()


def test_every_embedder_has_its_own_detection_rows() -> None:
    rates = tuple(r for r in results() if r.metric == "detection_rate")
    groups = side_by_side(findings(results=(*rates, *(replace(r, embedder="other", value=0.5) for r in rates))))
    assert [group["label"] for group in groups] == [
        "Face detection (before any attacker), embedder dlib",
        "Face detection (before any attacker), embedder other",
    ]
    assert [cell["value"] for cell in groups[1]["rows"][0]["cells"]] == ["50 %"] * 3


def test_a_detection_cell_tells_what_was_lost() -> None:
    rates = tuple(replace(r, note="2 lost scans are left out") for r in results() if r.metric == "detection_rate")
    (group,) = side_by_side(findings(results=rates))
    assert all("2 lost scans are left out" in cell["lines"] for cell in group["rows"][0]["cells"])


def test_a_number_that_cannot_be_had_is_a_dash_with_its_reason() -> None:
    (group,) = [g for g in side_by_side(findings()) if "cross-session" in g["label"]]
    assert group["rows"][0]["cells"][0] == {"value": "–", "lines": ["one session a person", "n = 16 people"]}


def test_one_probe_is_one() -> None:
    alone = tuple(replace(result, n_probes=1) for result in results())
    lines = [
        line
        for group in side_by_side(findings(results=alone))
        for row in group["rows"]
        for cell in row["cells"]
        for line in cell["lines"]
    ]
    assert any(line.endswith("1 probe") for line in lines)
    assert any(line.endswith("1 head") for line in lines)


def test_equal_numbers_of_different_people_are_told() -> None:
    base = findings()
    rank = next(each for each in base.differences if each.metric == "rank")
    told = uneven_people(findings(differences=(replace(rank, n_before_only=2, n_after_only=2),)))
    assert f"2 people only in original, as many others only in {rank.condition}" in told[0]
    assert uneven_people(findings(differences=(rank,))) == ()

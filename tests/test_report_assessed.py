"""An attack that had nothing to search with, or in, is not assessed; a lost scan is no face that was missed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_samples import cohort, findings, results

from reid_audit import Audit
from reid_audit.evaluate import evaluate
from reid_audit.report import (
    assessed,
    figure_cmc,
    figure_densities,
    figure_rates,
    figure_roc,
    results_table,
    verdict,
)
from reid_audit.report.assessed import FAILURES
from reid_audit.report.conditions_table import condition_rows
from reid_audit.report.document import document
from reid_audit.report.html import page
from reid_audit.report.limits import not_assessed
from reid_audit.report.paper import paper
from reid_audit.report.people_found import people_found_table
from reid_audit.report.pseudonyms import draw_pseudonyms
from reid_audit.report.schema import ReportDocument
from reid_audit.report.searching import figure_gallery
from reid_audit.types import Failure, Findings, Result, ScoreTable

WHO = cohort()
ORIGINALS = replace(WHO, scans=WHO.scans[WHO.scans["condition"] == "original"].reset_index(drop=True))


def rank(value: float | None = 0.0, attacker: str = "photo-nearest", **more: object) -> Result:
    facts = {"low": 0.0, "high": 0.2059, "confidence": 0.95, "chance": 1 / 16, "control": 0.07, "k": 1} | more
    return Result(attacker, "nearest", "dlib", "original", "rank", value, 16, 32, **facts)  # type: ignore[arg-type]


def failed(*, acquire: float = 0.0, enrol: float = 0.0, of: Result | None = None) -> tuple[Result, ...]:
    """Return the failure rates of the attack that a result belongs to."""
    rates = {"failure_to_acquire_rate": acquire, "failure_to_enrol_rate": enrol}
    base = replace(of or rank(), k=None, low=None, high=None, chance=None, control=None)
    return tuple(replace(base, metric=metric, value=value) for metric, value in rates.items())


def found(value: float | None, condition: str = "original", embedder: str = "dlib", n: int = 16) -> Result:
    note = "" if value is not None else "every one was lost"
    return Result(None, None, embedder, condition, "detection_rate", value, n, n, low=value, high=value, note=note)


def lost(samples: pd.DataFrame, *stages: str) -> tuple[Failure, ...]:
    """Return one failure a sample, its stages in turn."""
    return tuple(
        Failure(stages[i % len(stages)], row["subject"], "", "", row["sample"], "It is damaged.", "Copy it again.")
        for i, row in enumerate(samples.to_dict("records"))
    )


def of(*made: Result, failures: tuple[Failure, ...] = (), **more: object) -> Findings:
    facts = {"cohort": ORIGINALS, "scores": ()} | more
    return findings(results=made, failures=failures, **facts)


def html(known: Findings) -> str:
    names = draw_pseudonyms(known)
    return page(known, names, document(known, names))


def photos_lost(**more: object) -> Findings:
    return of(rank(), *failed(acquire=1.0), found(1.0), found(None, "photo"), failures=lost(WHO.photos, "read"), **more)


def test_lost_photographs_are_not_assessed_in_the_verdict_line() -> None:
    (statement,) = verdict(photos_lost())
    assert statement.text == "Not assessed under attacker photo-nearest: none of the 32 photographs could be read."
    assert statement.figure == "–"
    assert not any("identified at rank" in reading for reading in statement.readings)


def test_no_face_in_any_photograph_is_blamed_on_the_photographs() -> None:
    (statement,) = verdict(of(rank(), *failed(acquire=1.0), found(1.0), found(0.0, "photo")))
    assert statement.text == (
        "Not assessed under attacker photo-nearest: no face was found in any of the 32 photographs: the attack could "
        "not be carried out because of the photographs."
    )
    assert statement.figure == "–"


def test_photographs_partly_lost_and_without_a_face_otherwise_are_told_apart() -> None:
    broken = lost(WHO.photos.iloc[:4], "read")
    (statement,) = verdict(of(rank(), *failed(acquire=1.0), found(1.0), found(0.0, "photo"), failures=broken))
    assert "any of the 28 photographs that could be read (4 of 32 were lost)" in statement.text


def test_nobody_enrolled_because_all_scans_were_lost_is_not_assessed() -> None:
    known = of(rank(), *failed(enrol=1.0), found(None), failures=lost(ORIGINALS.scans, "read", "surface"))
    (statement,) = verdict(known)
    assert statement.text.startswith("Not assessed under attacker photo-nearest: none of the 16 original scans could")
    assert statement.figure == "–"
    assert "No face was found" not in html(known)


def test_nobody_enrolled_although_faces_were_found_is_not_assessed() -> None:
    (statement,) = verdict(of(rank(), *failed(enrol=1.0), found(0.5)))
    assert "no template could be made of the original scans that were searched" in statement.text


def test_no_face_in_any_render_is_no_number_and_no_protection() -> None:
    (statement,) = verdict(of(rank(), *failed(enrol=1.0), found(0.0)))
    assert statement.text.startswith("No face was found in any of the original scans (n = 16 people): the attack could")
    assert "no protection" in statement.text
    assert statement.readings == (
        "No attack on original scans gave a number.",
        "Not carried out under attacker photo-nearest: no face was found on any original scan.",
    )


FACELESS = "not carried out: no face was found on any released scan"


def faceless(found_in: float = 0.0, enrol: float = 1.0) -> Findings:
    """Return the made-up audit with the scans of condition zero without a face, as the evaluator leaves it."""
    known = findings()
    attacks = {(r.attacker, r.matcher, r.relation): r for r in known.results if r.attacker and r.condition == "zero"}
    made = [
        replace(r, value=found_in)
        if (r.condition, r.metric) == ("zero", "detection_rate")
        else replace(r, value=0.0 if r.metric == "rank" else None, low=0.0, high=0.2, note="failures count as misses")
        if r.condition == "zero" and r.attacker and enrol == 1
        else r
        for r in known.results
    ]
    gone = tuple(
        replace(t, scores=np.full_like(t.scores, np.nan)) if t.condition == "zero" and enrol == 1 else t
        for t in known.scores
    )
    failures = [rate for each in attacks.values() for rate in failed(enrol=enrol, of=each)]
    return replace(known, results=(*made, *failures), scores=gone, failures=())


def test_a_release_without_a_face_has_no_number_in_any_table() -> None:
    known = faceless()
    content = document(known, draw_pseudonyms(known))
    rows = [r for r in content["results"] if r["condition"] == "zero" and r["attacker"] and r["metric"] not in FAILURES]
    assert {r["note"] for r in rows} == {FACELESS}
    numbers = ("value", "low", "high", "confidence", "chance", "control")
    assert {r[name] for r in rows for name in numbers} == {None}
    changes = [d for d in content["differences"] if d["condition"] == "zero"]
    assert {(d["value"], d["before"], d["after"], d["p_value"], d["p_adjusted"]) for d in changes} == {(None,) * 5}
    assert {d["note"] for d in changes} == {FACELESS}
    ReportDocument.model_validate(content)
    told = [row for row in condition_rows(known) if row["condition"] == "zero"]
    assert {(row["value"], row["change"], row["p_value"], row["note"]) for row in told} == {
        (None, None, None, FACELESS)
    }
    assert FACELESS in " ".join(paper(known).split())
    assert not any(row[0] == ("Condition", "zero") for row in people_found_table(known, draw_pseudonyms(known)).rows)


def test_a_release_without_a_face_has_neither_dot_nor_curve_in_any_figure() -> None:
    known = faceless()
    (axes,) = figure_rates(known).axes
    told = [text.get_text() for text in axes.texts]
    assert told.count(FACELESS) == 3
    assert not any(text.startswith("0 %") for text in told)
    for drawn in (figure_cmc(known), figure_roc(known), figure_gallery(known)):
        labels = {line.get_label() for axes in drawn.axes for line in axes.lines}
        assert "zero" not in labels
        assert "original" in labels
    empty = [axes for axes in figure_densities(known).axes if not axes.lines and axes.texts]
    assert len(empty) == 4
    assert all("not carried out" in "".join(text.get_text() for text in axes.texts) for axes in empty)


def test_the_page_says_of_a_release_without_a_face_one_thing_everywhere() -> None:
    shown = html(faceless())
    assert f"Attacks on scans in condition “zero”: {FACELESS}." in shown
    assert "Under attacker photo-nearest, 0 of 16" not in shown
    assert "failures count as misses" not in shown


@pytest.mark.parametrize(("found_in", "enrol"), [(0.25, 0.75), (0.0, 0.75)])
def test_where_some_released_scans_have_templates_failures_stay_misses(found_in: float, enrol: float) -> None:
    known = faceless(found_in, enrol)
    assert [r for r in assessed(known) if r.metric == "rank"] == [r for r in known.results if r.metric == "rank"]


def test_an_attack_that_needs_no_detector_is_told_beside_those_that_do() -> None:
    other = replace(rank(1 / 16, attacker="adapted"), matcher="centred")
    (statement,) = verdict(of(rank(), *failed(enrol=1.0), found(0.0), other))
    assert statement.figure == "–"
    assert "attacks that need one could not be carried out" in statement.text
    assert "Under attacker adapted, 1 of 16 people" in statement.readings[0]


def local(value: float, **more: object) -> Result:
    return replace(rank(value, attacker="local-features", **more), matcher="orb", embedder="")


def test_an_attack_that_needs_no_face_is_a_number_where_none_was_found() -> None:
    (statement,) = verdict(of(local(1 / 16), rank(), *failed(enrol=1.0), found(0.0)))
    assert statement.text.startswith("Under attacker local-features, 1 of 16 people (mean over their photographs)")
    assert statement.figure != "–"


def test_photographs_without_keypoints_are_not_blamed_on_faces() -> None:
    made = local(0.0)
    (statement,) = verdict(of(made, rank(0.5), *failed(acquire=1.0, of=made), found(1.0), found(0.0, "photo")))
    assert "under attacker local-features: no template could be made of any of the 32 photographs." in statement.text


def test_an_attack_without_an_embedder_names_none_beside_two_that_have_one() -> None:
    others = rank(0.5), replace(rank(0.4), embedder="other")
    made = local(0.0)
    (statement,) = verdict(of(made, *others, *failed(acquire=1.0, of=made), found(1.0), found(1.0, "photo")))
    assert "under attacker local-features:" in statement.text


def test_scans_lost_beside_scans_without_a_face_are_told_apart() -> None:
    broken = lost(ORIGINALS.scans.iloc[:2], "read", "surface")
    (statement,) = verdict(of(rank(), *failed(enrol=1.0), found(0.0, n=14), failures=broken))
    assert "No face was found in any of the original scans that could be read (n = 14 people)" in statement.text
    assert any(
        line.startswith("2 of 16 original scans were lost before a face could be looked for (1 could not be read, 1 ")
        for line in statement.readings
    )


def test_the_originals_of_an_attacker_who_searches_with_them_may_be_what_fails() -> None:
    zero = replace(rank(attacker="original-to-released"), condition="zero", relation="cross-session")
    known = of(zero, *failed(acquire=1.0, of=zero), found(0.0), found(1.0, "zero"), cohort=WHO)
    statement = next(said for said in verdict(known) if said.condition == "zero")
    assert "no face was found in any of the 16 original scans: the attack could not be carried out" in statement.text


def test_an_attack_that_took_place_leads_and_the_other_is_told_in_the_same_line() -> None:
    other = rank(13 / 16, "original-to-released", low=0.54, high=0.96)
    (statement,) = verdict(of(rank(), *failed(acquire=1.0), found(None, "photo"), other))
    assert statement.figure == "81 %"
    assert statement.text.startswith("Under attacker original-to-released, ")
    assert statement.text.endswith(
        "Not assessed under attacker photo-nearest: none of the 32 photographs could be read."
    )


def test_pairs_do_not_take_the_place_of_an_identification_that_failed() -> None:
    (pairs,) = (r for r in results() if r.metric == "auc" and r.condition == "original" and r.value)
    (statement,) = verdict(of(*photos_lost().results, pairs))
    assert statement.figure == "–"
    assert statement.text.startswith("Not assessed")
    assert "ROC-AUC 0.94" in statement.readings[0]


def test_neither_the_tables_nor_the_json_have_a_number_for_what_was_not_assessed() -> None:
    known = photos_lost()
    content = document(known, draw_pseudonyms(known))
    row = next(row for row in content["results"] if row["metric"] == "rank")
    assert (row["value"], row["low"], row["high"]) == (None, None, None)
    assert row["note"] == "not assessed: none of the 32 photographs could be read"
    assert results_table(known).query("metric == 'rank'")["value"].isna().all()
    assert [result.value for result in Audit(known).results if result.metric == "rank"] == [None]
    shown = html(known)
    assert shown.count("not assessed: none of the 32 photographs could be read") >= 2
    assert '<p class="big">–</p><p class="what">not assessed</p>' in shown
    assert '<th scope="row">Rank 1</th><td><span class="value">–</span>' in shown
    assert '<th scope="row">Rank 1</th><td class="wrap">original</td><td class="num">–</td>' in shown
    assert "All 32 photographs were lost before a face could be looked for (could not be read)." in shown


def test_the_figure_of_rates_has_words_and_no_dot_at_nought() -> None:
    (axes,) = figure_rates(photos_lost()).axes
    assert any(text.get_text() == "not assessed, n = 16" for text in axes.texts)
    assert not axes.lines


def test_no_rank_curve_is_drawn_where_nobody_was_searched() -> None:
    tables = tuple(t for t in findings().scores if (t.matcher, t.condition) == ("nearest", "original"))
    drawn = figure_cmc(photos_lost(scores=tables))
    assert [text.get_text() for axes in drawn.axes for text in axes.texts] == ["No identification took place."]


def test_an_attacker_who_only_failed_is_named_with_the_reason() -> None:
    said = " ".join(not_assessed(photos_lost()))
    assert "Attacker photo-nearest gave no result: none of the 32 photographs could be read." in said


def test_several_attackers_without_photographs_make_one_sentence() -> None:
    other = rank(attacker="photo-svm")
    made = (rank(), other, *failed(acquire=1.0), *failed(acquire=1.0, of=other), found(None, "photo"))
    (statement,) = verdict(of(*made))
    assert statement.text.startswith("Not assessed under attackers photo-nearest, photo-svm: none of the 32")


def test_what_the_evaluator_gives_of_lost_photographs_is_not_assessed() -> None:
    photos = WHO.photos[["subject", "sample"]].assign(n_templates=0)
    people = pd.DataFrame({"subject": WHO.subjects, "sample": WHO.subjects, "n_templates": 9})
    shape = (len(photos), len(people))
    table = ScoreTable(
        "photo-nearest", "nearest", "dlib", "original", photos, people, np.full(shape, np.nan), np.ones(shape, bool)
    )
    numbers = evaluate(table, rng=np.random.default_rng(1), resamples=20)
    known = of(*numbers, failures=lost(WHO.photos, "read"))
    (statement,) = verdict(known)
    assert statement.text == "Not assessed under attacker photo-nearest: none of the 32 photographs could be read."
    searched = [r for r in assessed(known) if r.metric.startswith(("rank", "worst", "people"))]
    assert {"rank", "rank_failures_as_chance", "rank_upper_limit"} <= {r.metric for r in searched}
    assert all(r.value is None and r.low is None for r in searched), "a limit to what nobody tried is no limit"


@pytest.mark.parametrize("sessions", [1, 2])
@pytest.mark.parametrize("photos", [0, 32])
def test_a_run_without_photographs_and_second_sessions_is_told_what_to_give(photos: int, sessions: int) -> None:
    scans = WHO.scans
    if sessions == 2:
        scans = pd.concat([scans, scans.assign(session="later", sample=scans["sample"] + "_later")], ignore_index=True)
    given = replace(WHO, scans=scans, photos=WHO.photos.iloc[:photos])
    told = [line for said in verdict(findings(cohort=given)) for line in said.readings if "across sessions" in line]
    if photos or sessions == 2:
        assert told == []
    else:
        (line,) = told
        assert "photographs of these people (--photos DIR)" in line
        assert "a second session of the same people" in line
        assert "next to the released ones" not in line, "they are there"


def test_originals_next_to_the_released_scans_are_asked_for_where_there_are_none() -> None:
    alone = replace(ORIGINALS, photos=WHO.photos.iloc[:0])
    (statement,) = verdict(findings(cohort=alone, results=(), scores=()))
    assert "original scans next to the released ones give an upper bound at least" in statement.readings[0]


def test_cross_session_pairs_without_a_number_are_not_assessed() -> None:
    empty = rank(None, "scan-to-scan", relation="cross-session")
    assert any(line.startswith("Pairs across sessions:") for line in not_assessed(of(empty)))


def test_failures_are_counted_by_stage_and_lost_scans_apart() -> None:
    scans = ORIGINALS.scans
    shown = html(of(found(0.9), failures=(*lost(scans.iloc[:3], "read", "surface"), *lost(scans.iloc[3:7], "detect"))))
    assert "Lost before a face could be looked for: 3 (2 could not be read, 1 showed no head)." in shown
    assert "Read and rendered, but no face was found by the detector: 4." in shown


def test_the_control_of_rank_is_not_said_to_show_leakage() -> None:
    assert any("not what the recogniser knew before" in line for line in not_assessed(findings()))


def test_the_report_says_that_commercial_recognisers_find_more() -> None:
    known = of(rank())
    (said,) = [line for line in not_assessed(known) if "commercial" in line]
    assert "51 to 59 %" in said
    assert "92 and 98 %" in said
    assert "some 30 to 40 points more" in " ".join(html(known).split())

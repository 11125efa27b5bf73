"""The words of the verdict come from results and from nothing else."""

from __future__ import annotations

import pytest
from report_samples import findings, results

from reid_audit.report.document import document
from reid_audit.report.limits import how_many_people, not_assessed, what_n_shows
from reid_audit.report.numbers import format_interval, format_value, percent, plain
from reid_audit.report.pseudonyms import draw_pseudonyms
from reid_audit.report.verdict import headlines, identifications, verdict
from reid_audit.report.wording import sentence
from reid_audit.types import Result


def rank(value: float | None, condition: str = "original", **more: object) -> Result:
    facts = {"low": 0.5435, "high": 0.9595, "confidence": 0.95, "chance": 1 / 16, "control": 0.07, "k": 1} | more
    return Result("photo-nearest", "nearest", "dlib", condition, "rank", value, 16, 16, **facts)  # type: ignore[arg-type]


def test_a_sentence_carries_everything_that_belongs_to_its_number() -> None:
    assert sentence(rank(13 / 16)) == (
        "Under attacker photo-nearest, 13 of 16 people's original scans were identified at rank 1 "
        "(81 %, 95 % interval 54–96 %; chance 6 %; shuffled labels 7 %)."
    )


def test_a_defaced_condition_is_named() -> None:
    assert "1 of 16 people's scans in condition “zero” were identified" in sentence(rank(1 / 16, "zero"))


def test_a_mean_over_several_photos_is_not_written_as_a_count() -> None:
    assert "12.5 of 16 people (ties count by their share) were identified" in sentence(rank(12.5 / 16))


def test_the_strongest_attack_leads_each_condition_original_first() -> None:
    statements = verdict(findings())
    assert [statement.condition for statement in statements] == ["original", "meanface", "zero"]
    assert "photo-set (matcher topk), 14 of 16 people (mean" in statements[0].text
    assert "photo-nearest, 2 of 16 people (mean" in statements[1].text


def test_few_detections_are_named_as_a_cause_of_a_low_rank() -> None:
    original, meanface, zero = verdict(findings())
    assert any("low rank here comes at least in part from missed detections" in line for line in zero.readings)
    assert any("does not count as protected" in line for line in zero.readings)
    assert not any("missed detections" in line for line in (*original.readings, *meanface.readings))


def test_an_interval_that_holds_chance_is_said_to_show_nothing() -> None:
    _, meanface, _ = verdict(findings())
    assert any("cannot tell the result from guessing" in line and "38 %" in line for line in meanface.readings)


def test_same_scan_pairs_lead_only_where_there_are_no_others() -> None:
    same = rank(1.0, relation="same-scan")
    cross = rank(0.5, relation="cross-session")
    assert headlines((same, cross)) == (cross,)
    assert headlines((same,)) == (same,)
    (statement,) = verdict(findings(results=(same,), cohort=_only_original(), scores=()))
    assert "upper bound" in statement.text


def test_a_same_scan_rank_is_told_as_an_upper_bound_beside_the_headline() -> None:
    from dataclasses import replace

    bound = replace(rank(1.0, relation="same-scan"), attacker="original-to-released")
    (statement,) = verdict(findings(results=(bound, rank(0.5)), cohort=_only_original(), scores=()))
    assert "photo-nearest, 8 of 16" in statement.text
    assert any(
        "original-to-released (same-scan pairs), 16 of 16" in line and "upper bound" in line
        for line in statement.readings
    )


def _only_original():
    from dataclasses import replace

    from report_samples import cohort

    who = cohort()
    return replace(who, scans=who.scans[who.scans["condition"] == "original"])


def test_a_condition_without_ranks_falls_back_to_pairs() -> None:
    pairs = tuple(result for result in results() if result.metric == "auc")
    original = verdict(findings(results=pairs))[0]
    assert original.figure == "0.94"
    assert "ROC-AUC 0.94 (95 % interval 0.89 to 0.99; " in original.text
    assert "chance 0.50" in original.text
    assert "two renders of one scan" in original.text
    assert "upper bound" in original.text


def _said(*made: Result) -> tuple[str, str]:
    """Return the text and the readings of the verdict over results on original scans."""
    (statement,) = verdict(findings(results=made, cohort=_only_original(), scores=()))
    return statement.text, "\n".join(statement.readings)


def _auc(value: float, low: float, high: float, **more: object) -> Result:
    facts = {"low": low, "high": high, "confidence": 0.95, "chance": 0.5, "control": 0.5} | more
    return Result("scan-to-scan", "cosine", "dlib", "original", "auc", value, 16, 480, **facts)  # type: ignore[arg-type]


def _found(metric: str, value: float) -> Result:
    return Result(None, None, "dlib", "original", metric, value, 16, 16, low=0.0, high=0.2, confidence=0.95)


def test_where_no_attack_is_certain_the_one_that_excludes_least_leads() -> None:
    tight = Result("photo-svm", "svm", "dlib", "original", "rank", 0.3, 10, 10, 1, 0.09, 0.5, 0.95, 0.1, 0.1)
    wide = Result("photo-set", "mean", "dlib", "original", "rank", 0.4, 10, 10, 1, 0.07, 0.89, 0.95, 0.1, 0.1)
    statement = verdict(findings(results=(tight, wide), scores=()))[0]
    assert statement.figure == "40 %"
    assert any("up to 89 %" in line for line in statement.readings)
    assert any("the one that can exclude least" in line for line in statement.readings)


def test_a_certain_risk_leads_before_a_higher_rate_that_may_be_guessing() -> None:
    certain = Result(
        "photo-nearest", "nearest", "dlib", "original", "rank", 0.4, 100, 100, 1, 0.3, 0.5, 0.95, 0.01, 0.01
    )
    lucky = Result(
        "pairs", "nearest", "dlib", "original", "rank", 1.0, 2, 2, 1, 0.16, 1.0, 0.95, 0.5, 0.5, "cross-session"
    )
    text, readings = _said(lucky, certain)
    assert "photo-nearest, 40 of 100" in text
    assert (
        "pairs (cross-session pairs) 100 %, 95 % interval 16–100 %, chance 50 %, shuffled labels 50 % (n = 2)"
        in readings
    )


def test_one_attack_above_chance_among_many_may_be_there_by_luck() -> None:
    lucky = Result("photo-svm", "svm", "dlib", "original", "rank", 0.3, 16, 16, 1, 0.13, 0.5, 0.95, 0.125, 0.1)
    others = [
        Result(f"photo-{i}", "mean", "dlib", "original", "rank", 0.1, 16, 16, 1, 0.0, 0.4, 0.95, 0.125, 0.1)
        for i in range(9)
    ]
    _, readings = _said(lucky, *others)
    assert "the only one of 10 attacks above chance" in readings
    assert "by luck in up to 25 % of audits" in readings
    second = Result("photo-set", "mean", "dlib", "original", "rank", 0.4, 16, 16, 1, 0.2, 0.6, 0.95, 0.125, 0.1)
    assert "by luck" not in _said(lucky, second, *others)[1]
    assert "by luck" not in _said(lucky)[1]


def test_every_other_attack_above_chance_is_told_with_its_numbers() -> None:
    from dataclasses import replace

    text, readings = _said(rank(13 / 16), replace(rank(12 / 16, low=0.47, high=0.93), attacker="photo-set"))
    assert "photo-nearest, 13 of 16" in text
    assert (
        "Above chance as well: photo-set 75 %, 95 % interval 47–93 %, chance 6 %, shuffled labels 7 % (n = 16)."
        in readings
    )


def test_pairs_above_chance_are_told_although_the_rank_of_the_attack_is_not() -> None:
    from dataclasses import replace

    pairs = replace(_auc(0.8, 0.7, 0.9), attacker="photo-nearest", matcher="nearest")
    _, readings = _said(rank(1 / 16, low=0.0, high=0.3), pairs)
    assert "ROC-AUC 0.80" in readings
    _, readings = _said(rank(13 / 16), pairs)
    assert "ROC-AUC 0.80" not in readings


def test_an_interval_below_chance_is_a_defect_and_not_chance() -> None:
    _, readings = _said(_auc(0.3, 0.2, 0.4, relation="cross-session"))
    assert "lies below chance" in readings
    assert "no protection" in readings
    assert "includes chance" not in readings


def test_an_area_under_the_curve_is_not_called_a_rate() -> None:
    _, readings = _said(_auc(0.5, 0.4, 0.61, relation="cross-session"))
    assert "nor exclude a ROC-AUC of up to 0.61" in readings
    assert "rate" not in readings


def test_same_scan_pairs_beside_a_rank_are_renders_of_one_scan_and_an_upper_bound() -> None:
    _, readings = _said(rank(1 / 16, low=0.0, high=0.3), _auc(0.99, 0.98, 1.0, relation="same-scan"))
    (line,) = [line for line in readings.split("\n") if "ROC-AUC" in line]
    assert "two renders of one scan" in line
    assert "of one person" not in line
    assert line.endswith("read it as an upper bound.")


def test_several_searches_a_person_make_a_count_a_mean() -> None:
    from dataclasses import replace

    said = sentence(replace(rank(13 / 16), n_probes=32))
    assert "13 of 16 people (mean over their photographs) were identified by their original scans at rank 1" in said


@pytest.mark.parametrize("attacked", [True, False])
def test_without_any_face_the_attack_was_not_carried_out(attacked: bool) -> None:
    attacks = (rank(0.0, low=0.0, high=0.2),) if attacked else ()
    made = (*attacks, _found("detection_rate", 0.0), _found("render_detection_rate", 0.0))
    (statement,) = verdict(findings(results=made, cohort=_only_original(), scores=()))
    assert statement.text.startswith("No face was found in any of the original scans (n = 16 people)")
    assert "could not be carried out" in statement.text
    assert "no protection" in statement.text
    assert statement.figure == "–"
    assert not attacked or "0 of 16" in statement.readings[0]


def test_where_nobody_could_be_searched_the_reason_stands_beside_it() -> None:
    why = "one person in the gallery: the answer is known before the search"
    text, readings = _said(rank(None, note=why), rank(None, k=5, note="certain by chance alone"))
    assert text == "No attack on original scans gave a number."
    assert "One person in the gallery: the answer is known before the search." in readings
    assert "by chance alone" not in readings


def test_a_rank_of_one_person_reads_as_one() -> None:
    from dataclasses import replace

    alone = replace(rank(0.5), n_subjects=1, n_probes=2)
    assert "0.5 of 1 person (mean over their photographs) was identified by their original scans" in sentence(alone)


def test_every_embedder_has_its_detection_told() -> None:
    from dataclasses import replace

    first, second = _found("detection_rate", 0.5), replace(_found("detection_rate", 0.9), embedder="other")
    _, readings = _said(rank(13 / 16), first, second)
    assert "with embedder dlib on 50 % of these heads in at least one render (n = 16)" in readings
    assert "with embedder other on 90 % of these heads in at least one render (n = 16)" in readings
    _, readings = _said(rank(13 / 16), first, replace(first, embedder="other"))
    assert "A face was found on 50 % of these heads in at least one render (n = 16);" in readings
    _, readings = _said(rank(13 / 16), first, replace(second, value=1.0))
    assert "A face was found with embedder dlib on 50 %" in readings
    assert "100 %" not in readings


def _limits(*made: Result) -> list[str]:
    known = findings(results=made, scores=())
    return document(known, draw_pseudonyms(known))["limits"]


def test_what_n_shows_takes_the_n_of_the_identification_that_is_quoted() -> None:
    from dataclasses import replace

    few = replace(rank(3 / 7), n_subjects=7, n_probes=7, low=0.2, high=0.8)
    pairs = _auc(0.6, 0.5, 0.7)
    assert _limits(few, pairs)[0].startswith("Even 0 of 7 identified")
    assert how_many_people(identifications(findings(results=(few, pairs))), 16) == "7 people"


def test_people_who_were_not_searched_are_told_and_chance_is_that_of_the_gallery() -> None:
    from dataclasses import replace

    one = replace(rank(0.0), n_subjects=1, n_probes=2, low=0.0, high=0.98, chance=1 / 3)
    lines = _limits(one)
    assert lines[0].startswith("Even 0 of 1 identified")
    assert "(1 in 3, 0.33)" in lines[1]
    people = len(findings().cohort.subjects)
    assert any(line.startswith(f"Of {people} people in the cohort 1 had") for line in lines)
    assert any(line.startswith(f"Even 0 of {people} identified") for line in lines)


def test_conditions_with_different_n_are_each_bounded() -> None:
    from dataclasses import replace

    made = (rank(13 / 16), replace(rank(3 / 7, "zero"), n_subjects=7, n_probes=7))
    first, *rest = _limits(*made)
    assert "original on 16 people, zero on 7 people" in first
    assert any(line.startswith("Even 0 of 7") for line in rest)
    assert any(line.startswith("Even 0 of 16") for line in rest)
    assert len([line for line in rest if "takes 32 people" in line]) == 1
    assert how_many_people(identifications(findings(results=made)), 16) == "7 to 16 people"


def test_without_an_identification_it_is_said_and_what_so_many_people_could_show() -> None:
    first, *rest = _limits(_auc(0.6, 0.5, 0.7))
    assert first.startswith("No identification took place")
    people = len(findings().cohort.subjects)
    assert f"What {people} people could show at most" in first
    assert tuple(rest) == what_n_shows(people)


@pytest.mark.parametrize(
    ("n", "one_sided", "two_sided"), [(3, "0.63", "0.71"), (16, "0.17", "0.21"), (32, "0.09", "0.11")]
)
def test_even_no_hit_leaves_an_upper_bound(n: int, one_sided: str, two_sided: str) -> None:
    first = what_n_shows(n)[0]
    assert f"Even 0 of {n}" in first
    assert f"{one_sided} (one-sided" in first
    assert f"{two_sided} as the upper end" in first


def test_three_people_cannot_be_told_from_guessing_even_if_all_are_identified() -> None:
    assert any("no result can be told from guessing" in line for line in what_n_shows(3))
    assert not any("no result can be told" in line for line in what_n_shows(16))


def test_bounds_agree_with_clopper_and_pearson() -> None:
    from reid_audit.statistics import clopper_pearson

    _, high = clopper_pearson(0, 16, 0.95)
    assert f"{high:.2f} as the upper end" in what_n_shows(16)[0]


def test_thirty_two_people_are_needed_for_the_threshold() -> None:
    assert any("takes 32 people" in line for line in what_n_shows(16))


def test_what_was_not_given_was_not_assessed() -> None:
    base = findings()
    blind = findings(cohort=type(base.cohort)(base.cohort.scans.assign(modality="pet"), base.cohort.photos.iloc[:0]))
    said = " ".join(not_assessed(blind))
    assert "No photographs were given" in said
    assert "PET" in said
    assert "No photographs" not in " ".join(not_assessed(base))


def test_an_attacker_without_a_number_is_named_with_the_reason() -> None:
    why = Result(
        "photo-set", "mean", "dlib", "zero", "rank", None, 0, 0, k=1, note="not assessed: no photos were given"
    )
    said = " ".join(not_assessed(findings(results=(why,))))
    assert "Attacker photo-set gave no result: no photos were given." in said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8125, "81 %"),
        (0.125, "13 %"),
        (1.0, "100 %"),
        (0.0, "0 %"),
        (0.0016, "0.2 %"),
        (0.0003, "0.03 %"),
        (0.9999, "99.9 %"),
        (0.998, "99.8 %"),
        (199 / 200, "99.5 %"),
        (0.994, "99 %"),
        (1 / 200, "0.5 %"),
        (0.006, "1 %"),
        (None, "–"),
    ],
)
def test_percentages(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_numbers_are_written_in_the_unit_of_their_metric() -> None:
    assert format_value("auc", 0.938) == "0.94"
    assert format_interval("auc", -0.1, 0.25) == "-0.10 to 0.25"
    assert format_interval("rank", 0.5435, None) == "–"
    assert format_value("rank", float("nan")) == "–"


def test_json_gets_plain_values_and_no_path() -> None:
    from pathlib import PurePosixPath

    import numpy as np

    assert plain({"a": np.array([1.0, np.nan]), "b": (np.int64(3), PurePosixPath("/x")), 1: {"c": True}}) == {
        "a": [1.0, None],
        "b": [3, "(path withheld)"],
        "1": {"c": True},
    }

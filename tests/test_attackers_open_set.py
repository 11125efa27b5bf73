"""A padded gallery: distractors are searched, are nobody's mate, and are counted nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from attackers_making import cohort_of, everyone, named, photos_of
from evaluate_tables import by_name, normal_table
from scipy.stats import norm

from reid_audit.attackers import attack
from reid_audit.attackers.open_set import SMALL_GALLERY
from reid_audit.errors import UsageError
from reid_audit.evaluate import evaluate
from reid_audit.types import Templates


def padded(scans, photos, distractors=None, seed=0):
    return attack("open-set", scans, photos, np.random.default_rng(seed), distractors=distractors)


def test_distractors_are_references_and_change_no_score_of_the_cohort():
    scans, photos = cohort_of(everyone("012"), lost=["1_a_zero_T1w", "1_b_zero_T1w"]), photos_of("0123")
    more = cohort_of(everyone("4567", conditions=("zero", "original")), lost=["5_a_zero_T1w", "5_b_zero_T1w"])
    alone, with_more = padded(scans, photos), padded(scans, photos, more)
    for one, other in zip(alone, with_more, strict=True):
        assert other.references["subject"].tolist() == list("0124567")
        assert other.references["distractor"].tolist() == [False] * 3 + [True] * 4
        assert other.probes["subject"].tolist() == list("0123")
        assert not other.mated[:, 3:].any()
        assert other.compared.all()
        np.testing.assert_array_equal(other.scores[:, :3], one.scores)
        assert "distractor" not in one.references.columns
    zero = named(with_more, "zero")
    assert zero.references["n_templates"].tolist() == [14, 0, 14, 14, 0, 14, 14]
    assert zero.note == "gallery padded with 4 distractors (3 with a template), declared 'zero' of T1w"
    assert "WARNING: no distractors, and a gallery of 3" in named(alone, "zero").note


def test_the_distractors_of_a_search_are_those_of_its_condition_and_modality():
    more = cohort_of(
        [
            *everyone("4", "a", ("original", "zero")),
            *everyone("5", "a", ("zero",)),
            *everyone("6", "a", ("zero",), ("CT",)),
        ]
    )
    tables = padded(cohort_of(everyone("01", "a", ("original", "zero", "mean"))), photos_of("01"), more)
    searched = {t.condition: t.references["subject"][t.references["distractor"]].tolist() for t in tables}
    assert searched == {"original": ["4"], "zero": ["4", "5"], "mean": ["4"]}
    assert "WARNING" not in named(tables, "original").note
    assert "WARNING" not in named(tables, "zero").note
    note = named(tables, "mean").note
    assert "1 distractor (1 with a template), declared 'original' of T1w; WARNING: the searched scans are" in note
    assert "'mean' of T1w" in note


def test_distractors_of_another_modality_are_taken_with_a_warning():
    more = cohort_of(everyone("45", "a", ("zero",), ("CT",)))
    (table,) = padded(cohort_of(everyone("01", "a", ("zero",), ("T1w", "T2w"))), photos_of("01"), more)
    assert "declared 'zero' of CT; WARNING: the searched scans are 'zero' of T1w and T2w" in table.note
    blank = Templates(more.table.assign(modality=""), more.vectors, more.embedder)
    (table,) = padded(cohort_of(everyone("01", "a", ("zero",))), photos_of("01"), blank)
    assert "declared 'zero' of unknown modality; WARNING" in table.note


def test_everybody_is_searched_with_equally_many_scans():
    scans, photos = cohort_of(everyone("01", "ab", ("zero",))), photos_of("01")
    for sessions, views in (("ab", 14), ("a", 7)):
        (table,) = padded(scans, photos, cohort_of(everyone("45", sessions, ("zero",))))
        assert set(table.references["n_templates"]) == {views}
        assert {scan[0] for scan in table.scans} == {"0", "1"}, "distractors are no scans of the release"


def test_a_large_gallery_without_distractors_needs_no_warning():
    people = [f"p{i}" for i in range(SMALL_GALLERY)]
    rows = {"subject": people, "sample": people, "condition": "zero", "modality": "T1w"}
    vectors = np.random.default_rng(0).normal(size=(len(people), 8))
    scans = Templates(pd.DataFrame(rows), vectors, "made-up")
    assert [t.note for t in padded(scans, photos_of("01"))] == [""]
    (small,) = padded(scans.select(np.arange(SMALL_GALLERY - 1)), photos_of("01"))
    assert "a gallery of 99" in small.note


@pytest.mark.parametrize("known", ["scan", "photo"])
def test_a_distractor_whom_somebody_looks_for_is_refused(known):
    more = cohort_of(everyone("145" if known == "scan" else "345", "a", ("zero",)))
    with pytest.raises(UsageError, match="1 of the distractors is among the people"):
        padded(cohort_of(everyone("01", "a", ("zero",))), photos_of("013"), more)


def test_other_attackers_and_other_embedders_take_no_distractors():
    scans, photos, more = cohort_of(everyone("01")), photos_of("01"), cohort_of(everyone("45"))
    with pytest.raises(UsageError, match="takes no distractors"):
        attack("photo-nearest", scans, photos, np.random.default_rng(0), distractors=more)
    with pytest.raises(UsageError, match="'made-up' and 'other'"):
        padded(scans, photos, Templates(more.table, more.vectors, "other"))


def results_of(table, seed=3):
    return by_name(evaluate(table, rng=np.random.default_rng(seed), resamples=20))


def with_distractors(table, first):
    """The table without probes of the people from number ``first`` on, who are distractors."""
    number = table.references["subject"].str[1:].astype(int)
    kept = np.flatnonzero(table.probes["subject"].str[1:].astype(int) < first)
    return replace(
        table,
        probes=table.probes.iloc[kept].reset_index(drop=True),
        references=table.references.assign(distractor=number >= first),
        scores=table.scores[kept],
        compared=table.compared[kept],
        note="gallery padded",
    )


def test_known_truth_is_met_in_a_padded_gallery():
    """Independent normal scores: the rates depend on the whole gallery, and rest on the people of the cohort."""
    everybody = normal_table(np.random.default_rng(8), people=1000, probes=1, shift=4.0, attacker="open-set")
    table = with_distractors(everybody, 400)
    found = results_of(table)
    at = norm.ppf(0.9 ** (1 / 999))
    result = found["fnir_at_fpir_0.1", 1]
    assert result.value == pytest.approx(1 - norm.sf(at - 4.0), abs=0.08)
    assert result.n_subjects == result.n_probes == 400
    assert found["fpir_realised_0.1"].n_subjects == 400
    assert 1 - result.chance < 1 / 1000
    assert "among 1000 people" in result.note
    assert all(each.note.endswith("gallery padded") for each in found.values())


def test_distractors_enter_no_rate_of_failures(rng):
    table = with_distractors(normal_table(rng, people=40, probes=1, attacker="open-set"), 30)
    templates = np.r_[np.zeros(3), np.ones(27), np.zeros(5), np.ones(5)].astype(int)
    scores = np.where(templates[None, :] > 0, table.scores, np.nan)
    lost = replace(
        table,
        scores=scores,
        references=table.references.assign(n_templates=templates),
        probes=table.probes.assign(n_templates=1),
    )
    found = results_of(lost)
    assert (found["failure_to_enrol_rate"].value, found["failure_to_enrol_rate"].n_subjects) == (0.1, 30)
    assert (found["comparisons_failed_share"].value, found["comparisons_failed_share"].n_subjects) == (0.1, 30)
    assert "of 900 comparisons" in found["comparisons_failed_share"].note

"""Every scan is searched: none is left out, nobody offers more than the person searched for, guesses are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from attackers_making import DIMENSION, cohort_of, everyone, photos_of, searched_of
from test_attackers_local_features import made as keypoints_of
from test_attackers_local_features import photos as keypoint_photos
from test_attackers_local_features import scans as keypoint_scans

import reid_audit.attackers.adapted
from reid_audit.attackers import (
    ATTACKERS,
    LOCAL_FEATURES,
    OPEN_SET,
    AttackSettings,
    attack,
    holds_photos,
    run_attacks,
    search_all_scans,
)
from reid_audit.attackers.levels import joined_levels, levels_of
from reid_audit.attackers.samples import scans_in
from reid_audit.enrolment import Enrolled
from reid_audit.gating import measure
from reid_audit.settings import Settings
from reid_audit.types import ORIGINAL, Templates

BY_TEMPLATES = [name for name in ATTACKERS if holds_photos(name) and name != LOCAL_FEATURES]
UNEVEN = [*everyone("0", "abc"), *everyone("123456", "a"), *everyone("7", "ab")]


@pytest.fixture(autouse=True)
def two_ways(monkeypatch):
    """People are dealt out in two ways and not in ten, to save time."""
    monkeypatch.setattr(reid_audit.attackers.adapted, "SPLITS", 2)


def stream(purpose: str) -> np.random.Generator:
    return np.random.default_rng([len(purpose), *purpose.encode()])


def searched(enrolled, name, **choices):
    """Return the tables for the report, and for the gate."""
    settings = Settings(attackers=(name,), **choices)
    once = run_attacks(enrolled, settings, stream, lambda *_: None)
    return once, search_all_scans(once, enrolled, settings, stream, lambda *_: None)


def enrolled_of(scans, photos) -> Enrolled:
    return Enrolled(scans, photos, {}, (), placed=scans)


def hidden_but_one(scans: Templates, seen: str) -> Templates:
    """Return the scans as noise, all but one of the released."""
    hidden = (scans.table["condition"] != ORIGINAL) & (scans.table["sample"] != seen)
    vectors = np.array(scans.vectors)
    vectors[hidden] = np.random.default_rng(5).normal(0, 1, (int(hidden.sum()), DIMENSION))
    return Templates(scans.table, vectors, scans.embedder)


@pytest.mark.parametrize(("people", "counts"), [("017", [1, 2, 3]), ("07", [2, 3]), ("0", [3]), ("12", [1])])
def test_each_person_is_searched_with_all_scans_where_nobody_offers_more(rng, people, counts) -> None:
    table = cohort_of([row for row in UNEVEN if row[0] in people and row[2] == "zero"], views=2).table
    levels = levels_of(table, rng)
    assert [level.count for level in levels] == counts
    own = table.groupby("subject")["sample"].nunique()
    for level in levels:
        assert level.subjects == set(own[own == level.count].index)
        offered = table[level.rows].groupby("subject")["sample"].nunique()
        assert offered.to_dict() == own.clip(upper=level.count).to_dict()
        whole = table[table["subject"].isin(level.subjects)]
        assert set(whole["sample"]) <= set(table[level.rows]["sample"])


def test_modalities_take_turns(rng) -> None:
    scans = [*everyone("01", "abc", ("zero",), ("T1w", "T2w")), *everyone("2", "ab", ("zero",), ("T2w",))]
    table = cohort_of(scans, views=1).table
    first = levels_of(table, rng)[0]
    assert table[first.rows].groupby("subject")["modality"].apply(sorted).tolist() == [["T1w", "T2w"]] * 2 + [
        ["T2w", "T2w"]
    ]


def test_the_order_of_rows_is_of_no_account(rng) -> None:
    table = cohort_of(UNEVEN, views=2).table
    order = rng.permutation(len(table))
    plain = levels_of(table, np.random.default_rng(1))
    moved = levels_of(table.iloc[order].reset_index(drop=True), np.random.default_rng(1))
    for one, other in zip(plain, moved, strict=True):
        assert one.subjects == other.subjects
        np.testing.assert_array_equal(one.rows[order], other.rows)


@pytest.mark.parametrize("name", ["original-to-released", *BY_TEMPLATES])
def test_the_order_of_rows_changes_nothing_that_is_counted(rng, name) -> None:
    scans, photos = cohort_of(UNEVEN, views=3, noise=0.5), photos_of("01234567")
    order, shuffled = rng.permutation(len(scans.table)), rng.permutation(len(photos.table))
    moved = enrolled_of(_reordered(scans, order), _reordered(photos, shuffled))
    for tables, again in zip(searched(enrolled_of(scans, photos), name), searched(moved, name), strict=True):
        found = {(t.matcher, t.condition, t.relation): measure(t).model_dump() for t in tables}
        other = {(t.matcher, t.condition, t.relation): measure(t).model_dump() for t in again}
        assert found == other


def test_where_people_have_unequal_numbers_of_scans_the_gate_counts_all_ways_too() -> None:
    made = enrolled_of(cohort_of(UNEVEN, views=3, noise=0.5), photos_of("01234567"))
    report, every = searched(made, "adapted")
    assert {measure(table).ways for table in (*report, *every)} == {2}


def _reordered(templates: Templates, order) -> Templates:
    table = templates.table.iloc[order].reset_index(drop=True)
    return Templates(table, templates.vectors[order], templates.embedder)


@pytest.mark.parametrize("name", BY_TEMPLATES)
def test_every_attacker_with_photographs_searches_every_released_scan(name) -> None:
    scans = cohort_of(UNEVEN, views=4)
    once, every = searched(enrolled_of(scans, photos_of("0123456677")), name)
    assert [(t.matcher, t.condition) for t in every] == [(t.matcher, t.condition) for t in once]
    for before, after in zip(once, every, strict=True):
        if before.condition == ORIGINAL:
            assert after is before
            continue
        here = scans.table[scans.table["condition"] == "zero"]
        assert set(after.scans) == set(here["sample"])
        assert set(before.scans) < set(after.scans)
        assert after.control is None
        assert after.probes.groupby("subject")["level"].unique().map(tuple).to_dict() == (
            {"0": (3,), "7": (2,)} | dict.fromkeys("123456", (1,))
        )
        assert dict(zip(after.references["subject"], after.references["n_scans"], strict=True)) == (
            {"0": 3, "7": 2} | dict.fromkeys("123456", 1)
        )
        assert after.references["subject"].tolist() == before.references["subject"].tolist()


@pytest.mark.parametrize("name", ["photo-nearest", OPEN_SET, "assignment"])
@pytest.mark.parametrize("session", "abc")
def test_a_face_left_in_any_one_scan_is_found(name, session) -> None:
    scans = hidden_but_one(cohort_of(UNEVEN), f"0_{session}_zero_T1w")
    _, every = searched(enrolled_of(scans, photos_of("01234567")), name)
    for table in every:
        if table.condition != ORIGINAL:
            best = table.references["subject"].to_numpy()[np.argmax(table.scores, axis=1)]
            own = table.probes["subject"].to_numpy()
            assert (best == own)[own == "0"].any()


def test_the_gate_counts_every_scan_and_what_offering_more_of_them_does_for_guesses() -> None:
    scans = hidden_but_one(cohort_of(UNEVEN), "0_b_zero_T1w")
    once, every = searched(enrolled_of(scans, photos_of("01234567")), "photo-nearest")
    places = {sample: place for place, sample in enumerate(scans_in(scans.table))}
    released = {name: place for name, place in places.items() if "zero" in name}
    first, all_scans = measure(once[1], str, released), measure(every[1], str, released)
    assert (len(first.unsearched), len(all_scans.unsearched)) == (3, 0)
    assert (first.scans, all_scans.scans, all_scans.templated) == (8, 11, 11)
    assert (first.people, all_scans.people) == (8, 8)
    assert (first.searches, all_scans.searches) == (8, 8)
    assert first.guessed == pytest.approx(1.0)
    # One scan of everybody for six people; 2 of 2 + 2 + 6 for the seventh; 3 of 3 + 2 + 6 for the eighth.
    assert all_scans.guessed == pytest.approx(6 / 8 + 2 / 10 + 3 / 11)
    assert all_scans.found >= 1


def test_guesses_among_scans_find_as_many_as_is_said(rng) -> None:
    """Scores that tell nothing: who offers more scans is found as often as the worth of the gallery says."""
    scans, photos = cohort_of(UNEVEN, views=1), photos_of("01234567")
    guessed, found = [], []
    for _ in range(120):
        noise = Templates(scans.table, rng.normal(size=scans.vectors.shape), scans.embedder)
        asked = Templates(photos.table, rng.normal(size=photos.vectors.shape), photos.embedder)
        levels = levels_of(noise.table[noise.table["condition"] == "zero"].reset_index(drop=True), rng)
        here = noise.select((noise.table["condition"] == "zero").to_numpy())
        tables = [
            attack("photo-nearest", here.select(level.rows), asked, rng, AttackSettings(every=True))[0]
            for level in levels
        ]
        counted = measure(joined_levels(tables, levels, here.table))
        guessed.append(counted.guessed)
        found.append(counted.found)
    assert np.ptp(guessed) == 0
    assert np.mean(found) == pytest.approx(guessed[0], abs=4 * np.std(found) / np.sqrt(len(found)))


def test_where_all_have_equally_many_scans_nothing_is_searched_again() -> None:
    once, every = searched(enrolled_of(cohort_of(everyone("0123", "ab")), photos_of("0123")), "photo-nearest")
    assert all(before is after for before, after in zip(once, every, strict=True))


def test_scans_that_distractors_kept_out_of_the_gallery_are_searched() -> None:
    scans, photos = cohort_of(everyone("0123", "ab")), photos_of("0123")
    others = cohort_of(everyone("5", "a"))
    settings = Settings(attackers=(OPEN_SET,))
    enrolled = enrolled_of(scans, photos)
    once = run_attacks(enrolled, settings, stream, lambda *_: None, others)
    assert len(once[1].scans) == 4
    every = search_all_scans(once, enrolled, settings, stream, lambda *_: None)
    assert len(every[1].scans) == 8
    assert every[1].references["subject"].tolist() == list("0123")


def test_whoever_has_no_scan_is_searched_for_once_and_keeps_counting() -> None:
    _, every = searched(enrolled_of(cohort_of(UNEVEN[:-2]), photos_of("01234567")), "photo-nearest")
    assert sorted(every[1].probes["subject"]) == [*"01234567"]
    assert every[1].probes.set_index("subject")["level"].to_dict() == dict.fromkeys("1234567", 1) | {"0": 3}


def test_originals_meet_every_released_scan_of_their_own_person() -> None:
    scans = cohort_of(UNEVEN)
    once, every = searched(enrolled_of(scans, None), "original-to-released")
    assert next(table for table in once if table.condition == ORIGINAL) is every[0]
    for relation, pairs in (("cross-session", 3 * 2 + 2 * 1), ("same-scan", 11)):
        before, after = (
            next(t for t in tables if (t.condition, t.relation) == ("zero", relation)) for tables in (once, every)
        )
        assert (after.compared & after.mated).sum() == pairs
        assert (before.compared & before.mated).sum() <= pairs
        own = (after.compared & after.mated).sum(axis=1)
        others = searched_of(after)[own > 0]
        assert (others.max(axis=1).to_numpy() == own[own > 0]).all()


@pytest.mark.parametrize("others", ["a", "ab"])
def test_the_best_of_keypoints_is_that_of_all_scans_of_a_person(others) -> None:
    rows = [
        *keypoint_photos("01237"),
        *keypoint_scans("0", "abc", ("zero",)),
        *keypoint_scans("123", others, ("zero",)),
    ]
    rows += keypoint_scans("0123", "a", ("original",))
    given = keypoints_of(rows, bare=["0_scan_a_zero", "0_scan_b_zero", "2_scan_a_zero", "2_scan_b_zero"])
    given = replace(given, table=given.table.assign(modality="T1w"))
    enrolled = replace(enrolled_of(None, None), keypoints=(given,))
    once, every = searched(enrolled, LOCAL_FEATURES)
    assert every[0] is once[0]
    after = every[1]
    assert set(after.scans) == {"_".join(row) for row in rows if row[3] == "zero"}
    assert after.scans["0_scan_a_zero"] == 0
    assert after.scans["0_scan_c_zero"] == 1
    assert sorted(after.probes["subject"]) == [*"01237"]
    own = {who: after.scores[row, :] for row, who in enumerate(after.probes["subject"])}
    people = after.references["subject"].tolist()
    assert own["0"][people.index("0")] == 12.0
    assert own["1"][people.index("1")] == 12.0
    assert np.isnan(after.scores[:, people.index("2")]).all()
    assert after.references["n_templates"].tolist() == [1, len(others), 0, len(others)]

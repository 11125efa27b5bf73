from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from attackers_making import cohort_of, everyone, named, pairs_of, photos_of, run

from reid_audit.attackers import ATTACKERS, LOCAL_FEATURES, AttackSettings, get_attacker, holds_photos
from reid_audit.attackers.attack import _BY_PHOTO, _BY_SCAN
from reid_audit.errors import SettingsError, UsageError
from reid_audit.keypoints import KINDS
from reid_audit.match import MATCHERS
from reid_audit.types import Templates


def test_the_registry_says_what_each_attacker_is():
    photo = ["photo-nearest", "photo-set", "photo-svm"]
    searching = [*photo, "scan-to-scan", "original-to-released", "open-set"]
    more = ["assignment", "fusion", "adapted"]
    assert list(ATTACKERS) == [*photo, LOCAL_FEATURES, *searching[3:], *more]
    assert {*_BY_SCAN, *_BY_PHOTO, LOCAL_FEATURES} == set(ATTACKERS)
    assert {name for name in ATTACKERS if holds_photos(name)} == {*photo, LOCAL_FEATURES, "open-set", *more}
    for name, attacker in ATTACKERS.items():
        assert attacker.name == name
        assert len(attacker.summary.splitlines()) == 2
        assert name in more or set(attacker.matcher.split(", ")) <= {*MATCHERS, *KINDS}
    with pytest.raises(TypeError):
        ATTACKERS["new"] = get_attacker("photo-set")
    with pytest.raises(UsageError, match="Known: photo-nearest"):
        get_attacker("other")


@pytest.mark.parametrize("name", ["photo-nearest", "photo-set", "photo-svm"])
def test_photo_attackers_search_every_photo_in_every_person_of_each_condition(name):
    scans = cohort_of([*everyone(), ("5", "a", "original", "T1w")])
    tables = run(name, scans, photos_of("01236"))
    matchers = ATTACKERS[name].matcher.split(", ")
    assert [(t.condition, t.matcher) for t in tables] == [(c, m) for c in ("original", "zero") for m in matchers]
    for table in tables:
        people = list("01235") if table.condition == "original" else list("0123")
        assert table.references["subject"].tolist() == people
        assert table.references["sample"].tolist() == people
        assert set(table.references["n_templates"]) == ({7} if table.condition == "original" else {14})
        assert table.probes["sample"].tolist() == [f"photo{i}" for i in range(5)]
        assert table.compared.all()
        assert table.scores[:4, :4].argmax(axis=1).tolist() == [0, 1, 2, 3]
        assert (table.attacker, table.embedder, table.relation) == (name, "made-up", "")
        assert not table.mated[4].any()


def test_all_scans_of_a_person_are_one_reference():
    scans = cohort_of(everyone("01", "ab", ("original",), ("T1w", "CT")))
    (table,) = run("photo-nearest", scans, photos_of("01"))
    expected = [
        max(-np.linalg.norm(photo - v) for v in scans.vectors[(scans.table["subject"] == person).to_numpy()])
        for photo in photos_of("01").vectors
        for person in "01"
    ]
    np.testing.assert_allclose(table.scores.ravel(), expected, atol=1e-6)


def test_failures_stay_in_the_table_as_comparisons_that_could_not_be_made():
    lost = [f"2_{session}_zero_T1w" for session in "ab"]
    tables = run("photo-nearest", cohort_of(everyone(), lost=lost), photos_of("0123", lost="1"))
    zero = named(tables, "zero")
    expected = np.zeros((4, 4), dtype=bool)
    expected[1], expected[:, 2] = True, True
    np.testing.assert_array_equal(np.isnan(zero.scores), expected)
    assert zero.compared.all()
    assert zero.references["n_templates"].tolist() == [14, 14, 0, 14]
    assert zero.probes["n_templates"].tolist() == [1, 0, 1, 1]
    assert not np.isnan(named(tables, "original").scores[:, 2]).all()


def test_top_k_reaches_the_matcher():
    scans, photos = cohort_of(everyone(), noise=0.3), photos_of("0123")
    one = run("photo-set", scans, photos, top_k=1)[1]
    nearest = run("photo-nearest", scans, photos)[0]
    np.testing.assert_allclose(one.scores, nearest.scores)
    assert (run("photo-set", scans, photos, top_k=5)[1].scores < one.scores).all()
    both = run("photo-svm", scans, photos, svm_kernels=("linear", "rbf"))
    assert [table.matcher for table in both[:2]] == ["svm", "svm-rbf"]
    assert (run("photo-svm", scans, photos, svm_c=1e-6)[0].scores != run("photo-svm", scans, photos)[0].scores).all()


@pytest.mark.parametrize("name", [*_BY_SCAN, *_BY_PHOTO])
def test_without_what_it_needs_an_attacker_has_no_table(name):
    no_scans = cohort_of([("0", "a", "original", "T1w")]).select(np.array([], int))
    assert run(name, no_scans, photos_of("01")) == ()
    scans, photos = cohort_of(everyone(conditions=("zero",))), photos_of("01")
    if name.startswith("photo") or name in ("assignment", "fusion", "adapted"):
        assert run(name, scans, None) == ()
        assert run(name, scans, photos.select(np.array([], int))) == ()
    if name == "original-to-released":
        assert run(name, scans, photos) == ()


@pytest.mark.parametrize("name", [*_BY_SCAN, *_BY_PHOTO])
def test_one_seed_gives_one_answer(name):
    scans, photos = cohort_of(everyone(), views=12), photos_of("0123")
    first, second = (run(name, scans, photos, seed=7) for _ in range(2))
    assert len(first) == len(second) > 0
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.compared, other.compared)
        pd.testing.assert_frame_equal(one.probes, other.probes)


@pytest.mark.parametrize("name", [*_BY_SCAN, *_BY_PHOTO])
def test_nothing_detected_at_all(name):
    scans = cohort_of(everyone(), views=3)
    blind = Templates(scans.table, np.full_like(scans.vectors, np.nan), scans.embedder)
    tables = run(name, blind, photos_of("0123"))
    assert tables
    for table in tables:
        assert table.compared.any()
        assert np.isnan(table.scores).all()


@pytest.mark.parametrize("name", [*_BY_SCAN, *_BY_PHOTO])
def test_a_cohort_of_one_person(name):
    tables = run(name, cohort_of(everyone("0")), photos_of("0"))
    assert tables
    for table in tables:
        assert table.mated[table.compared].all()
        assert table.compared.any()
        assert np.isnan(table.scores).all() == (name == "photo-svm" or table.matcher in ("centred", "adapted"))


@pytest.mark.parametrize("name", [*_BY_SCAN, *_BY_PHOTO])
def test_permuting_identities_permutes_scores(name):
    scans, photos = cohort_of(everyone(), views=4, noise=0.3), photos_of("0123")
    table = run(name, scans, photos, pairs_per_people=10_000)[0]
    swap = str.maketrans("0123", "2031")
    renamed, asked = (
        Templates(t.table.assign(subject=t.table["subject"].str.translate(swap)), t.vectors, t.embedder)
        for t in (scans, photos)
    )
    other = run(name, renamed, asked, pairs_per_people=10_000)[0]
    both = other.compared & table.compared
    if name != "adapted":  # whose folds follow the names
        np.testing.assert_array_equal(other.compared, table.compared)
    assert both.sum() > both.size / 5
    tolerance = 1e-3 if name == "photo-svm" else 1e-12
    np.testing.assert_allclose(other.scores[both], table.scores[both], atol=tolerance)
    np.testing.assert_array_equal(other.mated, table.mated)


def test_two_embedders_do_not_mix():
    photos = photos_of("01")
    with pytest.raises(UsageError, match="one embedder"):
        run("photo-nearest", cohort_of(everyone()), Templates(photos.table, photos.vectors, "other"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"top_k": 0},
        {"svm_c": 0.0},
        {"svm_kernels": ()},
        {"svm_kernels": ("cubic",)},
        {"svm_c": float("inf")},
        {"views_per_scan": 1},
        {"pairs_per_people": 0},
    ],
)
def test_settings_that_are_not_allowed_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        AttackSettings(**wrong)


# ---------------------------------------------------------------------------------------------- scan to scan


def test_scan_to_scan_draws_the_same_views_of_every_scan_in_every_condition():
    tables = run("scan-to-scan", cohort_of(everyone(), views=12), views_per_scan=5)
    assert [(t.condition, t.relation) for t in tables] == [
        (c, r) for c in ("original", "zero") for r in ("same-scan", "cross-session")
    ]
    views = {tuple(group["yaw"]) for t in tables for _, group in t.probes.groupby("sample")}
    assert len(views) == 1
    assert len(next(iter(views))) == 5
    for table in tables:
        assert len(table.probes) == len(table.references) == 8 * 5
        assert table.probes["view"].tolist() == list(range(5)) * 8
        assert (table.matcher, table.attacker) == ("cosine", "scan-to-scan")
    np.testing.assert_array_equal(tables[0].compared, tables[2].compared)
    assert (tables[0].compared != tables[1].compared).any()


def test_another_seed_draws_other_views():
    scans = cohort_of(everyone(), views=12)
    drawn = {tuple(run("scan-to-scan", scans, seed=s, views_per_scan=5)[0].probes["yaw"][:5]) for s in range(9)}
    assert len(drawn) > 3


def test_a_grid_with_fewer_views_than_asked_for_is_used_whole():
    table = run("scan-to-scan", cohort_of(everyone(), views=3))[0]
    assert sorted(table.probes["yaw"].unique()) == [0, 1, 2]


def test_same_scan_pairs_are_of_one_scan_and_of_two_views():
    table = named(run("scan-to-scan", cohort_of(everyone(), views=9)), "zero", "same-scan")
    first, second = pairs_of(table)
    mated = first["subject"] == second["subject"]
    assert (first["sample"] == second["sample"])[mated].all()
    assert (first["view"] != second["view"]).all()


def test_cross_session_pairs_are_of_two_sessions_of_any_modality():
    scans = cohort_of(everyone(modalities=("T1w", "CT")), views=3)
    table = named(run("scan-to-scan", scans, pairs_per_people=10_000), "zero", "cross-session")
    first, second = pairs_of(table)
    mated = first["subject"] == second["subject"]
    assert (first["session"] != second["session"])[mated].all()
    assert set((first["modality"] + second["modality"])[mated]) == {"T1wT1w", "T1wCT", "CTT1w", "CTCT"}
    assert (first["view"] == second["view"])[mated].any()
    assert mated.sum() == 4 * (2 * 3) * (2 * 3)


def test_every_pair_of_people_has_the_same_number_of_pairs_of_renders_whatever_they_brought():
    uneven = [*everyone(), *((person, "c", "original", "T1w") for person in "02")]
    for table in run("scan-to-scan", cohort_of(uneven, views=9), pairs_per_people=30):
        first, second = pairs_of(table)
        couples = ["".join(sorted(a + b)) for a, b in zip(first["subject"], second["subject"], strict=True)]
        counts = pd.Series(couples).value_counts()
        assert set(counts) == {30}
        assert len(counts) == 10
        both = np.triu(table.compared) == table.compared
        assert both.all()
        assert not np.diag(table.compared).any()


def test_all_pairs_are_taken_where_there_are_fewer():
    table = named(run("scan-to-scan", cohort_of(everyone("01", "a"), views=4)), "original", "same-scan")
    first, second = pairs_of(table)
    mated = first["subject"] == second["subject"]
    assert (mated.sum(), (~mated).sum()) == (2 * 6, 16 - 4)


def test_scores_are_cosines_of_the_renders_compared_and_of_no_others():
    scans = cohort_of(everyone("01", "a", ("original",)), views=3, lost=[("0_a_original_T1w", 1)])
    table = run("scan-to-scan", scans)[0]
    unit = scans.vectors / np.linalg.norm(scans.vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(table.scores, np.where(table.compared, unit @ unit.T, np.nan), atol=1e-6)
    lost = np.isnan(table.scores) & table.compared
    assert lost.sum() == 2 + 2
    assert lost[:, 1].sum() + lost[1].sum() == lost.sum()


def test_one_session_leaves_the_cross_session_table_without_mated_pairs():
    for name in ("scan-to-scan", "original-to-released"):
        table = named(run(name, cohort_of(everyone(sessions="a"))), "zero", "cross-session")
        assert not (table.mated & table.compared).any()
        assert table.compared.any()


def test_rows_without_a_view_are_left_to_the_other_attackers():
    scans = cohort_of(everyone("012", "a", ("original",)), views=5)
    first = scans.table["sample"] == scans.table["sample"].iloc[0]
    unseen = scans.table.assign(yaw=scans.table["yaw"].mask(first), pitch=scans.table["pitch"].mask(first))
    for table in run("scan-to-scan", Templates(unseen, scans.vectors, scans.embedder)):
        assert set(table.probes["subject"]) == {"1", "2"}
        assert table.probes["view"].ge(0).all()


@pytest.mark.parametrize("name", ["photo-nearest", "photo-set", "open-set", "assignment", "fusion", "adapted"])
def test_a_table_of_people_says_of_which_scans_they_are_made(name):
    equal = run(name, cohort_of(everyone()), photos_of("0123"))
    for table in equal:
        assert set(table.scans) == {f"{who}_{session}_{table.condition}_T1w" for who in "0123" for session in "ab"}
    unequal = run(name, cohort_of([*everyone(), ("3", "c", "zero", "T1w")]), photos_of("0123"))
    for table in unequal:
        people = [scan.split("_")[0] for scan in table.scans if table.condition == "zero"]
        assert not people or sorted(people) == sorted("0123" if name != "fusion" else "00112233")
    for table in run("original-to-released", cohort_of(everyone())):
        assert not table.scans

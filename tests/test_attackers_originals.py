"""Originals against released scans: who is searched in what."""

from __future__ import annotations

import numpy as np
from attackers_making import cohort_of, everyone, named, photos_of, run, searched_of

from reid_audit.match import Nearest


def test_originals_are_searched_in_every_other_condition_and_across_sessions_among_themselves():
    tables = run("original-to-released", cohort_of(everyone(conditions=("zero", "original", "meanface"))))
    assert [(t.condition, t.relation) for t in tables] == [
        ("original", "cross-session"),
        ("zero", "cross-session"),
        ("zero", "same-scan"),
        ("meanface", "cross-session"),
        ("meanface", "same-scan"),
    ]
    for table in tables:
        assert set(table.probes["sample"]) == {f"{p}_{s}_original_T1w" for p in "0123" for s in "ab"}
        assert set(table.references["sample"]) == {f"{p}_{s}_{table.condition}_T1w" for p in "0123" for s in "ab"}


def test_each_relation_searches_one_scan_of_every_person_where_all_brought_two():
    tables = run("original-to-released", cohort_of(everyone()))
    for condition, relation, same in (
        ("original", "cross-session", False),
        ("zero", "cross-session", False),
        ("zero", "same-scan", True),
    ):
        table = named(tables, condition, relation)
        one_session = table.probes["session"].to_numpy()[:, None] == table.references["session"].to_numpy()[None, :]
        np.testing.assert_array_equal(table.compared[table.mated], (one_session == same)[table.mated])
        assert (searched_of(table) == 1).all(axis=None)
        np.testing.assert_array_equal(np.isnan(table.scores), ~table.compared)


def test_names_of_sessions_mean_nothing_between_people():
    shared = everyone("012", "ab")
    dated = [(person, f"{person}{session}", *rest) for person, session, *rest in shared]
    for one, other in zip(*(run("original-to-released", cohort_of(scans)) for scans in (shared, dated)), strict=True):
        np.testing.assert_array_equal(one.compared, other.compared)
        np.testing.assert_array_equal(one.scores, other.scores)


def test_people_with_many_scans_are_searched_with_as_many_as_those_with_few():
    scans = cohort_of([*everyone("01", "abcdef"), *everyone("23", "a")], views=2)
    for table in run("original-to-released", scans):
        has_mate = (table.compared & table.mated).any(axis=1)
        lone = table.probes["subject"].isin(["2", "3"]).to_numpy()
        np.testing.assert_array_equal(has_mate, ~lone | (table.relation == "same-scan"))
        assert (searched_of(table)[has_mate] == 1).all(axis=None)
        others = (table.compared & ~table.mated)[table.probes["subject"] == "0"]
        assert (others == others[0]).all(), "one draw serves all probes"


def test_the_draw_does_not_look_at_which_scans_have_templates():
    scans = [*everyone("012", "abc"), *everyone("3", "a")]
    lost = ["0_a_zero_T1w", "1_b_zero_T1w"]
    for name in ("original-to-released", "photo-nearest"):
        whole, holed = (run(name, cohort_of(scans, lost=names), photos_of("0123"), seed=2) for names in ((), lost))
        for one, other in zip(whole, holed, strict=True):
            np.testing.assert_array_equal(one.compared, other.compared)
            kept = ~np.isnan(other.scores)
            np.testing.assert_array_equal(one.scores[kept], other.scores[kept])


def test_someone_with_one_session_stays_in_the_gallery_and_has_no_mate_across_sessions():
    scans = [*everyone("01"), ("2", "a", "original", "T1w"), ("2", "a", "zero", "T1w")]
    table = named(run("original-to-released", cohort_of(scans)), "zero", "cross-session")
    searched = searched_of(table).set_index(table.probes["subject"] + table.probes["session"])
    assert searched.loc[["0a", "0b", "1a", "1b"]].to_numpy().tolist() == [[1, 1, 1]] * 4
    assert searched.loc["2a"].tolist() == [2, 2, 0]


def test_a_probe_meets_others_in_the_modalities_in_which_it_meets_its_own_person():
    scans = [*everyone("01", "ab", modalities=("T1w",)), *everyone("23", "ab", modalities=("T2w",))]
    scans += [("4", "a", c, "T1w") for c in ("original", "zero")] + [("4", "b", c, "T2w") for c in ("original", "zero")]
    scans += [("5", "a", c, "CT") for c in ("original", "zero")]
    table = named(run("original-to-released", cohort_of(scans)), "zero", "cross-session")
    searched = searched_of(table).set_index(table.probes["subject"] + table.probes["session"])
    assert searched.loc["0a"].tolist() == [1, 1, 0, 0, 1, 0]
    assert searched.loc["2b"].tolist() == [0, 0, 1, 1, 1, 0]
    assert searched.loc["4a"].tolist() == [0, 0, 1, 1, 1, 0]
    assert searched.loc["4b"].tolist() == [1, 1, 0, 0, 1, 0]
    assert searched.loc["5a"].tolist() == [0, 0, 0, 0, 0, 0]


def test_modalities_take_turns_in_what_each_person_offers():
    scans = [*everyone("01", "abc", modalities=("T1w", "CT")), *everyone("2", "a", modalities=("T1w", "CT"))]
    scans += everyone("2", "b", modalities=("T1w",))
    table = named(run("original-to-released", cohort_of(scans, views=1)), "zero", "same-scan")
    assert (searched_of(table) == 1).all(axis=None)
    table = named(run("original-to-released", cohort_of(scans, views=1)), "zero", "cross-session")
    for probe in np.flatnonzero(table.probes["subject"] == "0"):
        found = table.references[table.compared[probe]]
        assert found.groupby("subject")["modality"].apply(set).tolist() == [{"CT", "T1w"}] * 3


def test_one_session_with_two_modalities_is_neither_one_scan_nor_two_sessions():
    scans = cohort_of(everyone("01", "ab", modalities=("T1w", "CT")))
    tables = run("original-to-released", scans)
    for relation, mated_per_probe in (("same-scan", 1), ("cross-session", 2)):
        table = named(tables, "zero", relation)
        assert ((table.mated & table.compared).sum(axis=1) == mated_per_probe).all()
        assert ((~table.mated & table.compared).sum(axis=1) == mated_per_probe).all()


def test_scores_are_of_the_nearest_renders_of_two_scans():
    scans = cohort_of(everyone("012"), noise=0.5, lost=["1_b_zero_T1w"])
    table = named(run("original-to-released", scans), "zero", "cross-session")
    is_original = (scans.table["condition"] == "original").to_numpy()
    scores = Nearest().score(scans.select(is_original), scans.select(~is_original), np.random.default_rng(0))
    np.testing.assert_array_equal(table.scores, np.where(table.compared, scores, np.nan))
    failed = table.references["sample"].to_numpy() == "1_b_zero_T1w"
    assert table.compared[:, failed].any()
    assert np.isnan(table.scores[:, failed]).all()


def test_people_who_differ_are_found_across_sessions():
    table = named(run("original-to-released", cohort_of(everyone())), "zero", "cross-session")
    best = np.nanargmax(table.scores, axis=1)
    assert (table.references["subject"].to_numpy()[best] == table.probes["subject"].to_numpy()).all()

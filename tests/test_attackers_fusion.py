"""Fusion: many scores of one pair of people, no number of which gives anybody away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from attackers_making import DIMENSION, cohort_of, everyone, named, photos_of, run

from reid_audit.attackers import fuse_embedders
from reid_audit.errors import UsageError
from reid_audit.match import TopK, fused_by_person, z_norm
from reid_audit.statistics import clopper_pearson
from reid_audit.types import Templates


def _noise(templates, seed):
    rng = np.random.default_rng(seed)
    return Templates(templates.table, rng.normal(size=templates.vectors.shape), templates.embedder)


def _hits(table):
    best = table.references["subject"].to_numpy()[np.nanargmax(table.scores, axis=1)]
    return best == table.probes["subject"].to_numpy()


def test_z_norm_measures_by_the_probes_of_other_people_with_the_same_reference(rng):
    scores, person = rng.normal(size=(6, 4)), np.array([0, 0, 1, 2, 2, 3])
    scores[3, 1] = np.nan
    found = z_norm(scores, person)
    for row, who in enumerate(person):
        others = scores[person != who]
        off = others - np.nanmean(others, axis=0)
        scale = np.sqrt(np.nansum(off**2) / (np.isfinite(others).sum(axis=0) - 1).sum())
        np.testing.assert_allclose(found[row], (scores[row] - np.nanmean(others, axis=0)) / scale)


def test_z_norm_takes_out_what_a_reference_gives_to_everybody(rng):
    scores, person = rng.normal(size=(6, 4)), np.arange(6)
    np.testing.assert_allclose(z_norm(scores + np.array([5.0, 0.0, -3.0, 1.0]), person), z_norm(scores, person))
    np.testing.assert_allclose(z_norm(7 * scores, person), z_norm(scores, person))


def test_z_norm_of_what_cannot_be_normalised():
    alone = np.array([[-0.5, np.nan]])
    np.testing.assert_array_equal(z_norm(alone, np.array([0])), alone)
    np.testing.assert_array_equal(z_norm(np.full((3, 2), 4.0), np.arange(3)), np.zeros((3, 2)))
    assert z_norm(np.empty((0, 2)), np.empty(0, dtype=int)).shape == (0, 2)


def test_missing_scores_count_as_nought_and_none_at_all_as_none():
    scores = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    fused = fused_by_person(scores, np.array([0, 0]), np.array([0, 0, 1]))
    np.testing.assert_array_equal(fused, [[2.0, np.nan]])


def test_photographs_scans_and_views_are_averaged_after_normalising():
    scans = cohort_of(everyone("012", "ab", ("zero",)), noise=0.4, lost=["1_b_zero_T1w"])
    photos = photos_of("001122")
    table = run("fusion", scans, photos, top_k=3)[0]
    each = TopK(k=3).score(photos, scans, np.random.default_rng(0))
    normal = np.nan_to_num(z_norm(each, np.array([0, 0, 1, 1, 2, 2])))
    np.testing.assert_allclose(table.scores, normal.reshape(3, 2, 3, 2).mean(axis=(1, 3)))
    assert table.matcher == "score-fusion"
    assert table.probes["n_templates"].tolist() == [2, 2, 2]
    assert table.references["n_templates"].tolist() == [14, 7, 14]


def test_template_fusion_is_the_distance_of_mean_templates():
    scans, photos = cohort_of(everyone("012", "ab", ("zero",)), noise=0.4), photos_of("001122")
    table = run("fusion", scans, photos)[1]
    assert table.matcher == "template-fusion"
    asked, known = photos.vectors.reshape(3, 2, -1).mean(axis=1), scans.vectors.reshape(3, 14, -1).mean(axis=1)
    np.testing.assert_allclose(table.scores, -np.linalg.norm(asked[:, None] - known, axis=2), atol=1e-6)


def test_more_photographs_and_scans_find_more_people():
    alone, fused = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        scans, photos = cohort_of(everyone("01234567", "abc", ("zero",)), views=2), photos_of("0011223344556677")
        noisy = [
            Templates(t.table, t.vectors + rng.normal(0, 0.6, t.vectors.shape), t.embedder) for t in (scans, photos)
        ]
        one_scan = noisy[0].select((scans.table["session"] == "a").to_numpy())
        alone.append(_hits(run("photo-nearest", one_scan, noisy[1])[0]).mean())
        fused.append(_hits(run("fusion", *noisy)[0]).mean())
    assert np.mean(fused) > np.mean(alone) + 0.15


def test_people_offer_as_many_scans_as_whoever_has_fewest_and_modalities_take_turns():
    scans = [*everyone("01", "abc", ("zero",), ("T1w", "CT")), *everyone("2", "a", ("zero",), ("T1w", "CT"))]
    tables = run("fusion", cohort_of(scans, views=1), photos_of("012"))
    assert tables[0].references["n_templates"].tolist() == [2, 2, 2]
    flat = cohort_of(scans, views=1)
    by_kind = np.where(flat.table["modality"] == "CT", np.nan, 1.0)[:, None] * flat.vectors
    only = run("fusion", Templates(flat.table, by_kind, flat.embedder), photos_of("012"))[0]
    assert only.references["n_templates"].tolist() == [1, 1, 1], "one of each modality"


@pytest.mark.parametrize("index", [0, 1])
def test_templates_that_know_nothing_give_chance_whatever_people_brought(index):
    scans = cohort_of([*everyone("01", "abcdef", ("zero",)), *everyone("234567", "a", ("zero",))], views=1)
    hits = []
    for seed in range(150):
        table = run("fusion", _noise(scans, seed), _noise(photos_of("0001"), [seed, 1]), seed=seed)[index]
        hits += _hits(table).tolist()
    low, high = clopper_pearson(int(np.sum(hits)), len(hits), 0.999)
    assert low <= 1 / DIMENSION <= high


@pytest.mark.parametrize("index", [0, 1])
def test_names_shifted_in_every_way_find_each_photograph_once(index):
    """However many renders were lost: over all shifts of the names each person's photographs hit just once."""
    people = "01234567"
    lost = [f"{who}_a_zero_T1w" for who in "26"]
    lost += [(f"{who}_a_zero_T1w", view) for who in "0134" for view in range(int(who) + 1, 7)]
    scans, photos = cohort_of(everyone(people, "a", ("zero",)), lost=lost, noise=1.0), photos_of("0011223344556677")
    table = scans.table
    hits = []
    for shift in range(len(people)):
        moved = [people[(int(who) + shift) % len(people)] for who in table["subject"]]
        names = Templates(table.assign(subject=moved), scans.vectors, scans.embedder)
        hits.append(_hits(run("fusion", names, photos)[index]))
    np.testing.assert_array_equal(np.sum(hits, axis=0), np.ones(len(people)))


def _two_embedders(seed=0):
    scans, photos = cohort_of(everyone("01234567", "a", ("zero",)), noise=0.6), photos_of("01234567")
    made = []
    for name, number in (("one", 1), ("two", 2)):
        rng = np.random.default_rng([seed, number])
        noisy = [Templates(t.table, t.vectors + rng.normal(0, 0.5, t.vectors.shape), name) for t in (scans, photos)]
        made.append(run("photo-nearest", *noisy)[0])
    return made


def test_embedders_are_normalised_before_they_are_averaged():
    one, two = _two_embedders()
    loud = replace(two, scores=40 * two.scores - 7)
    fused = fuse_embedders([one, loud])
    person = np.arange(8)
    np.testing.assert_allclose(fused.scores, (z_norm(one.scores, person) + z_norm(two.scores, person)) / 2)
    assert fused.embedder == "one + two"
    gain = [
        _hits(fuse_embedders(pair)).mean() - np.mean([_hits(t) for t in pair])
        for pair in map(_two_embedders, range(20))
    ]
    assert np.mean(gain) > 0.05


def test_an_embedder_that_saw_nothing_adds_nothing():
    one, two = _two_embedders()
    scores = two.scores.copy()
    scores[3] = np.nan
    blind = replace(two, scores=scores, probes=two.probes.assign(n_templates=[1, 1, 1, 0, 1, 1, 1, 1]))
    fused = fuse_embedders([one, blind])
    np.testing.assert_allclose(fused.scores[3], z_norm(one.scores, np.arange(8))[3] / 2)
    assert fused.probes["n_templates"].tolist() == [1] * 8
    both = fuse_embedders([replace(one, scores=np.full_like(scores, np.nan)), blind])
    assert np.isnan(both.scores[3]).all()
    assert np.isfinite(np.delete(both.scores, 3, axis=0)).all()


def test_tables_that_do_not_compare_the_same_are_refused():
    one, two = _two_embedders()
    with pytest.raises(UsageError, match="two different embedders"):
        fuse_embedders([one])
    with pytest.raises(UsageError, match="two different embedders"):
        fuse_embedders([one, two, one])
    for other in (
        replace(two, condition="original"),
        replace(two, probes=two.probes.iloc[::-1]),
        replace(two, compared=~two.compared),
    ):
        with pytest.raises(UsageError, match="They differ"):
            fuse_embedders([one, other])


def test_scores_do_not_depend_on_the_order_of_the_rows():
    scans, photos = cohort_of([*everyone("012", "ab"), *everyone("3", "a")], noise=0.4), photos_of("00123")
    order = np.random.default_rng(5)
    shuffled = [t.select(order.permutation(len(t.table))) for t in (scans, photos)]
    for one in run("fusion", scans, photos):
        (other,) = [t for t in run("fusion", *shuffled) if (t.condition, t.matcher) == (one.condition, one.matcher)]
        frames = [
            pd.DataFrame(t.scores, index=t.probes["subject"], columns=t.references["subject"]) for t in (one, other)
        ]
        pd.testing.assert_frame_equal(frames[0], frames[1].reindex(frames[0].index, axis=0)[frames[0].columns])
    assert named(run("fusion", scans, photos)[:1], "original").relation == ""

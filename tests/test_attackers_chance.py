"""Templates that know nothing of who they are give chance, whatever scans people brought."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from attackers_making import DIMENSION, cohort_of, everyone, named, pairs_of, photos_of, run

from reid_audit.statistics import clopper_pearson
from reid_audit.types import Templates


def _noise(scans, seed, by_modality=0.0):
    """Templates that know nothing of who they are, and of their modality only what is asked for."""
    templates = cohort_of([(str(int(p) % DIMENSION), *rest) for p, *rest in scans], views=1)
    people = [p for p, *_ in scans]
    vectors = np.random.default_rng(seed).normal(size=(len(people), DIMENSION))
    vectors[:, 0] += by_modality * (templates.table["modality"] == "T1w").to_numpy()
    table = templates.table.assign(subject=people, sample=["_".join(scan) for scan in scans])
    return Templates(table, vectors, "made-up")


def _hits(table, subjects):
    """Return the rank-1 hits of one probe of each of these people."""
    scores = np.where(table.compared, table.scores, -np.inf)
    best = table.references["subject"].to_numpy()[scores.argmax(axis=1)]
    return [best[np.flatnonzero(table.probes["subject"] == s)[0]] == s for s in subjects]


def _long_among_short(long="01", short=16, sessions="abcdef", conditions=("original",)):
    return [
        *everyone(long, sessions, conditions),
        *everyone([str(i) for i in range(10, 10 + short)], "a", conditions),
    ]


@pytest.mark.parametrize("name", ["photo-nearest", "original-to-released"])
def test_people_with_many_scans_are_found_by_noise_no_more_often_than_chance(name):
    hits = []
    for seed in range(100):
        asked = photos_of("01")
        photos = Templates(asked.table, np.random.default_rng([seed, 1]).normal(size=(2, DIMENSION)), "made-up")
        table = run(name, _noise(_long_among_short(), seed), photos, seed=seed)[0]
        hits += _hits(table, "01")
    low, high = clopper_pearson(int(np.sum(hits)), len(hits), 0.999)
    assert low <= 1 / 18 <= high
    assert high < 0.19, "what unequal numbers gave"


@pytest.mark.parametrize(("name", "index"), [("scan-to-scan", 0), ("scan-to-scan", 1), ("original-to-released", 0)])
def test_modality_alone_tells_nobody_apart(name, index):
    people = [str(i) for i in range(16)]
    scans = [*everyone(people[:8], "ab", ("original",)), *everyone(people[8:], "ab", ("original",), ("T2w",))]
    areas = []
    for seed in range(12):
        views = [_noise(scans, (seed, view), by_modality=20.0) for view in range(2)]
        table = pd.concat([each.table.assign(yaw=view) for view, each in enumerate(views)])
        both = Templates(table, np.vstack([each.vectors for each in views]), "made-up")
        found = run(name, both, seed=seed)[index]
        mated, others = (found.scores[found.compared & of] for of in (found.mated, ~found.mated))
        areas.append((mated[:, None] > others).mean() + (mated[:, None] == others).mean() / 2)
    spread = np.std(areas, ddof=1) / np.sqrt(len(areas))
    assert abs(np.mean(areas) - 0.5) < max(4.5 * spread, 0.02)


def test_pairs_of_unlike_modality_are_compared_where_some_mated_pair_is_one():
    one = everyone("01", "a", ("zero",)) + everyone("23", "b", ("zero",), ("T2w",))
    assert _kinds(one + everyone("01", "b", ("zero",)), "cross-session") == {"T1wT1w"}
    assert _kinds(one + everyone("0", "b", ("zero",), ("T2w",)), "cross-session") == {"T1wT2w"}
    assert _kinds(one, "cross-session") == {"T1wT1w", "T1wT2w", "T2wT2w"}, "no pair is mated"
    assert _kinds(one, "same-scan") == {"T1wT1w", "T2wT2w"}


def _kinds(scans, relation):
    first, second = pairs_of(named(run("scan-to-scan", cohort_of(scans)), "zero", relation))
    return {"".join(sorted(pair)) for pair in zip(first["modality"], second["modality"], strict=True)}

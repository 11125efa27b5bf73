"""Learning on other people: it helps where there is something to learn, and never by having seen who is searched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from attackers_making import cohort_of, photos_of, run
from evaluate_tables import by_name

import reid_audit.attackers.adapted
from reid_audit.attackers.adapted import FOLDS, SPLITS, times_split
from reid_audit.evaluate import evaluate, person_risk
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.identification import rank_results
from reid_audit.evaluate.outcome import Case
from reid_audit.match import CENTRING_ONLY, choose_shrinkage, learn_adaptation
from reid_audit.match.adaptation import _SHRINKAGES
from reid_audit.types import Templates

WIDTH = 12


def _made(people, seed, *, signal=1.0, nuisance=0.0, shift=3.0, views=3, shots=2, scan_noise=0.2):
    """Photos and renders of people; both domains lie apart, and renders of a person share what photos do not."""
    rng = np.random.default_rng(seed)
    who = signal * rng.normal(size=(people, WIDTH))
    loud = nuisance * np.r_[np.ones(3), np.zeros(WIDTH - 3)]
    off = shift * rng.normal(size=WIDTH)
    photos = who[:, None] + (0.2 + loud) * rng.normal(size=(people, shots, WIDTH))
    own = loud * rng.normal(size=(people, 1, WIDTH)) + rng.normal(size=(people, 1, WIDTH)) * scan_noise
    renders = who[:, None] + own + off + 0.1 * rng.normal(size=(people, views, WIDTH))
    names = [f"p{i:03}" for i in range(people)]
    facts = [(n, "a", "zero", "T1w", "scan", n, v) for n in names for v in range(views)]
    table = pd.DataFrame(facts, columns=["subject", "session", "condition", "modality", "source", "sample", "yaw"])
    asked = pd.DataFrame([(n, f"{n}_{k}") for n in names for k in range(shots)], columns=["subject", "sample"])
    return (
        Templates(table, renders.reshape(-1, WIDTH), "made-up"),
        Templates(asked, photos.reshape(-1, WIDTH), "made-up"),
    )


def _rates(tables):
    found = {}
    for table in tables:
        scores = np.where(table.compared, table.scores, -np.inf)
        best = table.references["subject"].to_numpy()[scores.argmax(axis=1)]
        found[table.matcher] = float((best == table.probes["subject"].to_numpy()).mean())
    return found


def _one_way(table, number=0):
    """The searches of one way to deal people out."""
    rows = np.flatnonzero((table.probes["split"] == number).to_numpy())
    probes = table.probes.iloc[rows].reset_index(drop=True)
    return replace(table, probes=probes, scores=table.scores[rows], compared=table.compared[rows], control=None)


def _rank(table):
    return rank_results(Case(table, compare(table), seed=0, confidence=0.95, resamples=20))[0]


def _results(table):
    return by_name(evaluate(table, rng=np.random.default_rng(0), resamples=20))


@pytest.fixture
def once(monkeypatch):
    """People are dealt out in one way alone, to save time where the mean over several is of no account."""
    monkeypatch.setattr(reid_audit.attackers.adapted, "SPLITS", 1)


def test_each_photograph_is_searched_once_in_every_way_to_deal_people_out():
    scans, photos = _made(9, 0)
    for table in run("adapted", scans, photos):
        assert table.probes["split"].tolist() == np.repeat(range(SPLITS), 18).tolist()
        assert table.probes["sample"].tolist() == photos.table["sample"].tolist() * SPLITS
        galleries = {_one_way(table, number).compared.tobytes() for number in range(SPLITS)}
        assert len(galleries) == SPLITS
        assert table.note.startswith("10 ways to deal people out to halves")


def test_rates_are_means_over_all_ways_and_rest_on_people():
    (table,) = [t for t in run("adapted", *_made(11, 4, scan_noise=0.9)) if t.matcher == "adapted"]
    found = _rank(table)
    ways = [_rank(_one_way(table, number)) for number in range(SPLITS)]
    assert found.value == pytest.approx(np.mean([way.value for way in ways]))
    assert found.chance == pytest.approx(np.mean([way.chance for way in ways]))
    assert found.chance == pytest.approx((5 / 5 + 6 / 6) / 11)
    assert (found.n_subjects, found.n_probes) == (11, 22 * SPLITS)
    assert "among 5 to 6 people" in found.note
    assert found.low < found.value < found.high
    results = _results(table)
    assert "of the first way to deal people out" in results["people_found_ever"].note
    assert results["worst_person_rank1"].n_probes == 22
    assert person_risk(table)["n_probes"].tolist() == [2] * 11


def test_more_ways_to_deal_people_out_stray_less(monkeypatch):
    scans, photos = _made(14, 7, scan_noise=1.0)
    strayed = []
    for ways in (1, SPLITS):
        monkeypatch.setattr(reid_audit.attackers.adapted, "SPLITS", ways)
        found = [_rank(run("adapted", scans, photos, seed=seed)[1]).value for seed in range(8)]
        strayed.append(np.std(found))
    assert strayed[1] < 0.6 * strayed[0]


@pytest.mark.parametrize(
    ("photos", "people", "times"), [(2, 2, 10), (200, 100, 10), (364, 182, 6), (1000, 1000, 1), (9000, 9000, 1)]
)
def test_many_people_are_dealt_out_in_fewer_ways(photos, people, times):
    assert times_split(photos, people) == times


def test_a_model_that_learnt_on_the_people_searched_lifts_the_control(monkeypatch):
    """Names are shuffled, so that what is found is what the training gave away."""
    monkeypatch.setattr(reid_audit.attackers.adapted, "choose_shrinkage", lambda *_: 0.05)
    honest, leaking = [], []
    for seed in range(6):
        scans, photos = _made(12, seed, nuisance=1.0)
        honest.append(_rank(run("adapted", scans, photos)[2]))
        with monkeypatch.context() as patched:
            patched.setattr(reid_audit.attackers.adapted, "_without", lambda templates, *_: templates)
            leaking.append(_rank(run("adapted", scans, photos)[2]))
    assert "control: names shuffled before learning, 10 times" in honest[0].note
    assert np.mean([each.control for each in honest]) == pytest.approx(honest[0].chance, abs=0.06)
    assert np.mean([each.control for each in leaking]) > honest[0].chance + 0.15


def test_each_photograph_is_searched_in_half_of_the_people_its_own_person_among_them():
    tables = run("adapted", *_made(9, 0))
    assert [t.matcher for t in tables] == ["topk", "centred", "adapted"]
    for table in map(_one_way, tables):
        assert (table.compared & table.mated).sum(axis=1).tolist() == [1] * 18
        sizes = table.compared.sum(axis=1)
        assert sorted(set(sizes)) == [4, 5]
        same = table.compared[:, None, :] == table.compared[None, :, :]
        assert set(same.all(axis=2).sum(axis=1)) <= {8, 10}, "galleries are the folds"
        np.testing.assert_array_equal(np.isnan(table.scores), ~table.compared)


@pytest.mark.parametrize("index", [1, 2])
def test_nothing_of_the_people_who_are_searched_enters_the_model(index):
    """Where one person changes, all others of the fold are scored as before, up to the fold's common scale."""
    scans, photos = _made(16, 1, nuisance=1.0)
    base = _one_way(run("adapted", scans, photos)[index])
    who = base.references["subject"][0]
    changed = []
    for side in (scans, photos):
        moved = (side.table["subject"] == who).to_numpy()
        noise = 2 * np.random.default_rng(0).normal(size=side.vectors.shape)
        changed.append(Templates(side.table, side.vectors + moved[:, None] * noise, side.embedder))
    other = _one_way(run("adapted", *changed)[index])
    np.testing.assert_array_equal(base.compared, other.compared)
    own = (base.probes["subject"] != who).to_numpy()[:, None] & (base.references["subject"] != who).to_numpy()
    searched = np.outer(base.compared[:, 0], base.compared[0]) & own
    learnt_from = np.outer(~base.compared[:, 0], ~base.compared[0])
    assert np.corrcoef(base.scores[searched], other.scores[searched])[0, 1] == pytest.approx(1, abs=1e-9)
    assert np.corrcoef(base.scores[learnt_from], other.scores[learnt_from])[0, 1] < 1 - 1e-6


def _people(templates, names):
    kept = templates.select(templates.table["subject"].isin(list(names)).to_numpy())
    return Templates(kept.table.assign(sample=kept.table["subject"]), kept.vectors, kept.embedder)


@pytest.mark.usefixtures("once")
def test_centring_finds_people_whose_photographs_lie_elsewhere():
    rates = [_rates(run("adapted", *_made(20, seed, shift=1.5, scan_noise=0.8), seed=seed)) for seed in range(8)]
    gain = np.mean([each["centred"] - each["topk"] for each in rates])
    assert gain > 0.1


@pytest.mark.usefixtures("once")
def test_scaling_finds_people_where_some_directions_only_disturb():
    rates = [_rates(run("adapted", *_made(40, seed, nuisance=4.0, shift=1.5), seed=seed)) for seed in range(6)]
    assert np.mean([each["adapted"] - each["centred"] for each in rates]) > 0.15


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize("people", [8, 12])
def test_templates_that_know_nothing_give_chance(people):
    """Photos and renders of a person have nothing in common, however alike the renders of a person are."""
    rates = []
    for seed in range(60):
        scans, photos = _made(people, [seed, people], signal=0.0, nuisance=1.0, shift=2.0, scan_noise=1.0)
        rates.append(_rates(run("adapted", scans, photos, seed=seed)))
    for name in ("topk", "centred", "adapted"):
        found = np.array([each[name] for each in rates])
        error = found.std() / np.sqrt(len(found))
        assert found.mean() == pytest.approx(FOLDS / people, abs=3.3 * error), name


@pytest.mark.usefixtures("once")
def test_scans_dealt_out_to_other_people_give_chance():
    """The labels of the scans are shuffled before anything is learnt."""
    rates = []
    for seed in range(40):
        scans, photos = _made(12, seed, nuisance=1.0)
        names = scans.table["subject"].unique()
        swapped = dict(zip(names, np.random.default_rng([seed, 9]).permutation(names), strict=True))
        table = scans.table.assign(subject=scans.table["subject"].map(swapped))
        rates.append(_rates(run("adapted", Templates(table, scans.vectors, scans.embedder), photos, seed=seed)))
    for name in ("topk", "centred", "adapted"):
        found = np.array([each[name] for each in rates])
        assert found.mean() == pytest.approx(FOLDS / 12, abs=3.3 * found.std() / np.sqrt(len(found))), name


def test_learnt_means_count_people_and_not_templates(rng):
    scans, photos = _made(6, 2)
    uneven = scans.select(np.r_[0, 3:18])
    model = learn_adaptation(*(_people(side, set(scans.table["subject"])) for side in (photos, uneven)), CENTRING_ONLY)
    people = [uneven.vectors[:1], *np.split(uneven.vectors[1:], 5)]
    np.testing.assert_allclose(model.scan_mean, np.mean([p.mean(axis=0) for p in people], axis=0), atol=1e-6)
    np.testing.assert_array_equal(model.scaling, np.eye(WIDTH))


def test_scaling_makes_differences_of_one_person_alike_in_all_directions():
    scans, photos = (_people(side, set(side.table["subject"])) for side in _made(300, 3, nuisance=3.0))
    model = learn_adaptation(photos, scans, 0.01)
    before, after = (_spread(*sides) for sides in ((photos, scans), (model.photos(photos), model.scans(scans))))
    assert before.max() / before.min() > 5
    assert after.max() / after.min() < 2


def _spread(photos, scans):
    middles = [side.vectors.reshape(300, -1, WIDTH).mean(axis=1) for side in (photos, scans)]
    return (middles[0] - middles[1]).std(axis=0)


def test_the_shrinkage_is_chosen_by_what_serves(rng):
    few = [_people(side, ["p000", "p001", "p002", "p003", "p004"]) for side in _made(20, 0, nuisance=4.0)[::-1]]
    assert choose_shrinkage(*few, rng) == CENTRING_ONLY
    many = [_people(side, set(side.table["subject"])) for side in _made(40, 0, nuisance=4.0)[::-1]]
    assert choose_shrinkage(*many, rng) in _SHRINKAGES[1:]


def test_with_nothing_to_learn_from_there_is_no_score():
    scans, photos = _made(8, 0)
    blind = Templates(photos.table, np.full_like(photos.vectors, np.nan), photos.embedder)
    for table in run("adapted", scans, blind):
        assert np.isnan(table.scores).all()
        assert table.compared.any()
    two = run("adapted", cohort_of([(p, "a", "zero", "T1w") for p in "01"]), photos_of("01"))
    assert [np.isfinite(_one_way(t).scores).sum() for t in two] == [2, 2, 2], "each learns from the other"


def test_lost_people_are_compared_and_fail():
    scans, photos = _made(12, 0)
    vectors = np.array(scans.vectors)
    vectors[:3] = np.nan
    for table in run("adapted", Templates(scans.table, vectors, scans.embedder), photos):
        assert _one_way(table).compared[:, 0].sum() == 12
        assert np.isnan(table.scores[:, 0]).all()
        assert np.isfinite(table.scores[:, 1:][table.compared[:, 1:]]).all()


def test_scores_of_both_folds_have_one_scale():
    for table in map(_one_way, run("adapted", *_made(12, 0))[1:]):
        for fold in (table.compared[0], ~table.compared[0]):
            block = table.scores[:, fold][np.isfinite(table.scores[:, fold])]
            assert block.mean() == pytest.approx(0, abs=1e-9)
            assert block.std() == pytest.approx(1)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reid_audit.errors import SettingsError
from reid_audit.match import MATCHERS, Cosine, LinearSvm, Mean, Nearest, RbfSvm, TopK
from reid_audit.testing import make_templates
from reid_audit.types import Templates

NAN = [np.nan, np.nan]


def _templates(*rows: tuple[str, list[float]]) -> Templates:
    """Templates of two dimensions; the sample is the person and one letter: ``"1a"``."""
    names = [name for name, _ in rows]
    table = pd.DataFrame({"subject": [name[0] for name in names], "sample": names})
    return Templates(table, np.array([vector for _, vector in rows]).reshape(len(rows), 2), "hand")


# Person 1 has templates at distances 5 and 13 from the first probe, person 2 one at 10, person 3 none, person 4 two.
PROBES = _templates(("1p", [0, 0]), ("2p", NAN), ("4p", [3, 4]))
REFERENCES = _templates(
    ("1a", [3, 4]), ("2a", [6, 8]), ("1a", [5, 12]), ("3a", NAN), ("4a", NAN), ("4a", [0, 1]), ("1a", NAN)
)


def test_nearest_is_the_negated_smallest_distance(rng):
    scores = Nearest().score(PROBES, REFERENCES, rng)
    np.testing.assert_allclose(
        scores,
        [[-5, -10, np.nan, -1], [np.nan] * 4, [0, -5, np.nan, -np.hypot(3, 3)]],
    )


def test_mean_is_the_negated_distance_to_the_mean_of_the_templates_that_there_are(rng):
    scores = Mean().score(PROBES, REFERENCES, rng)
    np.testing.assert_allclose(scores[0], [-np.hypot(4, 8), -10, np.nan, -1])


@pytest.mark.parametrize(("k", "expected"), [(1, -5.0), (2, -9.0), (7, -9.0)])
def test_topk_is_the_mean_of_the_best(k, expected, rng):
    scores = TopK(k=k).score(PROBES, REFERENCES, rng)
    np.testing.assert_allclose(scores[0], [expected, -10, np.nan, -1])
    assert np.isnan(scores[1]).all()


def test_cosine_is_of_the_angle_and_a_template_of_no_length_is_like_nothing(rng):
    scores = Cosine().score(PROBES, REFERENCES, rng)
    np.testing.assert_allclose(scores[2], [1, 1, np.nan, 0.8])
    np.testing.assert_allclose(scores[0], [0, 0, np.nan, 0])


def test_samples_of_several_templates_on_both_sides(rng):
    probes = _templates(("1p", [0, 0]), ("2p", [0, 0]), ("1p", [0, 1]), ("1p", NAN))
    references = _templates(("1a", [0, 3]), ("1a", [0, 5]))
    assert Nearest().score(probes, references, rng).tolist() == [[-2], [-3]]
    assert Mean().score(probes, references, rng).tolist() == [[-3.5], [-4]]
    assert TopK(k=2).score(probes, references, rng).tolist() == [[-2.5], [-4]]


@pytest.mark.parametrize("name", MATCHERS)
def test_permuting_identities_permutes_scores(name, rng):
    probes, references = make_templates(7, 1, seed=3), make_templates(7, 8, lost=(2,), seed=4)
    scores = MATCHERS[name]().score(probes, references, rng)
    people = np.random.default_rng(5).permutation(7)
    rows = np.concatenate([np.arange(8) + 8 * person for person in people])
    permuted = MATCHERS[name]().score(probes.select(people), references.select(rows), rng)
    np.testing.assert_allclose(permuted, scores[np.ix_(people, people)], atol=1e-3 if name.startswith("svm") else 1e-12)


@pytest.mark.parametrize("name", MATCHERS)
def test_nothing_detected_at_all_is_nan_everywhere(name, rng):
    nobody = make_templates(3, 2, lost=range(3))
    for probes, references in ((nobody, nobody), (make_templates(3, 2), nobody), (nobody, make_templates(3, 2))):
        scores = MATCHERS[name]().score(probes, references, rng)
        assert scores.shape == (3, 3)
        assert np.isnan(scores).all()


@pytest.mark.parametrize("name", MATCHERS)
def test_no_reference_gives_no_column(name, rng):
    templates = make_templates(3, 2)
    assert MATCHERS[name]().score(templates, templates.select(np.array([], int)), rng).shape == (3, 0)


@pytest.mark.parametrize("block", [1, 5, 1000])
def test_the_block_size_changes_nothing(block, rng, monkeypatch):
    probes, references = make_templates(4, 3, lost=(1,), noise=0.5, seed=8), make_templates(5, 7, noise=0.5, seed=9)
    whole = Nearest().score(probes, references, rng)
    monkeypatch.setattr("reid_audit.match.nearest._BLOCK", block)
    np.testing.assert_array_equal(Nearest().score(probes, references, rng), whole)


@pytest.mark.parametrize("machine", [LinearSvm, RbfSvm])
@pytest.mark.parametrize("people", [2, 3])
def test_the_svm_separates_people(people, machine, rng):
    probes, references = make_templates(people, 1, noise=0.2, seed=5), make_templates(people, 9, noise=0.2, seed=6)
    scores = machine().score(probes, references, rng)
    assert scores.argmax(axis=1).tolist() == list(range(people))
    mated = np.eye(people, dtype=bool)
    if machine is LinearSvm:  # values sum to 0 over people; the Gaussian machines' are votes
        assert scores[mated].min() > 0 > scores[~mated].max()
    assert scores[mated].min() > scores[~mated].max()


def test_only_the_gaussian_kernel_tells_a_ring_from_its_centre(rng):
    around = rng.uniform(0, 2 * np.pi, 60)
    vectors = np.ones((120, 4), dtype=np.float32)
    vectors[:60, :2] = 0.5 * np.stack([np.cos(around), np.sin(around)], axis=1)
    vectors[60:, :2] = 0.05 * rng.standard_normal((60, 2))
    table = make_templates(2, 60).table
    known, asked = (Templates(table.iloc[rows], vectors[rows], "x") for rows in (slice(0, 120, 2), slice(1, 120, 2)))
    each = Templates(asked.table.assign(sample=np.arange(60).astype(str)), asked.vectors, "x")
    truth = (each.table["subject"].to_numpy() == known.table["subject"].unique()[1]).astype(int)
    linear, gaussian = (
        np.mean(made.score(each, known, rng).argmax(axis=1) == truth) for made in (LinearSvm(), RbfSvm())
    )
    assert gaussian == 1.0
    assert linear < 0.8


@pytest.mark.parametrize("machine", [LinearSvm, RbfSvm])
def test_the_svm_cannot_be_trained_on_one_person(machine, rng):
    references = make_templates(3, 9, lost=(0, 2))
    assert np.isnan(machine().score(make_templates(3, 1), references, rng)).all()


def test_the_svm_takes_the_person_as_the_class(rng):
    references = make_templates(3, 8)
    halves = references.table["sample"] + np.tile(["x", "y"], 12)
    two_each = Templates(references.table.assign(sample=halves), references.vectors, references.embedder)
    probes = make_templates(3, 1, seed=1)
    whole, halved = (LinearSvm().score(probes, known, rng) for known in (references, two_each))
    np.testing.assert_allclose(halved, np.repeat(whole, 2, axis=1), atol=1e-3)


def test_the_svm_averages_over_the_templates_of_a_probe(rng):
    references, probes = make_templates(3, 8), make_templates(3, 2, noise=0.3, seed=1)
    single = Templates(probes.table.assign(sample=[f"{i}" for i in range(6)]), probes.vectors, probes.embedder)
    apart = LinearSvm().score(single, references, rng)
    np.testing.assert_allclose(LinearSvm().score(probes, references, rng), apart.reshape(3, 2, 3).mean(axis=1))


def test_c_changes_the_svm(rng):
    probes, references = make_templates(3, 1, noise=0.5, seed=5), make_templates(3, 9, noise=0.5, seed=6)
    weak, strong = (LinearSvm(c=c).score(probes, references, rng) for c in (1e-6, 1.0))
    assert np.abs(weak - strong).max() > 0.1


@pytest.mark.parametrize(
    "make",
    [
        lambda: LinearSvm(c=0),
        lambda: RbfSvm(c=-1.0),
        lambda: LinearSvm(c=float("nan")),
        lambda: TopK(k=0),
        lambda: Nearest(metric="manhattan"),
        lambda: Mean(metric=""),
    ],
)
def test_settings_that_are_not_allowed_are_refused(make):
    with pytest.raises(SettingsError, match="Got"):
        make()

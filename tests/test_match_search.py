from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from reid_audit.errors import InputError, SettingsError
from reid_audit.match import search_gallery, similarity
from reid_audit.match.similarity import similarity_to_one


def test_by_hand_with_ties_the_first_first():
    gallery = np.array([[3, 4], [0, 1], [4, 3], [0, -1], [9, 9]], np.float32)
    found = search_gallery(np.zeros((1, 2)), [gallery[:3], gallery[:0], gallery[3:]], k=4)
    assert found.rows.tolist() == [[1, 3, 0, 2]]
    assert found.scores.tolist() == [[-1, -1, -5, -5]]
    assert repr(found) == "Found(4 references for each of 1 probes)"


def test_what_is_no_template_is_counted_and_never_found():
    gallery = np.array([[np.nan, 0], [1, 0], [np.inf, 0], [5, 0]])
    found = search_gallery(np.array([[0, 0], [0, np.nan], [5, 0]]), [gallery], k=3)
    np.testing.assert_array_equal(found.rows, [[1, 3], [-1, -1], [3, 1]])
    np.testing.assert_array_equal(found.scores, [[-1, -5], [np.nan, np.nan], [0, -4]])


@pytest.mark.parametrize("gallery", [np.zeros((0, 2)), np.full((3, 2), np.nan)])
def test_nothing_to_search_in_gives_no_column(gallery):
    assert search_gallery(np.zeros((2, 2)), [gallery]).rows.shape == (2, 0)


def test_no_probe_gives_no_row():
    assert search_gallery(np.zeros((0, 2)), [np.ones((4, 2))], k=3).rows.shape == (0, 3)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_whole_of_20000_templates_like_dlib_s_in_the_order_of_double_precision(metric, dtype, rng):
    gallery = (0.1 + rng.normal(0, 0.06, (20_000, 128))).astype(dtype)
    probes = (gallery[::4000] + rng.normal(0, 0.03, (5, 128))).astype(dtype)
    found = search_gallery(probes, np.array_split(gallery, 2), k=50, metric=metric)
    every = similarity(probes.astype(float), gallery.astype(float), metric)
    np.testing.assert_array_equal(found.rows, np.argsort(-every, axis=1, kind="stable")[:, :50])
    np.testing.assert_allclose(found.scores, -np.sort(-every, axis=1)[:, :50], rtol=0, atol=1e-13)


def test_differences_that_single_precision_cannot_see_are_ranked(rng):
    """Templates far from the origin: in single precision every screened score is the same."""
    near = rng.permutation(200) * 1e-9
    gallery = np.c_[1000.0 + near, np.full((200, 2), 1000.0)]
    found = search_gallery(np.full((1, 3), 1000.0), [gallery], k=200)
    np.testing.assert_array_equal(found.rows[0], np.argsort(near))
    assert len(np.unique((gallery.astype(np.float32) ** 2).sum(axis=1))) == 1


def test_few_references_are_compared_twice(rng, monkeypatch):
    compared = []

    def counting(template, others, metric):
        compared.append(len(others))
        return similarity_to_one(template, others, metric)

    monkeypatch.setattr("reid_audit.match.search.similarity_to_one", counting)
    gallery = rng.normal(0, 0.1, (100_000, 128)).astype(np.float32)
    search_gallery(gallery[:4], [gallery], k=5)
    assert sum(compared) < 4 * 5 * (1 + np.log(100_000 / 5)) * 2


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_score_does_not_depend_on_which_others_there_are(metric, rng):
    template, others = rng.normal(size=128), rng.normal(size=(33, 128))
    together = similarity_to_one(template, others, metric)
    alone = [similarity_to_one(template, other[None], metric)[0] for other in others]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(similarity_to_one(template, others[::-2], metric), together[::-2])


def test_scores_are_negated_distances(rng):
    template, others = rng.normal(size=128), rng.normal(size=(33, 128))
    np.testing.assert_allclose(similarity_to_one(template, others, "euclidean"), -cdist(template[None], others)[0])


def test_settings_and_templates_that_are_not_allowed_are_refused():
    with pytest.raises(SettingsError, match=r"'k' parameter .* Got 0"):
        search_gallery(np.zeros((1, 2)), [], k=0)
    with pytest.raises(SettingsError, match="'metric' parameter of search_gallery"):
        search_gallery(np.zeros((1, 2)), [], metric="manhattan")
    with pytest.raises(InputError, match=r"shape \(any, 2\).* Got \(4, 3\)"):
        search_gallery(np.zeros((1, 2)), [np.zeros((4, 3))])


@pytest.mark.parametrize("length", [1e-16, 1e19, 1e300, 1e-300])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_lengths_that_single_precision_cannot_square_are_refused(length, metric):
    odd, even = np.array([[0.0, length]]), np.array([[0.0, 1.0]])
    for probes, gallery in ((odd, even), (even, odd)):
        with pytest.raises(InputError, match="length of a template"):
            search_gallery(probes, [gallery], metric=metric)

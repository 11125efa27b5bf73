"""What must hold for every gallery, in whatever blocks it comes."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reid_audit.match import search_gallery
from reid_audit.match.similarity import similarity_to_one

often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
metrics = st.sampled_from(["euclidean", "cosine"])
coarse = st.integers(-2, 2).map(float)
close = st.integers(-3, 3).map(lambda n: 1.0 + n * 1e-8)
uneven = st.sampled_from([0.0, 1e-9, -1e-4, 1.0, 1e4, -1e9])


@st.composite
def searches(draw):
    """Some probes, and a gallery in blocks: with ties, with differences beyond single precision, with lost rows."""
    dimension, elements = draw(st.integers(1, 4)), draw(st.sampled_from([coarse, close, uneven]))
    values = st.one_of(elements, st.just(np.nan)) if draw(st.booleans()) else elements
    shapes = [(draw(st.integers(0, 4)), dimension), (draw(st.integers(0, 30)), dimension)]
    probes, gallery = (draw(arrays(float, shape, elements=values)) for shape in shapes)
    cuts = sorted(draw(st.lists(st.integers(0, len(gallery)), max_size=4)))
    return probes, gallery, np.split(gallery, cuts), draw(st.integers(1, 12))


@given(searches(), metrics)
@often
def test_the_search_is_exact_and_of_equals_takes_the_first(asked, metric):
    probes, gallery, blocks, k = asked
    found = search_gallery(probes, blocks, k=k, metric=metric)
    known = np.flatnonzero(np.isfinite(gallery).all(axis=1))
    assert found.rows.shape == found.scores.shape == (len(probes), min(k, len(known)))
    for probe, rows, scores in zip(probes, found.rows, found.scores, strict=True):
        if np.isfinite(probe).all():
            every = similarity_to_one(probe, gallery[known], metric)
            best = np.argsort(-every, kind="stable")[:k]
            np.testing.assert_array_equal(rows, known[best])
            np.testing.assert_array_equal(scores, every[best])
        else:
            assert (rows == -1).all()
            assert np.isnan(scores).all()


@given(searches(), metrics)
@often
def test_double_precision_and_single_precision_templates_are_searched_alike(asked, metric):
    probes, gallery, _, k = asked
    single = search_gallery(probes.astype(np.float32), [gallery.astype(np.float32)], k=k, metric=metric)
    double = search_gallery(
        probes.astype(np.float32).astype(float), [gallery.astype(np.float32).astype(float)], k=k, metric=metric
    )
    np.testing.assert_array_equal(single.rows, double.rows)
    np.testing.assert_array_equal(single.scores, double.scores)

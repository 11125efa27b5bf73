"""The Gaussian model of faces: its prediction, its errors and its samples, against direct computation."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.reconstruct.posterior import condition


def people(rng, n=24, known=40, unknown=15, noise=0.3):
    hidden = rng.normal(size=(n, 5))
    one, two = rng.normal(size=(5, known)), rng.normal(size=(5, unknown))
    return hidden @ one + noise * rng.normal(size=(n, known)), hidden @ two + noise * rng.normal(size=(n, unknown))


def ridge(x, y, new, penalty):
    """Directly, in the primal form."""
    middle, face = x.mean(axis=0), y.mean(axis=0)
    weights = np.linalg.solve((x - middle).T @ (x - middle) + penalty * np.eye(x.shape[1]), (x - middle).T @ (y - face))
    return face + (new - middle) @ weights


def test_the_mean_is_ridge_regression_at_the_penalty_that_was_chosen(rng):
    x, y = people(rng)
    new = rng.normal(size=x.shape[1])
    found = condition(x, y, new)
    np.testing.assert_allclose(found.mean, ridge(x, y, new, found.penalty), atol=1e-8)


def test_errors_are_those_of_everybody_left_out(rng):
    x, y = people(rng, n=12)
    found = condition(x, y, x[0])
    for left in range(len(x)):
        others = np.arange(len(x)) != left
        error = y[left] - ridge(x[others], y[others], x[left], found.penalty)
        np.testing.assert_allclose(found.errors[left], error, atol=1e-7)
    alone = np.stack([y[k] - np.delete(y, k, axis=0).mean(axis=0) for k in range(len(y))])
    assert found.explained == pytest.approx(1 - np.square(found.errors).sum() / np.square(alone).sum())


def test_the_penalty_is_the_one_with_the_least_error_of_people_left_out(rng):
    x, y = people(rng, noise=1.5)
    chosen = condition(x, y, x[0])
    for penalty in (1e-3, 1e-1, 1e1, 1e2):
        assert (
            np.square(condition(x, y, x[0], penalties=(penalty,)).errors).sum() >= np.square(chosen.errors).sum() - 1e-9
        )


def test_where_the_rest_says_nothing_the_mean_face_comes_out(rng):
    x, y = rng.normal(size=(30, 50)), rng.normal(size=(30, 20))
    found = condition(x, y, rng.normal(size=50))
    assert found.explained < 0.1
    assert np.abs(found.mean - y.mean(axis=0)).max() < 0.3


def test_samples_spread_as_the_errors_do(rng):
    x, y = people(rng, n=40)
    found = condition(x, y, x[3])
    drawn = np.stack([found.draw(rng) for _ in range(4000)])
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=0.05)
    wanted = np.square(found.errors).sum(axis=0) / (len(found.errors) - 1)
    np.testing.assert_allclose(drawn.var(axis=0), wanted, rtol=0.15)
    again = found.draw(np.random.default_rng(5))
    np.testing.assert_array_equal(again, found.draw(np.random.default_rng(5)))


def test_the_order_of_people_does_not_matter(rng):
    x, y = people(rng)
    turn = rng.permutation(len(x))
    np.testing.assert_allclose(condition(x, y, x[2]).mean, condition(x[turn], y[turn], x[2]).mean, atol=1e-8)

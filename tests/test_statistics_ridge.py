"""Ridge regression on few people: against direct computation, and how its penalty is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.statistics.ridge import PENALTIES, fit_ridge


def people(rng, n=14, known=30, wanted=7, noise=1.0):
    hidden = rng.normal(size=(n, 3))
    given, answers = hidden @ rng.normal(size=(3, known)), hidden @ rng.normal(size=(3, wanted))
    return given + noise * rng.normal(size=given.shape) + 5.0, answers + noise * rng.normal(size=answers.shape) - 2.0


def direct(x, y, new, penalty):
    """In the primal form."""
    middle, mean = x.mean(axis=0), y.mean(axis=0)
    square = (x - middle).T @ (x - middle) + penalty * np.eye(x.shape[1])
    return mean + (new - middle) @ np.linalg.solve(square, (x - middle).T @ (y - mean))


@pytest.mark.parametrize("shape", [(30,), (4, 30), (2, 3, 30)])
def test_others_are_predicted_as_directly(rng, shape):
    x, y = people(rng)
    found = fit_ridge(x, y)
    new = rng.normal(size=shape)
    np.testing.assert_allclose(found.predict(new), direct(x, y, new, found.penalty), atol=1e-8)


@pytest.mark.parametrize("noise", [0.05, 1.0, 5.0])
def test_the_penalty_is_that_of_the_least_error_of_people_left_out(rng, noise):
    x, y = people(rng, noise=noise)
    unit = np.square(x - x.mean(axis=0)).sum() / len(x)
    errors = []
    for share in PENALTIES:
        each = [
            y[k] - direct(np.delete(x, k, axis=0), np.delete(y, k, axis=0), x[k], share * unit) for k in range(len(x))
        ]
        errors.append(np.square(each).sum())
        np.testing.assert_allclose(fit_ridge(x, y, penalties=(share,)).errors, each, atol=1e-6)
    assert fit_ridge(x, y).penalty == pytest.approx(PENALTIES[int(np.argmin(errors))] * unit)


def test_people_who_are_all_alike_say_what_they_are(rng):
    x, y = np.ones((5, 8)), np.full((5, 2), 3.0)
    found = fit_ridge(x, y)
    np.testing.assert_allclose(found.predict(rng.normal(size=8)), 3.0)
    np.testing.assert_allclose(found.errors, 0.0)

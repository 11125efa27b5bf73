from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.svm import LinearSVC

from reid_audit.match.planes import _Objective, train_planes


def people(count, each, rng, dimension=5, spread=0.7):
    person = np.repeat(np.arange(count), each)
    return rng.normal(size=(count, dimension))[person] + rng.normal(0, spread, (len(person), dimension)), person


@pytest.mark.parametrize("c", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("each", [12, (5, 19)])
def test_two_people_are_told_apart_as_liblinear_does(c, each, rng):
    """The machine of two is half the sum of one with weights that make both people count alike."""
    vectors, person = people(2, each, rng)
    planes = train_planes(vectors, person, c)
    reference = LinearSVC(C=c, dual=False, tol=1e-9, max_iter=100_000, class_weight="balanced")
    reference.fit(vectors - vectors.mean(axis=0), person)
    values = planes.values(vectors)
    expected = reference.decision_function(vectors - vectors.mean(axis=0))
    np.testing.assert_allclose(values[:, 1] - values[:, 0], expected, rtol=0, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("c", [0.1, 10.0])
def test_it_is_the_sum_of_the_machines_of_all_pairs(c, rng):
    """Minimise, pair by pair and in double precision, what the docstring says is minimised."""
    vectors, person = people(4, (3, 9, 5, 7), rng, dimension=2)
    rows = np.column_stack([vectors - vectors.mean(axis=0), np.ones(len(vectors))])
    share = len(rows) / 4 / np.bincount(person)

    def summed(flat):
        functions, total = flat.reshape(4, 3), 0.0
        for i in range(4):
            for j in range(i):
                plane = functions[i] - functions[j]
                total += 0.5 * plane @ plane
                for who, side in ((i, 1), (j, -1)):
                    short = np.maximum(0, 1 - side * rows[person == who] @ plane)
                    total += c * share[who] * short @ short
        return total

    found = minimize(summed, np.zeros(12), method="BFGS", options={"gtol": 1e-7, "maxiter": 5000})
    expected = rows @ found.x.reshape(4, 3).T
    expected -= expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(train_planes(vectors, person, c).values(vectors), expected, rtol=0, atol=2e-3)


def test_the_gradient_is_that_of_the_value(rng):
    vectors, person = people(3, (4, 7, 2), rng, dimension=3)
    objective = _Objective(np.column_stack([vectors, np.ones(13)]).astype(np.float32), person, 2.0)
    point, direction = rng.normal(size=(2, objective.size))
    slope = (objective(point + 1e-2 * direction)[0] - objective(point - 1e-2 * direction)[0]) / 2e-2
    assert slope == pytest.approx(objective(point)[1] @ direction, rel=1e-3)


@pytest.mark.parametrize("held", [1, 50])
def test_how_much_is_held_at_once_changes_rounding_only(held, rng, monkeypatch):
    vectors, person = people(6, 4, rng)
    whole = train_planes(vectors, person, 1.0).values(vectors)
    monkeypatch.setattr("reid_audit.match.planes._HELD", held)
    np.testing.assert_allclose(train_planes(vectors, person, 1.0).values(vectors), whole, rtol=0, atol=1e-3)


def test_values_sum_to_nothing_and_a_shift_of_all_templates_changes_nothing(rng):
    vectors, person = people(5, 6, rng)
    planes, moved = train_planes(vectors, person, 1.0), train_planes(vectors + 3.0, person, 1.0)
    np.testing.assert_allclose(planes.values(vectors).sum(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(moved.values(vectors + 3.0), planes.values(vectors), rtol=0, atol=1e-3)
    assert repr(planes) == "Planes(5 people)"

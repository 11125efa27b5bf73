"""One linear support vector machine for all people at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Planes", "train_planes"]

_HELD = 1_000_000
"""Decision values that are held at once."""

_TOLERANCE = 1e-7
"""Training ends when a step improves the objective by less than this share."""

_MOST_STEPS = 1000


@dataclass(frozen=True, eq=False)
class Planes:
    """A linear function of the template for each person; the highest tells who it is.

    Parameters
    ----------
    weights : ndarray, shape (P, D), float64
    offsets : ndarray, shape (P,), float64
    """

    weights: np.ndarray[Any, Any]
    offsets: np.ndarray[Any, Any]

    def __repr__(self) -> str:
        return f"Planes({len(self.offsets)} people)"

    def values(self, vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the decision values of templates, shape (N, D), for everybody, shape (N, P)."""
        return np.asarray(vectors @ self.weights.T + self.offsets)


def train_planes(vectors: np.ndarray[Any, Any], person: np.ndarray[Any, Any], c: float) -> Planes:
    r"""Train the machine of Weston and Watkins [1]_ with the squared hinge.

    Parameters
    ----------
    vectors : ndarray, shape (N, D), float
        Templates, all finite.
    person : ndarray, shape (N,), int
        Whose each is, 0 to P - 1; everybody has at least one.
    c : float
        Inverse strength of the regularisation.

    Returns
    -------
    Planes
        The same for the same templates in the same order. Values of one template sum to 0 over people.

    Notes
    -----
    It is the one-vs-one machine with the hyperplane between persons i and j written as a difference,
    :math:`f_i - f_j`, of one function a person. Summed over all pairs, the objective of those P (P - 1) / 2 machines is
    P times

    .. math:: \tfrac12 \sum_p \|w_p\|^2
        + \frac{c}{P} \sum_x s_x \sum_{p \neq y_x} \max(0, 1 - f_{y_x}(x) + f_p(x))^2,

    where s makes people weigh the same however many templates each has. Templates are centred, and the offset is
    regularised as one more number. With two people this is LIBLINEAR's L2-loss machine. It is convex and smooth;
    L-BFGS [2]_ solves it in about 20 evaluations once all directions in which templates vary are brought to a like
    scale. An evaluation is two products of the templates with P functions in single precision, in as many rows as the
    cache holds: time grows with N D P, memory with N D.

    References
    ----------
    .. [1] J. Weston, C. Watkins, "Support Vector Machines for Multi-Class Pattern Recognition", ESANN 1999, 219-224.
    .. [2] D. C. Liu, J. Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
       Programming 45, 1989, 503-528, https://doi.org/10.1007/BF01589116
    """
    from scipy.optimize import minimize

    centre = vectors.mean(axis=0, dtype=np.float64)
    rows = np.ones((len(vectors), vectors.shape[1] + 1), dtype=np.float32)
    np.subtract(vectors, centre, out=rows[:, :-1], casting="same_kind")
    objective = _Objective(rows, person, c)
    options = {"ftol": _TOLERANCE, "gtol": 0.0, "maxiter": _MOST_STEPS, "maxfun": 2 * _MOST_STEPS}
    found = minimize(objective, np.zeros(objective.size), jac=True, method="L-BFGS-B", options=options)
    solved = objective.functions(found.x)
    return Planes(solved[:, :-1], solved[:, -1] - solved[:, :-1] @ centre)


class _Objective:
    """Value and gradient as a function of the functions' weights, in directions of a like scale."""

    def __init__(self, rows: np.ndarray[Any, Any], person: np.ndarray[Any, Any], c: float) -> None:
        sizes = np.bincount(person)
        self.people = len(sizes)
        self.person = person
        self.share = len(rows) / (self.people * sizes[person])
        self.c = c / self.people
        curvature = np.eye(rows.shape[1]) + self.c * (rows.T @ rows).astype(np.float64)
        self.back = np.linalg.inv(np.linalg.cholesky(curvature))
        self.penalty = self.back @ self.back.T
        self.rows = rows @ self.back.T.astype(np.float32)

    @property
    def size(self) -> int:
        """Numbers to be found."""
        return self.people * len(self.back)

    def functions(self, scaled: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return weights and offset of each person's function; shape (P, D + 1)."""
        return np.asarray(scaled.reshape(self.people, -1) @ self.back)

    def __call__(self, scaled: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        functions = scaled.reshape(self.people, -1)
        single = np.ascontiguousarray(functions.T, dtype=np.float32)
        smooth = functions @ self.penalty
        loss, slope = 0.0, np.zeros_like(functions)
        step = max(1, _HELD // self.people)
        for start in range(0, len(self.rows), step):
            part = slice(start, start + step)
            short = _short_of_margin(self.rows[part] @ single, self.person[part])
            share = self.share[part]
            loss += float(share @ np.einsum("ij,ij->i", short, short))
            short[np.arange(len(short)), self.person[part]] = -short.sum(axis=1)
            slope += short.T @ (self.rows[part] * share[:, None].astype(np.float32))
        value = self.c * loss + 0.5 * float(np.einsum("ij,ij->", smooth, functions))
        return value, (2 * self.c * slope + smooth).ravel()


def _short_of_margin(values: np.ndarray[Any, Any], person: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return by how much each template's own value fails to exceed each other person's by 1; shape (n, P), in place."""
    own = np.arange(len(values)), person
    values -= (values[own] - 1)[:, None]
    np.maximum(values, 0, out=values)
    values[own] = 0
    return values

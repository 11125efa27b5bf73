"""One linear support vector machine for all people at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

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
    L-BFGS [2]_ solves it in about 15 evaluations once all directions in which templates vary are brought to a like
    scale, and its first step, which goes by 1, is as long as it should be. An evaluation is two products of the
    templates with P functions in single precision, in as many rows as the cache holds: time grows with N D P, memory
    with N D.

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
    unit = objective.first_step()

    def stretched(scaled: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        value, slope = objective(unit * scaled)
        return value, unit * slope

    options = {"ftol": _TOLERANCE, "gtol": 0.0, "maxiter": _MOST_STEPS, "maxfun": 2 * _MOST_STEPS}
    found = minimize(stretched, np.zeros(objective.size), jac=True, method="L-BFGS-B", options=options)
    solved = objective.functions(unit * found.x)
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
        self.weighted = self.rows * self.share[:, None].astype(np.float32)

    @property
    def size(self) -> int:
        """Numbers to be found."""
        return self.people * len(self.back)

    def functions(self, scaled: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return weights and offset of each person's function; shape (P, D + 1)."""
        return np.asarray(scaled.reshape(self.people, -1) @ self.back)

    def at_zero(self) -> tuple[float, np.ndarray[Any, Any]]:
        """Return value and gradient where all functions are 0: every template falls short of every margin by 1."""
        each = np.ones(len(self.rows), dtype=np.float32)
        whose = csr_array((each, (self.person, np.arange(len(self.rows)))))
        own = (whose @ self.weighted).astype(np.float64)
        slope = own.sum(axis=0) - self.people * own
        return float(self.c * (self.people - 1) * self.share.sum()), (2 * self.c * slope).ravel()

    def first_step(self) -> float:
        """Return how far down the gradient from 0 the least value lies, as long as no margin is reached."""
        slope = self.at_zero()[1].reshape(self.people, -1)
        own = np.einsum("ij,ij->i", self.rows, slope[self.person])
        # The slopes of all functions sum to 0, so that the mixed term of (own - other)^2 falls out.
        bent = self.people * (self.share @ own**2) + np.vdot(slope @ (self.rows.T @ self.weighted), slope)
        down = np.linalg.norm(slope)
        return float(down**3 / (2 * self.c * bent + np.vdot(slope @ self.penalty, slope)))

    def __call__(self, scaled: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        if not scaled.any():
            return self.at_zero()
        functions = scaled.reshape(self.people, -1)
        single = np.ascontiguousarray(functions.T, dtype=np.float32)
        smooth = functions @ self.penalty
        loss, slope = 0.0, np.zeros_like(functions)
        step = max(1, _HELD // self.people)
        held = np.empty((step, self.people), dtype=np.float32)
        for start in range(0, len(self.rows), step):
            rows = self.rows[start : start + step]
            own = np.arange(len(rows)), self.person[start : start + step]
            short = np.matmul(rows, single, out=held[: len(rows)])
            short -= (short[own] - 1)[:, None]
            np.maximum(short, 0, out=short)
            short[own] = 0
            loss += float(self.share[start : start + step] @ np.einsum("ij,ij->i", short, short))
            short[own] = -short.sum(axis=1)
            slope += short.T @ self.weighted[start : start + step]
        value = self.c * loss + 0.5 * float(np.einsum("ij,ij->", smooth, functions))
        return value, (2 * self.c * slope + smooth).ravel()

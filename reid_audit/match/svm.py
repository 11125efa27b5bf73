"""A classifier trained on the gallery, asked about the probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.match.groups import Grouped, score_samples
from reid_audit.match.similarity import unit_length

if TYPE_CHECKING:
    from reid_audit.types import Templates

__all__ = ["LinearSvm"]


@dataclass(frozen=True)
class LinearSvm:
    """One linear support vector machine a person of the gallery, that person against all others.

    Templates are brought to unit length, and not standardised: the directions in which the renders of one person
    hardly vary are not those in which photographs agree with renders, and to blow them up cost a quarter of the hits
    (24 phantoms, dlib). Classes weigh the same however many templates each has. Solved in the primal, so that nothing
    is random.

    Parameters
    ----------
    c : float
        Inverse strength of the regularisation.

    References
    ----------
    .. [1] R.-E. Fan et al., "LIBLINEAR: A Library for Large Linear Classification", JMLR 9, 2008, 1871-1874.
    """

    c: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.c) and self.c > 0):
            raise SettingsError(f"The 'c' parameter of LinearSvm must be above 0. Got {self.c} instead.")

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        return "svm"

    def score(self, probes: Templates, references: Templates, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Train on the references, and score every probe sample for every reference sample.

        Parameters
        ----------
        probes, references : Templates
            Grouped by ``sample`` in order of first appearance. The classes are the *subjects* of the references:
            samples of one subject share a score.
        rng : numpy.random.Generator
            Not used.

        Returns
        -------
        ndarray, shape (n probe samples, n reference samples), float64
            Signed distance to the person's hyperplane in units of the margin, higher = more alike; the mean over a
            probe's templates. NaN where a sample has no template, and everywhere when fewer than two people have
            one: there is then nothing to tell apart.
        """
        del rng
        return score_samples(probes, references, self._between)

    def _between(self, asked: Grouped, known: Grouped) -> np.ndarray[Any, Any]:
        people = sorted({str(subject) for subject in known.subjects[known.present]})
        if len(people) < 2:
            return np.full((len(asked.starts), len(known.starts)), np.nan)
        columns = [people.index(str(subject)) for subject in known.subjects[known.present]]
        return self._decide(asked, known, people)[:, columns]

    def _decide(self, asked: Grouped, known: Grouped, people: list[str]) -> np.ndarray[Any, Any]:
        """Return the mean decision value of every probe sample for every person, shape (S, P)."""
        from sklearn.svm import LinearSVC

        whose = np.repeat(known.subjects[known.present].astype(str), known.sizes)
        model = LinearSVC(C=self.c, dual=False, class_weight="balanced", tol=1e-5, max_iter=10_000)
        model.fit(unit_length(known.vectors), whose)
        values = np.asarray(model.decision_function(unit_length(asked.vectors)))
        if len(people) == 2:
            values = np.column_stack([-values, values])
        return np.asarray(np.add.reduceat(values, asked.starts, axis=0) / asked.sizes[:, None])

"""Support vector machines with a Gaussian kernel, one for every two people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.match.groups import Grouped, score_samples
from reid_audit.match.similarity import unit_length

if TYPE_CHECKING:
    from reid_audit.types import Templates

__all__ = ["RbfSvm"]


@dataclass(frozen=True)
class RbfSvm:
    """scikit-learn's ``SVC(kernel="rbf", gamma="scale")`` on templates of unit length.

    It trains a machine for every two people, as published studies do: 1 s for 60 people with 81 renders each, minutes
    for 1,000. People weigh the same however many templates each has. Nothing is random.

    Parameters
    ----------
    c : float
        Inverse strength of the regularisation.
    """

    c: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.c) and self.c > 0):
            raise SettingsError(f"The 'c' parameter of RbfSvm must be above 0. Got {self.c} instead.")

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        return "svm-rbf"

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
            Machines won by the person, and less than one more for the margins; higher = more alike; the mean over a
            probe's templates. NaN where a sample has no template, and everywhere when fewer than two people have one.
        """
        del rng
        return score_samples(probes, references, self._between)

    def _between(self, asked: Grouped, known: Grouped) -> np.ndarray[Any, Any]:
        from sklearn.svm import SVC

        people, whose = np.unique(known.subjects[known.present].astype(str), return_inverse=True)
        if len(people) < 2:
            return np.full((len(asked.starts), len(known.starts)), np.nan)
        machine = SVC(C=self.c, kernel="rbf", gamma="scale", class_weight="balanced")
        machine.fit(unit_length(known.vectors), np.repeat(whose, known.sizes))
        values = machine.decision_function(unit_length(asked.vectors))
        if values.ndim == 1:  # two people: one machine, its positive side the second
            values = np.stack([-values, values], axis=1)
        return asked.means(values)[:, whose]

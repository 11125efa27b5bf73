"""A classifier trained on the gallery, asked about the probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.match.groups import Grouped, score_samples
from reid_audit.match.planes import train_planes
from reid_audit.match.similarity import unit_length

if TYPE_CHECKING:
    from reid_audit.types import Templates

__all__ = ["LinearSvm"]


@dataclass(frozen=True)
class LinearSvm:
    """One linear support vector machine for all people of the gallery, in which every two people are told apart.

    Templates are brought to unit length, and not standardised: the directions in which the renders of one person
    hardly vary are not those in which photographs agree with renders, and to blow them up cost a quarter of the hits
    (24 phantoms, dlib). People weigh the same however many templates each has. Nothing is random.
    :func:`~reid_audit.match.planes.train_planes` says what is solved, docs/decisions/0005-matching-at-scale.md why.

    Parameters
    ----------
    c : float
        Inverse strength of the regularisation.
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
            Decision value, higher = more alike; the mean over a probe's templates. The value of a person above that of
            another, in units of the margin, says how much rather the probe is of the one; a probe's values sum to 0
            over people. NaN where a sample has no template, and everywhere when fewer than two people have one: there
            is then nothing to tell apart.
        """
        del rng
        return score_samples(probes, references, self._between)

    def _between(self, asked: Grouped, known: Grouped) -> np.ndarray[Any, Any]:
        people, whose = np.unique(known.subjects[known.present].astype(str), return_inverse=True)
        if len(people) < 2:
            return np.full((len(asked.starts), len(known.starts)), np.nan)
        planes = train_planes(unit_length(known.vectors), np.repeat(whose, known.sizes), self.c)
        return planes.values(asked.means(unit_length(asked.vectors)))[:, whose]

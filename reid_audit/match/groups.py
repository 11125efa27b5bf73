"""Templates grouped by the sample that they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.types import Templates

__all__ = ["Grouped", "group_templates", "score_samples"]


@dataclass(frozen=True, eq=False)
class Grouped:
    """The usable templates of some samples, those of one sample next to each other.

    Parameters
    ----------
    vectors : ndarray, shape (M, D), float64
        Finite rows only, sorted by sample.
    starts : ndarray, shape (S,), int
        Where each sample with a usable template begins in ``vectors``.
    present : ndarray, shape (S,), int
        Position of each of these among all samples, in order of first appearance.
    subjects : ndarray, shape (n,), object
        Whose each sample is.
    """

    vectors: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    present: np.ndarray[Any, Any]
    subjects: np.ndarray[Any, Any]

    @property
    def count(self) -> int:
        """Number of samples, those without a usable template included."""
        return len(self.subjects)

    @property
    def sizes(self) -> np.ndarray[Any, Any]:
        """Usable templates of each sample that has one, shape (S,)."""
        return np.diff(np.append(self.starts, len(self.vectors)))

    def means(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return each sample's mean of values that its templates have, shape (M, ...) to (S, ...)."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0) / self.sizes[:, None])


def group_templates(templates: Templates) -> Grouped:
    """Group templates by their column ``sample``, in order of first appearance.

    Parameters
    ----------
    templates : Templates

    Returns
    -------
    Grouped
        A row with any value that is not finite is no template.
    """
    codes, names = pd.factorize(templates.table["sample"])
    subjects = np.empty(len(names), dtype=object)
    subjects[codes[::-1]] = templates.table["subject"].to_numpy(dtype=object)[::-1]
    usable = np.flatnonzero(np.isfinite(templates.vectors).all(axis=1))
    order = usable[np.argsort(codes[usable], kind="stable")]
    present, starts = np.unique(codes[order], return_index=True)
    return Grouped(templates.vectors[order].astype(np.float64), starts, present, subjects)


def score_samples(
    probes: Templates, references: Templates, between: Callable[[Grouped, Grouped], np.ndarray[Any, Any]]
) -> np.ndarray[Any, Any]:
    """Score every probe sample against every reference sample: what all matchers do alike.

    Parameters
    ----------
    probes, references : Templates
        Grouped by ``sample`` in order of first appearance.
    between : callable
        Takes the grouped templates of both, neither of them empty; returns the scores of the samples that have any,
        shape (S of the probes, S of the references).

    Returns
    -------
    ndarray, shape (n probe samples, n reference samples), float64
        NaN where a sample has no template.
    """
    asked, known = group_templates(probes), group_templates(references)
    scores = np.full((asked.count, known.count), np.nan)
    if len(asked.present) and len(known.present):
        scores[np.ix_(asked.present, known.present)] = between(asked, known)
    return scores

"""The best references among more than memory holds: exact, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import InputError, SettingsError
from reid_audit.match.similarity import Metric, check_metric, similarity_to_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Found", "search_gallery"]

_SCREENED = 4_000_000
"""Single precision scores that are held at once."""

_ROWS = (256, 8192)
"""Least and most references that are screened at once; more do not fit into the processor's cache."""

_LENGTHS = (1e-15, 1e18)
"""Between these, squared lengths neither underflow nor overflow in single precision."""


@dataclass(frozen=True, eq=False)
class Found:
    """The references that are most like each probe, best first.

    Parameters
    ----------
    rows : ndarray, shape (P, k), int64
        Place of each reference in the gallery, counted over all blocks; -1 for a probe without a template.
    scores : ndarray, shape (P, k), float64
        Higher = more alike; NaN for a probe without a template.
    """

    rows: np.ndarray[Any, Any]
    scores: np.ndarray[Any, Any]

    def __repr__(self) -> str:
        return f"Found({self.rows.shape[1]} references for each of {len(self.rows)} probes)"


def search_gallery(
    probes: np.ndarray[Any, Any], blocks: Iterable[np.ndarray[Any, Any]], k: int = 10, *, metric: Metric = "euclidean"
) -> Found:
    """Find the k best references of every probe, holding no more than one block of the gallery.

    Parameters
    ----------
    probes : ndarray, shape (P, D), float
        A row with any value that is not finite is no template.
    blocks : iterable of ndarray, shape (any, D), float
        The gallery in order, read once. Rows that are no template are counted and never found.
    k : int, default 10
    metric : {"euclidean", "cosine"}
        Scores are those of :func:`~reid_audit.match.similarity`.

    Returns
    -------
    Found
        k columns, or as many as there are references with a template.

    Raises
    ------
    SettingsError
        If k is below 1 or the metric does not exist.
    InputError
        If a template has another dimension, or a length that is neither 0 nor between 1e-15 and 1e18.

    Notes
    -----
    Exactly what comparing every pair in double precision gives; of references with equal scores the first comes first.
    Every pair is screened by a product of matrices in single precision, whose error is bounded [1]_: a dot product of D
    numbers is wrong by at most ``D u / (1 - D u)`` times the product of both lengths, u = 2^-24, in whatever order it
    is summed. The errors of product, squared length, rounding to single precision and difference are together below
    ``2 (D + 8) u (|x| + |y|)^2``, the slack; for the cosine, lengths are 1. A pair is compared in double precision
    unless its screened score is below the k-th best known by more than the slack. For dlib's templates the slack is
    1.3e-4, and little more than ``k log(N / k)`` references a probe are compared twice. A gallery of near copies is
    slow.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, section 3.1,
       https://doi.org/10.1137/1.9780898718027
    """
    check_metric(metric, "search_gallery")
    if k < 1:
        raise SettingsError(f"The 'k' parameter of search_gallery must be at least 1. Got {k} instead.")
    asked = np.flatnonzero(np.isfinite(probes).all(axis=1))
    search = _Search(np.asarray(probes[asked], dtype=np.float64), k, metric)
    for first, block in _parts(blocks, len(asked)):
        search.see(first, block)
    rows = np.full((len(probes), search.columns), -1, dtype=np.int64)
    scores = np.full(rows.shape, np.nan)
    rows[asked], scores[asked] = search.rows[:, : search.columns], search.scores[:, : search.columns]
    return Found(rows, scores)


def _parts(blocks: Iterable[np.ndarray[Any, Any]], probes: int) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yield the gallery in parts that fit into the cache, each with the place of its first row."""
    step = int(np.clip(_SCREENED // max(1, probes), *_ROWS))
    first = 0
    for block in blocks:
        for start in range(0, len(block), step):
            yield first + start, block[start : start + step]
        first += len(block)


class _Search:
    """The best references of every probe so far."""

    def __init__(self, probes: np.ndarray[Any, Any], k: int, metric: Metric) -> None:
        self.metric = metric
        self.probes = probes
        self.rows = np.full((len(probes), k), -1, dtype=np.int64)
        self.scores = np.full((len(probes), k), -np.inf)
        self.usable = 0
        squares = np.einsum("ij,ij->i", probes, probes)
        _check_lengths(squares, probes)
        self.lengths = np.sqrt(squares)
        if metric == "cosine":
            probes = probes / np.where(self.lengths > 0, self.lengths, 1.0)[:, None]
        self.single = probes.astype(np.float32)

    @property
    def columns(self) -> int:
        return min(self.rows.shape[1], self.usable)

    def see(self, first: int, references: np.ndarray[Any, Any]) -> None:
        """Take in some more of the gallery, the first of which is reference number ``first``."""
        _check_dimension(references, self.probes)
        with np.errstate(over="ignore"):
            single = np.asarray(references, dtype=np.float32)
            squares = np.einsum("ij,ij->i", single, single)
        places = np.arange(len(references))
        _check_lengths(squares, references)
        if not np.isfinite(squares).all():
            places = np.flatnonzero(np.isfinite(squares))
            single, squares = single[places], squares[places]
        self.usable += len(places)
        if not len(places) or not len(self.probes):
            return
        screened, slack = self._screen(single, squares)
        floor = self._floor() - slack
        for probe in np.flatnonzero(screened.max(axis=1) >= floor).tolist():
            near = _possible(screened[probe], floor[probe], 2 * slack[probe], self.rows.shape[1])
            self._compare(probe, references[places[near]], first + places[near])

    def _screen(
        self, references: np.ndarray[Any, Any], squares: np.ndarray[Any, Any]
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return single precision scores, shape (P, n), and how far each probe's may be wrong, shape (P,)."""
        screened = self.single @ references.T
        relative = 2.0 * (references.shape[1] + 8) * 2.0**-24
        if self.metric == "cosine":
            screened /= np.sqrt(np.where(squares > 0, squares, 1))
            return screened, np.full(len(screened), 4 * relative)
        screened -= squares / 2
        return screened, relative * (self.lengths + np.sqrt(float(squares.max()))) ** 2

    def _floor(self) -> np.ndarray[Any, Any]:
        """Return the worst of each probe's k best on the scale on which pairs are screened, shape (P,)."""
        worst = self.scores[:, -1]
        return worst if self.metric == "cosine" else (self.lengths**2 - worst**2) / 2

    def _compare(self, probe: int, references: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> None:
        """Keep the k best of those known and these, which come later in the gallery than those."""
        scores = similarity_to_one(self.probes[probe], references.astype(np.float64), self.metric)
        every, whose = np.append(self.scores[probe], scores), np.append(self.rows[probe], rows)
        best = np.argsort(-every, kind="stable")[: self.rows.shape[1]]
        self.scores[probe], self.rows[probe] = every[best], whose[best]


def _possible(screened: np.ndarray[Any, Any], floor: float, slack: float, k: int) -> np.ndarray[Any, Any]:
    """Return the places of the scores that are above the floor and not surely below k others, rising."""
    near = np.flatnonzero(screened >= floor)
    if len(near) > k:
        values = screened[near].astype(np.float64)
        near = near[values >= np.partition(values, len(near) - k)[len(near) - k] - slack]
    return near


def _check_dimension(references: np.ndarray[Any, Any], probes: np.ndarray[Any, Any]) -> None:
    if references.ndim != 2 or references.shape[1] != probes.shape[1]:
        raise InputError(
            f"A block of the gallery must have shape (any, {probes.shape[1]}), as the probes have. "
            f"Got {references.shape}.",
            remedy="Search templates of one embedder.",
        )


def _check_lengths(squares: np.ndarray[Any, Any], templates: np.ndarray[Any, Any]) -> None:
    """Raise if a finite template that is not nought is too long or too short for single precision."""
    low, high = (length**2 for length in _LENGTHS)
    odd = templates[~((squares >= low) & (squares <= high))]
    if len(odd) and (np.isfinite(odd).all(axis=1) & (odd != 0).any(axis=1)).any():
        raise InputError(
            f"The length of a template must be 0 or between {_LENGTHS[0]:g} and {_LENGTHS[1]:g}.",
            remedy="Scale the templates of gallery and probes alike.",
        )

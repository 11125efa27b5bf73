"""Several scores about one pair made into one: normalised, then averaged."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["fused_by_person", "z_norm"]


def z_norm(scores: np.ndarray[Any, Any], person: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return how far each score lies above what other people's probes get from the same reference.

    From each score the mean of its reference over the probes of everybody but the probe's own person is taken, and the
    rest is divided by the standard deviation about these means, pooled over references. All references of a probe are
    treated alike, its mate included, and nobody's own probes enter what they are measured by. Whose a reference is, is
    not used: the attacker does not know. So the other people's probes include that of the reference's owner, one among
    all, where the reference is not the mate.

    Parameters
    ----------
    scores : ndarray, shape (P, R), float64
        NaN where there is none.
    person : ndarray, shape (P,), int
        Whose each probe is, 0 .. n - 1.

    Returns
    -------
    ndarray, shape (P, R), float64
        NaN where the score is, and where no other person's probe has a score with the reference unless no reference
        has one: then there is nothing to measure by, and the scores come back as they are.

    References
    ----------
    .. [1] R. Auckenthaler, M. Carey, H. Lloyd-Thomas, "Score Normalization for Text-Independent Speaker Verification
       Systems", Digital Signal Processing 10, 2000, 42-54, https://doi.org/10.1006/dspr.1999.0360
    """
    there = np.isfinite(scores)
    known = np.where(there, scores, 0.0)
    counts, sums, squares = (_of_others(part, person) for part in (there.astype(np.float64), known, known**2))
    if not counts.any():
        return scores
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    spread = np.nansum(np.where(counts > 0, squares - counts * means**2, 0.0), axis=1)
    freedom = np.maximum(counts - 1, 0).sum(axis=1)
    variance = np.divide(spread, freedom, out=np.zeros(len(spread)), where=freedom > 0)
    scale = np.where(variance > 1e-12 * np.maximum(1.0, (known**2).max(initial=0.0)), np.sqrt(variance.clip(0)), 1.0)
    return np.asarray((scores - means[person]) / scale[person, None])


def fused_by_person(
    scores: np.ndarray[Any, Any], probes: np.ndarray[Any, Any], references: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return the mean score of each pair of people over all their samples; one that is missing says nothing, and is 0.

    Parameters
    ----------
    scores : ndarray, shape (P, R), float64
        Normalised: 0 is what unrelated samples get. NaN where there is none.
    probes, references : ndarray, shape (P,) and (R,), int
        Whose each sample is, 0 .. n - 1.

    Returns
    -------
    ndarray, shape (people of the probes, people of the references), float64
        NaN where two people have no score at all.
    """
    first, second = (np.eye(whose.max(initial=-1) + 1)[whose] for whose in (probes, references))
    there = np.isfinite(scores)
    sums = first.T @ np.where(there, scores, 0.0) @ second
    pairs = np.outer(first.sum(axis=0), second.sum(axis=0))
    return np.where(first.T @ there @ second > 0, sums / pairs, np.nan)


def _of_others(values: np.ndarray[Any, Any], person: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return, for each person and column, the sum over the rows of everybody else; shape (n, R)."""
    own = np.eye(person.max(initial=-1) + 1)[person].T @ values
    return np.asarray(values.sum(axis=0) - own)

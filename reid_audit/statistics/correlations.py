"""Two rank correlations with one truth, over the same people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.statistics.intervals import check_confidence
from reid_audit.statistics.measurements import rank_correlation
from reid_audit.statistics.resampling import Interval, percentile_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SpearmanDifference", "spearman_difference"]


@dataclass(frozen=True)
class SpearmanDifference:
    """How much better one measurement follows a truth than another does.

    Parameters
    ----------
    first, second : float or None
        Rank correlation of each with the truth; 0 for a measurement that is the same for everybody.
    value : float or None
        First less second; None where the truth does not vary, or for fewer than three people.
    interval : Interval
        Percentiles over resamples of people, widened for small samples.
    """

    first: float | None
    second: float | None
    value: float | None
    interval: Interval


def spearman_difference(
    first: ArrayLike,
    second: ArrayLike,
    truth: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> SpearmanDifference:
    """Compare two measurements by how well their ranks follow a truth: both in the same resamples of people.

    A measurement that is the same for everybody, in the sample or in a resample, follows nothing: it counts as 0.

    Parameters
    ----------
    first, second, truth : array_like, shape (n_people,)
        One number a person each, finite.
    rng : numpy.random.Generator
        Draws people.
    confidence : float, default 0.95
    resamples : int, default 1000

    Returns
    -------
    SpearmanDifference

    Raises
    ------
    UsageError
        When the lengths differ, a number is not finite, there is no resample, or the confidence is not in (0, 1).
    """
    check_confidence(confidence)
    given = [np.asarray(one, dtype=np.float64) for one in (first, second, truth)]
    if any(one.ndim != 1 or one.shape != given[0].shape or not np.isfinite(one).all() for one in given):
        raise UsageError(
            "Measurements and truth must be one finite number a person each, got shapes "
            f"{', '.join(str(one.shape) for one in given)}.",
            remedy="Leave out people without all three.",
        )
    if resamples < 1:
        raise UsageError(f"Resampling takes at least one resample, got {resamples}.", remedy="Ask for 1,000.")
    people = len(given[0])
    if people < 3 or not np.ptp(given[2]) > 0:
        why = f"a correlation takes three people, and there are {people}" if people < 3 else "the truth does not vary"
        return SpearmanDifference(None, None, None, Interval(None, None, why))
    whole = np.arange(people)[None]
    one, two = (float(_followed(each, given[2], whole)[0]) for each in given[:2])
    drawn = rng.integers(people, size=(resamples, people))
    changes = _followed(given[0], given[2], drawn) - _followed(given[1], given[2], drawn)
    limits = percentile_interval(changes, people, confidence, value=one - two)
    return SpearmanDifference(one, two, one - two, limits)


def _followed(
    measured: NDArray[np.float64], truth: NDArray[np.float64], drawn: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the rank correlation in each resample, 0 where the measurement does not vary, NaN where truth does not."""
    found = rank_correlation(np.stack([measured[drawn], truth[drawn]]))
    constant = np.ptp(measured[drawn], axis=1) == 0
    return np.where(constant & (np.ptp(truth[drawn], axis=1) > 0), 0.0, found)

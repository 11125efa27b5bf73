"""Rank 1 against the number of people searched: measured up to those that are there, extrapolated beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.gallery_models import MODELS, SeenSearches, seen_searches, subsampled
from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.searches import person_means, search
from reid_audit.statistics import Interval, check_confidence, jackknife_interval, rate_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.evaluate.outcome import Case
    from reid_audit.types import Result, ScoreTable

__all__ = ["COUNTRY", "FEWEST", "TOWN", "gallery_points", "gallery_results"]

TOWN, COUNTRY = 100_000, 10_000_000
"""People of the two larger collections for which rank 1 is extrapolated."""

FEWEST = 30
"""People searched, and people in the gallery, below whom nothing is extrapolated."""

_GROUPS = 20
_MEASURED = "measured"


def gallery_results(case: Case, sizes: Sequence[int] = (TOWN, COUNTRY)) -> tuple[Result, ...]:
    """Rank 1 in larger galleries than the one that was searched: extrapolations, by three models that disagree.

    - ``pooled``: all scores come from one distribution of mated and one of non-mated ones, with a generalised Pareto
      tail (the mean of F_n(s)^(N - 1)). It takes all people for alike and is far too low where they are not.
    - ``per_probe``: each probe has its own level and spread of non-mated scores, and all share the tail.
    - ``beta_binomial``: each probe has its own probability that a stranger scores higher, from a beta distribution
      fitted to the ranks; scores do not enter.

    None knows what nobody has seen: how the highest scores of strangers behave among a thousand times as many. In
    simulations with 100 people all three were off by more at 100,000 than at 1,000, where the last two were off
    little more than a study that measures it (decision 0006).

    Parameters
    ----------
    case : Case
    sizes : sequence of int
        People in the larger collections, the owner included.

    Returns
    -------
    tuple of Result
        ``rank_gallery_100000_pooled``, k = 1, and so for each size and model. The interval is that of its model over
        people (:func:`reid_audit.statistics.jackknife_interval`), and is no bound on what the model gets wrong: 95 %
        intervals held the truth at 1,000 in 0.84 to 0.96 of simulated studies, at 100,000 in 0.59 to 0.91. The note has
        what all models say. Chance is one over the size. There is no control.
    """
    names = [(size, model) for size in sizes for model in MODELS]
    if case.problem:
        return tuple(case.result(_metric(*name), None, k=1, n_subjects=0, note=case.problem) for name in names)
    seen = seen_searches(case.searches)
    people, probes = len(np.unique(seen.person)), len(seen.person)
    why = _too_little(seen)
    found = {} if why else _extrapolated(seen, sizes, case.confidence)
    made = []
    for size, model in names:
        largest = int(seen.gallery.max()) if probes else 0
        reason = why or (f"{size} people are not more than were searched: see rank" if size <= largest else "")
        if reason:
            name = _metric(size, model)
            made.append(case.result(name, None, k=1, n_subjects=people, n_probes=probes, note=reason))
            continue
        value, interval = found[size, model]
        said = ", ".join(f"{other.replace('_', ' ')} {found[size, other][0]:.2g}" for other in MODELS)
        made.append(
            case.result(
                _metric(size, model),
                value,
                k=1,
                interval=interval,
                n_subjects=people,
                n_probes=probes,
                chance=1 / size,
                note=sentence(
                    f"EXTRAPOLATION from {largest} people to {size}: nobody searched among so many",
                    f"models say {said}",
                    "the interval is the model's: nominal 0.95 held the truth in 0.59 to 0.96 of simulations",
                ),
            )
        )
    return tuple(made)


def gallery_points(
    table: ScoreTable,
    *,
    sizes: Sequence[int] = (1_000, 10_000, TOWN, 1_000_000, COUNTRY),
    confidence: float = 0.95,
    most: int = 40,
) -> pd.DataFrame:
    """Points of the gallery-size curve.

    Parameters
    ----------
    table : ScoreTable
    sizes : sequence of int
        Sizes to extrapolate to; those that were measured are left out.
    confidence : float, default 0.95
        Of the limits, each point for itself.
    most : int, default 40
        Measured sizes, from 2 up to the smallest gallery that a probe was searched in; where there are more, about
        evenly on a logarithmic scale.

    Returns
    -------
    pandas.DataFrame
        ``size``; ``model``: ``"measured"`` (the exact expectation over all subsets of the gallery) or a name of
        :data:`~reid_audit.evaluate.gallery_models.MODELS`; ``extrapolated``, True for all of these; ``rate``, ``low``,
        ``high`` (None where there is none), ``chance``. Empty where nobody can be searched.

    Notes
    -----
    Limits of a part of the gallery are exact ones over people (Clopper-Pearson) for hits and misses with the same
    mean, on the safe side. The spread of expected hits is no measure where nobody was found: they are small then and
    alike, and intervals from it held the truth in 0.53 of simulated studies of 20 people.

    Raises
    ------
    UsageError
        When a size is below 2 or the confidence is not in (0, 1).
    """
    import pandas as pd

    check_confidence(confidence)
    if any(size < 2 for size in sizes):
        raise UsageError(
            f"A gallery to search in has at least 2 people, got {min(sizes)}.", remedy="Count the owner and others."
        )
    columns = ["size", "model", "extrapolated", "rate", "low", "high", "chance"]
    comparisons = compare(table)
    seen = seen_searches(search(comparisons))
    if comparisons.contradiction or not len(seen.person) or seen.gallery.min() < 2:
        return pd.DataFrame(columns=columns)
    smallest, largest = int(seen.gallery.min()), int(seen.gallery.max())
    rows: list[tuple[object, ...]] = []
    steps = np.geomspace(2, smallest, most) if smallest > most else np.arange(2, smallest + 1)
    for size in np.unique(steps.round().astype(np.int64)):
        rates, counts = person_means(seen.person, np.clip(subsampled(seen, int(size)), 0.0, 1.0))
        limits = rate_interval(rates, counts if size == largest else np.ones_like(counts), confidence)
        rows.append((int(size), _MEASURED, False, float(rates.mean()), limits.low, limits.high, 1 / size))
    beyond = [size for size in sizes if size > largest]
    if beyond and not _too_little(seen):
        for (size, model), (value, limits) in _extrapolated(seen, beyond, confidence).items():
            rows.append((size, model, True, value, limits.low, limits.high, 1 / size))
    return pd.DataFrame(rows, columns=columns)


def _metric(size: int, model: str) -> str:
    return f"rank_gallery_{size}_{model}"


def _too_little(seen: SeenSearches) -> str:
    """Return empty, or why nothing can be said of larger galleries."""
    people = len(np.unique(seen.person[seen.made]))
    if people < FEWEST or int(seen.others.count.max(initial=0)) < FEWEST - 1:
        return f"too little to extrapolate from: it takes {FEWEST} people searched and {FEWEST} in the gallery"
    lowest = min(seen.own[seen.made].min(), np.nanmin(seen.others.lowest))
    if lowest == max(seen.own[seen.made].max(), np.nanmax(seen.others.highest)):
        return "all scores are equal: they tell nothing of larger galleries"
    if not seen.above.any() and not seen.tied.any():
        return "nobody ever scored higher than the mate: how rare that is among more people cannot be told"
    return ""


def _extrapolated(
    seen: SeenSearches, sizes: Sequence[int], confidence: float
) -> dict[tuple[int, str], tuple[float, Interval]]:
    """Fit each model to all, and again without each of twenty parts of the people."""
    _, number = np.unique(seen.person, return_inverse=True)
    groups = min(_GROUPS, int(number.max()) + 1)
    parts = [seen, *(seen.select(number % groups != left) for left in range(groups))]
    found = {}
    for name, model in MODELS.items():
        values = np.array([_rates(model(part), part, sizes) for part in parts])
        for column, size in enumerate(sizes):
            value = float(values[0, column])
            found[size, name] = value, jackknife_interval(value, values[1:, column], confidence)
    return found


def _rates(hits: Callable[[float], NDArray[np.float64]], part: SeenSearches, sizes: Sequence[int]) -> list[float]:
    """Return the mean over people of their expected hits, in galleries of each size."""
    return [float(person_means(part.person, hits(size))[0].mean()) for size in sizes]

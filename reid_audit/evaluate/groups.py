"""Rank 1 by group of people or of samples, with small groups suppressed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.identification import rank_results
from reid_audit.evaluate.outcome import Case, sentence
from reid_audit.statistics import check_confidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from reid_audit.types import Result, ScoreTable

__all__ = ["FEWEST_IN_GROUP", "bands", "by_group", "suppressed_groups"]

FEWEST_IN_GROUP = 5
"""People in a group below whom its number is not shown."""

_UNKNOWN = "unknown"


def by_group(
    table: ScoreTable,
    people: pd.DataFrame,
    column: str,
    *,
    rng: np.random.Generator,
    k: int = 1,
    fewest: int = FEWEST_IN_GROUP,
    confidence: float = 0.95,
) -> tuple[Result, ...]:
    """Rank by group: each group's probes searched in the whole gallery.

    Parameters
    ----------
    table : ScoreTable
    people : pandas.DataFrame
        One row a person with ``subject`` and the column (age band, sex, site); or, if it has ``sample``, one row a
        probe (modality, session). Who is not in it, or has no value, is in the group ``unknown``.
    column : str
        Its values become names of groups: they must be fit to be shown. For a number see :func:`bands`.
    rng : numpy.random.Generator
        For the control. One number is drawn from it.
    k : int, default 1
    fewest : int, default 5
        Groups of fewer people are suppressed (:func:`suppressed_groups`).
    confidence : float, default 0.95
        Of each interval by itself: with many groups some miss the truth, and the highest lies too high by choice.

    Returns
    -------
    tuple of Result
        One ``rank_by_group`` a group, by name; :attr:`~reid_audit.types.Result.group` is ``"sex: F"``. Interval, chance
        and control as for ``rank``: exact where each person has one search. A suppressed group has no value, and
        0 for the people and probes that are not told. Tables of several columns can still be combined by who holds
        them, and so can those of two overlapping cohorts: share one.

    Raises
    ------
    UsageError
        When the column or the key is missing, a key stands twice, or ``fewest`` is below 1.
    """
    check_confidence(confidence)
    if fewest < 1:
        raise UsageError(f"The fewest people of a group must be at least 1, got {fewest}.", remedy="5 is usual.")
    seed = int(rng.integers(2**63))
    labels = _labels(table, people, column)
    made: dict[str, Result] = {}
    for name in sorted(set(labels)):
        part = _of_probes(table, np.flatnonzero(labels == name))
        case = Case(part, compare(part), seed, confidence, 1)
        made[name] = replace(rank_results(case, (k,))[0], metric="rank_by_group", group=f"{column}: {name}")
    hidden = suppressed_groups({name: result.n_subjects for name, result in made.items()}, fewest)
    return tuple(_hidden(result, fewest) if name in hidden else result for name, result in made.items())


def suppressed_groups(sizes: Mapping[str, int], fewest: int = FEWEST_IN_GROUP) -> frozenset[str]:
    """Return the groups that must not be shown, so that none of them can be worked out from the total.

    All of fewer than ``fewest`` people, and then the smallest others until at least two groups and ``fewest`` people
    are hidden together: the total less the groups that are shown then tells of no small group.

    Parameters
    ----------
    sizes : mapping of str to int
        People in each group.
    fewest : int, default 5

    Returns
    -------
    frozenset of str
        Empty where no group is small.

    Examples
    --------
    >>> sorted(suppressed_groups({"F": 40, "M": 38, "X": 2}))
    ['M', 'X']
    """
    hidden = [name for name, count in sizes.items() if count < fewest]
    if not hidden:
        return frozenset()
    for name in sorted(set(sizes) - set(hidden), key=lambda each: (sizes[each], each)):
        if len(hidden) > 1 and sum(sizes[each] for each in hidden) >= fewest:
            break
        hidden.append(name)
    return frozenset(hidden)


def bands(values: pd.Series[Any], edges: Sequence[float]) -> pd.Series[Any]:
    """Name the band that each number lies in: ages, for example.

    Parameters
    ----------
    values : pandas.Series
        Numbers; NaN: unknown.
    edges : sequence of float
        Rising; at least one. A band holds its lower edge and not its upper one.

    Returns
    -------
    pandas.Series
        ``"below 18"``, ``"18 to 39"`` for whole edges 18 and 40, ``"80 and above"``; None where unknown.

    Raises
    ------
    UsageError
        When there is no edge, or they do not rise.
    """
    import pandas as pd

    limits = [float(edge) for edge in edges]
    if not limits or any(low >= high for low, high in pairwise(limits)):
        raise UsageError("The edges of bands must rise.", remedy="Give for example (18, 40, 60, 80).")
    names = [f"below {limits[0]:g}"]
    for low, high in pairwise(limits):
        whole = low.is_integer() and high.is_integer()
        names.append(f"{low:g} to {high - 1:g}" if whole else f"{low:g} to below {high:g}")
    names.append(f"{limits[-1]:g} and above")
    numbers = pd.to_numeric(values).to_numpy(dtype=np.float64)
    place = np.searchsorted(limits, numbers, side="right")
    named = [None if np.isnan(number) else names[at] for number, at in zip(numbers, place, strict=True)]
    return pd.Series(named, index=values.index, dtype=object)


def _labels(table: ScoreTable, people: pd.DataFrame, column: str) -> Any:
    """Return the group of each probe; shape (P,), object."""
    key = "sample" if "sample" in people.columns else "subject"
    missing = [name for name in (key, column) if name not in people.columns]
    if missing:
        raise UsageError(
            f"The table of people must have the columns 'subject' (or 'sample') and '{column}', got none named "
            f"{' and '.join(missing)}.",
            remedy="Give one row a person, or one row a probe for what differs between a person's samples.",
        )
    if people[key].duplicated().any():
        raise UsageError(
            f"Each {key} must stand once in the table of people, got {int(people[key].duplicated().sum())} repeats.",
            remedy="Give one row a person; one row a sample needs a column 'sample'.",
        )
    named = people.set_index(key)[column]
    found = table.probes[key].map(named.dropna().astype(str))
    return found.fillna(_UNKNOWN).to_numpy(dtype=object)


def _of_probes(table: ScoreTable, rows: Any) -> ScoreTable:
    return replace(
        table,
        probes=table.probes.iloc[rows].reset_index(drop=True),
        scores=table.scores[rows],
        compared=table.compared[rows],
        control=None,
    )


def _hidden(result: Result, fewest: int) -> Result:
    return replace(
        result,
        value=None,
        low=None,
        high=None,
        confidence=None,
        chance=None,
        control=None,
        n_subjects=0,
        n_probes=0,
        note=sentence(
            f"suppressed: fewer than {fewest} people, or hidden so that a group of fewer cannot be worked out",
            "n is not told",
        ),
    )

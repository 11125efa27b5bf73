"""How often each defacer succeeds: by condition and by group, with the person as the unit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.comparison.verdicts import OUTCOMES, checked_verdicts, outcome
from reid_audit.errors import UsageError
from reid_audit.evaluate.cohort_groups import AGE_EDGES
from reid_audit.evaluate.groups import FEWEST_IN_GROUP, bands, suppressed_groups
from reid_audit.statistics import check_confidence, rate_interval
from reid_audit.types import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

__all__ = ["success_rates", "with_age_bands"]

_UNKNOWN = "unknown"


def with_age_bands(verdicts: pd.DataFrame, edges: Sequence[float] = AGE_EDGES) -> pd.DataFrame:
    """Return a table of verdicts with bands in place of ages.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        With a column ``age`` in years; without one it comes back as it is.
    edges : sequence of float
        Years; a band holds its lower edge.
    """
    return verdicts.assign(age=bands(verdicts["age"], edges)) if "age" in verdicts.columns else verdicts


def success_rates(
    verdicts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    outcomes: Sequence[str] = OUTCOMES,
    confidence: float = 0.95,
    fewest: int = FEWEST_IN_GROUP,
) -> tuple[Result, ...]:
    """Share of scans that each defacer did well, for everybody and by group.

    Scans of a person are not independent: a person's rate is the mean over their scans, the value is the mean over
    people, and the interval is over people: exact (Clopper-Pearson) where each has one scan
    (:func:`reid_audit.statistics.rate_interval`).

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As for :func:`~reid_audit.comparison.verdicts.checked_verdicts`.
    by : sequence of str
        Columns with the group of each row: cohort, age band, modality, site.
    outcomes : sequence of str
        Of :data:`~reid_audit.comparison.verdicts.OUTCOMES`.
    confidence : float, default 0.95
        Of each interval by itself.
    fewest : int, default 5
        Groups of fewer people are suppressed, and others with them, so that no small one can be worked out.

    Returns
    -------
    tuple of Result
        ``success_rate``, ``face_removed_rate``, ``ears_removed_rate``, ``brain_kept_rate`` of each condition, without
        attacker, chance or control; ``n_probes`` counts scans that were assessed. A scan that was not assessed is in no
        number but the note's; one that the defacer lost is no success.

    Raises
    ------
    UsageError
        As ``checked_verdicts``; or a group column is missing, or the confidence is not in (0, 1).
    """
    check_confidence(confidence)
    table = checked_verdicts(verdicts)
    unknown = [name for name in by if name not in table.columns]
    if unknown:
        raise UsageError(
            f"The verdicts have no column '{unknown[0]}' to group by; there are {', '.join(map(str, table.columns))}.",
            remedy="Name one of these columns.",
        )
    made: list[Result] = []
    for condition in dict.fromkeys(table["condition"]):
        rows = table[table["condition"] == condition]
        for name in outcomes:
            rate = partial(_rate, condition=str(condition), name=name, confidence=confidence)
            made.append(rate(rows))
            for column in by:
                made.extend(_of_groups(rows, column, rate, fewest))
    return tuple(made)


def _of_groups(rows: pd.DataFrame, column: str, rate: Callable[[pd.DataFrame], Result], fewest: int) -> list[Result]:
    labels = rows[column].astype(object).where(rows[column].notna(), _UNKNOWN).astype(str).replace("", _UNKNOWN)
    made = {label: replace(rate(rows[labels == label]), group=f"{column}: {label}") for label in sorted(set(labels))}
    people = {label: int(rows.loc[labels == label, "subject"].nunique()) for label in made}
    hidden = suppressed_groups(people, fewest)
    return [_hidden(result, fewest) if label in hidden else result for label, result in made.items()]


def _hidden(result: Result, fewest: int) -> Result:
    note = f"suppressed: fewer than {fewest} people, or hidden so that a group of fewer cannot be worked out"
    return replace(result, value=None, low=None, high=None, confidence=None, n_subjects=0, n_probes=0, note=note)


def _rate(rows: pd.DataFrame, *, condition: str, name: str, confidence: float) -> Result:
    came = outcome(rows, name)
    known = came.notna()
    people, owner = np.unique(rows.loc[known, "subject"].to_numpy(dtype=str), return_inverse=True)
    notes = [_of_lost(rows, name), _of_unknown(int((~known).sum()), int(rows.loc[~known, "lost"].sum()), name)]
    if not len(people):
        note = "; ".join(filter(None, ("not assessed: no scan was judged", *notes)))
        return Result(None, None, None, condition, f"{name}_rate", None, 0, 0, note=note)
    counts = np.bincount(owner)
    shares = np.bincount(owner, weights=came[known].astype(float).to_numpy()) / counts
    interval = rate_interval(shares, counts, confidence)
    several = int(np.count_nonzero(counts > 1))
    notes += [f"{several} of {len(people)} people have several scans: each person counts once" if several else ""]
    return Result(
        None,
        None,
        None,
        condition,
        f"{name}_rate",
        float(shares.mean()),
        len(people),
        int(counts.sum()),
        low=interval.low,
        high=interval.high,
        confidence=None if interval.low is None else confidence,
        note="; ".join(filter(None, (*notes, interval.note))),
    )


def _of_lost(rows: pd.DataFrame, name: str) -> str:
    count = int(rows["lost"].sum())
    if not count:
        return ""
    then = "counted as no success" if name == "success" else "of which nothing is known"
    return f"{count} {'scan' if count == 1 else 'scans'} without a usable result, {then}"


def _of_unknown(count: int, lost: int, name: str) -> str:
    count -= lost if name != "success" else 0
    return f"{count} {'scan was' if count == 1 else 'scans were'} not assessed and left out" if count else ""

"""How many bits the templates of a person say about who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.statistics import (
    check_confidence,
    jackknife_interval,
    principal_scores,
    relative_entropies,
)
from reid_audit.types import ORIGINAL, Result

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.types import Templates

__all__ = ["biometric_information"]

_FEWEST = 3
_SHUFFLES = 10
_PARTS = 25
"""Of the people, left out in turn; each takes as long as the number itself."""
_VIEW = ["yaw", "pitch", "light_azimuth", "light_elevation"]


def biometric_information(
    templates: Templates | None, *, rng: np.random.Generator, confidence: float = 0.95
) -> tuple[Result, ...]:
    """Mean over people of the relative entropy of their templates to those of everybody, in bits.

    Parameters
    ----------
    templates : Templates or None
        Those of scans count, where there is one; photographs are left out.
    rng : numpy.random.Generator
        Shuffles identities and parts people. One number is drawn from it for each condition.
    confidence : float, default 0.95

    Returns
    -------
    tuple of Result
        ``biometric_information`` for each condition of scans, original first; no attacker belongs to it. The control is
        the mean over 10 shuffles of the identities among renders of one view: what the estimator gives for nothing,
        for few templates a person a good part of the value. The interval leaves out people in turn, alone or in 25
        parts, and finds the population anew without them. Where people are few for the dimensions of templates it
        holds what such studies give on average, which is less than many people would.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1).

    Notes
    -----
    See :func:`~reid_audit.statistics.relative_entropies`. In as many principal components as there are people, less
    one, at most: the number of bits grows with the people, and two numbers compare only where these are as many. Where
    a person has one scan, what differs between any two scans of a person (session, noise, pose) counts as information,
    so that the number is too high.
    """
    check_confidence(confidence)
    if templates is None or not len(templates.table):
        return ()
    scans = templates.select((templates.table["source"] == "scan").to_numpy())
    conditions = sorted(scans.table["condition"].unique(), key=lambda name: (name != ORIGINAL, str(name)))
    found = []
    for condition in conditions:
        part = scans.select((scans.table["condition"] == condition).to_numpy())
        stream = np.random.default_rng(int(rng.integers(2**63)))
        found.append(_result(part, str(condition), stream, confidence))
    return tuple(found)


def _result(templates: Templates, condition: str, rng: np.random.Generator, confidence: float) -> Result:
    import pandas as pd

    there = np.isfinite(templates.vectors).all(axis=1)
    table, vectors = templates.table[there].reset_index(drop=True), templates.vectors[there]
    order = _order(table)
    table, vectors = table.iloc[order].reset_index(drop=True), vectors[order]
    person, names = pd.factorize(table["subject"])
    lost = int(np.count_nonzero(~there))
    note = f"{lost} of {len(there)} renders have no template and are left out" if lost else ""
    if len(names) < _FEWEST:
        why = sentence(f"a population takes at least {_FEWEST} people with templates, there are {len(names)}", note)
        return _made(templates, condition, None, len(names), len(table), note=why)
    scores = _scores(vectors, person)
    bits = relative_entropies(scores, person)
    if not np.isfinite(bits).all():
        why = sentence("nobody has two templates that differ, so that a person's spread is not known", note)
        return _made(templates, condition, None, len(names), len(table), note=why)
    view = _views(table)
    shuffled = [relative_entropies(scores, _shuffled(person, view, rng)).mean() for _ in range(_SHUFFLES)]
    interval = jackknife_interval(float(bits.mean()), _without(vectors, person, rng), confidence, most=np.inf)
    once = table.groupby("subject", observed=True)["sample"].nunique().max() == 1
    return _made(
        templates,
        condition,
        float(bits.mean()),
        len(names),
        len(table),
        limits=(interval.low, interval.high),
        confidence=None if interval.low is None else confidence,
        control=float(np.mean(shuffled)),
        note=sentence(
            f"bits, in {scores.shape[1]} principal components",
            "one scan a person: what differs between scans of a person counts as information" if once else "",
            note,
            interval.note,
        ),
    )


def _scores(vectors: NDArray[np.floating], person: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return principal components, at most one less than people, of a population of equal weights."""
    counts = np.bincount(person)
    return principal_scores(vectors, 1.0 / counts[person], len(counts) - 1)


def _without(vectors: NDArray[np.floating], person: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the mean over people without each part of them; shape (parts,)."""
    people = int(person.max()) + 1
    part = rng.permutation(people) % min(people, _PARTS)
    found = np.empty(int(part.max()) + 1)
    for each in range(len(found)):
        kept = part[person] != each
        fewer = np.unique(person[kept], return_inverse=True)[1]
        found[each] = relative_entropies(_scores(vectors[kept], fewer), fewer).mean()
    return found[np.isfinite(found)]


def _made(
    templates: Templates,
    condition: str,
    value: float | None,
    people: int,
    renders: int,
    *,
    limits: tuple[float | None, float | None] = (None, None),
    confidence: float | None = None,
    control: float | None = None,
    note: str,
) -> Result:
    return Result(
        attacker=None,
        matcher=None,
        embedder=templates.embedder,
        condition=condition,
        metric="biometric_information",
        value=value,
        n_subjects=people,
        n_probes=renders,
        low=limits[0],
        high=limits[1],
        confidence=confidence,
        control=control,
        note=note,
    )


def _order(table: pd.DataFrame) -> NDArray[np.int64]:
    """Return the order of the rows by person, scan and view, so that the order of the table is of no account."""
    keys = [table[name].astype(str) for name in ("subject", "sample")] + [table[name] for name in _VIEW]
    return np.lexsort([key.to_numpy() for key in reversed(keys)])


def _views(table: pd.DataFrame) -> NDArray[np.int64]:
    """Number the views; renders of one view differ in the head alone."""
    return np.asarray(table.groupby(_VIEW, dropna=False, sort=True).ngroup().to_numpy())


def _shuffled(person: NDArray[np.int64], view: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Shuffle whose templates these are within each view; everybody keeps their number of templates and views."""
    other = person.copy()
    for one in range(int(view.max()) + 1):
        rows = np.flatnonzero(view == one)
        other[rows] = rng.permutation(person[rows])
    return other

"""Views of a table of templates: its conditions, its samples, its people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.types import ORIGINAL, Templates

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "by_name",
    "conditions_in",
    "equal_pairs",
    "equally_many",
    "in_condition",
    "mean_over_photos",
    "one_row_a_sample",
    "people_in_order",
    "places",
    "pooled_by_subject",
    "relabelled",
    "scans_in",
    "scans_of",
]


def conditions_in(scans: Templates) -> tuple[str, ...]:
    """Return the conditions of some scans: original first, then as they come."""
    found = [str(name) for name in pd.unique(scans.table["condition"])]
    return tuple(sorted(found, key=lambda name: (name != ORIGINAL, found.index(name))))


def in_condition(scans: Templates, condition: str) -> Templates:
    """Return the templates of the scans of one condition."""
    return scans.select((scans.table["condition"] == condition).to_numpy(dtype=bool))


def one_row_a_sample(templates: Templates, columns: Sequence[str]) -> pd.DataFrame:
    """Return the first row of each sample, in order of first appearance, and how many templates it has.

    Parameters
    ----------
    templates : Templates
    columns : sequence of str
        To keep; ``n_templates`` is added: rows of the sample with a template.

    Returns
    -------
    pandas.DataFrame
        Index 0 .. n-1.
    """
    codes, names = pd.factorize(templates.table["sample"])
    usable = np.isfinite(templates.vectors).all(axis=1)
    rows = templates.table.loc[~templates.table.duplicated("sample"), list(columns)].reset_index(drop=True)
    return rows.assign(n_templates=np.bincount(codes[usable], minlength=len(names)))


def pooled_by_subject(scans: Templates) -> Templates:
    """Return the templates with the person as the sample: all scans of a person are one reference."""
    return relabelled(scans, scans.table["subject"].to_numpy())


def relabelled(templates: Templates, samples: Any) -> Templates:
    """Return the templates with another ``sample`` in each row; shape (N,)."""
    return Templates(templates.table.assign(sample=samples), templates.vectors, templates.embedder)


def scans_in(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the samples of a table, each once, in order of first appearance."""
    return tuple(str(name) for name in pd.unique(table["sample"]))


def scans_of(scans: Templates) -> dict[str, int]:
    """Return the samples, in order of first appearance, each with how many templates it has."""
    rows = one_row_a_sample(scans, ("sample",))
    return dict(zip(rows["sample"].astype(str), rows["n_templates"].astype(int).tolist(), strict=True))


def equal_pairs(first: pd.Series[Any], second: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return where values of one column equal values of another; shape (len(first), len(second)), bool."""
    codes, _ = pd.factorize(np.concatenate([first.to_numpy(dtype=object), second.to_numpy(dtype=object)]))
    return np.asarray(codes[: len(first), None] == codes[None, len(first) :])


def equally_many(table: pd.DataFrame, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return which rows are kept: all, or those of one drawn scan a person where people have unequal numbers of scans.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``subject`` and ``sample``, one row a render.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (N,), bool
    """
    codes, _ = pd.factorize(table["sample"])
    owner, _ = pd.factorize(table["subject"][~table.duplicated("sample")])
    if len(np.unique(np.bincount(owner))) == 1:
        return np.ones(len(table), dtype=bool)
    names = table["sample"][~table.duplicated("sample")]
    drawn = places(owner, by_name(names, rng)) == 0
    return np.asarray(drawn[codes])


def by_name(names: pd.Series[Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return a random number for each name, whatever the order of the names; shape (N,), 0 to 1."""
    drawn = np.empty(len(names))
    drawn[np.argsort(names.to_numpy().astype(str), kind="stable")] = rng.random(len(names))
    return drawn


def places(groups: np.ndarray[Any, Any], *keys: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the place of each row among the rows of its group, in the order of the keys.

    Parameters
    ----------
    groups : ndarray, shape (N,)
    *keys : ndarray, shape (N,)
        The first one counts most; rows that are equal in all keep their order.

    Returns
    -------
    ndarray, shape (N,), int64
        0 for the first of each group.
    """
    order = np.lexsort((*reversed(keys), groups))
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return place


def people_in_order(subjects: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the rows in the order of the names: a draw over them does not depend on the order of the rows."""
    return np.argsort(subjects.to_numpy().astype(str), kind="stable")


def mean_over_photos(scores: np.ndarray[Any, Any], photos: Templates) -> np.ndarray[Any, Any]:
    """Return each person's mean over the photographs that have scores.

    Parameters
    ----------
    scores : ndarray, shape (n photographs, R), float64
        In order of first appearance of the photographs.
    photos : Templates

    Returns
    -------
    ndarray, shape (n people, R), float64
        In order of first appearance of the people; NaN where no photograph has a score.
    """
    owner, people = pd.factorize(photos.table["subject"][~photos.table.duplicated("sample")])
    there = np.isfinite(scores)
    sums, counts = (np.zeros((len(people), scores.shape[1])) for _ in range(2))
    np.add.at(sums, owner, np.where(there, scores, 0.0))
    np.add.at(counts, owner, there)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))

"""The control of an attacker who learns: everything again, with the names of the scans shuffled over people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.types import Templates

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["in_order_of", "shuffled_names", "times_shuffled"]

_MOST_TIMES = 5
_PEOPLE_TRAINED = 250
"""People in all shuffles together, at most; but one shuffle there is always."""


def times_shuffled(people: int) -> int:
    """Return how often training is repeated with shuffled names: five times up to 50 people, once above 125."""
    return int(np.clip(_PEOPLE_TRAINED // max(1, people), 1, _MOST_TIMES))


def shuffled_names(scans: Templates, rng: np.random.Generator) -> Templates:
    """Return the scans under names shuffled over the people who have a template, before anything is pooled or learnt.

    All scans of a person go to one other person (or stay, by chance): on average one person in all is right. A result
    above chance that comes of it shows that the attack has seen whom it is asked about.

    Parameters
    ----------
    scans : Templates
        Of one condition.
    rng : numpy.random.Generator

    Returns
    -------
    Templates
        ``subject`` alone is another; whoever has no template keeps the name, and remains a failure.
    """
    subjects = scans.table["subject"]
    enrolled = sorted(subjects[np.isfinite(scans.vectors).all(axis=1)].unique(), key=str)
    given = dict(zip(enrolled, (enrolled[place] for place in rng.permutation(len(enrolled))), strict=True))
    renamed = [given.get(who, who) for who in subjects]
    return Templates(scans.table.assign(subject=renamed), scans.vectors, scans.embedder)


def in_order_of(people: Sequence[Any], scores: np.ndarray[Any, Any], found: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return the columns of ``scores``, which are of the people ``found``, in the order of ``people``."""
    return np.asarray(scores[:, pd.Index(found).get_indexer(pd.Index(people))])

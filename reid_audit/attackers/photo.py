"""Attackers who hold photographs: each photograph is searched in all released scans."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reid_audit.attackers.samples import (
    conditions_in,
    equally_many,
    in_condition,
    one_row_a_sample,
    pooled_by_subject,
    scans_of,
)
from reid_audit.attackers.shuffled import in_order_of, shuffled_names, times_shuffled
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["attack_by_photo", "search_release"]


def attack_by_photo(
    attacker: Attacker,
    matchers: Sequence[Matcher],
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    *,
    learns: bool = False,
    every: bool = False,
) -> tuple[ScoreTable, ...]:
    """Score every photograph against every person with a scan, condition by condition.

    A reference is a person. Where all people of the condition have equally many scans, the renders of all of them, of
    any session and modality, are pooled, as an attacker would who has them all. Where they have unequal numbers, each
    person is searched with exactly one scan, drawn without looking at which have templates: more scans would be more
    chances of a high score, and whoever has them would be found by chance more often than the others. A photograph or
    a person without any template is compared and scores NaN.

    Parameters
    ----------
    attacker : Attacker
    matchers : sequence of Matcher
    scans, photos : Templates
    rng : numpy.random.Generator
        Draws the scans, equally where two conditions hold the same; and for the matchers.
    learns : bool
        The matchers are trained on the renders. Each table then has a ``control``: training and search again with the
        names of the scans shuffled over people (:func:`~reid_audit.attackers.shuffled.shuffled_names`), five times up
        to 50 people, fewer times for more, once above 125.
    every : bool
        Search all scans as they are given, also where people have unequal numbers of them: nobody's are drawn. There
        is no control then.

    Returns
    -------
    tuple of ScoreTable
        One a condition and matcher. Probes: ``subject, sample, n_templates``; references: ``subject, sample,
        n_templates`` with the person as the sample.
    """
    seed = int(rng.integers(2**63))
    tables: list[ScoreTable] = []
    for condition in conditions_in(scans):
        here = in_condition(scans, condition)
        used = here if every else here.select(equally_many(here.table, np.random.default_rng(seed)))
        for matcher in matchers:
            table = search_release(attacker, matcher, used, photos, rng, condition=condition)
            shuffles = np.random.default_rng([seed, 1])
            control = _learnt_again(table, matcher, used, photos, shuffles) if learns and not every else None
            tables.append(replace(table, control=control))
    return tuple(tables)


def search_release(
    attacker: Attacker,
    matcher: Matcher,
    used: Templates,
    photos: Templates,
    rng: np.random.Generator,
    *,
    condition: str,
) -> ScoreTable:
    """Score every photograph against every person, all of whose scans in ``used`` are one reference.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
    used, photos : Templates
    rng : numpy.random.Generator
        For the matcher.
    condition : str

    Returns
    -------
    ScoreTable
        As :func:`attack_by_photo` has it.
    """
    people = pooled_by_subject(used)
    scores = matcher.score(photos, people, rng)
    return ScoreTable(
        attacker=attacker.name,
        matcher=matcher.name,
        embedder=used.embedder,
        condition=condition,
        probes=one_row_a_sample(photos, ("subject", "sample")),
        references=one_row_a_sample(people, ("subject", "sample")),
        scores=scores,
        compared=np.ones(scores.shape, dtype=bool),
        scans=scans_of(used),
    )


def _learnt_again(
    table: ScoreTable, matcher: Matcher, used: Templates, photos: Templates, rng: np.random.Generator
) -> ScoreTable:
    """Return the same attack on scans under other people's names, as often as :func:`times_shuffled` says."""
    people = table.references["subject"].tolist()
    times = range(times_shuffled(len(people)))
    scores = []
    for _ in times:
        pooled = pooled_by_subject(shuffled_names(used, rng))
        found = pooled.table["subject"].unique().tolist()
        scores.append(in_order_of(people, matcher.score(photos, pooled, rng), found))
    stacked = np.vstack(scores)
    probes = pd.concat([table.probes.assign(shuffle=number) for number in times], ignore_index=True)
    return replace(table, probes=probes, scores=stacked, compared=np.ones(stacked.shape, dtype=bool))

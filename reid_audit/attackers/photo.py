"""Attackers who hold photographs: each photograph is searched in all released scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.attackers.samples import conditions_in, equally_many, in_condition, one_row_a_sample, pooled_by_subject
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["attack_by_photo"]


def attack_by_photo(
    attacker: Attacker, matchers: Sequence[Matcher], scans: Templates, photos: Templates, rng: np.random.Generator
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

    Returns
    -------
    tuple of ScoreTable
        One a condition and matcher. Probes: ``subject, sample, n_templates``; references: ``subject, sample,
        n_templates`` with the person as the sample.
    """
    probes = one_row_a_sample(photos, ("subject", "sample"))
    seed = int(rng.integers(2**63))
    tables = []
    for condition in conditions_in(scans):
        equal = equally_many(in_condition(scans, condition), np.random.default_rng(seed))
        people = pooled_by_subject(equal)
        references = one_row_a_sample(people, ("subject", "sample"))
        for matcher in matchers:
            scores = matcher.score(photos, people, rng)
            tables.append(
                ScoreTable(
                    attacker=attacker.name,
                    matcher=matcher.name,
                    embedder=scans.embedder,
                    condition=condition,
                    probes=probes,
                    references=references,
                    scores=scores,
                    compared=np.ones(scores.shape, dtype=bool),
                )
            )
    return tuple(tables)

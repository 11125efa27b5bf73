"""The attacker who leaves nothing unused: all photographs, scans and views of a person speak together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reid_audit.attackers.levels import levels_of
from reid_audit.attackers.samples import (
    conditions_in,
    in_condition,
    one_row_a_sample,
    pooled_by_subject,
    scans_of,
)
from reid_audit.match import Mean, fused_by_person, z_norm
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["attack_by_fusion"]


def attack_by_fusion(
    attacker: Attacker,
    matcher: Matcher,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    *,
    every: bool = False,
) -> tuple[ScoreTable, ...]:
    """Score people with photographs against people with scans, from all that there is of both.

    The scans of a person, of several sessions and sequences, belong together: in a release they share a pseudonym. Two
    rules, two tables a condition:

    - ``"score-fusion"``: each photograph is scored against all renders of each scan by the matcher; scores are
      normalised by what other people's photographs get from the same scan (:func:`~reid_audit.match.z_norm`) and
      averaged over all photographs and scans of the two people. A photograph or scan without a template counts as 0,
      which is what unrelated faces get.
    - ``"template-fusion"``: the mean template of a person's photographs, and that of all renders of all their scans.

    Neither may the number of someone's scans give them away: the mean of few scores strays further than that of many.
    So of each person as many scans are used as whoever has the fewest has. Who has more is reduced by a draw that does
    not look at which scans have templates; modalities take turns, so that all people offer the like. Photographs are
    the probe's side, where the number is the same for every person searched, and all of them are used.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
        Of a photograph and all renders of a scan.
    scans, photos : Templates
        Of one embedder; tables of several are fused by :func:`~reid_audit.attackers.fuse_embedders`.
    rng : numpy.random.Generator
        Draws the scans, equally where two conditions hold the same; and for the matcher.
    every : bool
        Search all scans as they are given, also where people have unequal numbers of them: nobody's are drawn.

    Returns
    -------
    tuple of ScoreTable
        Two a condition. Probes and references: ``subject, sample, n_templates`` with the person as the sample.
    """
    asked = pooled_by_subject(photos)
    probes = one_row_a_sample(asked, ("subject", "sample"))
    seed = int(rng.integers(2**63))
    tables = []
    for condition in conditions_in(scans):
        here = in_condition(scans, condition)
        used = here if every else here.select(levels_of(here.table, np.random.default_rng(seed))[0].rows)
        people = pooled_by_subject(used)
        references = one_row_a_sample(people, ("subject", "sample"))
        of_photos, of_scans = (pd.factorize(one_row_a_sample(t, ("subject",))["subject"])[0] for t in (photos, used))
        fused = {
            "score-fusion": fused_by_person(z_norm(matcher.score(photos, used, rng), of_photos), of_photos, of_scans),
            "template-fusion": Mean().score(asked, people, rng),
        }
        tables += [
            ScoreTable(
                attacker=attacker.name,
                matcher=name,
                embedder=scans.embedder,
                condition=condition,
                probes=probes,
                references=references,
                scores=scores,
                compared=np.ones(scores.shape, dtype=bool),
                scans=scans_of(used),
            )
            for name, scores in fused.items()
        ]
    return tuple(tables)

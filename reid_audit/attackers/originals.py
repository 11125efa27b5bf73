"""The attacker who holds unaltered scans: the originals stand in for photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.attackers.samples import conditions_in, equal_pairs, in_condition, one_row_a_sample
from reid_audit.types import ORIGINAL, ScoreTable

if TYPE_CHECKING:
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["attack_by_original"]

_COLUMNS = ("subject", "session", "modality", "sample")


def attack_by_original(
    attacker: Attacker, matcher: Matcher, scans: Templates, rng: np.random.Generator
) -> tuple[ScoreTable, ...]:
    """Score every original scan against every released scan, condition by condition.

    All renders of the one scan meet all renders of the other, not only those of equal view: faces are not always found
    at the same views. Two tables a condition, one for the originals themselves:

    - ``"cross-session"``, the headline: a person's original against their released scans of *other* sessions, of any
      modality.
    - ``"same-scan"``, an upper bound: against the released scan of the same session and modality, with which it shares
      untouched surface and noise. Not made for the originals, which would meet themselves.

    Every other person is in the gallery with the scans that stand in the same relation to the probe (other sessions;
    or the same session and modality), so that nobody has more scans in it only for being somebody else; a person with
    none of these is in it with all their scans. A person's scans of the same session and another modality are in
    neither.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
    scans : Templates
        Of all conditions, ``original`` among them; without originals there is no table.
    rng : numpy.random.Generator
        For the matcher.

    Returns
    -------
    tuple of ScoreTable
        Probes and references are scans, with the columns ``subject, session, modality, sample, n_templates``. A score
        that was not asked for is NaN and not ``compared``. A cross-session table of a cohort with one session a person
        has no mated comparison: the headline cannot be had, and the table says so.
    """
    if ORIGINAL not in conditions_in(scans):
        return ()
    originals = in_condition(scans, ORIGINAL)
    probes = one_row_a_sample(originals, _COLUMNS)
    tables = []
    for condition in conditions_in(scans):
        released = in_condition(scans, condition)
        references = one_row_a_sample(released, _COLUMNS)
        scores = matcher.score(originals, released, rng)
        relations = ("cross-session",) if condition == ORIGINAL else ("cross-session", "same-scan")
        for relation in relations:
            compared = _gallery(probes, references, relation)
            tables.append(
                ScoreTable(
                    attacker=attacker.name,
                    matcher=matcher.name,
                    embedder=scans.embedder,
                    condition=condition,
                    probes=probes,
                    references=references,
                    scores=np.where(compared, scores, np.nan),
                    compared=compared,
                    relation=relation,
                )
            )
    return tuple(tables)


def _gallery(probes: pd.DataFrame, references: pd.DataFrame, relation: str) -> np.ndarray[Any, Any]:
    """Return which references each probe is searched in; shape (P, R), bool."""
    one_person, one_session, one_modality = (
        equal_pairs(probes[name], references[name]) for name in ("subject", "session", "modality")
    )
    alike = ~one_session if relation == "cross-session" else one_session & one_modality
    codes, people = pd.factorize(references["subject"])
    any_alike = alike.astype(np.int64) @ (codes[:, None] == np.arange(len(people))[None, :]) > 0
    return np.asarray(alike | (~one_person & ~any_alike[:, codes]))

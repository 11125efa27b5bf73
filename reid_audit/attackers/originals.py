"""The attacker who holds unaltered scans: the originals stand in for photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.attackers.samples import by_name, conditions_in, equal_pairs, in_condition, one_row_a_sample, places
from reid_audit.types import ORIGINAL, ScoreTable

if TYPE_CHECKING:
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["attack_by_original"]

_COLUMNS = ("subject", "session", "modality", "sample")


def attack_by_original(
    attacker: Attacker, matcher: Matcher, scans: Templates, rng: np.random.Generator, *, every: bool = False
) -> tuple[ScoreTable, ...]:
    """Score every original scan against every released scan, condition by condition.

    All renders of the one scan meet all renders of the other, not only those of equal view: faces are not always found
    at the same views. Two tables a condition, one for the originals themselves:

    - ``"cross-session"``, the headline: a person's original against their released scans of *other* sessions, of any
      modality.
    - ``"same-scan"``, an upper bound: against the released scan of the same session and modality, with which it shares
      untouched surface and noise. Not made for the originals, which would meet themselves.

    Neither the number of someone's scans nor their modality may give them away. So each probe's gallery holds

    - of the probe's own person, the scans that stand in the relation; of everybody else, all scans, of any session, of
      the modalities that the own person offers. A person without any of these is not in it. For a probe without a mate
      they are the modalities that mated comparisons of probes like it have: its own in ``"same-scan"``; all, where no
      comparison is mated at all.
    - of each person equally many: as many as whoever of them offers the fewest. Who has more is reduced by a draw, the
      same for all probes of a relation but for the scans that a probe may not meet; it does not look at which scans
      have templates. The modalities take turns, the probe's own first, so that all people offer the like.

    A person's scans of the same session and another modality are in neither table.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
    scans : Templates
        Of all conditions, ``original`` among them; without originals there is no table.
    rng : numpy.random.Generator
        Draws the scans, equally where two conditions hold the same; and for the matcher.
    every : bool
        Search each probe among all scans of its own person that stand in the relation, and among no more of anybody
        else than these are.

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
    seed = int(rng.integers(2**63))
    tables = []
    for condition in conditions_in(scans):
        released = in_condition(scans, condition)
        references = one_row_a_sample(released, _COLUMNS)
        scores = matcher.score(originals, released, rng)
        relations = ("cross-session",) if condition == ORIGINAL else ("cross-session", "same-scan")
        for relation in relations:
            eligible = _eligible(probes, references, relation)
            compared = _searched(eligible, probes, references, np.random.default_rng(seed), every=every)
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


def _eligible(probes: pd.DataFrame, references: pd.DataFrame, relation: str) -> np.ndarray[Any, Any]:
    """Return which references each probe may be searched in; shape (P, R), bool."""
    one_person, one_session, one_modality = (
        equal_pairs(probes[name], references[name]) for name in ("subject", "session", "modality")
    )
    mated = one_person & (~one_session if relation == "cross-session" else one_session & one_modality)
    codes, modalities = pd.factorize(references["modality"])
    is_of = codes[:, None] == np.arange(len(modalities))[None, :]
    offered = mated @ is_of
    instead = one_modality if relation == "same-scan" else _met_by_the_like(probes["modality"], offered)[:, codes]
    has_mate = mated.any(axis=1)[:, None]
    return np.asarray(mated | (~one_person & np.where(has_mate, offered[:, codes], instead)))


def _met_by_the_like(modality: pd.Series[Any], offered: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the modalities offered to any probe of the same modality, or all where none is offered to any probe."""
    if not offered.any():
        return np.ones_like(offered)
    return np.asarray(equal_pairs(modality, modality) @ offered)


def _searched(
    eligible: np.ndarray[Any, Any],
    probes: pd.DataFrame,
    references: pd.DataFrame,
    rng: np.random.Generator,
    *,
    every: bool,
) -> np.ndarray[Any, Any]:
    """Return which of the eligible references each probe is searched in; shape (P, R), bool.

    Equally many of each person: as many as whoever offers the fewest, or, where every scan of the own person is asked
    for, as many as that one offers, and of who has fewer all.
    """
    codes, _ = pd.factorize(pd.concat([references["subject"], probes["subject"]]))
    people, owner = codes[: len(references)], codes[len(references) :]
    kinds, modalities = pd.factorize(references["modality"], sort=True)
    own_first = ~equal_pairs(probes["modality"], references["modality"])
    drawn = by_name(references["sample"], rng)
    compared = np.zeros_like(eligible)
    for probe, here in enumerate(eligible):
        chosen = np.flatnonzero(here)
        person, kind = people[chosen], kinds[chosen]
        turn = places(person * len(modalities) + kind, drawn[chosen])
        place = places(person, turn, own_first[probe, chosen], kind)
        fewest = int(min(np.unique(person, return_counts=True)[1], default=0))
        own = int((person == owner[probe]).sum())
        compared[probe, chosen[place < (max(own, fewest) if every else fewest)]] = True
    return compared

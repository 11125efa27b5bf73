"""The attacker who asks of two renders whether they show one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.attackers.samples import conditions_in, equal_pairs, in_condition, places, relabelled
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from reid_audit.attackers.settings import AttackSettings
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["attack_by_scan"]

_VIEW = ["yaw", "pitch", "light_azimuth", "light_elevation"]
_COLUMNS = ["subject", "session", "modality", "sample", *_VIEW]


def attack_by_scan(
    attacker: Attacker, matcher: Matcher, scans: Templates, rng: np.random.Generator, settings: AttackSettings
) -> tuple[ScoreTable, ...]:
    """Score renders of one condition against each other.

    The same few views of every scan are used, drawn once. Two tables a condition:

    - ``"same-scan"``: mated pairs are two views of one scan. As these never share a view, non-mated pairs do not.
    - ``"cross-session"``: mated pairs are of two sessions of one person, of any modality and any two views. Two scans
      of one person in one session are in neither table.

    Non-mated pairs are of two people, and of no other modalities than mated pairs have, lest modality tell people
    apart: in ``"same-scan"`` of one modality, in ``"cross-session"`` of two modalities that some mated pair has too;
    of any where no pair is mated. For each pair of people, a person with themself included, the same number of
    pairs of renders is drawn; the draw does not look at which renders have a template. A pair is compared once, and
    a render never with itself.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
    scans : Templates
    rng : numpy.random.Generator
        Draws the views and the pairs: equal draws where two conditions hold the same scans. Rows without a view are
        never drawn.
    settings : AttackSettings

    Returns
    -------
    tuple of ScoreTable
        Two a condition. Probes and references are the same renders, with the columns ``subject, session, modality,
        sample, yaw, pitch, light_azimuth, light_elevation, view, n_templates``; ``view`` is the number of the drawn
        view, ``n_templates`` 1 where there is a template and 0 where there is none. A score that was not asked for is
        NaN and not ``compared``.
    """
    chosen, number = _draw_views(scans, settings.views_per_scan, rng)
    seed = int(rng.integers(2**63))
    tables = []
    for condition in conditions_in(scans):
        here = (scans.table["condition"] == condition).to_numpy(dtype=bool)
        renders = in_condition(scans.select(chosen), condition)
        made = np.isfinite(renders.vectors).all(axis=1).astype(int)
        rows = renders.table[_COLUMNS].assign(view=number[here[chosen]], n_templates=made)
        single = relabelled(renders, np.arange(len(rows)).astype(str))
        scores = matcher.score(single, single, rng)
        for index, (relation, wanted) in enumerate(_wanted(rows).items()):
            draw = np.random.default_rng([seed, index])
            compared = _draw_pairs(wanted, rows["subject"], settings.pairs_per_people, draw)
            tables.append(
                ScoreTable(
                    attacker=attacker.name,
                    matcher=matcher.name,
                    embedder=scans.embedder,
                    condition=condition,
                    probes=rows,
                    references=rows,
                    scores=np.where(compared, scores, np.nan),
                    compared=compared,
                    relation=relation,
                )
            )
    return tuple(tables)


def _draw_views(
    scans: Templates, count: int, rng: np.random.Generator
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the positions of the rows at the drawn views, and the number of each one's view in sorted order."""
    views = pd.MultiIndex.from_frame(scans.table[_VIEW])
    known = pd.MultiIndex.from_frame(scans.table[_VIEW].dropna()).unique().sort_values()
    drawn = np.sort(rng.choice(len(known), size=min(count, len(known)), replace=False))
    number = known[drawn].get_indexer(views)
    chosen = np.flatnonzero(number >= 0)
    return chosen, number[chosen]


def _wanted(rows: pd.DataFrame) -> dict[str, np.ndarray[Any, Any]]:
    """Return which pairs of renders each relation is about, each pair once; shape (N, N), bool."""
    one_person, one_scan, one_session, one_view, one_modality = (
        equal_pairs(rows[name], rows[name]) for name in ("subject", "sample", "session", "view", "modality")
    )
    once = np.triu(np.ones((len(rows), len(rows)), dtype=bool), k=1)
    across = one_person & ~one_session
    return {
        "same-scan": once & ~one_view & (one_scan | (~one_person & one_modality)),
        "cross-session": once & (across | (~one_person & _kinds_of(across, rows["modality"]))),
    }


def _kinds_of(mated: np.ndarray[Any, Any], modality: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the pairs of two modalities that a mated pair has; all where none is mated; shape (N, N), bool."""
    if not mated.any():
        return np.ones_like(mated)
    codes, names = pd.factorize(modality)
    is_of = codes[:, None] == np.arange(len(names))[None, :]
    met = is_of.T @ mated @ is_of
    return np.asarray(met[np.ix_(codes, codes)])


def _draw_pairs(
    wanted: np.ndarray[Any, Any], subjects: pd.Series[Any], count: int, rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Return at most ``count`` of the wanted pairs for each unordered pair of people; shape (N, N), bool."""
    codes, people = pd.factorize(subjects)
    first, second = np.nonzero(wanted)
    low, high = np.minimum(codes[first], codes[second]), np.maximum(codes[first], codes[second])
    couple = low * max(len(people), 1) + high
    taken = places(couple, rng.random(len(couple))) < count
    compared = np.zeros(wanted.shape, dtype=bool)
    compared[first[taken], second[taken]] = True
    return compared

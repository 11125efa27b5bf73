"""One attack made with several embedders: their score tables made into one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reid_audit.errors import UsageError
from reid_audit.match import z_norm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import ScoreTable

__all__ = ["fuse_embedders"]


def fuse_embedders(tables: Sequence[ScoreTable]) -> ScoreTable:
    """Return the mean of the normalised scores of several embedders.

    The scores of each embedder are normalised by what other people's probes get from the same reference
    (:func:`~reid_audit.match.z_norm`) and averaged. An embedder without a score of a pair adds 0, which is what
    unrelated faces get: what only one embedder saw counts less than what all saw.

    Parameters
    ----------
    tables : sequence of ScoreTable
        Of one attack on the same probes and references in the same order, each of another embedder; two at least.

    Returns
    -------
    ScoreTable
        ``embedder`` names all, joined by ``" + "``; ``n_templates`` is the largest of any. NaN where no embedder has a
        score.

    Raises
    ------
    UsageError
        Fewer than two tables, one embedder twice, or tables that do not compare the same.
    """
    names = [table.embedder for table in tables]
    if len(set(names)) < max(2, len(names)):
        raise UsageError(
            f"Fusion needs the tables of two different embedders at least. Got {', '.join(names) or 'none'}.",
            remedy="Run the attack once with each embedder.",
        )
    first = tables[0]
    if any(_what(table) != _what(first) or not np.array_equal(table.compared, first.compared) for table in tables):
        raise UsageError(
            "Tables can be fused when attacker, matcher, condition, relation, probes, references and comparisons are "
            "the same. They differ.",
            remedy="Use the same scans, photographs, settings and seed with each embedder.",
        )
    person, _ = pd.factorize(first.probes["subject"])
    each = np.stack([z_norm(np.where(table.compared, table.scores, np.nan), person) for table in tables])
    there = np.isfinite(each)
    scores = np.where(there.any(axis=0), np.where(there, each, 0.0).mean(axis=0), np.nan)
    probes, references = (_most_templates([getattr(table, side) for table in tables]) for side in _SIDES)
    embedder = " + ".join(names)
    return replace(first, embedder=embedder, probes=probes, references=references, scores=scores, control=None)


_SIDES = ("probes", "references")


def _what(table: ScoreTable) -> tuple[object, ...]:
    rows = [getattr(table, side)[["subject", "sample"]].to_numpy().tolist() for side in _SIDES]
    return table.attacker, table.matcher, table.condition, table.relation, rows


def _most_templates(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    counted = [frame["n_templates"].to_numpy() for frame in frames if "n_templates" in frame.columns]
    return frames[0].assign(n_templates=np.max(counted, axis=0)) if counted else frames[0]

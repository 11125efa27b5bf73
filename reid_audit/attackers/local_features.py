"""The attacker who holds photographs and compares local features of whole heads: no face detector, no recogniser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.attackers.registry import LOCAL_FEATURES
from reid_audit.attackers.samples import equally_many
from reid_audit.match import score_keypoints
from reid_audit.types import ORIGINAL, ScoreTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from reid_audit.types import Keypoints

__all__ = ["attack_by_keypoints"]


def attack_by_keypoints(
    keypoints: Sequence[Keypoints],
    rng: np.random.Generator,
    *,
    workers: int = 1,
    store: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ScoreTable, ...]:
    """Score every photograph against every person with a scan, condition by condition, by RANSAC inliers.

    References are people and have equally many scans, as for the other attackers with photographs
    (:func:`~reid_audit.attackers.photo.attack_by_photo`). The best of a person's renders counts.

    Parameters
    ----------
    keypoints : sequence of Keypoints
        One value a kind, each of all scans and photographs.
    rng : numpy.random.Generator
        Draws the scans where people have unequal numbers of them.
    workers : int
        Processes.
    store : str, optional
        Folder that keeps what was compared, so that a stopped attack goes on.
    progress : callable, optional
        Called with how much of a table is done, and of how much.

    Returns
    -------
    tuple of ScoreTable
        One a condition and kind, the kind being the ``matcher``; there is no ``embedder``. Probes and references as for
        ``photo-nearest``: ``n_templates`` counts pictures with a keypoint. Without scans or photographs there is none.
        Scores are whole numbers from 0, and many are equal: ties count by their share. NaN where a photograph, or every
        render of a person, is without a keypoint.
    """
    seed = int(rng.integers(2**63))
    tables = []
    for each in keypoints:
        scan = (each.table["source"] == "scan").to_numpy(dtype=bool)
        photos, scans = each.select(~scan), each.select(scan)
        if not len(photos.table) or not len(scans.table):
            continue
        for condition in sorted(scans.table["condition"].unique(), key=lambda name: name != ORIGINAL):
            here = scans.select((scans.table["condition"] == condition).to_numpy(dtype=bool))
            people = _pooled(here.select(equally_many(here.table, np.random.default_rng(seed))))
            scores = score_keypoints(photos, people, workers=workers, store=store, progress=progress)
            tables.append(
                ScoreTable(
                    attacker=LOCAL_FEATURES,
                    matcher=each.kind,
                    embedder="",
                    condition=str(condition),
                    probes=_samples(photos),
                    references=_samples(people),
                    scores=scores,
                    compared=np.ones(scores.shape, dtype=bool),
                )
            )
    return tuple(tables)


def _pooled(scans: Keypoints) -> Keypoints:
    """Return the pictures with the person as the sample."""
    return replace(scans, table=scans.table.assign(sample=scans.table["subject"].to_numpy()))


def _samples(pictures: Keypoints) -> pd.DataFrame:
    """Return one row a sample, in order of first appearance, and how many of its pictures have a keypoint."""
    table = pictures.table[["subject", "sample"]].assign(n_templates=(pictures.counts > 0).astype(int))
    return table.groupby("sample", sort=False, as_index=False).agg({"subject": "first", "n_templates": "sum"})[
        ["subject", "sample", "n_templates"]
    ]

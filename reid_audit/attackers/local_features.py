"""The attacker who holds photographs and compares local features of whole heads: no face detector, no recogniser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.attackers.levels import joined_levels, levels_of
from reid_audit.attackers.registry import LOCAL_FEATURES
from reid_audit.attackers.samples import equally_many, scans_in
from reid_audit.match import score_keypoints
from reid_audit.types import ORIGINAL, ScoreTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from reid_audit.types import Keypoints

__all__ = ["attack_by_keypoints", "search_all_by_keypoints"]


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
    for photos, here in _conditions(keypoints):
        used = here.select(equally_many(here.table, np.random.default_rng(seed)))
        scores = score_keypoints(photos, _pooled(used), workers=workers, store=store, progress=progress)
        tables.append(_table(photos, used, scores))
    return tuple(tables)


def search_all_by_keypoints(
    keypoints: Sequence[Keypoints],
    rng: np.random.Generator,
    *,
    workers: int = 1,
    store: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ScoreTable, ...]:
    """Score every photograph against every scan of the conditions in which people have unequal numbers of scans.

    Parameters
    ----------
    keypoints, rng, workers, store, progress
        As of :func:`attack_by_keypoints`.

    Returns
    -------
    tuple of ScoreTable
        As of :func:`attack_by_keypoints`, each of all levels (:func:`~reid_audit.attackers.levels.levels_of`). None of
        the originals, nor where people have equally many scans.
    """
    seed = int(rng.integers(2**63))
    tables = []
    for photos, here in _conditions(keypoints):
        levels = levels_of(here.table, np.random.default_rng(seed))
        if len(levels) == 1 or here.table["condition"].iloc[0] == ORIGINAL:
            continue
        scores = score_keypoints(photos, here, workers=workers, store=store, progress=progress)
        of_scan = dict(zip(scans_in(here.table), scores.T, strict=True))
        galleries = (here.select(level.rows) for level in levels)
        found = [_table(photos, used, _best_scans(of_scan, used)) for used in galleries]
        tables.append(joined_levels(found, levels, here.table))
    return tuple(tables)


def _conditions(keypoints: Sequence[Keypoints]) -> Iterator[tuple[Keypoints, Keypoints]]:
    """Yield photographs and the scans of a condition: of each kind, the originals first."""
    for each in keypoints:
        scan = (each.table["source"] == "scan").to_numpy(dtype=bool)
        photos, scans = each.select(~scan), each.select(scan)
        if len(photos.table):
            for condition in sorted(scans.table["condition"].unique(), key=lambda name: name != ORIGINAL):
                yield photos, scans.select((scans.table["condition"] == condition).to_numpy(dtype=bool))


def _best_scans(of_scan: Mapping[str, np.ndarray[Any, Any]], used: Keypoints) -> np.ndarray[Any, Any]:
    """Return each person's best score over their scans, in order of first appearance; shape (P, people)."""
    whose = used.table.drop_duplicates("sample").groupby("subject", sort=False)["sample"]
    return np.stack([np.fmax.reduce([of_scan[str(sample)] for sample in scans]) for _, scans in whose], axis=1)


def _table(photos: Keypoints, used: Keypoints, scores: np.ndarray[Any, Any]) -> ScoreTable:
    return ScoreTable(
        attacker=LOCAL_FEATURES,
        matcher=used.kind,
        embedder="",
        condition=str(used.table["condition"].iloc[0]),
        probes=_samples(photos),
        references=_samples(_pooled(used)),
        scores=scores,
        compared=np.ones(scores.shape, dtype=bool),
        scans=_pictures_of(used),
    )


def _pictures_of(scans: Keypoints) -> dict[str, int]:
    """Return the scans, each with how many of its pictures have a keypoint."""
    counts = (scans.counts > 0).astype(int)
    return {name: int(counts[(scans.table["sample"] == name).to_numpy()].sum()) for name in scans_in(scans.table)}


def _pooled(scans: Keypoints) -> Keypoints:
    """Return the pictures with the person as the sample."""
    return replace(scans, table=scans.table.assign(sample=scans.table["subject"].to_numpy()))


def _samples(pictures: Keypoints) -> pd.DataFrame:
    """Return one row a sample, in order of first appearance, and how many of its pictures have a keypoint."""
    table = pictures.table[["subject", "sample"]].assign(n_templates=(pictures.counts > 0).astype(int))
    return table.groupby("sample", sort=False, as_index=False).agg({"subject": "first", "n_templates": "sum"})[
        ["subject", "sample", "n_templates"]
    ]

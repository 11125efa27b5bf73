"""Were faces found? The first thing that a recogniser needs, and no protection when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.identification import person_means
from reid_audit.evaluate.outcome import sentence
from reid_audit.statistics import check_confidence, rate_interval
from reid_audit.types import ORIGINAL, Result

if TYPE_CHECKING:
    import pandas as pd

    from reid_audit.types import Templates

__all__ = ["PHOTO", "detection"]

PHOTO = "photo"
"""The condition that stands for photographs."""

_VIEW = ["yaw", "pitch", "light_azimuth", "light_elevation"]
_GRID = ["condition", *_VIEW, "n_heads", "n_detected"]


def detection(templates: Templates | None, *, confidence: float = 0.95) -> tuple[pd.DataFrame, tuple[Result, ...]]:
    """Count where a face was found: over the grid of cameras and lights, by head and by render.

    Parameters
    ----------
    templates : Templates or None
        Of scans and photographs; a scan that could not be rendered has a row without a view.
    confidence : float, default 0.95

    Returns
    -------
    grid : pandas.DataFrame
        One row a condition and view: ``condition, yaw, pitch, light_azimuth, light_elevation, n_heads, n_detected``.
    results : tuple of Result
        For each condition of scans, original first: ``detection_rate``, heads with a face in one render at least, and
        ``render_detection_rate``; for photographs, condition ``"photo"``: ``detection_rate``. A person's rate is the
        mean over their heads, renders or photographs; value and interval are over people. No attacker, no chance
        level and no control belong to them.

    Raises
    ------
    UsageError
        When the confidence is not in (0, 1).
    """
    import pandas as pd

    check_confidence(confidence)
    if templates is None or not len(templates.table):
        return pd.DataFrame(columns=_GRID), ()
    table = templates.table.assign(detected=templates.table["detected"].astype(bool))
    scans, photos = table[table["source"] != PHOTO], table[table["source"] == PHOTO]
    conditions = sorted(pd.unique(scans["condition"]), key=lambda name: name != ORIGINAL)
    results: list[Result] = []
    for condition in conditions:
        rows = scans[scans["condition"] == condition]
        results.extend(_of_scans(rows, str(condition), templates.embedder, confidence))
    if len(photos):
        results.append(_of_heads(photos, PHOTO, templates.embedder, confidence))
    return _grid(scans, [str(name) for name in conditions]), tuple(results)


def _of_scans(rows: pd.DataFrame, condition: str, embedder: str, confidence: float) -> tuple[Result, Result]:
    heads = _of_heads(rows, condition, embedder, confidence)
    renders = rows[rows[_VIEW].notna().all(axis=1)]
    metric = "render_detection_rate"
    if len(renders):
        return heads, _rate(renders, condition, metric, embedder=embedder, confidence=confidence)
    note = "no scan could be rendered"
    return heads, Result(None, None, embedder, condition, metric, None, rows["subject"].nunique(), 0, note=note)


def _of_heads(rows: pd.DataFrame, condition: str, embedder: str, confidence: float) -> Result:
    heads = rows.groupby(["subject", "sample"], sort=False, observed=True)["detected"].any().reset_index()
    note = "" if heads["detected"].any() else "no face was found: that alone is no protection"
    return _rate(heads, condition, "detection_rate", embedder=embedder, confidence=confidence, note=note)


def _rate(
    rows: pd.DataFrame, condition: str, metric: str, *, embedder: str, confidence: float, note: str = ""
) -> Result:
    import pandas as pd

    person, _ = pd.factorize(rows["subject"])
    rates, counts = person_means(person, rows["detected"].to_numpy(dtype=np.float64))
    interval = rate_interval(rates, counts, confidence)
    uneven = "each person counts the same, however many" if counts.min() != counts.max() else ""
    return Result(
        attacker=None,
        matcher=None,
        embedder=embedder,
        condition=condition,
        metric=metric,
        value=float(rates.mean()),
        n_subjects=len(rates),
        n_probes=len(rows),
        low=interval.low,
        high=interval.high,
        confidence=None if interval.low is None else confidence,
        note=sentence(note, uneven, interval.note),
    )


def _grid(scans: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    import pandas as pd

    seen = scans[scans[_VIEW].notna().all(axis=1)]
    if not len(seen):
        return pd.DataFrame(columns=_GRID)
    keys = ["condition", *_VIEW]
    heads = seen.groupby([*keys, "sample"], observed=True)["detected"].any().reset_index()
    counts = heads.groupby(keys, observed=True)["detected"].agg(["size", "sum"]).reset_index()
    counts.columns = pd.Index(_GRID)
    order = counts["condition"].map({name: place for place, name in enumerate(conditions)})
    counts = counts.assign(order=order).sort_values(["order", *_VIEW]).drop(columns="order")
    return counts.astype({"n_heads": int, "n_detected": int}).reset_index(drop=True)

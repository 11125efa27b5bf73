"""Were faces found? The first thing that a recogniser needs, and no protection when it fails."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.evaluate.outcome import sentence
from reid_audit.evaluate.searches import person_means
from reid_audit.statistics import check_confidence, rate_interval
from reid_audit.types import LOST, ORIGINAL, Result

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
        Of scans and photographs. Those that were lost (reason :data:`~reid_audit.types.LOST`) were never looked at:
        they are in no count, and the note says how many they are.
    confidence : float, default 0.95

    Returns
    -------
    grid : pandas.DataFrame
        One row a condition and view: ``condition, yaw, pitch, light_azimuth, light_elevation, n_heads, n_detected``.
    results : tuple of Result
        For each condition of scans, original first: ``detection_rate``, heads with a face in one render at least, and
        ``render_detection_rate``; for photographs, condition ``"photo"``: ``detection_rate``. A person's rate is the
        mean over their heads, renders or photographs; value and interval are over people with one that was not
        lost, and there is no value where there is nobody. No attacker, no chance level and no control belong to them.

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
    conditions = [str(name) for name in sorted(pd.unique(scans["condition"]), key=lambda name: name != ORIGINAL)]
    rate = partial(_rate, embedder=templates.embedder, confidence=confidence)
    results: list[Result] = []
    for condition in conditions:
        seen, note = _looked_at(scans[scans["condition"] == condition], "scan")
        results.append(rate(_heads(seen), condition, "detection_rate", note=sentence(_unseen(seen), note)))
        results.append(rate(seen, condition, "render_detection_rate", note=note))
    if len(photos):
        seen, note = _looked_at(photos, "photograph")
        results.append(rate(_heads(seen), PHOTO, "detection_rate", note=sentence(_unseen(seen), note)))
    return _grid(scans[scans["reason"] != LOST], conditions), tuple(results)


def _looked_at(rows: pd.DataFrame, what: str) -> tuple[pd.DataFrame, str]:
    """Return the rows of scans or photographs that were not lost, and how many were."""
    seen = rows[rows["reason"] != LOST]
    everything, lost = rows["sample"].nunique(), rows["sample"].nunique() - seen["sample"].nunique()
    if not lost:
        return seen, ""
    then = ", so that none was looked at" if lost == everything else " and left out"
    return seen, f"{lost} of {everything} {what}s {'was' if lost == 1 else 'were'} lost{then}"


def _heads(renders: pd.DataFrame) -> pd.DataFrame:
    """Return one row a scan or photograph, and whether a face was found in any of its pictures."""
    return renders.groupby(["subject", "sample"], sort=False, observed=True)["detected"].any().reset_index()


def _unseen(rows: pd.DataFrame) -> str:
    return "no face was found: that alone is no protection" if len(rows) and not rows["detected"].any() else ""


def _rate(rows: pd.DataFrame, condition: str, metric: str, *, embedder: str, confidence: float, note: str) -> Result:
    import pandas as pd

    if not len(rows):
        return Result(None, None, embedder, condition, metric, None, 0, 0, note=note)
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


def _grid(renders: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    import pandas as pd

    if not len(renders):
        return pd.DataFrame(columns=_GRID)
    keys = ["condition", *_VIEW]
    heads = renders.groupby([*keys, "sample"], observed=True)["detected"].any().reset_index()
    counts = heads.groupby(keys, observed=True)["detected"].agg(["size", "sum"]).reset_index()
    counts.columns = pd.Index(_GRID)
    order = counts["condition"].map({name: place for place, name in enumerate(conditions)})
    counts = counts.assign(order=order).sort_values(["order", *_VIEW]).drop(columns="order")
    return counts.astype({"n_heads": int, "n_detected": int}).reset_index(drop=True)

"""Verdicts on defaced scans as a plain table: one row a scan and defacer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from reid_audit.types import ScanQuality, Verdict

__all__ = ["COLUMNS", "OUTCOMES", "PASSES", "SCAN", "checked_verdicts", "outcome", "verdict_table"]

SCAN = ("subject", "session", "modality")
"""Columns that say which scan: the same in the original and in what each defacer made of it."""

_PASSES = ("face_pass", "ears_pass", "brain_pass")
_PARTS = ("eyes_pass", "nose_pass", "mouth_pass")
PASSES = (*_PASSES, *_PARTS)
"""Columns of verdicts: True, False, or None where nobody assessed it."""
COLUMNS = (*SCAN, "condition", *PASSES, "lost", "brain_lost_ml", "untouched_changed_ml", "why")
"""Of a table of verdicts."""

OUTCOMES = ("success", "face_removed", "ears_removed", "brain_kept")
"""What can come of a scan: ``success`` is face removed and brain kept, ears apart."""

_COLUMN_OF = {"face_removed": "face_pass", "ears_removed": "ears_pass", "brain_kept": "brain_pass"}
_MEANING: dict[Verdict, bool | None] = {"pass": True, "fail": False, "not assessed": None}


def verdict_table(qualities: Iterable[ScanQuality]) -> pd.DataFrame:
    """Return the verdicts of scans as a table.

    Parameters
    ----------
    qualities : iterable of ScanQuality
        One that failed on reading or finding the head counts as lost: the defacer gave nothing that can be used.

    Returns
    -------
    pandas.DataFrame
        :data:`COLUMNS`: verdicts are True, False or None (not assessed); ``brain_lost_ml`` and ``untouched_changed_ml``
        NaN where unknown; ``why`` says why a scan is lost, or not assessed.
    """
    import pandas as pd

    rows = [
        {
            "subject": each.subject,
            "session": each.session,
            "modality": each.modality,
            "condition": each.condition,
            "face_pass": _MEANING[each.face],
            "ears_pass": _MEANING[each.ears],
            "brain_pass": _MEANING[each.brain.verdict],
            **{name: _MEANING[each.region(name.removesuffix("_pass")).verdict] for name in _PARTS},
            "lost": each.failure is not None,
            "brain_lost_ml": _number(each.brain.lost_ml),
            "untouched_changed_ml": _number(each.voxels.untouched_changed_ml),
            "why": _why(each),
        }
        for each in qualities
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(PASSES, object))


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _why(quality: ScanQuality) -> str:
    """Say why a scan is lost, or what was not assessed."""
    if quality.failure:
        return quality.failure.what
    reasons = [each.evidence for each in quality.regions if each.verdict == "not assessed"]
    reasons += [quality.brain.evidence] if quality.brain.verdict == "not assessed" else []
    return "; ".join(dict.fromkeys((*reasons, *quality.notes))) if reasons else ""


def checked_verdicts(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return a table of verdicts with every column that is needed, or say what is wrong with it.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        ``subject``, ``condition`` and one or more of ``face_pass, ears_pass, brain_pass`` (True, False; None or NaN:
        not assessed). ``session``, ``modality``, ``lost`` and the other verdicts may be left out.

    Returns
    -------
    pandas.DataFrame
        A copy; verdicts are True, False or None.

    Raises
    ------
    UsageError
        When a column is missing, a verdict is something else, or a scan stands twice under one condition.
    """
    missing = [name for name in ("subject", "condition") if name not in verdicts.columns]
    if missing or not set(_PASSES) & set(verdicts.columns):
        raise UsageError(
            f"A table of verdicts needs the columns subject, condition and one of {', '.join(_PASSES)}; got "
            f"{', '.join(map(str, verdicts.columns)) or 'none'}.",
            remedy="Give one row a scan and defacer.",
        )
    filled = {name: "" for name in ("session", "modality") if name not in verdicts.columns}
    table = verdicts.assign(**filled, lost=_lost(verdicts))
    for name in PASSES:
        table[name] = _as_verdicts(table[name].tolist(), name) if name in table.columns else [None] * len(table)
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    twice = int(table.duplicated([*SCAN, "condition"]).sum())
    if twice:
        raise UsageError(
            f"{twice} rows of the verdicts repeat a subject, session, modality and condition.",
            remedy="Give each scan of a person its own session or modality.",
        )
    return table.reset_index(drop=True)


def _lost(verdicts: pd.DataFrame) -> list[bool]:
    if "lost" not in verdicts.columns:
        return [False] * len(verdicts)
    return [cell is True for cell in _as_verdicts(verdicts["lost"].tolist(), "lost")]


def _as_verdicts(cells: list[Any], name: str) -> list[bool | None]:
    import pandas as pd

    made: list[bool | None] = []
    for cell in cells:
        if cell is None or pd.isna(cell):
            made.append(None)
        elif cell in (0, 1):
            made.append(bool(cell))
        else:
            raise UsageError(
                f"A verdict in column '{name}' is neither true nor false: {str(cell)[:20]!r}.",
                remedy="Write true or false, and leave it empty where nobody assessed it.",
            )
    return made


def outcome(verdicts: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return what came of each scan: True, False, or None where it was not assessed.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As :func:`checked_verdicts` returns it.
    name : str
        One of :data:`OUTCOMES`. A scan that is lost is no success; of its face, ears and brain nothing is known.

    Returns
    -------
    pandas.Series of object

    Raises
    ------
    UsageError
        For another name.
    """
    import pandas as pd

    if name not in OUTCOMES:
        raise UsageError(f"There is no outcome '{name}'.", remedy=f"Choose one of: {', '.join(OUTCOMES)}.")
    lost = verdicts["lost"].tolist()
    if name in _COLUMN_OF:
        cells = verdicts[_COLUMN_OF[name]].tolist()
        made = [None if gone else cell for gone, cell in zip(lost, cells, strict=True)]
    else:
        rows = zip(lost, verdicts["face_pass"], verdicts["brain_pass"], strict=True)
        made = [False if gone else _both(face, brain) for gone, face, brain in rows]
    return pd.Series(made, index=verdicts.index, dtype=object)


def _both(face: bool | None, brain: bool | None) -> bool | None:
    if face is False or brain is False:
        return False
    return True if face and brain else None

"""What people said about the scans: one row a rater and scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.tables import check_columns, lines_of, read_text_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import ScanQuality

__all__ = ["RATING_COLUMNS", "join_ratings", "read_ratings"]

RATING_COLUMNS = ("rater", "scan", "face_pass", "brain_pass")
"""``scan`` is the sample in ``quality.tsv`` or the name of the defaced file; empty answers are allowed."""

_MEANT = {"subject": "scan", "sample": "scan", "file": "scan", "face": "face_pass", "brain": "brain_pass"}
_YES = {"1", "yes", "y", "true", "pass", "passed"}
_NO = {"0", "no", "n", "false", "fail", "failed"}
_NONE = {"", "n/a", "na", "nan"}


def read_ratings(path: Path | str) -> pd.DataFrame:
    """Read a table of ratings.

    Parameters
    ----------
    path : path-like
        CSV, TSV or Parquet with the columns ``rater, scan, face_pass, brain_pass``; answers are yes or no (1 or 0,
        pass or fail), ``n/a`` where the rater did not say.

    Returns
    -------
    pandas.DataFrame
        ``rater, scan`` as text, ``face_pass, brain_pass`` 1.0, 0.0 or NaN.

    Raises
    ------
    ManifestError
        If it is no such table, an answer is none of these, or a rater rated a scan twice.
    """
    table = read_text_table(Path(path)).rename(columns=lambda name: name.replace(" ", "_"))
    check_columns(table, "table of ratings", allowed=RATING_COLUMNS, required=RATING_COLUMNS, meant=_MEANT)
    for name in ("face_pass", "brain_pass"):
        words = table[name].str.lower()
        wrong = table.index[~words.isin(_YES | _NO | _NONE)]
        if len(wrong):
            raise ManifestError(
                f"Line {lines_of(list(wrong))} of the ratings has no yes or no in the column '{name}'.",
                remedy="Write 1 or 0, yes or no, pass or fail; n/a where the rater did not say.",
            )
        table[name] = np.where(words.isin(_YES), 1.0, np.where(words.isin(_NO), 0.0, np.nan))
    for name in ("rater", "scan"):
        empty = table.index[table[name] == ""]
        if len(empty):
            raise ManifestError(f"Line {lines_of(list(empty))} of the ratings names no {name}.", remedy="Fill it in.")
    twice = table.index[table.duplicated(["rater", "scan"])]
    if len(twice):
        raise ManifestError(
            f"Line {lines_of(list(twice))} of the ratings repeats a rater and scan of a line above.",
            remedy="Keep one rating of each rater and scan.",
        )
    return table.reset_index(drop=True)


def join_ratings(ratings: pd.DataFrame, judged: Sequence[ScanQuality]) -> tuple[pd.DataFrame, int]:
    """Put the automatic verdicts beside the ratings.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As :func:`read_ratings` returns it.
    judged : sequence of ScanQuality

    Returns
    -------
    pandas.DataFrame
        Ratings of scans that were judged, and ``subject, face, brain`` (verdicts).
    int
        Ratings of scans that were not.

    Raises
    ------
    UsageError
        If no rated scan was judged.
    """
    rows = [(one.sample, one.subject or one.sample, one.face, one.brain.verdict) for one in judged]
    verdicts = pd.DataFrame(rows, columns=["scan", "subject", "face", "brain"]).drop_duplicates("scan")
    joined = ratings.assign(scan=ratings["scan"].map(_bare)).merge(
        verdicts.assign(scan=verdicts["scan"].map(_bare)), on="scan", how="inner"
    )
    if joined.empty:
        raise UsageError(
            "No scan of the ratings is among those that were judged.",
            remedy="Use the names in the column 'sample' of quality.tsv.",
        )
    return joined, len(ratings) - len(joined)


def _bare(name: str) -> str:
    """Return the name of a scan without folder and extension."""
    from reid_audit.inputs.names import split_extension

    last = str(name).replace("\\", "/").rsplit("/", 1)[-1]
    return split_extension(last)[0] or last

"""What people said about the scans: one row a rater and scan."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.names import split_extension
from reid_audit.inputs.rows import unique_names
from reid_audit.inputs.tables import check_columns, lines_of, read_text_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from reid_audit.types import ScanQuality

__all__ = ["RATING_COLUMNS", "join_ratings", "read_ratings"]

RATING_COLUMNS = ("rater", "scan", "face_pass", "brain_pass")
"""``scan`` is the sample in ``quality.tsv``, or the name of the defaced file, with as many of its folders as tell it
from others; empty answers are allowed."""

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
        ``rater, scan`` as text, ``face_pass, brain_pass`` 1.0, 0.0 or NaN; the index is the line in the file.

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
    return table


def join_ratings(
    ratings: pd.DataFrame, judged: Sequence[ScanQuality], files: Sequence[str] = ()
) -> tuple[pd.DataFrame, int]:
    """Put the automatic verdicts beside the ratings.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As :func:`read_ratings` returns it.
    judged : sequence of ScanQuality
    files : sequence of str
        Path of each defaced scan, in the same order; empty where there is none. Without it scans are told by their
        sample alone.

    Returns
    -------
    pandas.DataFrame
        Ratings of scans that were judged, and ``subject, face, brain`` (verdicts); ``scan`` is the sample, numbered
        where several have one.
    int
        Ratings of scans that were not.

    Raises
    ------
    UsageError
        If no rated scan was judged.
    ManifestError
        If a name fits several scans, or one rater rated a scan under two names.
    """
    places = [files[number] if files else "" for number in range(len(judged))]
    scans = _by_name(judged, places)
    found = [scans.get(_parts(str(name)), []) for name in ratings["scan"]]
    doubtful = ratings.index[[len(fitting) > 1 for fitting in found]]
    if len(doubtful):
        raise ManifestError(
            f"The name of the scan in line {lines_of(list(doubtful))} of the ratings fits several scans.",
            remedy="Use the names in the column 'sample' of quality.tsv, or write the folders before the name as well.",
        )
    known = [bool(fitting) for fitting in found]
    numbers = [fitting[0] for fitting in found if fitting]
    if not numbers:
        raise UsageError(
            "No scan of the ratings is among those that were judged.",
            remedy="Use the names in the column 'sample' of quality.tsv.",
        )
    names = unique_names([one.sample for one in judged], places)
    joined = ratings[known].assign(
        scan=[names[number] for number in numbers],
        subject=[judged[number].subject or names[number] for number in numbers],
        face=[judged[number].face for number in numbers],
        brain=[judged[number].brain.verdict for number in numbers],
    )
    twice = joined.index[joined.duplicated(["rater", "scan"])]
    if len(twice):
        raise ManifestError(
            f"Line {lines_of(list(twice))} of the ratings is of a rater and scan of a line above, under another name.",
            remedy="Keep one rating of each rater and scan.",
        )
    return joined.reset_index(drop=True), len(ratings) - len(joined)


def _by_name(judged: Sequence[ScanQuality], files: Sequence[str]) -> Mapping[tuple[str, ...], list[int]]:
    """Return which scans a name may mean: a sample the scan of that sample, else every file whose path ends so."""
    samples: dict[tuple[str, ...], list[int]] = defaultdict(list)
    paths: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, (one, file) in enumerate(zip(judged, files, strict=True)):
        samples[_parts(one.sample)].append(number)
        parts = _parts(str(Path(file).absolute())) if file else ()
        for start in range(len(parts)):
            paths[parts[start:]].append(number)
    return {**paths, **{name: numbers for name, numbers in samples.items() if len(numbers) == 1 or name not in paths}}


def _parts(name: str) -> tuple[str, ...]:
    """Return folders and name of a scan, without extension."""
    bare = split_extension(name.replace("\\", "/"))[0]
    return tuple(part for part in bare.split("/") if part not in {"", "."})

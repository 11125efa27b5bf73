"""Which defaced scan belongs to which original, and which masks to which scan."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.comparison.measuring import Given, ScanTask
from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.pairing import partners, scan_key
from reid_audit.inputs.tables import check_columns, lines_of, read_text_table
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from reid_audit.inputs.pairing import ScanKey
    from reid_audit.types import Cohort
    from reid_audit.utility import GrowthChart

__all__ = ["MASK_LABELS", "originals_by_scan", "read_masks", "scan_tasks"]

Row = dict[str, Any]

MASK_LABELS = ("brain", "tumour", "temporalis")

_MASK_COLUMNS = ("subject", "session", "modality", "condition", "label", "path")
_EVERY = ""


def read_masks(path: Path | str) -> pd.DataFrame:
    """Read a table of masks.

    Parameters
    ----------
    path : path-like
        CSV, TSV or Parquet with the columns ``subject``, ``label`` (brain, tumour or temporalis) and ``path``, relative
        to the table; ``session``, ``modality`` and ``condition`` where they are needed. A row without a condition is
        of every one: the mask of the original, laid on what the defacer left.

    Returns
    -------
    pandas.DataFrame
        ``subject, session, modality, condition, label, path``; paths absolute.

    Raises
    ------
    ManifestError
        If the file is no such table, or names another label.
    """
    import pandas as pd

    place = Path(path)
    table = read_text_table(place)
    check_columns(table, "table of masks", allowed=_MASK_COLUMNS, required=("subject", "label", "path"), meant={})
    wrong = sorted(set(table["label"]) - set(MASK_LABELS))
    if wrong:
        raise ManifestError(
            f"The table of masks has the label '{wrong[0][:40]}'; allowed are {', '.join(MASK_LABELS)}.",
            remedy="Rename or remove these rows.",
        )
    folder = place.absolute().parent
    optional = {
        name: [cell.removeprefix("ses-") for cell in table[name]] if name in table.columns else [_EVERY] * len(table)
        for name in ("session", "modality", "condition")
    }
    masks = pd.DataFrame(
        {
            "subject": [cell.removeprefix("sub-") for cell in table["subject"]],
            **optional,
            "label": table["label"].tolist(),
            "path": [str(folder / cell) for cell in table["path"]],
        }
    )
    absent = int(sum(not Path(each).is_file() for each in masks["path"]))
    if absent:
        raise ManifestError(
            f"{absent} of {len(masks)} paths of the table of masks are no file; they are relative to the table.",
            remedy="Correct the paths.",
        )
    twice = masks.index[masks.duplicated([name for name in masks.columns if name != "path"])]
    if len(twice):
        raise ManifestError(
            f"Line {lines_of(list(twice))} of the table of masks repeats the mask of a line above.",
            remedy="Keep one mask of each scan, condition and label.",
        )
    return masks


def scan_tasks(
    cohort: Cohort,
    *,
    masks: pd.DataFrame | None = None,
    chart: GrowthChart | None = None,
    store: str | None = None,
) -> tuple[tuple[ScanTask, ...], tuple[str, ...]]:
    """Put each original together with what every defacer made of it.

    Parameters
    ----------
    cohort : Cohort
        Originals and one or more other conditions. A scan is told by subject, session, modality and what else its name
        says (run, acquisition); where several of one condition are alike in these the first counts.
    masks : pandas.DataFrame, optional
        As :func:`read_masks` returns it.
    chart : GrowthChart, optional
    store : str, optional
        Folder of finished records.

    Returns
    -------
    tuple of ScanTask
        One an original; a condition without a scan of it has an empty path. Where a person has several originals of one
        session and modality, what else their names say follows the session: ``1_run-2``.
    tuple of str
        What could not be put together.

    Raises
    ------
    UsageError
        When there is no original, or nothing else.
    """
    scans = cohort.scans
    conditions = [str(name) for name in dict.fromkeys(scans["condition"]) if name != ORIGINAL]
    if ORIGINAL not in set(scans["condition"]) or not conditions:
        raise UsageError(
            "A comparison takes original scans and at least one other condition.",
            remedy="Give --originals DIR and --condition NAME=DIR.",
        )
    files = {name: _by_key(scans[scans["condition"] == name]) for name in (ORIGINAL, *conditions)}
    made: dict[ScanKey, dict[str, Row]] = {key: {ORIGINAL: row} for key, row in files[ORIGINAL].items()}
    alone = 0
    for name in conditions:
        original_of = partners(files[name], made)
        alone += len(files[name]) - len(original_of)
        for key, original in original_of.items():
            made[original][name] = files[name][key]
    repeats = len(scans) - sum(len(rows) for rows in files.values())
    marks = _by_scan(masks)
    sessions = _sessions(made)
    tasks = [
        _task(key, of_scan, conditions, session=sessions[key], marks=marks, chart=chart, store=store)
        for key, of_scan in made.items()
    ]
    notes = [
        f"{alone} defaced scans have no original of the same subject, session, modality and run: they were not judged"
        if alone
        else "",
        f"{repeats} scans repeat a subject, session, modality, run and condition: only the first of each was judged"
        if repeats
        else "",
    ]
    return tuple(tasks), tuple(filter(None, notes))


def originals_by_scan(cohort: Cohort) -> dict[tuple[str, str, str], Row]:
    """Return the row of each original by the subject, session and modality that its verdicts and measures have."""
    rows = _by_key(cohort.scans[cohort.scans["condition"] == ORIGINAL])
    sessions = _sessions(rows)
    return {(key.subject, sessions[key], str(row["modality"])): row for key, row in rows.items()}


def _by_key(scans: pd.DataFrame) -> dict[ScanKey, Row]:
    found: dict[ScanKey, Row] = {}
    for row in scans.to_dict("records"):
        cells = {str(name): cell for name, cell in row.items()}
        found.setdefault(scan_key(cells), cells)
    return found


def _sessions(keys: Collection[ScanKey]) -> dict[ScanKey, str]:
    """Return the session of each original; where one has several of a modality, with what else their names say."""
    alike = Counter(key[:3] for key in keys)
    return {
        key: "_".join(filter(None, (key.session, key.extra))) if alike[key[:3]] > 1 else key.session for key in keys
    }


def _task(
    key: ScanKey,
    of_scan: Mapping[str, Mapping[str, Any]],
    conditions: Sequence[str],
    *,
    session: str,
    marks: Mapping[str, Sequence[Mapping[str, str]]],
    chart: GrowthChart | None,
    store: str | None,
) -> ScanTask:
    original = of_scan[ORIGINAL]
    return ScanTask(
        key.subject,
        session,
        str(original["modality"]),
        age=float(original["age"]),
        sex=str(original["sex"]),
        original=_given(key, session, ORIGINAL, original, marks),
        defaced=tuple(_given(key, session, name, of_scan.get(name), marks) for name in conditions),
        store=store,
        chart=chart,
    )


def _given(
    key: ScanKey,
    session: str,
    condition: str,
    row: Mapping[str, Any] | None,
    marks: Mapping[str, Sequence[Mapping[str, str]]],
) -> Given:
    own = {"session": {key.session, session}, "modality": {key.modality}, "condition": {condition}}
    fitting = [
        mark
        for mark in marks.get(key.subject, ())
        if all(mark[name] in {_EVERY, *wanted} for name, wanted in own.items())
    ]
    # Rows that say more win over those that are of every session, modality or condition.
    fitting.sort(key=lambda mark: (sum(mark[name] != _EVERY for name in own), mark["session"] == session))
    masks = {mark["label"]: mark["path"] for mark in fitting}
    if row is None:
        return Given(condition, "", "", masks)
    return Given(condition, str(row["sample"]), str(row["path"]), masks)


def _by_scan(masks: pd.DataFrame | None) -> Mapping[str, Sequence[Mapping[str, str]]]:
    made: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    if masks is not None:
        for row in masks.to_dict("records"):
            made[str(row["subject"])].append({str(name): str(cell) for name, cell in row.items()})
    return made

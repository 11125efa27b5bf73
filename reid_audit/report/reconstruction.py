"""The ladder of reconstruction attackers: how near each comes to the true face, as a page, as JSON and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.attacking import DEFACED, SWAPPED
from reid_audit.reconstruct.naming import shareable_names
from reid_audit.reconstruct.results import (
    AVERAGE,
    DISTANCES,
    distance_differences,
    distance_results,
    recovered_results,
)
from reid_audit.report.numbers import MISSING, plain, with_interval
from reid_audit.report.page import render_page
from reid_audit.report.tables import PHANTOM_NOTICE
from reid_audit.report.voxels import voxel_rows, voxels_as_json
from reid_audit.store import write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from reid_audit.reconstruct.voxel_study import VoxelStudy
    from reid_audit.types import Difference, Result

__all__ = ["Rung", "distances_in_words", "learnt_in_words", "rungs", "write_distances"]

_MEAN, _P95 = DISTANCES["mean"], DISTANCES["p95"]


@dataclass(frozen=True)
class Rung:
    """One attacker on one condition.

    Parameters
    ----------
    condition, attacker : str
    mean : Result
        Mean surface distance.
    p95 : Result
    change : Difference or None
        Of the mean distance, against the average face.
    recovered : Result or None
    """

    condition: str
    attacker: str
    mean: Result
    p95: Result
    change: Difference | None
    recovered: Result | None


def rungs(faces: pd.DataFrame, *, seed: int) -> tuple[Rung, ...]:
    """Return attackers by condition, from the defaced scan itself to the one that comes nearest.

    Parameters
    ----------
    faces : pandas.DataFrame
        As :class:`~reid_audit.reconstruct.study.Study` has them.
    seed : int
        Of the resamples.

    Returns
    -------
    tuple of Rung

    Raises
    ------
    UsageError
        Two attackers have one name without their folders.
    """
    names_of = shareable_names(sorted({str(name) for name in faces["attacker"]}))
    faces = faces.assign(attacker=[names_of[str(name)] for name in faces["attacker"]])
    own = faces[~faces["attacker"].str.endswith(SWAPPED)]
    numbers = {(r.condition, r.attacker or DEFACED, r.metric): r for r in distance_results(faces)}
    changes = {(d.condition, d.attacker): d for d in distance_differences(own) if d.metric == _MEAN}
    rng = np.random.default_rng([seed, 11])
    recovered = {(r.condition, r.attacker): r for r in recovered_results(own, rng=rng)}
    names = sorted({(str(c), str(a)) for c, a in zip(own["condition"], own["attacker"], strict=True)})
    found = [
        Rung(
            condition,
            attacker,
            numbers[condition, attacker, _MEAN],
            numbers[condition, attacker, _P95],
            changes.get((condition, attacker)),
            recovered.get((condition, attacker)),
        )
        for condition, attacker in names
    ]
    return tuple(
        sorted(found, key=lambda rung: (rung.condition, -(np.inf if rung.mean.value is None else rung.mean.value)))
    )


def write_distances(
    faces: pd.DataFrame,
    out: Path,
    *,
    seed: int,
    learnt: int,
    not_learnt: int,
    phantom: bool = False,
    voxels: VoxelStudy | None = None,
) -> Path:
    """Write ``reconstruction.json``, ``voxels.json`` and ``reconstruction.html``, which name no scan and no person.

    Parameters
    ----------
    faces : pandas.DataFrame
    out : Path
        Folder that exists, or is made by the audit.
    seed : int
    learnt, not_learnt : int
        People whom the attackers learnt from, and people who were given and could not be learnt from.
    phantom : bool
        Nobody exists, of those who were attacked and of those who were learnt from: the page says so.
    voxels : VoxelStudy, optional
        What the voxels of faces say of people; without it an older ``voxels.json`` is removed.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    StoreError
        If a file cannot be written.
    UsageError
        Two attackers have one name without their folders.
    """
    ladder = rungs(faces, seed=seed)
    write_json(out / "reconstruction.json", [asdict(rung) for rung in ladder])
    said = voxel_rows(voxels) if voxels else []
    if voxels:
        write_json(out / "voxels.json", plain(voxels_as_json(voxels)))
    else:
        (out / "voxels.json").unlink(missing_ok=True)
    rows = [_cells(rung) for rung in ladder]
    notes = [note for note in dict.fromkeys(row["note"] for row in (*rows, *said)) if note]
    page = render_page(
        "reid_audit.report",
        "reconstruction.html",
        rows=_with_notes(rows, notes),
        voxels=_with_notes(said, notes),
        notes=notes,
        baseline=AVERAGE,
        learnt=learnt_in_words(learnt, not_learnt),
        phantom_notice=PHANTOM_NOTICE if phantom else "",
    )
    return write_text(out / "reconstruction.html", page)


def distances_in_words(faces: pd.DataFrame, *, seed: int = 1) -> str:
    """Return a line an attacker for a terminal."""
    lines = []
    for rung in rungs(faces, seed=seed):
        cells = _cells(rung)
        gain = f"; less the {AVERAGE} face's {cells['change']}" if rung.change else ""
        lines.append(f"{rung.condition}, {cells['attacker']}: {cells['mean']} mm, n = {rung.mean.n_subjects}{gain}")
    return "\n".join(lines)


def learnt_in_words(learnt: int, not_learnt: int) -> str:
    """Return a sentence on whom attackers learnt from."""
    said = f"Attackers learnt from {learnt} people"
    if not_learnt:
        were = "was" if not_learnt == 1 else "were"
        said += f"; {not_learnt} more {were} given, whose scans cannot be read or show no head to be laid on the others"
    return f"{said}. A diffusion model learnt from those that it was trained on."


def _with_notes(rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> list[dict[str, Any]]:
    """Put the number of a note in its place."""
    return [{**row, "note": notes.index(row["note"]) + 1 if row["note"] else ""} for row in rows]


def _cells(rung: Rung) -> dict[str, Any]:
    return {
        "condition": rung.condition,
        "attacker": rung.attacker or "the defaced scan itself",
        "n": rung.mean.n_subjects,
        "mean": with_interval(rung.mean),
        "p95": with_interval(rung.p95),
        "swapped": MISSING if rung.mean.control is None else f"{rung.mean.control:.2f}",
        "change": _change(rung.change),
        "recovered": MISSING if rung.recovered is None else with_interval(rung.recovered),
        "note": rung.mean.note,
    }


def _change(change: Difference | None) -> str:
    if change is None:
        return MISSING
    if change.value is None:
        return f"{MISSING} ({change.note})"
    interval = "" if change.low is None or change.high is None else f" ({change.low:+.2f} to {change.high:+.2f})"
    p = "" if change.p_adjusted is None else f", p {change.p_adjusted:.2g} after Holm"
    return f"{change.value:+.2f}{interval}{p}"

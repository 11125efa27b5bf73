"""What the voxels of faces say of people: for the page of rebuilt faces, for a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reid_audit.report.numbers import MISSING, with_interval
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from reid_audit.reconstruct.voxel_study import VoxelStudy
    from reid_audit.types import Difference

__all__ = ["voxel_rows", "voxels_as_json", "voxels_in_words"]

_OF = "quantity: "


def voxel_rows(study: VoxelStudy) -> list[dict[str, Any]]:
    """Return a row a quantity and condition; of each quantity the originals first.

    Parameters
    ----------
    study : VoxelStudy

    Returns
    -------
    list of dict
        ``quantity, condition, n, value, change, note``; names no scan and no person.
    """
    changes = {(name, change.condition): change for name, found in study.differences.items() for change in found}
    rows = [
        {
            "quantity": (quantity := result.group.removeprefix(_OF)),
            "condition": result.condition,
            "n": result.n_subjects,
            "value": MISSING if result.value is None else with_interval(result),
            "change": _change(changes.get((quantity, result.condition))),
            "note": result.note,
        }
        for result in study.results
    ]
    named = list(dict.fromkeys(row["quantity"] for row in rows))
    return sorted(rows, key=lambda row: (named.index(row["quantity"]), row["condition"] != ORIGINAL, row["condition"]))


def voxels_as_json(study: VoxelStudy) -> dict[str, Any]:
    """Return results and differences as JSON holds them.

    Parameters
    ----------
    study : VoxelStudy

    Returns
    -------
    dict
        ``results``, and by quantity ``differences``, original less condition.
    """
    return {
        "results": [asdict(result) for result in study.results],
        "differences": {name: [asdict(change) for change in found] for name, found in study.differences.items()},
    }


def voxels_in_words(study: VoxelStudy) -> str:
    """Return a line a quantity and condition for a terminal.

    Parameters
    ----------
    study : VoxelStudy

    Returns
    -------
    str
    """
    lines = []
    for row in voxel_rows(study):
        beside = f"; original less this {row['change']}" if row["change"] != MISSING else ""
        why = f" ({row['note']})" if row["value"] == MISSING else ""
        lines.append(
            f"{row['quantity']} from the voxels of {row['condition']}: Spearman {row['value']}{why}, "
            f"n = {row['n']}{beside}"
        )
    return "\n".join(lines)


def _change(change: Difference | None) -> str:
    if change is None or change.value is None:
        return MISSING
    interval = "" if change.low is None or change.high is None else f" ({change.low:+.2f} to {change.high:+.2f})"
    return f"{change.value:+.2f}{interval}"

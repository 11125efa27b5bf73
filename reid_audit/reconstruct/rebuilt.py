"""Rebuilt scans as conditions of a cohort: which they are, of what they were made, and whether anybody exists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from reid_audit.errors import UsageError
from reid_audit.inputs import check_names
from reid_audit.plugins import shareable_name
from reid_audit.reconstruct.attacking import DEFACED, SWAPPED
from reid_audit.store import file_key
from reid_audit.types import Rebuilt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Cohort

__all__ = ["check_conditions", "of_phantoms", "reconstructed_name", "with_reconstructions"]

_LEARNT_FROM_PEOPLE = (
    "attackers learnt from real people, or from a model of which that is not known: the cohort counts as one of real "
    "people, and no rebuilt face is shown"
)


def reconstructed_name(condition: str, attacker: str) -> str:
    """Return the condition of scans that an attacker made of those of a condition: ``zero+shape``."""
    return f"{condition}+{attacker}" if attacker else condition


def check_conditions(attackers: Sequence[str], attacked: Cohort) -> None:
    """Refuse an attack whose scans would bear the condition of scans that are there, or the label of a person."""
    if any(shareable_name(name).endswith(SWAPPED) for name in attackers):
        raise UsageError(
            f"The name of an attacker ends in '{SWAPPED}', as controls do.", remedy="Give it another name."
        )
    names = {f"attacker {k}": shareable_name(name) for k, name in enumerate(attackers, 1) if ":" in name}
    check_names(attacked, names)
    given = sorted(map(str, set(attacked.scans["condition"])))
    made = {
        reconstructed_name(condition, shareable_name(attacker) + control).casefold()
        for condition in given
        for attacker in attackers
        for control in ("", SWAPPED)
    }
    taken = [condition for condition in given if condition.casefold() in made]
    if taken:
        raise UsageError(
            f"The cohort has a condition named {', '.join(map(repr, taken))}, as the rebuilt scans would be.",
            remedy="Rename the condition, or leave its scans out.",
        )


def of_phantoms(training: Cohort, attackers: Sequence[str]) -> bool:
    """Tell whether nobody who exists was learnt from, by a trained model neither."""
    from reid_audit.reconstruct.diffusion.training import learnt_from

    if not training.phantom:
        return False
    keys = {file for name in attackers if name.startswith("diffusion:") for file in learnt_from(name.split(":", 1)[1])}
    paths = [str(path) for path in training.scans["path"]] if keys else []
    return keys <= {file_key(path) for path in paths if Path(path).is_file()}


def with_reconstructions(attacked: Cohort, faces: pd.DataFrame, *, phantom: bool) -> Cohort:
    """Add the reconstructions to a cohort: each is a scan of a condition of its own, and none of them is released."""
    made = faces[(faces["attacker"] != DEFACED) & (faces["path"] != "")]
    facts = attacked.scans.drop_duplicates("sample").set_index("sample")
    rows, rebuilt = [], {}
    for row in made.to_dict("records"):
        name = shareable_name(row["attacker"])
        own = {"condition": reconstructed_name(row["condition"], name), "path": row["path"]}
        rows.append({**facts.loc[row["sample"]].to_dict(), **own, "sample": reconstructed_name(row["sample"], name)})
        attacker, control = name.removesuffix(SWAPPED), name.endswith(SWAPPED)
        rebuilt[own["condition"]] = Rebuilt(row["condition"], attacker, control)
    more = pd.DataFrame(rows, columns=list(attacked.scans.columns))
    scans = pd.concat([attacked.scans, more], ignore_index=True) if rows else attacked.scans
    notes = (*attacked.notes, _LEARNT_FROM_PEOPLE) if attacked.phantom and not phantom else attacked.notes
    return replace(attacked, scans=scans, phantom=phantom, notes=notes, rebuilt=rebuilt)

"""What an attack on a cohort consists of: which original is of a defaced scan, and whose face goes into whose head."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.inputs.pairing import partners as originals_of
from reid_audit.inputs.pairing import scan_key
from reid_audit.reconstruct.attacking import AttackTask, SwapTask
from reid_audit.reconstruct.swap import partners
from reid_audit.types import ORIGINAL, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.types import Cohort

__all__ = ["attack_tasks", "swap_tasks"]

_NONE = "No original of the same person, session, modality and run: how far its face is from the true one is not known."
_SEVERAL = "Several originals of its person, session, modality and run: which of them was defaced is not known."


def attack_tasks(attacked: Cohort, **common: Any) -> tuple[list[AttackTask], tuple[Failure, ...]]:
    """Give each defaced scan of a cohort its original, as :func:`reid_audit.inputs.pairing.partners` tells.

    Parameters
    ----------
    attacked : Cohort
    **common
        What all tasks share: the other fields of :class:`~reid_audit.reconstruct.attacking.AttackTask`.

    Returns
    -------
    list of AttackTask
        In the order of people, sessions, conditions and samples.
    tuple of Failure
        One a defaced scan that has no original, or several.

    Raises
    ------
    UsageError
        No defaced scan has an original.
    """
    scans = attacked.scans.sort_values(["subject", "session", "condition", "sample"])
    rows = [{str(name): str(cell) for name, cell in row.items()} for row in scans.to_dict("records")]
    originals, defaced = defaultdict(list), defaultdict(list)
    for row in rows:
        if row["condition"] == ORIGINAL:
            originals[scan_key(row)].append(row)
        else:
            defaced[row["condition"]].append(row)
    of = {name: originals_of([scan_key(row) for row in group], originals) for name, group in defaced.items()}
    tasks, alone = [], []
    for row in (row for row in rows if row["condition"] != ORIGINAL):
        key = of[row["condition"]].get(scan_key(row))
        known = originals[key] if key is not None else []
        if len(known) == 1:
            own: dict[str, Any] = {name: row[name] for name in ("sample", "subject", "condition", "modality")}
            tasks.append(AttackTask(**own, original=known[0]["path"], defaced=row["path"], **common))
        else:
            alone.append(_without(row, several=bool(known)))
    if not tasks:
        raise UsageError(
            "No defaced scan has an original of the same person, session, modality and run.",
            remedy="Give originals as well: without them nobody can say how far a face is from the true one.",
        )
    return tasks, tuple(alone)


def _without(row: Mapping[str, str], *, several: bool) -> Failure:
    what = _SEVERAL if several else _NONE
    remedy = "Tell them apart by a run in their BIDS names." if several else "Give its original as well."
    return Failure("reconstruct", row["subject"], row["session"], row["condition"], row["sample"], what, remedy)


def swap_tasks(
    rows: Sequence[Mapping[str, Any]], tasks: Sequence[AttackTask], attackers: Sequence[str], seed: int
) -> list[SwapTask]:
    """Pair heads with reconstructions of other people, within a condition and modality.

    Parameters
    ----------
    rows : sequence of mapping
        As :func:`~reid_audit.reconstruct.attacking.attack_one` makes them.
    tasks : sequence of AttackTask
        That they are of.
    attackers : sequence of str
        Whose reconstructions are swapped.
    seed : int
        Draws who gets whose.

    Returns
    -------
    list of SwapTask
        The same pairs for every attacker; who was not rebuilt by one of them is passed over there, and no other pair
        changes.
    """
    by_sample = {task.sample: task for task in tasks}
    swaps = []
    for condition, modality in sorted({(task.condition, task.modality) for task in tasks}):
        group = {task.sample for task in tasks if (task.condition, task.modality) == (condition, modality)}
        people = {by_sample[sample].subject for sample in group}
        if len(people) < 2:
            continue
        next_to = partners(sorted(people), np.random.default_rng([seed, 17]))
        for attacker in attackers:
            made = {
                row["subject"]: row
                for row in sorted(rows, key=lambda row: str(row["sample"]), reverse=True)
                if row["sample"] in group and row["attacker"] == attacker and row["path"] and row["to_grid"]
            }
            for head in (person for person in next_to if person in made):
                face = _whose(head, next_to, made)
                if face == head:
                    continue
                own, other = made[head], made[face]
                places = _frozen(own["to_grid"]), _frozen(other["to_grid"])
                swaps.append(SwapTask(by_sample[own["sample"]], attacker, other["path"], *places))
    return swaps


def _whose(head: str, next_to: Mapping[str, str], made: Mapping[str, Any]) -> str:
    """Return the next person who was rebuilt; the head's own where nobody else was."""
    face = next_to[head]
    while face not in made:
        face = next_to[face]
    return face


def _frozen(matrix: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)

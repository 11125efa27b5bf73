"""Whose results OUT holds: of which defacer, and of which scans."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.defacing.task import RECORDS, is_finished
from reid_audit.errors import UsageError
from reid_audit.inputs.description import read_description
from reid_audit.store import content_key, own_folder, private_folder, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.defacing.task import Task

__all__ = ["check_out", "remember_sources"]

_FILE = "sources.json"


@dataclass(frozen=True)
class _Sources:
    """The defacer of an OUT, and of each image in it a hash of where its scan lay."""

    defacer: str = ""
    scans: Mapping[str, str] = field(default_factory=dict)


def check_out(out: Path, defacer: str, tasks: Sequence[Task]) -> None:
    """Refuse an OUT in which a result of something else would be overwritten.

    Parameters
    ----------
    out : Path
    defacer : str
    tasks : sequence of Task

    Raises
    ------
    UsageError
        OUT holds another data set, the results of another defacer, or under the name of a result a file that is not of
        the same scan. A scan that was moved is known by its content, as long as its result is as it would be made now.
    """
    own_folder(out)
    said = read_description(out)
    if said.found and (said.generators[:1] != (defacer,) or "reid_audit" not in said.generators):
        raise UsageError(
            f"OUT '{out}' holds another data set ({', '.join(said.generators) or 'nobody says whose'}).",
            remedy="Name one OUT for each defacer.",
        )
    known = _sources(out)
    if known.defacer not in ("", defacer):
        raise UsageError(
            f"OUT '{out}' holds what the defacer '{known.defacer}' made.", remedy="Name one OUT for each defacer."
        )
    for task in tasks:
        there = any((out / name).exists() for name in task.names.all)
        if there and known.scans.get(task.names.image) != _place(task) and not is_finished(task):
            raise UsageError(
                f"OUT '{out}' holds files that would be overwritten, and that are not of the same scan.",
                remedy="Name another folder.",
            )


def remember_sources(out: Path, defacer: str, tasks: Sequence[Task]) -> None:
    """Keep in OUT which defacer, and which scans, its results are of.

    Parameters
    ----------
    out : Path
    defacer : str
    tasks : sequence of Task

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    scans = {**_sources(out).scans, **{task.names.image: _place(task) for task in tasks}}
    write_json(private_folder(out / RECORDS) / _FILE, {"defacer": defacer, "scans": scans})


def _place(task: Task) -> str:
    return content_key(str(Path(task.path).resolve()))


def _sources(out: Path) -> _Sources:
    """Return what is kept; nothing where there is none, or what there is was damaged."""
    try:
        kept = json.loads((out / RECORDS / _FILE).read_text(encoding="utf-8"))
        return _Sources(str(kept["defacer"]), dict(kept["scans"]))
    except (OSError, ValueError, TypeError, KeyError):
        return _Sources()

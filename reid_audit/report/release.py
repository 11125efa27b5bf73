"""What else is in the release, as the report may say it: pseudonyms for people, and no path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.report.limits import RUNNING_TEXT
from reid_audit.report.page_tables import PageTable, make_table
from reid_audit.report.wording import counted
from reid_audit.triage import ANSWERS, PLACE, read_triage

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.report.pseudonyms import Pseudonyms
    from reid_audit.triage import Triage, TriagedFile

__all__ = ["Release", "release_of"]

_COLUMNS = ("answer", "person", "place", "kind", "why")
_PLACES = ("sourcedata", "derivatives", "rawdata", "code", "stimuli")
_SUBJECT = re.compile(r"(?:^|[/_])sub-([A-Za-z0-9+]+)")
_ORDER = ("face", "cannot tell", "unaudited")


class Release:
    """What a triage answered, without paths.

    Parameters
    ----------
    triage : Triage
    names : Pseudonyms
    """

    def __init__(self, triage: Triage, names: Pseudonyms) -> None:
        named = [file for file in triage.volumes if file.answer in _ORDER]
        named.sort(key=lambda file: (_ORDER.index(file.answer), file.path))
        self._rows = [_row(file, names) for file in named]
        self.triage = triage

    @property
    def facts(self) -> dict[str, Any]:
        """How many files have each answer, for ``report.json``; which of them somebody waives is the gate's."""
        counts = self.triage.counts
        return {
            "complete": self.triage.complete,
            "n_files": len(self.triage.volumes),
            "answers": {answer.replace(" ", "_"): counts[answer] for answer in ANSWERS},
        }

    @property
    def lines(self) -> tuple[str, ...]:
        """What was answered, in sentences."""
        counts = self.triage.counts
        told = (
            f"Every file of the release was asked whether it gives somebody away: {counted(counts['face'], 'file')} "
            f"did, by a face, a name or a date of birth; of {counts['cannot tell']} nobody can tell; "
            f"{counts['unaudited']} could not be looked at; in {counts['none']} nothing was found."
        )
        lines = [told, RUNNING_TEXT]
        if not self.triage.complete:
            lines.append("The look at every file did not come to its end.")
        return tuple(lines)

    @property
    def table(self) -> PageTable:
        """The files in which something was found or that were not looked at, for the page."""
        columns = ("Answer", "Person", "Place", "Kind", "Why")
        caption = "Which files these are stands in the private list, private/triage.json."
        return make_table("Files that are not clean", caption, columns, [list(row.values()) for row in self._rows])

    @property
    def frame(self) -> pd.DataFrame:
        """The same for the folder of tables."""
        return pd.DataFrame(self._rows, columns=list(_COLUMNS))


def release_of(out: Path, names: Pseudonyms) -> Release | None:
    """Return what was triaged in an OUT; None where nothing was.

    Raises
    ------
    StoreError
        If the list of the triage is damaged.
    """
    return Release(read_triage(out), names) if (out / PLACE).is_file() else None


def _row(file: TriagedFile, names: Pseudonyms) -> dict[str, Any]:
    first, slash, _ = file.path.partition("/")
    subject = _SUBJECT.search(file.path)
    inside = first if first in _PLACES else "scans" if first.startswith("sub-") else "elsewhere"
    place = inside if slash else "top"
    person = names.person(subject[1]) if subject else ""
    return {"answer": file.answer, "person": person, "place": place, "kind": file.kind, "why": file.why}

"""Each person's scans, one condition beside the other: what a defacer took, and what an attacker rebuilt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.appendix.shots import Shot
from reid_audit.enrolment import rows_of, scan_task
from reid_audit.report.verdict import conditions_in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.settings import Settings
    from reid_audit.types import Findings, View

__all__ = ["Person", "people_of"]


@dataclass(frozen=True)
class Person:
    """Somebody's scans from one view.

    Parameters
    ----------
    subject : str
    shots : tuple of (str, Shot)
        Condition and picture, the original first; of several scans in a condition the first by its id.
    """

    subject: str
    shots: tuple[tuple[str, Shot], ...]


def people_of(findings: Findings, settings: Settings) -> tuple[Person, ...]:
    """Return everybody whose scans are of more than one condition, in no order that says anything.

    Parameters
    ----------
    findings : Findings
    settings : Settings
        Of the same audit: the view is the one of its grid that is nearest to the front.

    Returns
    -------
    tuple of Person
    """
    order = conditions_in_order(findings)
    found: dict[str, dict[str, Shot]] = {}
    for row in sorted(rows_of(findings.cohort.scans), key=lambda row: str(row.sample)):
        view = _from_the_front(scan_task(row, settings).views)
        found.setdefault(str(row.subject), {}).setdefault(str(row.condition), Shot(str(row.sample), view))
    return tuple(
        Person(subject, tuple((name, shots[name]) for name in order if name in shots))
        for subject, shots in found.items()
        if len(shots) > 1
    )


def _from_the_front(views: Sequence[View]) -> View:
    return min(views, key=lambda view: (abs(view.yaw) + abs(view.pitch), abs(view.light_azimuth)))

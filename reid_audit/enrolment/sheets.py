"""Contact sheets of what was enrolled: of people who do not exist alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.enrolment.cohort import rows_of
from reid_audit.render import contact_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.enrolment.tasks import Sample
    from reid_audit.types import Cohort

__all__ = ["contact_sheets"]

_PEOPLE = 16


def contact_sheets(cohort: Cohort, samples: Mapping[str, Sample]) -> dict[str, np.ndarray[Any, Any]]:
    """Return one contact sheet a condition, a render of each of the first people.

    Parameters
    ----------
    cohort : Cohort
    samples : mapping of str to Sample

    Returns
    -------
    dict of str to ndarray, shape (H, W), uint8
        Conditions of which nobody was rendered are left out.
    """
    people = cohort.subjects[:_PEOPLE]
    sheets = {}
    for condition in dict.fromkeys(cohort.scans["condition"]):
        chosen: dict[str, np.ndarray[Any, Any]] = {}
        for row in rows_of(cohort.scans[cohort.scans["condition"] == condition]):
            picture = samples[row.sample].picture if row.sample in samples else None
            if row.subject in people and picture is not None:
                chosen.setdefault(row.subject, picture)
        if chosen:
            sheets[str(condition)] = contact_sheet(np.stack(list(chosen.values())), columns=min(8, len(chosen)))
    return sheets

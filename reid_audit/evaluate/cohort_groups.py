"""Groups that a cohort's own table tells of: what is known of each person, as names that may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.evaluate.groups import bands

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AGE_EDGES", "GROUPINGS", "SEVERAL", "people_table"]

GROUPINGS = ("age", "modality", "sex", "site")
"""Columns of a cohort by which its people can be told apart."""

AGE_EDGES = (18.0, 40.0, 60.0, 80.0)
"""Years; a band holds its lower edge."""

SEVERAL = "several"
"""The group of people whose scans say different things: two sites, two sequences."""


def people_table(scans: pd.DataFrame) -> pd.DataFrame:
    """Return one row a person with the groups that the person is in.

    Parameters
    ----------
    scans : pandas.DataFrame
        As :attr:`~reid_audit.types.Cohort.scans`; of one condition where it is to say of which modality a person's
        released scans are.

    Returns
    -------
    pandas.DataFrame
        ``subject``; ``age``, the band (:data:`AGE_EDGES`) of the youngest age given; ``modality``, ``sex``, ``site``:
        the value of all of the person's scans, :data:`SEVERAL` where they differ, None where none is given.
    """
    import pandas as pd

    by_person = scans.groupby("subject", sort=True)
    table: dict[str, pd.Series] = {"age": bands(by_person["age"].min(), AGE_EDGES)}
    for name in GROUPINGS[1:]:
        table[name] = pd.Series({who: _one_value(values) for who, values in by_person[name]}, dtype=object)
    return pd.DataFrame(table, dtype=object).rename_axis("subject").reset_index()[["subject", *GROUPINGS]]


def _one_value(values: pd.Series) -> str | None:
    given = {str(value) for value in values.dropna() if str(value)}
    if not given:
        return None
    return given.pop() if len(given) == 1 else SEVERAL

"""Groups out of a cohort's own table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reid_audit.evaluate import GROUPINGS, people_table

SCANS = pd.DataFrame(
    [
        ("b", 39.9, "F", "north", "T1w"),
        ("b", 41.0, "F", "south", "T1w"),
        ("a", 17.0, "M", "north", "CT"),
        ("c", np.nan, "", None, "FLAIR"),
        ("c", 89.0, "F", "", "T1w"),
    ],
    columns=["subject", "age", "sex", "site", "modality"],
)


def test_one_row_a_person_with_the_youngest_age_and_what_all_scans_say() -> None:
    table = people_table(SCANS)
    assert list(table.columns) == ["subject", *GROUPINGS]
    rows = {row.subject: row for row in table.itertuples()}
    assert (rows["b"].age, rows["b"].sex, rows["b"].site) == ("18 to 39", "F", "several")
    assert (rows["a"].age, rows["a"].modality) == ("below 18", "CT")
    assert (rows["c"].age, rows["c"].sex, rows["c"].site, rows["c"].modality) == ("80 and above", "F", None, "several")


def test_nobody_gives_no_rows() -> None:
    assert len(people_table(SCANS.iloc[:0])) == 0


def test_an_unknown_age_is_no_band() -> None:
    assert people_table(SCANS.iloc[3:4])["age"].tolist() == [None]

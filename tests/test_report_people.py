"""How the risk falls on people and on groups, without naming anybody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from report_samples import LABELS, findings

from reid_audit.evaluate import person_risk
from reid_audit.report.document import document
from reid_audit.report.group_table import groups_table
from reid_audit.report.html import page
from reid_audit.report.people_found import people_found_table, person_risk_frame
from reid_audit.report.pseudonyms import draw_pseudonyms
from reid_audit.report.tables import shareable_tables
from reid_audit.report.verdict import identifications


def test_people_are_counted_by_how_often_they_are_found() -> None:
    base = findings()
    names = draw_pseudonyms(base)
    table = people_found_table(base, names)
    searched = [scores for scores in base.scores if scores.attacker != "scan-to-scan"]
    assert len(table.rows) == len(searched)
    for cells, scores in zip(table.rows, searched, strict=True):
        row, risk = dict(cells), person_risk(scores)
        assert int(row["Never found"]) + int(row["Once or more"]) == int(row["People"]) == 16
        assert int(row["Always"]) == int((risk["n_first"] == risk["n_probes"]).sum())
        assert row["Searches"] == "2"
        most = sorted(names.person(label) for label in risk[risk["posterior"] == risk["posterior"].max()]["subject"])
        assert row["Most at risk"] == most[0] + (f" and {len(most) - 1} more" if most[1:] else "")
    assert not any(label in str(table) for label in LABELS)


def test_who_is_found_stays_private_and_under_pseudonyms() -> None:
    base = findings()
    names = draw_pseudonyms(base)
    frame = person_risk_frame(base, names)
    assert set(frame["subject"]) == {names.person(label) for label in LABELS}
    assert {"attacker", "condition", "posterior", "rank_worst"} <= set(frame.columns)
    assert len(frame) == 16 * len([scores for scores in base.scores if scores.attacker != "scan-to-scan"])
    assert "person_risk" not in dict(shareable_tables(base, names))


def test_nobody_searched_gives_empty_tables() -> None:
    base = findings(scores=(), differences=())
    assert people_found_table(base, draw_pseudonyms(base)).rows == ()
    assert len(person_risk_frame(base, draw_pseudonyms(base))) == 0


def test_groups_of_the_quoted_attack_stand_on_the_page() -> None:
    base = findings()
    lead = identifications(base)["original"]
    groups = tuple(
        replace(lead, metric="rank_by_group", group=name, n_subjects=n, value=value, note=note)
        for name, n, value, note in (("sex: F", 9, 0.5, ""), ("sex: M", 0, None, "suppressed: fewer than 5 people"))
    )
    other = replace(groups[0], attacker="photo-nearest", matcher="nearest", group="sex: other attack")
    changed = findings(results=(*base.results, *groups, other))
    rows = [dict(cells) for cells in groups_table(changed).rows]
    assert [row["Group"] for row in rows] == ["sex: F", "sex: M"]
    assert (rows[0]["Value"], rows[0]["n"]) == ("50 %", "9")
    assert (rows[1]["Value"], rows[1]["n"]) == ("–", "–")
    names = draw_pseudonyms(changed)
    text = page(changed, names, document(changed, names))
    assert "Rank 1 by group" in text
    assert "How the risk falls on people" in text
    assert "Before and after, the same people" in text
    assert groups_table(base).rows == ()


def test_a_posterior_is_given_only_where_somebody_was_found() -> None:
    base = findings()
    scores = tuple(
        replace(table, scores=np.where(table.mated, -9.0, table.scores)) for table in base.scores if table.matcher
    )
    base = findings(scores=scores)
    rows = [dict(cells) for cells in people_found_table(base, draw_pseudonyms(base)).rows]
    assert {row["Never found"] for row in rows} == {"16"}
    assert {row["Most at risk"] for row in rows} == {row["Next search"] for row in rows} == {"–"}

"""How the risk falls on people: how many are never found, found at times, and always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.evaluate.comparisons import first_split
from reid_audit.report.assessed import idle_attacks
from reid_audit.report.numbers import MISSING, percent
from reid_audit.report.page_tables import PageTable, make_table
from reid_audit.report.wording import attack_of, attacker_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.report.pseudonyms import Pseudonyms
    from reid_audit.types import Findings, ScoreTable

__all__ = ["people_found_table", "person_risk_frame"]

_ATTACK = ("attacker", "matcher", "embedder", "relation", "condition")


def _risks(findings: Findings) -> Iterator[tuple[ScoreTable, pd.DataFrame]]:
    """Yield each attack that searched somebody, with what became of each person."""
    from reid_audit.evaluate import person_risk, searches_closed_set

    idle = idle_attacks(findings)
    for table in findings.scores:
        if searches_closed_set(table.attacker) and (attack_of(table), table.condition) not in idle:
            risk = person_risk(table)
            if len(risk):
                yield table, risk


def person_risk_frame(findings: Findings, names: Pseudonyms) -> pd.DataFrame:
    """Return the risk of each person under each attack; people under pseudonyms.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`reid_audit.evaluate.person_risk` after those of the attack. For the controller alone: it
        tells who is found, and the ranks could be worked out again from the released scans.
    """
    parts = [
        risk.assign(subject=[names.person(label) for label in risk["subject"]], **_facts(table))
        for table, risk in _risks(findings)
    ]
    if not parts:
        return pd.DataFrame(columns=[*_ATTACK, "subject"])
    whole = pd.concat(parts, ignore_index=True)
    return whole[[*_ATTACK, *(name for name in whole.columns if name not in _ATTACK)]]


def _facts(table: ScoreTable) -> dict[str, str]:
    return {name: getattr(table, name) for name in _ATTACK}


def people_found_table(findings: Findings, names: Pseudonyms) -> PageTable:
    """Return for each attack and condition how many people are found how often, and the pseudonym of the worst off."""
    columns = (
        "Condition",
        "People",
        "Searches",
        "Never found",
        "Once or more",
        "Over half",
        "Always",
        "Most at risk",
        "Next search",
    )
    rows: list[tuple[Any, ...]] = []
    labels: list[str] = []
    for table, risk in _risks(findings):
        first, searches = risk["n_first"], risk["n_probes"]
        labels.append(attacker_label(table, findings.results))
        worst = risk.iloc[0]
        rows.append(
            (
                table.condition,
                len(risk),
                _span(int(searches.min()), int(searches.max())),
                int((first == 0).sum()),
                int((first > 0).sum()),
                int((first > searches / 2).sum()),
                int((first >= searches).sum()),
                _most_found(risk, names) if first.max() > 0 else MISSING,
                f"{percent(worst['posterior'])} ({percent(worst['low']).removesuffix(' %')}–{percent(worst['high'])})"
                if first.max() > 0
                else MISSING,
            )
        )
    caption = (
        "How many people are found, by their own searches: never, by one or more, by more than half, always. Found: "
        "the mate comes first, a tie counting by its share. Most at risk, by pseudonym, is whoever was found most; "
        "next search: the posterior probability, with its 95 % credible interval, that one more search finds that "
        "person, from Jeffreys' prior. Of many people somebody is found most by luck alone. Person by person: the "
        "private folder."
    )
    if any(first_split(table) is not table for table, _ in _risks(findings)):
        caption += (
            " Where people were dealt out in several ways (adapted), this is the first of them: rates over all ways, "
            "in the other tables and at the gate, differ from it."
        )
    return make_table(
        "How the risk falls on people", caption, columns, rows, labels=labels, numeric=frozenset(columns[1:])
    )


def _most_found(risk: pd.DataFrame, names: Pseudonyms) -> str:
    """Return who was found most; of several the first by pseudonym, as the order of labels is nobody's business."""
    tied = risk[(risk["posterior"] == risk["posterior"].iloc[0]) & (risk["n_probes"] == risk["n_probes"].iloc[0])]
    first, *others = sorted(names.person(label) for label in tied["subject"])
    return f"{first} and {len(others)} more" if others else first


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"

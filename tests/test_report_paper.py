"""What a paper takes over: conditions side by side with paired tests, methods, sources."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from report_samples import CONDITIONS, LABELS, findings

from reid_audit.report.conditions_table import CONDITION_KEYS, condition_rows
from reid_audit.report.methods import CITED, bibtex, methods_paragraph
from reid_audit.report.paper import paper
from reid_audit.report.write import write_report


def test_every_condition_of_an_attack_has_its_number_and_its_test() -> None:
    known = findings()
    rows = pd.DataFrame(condition_rows(known))
    assert list(rows.columns) == list(CONDITION_KEYS)
    ranks = rows[(rows["attacker"] == "photo-nearest") & (rows["metric"] == "rank")]
    assert list(ranks["condition"]) == ["original", "meanface", "zero"]
    assert set(ranks["k"]) == {1}
    original, _, zero = ranks.to_dict("records")
    assert original["value"] == 13 / 16
    assert pd.isna(original["change"])
    test = next(
        each
        for each in known.differences
        if (each.attacker, each.condition, each.metric) == ("photo-nearest", "zero", "rank")
    )
    assert (zero["change"], zero["p_adjusted"], zero["lost"]) == (test.value, test.p_adjusted, test.lost)
    assert zero["baseline"] == "original"


def test_groups_and_detection_are_in_no_row() -> None:
    known = findings()
    grouped = replace(known.results[7], group="sex F")
    rows = condition_rows(findings(results=(*known.results, grouped)))
    assert len(rows) == len(condition_rows(known))
    assert {row["metric"] for row in rows} == {"rank", "auc"}


def test_the_table_is_rectangular_and_names_each_attack_once() -> None:
    text = paper(findings())
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    lines = [line for line in body.strip().splitlines() if line.endswith(r"\\")]
    assert {line.count(" & ") for line in lines} == {10}
    assert body.count("photo-nearest") == 1
    assert body.count("zero") == len(lines) / len(CONDITIONS)
    assert text.count("{") == text.count("}")
    assert "no evidence of real-world risk" in text
    assert "no evidence of real-world risk" not in paper(findings(phantom=False))


@pytest.mark.parametrize("paired", [True, False])
def test_every_source_is_cited_and_every_citation_is_a_source(paired: bool) -> None:
    known = findings() if paired else findings(differences=())
    cited = set(re.findall(r"\\cite\{(\w+)\}", paper(known)))
    kinds = re.findall(r"@(\w+)\{(\w+),", bibtex(known))
    held = {name for _, name in kinds}
    assert cited == held
    assert {kind for kind, _ in kinds} <= {"article", "misc", "techreport"}, "what every bibliography style knows"
    assert ("mcnemar1947" in held) is paired
    assert set(CITED.values()) >= held
    assert ("McNemar" in methods_paragraph(known)) is paired


def test_hostile_names_are_text_to_latex(tmp_path) -> None:
    evil = r"\input{/etc/passwd}%"
    base = findings(phantom=False)
    renamed = tuple(replace(r, condition=evil) if r.condition == "zero" else r for r in base.results)
    text = paper(findings(phantom=False, results=renamed))
    assert r"\input" not in text
    assert r"\textbackslash{}input\{/etc/passwd\}\%" in text


def test_the_files_stand_beside_the_report_and_hold_no_label(tmp_path) -> None:
    write_report(findings(phantom=False), tmp_path)
    for name in ("report.tex", "report.bib"):
        text = (tmp_path / name).read_text()
        assert text.endswith("}\n")
        assert not [label for label in LABELS if label in text]
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

"""The table, the figure and the files of a comparison: every number with its people, every gap with its reason."""

from __future__ import annotations

import re
import stat
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_samples import LABELS, findings

from reid_audit.comparison import Comparison, compare_success, condition_rows, figure_costs, success_rates
from reid_audit.comparison import write_comparison as write
from reid_audit.comparison.risk import results_by_seed, risk_of, spread_over_seeds
from reid_audit.comparison.words import agreement_words, comparison_words, difference_words, success_words
from reid_audit.report.latex import escape, latex_table
from reid_audit.types import Result
from reid_audit.utility import agreement

NASTY = "<b>&_%${\\evil}~^\"'\n=1"


def verdicts(names=("zero", "meanface")):
    rows = [
        {"subject": label, "session": "20190312", "modality": "T1w", "condition": name, "lost": False, "why": ""}
        | {"face_pass": place % 4 > 0, "ears_pass": place % 2 > 0, "brain_pass": True, "brain_lost_ml": 0.1 * place}
        for name in names
        for place, label in enumerate(LABELS)
    ]
    return pd.DataFrame(rows)


def measures(names=("zero", "meanface")):
    rng = np.random.default_rng(11)
    before = rng.normal(1000, 90, len(LABELS))
    rows = []
    for place, name in enumerate(("original", *names)):
        after = before * (1 + 0.02 * place * rng.normal(size=len(LABELS)))
        rows += [
            {"subject": label, "session": "", "modality": "T1w", "condition": name, "measure": "brain volume"}
            | {"unit": "ml", "value": value, "why": ""}
            for label, value in zip(LABELS, after, strict=True)
        ]
    return pd.DataFrame(rows)


def sample(found=None, judged=None, numbers=None):
    found = found or findings()
    judged = verdicts() if judged is None else judged
    numbers = measures() if numbers is None else numbers
    rates = success_rates(judged)
    agreements = agreement(numbers, rng=np.random.default_rng(2), resamples=200)
    audits = {5: found, 6: found}
    return Comparison(
        found,
        judged,
        numbers,
        rates,
        tuple(compare_success(judged, name) for name in ("success", "ears_removed")),
        agreements,
        condition_rows(found, judged, rates, agreements),
        results_by_seed(audits),
        spread_over_seeds(audits),
        pd.DataFrame({"subject": LABELS, "fold": 0, "attacker": "scan-to-scan"}),
        settings={"seeds": [5, 6], "margin": 0.05},
    )


def row_of(done, condition):
    (row,) = [row for row in done.rows if row.condition == condition]
    return row


def test_the_risk_is_that_of_the_attack_that_can_exclude_least():
    limits = [
        Result("photo-nearest", "nearest", "dlib", "zero", "rank_upper_limit", 0.26, 16, 32, k=1),
        Result("photo-set", "topk", "dlib", "zero", "rank_upper_limit", 0.41, 16, 32, k=1),
        Result("original-to-released", "nearest", "dlib", "zero", "rank_upper_limit", 0.9, 16, 16, k=1,
               relation="same-scan"),
    ]  # fmt: skip
    base = findings()
    risk = risk_of(replace(base, results=(*base.results, *limits)), "zero")
    assert (risk.attacker, risk.upper, risk.n_subjects) == ("photo-set/topk", 0.41, 16)
    rank = next(r for r in base.results if (r.matcher, r.condition, r.metric, r.k) == ("topk", "zero", "rank", 1))
    assert (risk.rank, risk.low, risk.high) == (rank.value, rank.low, rank.high)
    change = next(d for d in base.differences if (d.matcher, d.condition, d.metric) == ("topk", "zero", "rank"))
    assert (risk.change, risk.change_p) == (change.value, change.p_adjusted)
    only = risk_of(replace(base, results=(*base.results, limits[2])), "zero")
    assert only.upper == 0.9
    assert only.note.startswith("pairs of one scan, an upper bound")


def test_a_row_holds_what_each_part_found():
    done = sample()
    row = row_of(done, "zero")
    assert (row.n_subjects, row.n_scans, row.n_lost) == (16, 16, 0)
    assert row.success.value == pytest.approx(0.75)
    assert row.ears_removed.value == 0.5
    assert (row.brain.median_ml, row.brain.most_ml) == pytest.approx((0.75, 1.5))
    (own,) = [each for each in done.agreements if each.condition == "zero"]
    assert row.utility.spearman == own.spearman
    assert row.utility.absolute_relative == own.absolute_relative
    assert (row.utility.n_equivalent, row.utility.n_tested) == (1, 1)
    original = row_of(done, "original")
    assert original.success is None
    assert done.rows[0] is original


def test_what_is_missing_has_its_reason():
    none = verdicts().assign(face_pass=None, ears_pass=None, brain_pass=None, brain_lost_ml=np.nan)
    empty = measures().assign(value=np.nan)
    done = sample(replace(findings(), results=()), none, empty)
    row = row_of(done, "zero")
    for said in ("risk: no attacker searched", "success: not assessed", "brain lost: not known", "utility: no measure"):
        assert said in row.note
    assert "not assessed" in " ".join(comparison_words(done.rows, 0.95).rows[1]) or row.risk.upper is None
    assert figure_costs(done.rows).axes[0].texts[0].get_text().startswith("No attacker searched")


def test_every_word_table_is_rectangular_and_holds_no_nan():
    done = sample()
    for table in (
        comparison_words(done.rows, 0.95),
        success_words(done.rates),
        difference_words(done.tests),
        agreement_words(done.agreements),
    ):
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
        text = " ".join(cell for row in table.rows for cell in row).lower()
        assert not re.search(r"\b(nan|none)\b", text)


def with_limits(upper):
    base = findings()
    added = tuple(
        Result("photo-nearest", "nearest", "dlib", name, "rank_upper_limit", value, 16, 32, k=1)
        for name, value in upper.items()
    )
    return replace(base, results=(*base.results, *added))


def test_the_figure_draws_each_condition_once_a_panel_and_names_what_is_not_there():
    found = with_limits({"original": 0.95, "zero": 0.3})
    figure = figure_costs(sample(found).rows)
    for axes in figure.axes:
        names = [line.get_label() for line in axes.lines if not str(line.get_label()).startswith("_")]
        assert sorted(names) == ["original", "threshold 0.09", "zero"]
        assert [text.get_text() for text in axes.texts if "Not" in text.get_text()] == ["Not assessed: meanface"]
    (zero,) = [line for line in figure.axes[0].lines if line.get_label() == "zero"]
    assert (zero.get_xdata()[0], zero.get_ydata()[0]) == (pytest.approx(0.75), 0.3)
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()] == ["original", "zero", "threshold 0.09"]


def test_no_two_of_many_conditions_look_alike():
    base = sample(with_limits({"original": 0.95, "zero": 0.3})).rows
    rows = [replace(base[1], condition=f"defacer {number}") for number in range(24)]
    lines = [line for line in figure_costs(rows).axes[0].lines if str(line.get_label()).startswith("defacer")]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 24


def test_what_is_shared_holds_no_label_and_files_are_private(tmp_path):
    found = with_limits({"original": 0.95, "zero": 0.3, "meanface": 0.2})
    page = write(sample(found), tmp_path / "out")
    shared = [path for path in page.parent.rglob("*") if path.is_file() and "private" not in path.parts]
    assert {path.name for path in shared} >= {"compare.html", "compare.tex", "compare.svg", "compare.png"}
    for path in shared:
        content = path.read_bytes()
        assert not any(label.encode() in content for label in LABELS), path.name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = pd.read_csv(page.parent / "private" / "verdicts.csv")
    assert set(kept["subject"]) == set(LABELS)
    assert len(pd.read_csv(page.parent / "private" / "folds.csv")) == len(LABELS)
    table = pd.read_csv(page.parent / "tables" / "comparison.csv")
    assert table["condition"].tolist() == ["original", "zero", "meanface"]
    assert table["risk_upper"].tolist() == [0.95, 0.3, 0.2]
    spread = pd.read_csv(page.parent / "tables" / "spread_over_seeds.csv")
    assert (spread["n_seeds"] == 2).all()
    assert (spread["sd"] == 0).all()


def test_text_from_outside_is_escaped_in_html_and_latex(tmp_path):
    judged = verdicts((NASTY,))
    numbers = measures((NASTY,)).assign(measure=NASTY)
    page = write(sample(with_limits({NASTY: 0.5}), judged, numbers), tmp_path)
    html = page.read_text()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    tex = (tmp_path / "compare.tex").read_text()
    assert r"\evil" not in tex.replace(r"\textbackslash{}evil", "")
    assert escape(NASTY) == (
        r"\textless{}b\textgreater{}\&\_\%\$\{\textbackslash{}evil\}\textasciitilde{}\textasciicircum{}"
        r"\textquotedbl{}' =1"
    )


def test_a_latex_table_is_rectangular_and_balanced():
    text = latex_table(["A", "b_c"], [["1 %", "x & y"]], caption="50 %", label="tab:x", numeric=frozenset({0}))
    assert r"\begin{tabular}{rl}" in text
    assert r"A & b\_c \\" in text
    assert r"1 \% & x \& y \\" in text
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    assert text.count("{") == text.count("}")
    with pytest.raises(ValueError, match="2 cells"):
        latex_table(["A", "B"], [["1"]], caption="", label="x", numeric=frozenset())

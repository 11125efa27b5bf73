"""A comparison on disk: the page, the tables, LaTeX and the figure to share; verdicts, measures and folds to keep."""

from __future__ import annotations

import base64
import io
from dataclasses import asdict
from typing import TYPE_CHECKING

from reid_audit.comparison.figure import figure_costs
from reid_audit.comparison.verdicts import PASSES
from reid_audit.comparison.words import (
    agreement_words,
    comparison_words,
    difference_words,
    failure_words,
    success_words,
)
from reid_audit.report import PHANTOM_NOTICE, PRIVATE
from reid_audit.report.latex import latex_table
from reid_audit.report.page import render_page
from reid_audit.report.style import svg
from reid_audit.store import own_folder, private_folder, take_back, write_bytes, write_table, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from reid_audit.comparison.comparing import Comparison
    from reid_audit.comparison.words import WordTable

__all__ = ["write_comparison"]

_FAILURE = ["stage", "subject", "session", "condition", "sample", "what", "remedy"]


def write_comparison(done: Comparison, folder: Path | str) -> Path:
    """Write ``compare.html``, ``compare.tex``, the figure and ``tables/`` to share, and ``private/`` to keep.

    What is shared holds no label of a person; failures stand there by condition and reason alone. Verdicts, measures,
    folds and failures person by person lie in ``private/``, scores of every comparison in ``audit/private/``.

    Parameters
    ----------
    done : Comparison
    folder : path-like
        Created when missing. Files are 0600.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    base = own_folder(folder)
    take_back(base, "compare.html", "compare.tex", "compare.svg", "compare.png")
    private = private_folder(base / PRIVATE)
    for stem, table in _private(done):
        write_table(private / stem, table)
    shared = private_folder(base / "tables")
    for stem, table in _shared(done):
        write_table(shared / stem, _marked(table, done))
    words = _word_tables(done)
    write_text(base / "compare.tex", "\n".join(_latex(name, table, done) for name, table in words.items()))
    figure = figure_costs(done.rows)
    picture = svg(figure)
    write_bytes(base / "compare.svg", picture)
    write_bytes(base / "compare.png", _raster(figure))
    return write_text(base / "compare.html", _page(done, list(words.values()), picture))


def _private(done: Comparison) -> Iterator[tuple[str, pd.DataFrame]]:
    import pandas as pd

    kinds = {name: "boolean" for name in PASSES if name in done.verdicts.columns}
    yield "verdicts", done.verdicts.astype(kinds)
    yield "measures", done.measures
    yield "folds", done.folds
    yield "judging_failures", pd.DataFrame(map(asdict, done.failures), columns=_FAILURE)


def _shared(done: Comparison) -> Iterator[tuple[str, pd.DataFrame]]:
    import pandas as pd

    yield "comparison", pd.DataFrame([row.flat() for row in done.rows])
    rates = ("condition", "group", "metric", "value", "low", "high", "confidence", "n_subjects", "n_probes", "note")
    yield "success", pd.DataFrame([[getattr(each, name) for name in rates] for each in done.rates], columns=rates)
    pairs = [asdict(pair) for test in done.tests for pair in test.pairs]
    yield "success_pairs", pd.DataFrame(pairs)
    overall = [
        {"outcome": test.outcome, "conditions": ", ".join(test.conditions), "note": test.note}
        | (asdict(test.overall) | {"note": test.overall.note or test.note} if test.overall else {})
        for test in done.tests
    ]
    yield "success_overall", pd.DataFrame(overall)
    yield "failures_and_risk", pd.DataFrame([asdict(each) for each in done.failure_risks])
    yield "agreement", pd.DataFrame([asdict(each) for each in done.agreements])
    yield "results_by_seed", done.by_seed
    yield "spread_over_seeds", done.spread
    counts = pd.DataFrame(_counted(done), columns=["stage", "condition", "what", "count"])
    yield "judging_failures", counts


def _counted(done: Comparison) -> list[tuple[str, str, str, int]]:
    """Count failures by stage, condition and what went wrong."""
    counts: dict[tuple[str, str, str], int] = {}
    for each in done.failures:
        key = (each.stage, each.condition, each.what)
        counts[key] = counts.get(key, 0) + 1
    return [(*key, count) for key, count in counts.items()]


def _marked(table: pd.DataFrame, done: Comparison) -> pd.DataFrame:
    return table.assign(population=f"phantom: {PHANTOM_NOTICE}") if done.findings.cohort.phantom else table


def _word_tables(done: Comparison) -> dict[str, WordTable]:
    return {
        "comparison": comparison_words(done.rows, done.confidence),
        "success": success_words(done.rates),
        "differences": difference_words(done.tests),
        "failures": failure_words(done.failure_risks),
        "agreement": agreement_words(done.agreements),
    }


def _latex(name: str, table: WordTable, done: Comparison) -> str:
    notice = f" Phantoms: {PHANTOM_NOTICE}." if done.findings.cohort.phantom else ""
    # Notes are long: they stay in the CSV and on the page.
    kept = [place for place, column in enumerate(table.columns) if column != "Note"]
    return latex_table(
        [table.columns[place] for place in kept],
        [[row[place] for place in kept] for row in table.rows],
        caption=f"{table.title}. {table.caption}{notice}",
        label=f"tab:{name}",
        numeric=frozenset(kept.index(place) for place in table.numeric if place in kept),
    )


def _raster(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _page(done: Comparison, tables: list[WordTable], picture: bytes) -> str:
    return render_page(
        "reid_audit.comparison",
        "compare.html",
        picture=base64.b64encode(picture).decode(),
        tables=tables,
        rows=done.rows,
        phantom_notice=PHANTOM_NOTICE if done.findings.cohort.phantom else "",
        cohort=done.findings.cohort.name,
        notes=[*done.notes, *(f"{count} x {what} ({stage}, {where})" for stage, where, what, count in _counted(done))],
        settings=done.settings or {},
        complete=done.complete,
    )

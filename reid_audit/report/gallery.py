"""The figures of the page, each with a title, a caption, and words for those who do not see it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from reid_audit.report.assessed import about_idle, assessed, not_searched
from reid_audit.report.chart import chart_of
from reid_audit.report.figures import figure_cmc, figure_densities, figure_rates, figure_roc
from reid_audit.report.panels import has_both
from reid_audit.report.pictures import figure_detection, png, shown_pictures
from reid_audit.report.searching import figure_gallery, figure_open_set
from reid_audit.report.style import svg
from reid_audit.report.verdict import headlines
from reid_audit.report.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from reid_audit.types import Findings, Result

__all__ = ["PageFigure", "figure_images", "headline_image"]

_MEDIANS = (("cosine", "score"), ("mated", "nonmated"))
_MOST_SPOKEN = 24


@dataclass(frozen=True)
class PageFigure:
    """A figure as the page shows it.

    Parameters
    ----------
    title, caption, alt : str
    source : str
        A ``data:`` address that holds the picture itself.
    chart : mapping, optional
        The same for Plotly, where something is drawn.
    sheet : bool
        True for a contact sheet.
    """

    title: str
    caption: str
    alt: str
    source: str
    chart: Mapping[str, Any] | None = None
    sheet: bool = False


def _data(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _drawn(figure: Figure) -> tuple[str, Mapping[str, Any] | None]:
    """Return a figure as a still picture and as a chart."""
    return _data("svg+xml", svg(figure)), chart_of(figure)


def headline_image(findings: Findings) -> tuple[PageFigure, ...]:
    """Return the figure of rank-1 rates with their intervals; nothing when no attacker gave one."""
    chosen = (*headlines(assessed(findings)), *not_searched(findings))
    if not chosen:
        return ()
    return (
        PageFigure(
            "Identified at rank 1, by attacker and condition",
            "Dots are the share of people identified, bars the interval, grey ticks what guessing gives. "
            "An attack that had nothing to search with, or in, has no dot.",
            "Dot and interval chart. " + " ".join(sentence(result, chosen) for result in chosen),
            *_drawn(figure_rates(findings)),
        ),
    )


def figure_images(findings: Findings) -> tuple[PageFigure, ...]:
    """Return the figures of the evidence section, contact sheets of phantoms first."""
    return (*_sheets(findings), *_curves(findings))


def _sheets(findings: Findings) -> Iterator[PageFigure]:
    for condition, picture in shown_pictures(findings).items():
        yield PageFigure(
            f"What the attacker sees: {condition}",
            "Renders of computed heads, one a person; nobody shown here exists.",
            f"Contact sheet of grey renders of phantom heads in condition {condition}, seen from the front.",
            _data("png", png(picture)),
            sheet=True,
        )


def _curves(findings: Findings) -> Iterator[PageFigure]:
    idle = about_idle(findings)
    if findings.scores:
        yield PageFigure(
            "Rank curves",
            " ".join(("How often the right person is among the k best, over k; dotted: guessing.", *idle)),
            "Rank curves by attacker and condition. " + _spoken(assessed(findings), "rank"),
            *_drawn(figure_cmc(findings)),
        )
        among = figure_gallery(findings)
        marks = any(line.get_linestyle() == "None" for axes in among.axes for line in axes.lines)
        yield PageFigure(
            "Among more people",
            " ".join((_gallery_caption(marks=marks), *idle)),
            "Rank 1 over gallery size. " + _spoken(assessed(findings), *_extrapolated(assessed(findings))),
            *_drawn(among),
        )
        if any(table.attacker == "open-set" and has_both(table) for table in findings.scores):
            yield PageFigure(
                "Searches for people who may not be there",
                "Owners found first and above the threshold, over searches for people outside the collection that "
                "return somebody all the same, at every threshold.",
                "Open-set curves by condition. " + _spoken(assessed(findings), *_open_set(findings.results)),
                *_drawn(figure_open_set(findings)),
            )
        yield PageFigure(
            "Score densities",
            "How alike mated pairs (one person, solid) and non-mated pairs (different people, dashed) look; "
            "the more they overlap, the less the score tells. Ticks are single mated pairs.",
            "Densities of mated and non-mated scores. "
            + _spoken(assessed(findings), *(f"{kind}_median_{pair}" for kind, pair in product(*_MEDIANS))),
            *_drawn(figure_densities(findings)),
        )
        yield PageFigure(
            "Receiver operating characteristics",
            "Mated pairs accepted over non-mated pairs accepted, at every threshold; dotted: guessing.",
            "ROC curves by attacker and condition. " + _spoken(findings.results, "auc"),
            *_drawn(figure_roc(findings)),
        )
    if len(findings.detection):
        yield PageFigure(
            "Where a face was found",
            "Share of heads in which the detector found a face, over camera (rows) and light (columns). "
            "A scan in which no face was found does not count as protected.",
            "Heat map of face detection over camera and light. "
            + _spoken(findings.results, "detection_rate", "render_detection_rate"),
            *_drawn(figure_detection(findings)),
        )


def _gallery_caption(*, marks: bool) -> str:
    """Say what the figure over the number of people shows; marks alone where some are drawn."""
    beyond = (
        "Marks: extrapolated, one kind of mark a model; where they lie apart, that is how little is known."
        if marks
        else "Beyond the people given nothing was extrapolated."
    )
    return (
        "Rank 1 over the number of people searched. Lines: measured, over all subsets of the people given. "
        f"{beyond} Dotted: guessing."
    )


def _extrapolated(results: Sequence[Result]) -> set[str]:
    return {result.metric for result in results if result.metric.startswith("rank_gallery_")}


def _open_set(results: Sequence[Result]) -> set[str]:
    return {result.metric for result in results if result.metric.startswith("fnir_at_fpir_")}


def _spoken(results: Sequence[Result], *metrics: str) -> str:
    """Put the numbers behind a figure into words."""
    said = [
        f"{result.attacker or 'any attacker'}, {result.condition}: {result.metric}{f' {result.k}' if result.k else ''} "
        f"{result.value:.2f}, n = {result.n_subjects}"
        for result in results
        if result.metric in metrics and result.value is not None
    ]
    if not said:
        return "The numbers stand in the tables."
    more = f"; {len(said) - _MOST_SPOKEN} more stand in the tables" if len(said) > _MOST_SPOKEN else ""
    return "; ".join(said[:_MOST_SPOKEN]) + more + "."

"""Figures of searches beyond the people given: among more people, and for people who are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.assessed import idle_attacks
from reid_audit.report.numbers import percent
from reid_audit.report.panels import (
    GUESS,
    LONGEST_KEY,
    attacks,
    curve,
    has_both,
    in_order,
    key_inside,
    panels,
    with_metric,
)
from reid_audit.report.style import MUTED, empty, printable, stroke_of
from reid_audit.report.told import said_by_pointer
from reid_audit.report.wording import attack_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reid_audit.types import Findings, ScoreTable

__all__ = ["figure_gallery", "figure_open_set"]

_MARKS = ("o", "s", "^", "D")
"""One for each extrapolating model."""

_APART = 1.4
"""Times a size, nearer than which the last one is not written beside it."""

_SHARES = ((0, 0.5, 1), ("0", "50 %", "100 %"))


def figure_gallery(findings: Findings) -> Figure:
    """Draw rank 1 over the number of people searched: measured as a line, extrapolated by each model as points.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        One panel an attacker, one line a condition. The measured line is the exact expectation over subsets of the
        people given; points beyond it are extrapolations, and the distance between models is what is not known.
    """
    groups = with_metric(findings, "rank")
    return panels(findings, groups, _draw_gallery) if groups else empty("No identification took place.")


def _draw_gallery(axes: Axes, tables: list[ScoreTable], conditions: Sequence[str]) -> None:
    from reid_audit.evaluate import gallery_points

    sizes = [2.0]
    for table in in_order(tables, conditions):
        colour, _ = stroke_of(table.condition, conditions)
        shown = printable(table.condition, LONGEST_KEY)
        points = gallery_points(table)
        if not len(points):
            continue
        measured = points[~points["extrapolated"].astype(bool)]
        curve(axes, measured["size"], measured["rate"], table.condition, conditions)
        beyond = points[points["extrapolated"].astype(bool)]
        for mark, (name, model) in zip(_MARKS, beyond.groupby("model", sort=True), strict=False):
            axes.plot(
                model["size"],
                model["rate"],
                mark,
                color=colour,
                markersize=3.5,
                markerfacecolor="none",
                markeredgewidth=0.9,
                clip_on=False,
                label=said_by_pointer(shown, f"{shown}, extrapolated by model {name}"),
            )
        sizes.extend(points["size"])
    last = max(sizes)
    guess = [2 * (last / 2) ** (step / 60) for step in range(61)]
    axes.plot(guess, [1 / size for size in guess], **GUESS)
    axes.set(xscale="log", xlim=(2, max(last, 2.5)), ylim=(-0.01, 1.02), xlabel="People searched", ylabel="Rank 1")
    axes.set_xticks(*_sizes(last))
    axes.minorticks_off()
    axes.set_yticks(*_SHARES)
    if last > 2:
        key_inside(axes, "best")
    else:
        axes.text(0.04, 0.05, "one size searched: no curve", transform=axes.transAxes, fontsize=7.5, color=MUTED)


def _sizes(last: float) -> tuple[list[float], list[str]]:
    """Return up to six gallery sizes to write beneath an axis, which ends at ``last``, and how they are written."""
    every = [2.0, 5.0, 10.0] if last < 100 else [2.0, *(10.0**power for power in range(1, 8))]
    places = [size for size in every if size <= last / _APART]
    places = [*places[:: -(-len(places) // 5) or 1], last]
    return places, [
        f"{size:,.0f}" if size < 1e4 else f"{size / 1e6:.3g} M" if size >= 1e6 else f"{size / 1e3:.3g} k"
        for size in places
    ]


def figure_open_set(findings: Findings) -> Figure:
    """Draw how many searches find the right person, over how many searches for strangers raise a false alarm.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        Attacker ``open-set``, one line a condition; nothing where it was not run, or could not be.
    """
    idle = idle_attacks(findings)
    groups = attacks(
        table
        for table in findings.scores
        if table.attacker == "open-set" and has_both(table) and (attack_of(table), table.condition) not in idle
    )
    return panels(findings, groups, _draw_open_set) if groups else empty("No open set was searched.")


def _draw_open_set(axes: Axes, tables: list[ScoreTable], conditions: Sequence[str]) -> None:
    from reid_audit.evaluate import dir_points

    for table in in_order(tables, conditions):
        points = dir_points(table)
        curve(axes, points["fpir"], points["dir"], table.condition, conditions, steps=True)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), xlabel="Searches for strangers with a hit", ylabel="Owners found")
    axes.set_xticks(*_SHARES)
    axes.set_yticks([0, 0.5, 1], ["0", percent(0.5), percent(1.0)])
    key_inside(axes, "upper left")

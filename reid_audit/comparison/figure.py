"""One figure: the most that the audit cannot exclude, against what each defacer costs in brain and later analysis."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.report.style import CHANCE, GRID, INK, MUTED, empty, panel_grid, printable, stroke_of, title
from reid_audit.statistics import RELEASE_THRESHOLD
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reid_audit.comparison.rows import ConditionRow

__all__ = ["figure_costs"]

_SHOWN = 22
_LINE = 58
_MARKERS = "osD^vPX"
"""One more than there are colours, so that 42 conditions differ."""
_USUAL = (0, (1, 2))
_RULE = f"threshold {RELEASE_THRESHOLD:g}"


@dataclass(frozen=True)
class _Scale:
    """Where the axis of a cost stops being straight, and what is written beside which ticks."""

    straight: float
    ticks: tuple[float, ...]
    words: tuple[str, ...]


_ML = _Scale(0.1, (0, 0.1, 1, 10, 100), ("0", "0.1 ml", "1 ml", "10 ml", "100 ml"))
_SHARE = _Scale(1e-3, (0, 1e-3, 1e-2, 1e-1, 1.0), ("0", "0.1 %", "1 %", "10 %", "100 %"))


def figure_costs(rows: Sequence[ConditionRow]) -> Figure:
    """Draw the upper limit of the risk over millilitres of brain lost, and over the change of later measures.

    Parameters
    ----------
    rows : sequence of ConditionRow

    Returns
    -------
    Figure
        Left and down is better in both panels. A condition without one of the two numbers is named beneath the panel.
        Where no limit was had the condition is in no panel. Costs are drawn on an axis that is straight near 0 and
        logarithmic beyond.
    """
    names = [row.condition for row in rows]
    if all(row.risk.upper is None for row in rows):
        return empty("No attacker searched for anybody: there is no risk to draw.")
    figure, grid = panel_grid(1, 2, height=3.6, width=9.6)
    left, right = grid[0]
    _draw(left, rows, {row.condition: _brain(row) for row in rows}, _ML)
    left.set_xlabel("Brain lost, median over scans")
    title(left, "Risk and brain", "one-sided 95 % limit of rank 1, highest of all attacks")
    _draw(right, rows, {row.condition: _change(row) for row in rows}, _SHARE)
    right.set_xlabel("Measures changed, median over measures")
    title(right, "Risk and later analysis", "mean difference without sign, share of the original")
    usual = [row.utility.usual for row in rows if row.utility.usual is not None]
    if usual:
        right.axvline(float(np.median(usual)), color=CHANCE, linewidth=1.2, linestyle=_USUAL, label="usual variation")
    handles = {str(each.get_label()): each for axes in (left, right) for each in axes.get_legend_handles_labels()[0]}
    figure.legend(
        handles=[handles[name] for name in (*map(_key, names), _RULE, "usual variation") if name in handles],
        loc="outside right upper",
        fontsize=8,
        frameon=False,
        labelcolor=INK,
        handlelength=1.8,
    )
    return figure


def _key(name: str) -> str:
    return printable(name, _SHOWN)


def _brain(row: ConditionRow) -> float | None:
    return 0.0 if row.condition == ORIGINAL else row.brain.median_ml


def _change(row: ConditionRow) -> float | None:
    return 0.0 if row.condition == ORIGINAL else row.utility.absolute_relative


def _draw(axes: Axes, rows: Sequence[ConditionRow], costs: dict[str, float | None], scale: _Scale) -> None:
    names = [row.condition for row in rows]
    drawn: dict[str, float] = {}
    for row in rows:
        cost = costs[row.condition]
        if row.risk.upper is None or cost is None:
            continue
        at = names.index(row.condition)
        colour = stroke_of(row.condition, names)[0]
        if row.risk.rank is not None:
            axes.plot([cost, cost], [row.risk.rank, row.risk.upper], color=colour, linewidth=1.3, zorder=2)
            axes.plot(cost, row.risk.rank, "_", color=colour, markersize=7, zorder=2)
        axes.plot(
            cost,
            row.risk.upper,
            _MARKERS[at % len(_MARKERS)],
            color=colour,
            markersize=7.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
            clip_on=False,
            zorder=3,
            label=_key(row.condition),
        )
        drawn[row.condition] = cost
    axes.set_xscale("symlog", linthresh=scale.straight, linscale=0.6)
    greatest = max(drawn.values(), default=0.0)
    last = max(2, next((place for place, tick in enumerate(scale.ticks) if tick >= greatest), len(scale.ticks) - 1))
    axes.set(xlim=(-0.4 * scale.straight, max(scale.ticks[last], greatest) * 1.6), ylim=(-0.02, 1.04))
    axes.set_xticks(scale.ticks[: last + 1], scale.words[: last + 1])
    axes.minorticks_off()
    axes.set_yticks(np.linspace(0, 1, 6), ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.set_ylabel("Upper limit of the risk")
    axes.axhline(RELEASE_THRESHOLD, color=CHANCE, linewidth=1.1, linestyle=(0, (4, 3)), label=_RULE)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    missing = [name for name in names if name not in drawn]
    if missing:
        text = "Not assessed: " + ", ".join(printable(name, _SHOWN) for name in missing)
        axes.annotate(
            textwrap.fill(text, _LINE, max_lines=3, placeholder=" …"),
            (0, 0),
            (0, -34),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=7.5,
            color=MUTED,
            va="top",
            annotation_clip=False,
        )

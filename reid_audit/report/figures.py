"""Figures of an audit: numbers come in, a matplotlib figure comes out; nothing is computed here that a table lacks."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.report.assessed import NOT_CARRIED_OUT, assessed, idle_attacks, not_searched
from reid_audit.report.density import density
from reid_audit.report.numbers import percent
from reid_audit.report.panels import (
    GUESS,
    LONGEST_KEY,
    attacks,
    beneath,
    curve,
    has_both,
    in_order,
    key_inside,
    panel_label,
    panels,
    people_who_can_be_found,
    with_metric,
)
from reid_audit.report.pictures import figure_detection
from reid_audit.report.style import (
    CHANCE,
    GRID,
    INK,
    MATED,
    MUTED,
    NONMATED,
    empty,
    panel_grid,
    printable,
    stroke_of,
    title,
)
from reid_audit.report.told import said_by_pointer
from reid_audit.report.verdict import conditions_in_order, headlines
from reid_audit.report.wording import attack_of, attacker_label, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reid_audit.types import Findings, Result, ScoreTable

__all__ = ["figure_cmc", "figure_densities", "figure_det", "figure_detection", "figure_rates", "figure_roc"]

_RUG = 80
_SENTENCE = 400
_NOTE = 38
"""Letters of a line in a panel of densities."""


def figure_roc(findings: Findings) -> Figure:
    """Draw receiver operating characteristics: one panel an attacker, one line a condition.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        The share of mated pairs accepted (up is better for the attacker) over the share of non-mated pairs accepted.
    """
    groups = with_metric(findings, "auc")
    return panels(findings, groups, _draw_roc) if groups else empty("No attacker compared mated with non-mated pairs.")


def _draw_roc(axes: Axes, tables: list[ScoreTable], conditions: Sequence[str]) -> None:
    from reid_audit.evaluate import roc_points

    for table in in_order(tables, conditions):
        points = roc_points(table)
        curve(axes, points["fmr"], points["tmr"], table.condition, conditions)
    axes.plot([0, 1], [0, 1], **GUESS)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), aspect="equal", anchor="W")
    axes.set(xlabel="Non-mated pairs accepted", ylabel="Mated pairs accepted")
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    key_inside(axes)


def figure_det(findings: Findings) -> Figure:
    """Draw detection error tradeoffs: one panel an attacker, one line a condition, on axes of normal deviates.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        The share of mated pairs missed over the share of non-mated pairs accepted: up and to the right is better for
        those who are to be protected. Rates of 0 and 1 lie outside.
    """
    groups = with_metric(findings, "auc")
    return panels(findings, groups, _draw_det) if groups else empty("No attacker compared mated with non-mated pairs.")


_DET_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99)


def _draw_det(axes: Axes, tables: list[ScoreTable], conditions: Sequence[str]) -> None:
    from scipy.special import ndtri

    from reid_audit.evaluate import det_points

    for table in in_order(tables, conditions):
        points = det_points(table).dropna().astype(float)
        curve(axes, points["fmr_deviate"], points["fnmr_deviate"], table.condition, conditions)
    places, names = ndtri(_DET_TICKS), [percent(rate) for rate in _DET_TICKS]
    limits = (places[0] - 0.3, places[-1] + 0.3)
    axes.plot(limits, (-limits[0], -limits[1]), **GUESS)
    axes.set(xlim=limits, ylim=limits, aspect="equal", anchor="W")
    axes.set(xlabel="Non-mated pairs accepted", ylabel="Mated pairs missed")
    axes.set_xticks(places, names, rotation=45)
    axes.set_yticks(places, names)
    key_inside(axes, "lower left")


def figure_cmc(findings: Findings) -> Figure:
    """Draw rank curves (cumulative match characteristics): one panel an attacker, one line a condition, and chance.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        The share of searches whose mate is among the k best, over k.
    """
    groups = with_metric(findings, "rank")
    return panels(findings, groups, _draw_cmc) if groups else empty("No identification took place.")


def _draw_cmc(axes: Axes, tables: list[ScoreTable], conditions: Sequence[str]) -> None:
    from reid_audit.evaluate import cmc_points

    last, chance = 1, None
    for table in in_order(tables, conditions):
        points = cmc_points(table)
        if not len(points):
            continue
        last = max(last, int(points["k"].max()))
        chance = points
        curve(axes, points["k"], points["rate"], table.condition, conditions, steps=True)
    if chance is not None:
        axes.plot(chance["k"], chance["chance"], **GUESS)
    axes.set(xlim=(1, max(last, 2)), ylim=(-0.01, 1.02), xlabel="Rank k", ylabel="Mate among the k best")
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.set_xticks(sorted({1, 5, last} if last > 7 else {1, last}))
    key_inside(axes)


def figure_densities(findings: Findings) -> Figure:
    """Draw the densities of mated and non-mated scores: one row an attacker, one column a condition.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        Each person counts the same in the curves, however many comparisons they have. Up to 80 mated scores are
        marked one by one beneath. Where nothing could be compared the panel says so.
    """
    idle = idle_attacks(findings)
    groups = attacks(table for table in findings.scores if has_both(table))
    if not groups:
        return empty("No scores: no attacker was run.")
    present = {table.condition for tables in groups.values() for table in tables}
    conditions = [name for name in conditions_in_order(findings) if name in present]
    columns = max(len(conditions), 2)
    figure, grid = panel_grid(len(groups), columns, height=1.75, width=2.55 * columns)
    for row, (key, tables) in zip(grid, groups.items(), strict=True):
        limits = _score_limits(tables)
        for axes, name in zip(row, [*conditions, *[""] * (columns - len(conditions))], strict=True):
            chosen = [table for table in tables if table.condition == name]
            if chosen:
                if np.isfinite(chosen[0].scores[chosen[0].compared]).any():
                    _draw_densities(axes, chosen[0], limits)
                else:
                    _draw_nothing(axes, idle.get((attack_of(chosen[0]), name), "no comparison"))
                below = beneath(printable(name, LONGEST_KEY), key[3], people=map(people_who_can_be_found, chosen[:1]))
                title(axes, panel_label(key, groups), below)
            else:
                axes.axis("off")
    for axes in grid[-1]:
        axes.set_xlabel("Score (higher = more alike)")
    return figure


def _score_limits(tables: Sequence[ScoreTable]) -> tuple[float, float]:
    scores = [table.scores[table.compared & np.isfinite(table.scores)] for table in tables]
    pooled = np.concatenate([*scores, np.zeros(0)])
    if not pooled.size:
        return (0.0, 1.0)
    low, high = float(pooled.min()), float(pooled.max())
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _draw_densities(axes: Axes, table: ScoreTable, limits: tuple[float, float]) -> None:
    from reid_audit.evaluate import score_samples

    usable = table.compared & np.isfinite(table.scores)
    mated = table.scores[usable & table.mated]
    others = table.scores[usable & ~table.mated]
    grid = np.linspace(*limits, 256)
    peak = 0.0
    by_person = score_samples(table)
    kinds = ((by_person[1], NONMATED, (0, (4, 1.5)), "non-mated"), (by_person[0], MATED, "-", "mated"))
    for scores, colour, line, name in kinds:
        curve = density(scores, grid)
        peak = max(peak, float(curve.max(initial=0.0)))
        axes.fill_between(grid, curve, color=colour, alpha=0.14, linewidth=0)
        axes.plot(grid, curve, color=colour, linestyle=line, linewidth=1.5, label=name)
    if 0 < mated.size <= _RUG:
        feet = np.full(mated.size, -0.06 * peak)
        axes.plot(mated, feet, "|", color=MATED, markersize=5, markeredgewidth=0.8, label=said_by_pointer("mated", ""))
    axes.set(xlim=limits, ylim=(-0.13 * peak, 1.55 * peak or 1.0))
    axes.locator_params(axis="x", nbins=4)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    lost = int((table.compared & ~np.isfinite(table.scores)).sum())
    _note(axes, 0.96, f"mated, {mated.size} pairs", MATED)
    _note(axes, 0.83, f"non-mated, {others.size}", NONMATED)
    if lost:
        _note(axes, 0.70, f"failed, {lost}", MUTED)


def _draw_nothing(axes: Axes, why: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)
    for place, line in enumerate(wrap(printable(why, _SENTENCE), _NOTE)):
        _note(axes, 0.96 - 0.13 * place, line, MUTED)


def _note(axes: Axes, height: float, text: str, colour: str) -> None:
    axes.text(0.01, height, text, transform=axes.transAxes, fontsize=7.5, color=colour, va="top", ha="left")


def figure_rates(findings: Findings) -> Figure:
    """Draw rank-1 with its interval for every attacker and condition, and the chance level of each.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        An attack that had nothing to search with, or in, has words in place of a dot: "not assessed", or why it was
        not carried out.
    """
    chosen = (*headlines(assessed(findings)), *not_searched(findings))
    if not chosen:
        return empty("No attacker gave a rank.")
    conditions = conditions_in_order(findings)
    groups: dict[str, list[Result]] = {}
    for result in chosen:
        groups.setdefault(attacker_label(result, chosen), []).append(result)
    lines = sum(map(len, groups.values())) + len(groups)
    figure, grid = panel_grid(1, 1, height=0.55 + 0.23 * lines)
    axes = grid[0][0]
    level, ticks = 0.0, []
    for name, results in groups.items():
        axes.text(-0.016, level, printable(name), ha="right", va="center", fontsize=8.5, color=INK, fontweight="bold")
        for result in sorted(results, key=lambda r: conditions.index(r.condition)):
            level += 1
            ticks.append((level, printable(result.condition)))
            words = said_by_pointer(printable(result.condition), printable(sentence(result, chosen), _SENTENCE))
            _draw_rate(axes, result, level, stroke_of(result.condition, conditions)[0], words)
        level += 1
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.set(xlim=(0, 1), ylim=(level - 0.3, -0.7), xlabel="Identified at rank 1; bars are intervals over people")
    axes.set_xticks(np.linspace(0, 1, 6), ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=7)
    return figure


def _draw_rate(axes: Axes, result: Result, level: float, colour: str, words: str) -> None:
    if result.note.startswith(NOT_CARRIED_OUT):
        axes.text(0.004, level, printable(result.note, _SENTENCE), fontsize=7.5, color=MUTED, va="center")
        return
    if result.value is None:
        _beside_row(axes, level, f"not assessed, n = {result.n_subjects}")
        return
    if result.low is not None and result.high is not None:
        ends = [result.low, result.high]
        axes.plot(ends, [level, level], color=colour, linewidth=2.2, solid_capstyle="butt", label=words)
    axes.plot(result.value, level, "o", color=colour, markersize=6, clip_on=False, label=words)
    if result.chance is not None:
        axes.plot(result.chance, level, "|", color=CHANCE, markersize=10, markeredgewidth=1.4, label=words)
    _beside_row(axes, level, f"{percent(result.value)}, n = {result.n_subjects}")


def _beside_row(axes: Axes, level: float, text: str) -> None:
    axes.annotate(text, (1, level), (6, 0), textcoords="offset points", fontsize=7.5, color=MUTED, va="center")

"""Panels, one an attack: which score tables a figure draws, in which order, and what stands above and inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from reid_audit.report.assessed import assessed
from reid_audit.report.style import CHANCE, INK, panel_grid, printable, stroke_of, title
from reid_audit.report.verdict import conditions_in_order
from reid_audit.report.wording import attack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reid_audit.types import Findings, ScoreTable

__all__ = [
    "GUESS",
    "LONGEST_KEY",
    "attacks",
    "beneath",
    "curve",
    "has_both",
    "in_order",
    "key_inside",
    "panel_label",
    "panels",
    "people_who_can_be_found",
    "with_metric",
]

Attack = tuple[str, str, str, str]
"""Attacker, matcher, embedder, relation."""

LONGEST_KEY = 22
"""Letters of a condition's name in a key."""

GUESS: dict[str, Any] = {"color": CHANCE, "linewidth": 1.0, "linestyle": (0, (2, 2)), "label": "chance"}
"""How the line of guessing is drawn."""

_COLUMNS = 3


def attacks(tables: Iterable[ScoreTable]) -> dict[Attack, list[ScoreTable]]:
    """Group score tables by attacker, matcher, embedder and relation; the conditions of a group share a panel."""
    groups: dict[Attack, list[ScoreTable]] = {}
    for table in tables:
        groups.setdefault((table.attacker, table.matcher, table.embedder, table.relation), []).append(table)
    return groups


def in_order(tables: Iterable[ScoreTable], conditions: Sequence[str]) -> list[ScoreTable]:
    """Return the tables that have both mated and non-mated pairs, in the order in which conditions are shown."""
    drawn = [table for table in tables if has_both(table)]
    return sorted(drawn, key=lambda table: conditions.index(table.condition))


def has_both(table: ScoreTable) -> bool:
    """Tell whether a table has mated and non-mated pairs."""
    mated = table.mated[table.compared]
    return bool(mated.any() and not mated.all())


def panel_label(key: Attack, keys: Iterable[Attack]) -> str:
    """Name a panel by as little as tells it from the others; the relation goes beneath, with the n."""
    alike = [other for other in keys if other[0] == key[0]]
    details = [key[place] for place in (1, 2) if len({other[place] for other in alike}) > 1]
    return printable(", ".join([key[0], *details]))


def beneath(*parts: str, people: Iterable[int]) -> str:
    """Return the line beneath a panel's name: what it is of, and the n."""
    counts = sorted(set(people))
    noun = "person" if counts == [1] else "people"
    return ", ".join([*filter(None, parts), f"n = {'/'.join(map(str, counts))} {noun}"])


def with_metric(findings: Findings, metric: str) -> dict[Attack, list[ScoreTable]]:
    """Return the tables that have a value of a metric, by attack; all of them where there are no results at all.

    An attack that had nothing to search with, or in, has none (:func:`~reid_audit.report.assessed.assessed`): its
    curve would lie at 0.
    """
    held = {(attack_of(r), r.condition) for r in assessed(findings) if r.metric == metric and r.value is not None}
    return attacks(
        table
        for table in findings.scores
        if has_both(table) and (not findings.results or (attack_of(table), table.condition) in held)
    )


def people_who_can_be_found(table: ScoreTable) -> int:
    """Count the people who can be found at all: those with a mated pair."""
    searched = (table.compared & table.mated).any(axis=1)
    return int(table.probes["subject"][searched].nunique())


def panels(
    findings: Findings,
    groups: dict[Attack, list[ScoreTable]],
    draw: Callable[[Axes, list[ScoreTable], Sequence[str]], None],
) -> Figure:
    """Draw one panel an attack, the last row's spare places left empty."""
    columns = min(_COLUMNS, max(2, len(groups)))
    rows = -(-len(groups) // columns)
    figure, grid = panel_grid(rows, columns, height=2.9, width=2.55 * columns)
    places = [axes for row in grid for axes in row]
    conditions = conditions_in_order(findings)
    for axes, (key, tables) in zip(places, groups.items(), strict=False):
        draw(axes, tables, conditions)
        title(axes, panel_label(key, groups), beneath(key[3], people=map(people_who_can_be_found, tables)))
    for axes in places[len(groups) :]:
        axes.axis("off")
    return figure


def curve(axes: Axes, x: Any, y: Any, condition: str, conditions: Sequence[str], *, steps: bool = False) -> None:
    """Draw one condition's line in its colour and style, named for the key."""
    colour, style = stroke_of(condition, conditions)
    axes.plot(
        x,
        y,
        color=colour,
        linestyle=style,
        linewidth=1.7,
        drawstyle="steps-post" if steps else "default",
        label=printable(condition, LONGEST_KEY),
    )


def key_inside(
    axes: Axes, where: Literal["lower left", "lower right", "upper left", "best"] = "lower right", *, columns: int = 1
) -> None:
    """Set the key into a corner of a panel; none where nothing has a name."""
    if not axes.get_legend_handles_labels()[0]:
        return
    legend = axes.legend(
        loc=where,
        ncols=columns,
        columnspacing=1.0,
        fontsize=7.5,
        frameon=True,
        framealpha=0.85,
        handlelength=2.6,
        borderpad=0.2,
    )
    legend.get_frame().set_linewidth(0)
    legend.set_in_layout(False)
    for text in legend.get_texts():
        text.set_color(INK)

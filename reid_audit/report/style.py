"""Colours, type and small drawing helpers that every figure shares."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "CHANCE",
    "FONTS",
    "GRID",
    "INK",
    "MATED",
    "MUTED",
    "NONMATED",
    "Stroke",
    "dashes_of",
    "empty",
    "panel_grid",
    "printable",
    "stroke_of",
    "svg",
    "title",
]

INK = "#1d2733"
MUTED = "#5b6672"
GRID = "#dfe3e8"
CHANCE = "#7a828c"
MATED = "#b8430a"
NONMATED = "#3d5a73"

FONTS = '"Source Sans 3", "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif'
"""Of a chart; those of the page."""

_WIDTH = 7.6
_LONGEST = 48

Stroke = tuple[str, Any]
"""Colour and line style."""

# Okabe and Ito's hues, darkened to at least 4.5:1 on white; the line styles tell them apart without colour.
_STROKES: tuple[Stroke, ...] = (
    ("#005f99", "-"),
    ("#b8430a", (0, (5, 1.6))),
    ("#00705a", (0, (1.2, 1.2))),
    ("#9a3d74", (0, (6, 1.4, 1.2, 1.4))),
    ("#7a5b00", (0, (9, 2))),
    ("#3a3a3a", (0, (3, 1, 1, 1, 1, 1))),
)


_DASHES = {CHANCE: (2, 2), NONMATED: (4, 1.5)} | {colour: style[1] for colour, style in _STROKES if style != "-"}


def dashes_of(colour: str, width: float) -> str:
    """Return the dashes of a line that is not solid, in pixels, as SVG writes them.

    Parameters
    ----------
    colour : str
        Hexadecimal; each broken line has a colour of its own.
    width : float
        In points: dashes are multiples of it.
    """
    return ",".join(f"{length * width * 96 / 72:.1f}px" for length in _DASHES[colour])


def stroke_of(condition: str, conditions: Sequence[str]) -> Stroke:
    """Return the colour and line style of a condition, the same in every figure of a report."""
    return _STROKES[list(conditions).index(condition) % len(_STROKES)]


def printable(text: str, longest: int = _LONGEST) -> str:
    """Return a name as matplotlib can draw it: no mathematics, no missing glyph, not longer than a label."""
    shown = "".join(letter if letter.isprintable() and ord(letter) < 0x2190 else "?" for letter in text)
    if len(shown) > longest:
        shown = shown[: longest - 1] + "…"
    return shown.replace("$", r"\$")


def panel_grid(
    rows: int, columns: int, *, height: float = 2.5, width: float = _WIDTH
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure and its axes, without any global state of matplotlib's.

    Parameters
    ----------
    rows, columns : int
    height : float
        Of one row, in inches.
    width : float
        Of the whole figure, in inches.

    Returns
    -------
    Figure
    list of list of Axes
        One list a row.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from reid_audit.report.notebook import NotebookFigure

    figure = NotebookFigure(figsize=(width, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    grid = [list(row) for row in axes]
    for row in grid:
        for axis in row:
            quiet(axis)
    return figure, grid


def quiet(axes: Axes) -> None:
    """Take away what carries no number."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelsize=8, length=3)
    axes.xaxis.label.set(color=INK, size=9)
    axes.yaxis.label.set(color=INK, size=9)


def title(axes: Axes, text: str, below: str = "") -> None:
    """Set a title flush left: what it shows, and beneath it the n."""
    if below:
        axes.set_title(f"{text}\n", loc="left", fontsize=9.5, color=INK, fontweight="bold")
        axes.annotate(
            below, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points", fontsize=8, color=MUTED
        )
    else:
        axes.set_title(text, loc="left", fontsize=9.5, color=INK, fontweight="bold")


def empty(message: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure, grid = panel_grid(1, 1, height=1.0)
    grid[0][0].axis("off")
    grid[0][0].text(0, 0.5, message, color=MUTED, fontsize=9, va="center")
    return figure


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG: text as outlines, no date, no address, the same bytes for the same figure."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.hashsalt": "reid_audit", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata=nothing, facecolor="white")
    return buffer.getvalue()

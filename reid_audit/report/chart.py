"""A figure as a chart that answers to pointer and keys: read off the drawn figure, so that both show the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.report.style import FONTS, MUTED, dashes_of
from reid_audit.report.told import told_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

__all__ = ["chart_of"]

Trace = dict[str, Any]

_PIXELS = 96
"""Of an inch, as a browser has it."""
_POINT = _PIXELS / 72
_MOST_POINTS = 400
_DIGITS = 4
_MARKS = {"o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "|": "line-ns"}
_SIDES = {"left": "left", "center": "center", "right": "right"}


def chart_of(figure: Figure) -> dict[str, Any] | None:
    """Return what Plotly draws of a figure.

    Lines, filled curves and pictures of shares are read off the axes with their places, colours, ticks and words. A
    curve of more than 400 points is thinned along its length, and values have four digits: the numbers themselves
    stand in the tables.

    Parameters
    ----------
    figure : Figure
        Drawn by this room.

    Returns
    -------
    dict or None
        ``data`` and ``layout`` of a Plotly figure, JSON values alone, everything that came from outside escaped. A
        trace says under ``meta`` what the pointer reads out. None where there is nothing to draw.
    """
    figure.draw_without_rendering()
    shown = [axes for axes in figure.axes if axes.axison]
    data: list[Trace] = []
    width, height = (float(edge) * _PIXELS for edge in figure.get_size_inches())
    layout: dict[str, Any] = {
        "width": round(width),
        "height": round(height),
        "margin": dict.fromkeys(("l", "r", "t", "b"), 0),
        "font": {"family": FONTS},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
        "annotations": [],
    }
    for place, axes in enumerate(shown, start=1):
        number = "" if place == 1 else str(place)
        traces = [*_fills(axes), *_lines(axes), *_pictures(axes)]
        data += [trace | {"xaxis": f"x{number}", "yaxis": f"y{number}"} for trace in traces]
        still = bool(axes.images) or _told_in_rows(axes)
        layout[f"xaxis{number}"] = _axis(axes, "x", f"y{number}", still=still)
        layout[f"yaxis{number}"] = _axis(axes, "y", f"x{number}", still=still)
        layout["annotations"] += _words(axes)
    return {"data": data, "layout": layout} if data else None


def _told_in_rows(axes: Axes) -> bool:
    """Tell whether words stand at places of the data: these do not move, and so the axes may not."""
    return any(text.get_transform() is axes.transData for text in axes.texts)


def _lines(axes: Axes) -> list[Trace]:
    return [_line(axes, line) for line in axes.lines]


def _line(axes: Axes, line: Line2D) -> Trace:
    x, y = _thinned(np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float))
    told = told_of(str(line.get_label()))
    colour = _hex(line.get_color())
    trace: Trace = {
        "type": "scatter",
        "x": _rounded(x),
        "y": _rounded(y),
        "cliponaxis": bool(line.get_clip_on()),
        "hoverinfo": "text" if told else "skip",
    }
    if told:
        trace["legendgroup"] = trace["name"] = _plain(told.group)
        trace["meta"] = {"words": _plain(told.words), "x": _reading(axes, "x"), "y": _reading(axes, "y")}
    if line.get_linestyle() == "None":
        return trace | {"mode": "markers", "marker": _marker(line, colour)}
    shape = "hv" if line.get_drawstyle() == "steps-post" else "linear"
    dash = "solid" if line.get_linestyle() == "-" else dashes_of(colour, line.get_linewidth())
    drawn = {"color": colour, "width": line.get_linewidth() * _POINT, "shape": shape, "dash": dash}
    return trace | {"mode": "lines", "line": drawn}


def _marker(line: Line2D, colour: str) -> dict[str, Any]:
    symbol = _MARKS[str(line.get_marker())]
    hollow = symbol == "line-ns" or str(line.get_markerfacecolor()) == "none"
    return {
        "symbol": f"{symbol}-open" if hollow else symbol,
        "size": line.get_markersize() * _POINT,
        "color": colour,
        "line": {"color": colour, "width": line.get_markeredgewidth() * _POINT if hollow else 0},
    }


def _fills(axes: Axes) -> list[Trace]:
    from matplotlib.collections import PolyCollection

    found = [collection for collection in axes.collections if isinstance(collection, PolyCollection)]
    return [_fill(collection, line) for collection, line in zip(found, axes.lines, strict=False)]


def _fill(area: PolyCollection, line: Line2D) -> Trace:
    """Return the area beneath a curve; it goes with the curve that was drawn beside it."""
    red, green, blue, alpha = np.asarray(area.get_facecolor())[0]
    corners = np.asarray(area.get_paths()[0].vertices)
    told = told_of(str(line.get_label()))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": _rounded(corners[:, 0]),
        "y": _rounded(corners[:, 1]),
        "fill": "toself",
        "fillcolor": f"rgba({255 * red:.0f},{255 * green:.0f},{255 * blue:.0f},{alpha:.2f})",
        "line": {"width": 0},
        "hoverinfo": "skip",
        **({"legendgroup": _plain(told.group)} if told else {}),
    }


def _pictures(axes: Axes) -> list[Trace]:
    return [_heat(axes, np.asarray(image.get_array(), dtype=float)) for image in axes.images]


def _heat(axes: Axes, values: np.ndarray[Any, Any]) -> Trace:
    rows = [" ".join(label.get_text().split()) for label in axes.get_yticklabels()]
    columns = [", ".join(label.get_text().split("\n")) for label in axes.get_xticklabels()]
    return {
        "type": "heatmap",
        "z": [_rounded(row) for row in values],
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Blues",
        "reversescale": False,
        "showscale": False,
        "xgap": 1.5,
        "ygap": 1.5,
        "hoverinfo": "text",
        "name": "",
        "meta": {"rows": [_plain(row) for row in rows], "columns": [_plain(column) for column in columns]},
    }


def _axis(axes: Axes, letter: str, other: str, *, still: bool) -> dict[str, Any]:
    axis = axes.xaxis if letter == "x" else axes.yaxis
    box = axes.get_position()
    domain = (box.x0, box.x1) if letter == "x" else (box.y0, box.y1)
    limits = axes.get_xlim() if letter == "x" else axes.get_ylim()
    is_log = axis.get_scale() == "log"
    spine = axes.spines["bottom" if letter == "x" else "left"]
    labels = axis.get_ticklabels()
    pairs = [
        (float(place), _plain(label.get_text()).replace("\n", "<br>"))
        for place, label in zip(axis.get_ticklocs(), labels, strict=False)
        if min(limits) <= place <= max(limits)
    ]
    ticked = bool(axis.majorTicks and axis.majorTicks[0].tick1line.get_markersize())
    size = float(labels[0].get_fontsize()) * _POINT if labels else 8 * _POINT
    return {
        "anchor": other,
        "domain": [round(min(max(edge, 0.0), 1.0), _DIGITS) for edge in domain],
        "type": "log" if is_log else "linear",
        "range": [float(np.log10(limit)) if is_log else float(limit) for limit in limits],
        "tickmode": "array",
        "tickvals": [place for place, _ in pairs],
        "ticktext": [text for _, text in pairs],
        "tickangle": 0,
        "tickfont": {"size": size, "color": MUTED},
        "ticks": "outside" if ticked else "",
        "ticklen": 4,
        "ticklabelstandoff": 0 if ticked else 6,  # else a dot at the edge lies on the name of its row
        "showline": bool(spine.get_visible()),
        "linecolor": MUTED,
        "tickcolor": MUTED,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": still,
        "title": {"text": _plain(axis.get_label_text()), "font": {"size": 9 * _POINT}, "standoff": 6},
    }


def _words(axes: Axes) -> list[dict[str, Any]]:
    from matplotlib.text import Text

    return [_word(axes, child) for child in axes.get_children() if isinstance(child, Text) and child.get_text()]


def _word(axes: Axes, text: Text) -> dict[str, Any]:
    """Return words where the picture has them, in shares of the whole figure."""
    box, whole = text.get_window_extent(), axes.figure.bbox
    side = _SIDES[str(text.get_horizontalalignment())]
    at = {"left": box.x0, "center": (box.x0 + box.x1) / 2, "right": box.x1}[side]
    lines = text.get_text().count("\n") + 1
    middle = box.y1 - (box.y1 - box.y0) / (2 * lines)
    return {
        "text": _plain(text.get_text().rstrip("\n")),
        "x": round(at / whole.width, _DIGITS),
        "y": round(middle / whole.height, _DIGITS),
        "xref": "paper",
        "yref": "paper",
        "xanchor": side,
        "yanchor": "middle",
        "showarrow": False,
        "font": {
            "size": float(text.get_fontsize()) * _POINT,
            "color": _hex(text.get_color()),
            "weight": 700 if text.get_fontweight() == "bold" else 400,
        },
    }


def _reading(axes: Axes, letter: str) -> dict[str, Any]:
    """Return how a place on an axis is read out: what it is of, and whether in percent."""
    axis = axes.xaxis if letter == "x" else axes.yaxis
    percent = any("%" in label.get_text() for label in axis.get_ticklabels())
    return {"of": _plain(axis.get_label_text()), "percent": percent}


def _thinned(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Keep the first and last point of a long curve, and others evenly along its length."""
    if len(x) <= _MOST_POINTS:
        return x, y
    steps = [np.abs(np.diff(part)) / (float(np.ptp(part)) or 1.0) for part in (x, y)]
    length = np.concatenate([[0.0], np.cumsum(steps[0] + steps[1])])
    kept = np.unique(np.searchsorted(length, np.linspace(0.0, length[-1], _MOST_POINTS)))
    kept = np.unique(np.concatenate([[0], kept.clip(0, len(x) - 1), [len(x) - 1]]))
    return x[kept], y[kept]


def _rounded(values: np.ndarray[Any, Any]) -> list[float | None]:
    """Round to four digits; what is not a number is a gap."""
    return [float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None for value in values]


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(colour)


def _plain(text: str) -> str:
    """Return words as Plotly shows them: it reads a few tags, and dollars as matplotlib was kept from reading them."""
    return text.replace(r"\$", "$").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

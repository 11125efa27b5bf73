"""Detection over cameras and lights, and contact sheets of people who do not exist."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.report.style import GRID, INK, MUTED, empty, panel_grid, printable, title
from reid_audit.report.wording import counted
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reid_audit.types import Findings

__all__ = ["figure_detection", "png", "shown_pictures"]

_MOST_TEXT = 150


def figure_detection(findings: Findings) -> Figure:
    """Draw in how many heads a face was found, over cameras (rows) and lights (columns), one panel a condition.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    Figure
        Cells hold the percentage; darker is more often.
    """
    table = findings.detection
    if not len(table):
        return empty("No scan was rendered: detection was not measured.")
    conditions = sorted(table["condition"].astype(str).unique(), key=lambda name: (name != ORIGINAL, name))
    cameras = table[["yaw", "pitch"]].drop_duplicates()
    figure, grid = panel_grid(len(conditions), 1, height=0.9 + 0.21 * len(cameras))
    for row, condition in zip(grid, conditions, strict=True):
        _draw_detection(row[0], table[table["condition"].astype(str) == condition], condition)
    return figure


def _draw_detection(axes: Axes, table: pd.DataFrame, condition: str) -> None:
    shares = table.assign(share=table["n_detected"] / table["n_heads"].clip(lower=1)).pivot_table(
        index=["pitch", "yaw"], columns=["light_elevation", "light_azimuth"], values="share", sort=True
    )
    shares = shares.sort_index(ascending=[False, True])
    values = shares.to_numpy(dtype=float)
    axes.imshow(values, vmin=0, vmax=1, cmap="Blues", aspect="auto", interpolation="nearest")
    if values.size <= _MOST_TEXT:
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                colour = "white" if value > 0.55 else INK
                axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=7.5, color=colour)
    axes.set_xticks(range(values.shape[1]), _angles(shares.columns, "{1:.0f}°\n{0:.0f}°"))
    axes.set_yticks(range(values.shape[0]), _angles(shares.index, "yaw {1:.0f}°, pitch {0:.0f}°"))
    axes.set_xticks(np.arange(values.shape[1]) - 0.5, minor=True)
    axes.set_yticks(np.arange(values.shape[0]) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2)
    axes.set_xlabel("Light: azimuth above, elevation below")
    axes.tick_params(which="both", labelsize=7, length=0, colors=MUTED)
    axes.spines[:].set(visible=True, color=GRID)
    overall = table["n_detected"].sum() / max(int(table["n_heads"].sum()), 1)
    heads = int(table["n_heads"].max())
    title(
        axes,
        printable(condition),
        f"face found in {100 * overall:.0f} % of renders, n = {counted(heads, 'head')}; cells in %",
    )
    axes.title.set_color(INK)


def _angles(pairs: pd.Index[Any], form: str) -> list[str]:
    return [form.format(*pair).replace("-", "\N{MINUS SIGN}") for pair in pairs.to_list()]


def shown_pictures(findings: Findings) -> Mapping[str, np.ndarray[Any, Any]]:
    """Return the contact sheets that may be shown: those of people who do not exist, and no other.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    mapping of str to ndarray
        Empty unless the cohort is one of phantoms, whatever was given.
    """
    return dict(findings.pictures) if findings.cohort.phantom else {}


def png(image: np.ndarray[Any, Any]) -> bytes:
    """Return a grey picture (H, W), uint8, as PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()

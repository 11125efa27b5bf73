"""Tables for a paper: LaTeX with booktabs, every text escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["escape", "latex_table"]

_WIDE = 7
"""Columns beyond which a table is wider than a page."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "≤": r"$\le$",
    "²": "$^2$",
    "“": "``",
    "”": "''",
    "’": "'",
    "…": r"\ldots{}",
    "\u00a0": "~",
}


def escape(text: str) -> str:
    """Return text that LaTeX sets as it is: no command, no comment, no line break."""
    plain = " ".join(text.split())
    return "".join(_SPECIAL.get(letter, letter if letter.isprintable() else "?") for letter in plain)


def latex_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, label: str, numeric: frozenset[int]
) -> str:
    r"""Return a table as LaTeX.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequence of str
        As long as ``columns``.
    caption : str
    label : str
        Of ``\label``; letters, digits, colon and dash.
    numeric : frozenset of int
        Columns set flush right.

    Returns
    -------
    str
        A floating table in the rules of the package booktabs.

    Raises
    ------
    ValueError
        When a row is longer or shorter than the header.
    """
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"Every row of a table needs {len(columns)} cells.")
    shape = "".join("r" if place in numeric else "l" for place in range(len(columns)))
    body = [" & ".join(map(escape, row)) + r" \\" for row in rows]
    # A wide table is set to the width of the text: the package graphicx.
    wide = len(columns) > _WIDE
    return "\n".join(
        [
            r"% needs \usepackage{booktabs,graphicx} and \usepackage[T1]{fontenc}",
            r"\begin{table}",
            rf"\caption{{{escape(caption)}}}",
            rf"\label{{{label}}}",
            r"\centering\small",
            *([r"\resizebox{\textwidth}{!}{%"] if wide else []),
            rf"\begin{{tabular}}{{{shape}}}",
            r"\toprule",
            " & ".join(map(escape, columns)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}" + ("}" if wide else ""),
            r"\end{table}",
            "",
        ]
    )

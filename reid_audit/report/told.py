"""What the pointer says of a line in a figure: kept in its label, so that picture and chart come from one drawing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Told", "said_by_pointer", "told_of"]

_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Told:
    """What a line stands for.

    Parameters
    ----------
    group : str
        What is shown and hidden together: a condition, or the line of guessing.
    words : str
        What the pointer says in place of the group's name: a model's name, or a whole sentence.
    """

    group: str
    words: str = ""


def said_by_pointer(group: str, words: str) -> str:
    """Return the label of a line that the key leaves out (matplotlib does, where a label begins with ``_``)."""
    return f"_{_SEPARATOR}{group}{_SEPARATOR}{words}"


def told_of(label: str) -> Told | None:
    """Return what a label tells; None of a line that nobody named, which is decoration."""
    if not label.startswith("_"):
        return Told(label)
    parts = label.split(_SEPARATOR)
    return Told(parts[1], parts[2]) if len(parts) == 3 else None

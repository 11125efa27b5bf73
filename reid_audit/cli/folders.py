"""Folders of scans on the command line, one a condition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["folders_of"]


def folders_of(given: Sequence[str]) -> dict[str, Path]:
    """Return condition and folder of each ``CONDITION=DIR``.

    Raises
    ------
    UsageError
        One is not of that form, a condition is named twice, or there is no such folder.
    """
    folders: dict[str, Path] = {}
    for word in given:
        condition, equals, folder = word.partition("=")
        if not (condition and equals and folder) or condition in folders:
            raise UsageError(
                f"'{word}' is not a condition and a folder, or names its condition again.",
                remedy="Write for example original=DIR, and then totalsegmentator=DIR.",
            )
        if not Path(folder).is_dir():
            raise UsageError(
                f"There is no folder '{folder}' with scans of condition '{condition}'.", remedy="Correct the path."
            )
        folders[condition] = Path(folder)
    return folders

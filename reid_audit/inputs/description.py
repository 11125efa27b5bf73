"""dataset_description.json: what a data set says about itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PHANTOM_GENERATOR", "Description", "phantom_root", "read_description"]

PHANTOM_GENERATOR = "reid_audit phantom"
"""Name of the GeneratedBy entry of a data set of people who do not exist."""

_FILE = "dataset_description.json"
_MAX_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Description:
    """What a data set says about itself.

    Parameters
    ----------
    name : str
    derivative : bool
    generators : tuple of str
        Names of the GeneratedBy entries.
    found : bool
        False where the file does not exist.
    doi : str
        Of the data set; empty where it states none.
    """

    name: str = ""
    derivative: bool = False
    generators: tuple[str, ...] = ()
    found: bool = False
    doi: str = ""

    @property
    def phantom(self) -> bool:
        """True where the people do not exist."""
        return any(name.strip().lower() == PHANTOM_GENERATOR for name in self.generators)


def read_description(folder: Path) -> Description:
    """Read the description of the data set in a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Description
        An empty one where the file does not exist.

    Raises
    ------
    ManifestError
        If the file is not a JSON object.
    """
    file = folder / _FILE
    try:
        if not file.is_file():
            return Description()
        if file.stat().st_size > _MAX_BYTES:
            raise ValueError("too large")  # noqa: TRY301 - one message for all that is wrong with it
        content = json.loads(file.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict):
            raise ValueError("no object")  # noqa: TRY004, TRY301
    except OSError:
        return Description()
    except (ValueError, RecursionError):
        raise ManifestError(
            "A dataset_description.json of the data set is not a JSON object in UTF-8.",
            remedy="Correct it, or remove it.",
        ) from None
    return Description(
        name=str(content.get("Name") or "").strip(),
        derivative=str(content.get("DatasetType", "")).strip().lower() == "derivative",
        generators=_generators(content.get("GeneratedBy")),
        found=True,
        doi=str(content.get("DatasetDOI") or "").strip(),
    )


def _generators(value: Any) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else [value]
    return tuple(str(entry["Name"]) for entry in entries if isinstance(entry, dict) and entry.get("Name"))


def phantom_root(folder: Path) -> str | None:
    """Return the folder of the phantom data set that a folder lies in, None where it lies in none.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    str or None
        Absolute path. The nearest dataset_description.json above the folder decides; that of a derivative only where it
        names the generator of phantoms, else the data set around it: what was made of phantoms is of phantoms.
    """
    start = folder.absolute()
    for place in (start, *start.parents):
        try:
            description = read_description(place)
        except ManifestError:
            return None
        if description.phantom:
            return str(place)
        if description.found and not description.derivative:
            return None
    return None

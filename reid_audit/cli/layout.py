"""Makes OUT a BIDS derivative: what it is, what made it, and which of its files BIDS has no name for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.inputs.derivative import AUDIT_IGNORE, audit_description
from reid_audit.inputs.description import read_description
from reid_audit.store import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_layout"]


def write_layout(out: Path, source: Path, *, phantom: bool) -> None:
    """Write ``dataset_description.json`` and ``.bidsignore``, where OUT is no other data set.

    Parameters
    ----------
    out : Path
        Exists.
    source : Path
        BIDS data set or manifest that is audited; its name and path are not repeated, as OUT is handed on.
    phantom : bool
        True for people who do not exist.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    if (out / "dataset_description.json").exists() and read_description(out).generators[:1] != ("reid_audit",):
        return
    said = read_description(source) if source.is_dir() else None
    write_json(out / "dataset_description.json", audit_description(said.doi if said else "", phantom=phantom))
    write_text(out / ".bidsignore", AUDIT_IGNORE)

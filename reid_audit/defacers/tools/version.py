"""Which version of an installed tool it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.defacers.running import private_workspace, run_command
from reid_audit.errors import ReidAuditError

if TYPE_CHECKING:
    from reid_audit.defacers.tools.tool import Tool

__all__ = ["version_of"]

_VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")
_SECONDS = 30.0


def version_of(tool: Tool, program: str) -> str:
    """Return the version of a tool on this machine: as its file says, else as it prints it.

    Parameters
    ----------
    tool : Tool
    program : str
        Path of its command.

    Returns
    -------
    str
        ``"unknown"`` where neither says it, or asking fails.
    """
    return _in_file(tool) or _printed(tool, program) or "unknown"


def _in_file(tool: Tool) -> str:
    if not tool.version_file:
        return ""
    variable, name = tool.version_file
    try:
        return (Path(os.environ[variable]) / name).read_text(encoding="utf-8", errors="replace").strip()[:100]
    except (OSError, KeyError):
        return ""


def _printed(tool: Tool, program: str) -> str:
    if not tool.version_arguments:
        return ""
    try:
        with private_workspace() as folder:
            finished = run_command([program, *tool.version_arguments], folder=folder, seconds=_SECONDS)
    except ReidAuditError:
        return ""
    # What fails prints an error, and the numbers in it are of other things.
    match = _VERSION.search(finished.said) if finished.status == 0 else None
    return match[0] if match else ""

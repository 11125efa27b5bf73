"""Settings of a command: the defaults, then a file, then flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["say_config", "with_file"]


def with_file(file: Path | None, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file of settings says, and on top of it what flags say.

    Raises
    ------
    SettingsError
        The file cannot be used, or holds what is not allowed; flags are looked at later, on top of it.
    """
    if file is None:
        return dict(flags)
    from reid_audit.settings import make_settings
    from reid_audit.settings_file import read_settings_file

    said = read_settings_file(file)
    make_settings(said)
    return {**said, **flags}


def say_config(values: Mapping[str, Any]) -> None:
    """Print every setting that would hold, as a file that ``--settings`` takes.

    Raises
    ------
    SettingsError
        A value is not allowed.
    """
    from reid_audit.settings import make_settings
    from reid_audit.settings_file import settings_text

    typer.echo(settings_text(make_settings(values)), nl=False)

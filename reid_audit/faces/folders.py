"""Where files are that belong to the user and to no audit: networks that were converted, models that were installed."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cache_folder", "folders_named", "models_folder"]

_CACHE, _MODELS = "REID_AUDIT_CACHE", "REID_AUDIT_MODELS"


@contextmanager
def folders_named(*, cache: Path | None = None, models: Path | None = None) -> Iterator[None]:
    """Let the folders of cache and models be others for a while, here and in the workers that are started meanwhile.

    They are places of a machine and no settings of an audit: no number depends on them. So they go the way of such
    places, through the environment, which workers inherit; workers of a cluster, which others started on machines of
    their own, are told there as well.

    Parameters
    ----------
    cache, models : Path, optional
        None leaves what holds.
    """
    given = {_CACHE: cache, _MODELS: models}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update({name: os.fspath(place.absolute()) for name, place in given.items() if place is not None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def cache_folder() -> Path:
    """Return the folder of what can be made again; it holds nothing about any person.

    ``--cache``, or ``REID_AUDIT_CACHE``, names it; otherwise it is ``reid_audit`` in ``XDG_CACHE_HOME`` or in
    ``~/.cache``; for a user without a home, in the folder of temporary files.

    Returns
    -------
    pathlib.Path
        Need not exist.
    """
    if named := os.environ.get(_CACHE):
        return Path(named)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():  # any other is to be ignored: XDG Base Directory Specification
        return base / "reid_audit"
    try:
        return Path("~/.cache/reid_audit").expanduser()
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / f"reid_audit-{os.getuid()}"


def models_folder() -> Path:
    """Return the folder of models that the user installed.

    ``--models``, or ``REID_AUDIT_MODELS``, names it; otherwise it is ``models`` in :func:`cache_folder`.

    Returns
    -------
    pathlib.Path
        Need not exist.
    """
    named = os.environ.get(_MODELS)
    return Path(named) if named else cache_folder() / "models"

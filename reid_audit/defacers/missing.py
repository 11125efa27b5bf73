"""What a defacer lacks on this machine, in the words of the error that it would raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.errors import MissingResourceError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["missing_of"]


def missing_of(*looks: Callable[[], object]) -> str:
    """Look for what is needed, and say what is not there.

    Parameters
    ----------
    *looks : callable
        Each looks for one thing and raises :class:`~reid_audit.errors.MissingResourceError` where it is not there.

    Returns
    -------
    str
        The first message, without its full stop; empty where everything is there.
    """
    for look in looks:
        try:
            look()
        except MissingResourceError as error:
            return error.message.rstrip(".")
    return ""

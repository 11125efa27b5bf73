"""One message for an error, and the exit status that goes with it."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEBUG", "INCOMPLETE", "WRONG_USAGE", "guarded"]

INCOMPLETE = 1
WRONG_USAGE = 2
_INTERRUPTED = 130

DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
"""True lets tracebacks through."""

P = ParamSpec("P")
T = TypeVar("T")


def guarded(command: Callable[P, T]) -> Callable[P, T]:
    """Turn an error into one message on stderr and an exit status; ``--debug`` lets the traceback through."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            typer.echo("Stopped. The same command goes on from here.", err=True)
            raise typer.Exit(_INTERRUPTED) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            if DEBUG.get():
                raise
            message, status = _explained(error)
            typer.echo(f"reid-audit: {message}", err=True)
            raise typer.Exit(status) from None

    return wrapped


def _explained(error: Exception) -> tuple[str, int]:
    from reid_audit.errors import ReidAuditError, UsageError

    if isinstance(error, ReidAuditError):
        return str(error), WRONG_USAGE if isinstance(error, UsageError) else INCOMPLETE
    if isinstance(error, OSError):
        return f"The system refused: {error.strerror or type(error).__name__}. Nothing finished is lost.", INCOMPLETE
    return (
        f"Unexpected {type(error).__name__}; this is a defect. Run again as `reid-audit --debug ...` and report it.",
        INCOMPLETE,
    )

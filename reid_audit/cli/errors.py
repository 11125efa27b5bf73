"""One message for an error, and the exit status that goes with it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INCOMPLETE", "WRONG_USAGE", "guarded"]

INCOMPLETE = 1
WRONG_USAGE = 2
_INTERRUPTED = 130

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
        except Exception as error:
            if _is_control_flow(error) or _debugging():
                raise
            message, status = _explained(error)
            typer.echo(f"reid-audit: {message}", err=True)
            raise typer.Exit(status) from None

    return wrapped


def _is_control_flow(error: Exception) -> bool:
    """Return True for what Typer itself raises to stop or to complain about usage."""
    import click

    return isinstance(error, typer.Exit | typer.Abort | click.exceptions.ClickException | click.exceptions.Exit)


def _debugging() -> bool:
    import click

    context = click.get_current_context(silent=True)
    return bool(context and isinstance(context.find_root().obj, dict) and context.find_root().obj.get("debug"))


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

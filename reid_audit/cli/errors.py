"""One message for an error, and the exit status that goes with it."""

from __future__ import annotations

import functools
import os
import select
import signal
import sys
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DEBUG", "INCOMPLETE", "WRONG_USAGE", "guarded"]

INCOMPLETE = 1
WRONG_USAGE = 2
_SIGNALLED = 128

DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
"""True lets tracebacks through."""

P = ParamSpec("P")
T = TypeVar("T")


def guarded(command: Callable[P, T]) -> Callable[P, T]:
    """Turn an error into one message on stderr and an exit status; ``--debug`` lets the traceback through."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with _terminable():
                return command(*args, **kwargs)
        except KeyboardInterrupt as stopped:
            number = signal.SIGTERM if isinstance(stopped, _Terminated) else signal.SIGINT
            typer.echo("Stopped. The same command goes on from here.", err=True)
            raise typer.Exit(_SIGNALLED + number) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            if isinstance(error, BrokenPipeError) and _nobody_reads():
                raise typer.Exit(_SIGNALLED + signal.SIGPIPE) from None
            if DEBUG.get():
                raise
            from reid_audit.inputs.printable import printable

            message, status = _explained(error)
            typer.echo(f"reid-audit: {printable(message)}", err=True)
            raise typer.Exit(status) from None

    return wrapped


def _nobody_reads() -> bool:
    """Tell whether a pipe that we print to is closed, as ``| head`` does; what is left for it then goes nowhere."""
    watch = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a stream that is no file
            watch.register(stream.fileno(), 0)
    closed = [descriptor for descriptor, event in watch.poll(0) if event & select.POLLERR]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in closed:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return bool(closed)


class _Terminated(KeyboardInterrupt):
    """Somebody asked the process to end."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, with a word and with its workers."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise _Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: whoever runs the command there handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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

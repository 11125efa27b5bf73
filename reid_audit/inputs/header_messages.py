"""What nibabel says of a header that it mends: kept with the scan, and not printed without a word on which scan."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nibabel.imageglobals import LoggingOutputSuppressor, logger

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["header_messages"]


class _Kept(logging.Handler):
    """Appends each message once to a list."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        if (message := record.getMessage()) not in self._said:
            self._said.append(message)


@contextmanager
def header_messages() -> Iterator[list[str]]:
    """Collect what nibabel warns of while headers are read, in place of printing it.

    nibabel's own suppressor takes its handlers away, and a logger without any hands its warnings to Python's handler of
    last resort, which prints them without the name of a file.

    Yields
    ------
    list of str
        Grows as the messages come, each once.
    """
    said: list[str] = []
    kept = _Kept(said)
    with LoggingOutputSuppressor():
        logger.addHandler(kept)
        try:
            yield said
        finally:
            logger.removeHandler(kept)

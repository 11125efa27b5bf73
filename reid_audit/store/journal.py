"""What was begun and what was kept, a line each: how often a piece of work was done, and what a kill cost."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal

from reid_audit.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JOURNAL", "write_line"]

JOURNAL = "tasks.log"
"""Lines of time (s since 1970), process, ``begun`` or ``kept``, and the key of the work: no name, no path."""


def write_line(folder: Path, what: Literal["begun", "kept"], key: str) -> None:
    """Add a line to the journal of a folder of records.

    Parameters
    ----------
    folder : Path
        Exists.
    what : {"begun", "kept"}
    key : str

    Raises
    ------
    StoreError
        If the disk refuses.

    Notes
    -----
    A line is one write to a file opened for appending: the kernel keeps those of several processes apart. Over NFS it
    does not, and lines may be lost; nothing but the journal rests on them.
    """
    line = f"{time.time():.3f} {os.getpid()} {what} {key}\n".encode()
    try:
        descriptor = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(
            f"Cannot write '{JOURNAL}': {error.strerror}.", remedy="Free space on the disk, or name another folder."
        ) from error

"""Files opened for reading, and nothing that only looks like one."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

__all__ = ["open_file"]


def open_file(path: Path | str) -> BufferedReader:
    """Open a regular file for reading: a pipe would wait for a writer, a device never end.

    Parameters
    ----------
    path : path-like
        Links are followed; what they lead to counts.

    Returns
    -------
    binary file
        To be closed by the caller.

    Raises
    ------
    OSError
        If the file cannot be read, or is a pipe, a device, a socket or a folder.
    """
    return open(path, "rb", opener=_regular)


def _regular(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file")
    return descriptor

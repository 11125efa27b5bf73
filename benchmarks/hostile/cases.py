"""One hostile file."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Hostile", "gzipped"]


@dataclass(frozen=True)
class Hostile:
    """A file that is broken, or made to break what reads it.

    Parameters
    ----------
    file : str
        Its name.
    write : callable
        Writes it to a path.
    said : str
        Regular expression that the message about it matches.
    large : bool
        True for a bomb that takes seconds to unpack: the tests make it smaller.
    """

    file: str
    write: Callable[[Path], None]
    said: str
    large: bool = False

    @property
    def name(self) -> str:
        """The file's name without extensions."""
        return self.file.split(".")[0]


def gzipped(*parts: tuple[bytes, int], wbits: int = 31) -> bytes:
    """Return blocks of bytes, each repeated, deflated as a stream: a gigabyte in a megabyte, made in a small memory."""
    packed = io.BytesIO()
    stream = zlib.compressobj(9, zlib.DEFLATED, wbits)
    for block, times in parts:
        for _ in range(times):
            packed.write(stream.compress(block))
    packed.write(stream.flush())
    return packed.getvalue()

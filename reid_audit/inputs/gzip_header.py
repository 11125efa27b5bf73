"""What a gzip file says beside what it holds: the fields of its headers, which no reader of its content meets."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GzipHeader", "read_gzip_headers"]

_CHECK, _EXTRA, _NAME, _COMMENT = 2, 4, 8, 16
_MAGIC = b"\x1f\x8b\x08"
_FIXED, _TRAILER = 10, 8
_BLOCK = 1 << 20
_MOST = 1 << 20
"""Bytes of a field that are read."""
_MOST_HELD = 1 << 36
_MOST_MEMBERS = 1_000_000
_RAW = -15


@dataclass(frozen=True)
class GzipHeader:
    """Optional fields of the header of one member of a gzip file (RFC 1952), empty where they are not there.

    Parameters
    ----------
    name, comment, extra : bytes
        The file's name before it was packed, what somebody wrote, and subfields for programs.
    """

    name: bytes = b""
    comment: bytes = b""
    extra: bytes = b""

    @property
    def plain(self) -> bool:
        """Whether nothing is said."""
        return not (self.name or self.comment or self.extra)


class _Bytes:
    """A stream of which more can be put back than was ever read at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._held = stream, b""

    def block(self) -> bytes:
        """Return what was put back, else a block; empty at the end."""
        held, self._held = self._held, b""
        return held or self._stream.read(_BLOCK)

    def back(self, rest: bytes) -> None:
        self._held = rest + self._held

    def take(self, count: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        taken = b""
        while len(taken) < count and (block := self.block()):
            taken += block
        self.back(taken[count:])
        return taken[:count]

    def until_zero(self) -> bytes:
        """Return the bytes before the next zero."""
        taken = b""
        while b"\0" not in taken:
            block = self.block()
            if not block or len(taken) > _MOST:
                raise EOFError
            taken += block
        field, _, rest = taken.partition(b"\0")
        self.back(rest)
        return field


def read_gzip_headers(stream: BinaryIO) -> Iterator[GzipHeader]:
    """Yield the header of every member of a gzip file; what it holds is unpacked on the way, a block at a time.

    Parameters
    ----------
    stream : binary file
        At its beginning.

    Yields
    ------
    GzipHeader

    Raises
    ------
    EOFError
        If the file ends too early, a field does not end, or there is more than anybody reads.
    zlib.error
        If it is damaged, or goes on with what is no gzip.
    """
    source, held = _Bytes(stream), 0
    for _ in range(_MOST_MEMBERS):
        fixed = source.take(_FIXED)
        if not fixed:
            return
        yield _header(source, fixed)
        held += _skipped(source)
        if held > _MOST_HELD:
            break
    raise EOFError


def _header(source: _Bytes, fixed: bytes) -> GzipHeader:
    if len(fixed) < _FIXED:
        raise EOFError
    if not fixed.startswith(_MAGIC):
        raise zlib.error("no gzip")
    flags = fixed[3]
    extra = source.take(int.from_bytes(source.take(2), "little")) if flags & _EXTRA else b""
    name = source.until_zero() if flags & _NAME else b""
    comment = source.until_zero() if flags & _COMMENT else b""
    source.take(2 if flags & _CHECK else 0)
    return GzipHeader(name, comment, extra)


def _skipped(source: _Bytes) -> int:
    """Unpack one member to its end, trailer included; return how many bytes it holds."""
    unpacker, held = zlib.decompressobj(_RAW), 0
    while not unpacker.eof:
        block = unpacker.unconsumed_tail or source.block()
        if not block:
            raise EOFError
        held += len(unpacker.decompress(block, _BLOCK))
        if held > _MOST_HELD:
            raise EOFError
    source.back(unpacker.unused_data)
    if len(source.take(_TRAILER)) < _TRAILER:
        raise EOFError
    return held

"""Bytes to text, once, before anything is asked: UTF-8, UTF-16, older codings, and characters written as references."""

from __future__ import annotations

import codecs
import html
import io
from typing import TYPE_CHECKING, BinaryIO

from reid_audit.store import open_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["coding_of", "decoded", "is_text", "open_text", "read_text", "spelled"]

_LOOKED_AT = 8192
_PART = 3
"""Bytes of a character of UTF-8 that the end of a block may have cut."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(sorted({*range(32), 127} - set(b"\b\t\n\v\f\r\x1b")))
_FOREIGN = 0.3
"""Share of bytes above ASCII up to which what is no UTF-8 may be a text in an older coding."""
_EMPTY_HALVES = 0.8
"""Share of zeros in every other byte from which on text is taken for UTF-16 without a mark."""
_BLANKS = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u2019": "'", "\u02bc": "'", "\u00ad": None})


def _older(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that is no UTF-8 as Latin-1 has it."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding != "utf-8":
        return codecs.replace_errors(error)  # type: ignore[return-value]
    return error.object[error.start : error.end].decode("latin-1"), error.end


_LENIENT = "reid_audit.older_coding"
codecs.register_error(_LENIENT, _older)


def coding_of(start: bytes) -> str:
    """Return the coding of a text by its first bytes: a mark, or the zeros that Latin letters have in UTF-16.

    Parameters
    ----------
    start : bytes

    Returns
    -------
    str
        ``"utf-8-sig"`` where nothing speaks against it.
    """
    for mark, coding in _MARKS:
        if start.startswith(mark):
            return coding
    even, odd = start[0::2], start[1::2]
    if len(start) >= 2 * _PART and odd.count(0) > _EMPTY_HALVES * len(odd) and not even.count(0):
        return "utf-16-le"
    if len(start) >= 2 * _PART and even.count(0) > _EMPTY_HALVES * len(even) and not odd.count(0):
        return "utf-16-be"
    return "utf-8-sig"


def is_text(start: bytes) -> bool:
    """Tell whether the first bytes of a file are text: UTF-8, UTF-16, or an older coding without control characters."""
    if coding_of(start) != "utf-8-sig":
        return True
    if b"\0" in start:
        return False
    for cut in range(_PART + 1):
        try:
            start[: len(start) - cut].decode()
        except UnicodeDecodeError:
            continue
        return True
    foreign = sum(byte > 127 for byte in start)
    return start.translate(None, _CONTROL) == start and foreign <= _FOREIGN * len(start)


def decoded(raw: bytes) -> str:
    """Return bytes as text; what is no UTF-8 is read as Latin-1, so that no letter is lost.

    Parameters
    ----------
    raw : bytes

    Returns
    -------
    str
    """
    return raw.decode(coding_of(raw[:_LOOKED_AT]), _LENIENT)


def open_text(stream: BinaryIO) -> io.TextIOWrapper:
    """Return a stream of bytes at its beginning as text, as :func:`decoded` reads it; line ends are kept."""
    held = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    coding = coding_of(held.peek(_LOOKED_AT)[:_LOOKED_AT])
    return io.TextIOWrapper(held, encoding=coding, errors=_LENIENT, newline="")


def read_text(path: Path) -> str:
    """Return the whole text of a file, decoded and :func:`spelled`.

    Raises
    ------
    OSError
        If it cannot be read, or is no file.
    """
    with open_file(path) as stream:
        return spelled(decoded(stream.read()))


def spelled(text: str) -> str:
    """Return a text with references (``&#39;``, ``&nbsp;``) as the characters that they stand for, and plain blanks."""
    if "&" in text:
        text = html.unescape(text)
    return text if text.isascii() else text.translate(_BLANKS)

"""Keys made of content: the same input, settings, code and weights give the same key, anything else another."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["bytes_key", "code_key", "content_key", "file_key"]

_BLOCK = 1 << 20


def content_key(*parts: Any) -> str:
    """Return a SHA-256 over values that JSON can hold.

    Parameters
    ----------
    *parts
        Strings, numbers, booleans, None, and lists, tuples and mappings of them.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def bytes_key(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes and of nothing else, as every other tool computes it.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_key(path: Path | str) -> str:
    """Return a SHA-256 over the bytes of a file, or over names and bytes of all files of a folder (a DICOM series).

    Parameters
    ----------
    path : path-like

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    root = Path(path)
    digest = hashlib.sha256()
    files = sorted(p for p in root.rglob("*") if p.is_file()) if root.is_dir() else [root]
    for file in files:
        if root.is_dir():
            digest.update(str(file.relative_to(root)).encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()


@cache
def code_key(*rooms: str) -> str:
    """Return a SHA-256 over the source and data files of some of the package's rooms.

    Parameters
    ----------
    *rooms : str
        Sub-packages or modules (``"faces"``, ``"workers.py"``): those that a result rests on, so that a changed
        algorithm never takes an old result for its own.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for room in rooms:
        base = package / room
        files = [base] if base.is_file() else sorted(p for p in base.rglob("*") if p.suffix in {".py", ".npz"})
        for file in files:
            digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()

"""Keys made of content: the same input, settings, code and weights give the same key, anything else another."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.store.opening import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bytes_key", "code_key", "content_key", "file_key", "link_key"]

_BLOCK = 1 << 20
_CODE = {".py", ".npz", ".html", ".css"}
_LIBRARIES = (
    "dlib-bin",
    "fast-simplification",
    "nibabel",
    "numpy",
    "onnxruntime",
    "opencv-contrib-python-headless",
    "pillow",
    "pillow-heif",
    "pydicom",
    "scikit-learn",
    "scipy",
    "SimpleITK",
    "vtk",
)
"""Whose numbers ours rest on: another version may give others."""


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
        If the file cannot be read, or the path is a pipe or a device, which would never end.
    """
    with open_file(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def link_key(path: Path | str) -> str:
    """Return the SHA-256 of what a symbolic link says, whether anything is there or not.

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
        If the path is no link.
    """
    return hashlib.sha256(os.fsencode(Path(path).readlink())).hexdigest()


def file_key(path: Path | str) -> str:
    """Return a SHA-256 over the bytes of a file, or over names and bytes of all files of a folder (a DICOM series).

    Parameters
    ----------
    path : path-like
        In a folder, links are followed, and what is no file (a pipe, a device) is passed over.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        If a file cannot be read, or the path is a pipe or a device, which would never end.
    """
    root = Path(path)
    digest = hashlib.sha256()
    whole = root.is_dir()
    for file in sorted(_files(root)) if whole else [root]:
        if whole:
            digest.update(os.fsencode(file.relative_to(root)))
        with open_file(file) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of a folder; a folder that links lead to twice is entered once."""
    seen: set[tuple[int, int]] = set()
    for base, folders, files in os.walk(root, followlinks=True):
        state = Path(base).stat()
        if (state.st_dev, state.st_ino) in seen:
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        folders.sort()
        yield from (path for name in files if (path := Path(base) / name).is_file())


@cache
def code_key(*rooms: str) -> str:
    """Return a SHA-256 over source and data files of the package, and the versions of the libraries they rest on.

    Parameters
    ----------
    *rooms : str
        Sub-packages or modules (``"faces"``, ``"plugins.py"``): those that a result rests on, so that a changed
        algorithm never takes an old result for its own. None stands for the whole package.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    FileNotFoundError
        There is no such room.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(f"{sys.version_info[:2]}\0{_versions()}\0".encode())
    for room in rooms or (".",):
        base = package / room
        if not base.exists():
            raise FileNotFoundError(errno.ENOENT, "There is no such room in the package", room)
        files = [base] if base.is_file() else sorted(p for p in base.rglob("*") if p.suffix in _CODE)
        for file in files:
            digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _versions() -> list[tuple[str, str]]:
    installed = []
    for name in _LIBRARIES:
        try:
            installed.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            installed.append((name, ""))
    return installed

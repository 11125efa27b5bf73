"""What of an OUT is handed on, and what must not be in it: no original identifier, and no picture of a head."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["pictures", "shared", "telling"]

_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"WEBP")
_DATA = re.compile(rb"data:([a-z/+]+);base64,\s*([A-Za-z0-9+/=]+)")


def shared(out: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files that are handed on, tables as text too, and whatever is embedded in them."""
    for path in sorted(out.rglob("*")):
        if not path.is_file() or "private" in path.relative_to(out).parts:
            continue
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".parquet":
            yield path.name, pd.read_parquet(path).to_csv().encode()
        for kind, held in _embedded(content):
            yield f"{path.name}, embedded {kind}", held


def _embedded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a file carries in itself, and what that carries."""
    for kind, packed in _DATA.findall(content):
        held = base64.b64decode(packed)
        yield kind.decode(), held
        yield from _embedded(held)


def telling(files: Iterable[tuple[str, bytes]], secrets: Sequence[str], ours: Sequence[str] = ()) -> list[str]:
    """Return the names of the files that hold a secret, in capitals or small letters.

    Parameters
    ----------
    files : iterable of (str, bytes)
        As :func:`shared` yields them.
    secrets : sequence of str
    ours : sequence of str
        Words of ours that hold a secret by chance.
    """
    found = []
    for name, content in files:
        text = content.lower()
        for word in ours:
            text = text.replace(word.lower().encode(), b"")
        if any(secret.lower().encode() in text for secret in secrets):
            found.append(name)
    return found


def pictures(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, int]]:
    """Return every picture of pixels: where it is, and how many shades it has; of a head there are hundreds."""
    found = []
    for name, content in files:
        if content.startswith(_PICTURES):
            with Image.open(io.BytesIO(content)) as picture:
                pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
            found.append((name, len(np.unique(pixels, axis=0))))
    return found

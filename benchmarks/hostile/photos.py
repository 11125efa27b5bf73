"""Photographs."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.hostile.cases import Hostile, gzipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PHOTOS"]

_PIXELS = "120,000,000"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(width: int, height: int, *, depth: int = 8, colours: int = 2, real: bool = False) -> bytes:
    """Return a black PNG; where not ``real`` of that size in its header alone."""
    samples = {0: 1, 2: 3, 6: 4}[colours]
    row = bytes(1 + width * samples * depth // 8)
    data = gzipped((row, height), wbits=15) if real else zlib.compress(row[:100])
    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _picture(kind: str, size: tuple[int, int] = (200, 200), **options: object) -> bytes:
    from PIL import Image
    from pillow_heif import register_heif_opener

    register_heif_opener()
    values = np.random.default_rng(2).integers(0, 255, (size[1], size[0], 3)).astype(np.uint8)
    held = io.BytesIO()
    Image.fromarray(values).save(held, kind, **options)
    return held.getvalue()


def _jpeg(width: int, height: int) -> bytes:
    """Return a JPEG of 200 x 200 whose header claims another size."""
    content = bytearray(_picture("JPEG"))
    place = next(content.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in content)
    content[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def _heic(width: int, height: int) -> bytes:
    """Return a HEIC picture of 200 x 200 whose header claims another size."""
    content = bytearray(_picture("HEIF"))
    place = 0
    while (place := content.find(b"ispe", place)) >= 0:
        content[place + 8 : place + 16] = struct.pack(">II", width, height)
        place += 4
    return bytes(content)


def _put(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(make())

    return write


PHOTOS = (
    Hostile("png-60000.png", _put(lambda: _png(60_000, 60_000)), _PIXELS),
    Hostile("png-large-and-short.png", _put(lambda: _png(10_900, 10_900)), "damaged"),
    Hostile("png-black.png", _put(lambda: _png(10_900, 10_900, real=True)), "no face", large=True),
    Hostile(
        "png-black-16.png", _put(lambda: _png(10_900, 10_900, depth=16, colours=0, real=True)), "no face", large=True
    ),
    Hostile("png-black-clear.png", _put(lambda: _png(10_900, 10_900, colours=6, real=True)), "no face", large=True),
    Hostile("jpeg-65000.jpg", _put(lambda: _jpeg(65_000, 65_000)), _PIXELS),
    Hostile("jpeg-10000.jpg", _put(lambda: _jpeg(10_900, 10_900)), "damaged|no face", large=True),
    Hostile("jpeg-short.jpg", _put(lambda: _picture("JPEG")[:700]), "damaged"),
    Hostile("heic-60000.heic", _put(lambda: _heic(60_000, 60_000)), "pixels|damaged"),
    Hostile("heic-short.heic", _put(lambda: _picture("HEIF")[:900]), "damaged|no photo"),
    Hostile("webp-short.webp", _put(lambda: _picture("WEBP")[:900]), "damaged|no photo"),
    Hostile("text.jpg", _put(lambda: b"<script>alert(1)</script>"), "no photo"),
    Hostile("zip.png", _put(lambda: b"PK\3\4" + bytes(900)), "no photo"),
    Hostile("gif.png", _put(lambda: _picture("GIF")), "no photo"),
    Hostile("narrow.png", _put(lambda: _picture("PNG", (900, 3))), "at least 64"),
)
"""Each is lost with its reason, or found to show no face."""

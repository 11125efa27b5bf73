"""Read photographs."""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from reid_audit.errors import PhotoError
from reid_audit.types import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_PIXELS", "MIN_SIDE", "PHOTO_EXTENSIONS", "read_photo"]

MIN_SIDE = 64
"""Pixels; no face can be embedded in less."""

MAX_PIXELS = 120_000_000
"""A larger picture is refused before it is decoded: it may be a decompression bomb."""

KEPT_PIXELS = 24_000_000
"""A larger picture is made smaller by a whole number on reading, as detectors enlarge it and take as much again."""

PHOTO_EXTENSIONS = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp")

_FORMATS = ("JPEG", "PNG", "HEIF", "WEBP")
_BACKGROUND = (255, 255, 255, 255)
_ROWS = 256


def read_photo(path: Path | str) -> Photo:
    """Read one photograph, upright.

    Parameters
    ----------
    path : path-like
        JPEG, PNG, HEIC or WebP.

    Returns
    -------
    Photo
        RGB, 8 bits; the EXIF orientation is applied, transparency is laid on white, 16 bits become 8, CMYK and palette
        colours RGB. Of an animation the first picture is taken. One of more than 24 million pixels is made smaller.

    Raises
    ------
    PhotoError
        If the file is missing, empty, truncated, no picture, below 64 pixels on a side, or above 120 million pixels.
    """
    file = Path(path)
    _register_formats()
    if not file.is_file():
        raise PhotoError("The photo does not exist, may not be read, or is no file.", remedy="Correct the path.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _whole_pictures_only(), Image.open(file, formats=_FORMATS) as image:
                _check_size(image.size)
                pixels = np.asarray(_to_rgb(_upright(_smaller(image))))
    except PhotoError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise anything at all on a damaged file
        raise _explain(error, file) from None
    return Photo(np.ascontiguousarray(pixels))


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """Refuse truncated pictures even where another library told Pillow, for the whole process, to take them."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _register_formats() -> None:
    """Load the decoders for exactly the formats that are allowed."""
    from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401 - importing registers them
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"The photo measures {width} x {height} pixels; at least {MIN_SIDE} on each side are needed.",
            remedy="Use a larger photo.",
        )
    if width * height > MAX_PIXELS:
        raise PhotoError(
            f"The photo measures {width} x {height} pixels; at most {MAX_PIXELS:,} in all are allowed.",
            remedy="Scale it down; 1000 pixels across the face are plenty.",
        )


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; a damaged EXIF block leaves the photo as it is stored."""
    try:
        return ImageOps.exif_transpose(image) or image
    except Exception:  # noqa: BLE001 - the EXIF block is foreign data; the pixels were read already
        return image


def _smaller(image: Image.Image) -> Image.Image:
    """Decode a picture; average a large one over squares of pixels, before anything makes a copy of it."""
    factor = math.ceil(math.sqrt(image.width * image.height / KEPT_PIXELS))
    image.load()
    if image.mode.startswith(("I", "F")):
        known = dict(image.info)
        image = Image.fromarray(_to_eight_bits(np.asarray(image)))
        image.info |= known
    if factor <= 1:
        return image
    if image.mode in {"1", "P", "PA"}:
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    return image.reduce(factor)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        front = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", front.size, _BACKGROUND), front).convert("RGB")
    return image.convert("RGB")


def _to_eight_bits(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Scale 16-bit grey (or what a 32-bit container holds of it) to 8 bits, some rows at a time."""
    grey = np.empty(values.shape, np.uint8)
    for first in range(0, len(values), _ROWS):
        rows = slice(first, first + _ROWS)
        grey[rows] = np.clip(np.round(values[rows].astype(np.float64) / 257.0), 0, 255)
    return grey


def _explain(error: Exception, file: Path) -> PhotoError:
    if isinstance(error, PermissionError):
        return PhotoError("The photo may not be read.", remedy="Change its permissions.")
    if file.stat().st_size == 0:
        return PhotoError("The photo's file is empty.", remedy="Copy it again.")
    if isinstance(error, Image.DecompressionBombError):
        return PhotoError(
            f"The photo has more than the {MAX_PIXELS:,} pixels that are allowed.", remedy="Scale it down."
        )
    if isinstance(error, UnidentifiedImageError | IsADirectoryError):
        return PhotoError(
            "The file is no photo that can be read; allowed are JPEG, PNG, HEIC and WebP.", remedy="Convert it to JPEG."
        )
    return PhotoError("The photo ends too early or is damaged.", remedy="Copy it again.")

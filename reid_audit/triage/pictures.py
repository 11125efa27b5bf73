"""Whether a picture shows a face: screenshots and renders in reports, previews, animations."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.plugins import load_detector
from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

    from reid_audit.protocols import Detector

__all__ = ["told_by_picture", "told_by_pixels"]

Array = np.ndarray[Any, Any]

MAX_PIXELS = 120_000_000
"""A larger picture is refused before it is decoded."""
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "HEIF")
_LONGEST = 1600
"""Pixels to which a larger picture is brought before a detector looks."""
_SMALLEST = 32
"""Pixels of a side below which no face can be made out."""
_MOST_FRAMES = 24
_SOFT = (1, 40)
"""Grey levels by which neighbours differ where a picture is shaded as a photograph, a render or a scan is."""
_SHADED = 0.06
"""Share of such places from which on a picture may show a head."""


def told_by_picture(source: Path | bytes, *, detector: str = "dlib") -> Told:
    """Answer for a picture: a face that a detector finds, shades in which one may be, or a drawing.

    Parameters
    ----------
    source : Path or bytes
        A file, or the bytes of one; of an animation up to 24 frames are looked at.
    detector : str
        Name of the detector for pictures.

    Returns
    -------
    Told
    """
    from PIL import Image, UnidentifiedImageError

    _register()
    try:
        with warnings.catch_warnings(), _bounded():
            warnings.simplefilter("ignore")
            with Image.open(source if not isinstance(source, bytes) else io.BytesIO(source), formats=_FORMATS) as image:
                if image.size[0] * image.size[1] > MAX_PIXELS:
                    return Told("unaudited", f"size: the picture has more than {MAX_PIXELS:,} pixels")
                return worst([told_by_pixels(frame, detector=detector) for frame in _frames(image)])
    except UnidentifiedImageError:
        return Told("unaudited", "damaged: the file is not a picture of a known kind")
    except Exception:  # noqa: BLE001 - decoders raise anything at all on a damaged file
        return Told("unaudited", "damaged: the picture cannot be decoded to its end")


def _register() -> None:
    """Load the decoders for exactly the formats that are allowed."""
    from PIL import (  # noqa: F401 - importing registers them
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )
    from pillow_heif import register_heif_opener

    register_heif_opener()


@contextmanager
def _bounded() -> Iterator[None]:
    """Refuse truncated pictures, whatever another library told Pillow for the whole process."""
    from PIL import ImageFile

    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _frames(image: Image.Image) -> Iterator[Array]:
    """Yield frames of an animation, evenly spread, as RGB no larger than a detector needs."""
    from PIL import Image

    count = int(getattr(image, "n_frames", 1))
    for number in sorted({int(place) for place in np.linspace(0, count - 1, min(count, _MOST_FRAMES))}):
        if number:
            image.seek(number)
        shown = image.convert("RGBA")
        white = Image.new("RGBA", shown.size, (255, 255, 255, 255))
        flat = Image.alpha_composite(white, shown).convert("RGB")
        flat.thumbnail((_LONGEST, _LONGEST))
        yield np.ascontiguousarray(np.asarray(flat))


def told_by_pixels(pixels: Array, *, detector: str = "dlib") -> Told:
    """Answer for the pixels of a picture.

    Parameters
    ----------
    pixels : ndarray, shape (H, W, 3), uint8
    detector : str

    Returns
    -------
    Told
        ``"cannot tell"`` for shades without a face that the detector finds: it misses profiles and slices.
    """
    if min(pixels.shape[:2]) < _SMALLEST:
        return nothing("small", "the picture is too small to make out a face")
    found = len(_detector(detector).detect(pixels))
    if found:
        return gives_away("face", f"a detector finds {found} face{'s' if found > 1 else ''} in a picture")
    if shaded_share(pixels) >= _SHADED:
        return cannot_tell(
            "shades", "no face was detected; slices, profiles and renders from aside look like this picture"
        )
    return nothing("drawing", "no face was detected; the picture is a drawing without shades")


@cache
def _detector(name: str) -> Detector:
    return load_detector(name)


def shaded_share(pixels: Array) -> float:
    """Return the share of places whose neighbours differ a little, as in anything photographed, scanned or rendered.

    Parameters
    ----------
    pixels : ndarray, shape (H, W, 3), uint8

    Returns
    -------
    float
        0 to 1; drawings, plots and text have flat areas and sharp edges.
    """
    grey = pixels.astype(np.int16).mean(axis=2)
    across = np.abs(np.diff(grey, axis=1))[:-1]
    down = np.abs(np.diff(grey, axis=0))[:, :-1]
    least, most = np.minimum(across, down), np.maximum(across, down)
    low, high = _SOFT
    return float(((most >= low) & (most <= high) & (least > 0)).mean())

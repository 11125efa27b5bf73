"""Whether a picture shows a face: screenshots and renders in reports, previews, animations."""

from __future__ import annotations

import hashlib
import io
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.plugins import load_detector
from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst
from reid_audit.triage.picture_words import told_by_metadata
from reid_audit.triage.shading import shaded_share, soft_part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
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
_SHADED = 0.06
"""Share of soft places from which on a picture may show a head."""
_FACE = 1024
"""Pixels of a shaded part from which on it may be a face, whatever the rest of the picture is."""
_TURNS = (0, 1, 3, 2)
"""Quarter turns under which a face is looked for: a detector finds upright ones."""
_CERTAIN = 1.0
"""Confidence of a face under a turn: dlib gives 2.5 and 3 to two that are there, 0.6 to a cloud of points. A detector
that counts to 1 makes none certain; the picture is shaded all the same."""
_MOST_SEARCHED = 200_000_000
"""Pixels in which a detector looks, in all frames of a file together."""
_LEAST_SEARCHED = 10_000
"""Pixels that a frame counts for at least: opening one takes time as well."""


def told_by_picture(source: Path | bytes, labels: Collection[str] = (), *, detector: str = "dlib") -> Told:
    """Answer for a picture: a face that a detector finds, shades in which one may be, or a drawing; and its texts.

    Parameters
    ----------
    source : Path or bytes
        A file, or the bytes of one; of an animation every frame, as far as the time allows.
    labels : collection of str
        Of the path of the file.
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
                return worst([_told_by_frames(image, detector), told_by_metadata(image, labels)])
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


def _told_by_frames(image: Image.Image, detector: str) -> Told:
    """Answer for every frame, or for as many, evenly spread, as are looked at; a face ends the search."""
    count = int(getattr(image, "n_frames", 1))
    scale = min(1.0, _LONGEST / max(image.size))
    size = max(int(image.size[0] * image.size[1] * scale**2), _LEAST_SEARCHED)
    most = max(_MOST_SEARCHED // size, 1)
    turns = _TURNS if count * size * len(_TURNS) <= _MOST_SEARCHED else _TURNS[:1]
    told, seen = [nothing("no face", "no frame shows a face")], set()
    places = sorted({int(place) for place in np.linspace(0, count - 1, min(count, most))})
    for place in places:
        flat = _frame(image, place)
        digest = hashlib.sha256(flat.tobytes()).digest() if len(places) > 1 else b""
        if digest not in seen:
            seen.add(digest)
            told.append(_told_by_image(flat, detector, turns))
        if told[-1].answer == "face":
            break
    else:
        if len(places) < count:
            told.append(cannot_tell("frames", f"{len(places):,} of {count:,} frames of the picture were looked at"))
    return worst(told if len(told) > 2 else told[1:])


def _frame(image: Image.Image, place: int) -> Image.Image:
    """Return one frame as RGB, what is transparent as white."""
    from PIL import Image

    if place:
        image.seek(place)
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    shown = image if image.mode == "RGBA" else image.convert("RGBA")
    flat = Image.new("RGB", shown.size, (255, 255, 255))
    flat.paste(shown, mask=shown.getchannel("A"))
    return flat


def told_by_pixels(pixels: Array, *, detector: str = "dlib") -> Told:
    """Answer for the pixels of a picture.

    Parameters
    ----------
    pixels : ndarray, shape (H, W, 3), uint8
    detector : str

    Returns
    -------
    Told
        ``"cannot tell"`` for shades without a face that the detector finds, upright or turned by a quarter, in the
        whole picture or in one part that is large enough for a face: it misses profiles and slices.
    """
    from PIL import Image

    return _told_by_image(Image.fromarray(np.ascontiguousarray(pixels)), detector, _TURNS)


def _told_by_image(flat: Image.Image, detector: str, turns: Sequence[int]) -> Told:
    part = soft_part(np.asarray(flat.convert("L")))
    if max(flat.size) > _LONGEST:
        flat.thumbnail((_LONGEST, _LONGEST))
    pixels = np.asarray(flat)
    if min(pixels.shape[:2]) < _SMALLEST:
        return nothing("small", "the picture is too small to make out a face")
    shaded = part >= _FACE or shaded_share(pixels) >= _SHADED
    for turn in turns if shaded else _TURNS[:1]:
        faces = _detector(detector).detect(np.ascontiguousarray(np.rot90(pixels, turn)))
        found = sum(not turn or face.confidence >= _CERTAIN for face in faces)
        if found:
            return gives_away("face", f"a detector finds {found} face{'s' if found > 1 else ''} in a picture")
    if shaded:
        return cannot_tell(
            "shades", "no face was detected; slices, profiles and renders from aside look like this picture, or a part"
        )
    return nothing("drawing", "no face was detected; the picture is a drawing without shades")


@cache
def _detector(name: str) -> Detector:
    return load_detector(name)

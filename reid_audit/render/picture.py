"""Contact sheets and PNG files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.store import write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["contact_sheet", "write_png"]

Array = np.ndarray[Any, Any]

_GAP = 4
_LABEL = 18


def contact_sheet(images: Any, columns: int, labels: Sequence[str] | None = None) -> Array:
    """Lay pictures out in rows, left to right.

    Parameters
    ----------
    images : array_like, shape (N, H, W), uint8
    columns : int
        At least 1.
    labels : sequence of str, optional
        One a picture, written beneath it. Labels are for conditions and angles, never for who somebody is.

    Returns
    -------
    ndarray, shape (H', W'), uint8
        White between the pictures.

    Raises
    ------
    ValueError
        No pictures, no columns, or not one label a picture.
    """
    stack = np.asarray(images, dtype=np.uint8)
    if stack.ndim != 3 or not len(stack) or columns < 1:
        raise ValueError(
            f"A contact sheet needs pictures (N, H, W) and a column, got shape {stack.shape} and {columns}."
        )
    if labels is not None and len(labels) != len(stack):
        raise ValueError(
            f"A contact sheet needs one label a picture, got {len(labels)} labels for {len(stack)} pictures."
        )
    count, height, width = stack.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    foot = _LABEL if labels is not None else 0
    sheet = np.full((rows * (height + foot + _GAP) + _GAP, columns * (width + _GAP) + _GAP), 255, dtype=np.uint8)
    for index, image in enumerate(stack):
        row, column = divmod(index, columns)
        top, left = _GAP + row * (height + foot + _GAP), _GAP + column * (width + _GAP)
        sheet[top : top + height, left : left + width] = image
        if labels is not None:
            sheet[top + height : top + height + foot, left : left + width] = _written(labels[index], width, foot)
    return sheet


def _written(text: str, width: int, height: int) -> Array:
    from PIL import Image, ImageDraw, ImageFont

    strip = Image.new("L", (width, height), 255)
    font = ImageFont.load_default(size=12)
    ImageDraw.Draw(strip).text((width / 2, height / 2), text, fill=0, font=font, anchor="mm")
    return np.asarray(strip)


def write_png(path: str | Path, image: Any) -> Path:
    """Write a picture that only its owner can read.

    Parameters
    ----------
    path : str or Path
        Overwritten if it exists; its folder must exist.
    image : array_like, shape (H, W) or (H, W, 3), uint8

    Returns
    -------
    Path
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image, dtype=np.uint8)).save(buffer, format="PNG")
    return write_bytes(path, buffer.getvalue())

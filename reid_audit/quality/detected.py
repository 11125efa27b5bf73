"""Whether a face detector still finds a face in renders of a defaced scan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy import estimate_scale
from reid_audit.plugins import load_detector
from reid_audit.render import camera_grid, render_head

if TYPE_CHECKING:
    from reid_audit.types import HeadSurface

__all__ = ["VIEWS", "faces_found"]

VIEWS = camera_grid((-20, 0, 20), (-15, 0, 15), (0,), (38,))
"""Nine cameras, one light."""
_SIZE = 400


def faces_found(surface: HeadSurface, *, detector: str = "dlib-large", to_head: Any = None) -> tuple[int, int]:
    """Render a defaced head and count the renders in which a face is found.

    Parameters
    ----------
    surface : HeadSurface
        Of the defaced scan.
    detector : str
        Name of a detector.
    to_head : ndarray, shape (4, 4), optional
        Pose of the original, where it is at hand: a cut head may be posed otherwise.

    Returns
    -------
    found, views : int
    """
    posed = surface if to_head is None else _posed(surface, to_head)
    finder = load_detector(detector)
    renders = render_head(posed, VIEWS, size=_SIZE)
    pictures = (np.repeat(image[:, :, None], 3, axis=2) for image in renders.images)
    return sum(bool(finder.detect(picture)) for picture in pictures), len(VIEWS)


def _posed(surface: HeadSurface, to_head: Any) -> HeadSurface:
    """Return the surface in another pose, with the size that its skin has there."""
    points = np.asarray(surface.points @ to_head[:3, :3].T + to_head[:3, 3], np.float32)
    return replace(surface, to_head=to_head, scale=estimate_scale(points))

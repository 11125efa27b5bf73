"""Where the face is in a render, from the camera alone: an attacker who made the render need not look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.faces.picture import to_rgb
from reid_audit.faces.templates import embed_face
from reid_audit.render.camera import camera_at
from reid_audit.types import Face, Templates

if TYPE_CHECKING:
    from reid_audit.protocols import Embedder
    from reid_audit.types import Renders, View

__all__ = ["placed_face", "with_placed_faces"]

_MIDDLE = np.array([-0.4, 82.7, -10.5, 1.0])  # mm, head frame of the mean head: what a detector's box is centred on
_HALF = 70.1  # mm: half a side of the box at that depth


def placed_face(view: View, size: int) -> Face:
    """Return where dlib's detector would see the face of a head in the pose of the mean head.

    The box is the projection of one point and one length, fitted by least squares to the boxes that ``dlib-large``
    found in the 81 renders each of 12 whole phantoms: its centre is 6 pixels (standard deviation) off theirs across and
    10 down, its side 10 %. The templates of faces cut out by it lie 0.06 (median; 0.11: nine of ten) from the
    detector's, on heads with the mean face 0.04 (0.07); eye corners and nose of the mean head, projected in place of
    landmarks found within the box, gave 0.15 and 0.13. On four real scans with a face the medians were 0.09 to 0.11.
    For comparison: two views of one phantom are 0.3 apart, renders of two phantoms 0.54.

    Parameters
    ----------
    view : View
    size : int
        Edge of the render in pixels. The size of the head is of no account: cameras stand further from larger heads.

    Returns
    -------
    Face
        Square, not cut by the picture's edge; confidence 0.
    """
    camera = camera_at(*view.camera)
    u, v, depth = camera.projection(size) @ _MIDDLE
    half = _HALF * camera.focal(size) / depth
    u, v = u / depth, v / depth
    return Face((float(u - half), float(v - half), float(u + half), float(v + half)), 0.0)


def with_placed_faces(renders: Renders, templates: Templates, embedder: Embedder) -> Templates:
    """Return templates of all renders: those that there are, and of the placed face where the detector found none.

    Parameters
    ----------
    renders : Renders
    templates : Templates
        One row a render, in the same order, as :func:`~reid_audit.faces.embed_renders` gives them.
    embedder : Embedder
        The same.

    Returns
    -------
    Templates
        The same rows. ``detected`` and ``reason`` say what the detector found, so that here rows have a template that
        are not ``detected``.
    """
    vectors = np.array(templates.vectors)
    for row in np.flatnonzero(~templates.table["detected"].to_numpy(dtype=bool)):
        image: np.ndarray[Any, Any] = renders.images[row]
        vectors[row], _ = embed_face(embedder, to_rgb(image), placed_face(renders.views[row], len(image)))
    return Templates(templates.table, vectors, templates.embedder)

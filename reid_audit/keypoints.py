"""Keypoints of a picture by ORB and by SIFT: a whole head, no face to be found first."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError
from reid_audit.types import Keypoints, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from reid_audit.types import View

__all__ = [
    "EDGE",
    "KINDS",
    "MOST",
    "NO_KEYPOINTS",
    "concatenate_keypoints",
    "find_keypoints",
    "keypoint_specs",
    "label_keypoints",
    "no_keypoints",
    "one_light_a_camera",
    "one_thread",
]

KINDS = {"orb": 32, "sift": 128}
"""Name to length of a descriptor in bytes."""

EDGE = 400
"""Longest side in pixels to which every picture is brought: heads in renders and photographs are then of like size."""

MOST = 500
"""Keypoints of a picture; of more the strongest are kept."""

NO_KEYPOINTS = "no keypoints"
"""Reason in the row of a picture that was seen and in which nothing stands out, such as an empty one."""

_LIGHT = (0.0, 38.0)


def find_keypoints(pictures: Sequence[np.ndarray[Any, Any]], kind: str, table: pd.DataFrame) -> Keypoints:
    """Find and describe the keypoints of some pictures.

    Parameters
    ----------
    pictures : sequence of ndarray, shape (H, W) or (H, W, 3), uint8
        Grey or RGB; each is made grey and brought to a longest side of 400 pixels.
    kind : {"orb", "sift"}
        ORB [1]_ or SIFT [2]_, with OpenCV's defaults but for the number of keypoints.
    table : pandas.DataFrame
        One row a picture: the columns of :attr:`Templates.table` but ``detected`` and ``reason``, which are added.

    Returns
    -------
    Keypoints
        At most 500 a picture, the same for the same pictures.

    Raises
    ------
    UsageError
        For another kind.

    References
    ----------
    .. [1] E. Rublee et al., "ORB: An efficient alternative to SIFT or SURF", ICCV 2011, doi:10.1109/ICCV.2011.6126544
    .. [2] D. G. Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 60, 2004, 91-110,
       doi:10.1023/B:VISI.0000029664.99615.94
    """
    if kind not in KINDS:
        raise UsageError(f"There are no keypoints of kind '{kind}'. Known: {', '.join(KINDS)}.")
    with one_thread():
        finder = _finder(kind)
        found = [_found(finder, _grey(picture), kind) for picture in pictures]
    points = np.concatenate([np.zeros((0, 2), np.float32), *(each for each, _ in found)])
    descriptors = np.concatenate([np.zeros((0, KINDS[kind]), np.uint8), *(each for _, each in found)])
    return label_keypoints(kind, table, [len(each) for each, _ in found], points, descriptors)


def label_keypoints(kind: str, table: pd.DataFrame, counts: Any, points: Any, descriptors: Any) -> Keypoints:
    """Return keypoints with what is known of their pictures.

    Parameters
    ----------
    kind : {"orb", "sift"}
    table : pandas.DataFrame
        As for :func:`find_keypoints`.
    counts : array_like, shape (N,), int
        Keypoints of each picture.
    points, descriptors : ndarray, shape (M, 2) and (M, D)
        Those of the first picture first.

    Returns
    -------
    Keypoints
    """
    counts = np.asarray(counts, dtype=np.int64)
    reason = np.where(counts > 0, "", NO_KEYPOINTS).astype(object)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Keypoints(kind, table.assign(detected=counts > 0, reason=reason), starts, points, descriptors)


def no_keypoints(kind: str, table: pd.DataFrame, reason: str) -> Keypoints:
    """Return pictures that could not be had, so that they are not lost from the count.

    Parameters
    ----------
    kind : {"orb", "sift"}
    table : pandas.DataFrame
        As for :func:`find_keypoints`.
    reason : str
        What went wrong.

    Returns
    -------
    Keypoints
    """
    empty = label_keypoints(kind, table, [0] * len(table), np.zeros((0, 2)), np.zeros((0, KINDS[kind])))
    return replace(empty, table=empty.table.assign(reason=reason))


def concatenate_keypoints(parts: Sequence[Keypoints]) -> Keypoints:
    """Put keypoints of one kind under each other.

    Parameters
    ----------
    parts : sequence of Keypoints
        At least one.

    Returns
    -------
    Keypoints
        Pictures in the order of the parts, renumbered from 0.

    Raises
    ------
    UsageError
        No part, or parts of several kinds.
    """
    import pandas as pd

    kinds = sorted({part.kind for part in parts})
    if len(kinds) != 1:
        raise UsageError(f"Keypoints of one kind can be put together. Got kinds: {', '.join(kinds) or 'none'}.")
    counts = np.concatenate([part.counts for part in parts])
    return Keypoints(
        kinds[0],
        pd.concat([part.table for part in parts], ignore_index=True),
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.descriptors for part in parts]),
    )


def one_light_a_camera(views: Sequence[View]) -> tuple[int, ...]:
    """Return the positions of the views that are searched: of each camera the one whose light is most in front.

    That is the light nearest to azimuth 0 and elevation 38 degrees, the middle one of the default grid, of which these
    are 9 of 81 views. Keypoints move with the camera; another light repeats most of them at the price of a comparison.

    Parameters
    ----------
    views : sequence of View

    Returns
    -------
    tuple of int
        Rising.
    """
    best: dict[tuple[float, float], int] = {}
    for index, view in enumerate(views):
        known = best.setdefault(view.camera, index)
        if _off(view) < _off(views[known]):
            best[view.camera] = index
    return tuple(sorted(best.values()))


def _off(view: View) -> float:
    return (view.light_azimuth - _LIGHT[0]) ** 2 + (view.light_elevation - _LIGHT[1]) ** 2


def keypoint_specs() -> tuple[ModelSpec, ...]:
    """Return what the report says about ORB and SIFT; neither has weights."""
    import cv2

    return tuple(ModelSpec(kind, f"OpenCV {cv2.__version__}", "Apache-2.0") for kind in KINDS)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread meanwhile: processes are the parallelism, and no result may depend on their number."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _finder(kind: str) -> Any:
    import cv2

    return cv2.ORB.create(nfeatures=MOST) if kind == "orb" else cv2.SIFT.create(nfeatures=MOST)


def _grey(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the picture in grey, its longest side being :data:`EDGE`."""
    import cv2

    grey = np.ascontiguousarray(picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    scale = EDGE / max(grey.shape)
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    if (height, width) == grey.shape:
        return grey
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, height), interpolation=method))


def _found(finder: Any, grey: np.ndarray[Any, Any], kind: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return points and descriptors of one picture, the strongest first: SIFT may give more than it was asked for."""
    marks, descriptors = finder.detectAndCompute(grey, None)
    strongest = sorted(range(len(marks)), key=lambda i: -marks[i].response)[:MOST]
    if not strongest:
        return np.zeros((0, 2), np.float32), np.zeros((0, KINDS[kind]), np.uint8)
    points = np.array([marks[i].pt for i in strongest], dtype=np.float32)
    return points, np.asarray(descriptors[strongest]).astype(np.uint8)

"""Two pictures compared by their keypoints: how many of them agree on where the head is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from reid_audit.types import Keypoints

__all__ = ["RATIO", "RESIDUAL", "STRETCH", "count_inliers"]

RATIO = 0.75
"""A keypoint is matched if the best of the other picture is nearer than this share of the second best."""

RESIDUAL = 8.0
"""Pixels, of pictures of 400: a match that lies off by more does not agree."""

STRETCH = 3.0
"""A map that stretches or shrinks any direction by more than this, or mirrors, shows no head of like size."""

_LEAST = 3
"""Matches that an affine map is made of."""

_TRIALS, _SURENESS = 2000, 0.99


def count_inliers(probes: Keypoints, references: Keypoints) -> np.ndarray[Any, Any]:
    """Count the matches between every two pictures that agree with one affine map.

    Parameters
    ----------
    probes, references : Keypoints
        Of one kind; P and R pictures.

    Returns
    -------
    ndarray, shape (P, R), float64
        Inliers, higher = more alike; 0 where fewer than three matches agree; NaN where a picture has no keypoint.

    Raises
    ------
    UsageError
        For keypoints of two kinds.

    Notes
    -----
    Each keypoint of the probe is matched to the nearest descriptor of the reference (Hamming distance for ORB,
    Euclidean for SIFT) if that passes the ratio test [1]_; of several matched to one keypoint the nearest stays.
    RANSAC [2]_ then looks for the affine map with the most inliers. It is affine, and no homography, as a head is no
    plane: a homography adds nothing that a head seen from a little aside needs, agrees with any four matches, and takes
    several times as long. A map that shrinks the head onto a cluster of keypoints makes all matches with the cluster
    agree: one that no upright head of like size explains counts 0. The draws are the same for the same two pictures,
    whatever was compared before.

    References
    ----------
    .. [1] D. G. Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 60, 2004, 91-110,
       doi:10.1023/B:VISI.0000029664.99615.94
    .. [2] M. A. Fischler, R. C. Bolles, "Random Sample Consensus", Comm. ACM 24(6), 1981, 381-395,
       doi:10.1145/358669.358692
    """
    if probes.kind != references.kind:
        raise UsageError(
            f"Keypoints of one kind can be compared. Got '{probes.kind}' and '{references.kind}'.",
            remedy="Find both by the same method.",
        )
    binary = probes.kind == "orb"
    sides = [[_comparable(each, row, binary=binary) for row in range(len(each.table))] for each in (probes, references)]
    counts = np.full((len(probes.table), len(references.table)), np.nan)
    for row in np.flatnonzero(probes.counts):
        for column in np.flatnonzero(references.counts):
            counts[row, column] = _agreeing(*_matches(sides[0][row], sides[1][column], binary=binary))
    return counts


_Picture = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def _comparable(keypoints: Keypoints, row: int, *, binary: bool) -> _Picture:
    """Return points and descriptors as OpenCV compares them fastest; whole numbers stay exact in single precision."""
    points, descriptors = keypoints.picture(row)
    return points, descriptors if binary else descriptors.astype(np.float32)


def _matches(probe: _Picture, reference: _Picture, *, binary: bool) -> _Picture:
    """Return the points of both pictures that pass the ratio test, match by match; shapes (n, 2)."""
    import cv2

    if len(reference[0]) < 2:
        return probe[0][:0], reference[0][:0]
    kind, norm = (cv2.CV_32S, cv2.NORM_HAMMING) if binary else (cv2.CV_32F, cv2.NORM_L2)
    distances, nearest = cv2.batchDistance(probe[1], reference[1], kind, normType=norm, K=2)
    passed = np.flatnonzero(distances[:, 0] < RATIO * distances[:, 1])
    passed = passed[np.argsort(distances[passed, 0], kind="stable")]
    columns, first = np.unique(nearest[passed, 0], return_index=True)
    return probe[0][passed[first]], reference[0][columns]


def _agreeing(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> int:
    import cv2

    if len(first) < _LEAST:
        return 0
    cv2.setRNGSeed(0)
    found, agree = cv2.estimateAffine2D(
        first,
        second,
        method=cv2.RANSAC,
        ransacReprojThreshold=RESIDUAL,
        maxIters=_TRIALS,
        confidence=_SURENESS,
        refineIters=0,
    )
    return int(np.count_nonzero(agree)) if found is not None and _plausible(found[:, :2]) else 0


def _plausible(linear: np.ndarray[Any, Any]) -> bool:
    if not (np.isfinite(linear).all() and np.linalg.det(linear) > 0):
        return False
    most, least = np.linalg.svd(linear, compute_uv=False)
    return bool(most <= STRETCH and least >= 1 / STRETCH)

"""Pictures: renders, photos, and the faces found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_audit.types.arrays import frozen_array

__all__ = ["Face", "Photo", "Renders", "View"]


@dataclass(frozen=True, order=True)
class View:
    """One camera with one light, both on spheres around the face.

    Parameters
    ----------
    yaw, pitch : float
        Of the camera, degrees. Yaw 0, pitch 0 looks the face in the eyes; positive yaw moves the camera to the
        subject's left, positive pitch moves it up.
    light_azimuth, light_elevation : float
        Of the light, degrees, on the same sphere, relative to the face and not to the camera.
    """

    yaw: float
    pitch: float
    light_azimuth: float
    light_elevation: float

    @property
    def camera(self) -> tuple[float, float]:
        """Yaw and pitch."""
        return (self.yaw, self.pitch)

    @property
    def light(self) -> tuple[float, float]:
        """Azimuth and elevation of the light."""
        return (self.light_azimuth, self.light_elevation)


@dataclass(frozen=True, eq=False)
class Renders:
    """Pictures of one head, one a view.

    Parameters
    ----------
    images : ndarray, shape (N, H, W), uint8
        Grey values, row 0 at the top, column 0 at the viewer's left.
    views : tuple of View, length N
    projections : ndarray, shape (N, 3, 4), float64
        Head frame (x, y, z, 1) in mm to homogeneous pixel (u * w, v * w, w); u to the right, v down, from the centre of
        the top left pixel.
    """

    images: np.ndarray[Any, Any]
    views: tuple[View, ...]
    projections: np.ndarray[Any, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "images", frozen_array(self.images, np.uint8))
        object.__setattr__(self, "projections", frozen_array(self.projections, np.float64))
        if not len(self.images) == len(self.views) == len(self.projections):
            raise ValueError(
                f"Renders need one view and one projection an image, got {len(self.images)} images, "
                f"{len(self.views)} views, {len(self.projections)} projections."
            )

    def __repr__(self) -> str:
        count, height, width = self.images.shape
        return f"Renders({count} images of {height} x {width}; not shown: a head is personal data)"


@dataclass(frozen=True, eq=False)
class Photo:
    """One photograph, upright (EXIF orientation applied).

    Parameters
    ----------
    pixels : ndarray, shape (H, W, 3), uint8
        RGB; a grey photo has three equal channels.
    """

    pixels: np.ndarray[Any, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", frozen_array(self.pixels, np.uint8))
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError(f"A Photo has shape (H, W, 3), got {self.pixels.shape}.")

    def __repr__(self) -> str:
        return f"Photo({self.pixels.shape[0]} x {self.pixels.shape[1]}; not shown: a face is personal data)"


@dataclass(frozen=True)
class Face:
    """One face that a detector found.

    Parameters
    ----------
    box : tuple of float
        Left, top, right, bottom in pixels.
    confidence : float
        The detector's own score, higher is surer; not comparable between detectors.
    landmarks : tuple of (float, float) or None
        Five points u, v in pixels, where the detector gives them: the eye at the picture's left, the one at its right,
        the tip of the nose, the corners of the mouth at the left and at the right.
    """

    box: tuple[float, float, float, float]
    confidence: float
    landmarks: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self) -> None:
        if self.landmarks is not None and [len(point) for point in self.landmarks] != [2] * 5:
            raise ValueError(f"A Face has five landmarks of two numbers, or None. Got {self.landmarks!r}.")

    def scaled(self, across: float, down: float) -> Face:
        """Return the same face in a picture that is larger by these two factors."""
        left, top, right, bottom = self.box
        points = self.landmarks and tuple((u * across, v * down) for u, v in self.landmarks)
        return Face((left * across, top * down, right * across, bottom * down), self.confidence, points)

    @property
    def area(self) -> float:
        """Of the box, in square pixels."""
        left, top, right, bottom = self.box
        return max(0.0, right - left) * max(0.0, bottom - top)

    @property
    def center(self) -> tuple[float, float]:
        """Of the box: u, v in pixels."""
        left, top, right, bottom = self.box
        return ((left + right) / 2, (top + bottom) / 2)

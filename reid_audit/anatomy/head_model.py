"""The head model: mean head, regions, landmarks, shape directions, ages, ancestries, expressions.

Everything is in the head frame: millimetres, origin midway between the tragions, x to the subject's right, y towards
the nose, z up. The file ``head_model.npz`` is made by ``tools/make_head_model.py`` from MakeHuman geometry (CC0); see
``docs/decisions/0003-head-model.md``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import SettingsError
from reid_audit.types import frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REGIONS", "HeadModel", "load_head_model"]

Array = np.ndarray[Any, Any]

REGIONS: dict[str, int] = {"skin": 0, "eyes": 1, "brows": 2, "nose": 3, "lips": 4, "ears": 5, "neck": 6}
"""Code of each region in the labels of a head's vertices; ``skin`` is whatever no other region holds."""


@dataclass(frozen=True, eq=False)
class HeadModel:
    """A parametric head whose surface is closed: skin with a neck cap and sealed lips, and two eyeballs.

    Parameters
    ----------
    mean : ndarray, shape (V, 3), float32
        The mean adult of both sexes, mm, head frame.
    triangles : ndarray, shape (F, 3), int32
        Counter-clockwise seen from outside. Three closed pieces: skin (closed behind the eyeballs), left and right
        eyeball; what is inside any of them is head.
    labels : ndarray, shape (V,), uint8
        Codes of :data:`REGIONS`.
    landmarks : mapping of str to ndarray, shape (3,)
        Of the mean head: ``left_eye, right_eye`` (front pole of the eyeball), ``left_eyeball, right_eyeball`` (centre),
        ``nasion, pronasale, mouth_left, mouth_right, gnathion, left_tragion, right_tragion, forehead``.
    face : ndarray, shape (V,), float32
        1 on the face, smoothly 0 on cranium, ears and neck.
    mirror : ndarray, shape (V,), int32
        The vertex opposite each vertex.
    shape_names : tuple of str, length K
        Local directions; ``l-`` and ``r-`` are left and right.
    withheld : ndarray, shape (K,), bool
        Directions on which nothing may be fitted, tuned or trained.
    expression_names : tuple of str
        ``blink`` (eyes closed), ``smile``, ``jaw``, ``brows`` and more.
    licence, origin : str
    versions : tuple of str
        Packages that the file was made with.
    arrays : mapping of str to ndarray
        The quantised arrays of the file.
    """

    mean: Array
    triangles: Array
    labels: Array
    landmarks: Mapping[str, Array]
    face: Array
    mirror: Array
    shape_names: tuple[str, ...]
    withheld: Array
    expression_names: tuple[str, ...]
    licence: str
    origin: str
    versions: tuple[str, ...]
    arrays: Mapping[str, Array]

    @functools.cached_property
    def shapes(self) -> Array:
        """Local directions, shape (K, V, 3), float32: mm at coefficient 1 in an adult."""
        return frozen_array(self.arrays["shape"] * self.arrays["shape_scale"][:, None, None], np.float32)

    @functools.cached_property
    def expressions(self) -> Array:
        """Expressions, shape (E, V, 3), float32: mm at full expression in an adult."""
        return frozen_array(self.arrays["expression"] * self.arrays["expression_scale"][:, None, None], np.float32)

    @functools.cached_property
    def keys(self) -> Array:
        """Displacement from the mean by sex (male, female), age, ancestry; shape (2, 5, 3, V, 3), float32, mm."""
        return frozen_array(self.arrays["key"] * self.arrays["key_scale"][..., None, None], np.float32)

    @functools.cached_property
    def weight_keys(self) -> Array:
        """Displacement by sex, age, and weight (least, most); shape (2, 5, 2, V, 3), float32, mm."""
        return frozen_array(self.arrays["key_weight"] * self.arrays["key_weight_scale"][..., None, None], np.float32)

    @functools.cached_property
    def near_eye(self) -> Mapping[str, Array]:
        """Vertices of the skin that lie close on the left and on the right eyeball: lids and their margins."""
        near = {}
        for side in ("left", "right"):
            centre = self.landmarks[f"{side}_eyeball"]
            radius = np.linalg.norm(self.landmarks[f"{side}_eye"] - centre)
            close = np.linalg.norm(self.mean - centre, axis=1) < 1.4 * radius
            near[side] = frozen_array(np.flatnonzero(close & (self.labels != REGIONS["eyes"])))
        return near

    @property
    def ages(self) -> Array:
        """Years of the key shapes, shape (5,)."""
        return self.arrays["ages"]

    @property
    def ancestries(self) -> tuple[str, ...]:
        """Names of the three ancestries of the key shapes."""
        return tuple(map(str, self.arrays["ancestries"]))

    def landmarks_of(self, points: Array) -> dict[str, Array]:
        """Return the landmarks of a head made with this model.

        Parameters
        ----------
        points : ndarray, shape (V, 3)
            In any frame.

        Returns
        -------
        dict of str to ndarray, shape (3,), float64
            In the same frame.
        """
        names, vertices = self.arrays["landmark_names"], self.arrays["landmark_vertices"]
        return {
            str(name): points[pair].astype(np.float64).mean(axis=0) for name, pair in zip(names, vertices, strict=True)
        }

    def size_of(self, age: float, female: float) -> float:
        """Return the head's size relative to the adult mean: the ratio of usual circumferences.

        Parameters
        ----------
        age : float
            Years.
        female : float
            0 male, 1 female, between them a mixture.
        """
        male_girth, female_girth = (float(np.interp(age, self.ages, row)) for row in self.arrays["girth"])
        return ((1 - female) * male_girth + female * female_girth) / float(self.arrays["girth"][:, -1].mean())

    def phenotype(self, *, age: float, female: float, weight: float, ancestry: Array | tuple[float, ...]) -> Array:
        """Return the head of a usual person of some age, sex, weight and ancestry.

        Parameters
        ----------
        age : float
            Years, 0 to 90; beyond, the nearer end.
        female : float
            0 male, 1 female.
        weight : float
            0 least, 0.5 average, 1 most.
        ancestry : array_like, shape (3,)
            Shares in the order of ``ancestries``; at least one is positive.

        Returns
        -------
        ndarray, shape (V, 3), float32
            Head frame, mm.

        Raises
        ------
        SettingsError
            If the shares of ancestry cannot be shares.
        """
        shares = np.asarray(ancestry, np.float64)
        if shares.shape != (3,) or not np.isfinite(shares).all() or (shares < 0).any() or shares.sum() <= 0:
            raise SettingsError(
                f"Ancestry needs three shares, none negative, not all zero; got {shares.tolist()}.",
                remedy="Give for example (1, 1, 1) for an equal mixture.",
            )
        by_age = _linear_weights(age, self.ages)
        by_sex = np.asarray([1.0 - female, female])
        low_high = np.asarray([max(0.0, 1.0 - 2.0 * weight), max(0.0, 2.0 * weight - 1.0)])
        mixture = np.einsum("s,a,r->sar", by_sex, by_age, shares / shares.sum()).astype(np.float32)
        heavy = np.einsum("s,a,w->saw", by_sex, by_age, low_high).astype(np.float32)
        moved = np.tensordot(mixture, self.keys, axes=3) + np.tensordot(heavy, self.weight_keys, axes=3)
        return np.asarray(self.mean + moved, np.float32)

    def __repr__(self) -> str:
        return (
            f"HeadModel({len(self.mean)} vertices, {len(self.triangles)} triangles, "
            f"{len(self.shape_names)} directions, {len(self.expression_names)} expressions, {self.licence})"
        )


def _linear_weights(value: float, anchors: Array) -> Array:
    """Return the weights of linear interpolation between anchors, shape (len(anchors),)."""
    return np.asarray([np.interp(value, anchors, row) for row in np.eye(len(anchors))])


@functools.cache
def load_head_model() -> HeadModel:
    """Return the head model that the package carries.

    Returns
    -------
    HeadModel
        The same object at each call; its arrays are read-only.
    """
    with (
        resources.files(__package__).joinpath("head_model.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as store,
    ):
        arrays = {name: frozen_array(store[name]) for name in store.files}
    landmarks = {
        str(name): frozen_array(arrays["mean"][pair].astype(np.float64).mean(axis=0))
        for name, pair in zip(arrays["landmark_names"], arrays["landmark_vertices"], strict=True)
    }
    return HeadModel(
        mean=arrays["mean"],
        triangles=arrays["triangles"],
        labels=arrays["labels"],
        landmarks=landmarks,
        face=arrays["face"],
        mirror=arrays["mirror"],
        shape_names=tuple(map(str, arrays["shape_names"])),
        withheld=arrays["withheld"],
        expression_names=tuple(map(str, arrays["expression_names"])),
        licence=str(arrays["licence"].item()),
        origin=str(arrays["origin"].item()),
        versions=tuple(map(str, arrays["versions"])),
        arrays=arrays,
    )

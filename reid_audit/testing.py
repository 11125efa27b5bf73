"""Checks that a plugin keeps its contract, for the tests of those who write one.

Each function raises :class:`AssertionError` with what was expected and what came, and returns nothing otherwise::

    from reid_audit.testing import check_embedder

    def test_my_embedder_keeps_the_contract():
        check_embedder(MyEmbedder())
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.protocols import BatchEmbedder, Defacer, Detector, Embedder, Matcher, Reconstructor
from reid_audit.types import Face, Mask, ModelSpec, Templates, Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "check_defacer",
    "check_defacer_orientation",
    "check_detector",
    "check_embedder",
    "check_matcher",
    "check_reconstructor",
    "make_templates",
    "orientation_shares",
]

_HEXADECIMAL = frozenset("0123456789abcdef")


def check_detector(
    detector: Detector, *, face: np.ndarray[Any, Any] | None = None, images: Sequence[np.ndarray[Any, Any]] = ()
) -> None:
    """Check a detector on pictures without a face, and on one with a face if there is one at hand.

    Parameters
    ----------
    detector : Detector
    face : ndarray, shape (H, W, 3), uint8, optional
        A picture in which it must find at least one face.
    images : sequence of ndarray, shape (H, W, 3), uint8
        More pictures, with or without faces.

    Raises
    ------
    AssertionError
        The contract is broken.
    """
    _require(isinstance(detector, Detector), f"{type(detector).__name__} lacks a member of the Detector protocol")
    _check_spec(detector.spec, dimension=False)
    noise = np.random.default_rng(0).integers(0, 256, (97, 83, 3), dtype=np.uint8)
    plain = [np.zeros((120, 90, 3), np.uint8), np.full((7, 9, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8), noise]
    for picture in [*plain, *images, *([] if face is None else [face])]:
        _check_detections(detector, picture)
    if face is not None:
        _require(len(detector.detect(face)) > 0, "no face was found in the picture that holds one")


def _check_detections(detector: Detector, picture: np.ndarray[Any, Any]) -> None:
    given = _read_only(picture)
    faces = detector.detect(given)
    what = f"in a picture of {picture.shape[0]} x {picture.shape[1]}"
    _require(np.array_equal(given, picture), f"the picture was altered {what}")
    _require(isinstance(faces, tuple), f"detect must return a tuple, got {type(faces).__name__} {what}")
    _require(all(isinstance(face, Face) for face in faces), f"detect must return Face values {what}")
    sure = [face.confidence for face in faces]
    _require(bool(np.isfinite(sure).all()), f"confidences must be finite, got {sure} {what}")
    _require(sure == sorted(sure, reverse=True), f"faces must come surest first, got {sure} {what}")
    for face in faces:
        left, top, right, bottom = face.box
        _require(left < right and top < bottom, f"a box is left, top, right, bottom; got {face.box} {what}")
        inside = left < picture.shape[1] and right > 0 and top < picture.shape[0] and bottom > 0
        _require(inside, f"a box must overlap the picture, got {face.box} {what}")
    _require(detector.detect(given) == faces, f"the same picture gave other faces the second time {what}")


def check_embedder(embedder: Embedder, *, image: np.ndarray[Any, Any] | None = None, face: Face | None = None) -> None:
    """Check an embedder on a made-up picture, or on one that is given.

    Parameters
    ----------
    embedder : Embedder
    image : ndarray, shape (H, W, 3), uint8, optional
        A picture of a face. Noise otherwise: an embedder embeds what the detector calls a face.
    face : Face, optional
        Where it is. The middle of the picture otherwise.

    Raises
    ------
    AssertionError
        The contract is broken.
    """
    _require(isinstance(embedder, Embedder), f"{type(embedder).__name__} lacks a member of the Embedder protocol")
    _check_spec(embedder.spec, dimension=True)
    noise = np.random.default_rng(0).integers(0, 256, (180, 150, 3), dtype=np.uint8)
    picture = noise if image is None else image
    height, width = picture.shape[:2]
    where = face or Face((width * 0.2, height * 0.2, width * 0.8, height * 0.8), 1.0)
    over_the_edge = Face((0.0, 0.0, width * 0.6, float(height)), 1.0)
    given = _read_only(picture)
    first = embedder.embed(given, where)
    _require(np.array_equal(given, picture), "the picture was altered")
    _check_vector(first, embedder.spec.dimension)
    _check_vector(embedder.embed(given, over_the_edge), embedder.spec.dimension)
    again = embedder.embed(given, where)
    _require(np.array_equal(first, again), "the same face gave another template the second time")
    if isinstance(embedder, BatchEmbedder):
        _check_batch(embedder, given, [where, over_the_edge, where])


def _check_batch(embedder: BatchEmbedder, picture: np.ndarray[Any, Any], faces: list[Face]) -> None:
    together = embedder.embed_all([picture] * len(faces), faces)
    alone = np.array([embedder.embed(picture, face) for face in faces])
    _require(isinstance(together, np.ndarray), f"embed_all must return an array, got {type(together).__name__}")
    _require(together.shape == alone.shape, f"embed_all must have shape {alone.shape}, got {together.shape}")
    _require(together.dtype == np.float32, f"templates must be float32, got {together.dtype}")
    _require(np.allclose(together, alone, rtol=0, atol=1e-5), "embed_all must give the templates that embed gives")


def _check_vector(vector: Any, dimension: int) -> None:
    _require(isinstance(vector, np.ndarray), f"embed must return an array, got {type(vector).__name__}")
    _require(vector.shape == (dimension,), f"a template must have shape ({dimension},), got {vector.shape}")
    _require(vector.dtype == np.float32, f"a template must be float32, got {vector.dtype}")
    _require(bool(np.isfinite(vector).all()), "a template must be finite")


def check_matcher(matcher: Matcher) -> None:
    """Check a matcher on made-up templates of five people, of whom one has none.

    Parameters
    ----------
    matcher : Matcher

    Raises
    ------
    AssertionError
        The contract is broken.
    """
    _require(isinstance(matcher, Matcher), f"{type(matcher).__name__} lacks a member of the Matcher protocol")
    _require(isinstance(matcher.name, str) and matcher.name != "", "name must be a text that is not empty")
    people, lost = 5, 3
    references = make_templates(people, 9, lost=(lost,), seed=1)
    probes = make_templates(people, 2, seed=2)
    before = references.vectors.copy(), probes.vectors.copy()
    scores = _scored(matcher, probes, references)
    _require(scores.shape == (people, people), f"scores must have shape {(people, people)}, got {scores.shape}")
    _require(scores.dtype == np.float64, f"scores must be float64, got {scores.dtype}")
    _require(bool(np.isnan(scores[:, lost]).all()), "a reference without a template must score NaN")
    known = np.delete(np.arange(people), lost)
    _require(bool(np.isfinite(scores[:, known]).all()), "samples with templates must have finite scores")
    best = known[scores[:, known].argmax(axis=1)][known]
    _require(bool((best == known).all()), f"higher must mean more alike: the best of probes {known} were {best}")
    unchanged = all(
        np.array_equal(old, new, equal_nan=True)
        for old, new in zip(before, (references.vectors, probes.vectors), strict=True)
    )
    _require(unchanged, "the templates were altered")
    again = _scored(matcher, probes, references)
    _require(np.array_equal(scores, again, equal_nan=True), "the same generator state gave other scores")
    _check_order(matcher, probes, references, scores)
    unknown = _scored(matcher, make_templates(people, 2, lost=(0,), seed=2), references)
    _require(bool(np.isnan(unknown[0]).all()), "a probe without a template must score NaN")
    nothing = _scored(matcher, probes.select(np.array([], dtype=int)), references)
    _require(nothing.shape == (0, people), f"no probe must give shape (0, {people}), got {nothing.shape}")


def _check_order(matcher: Matcher, probes: Templates, references: Templates, scores: np.ndarray[Any, Any]) -> None:
    """The order of the samples must not matter."""
    codes, _ = pd.factorize(references.table["sample"])
    turned = references.select(np.argsort(-codes, kind="stable"))
    moved = _scored(matcher, probes, turned)[:, ::-1]
    _require(
        bool(np.allclose(moved, scores, rtol=0, atol=1e-3, equal_nan=True)),
        "another order of the references gave other scores",
    )


def _scored(matcher: Matcher, probes: Templates, references: Templates) -> np.ndarray[Any, Any]:
    return matcher.score(probes, references, np.random.default_rng(0))


def make_templates(
    people: int, each: int, *, lost: Sequence[int] = (), dimension: int = 16, noise: float = 0.05, seed: int = 0
) -> Templates:
    """Make up templates of people who are easily told apart: for tests.

    Parameters
    ----------
    people : int
        Named ``p0, p1 ...``, each with one sample ``p0-scan ...``; person i has the same centre whatever the seed.
    each : int
        Templates of each person.
    lost : sequence of int
        People whose every template is missing.
    dimension : int
    noise : float
        Standard deviation around the person's centre, whose length is 1.
    seed : int
        Of the noise.

    Returns
    -------
    Templates
        Of scans of condition ``original``, one session and one modality; the views differ in yaw.
    """
    centres = np.random.default_rng([7, dimension]).normal(size=(people, dimension))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    who = np.repeat(np.arange(people), each)
    vectors = centres[who] + np.random.default_rng(seed).normal(0, noise, (people * each, dimension))
    missing = np.isin(who, list(lost))
    vectors[missing] = np.nan
    table = pd.DataFrame(
        {
            "subject": [f"p{i}" for i in who],
            "session": "1",
            "condition": "original",
            "modality": "T1w",
            "source": "scan",
            "sample": [f"p{i}-scan" for i in who],
            "yaw": np.tile(np.arange(each, dtype=float), people),
            "pitch": 0.0,
            "light_azimuth": 0.0,
            "light_elevation": 0.0,
            "detected": ~missing,
            "reason": np.where(missing, "no face found", ""),
        }
    )
    return Templates(table, vectors, "made-up")


def check_defacer(defacer: Defacer, volume: Volume) -> None:
    """Check a defacer on one scan.

    Parameters
    ----------
    defacer : Defacer
    volume : Volume
        A scan that it can deal with, best with unequal sides and an oblique affine.

    Raises
    ------
    AssertionError
        The contract is broken.
    """
    _require(isinstance(defacer, Defacer), f"{type(defacer).__name__} lacks a member of the Defacer protocol")
    _check_spec(defacer.spec, dimension=False)
    before = volume.data.copy()
    altered, meant = defacer.deface(volume)
    _require(np.array_equal(volume.data, before), "the scan that came in was altered")
    _require(isinstance(altered, Volume), f"deface must return a Volume first, got {type(altered).__name__}")
    _require(isinstance(meant, Mask), f"deface must return a Mask second, got {type(meant).__name__}")
    shape, affine = volume.data.shape, volume.affine
    for name, part in (("scan", altered), ("mask", meant)):
        _require(part.data.shape == shape, f"the {name} must keep the grid {shape}, got {part.data.shape}")
        _require(bool(np.allclose(part.affine, affine, rtol=0, atol=1e-6)), f"the {name} must keep the affine")
    _require(altered.kind == volume.kind, f"the scan must stay '{volume.kind}', got '{altered.kind}'")
    _require(bool(np.isfinite(altered.data).all()), "the altered scan must be finite")
    _require(bool(meant.data.any()), "the mask of what it meant to alter is empty")
    _require(not np.array_equal(altered.data, before), "nothing was altered")
    changed = np.asarray(altered.data) != before
    _require(not (changed & ~meant.data).any(), "voxels were altered that it did not mean to alter")
    again, _ = defacer.deface(volume)
    _require(np.array_equal(again.data, altered.data), "the same scan came out differently the second time")


def check_defacer_orientation(
    defacer: Defacer, volume: Volume, *, orders: Sequence[str] = ("PIR", "LAS"), share: float = 0.03
) -> None:
    """Check that a defacer alters the same millimetres whatever the storage order of the scan.

    Parameters
    ----------
    defacer : Defacer
    volume : Volume
        A scan that it can deal with.
    orders : sequence of str
        Axis codes of the storage orders that are compared with RAS.
    share : float
        Of the voxels that are altered in either, at most this share may be altered in one alone: starting points and
        block means fall differently on another grid.

    Raises
    ------
    AssertionError
        The contract is broken.
    """
    for order, alone in orientation_shares(defacer, volume, orders=orders).items():
        _require(
            alone <= share,
            f"stored as {order}, {100 * alone:.1f} % of the altered voxels are others than in RAS; "
            f"allowed are {100 * share:.1f} %",
        )


def orientation_shares(defacer: Defacer, volume: Volume, *, orders: Sequence[str] = ("PIR", "LAS")) -> dict[str, float]:
    """Measure by how much the storage order of a scan changes what a defacer alters.

    Parameters
    ----------
    defacer : Defacer
    volume : Volume
    orders : sequence of str
        Axis codes of the storage orders that are compared with RAS.

    Returns
    -------
    dict of str to float
        By order: of the voxels that are altered in it or in RAS, the share that is altered in one alone.
    """
    first, *others = (_footprint_in_ras(defacer, _stored(volume, order)) for order in ("RAS", *orders))
    return {
        order: float((first ^ footprint).sum()) / max(float((first | footprint).sum()), 1.0)
        for order, footprint in zip(orders, others, strict=True)
    }


def _stored(volume: Volume, order: str) -> Volume:
    """Return the same scan in another storage order."""
    from nibabel import orientations

    now = orientations.io_orientation(volume.affine)
    there = orientations.ornt_transform(now, orientations.axcodes2ornt(order))
    data = np.ascontiguousarray(orientations.apply_orientation(volume.data, there))
    return replace(volume, data=data, affine=volume.affine @ orientations.inv_ornt_aff(there, volume.data.shape))


def _footprint_in_ras(defacer: Defacer, volume: Volume) -> np.ndarray[Any, Any]:
    """Return what a defacer means to alter, in RAS order."""
    _, meant = defacer.deface(volume)
    return np.asarray(_stored(replace(volume, data=meant.data), "RAS").data)


def check_reconstructor(reconstructor: Reconstructor, volume: Volume, region: Mask) -> None:
    """Check a reconstructor on one defaced scan.

    Parameters
    ----------
    reconstructor : Reconstructor
        One that has learnt, if it learns.
    volume : Volume
        A defaced scan that it can deal with, best with unequal sides and an oblique affine.
    region : Mask
        What was altered in it.

    Raises
    ------
    AssertionError
        The contract is broken.
    """
    kept = isinstance(reconstructor, Reconstructor)
    _require(kept, f"{type(reconstructor).__name__} lacks a member of the Reconstructor protocol")
    _check_spec(reconstructor.spec, dimension=False)
    before = volume.data.copy()
    made = reconstructor.reconstruct(volume, region, np.random.default_rng(0))
    _require(np.array_equal(volume.data, before), "the scan that came in was altered")
    _require(isinstance(made, Volume), f"reconstruct must return a Volume, got {type(made).__name__}")
    shape = before.shape
    _require(made.data.shape == shape, f"the scan must keep the grid {shape}, got {made.data.shape}")
    _require(bool(np.allclose(made.affine, volume.affine, rtol=0, atol=1e-6)), "the scan must keep the affine")
    _require(made.kind == volume.kind, f"the scan must stay '{volume.kind}', got '{made.kind}'")
    _require(made.data.dtype == before.dtype, f"the scan must stay {before.dtype}, got {made.data.dtype}")
    _require(bool(np.isfinite(made.data).all()), "the filled scan must be finite")
    changed = np.asarray(made.data) != before
    _require(not (changed & ~region.data).any(), "voxels outside the region were altered")
    _require(bool(changed.any()), "nothing was filled")
    again = reconstructor.reconstruct(volume, region, np.random.default_rng(0))
    _require(np.array_equal(again.data, made.data), "the same generator state gave another scan")


def _check_spec(spec: Any, *, dimension: bool) -> None:
    _require(isinstance(spec, ModelSpec), f"spec must be a ModelSpec, got {type(spec).__name__}")
    for field in ("name", "version", "licence"):
        _require(bool(getattr(spec, field)), f"spec.{field} must not be empty")
    hexadecimal = all(len(digest) == 64 and set(digest) <= _HEXADECIMAL for digest in spec.weights_sha256)
    _require(hexadecimal, f"spec.weights_sha256 must hold SHA-256 in hexadecimal, got {spec.weights_sha256}")
    if dimension:
        _require(spec.dimension > 0, f"spec.dimension must be the length of a template, got {spec.dimension}")


def _read_only(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    given = picture.copy()
    given.flags.writeable = False
    return given


def _require(held: bool, otherwise: str) -> None:
    if not held:
        raise AssertionError(f"The contract is broken: {otherwise}.")

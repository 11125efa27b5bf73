"""What a pluggable part must do.

A plugin registers a callable without arguments under an entry point group ``reid_audit.detectors``,
``reid_audit.embedders``, ``reid_audit.matchers``, ``reid_audit.defacers`` or ``reid_audit.reconstructors``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from reid_audit.types import Face, Mask, ModelSpec, Templates, Volume

__all__ = [
    "BatchEmbedder",
    "Defacer",
    "Detector",
    "Embedder",
    "InstalledDefacer",
    "LearningReconstructor",
    "Matcher",
    "NotingDefacer",
    "Reconstructor",
]


@runtime_checkable
class Detector(Protocol):
    """Finds faces in a picture."""

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of the weights."""
        ...

    def detect(self, image: np.ndarray[Any, Any]) -> tuple[Face, ...]:
        """Return the faces in one picture, surest first.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB.

        Returns
        -------
        tuple of Face
            Empty where there is none; never an exception for a picture without a face.
        """
        ...


@runtime_checkable
class Embedder(Protocol):
    """Turns a detected face into a template."""

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of the weights, dimension of a template."""
        ...

    def embed(self, image: np.ndarray[Any, Any], face: Face) -> np.ndarray[Any, Any]:
        """Align and embed one face.

        Parameters
        ----------
        image : ndarray, shape (H, W, 3), uint8
            RGB: the picture that the face was found in.
        face : Face

        Returns
        -------
        ndarray, shape (spec.dimension,), float32
            Finite; the same input gives the same output.
        """
        ...


@runtime_checkable
class BatchEmbedder(Embedder, Protocol):
    """An embedder that takes several faces in less time than one after the other; no embedder need be one."""

    def embed_all(self, images: Sequence[np.ndarray[Any, Any]], faces: Sequence[Face]) -> np.ndarray[Any, Any]:
        """Align and embed one face of each picture.

        Parameters
        ----------
        images : sequence of ndarray, each of shape (H, W, 3), uint8
            RGB; at least one.
        faces : sequence of Face
            As many as pictures.

        Returns
        -------
        ndarray, shape (N, spec.dimension), float32
            Row by row what ``embed`` returns.
        """
        ...


@runtime_checkable
class Matcher(Protocol):
    """Scores probe samples against reference samples."""

    @property
    def name(self) -> str:
        """The one spelling used everywhere."""
        ...

    def score(self, probes: Templates, references: Templates, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Score every probe sample against every reference sample.

        Parameters
        ----------
        probes, references : Templates
            Grouped by ``sample`` in order of first appearance.
        rng : numpy.random.Generator
            Unused by matchers without randomness.

        Returns
        -------
        ndarray, shape (n probe samples, n reference samples), float64
            Higher = more alike; NaN where a sample has no template.
        """
        ...


@runtime_checkable
class Defacer(Protocol):
    """Alters a scan so that the face cannot be recognised; must not see its judge."""

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence."""
        ...

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the altered scan on the same grid, and the region that it meant to alter.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape and affine.
        Mask
            On the same grid.
        """
        ...


@runtime_checkable
class InstalledDefacer(Defacer, Protocol):
    """A defacer that can say, without running, whether what it needs is there; no defacer need be one."""

    def missing(self) -> str:
        """Return what is missing on this machine, empty where it can run."""
        ...


@runtime_checkable
class NotingDefacer(Defacer, Protocol):
    """A defacer that can say what is worth knowing of a result; no defacer need be one."""

    def deface_noted(self, volume: Volume) -> tuple[Volume, Mask, tuple[str, ...]]:
        """Return what ``deface`` does, and sentences on it.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
        Mask
        tuple of str
        """
        ...


@runtime_checkable
class Reconstructor(Protocol):
    """Rebuilds what a defacer took from a scan; has never seen the person's original."""

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of the weights."""
        ...

    def reconstruct(self, volume: Volume, region: Mask, rng: np.random.Generator) -> Volume:
        """Return the scan with the region filled.

        Parameters
        ----------
        volume : Volume
            A defaced scan.
        region : Mask
            What was altered, on the grid of the scan; not empty.
        rng : numpy.random.Generator
            Unused by reconstructors without randomness.

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers; every voxel outside the region as it was.
        """
        ...


@runtime_checkable
class LearningReconstructor(Reconstructor, Protocol):
    """A reconstructor that learns from heads of other people first; no reconstructor need be one."""

    def learn(self, originals: Sequence[Volume]) -> Reconstructor:
        """Return a reconstructor that has learnt.

        Parameters
        ----------
        originals : sequence of Volume
            Scans with their faces, one a person, none of a person who is attacked. Each may be read when it is asked
            for: a sequence need not hold them all.

        Returns
        -------
        Reconstructor
            A new one; this one stays as it was.
        """
        ...

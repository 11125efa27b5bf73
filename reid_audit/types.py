"""The frozen values that pass from one stage to the next.

Frames and units are part of each type: RAS means millimetres with x to the subject's right, y to the front, z up.
Arrays inside these values are read-only; :func:`frozen_array` makes them so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = [
    "ORIGINAL",
    "Attacker",
    "Cohort",
    "Face",
    "Failure",
    "Findings",
    "HeadSurface",
    "Kind",
    "Mask",
    "ModelSpec",
    "Photo",
    "Renders",
    "Result",
    "ScoreTable",
    "SurfaceQuality",
    "Templates",
    "View",
    "Volume",
    "frozen_array",
]

ORIGINAL = "original"
"""The condition of a scan that nobody altered; any other condition is the name of what was done to the scan."""

Kind = Literal["mri", "ct", "pet"]
"""What physics made the image; decides how air is told from tissue."""


def frozen_array(values: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """Return ``values`` as a read-only array, without a copy where there need be none.

    Parameters
    ----------
    values : array_like
    dtype : dtype, optional

    Returns
    -------
    numpy.ndarray
        A view marked read-only; the array that came in stays as writeable as it was.
    """
    view = np.asarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False)
class Volume:
    """One three-dimensional image.

    Parameters
    ----------
    data : ndarray, shape (I, J, K)
        Intensities, finite. Hounsfield units for CT, arbitrary for MRI.
    affine : ndarray, shape (4, 4), float64
        Voxel index (i, j, k, 1) to RAS millimetres. May be oblique or sheared; never singular.
    kind : {"mri", "ct", "pet"}
    modality : str
        BIDS suffix or the like: ``"T1w"``, ``"FLAIR"``, ``"CT"``.
    notes : tuple of str
        What was done or doubted on reading ("affine came from the sform").
    """

    data: np.ndarray[Any, Any]
    affine: np.ndarray[Any, Any]
    kind: Kind = "mri"
    modality: str = "unknown"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", frozen_array(self.data))
        object.__setattr__(self, "affine", frozen_array(self.affine, np.float64))
        if self.data.ndim != 3:
            raise ValueError(f"A Volume has three dimensions, got shape {self.data.shape}.")
        if self.affine.shape != (4, 4):
            raise ValueError(f"An affine has shape (4, 4), got {self.affine.shape}.")

    @property
    def voxel_size(self) -> np.ndarray[Any, Any]:
        """Edge lengths of a voxel in mm, shape (3,)."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0))

    def __repr__(self) -> str:
        size = " x ".join(f"{s:.2f}" for s in self.voxel_size)
        return f"Volume({self.modality}, {self.kind}, shape {self.data.shape}, voxel {size} mm)"


@dataclass(frozen=True, eq=False)
class Mask:
    """A yes/no image on the grid of a :class:`Volume`.

    Parameters
    ----------
    data : ndarray, shape (I, J, K), bool
    affine : ndarray, shape (4, 4), float64
        Voxel index to RAS millimetres.
    label : str
        What the mask marks: ``"brain"``, ``"face"``, ``"footprint"``.
    """

    data: np.ndarray[Any, Any]
    affine: np.ndarray[Any, Any]
    label: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", frozen_array(self.data, bool))
        object.__setattr__(self, "affine", frozen_array(self.affine, np.float64))

    def __repr__(self) -> str:
        return f"Mask({self.label}, shape {self.data.shape}, {int(self.data.sum())} voxels)"


@dataclass(frozen=True)
class SurfaceQuality:
    """Facts about how well a scan shows the outside of the head.

    Parameters
    ----------
    voxel_size : tuple of float
        Of the scan as it came, in mm.
    largest_share : float
        Share of the foreground voxels that lie in the largest connected component, 0 to 1.
    cut_through : tuple of str
        Face regions that the field of view cuts through or misses: of ``"forehead"``, ``"nose"``, ``"mouth"``, ``"chin"``.
    pose_residual : float
        Median distance in mm from the mean head to the surface after alignment; large means that the pose is doubtful.
    pose_angles : tuple of float
        Yaw, pitch, roll in degrees that were taken out of the scan.
    n_triangles : int
    threshold : float
        The intensity at which air ends and tissue begins.
    notes : tuple of str
    """

    voxel_size: tuple[float, float, float]
    largest_share: float
    cut_through: tuple[str, ...]
    pose_residual: float
    pose_angles: tuple[float, float, float]
    n_triangles: int
    threshold: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class HeadSurface:
    """The skin as a triangle mesh, with its place in the head frame.

    Parameters
    ----------
    points : ndarray, shape (V, 3), float32
        RAS millimetres of the scan (scanner or world frame, as the affine says).
    triangles : ndarray, shape (F, 3), int32
        Vertex indices, counter-clockwise seen from outside.
    to_head : ndarray, shape (4, 4), float64
        Rigid map from RAS millimetres to the head frame: origin at the centre of the mean head, x right, y towards the
        nose, z up. See ``anatomy.head_model``.
    quality : SurfaceQuality
    """

    points: np.ndarray[Any, Any]
    triangles: np.ndarray[Any, Any]
    to_head: np.ndarray[Any, Any]
    quality: SurfaceQuality

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen_array(self.points, np.float32))
        object.__setattr__(self, "triangles", frozen_array(self.triangles, np.int32))
        object.__setattr__(self, "to_head", frozen_array(self.to_head, np.float64))

    def __repr__(self) -> str:
        return f"HeadSurface({len(self.points)} points, {len(self.triangles)} triangles)"


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
        return f"Renders({len(self.images)} images of {self.images.shape[1]} x {self.images.shape[2]}; not shown: a head is personal data)"


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
    """

    box: tuple[float, float, float, float]
    confidence: float

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


@dataclass(frozen=True)
class ModelSpec:
    """What a pluggable part is, for the cache key and the report.

    Parameters
    ----------
    name, version, licence : str
    weights_sha256 : tuple of str
        One a file of weights; empty where there are none.
    dimension : int
        Length of a template; 0 where the part makes none.
    needs : tuple of str
        Extras or files that must be present.
    """

    name: str
    version: str
    licence: str
    weights_sha256: tuple[str, ...] = ()
    dimension: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Templates:
    """Face templates with the facts about where each came from: biometric data.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a template, index 0 .. N-1. Columns: ``subject, session, condition, modality, source`` (``"scan"`` or
        ``"photo"``), ``sample`` (id of the scan or photo; templates of one scan share it), ``yaw, pitch, light_azimuth,
        light_elevation`` (NaN for photos), ``detected`` (bool), ``reason`` (empty, or why there is no template).
    vectors : ndarray, shape (N, D), float32
        Unit or raw templates as the embedder gives them; a row of NaN where the failure is an outcome.
    embedder : str
        Name of the embedder's spec.
    """

    table: pd.DataFrame
    vectors: np.ndarray[Any, Any]
    embedder: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", frozen_array(self.vectors, np.float32))
        if len(self.table) != len(self.vectors):
            raise ValueError(f"Templates need one row a vector, got {len(self.table)} rows and {len(self.vectors)} vectors.")

    def select(self, rows: Any) -> Templates:
        """Return the templates at a boolean mask or an array of positions, renumbered from 0."""
        positions = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, dtype=int)
        return Templates(self.table.iloc[positions].reset_index(drop=True), self.vectors[positions], self.embedder)

    def __repr__(self) -> str:
        people = self.table["subject"].nunique() if len(self.table) else 0
        return f"Templates({len(self.table)} of {people} people, {self.embedder}; values not shown: biometric data)"


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores of probes against references, higher = more alike.

    Parameters
    ----------
    attacker, matcher, embedder : str
    condition : str
        Of the scans that are attacked.
    relation : str
        Empty, or what kind of pairs these are: ``"same-scan"``, ``"cross-session"``.
    probes, references : pandas.DataFrame
        One row a probe or reference, with at least ``subject`` and ``sample``; more columns as the attacker has them.
    scores : ndarray, shape (P, R), float64
        NaN where the comparison could not be made (failure to enrol or to acquire).
    compared : ndarray, shape (P, R), bool
        False where a comparison was not to be made at all (a probe against itself, a pair dropped by design).
    """

    attacker: str
    matcher: str
    embedder: str
    condition: str
    probes: pd.DataFrame
    references: pd.DataFrame
    scores: np.ndarray[Any, Any]
    compared: np.ndarray[Any, Any]
    relation: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", frozen_array(self.scores, np.float64))
        object.__setattr__(self, "compared", frozen_array(self.compared, bool))
        shape = (len(self.probes), len(self.references))
        if self.scores.shape != shape or self.compared.shape != shape:
            raise ValueError(f"A ScoreTable of {shape[0]} probes and {shape[1]} references got scores of shape {self.scores.shape}.")

    @property
    def mated(self) -> np.ndarray[Any, Any]:
        """Which comparisons are of one person with themself; shape (P, R), bool."""
        return np.asarray(self.probes["subject"].to_numpy()[:, None] == self.references["subject"].to_numpy()[None, :])

    def __repr__(self) -> str:
        return f"ScoreTable({self.attacker}, {self.condition}, {len(self.probes)} probes x {len(self.references)} references)"


@dataclass(frozen=True)
class Attacker:
    """A threat model: who looks, with what in hand.

    Parameters
    ----------
    name : str
        The one spelling used by settings, command line, report and gate.
    holds, knows, wants : str
        One sentence each.
    matcher : str
    """

    name: str
    holds: str
    knows: str
    wants: str
    matcher: str

    @property
    def summary(self) -> str:
        """Two lines for a list."""
        return f"Holds {self.holds}; knows {self.knows}.\nWants {self.wants}; matches by {self.matcher}."


@dataclass(frozen=True, eq=False)
class Cohort:
    """What is audited: one row a scan, one row a photo.

    Parameters
    ----------
    scans : pandas.DataFrame
        Columns ``subject, session, condition, modality, path, age, sex, site, sample``; paths absolute, ``sample`` unique.
    photos : pandas.DataFrame
        Columns ``subject, path, sample``.
    phantom : bool
        True for people who do not exist: figures may show faces, and every table says "calibrated population".
    name : str
    notes : tuple of str
        What was skipped or doubted on reading.
    """

    scans: pd.DataFrame
    photos: pd.DataFrame
    phantom: bool = False
    name: str = "cohort"
    notes: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everyone with a scan, sorted."""
        return tuple(sorted(self.scans["subject"].unique()))

    def __repr__(self) -> str:
        conditions = ", ".join(sorted(self.scans["condition"].unique())) if len(self.scans) else "none"
        return f"Cohort({self.name}: {len(self.subjects)} people, {len(self.scans)} scans ({conditions}), {len(self.photos)} photos)"


@dataclass(frozen=True)
class Failure:
    """Something that could not be done: an outcome, counted and shown.

    Parameters
    ----------
    stage : str
        ``"manifest" "read" "surface" "render" "detect" "embed" "match" "worker"``.
    subject, session, condition, sample : str
        Of the input; ``sample`` is the scan's or photo's id in the manifest.
    what : str
        What went wrong.
    remedy : str
        What to do about it.
    """

    stage: str
    subject: str
    session: str
    condition: str
    sample: str
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Result:
    """One number, never alone.

    Parameters
    ----------
    attacker : str or None
        None for what no attacker is needed for (detection rate).
    matcher, embedder : str or None
    condition : str
    metric : str
        ``"rank" "auc" "accuracy" "detection_rate" "cosine_median_mated" "cosine_q1_mated" ...``; later work adds names and
        renames none.
    k : int or None
        For ``rank``.
    value : float or None
        None where the number cannot be had; ``note`` says why.
    low, high : float or None
        Confidence limits over people.
    confidence : float or None
    n_subjects, n_probes : int
        People and probes that the number rests on, failures included.
    chance : float or None
        What a random guess would give.
    control : float or None
        What the same evaluation gives with shuffled labels.
    relation : str
        Empty, ``"same-scan"`` or ``"cross-session"``.
    note : str
    """

    attacker: str | None
    matcher: str | None
    embedder: str | None
    condition: str
    metric: str
    value: float | None
    n_subjects: int
    n_probes: int
    k: int | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    chance: float | None = None
    control: float | None = None
    relation: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that an audit found: what the report is drawn from.

    Parameters
    ----------
    cohort : Cohort
    results : tuple of Result
    failures : tuple of Failure
    scores : tuple of ScoreTable
    detection : pandas.DataFrame
        One row a condition and view: ``condition, yaw, pitch, light_azimuth, light_elevation, n_heads, n_detected``.
    surfaces : pandas.DataFrame
        One row a scan: ``sample, subject, session, condition`` and the fields of :class:`SurfaceQuality`.
    attackers : tuple of Attacker
    models : tuple of ModelSpec
    settings : mapping
        As the audit ran.
    provenance : mapping
        Versions, seed, times, machine class; no host name, no user, no path.
    pictures : mapping of str to ndarray
        Condition to a contact sheet (H, W) uint8; only of people who do not exist.
    """

    cohort: Cohort
    results: tuple[Result, ...]
    failures: tuple[Failure, ...]
    scores: tuple[ScoreTable, ...]
    detection: pd.DataFrame
    surfaces: pd.DataFrame
    attackers: tuple[Attacker, ...]
    models: tuple[ModelSpec, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    pictures: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """True when no scan and no photo was lost (a face that was not found is a result, not a loss)."""
        return not any(failure.stage in {"read", "surface", "render", "worker", "manifest"} for failure in self.failures)


def conditions_of(tables: Sequence[ScoreTable]) -> tuple[str, ...]:
    """Return the conditions of some score tables, original first, then as they come."""
    found = dict.fromkeys(table.condition for table in tables)
    return tuple(sorted(found, key=lambda name: (name != ORIGINAL, list(found).index(name))))

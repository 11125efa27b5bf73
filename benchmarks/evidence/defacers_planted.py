"""Failures of defacers, planted into phantoms, and what is true of them (docs/decisions/0009-quality.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, generate_binary_structure
from scipy.ndimage import label as components

from reid_audit.anatomy import load_head_model
from reid_audit.phantom import Tissue, head_mesh
from reid_audit.quality.regions import EYE_REACH, FRONT_SIDE, FRONT_TOP
from reid_audit.types import QUALITY_REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.phantom import Identity, PhantomScan
    from reid_audit.types import Volume

__all__ = ["BORDER_BRAIN", "BORDER_SKIN", "CASES", "Case", "Head", "Truth", "planted", "truth_of"]

Array = np.ndarray[Any, Any]

WITHIN = 2.0
"""Mm from true skin within which tissue that was not removed makes it remain."""
FAILS = 0.1
"""Share of a region's true skin that must remain for it to fail."""
BRAIN_SHARE, BRAIN_ML = 0.001, 1.0
"""Loss of true brain above which it fails: whichever is less."""
BORDER_SKIN, BORDER_BRAIN = (0.02, 0.30), (0.25, 4.0)
"""Shares and ml between which a case is borderline."""
_CUT = 14.0
"""Mm below true skin that a planted removal reaches."""
_SKULL = 4.0
"""Mm around the brain that it leaves, as defacers leave the skull."""


@dataclass(frozen=True, eq=False)
class Head:
    """A phantom with its true skin.

    Parameters
    ----------
    scan : PhantomScan
    skin : mapping of str to ndarray, bool
        Voxels of true skin by region; ``face`` holds eyes, nose and mouth.
    inside : ndarray, bool
        The true head.
    head : ndarray, shape (I, J, K, 3), float32
        Place of every voxel in the head frame, mm.
    landmarks : mapping
        Of the person, head frame.
    skull : ndarray, bool
        Brain and what lies close to it.
    """

    scan: PhantomScan
    skin: dict[str, Array]
    inside: Array
    head: Array
    landmarks: dict[str, Array]
    skull: Array

    @classmethod
    def of(cls, scan: PhantomScan, who: Identity) -> Head:
        """Find the true skin of a phantom."""
        inside = scan.tissues != Tissue.AIR
        outside = _outside(inside)
        skin = inside & binary_dilation(outside, generate_binary_structure(3, 1))
        matrix = scan.to_head @ scan.volume.affine
        index = np.indices(inside.shape, dtype=np.float32)
        head = np.einsum("xa,aijk->ijkx", matrix[:3, :3].astype(np.float32), index) + matrix[:3, 3].astype(np.float32)
        marks = load_head_model().landmarks_of(head_mesh(who, expression={"blink": 1.0}).points)
        brain = scan.masks["brain"].data
        skull = distance_transform_edt(~brain, sampling=scan.volume.voxel_size) <= _SKULL
        return cls(scan, _regions(scan, skin, head, marks), inside, head, marks, skull)

    @property
    def spacing(self) -> Array:
        """Edge lengths of a voxel, mm."""
        return self.scan.volume.voxel_size


def _outside(inside: Array) -> Array:
    """Air that is joined with the edge of the image."""
    pieces, _ = components(np.pad(~inside, 1, constant_values=True))
    return np.asarray((pieces == pieces[0, 0, 0])[1:-1, 1:-1, 1:-1])


def _regions(scan: PhantomScan, skin: Array, head: Array, marks: dict[str, Array]) -> dict[str, Array]:
    eye, chin, hair = marks["right_eye"], marks["gnathion"], marks["forehead"]
    size = abs(float(eye[0])) / abs(float(load_head_model().landmarks["right_eye"][0]))
    face = skin & scan.masks["face"].data
    globes, _ = components(np.isin(scan.tissues, [Tissue.VITREOUS, Tissue.LENS, Tissue.SCLERA]))
    largest = np.argsort(-np.bincount(globes.ravel())[1:])[:2] + 1
    eyes = np.zeros_like(face)
    for globe in largest:
        centre = head[globes == globe].mean(axis=0)
        eyes |= face & (np.linalg.norm(head - centre, axis=-1) < EYE_REACH * size)
    named = {name: skin & scan.masks[name].data for name in ("nose", "mouth", "ears")}
    eyes &= ~named["nose"] & ~named["mouth"]
    front = face & (np.abs(head[..., 0]) < FRONT_SIDE * abs(float(eye[0])))
    front &= (head[..., 2] < eye[2] + FRONT_TOP * (hair[2] - eye[2])) & (head[..., 2] > chin[2] - 3.0)
    return {"eyes": eyes, **named, "face": front | eyes | named["nose"] | named["mouth"]}


@dataclass(frozen=True)
class Truth:
    """What is true of a planted case.

    Parameters
    ----------
    shares : dict of str to float
        True skin that remains, by region.
    brain_lost_ml, brain_ml : float
    """

    shares: dict[str, float]
    brain_lost_ml: float
    brain_ml: float

    def fails(self, region: str) -> bool:
        """Whether a region fails; ``face_verdict`` is that of the scan."""
        if region == "face_verdict":
            return any(self.shares[name] >= FAILS for name in QUALITY_REGIONS if name != "ears")
        return self.shares[region] >= FAILS

    @property
    def brain_fails(self) -> bool:
        """Whether the brain fails."""
        return self.brain_lost_ml > min(BRAIN_ML, BRAIN_SHARE * self.brain_ml)

    @property
    def borderline(self) -> bool:
        """Whether a region, or the brain, lies near its limit."""
        near = any(BORDER_SKIN[0] <= share <= BORDER_SKIN[1] for share in self.shares.values())
        return near or BORDER_BRAIN[0] <= self.brain_lost_ml <= BORDER_BRAIN[1]


def truth_of(head: Head, removed: Array) -> Truth:
    """Return what remains of the true skin, and what is lost of the true brain."""
    kept = head.inside & ~removed
    shares = {}
    distance = distance_transform_edt(~kept, sampling=head.spacing) if kept.any() else np.full(kept.shape, np.inf)
    for name, skin in head.skin.items():
        shares[name] = float((distance[skin] <= WITHIN + 1e-6).mean()) if skin.any() else 0.0
    voxel = float(np.prod(head.spacing)) / 1000.0
    brain = head.scan.masks["brain"].data
    return Truth(shares, float((brain & removed).sum()) * voxel, float(brain.sum()) * voxel)


@dataclass(frozen=True)
class Case:
    """A planted failure.

    Parameters
    ----------
    name : str
    remove : callable
        Head and random numbers to the voxels that are set to air.
    """

    name: str
    remove: Callable[[Head, np.random.Generator], Array]


def planted(head: Head, removed: Array) -> Volume:
    """Return the scan with some voxels set to air."""
    volume = head.scan.volume
    data = np.array(volume.data)
    data[removed] = max(-1000, int(data.min())) if volume.kind == "ct" else 0
    return replace(volume, data=data)


def _near(head: Head, skin: Array, reach: float = _CUT) -> Array:
    """Everything within some mm of skin, brain and skull left out."""
    close = distance_transform_edt(~skin, sampling=head.spacing) <= reach
    return np.asarray(close & ~head.skull)


def _up_to_the_brain(head: Head, _rng: np.random.Generator) -> Array:
    """Remove the skull of face and ears as well, to the last voxel that is no brain."""
    close = distance_transform_edt(~(head.skin["face"] | head.skin["ears"]), sampling=head.spacing) <= _CUT
    return np.asarray(close & ~head.scan.masks["brain"].data)


def _all(head: Head, _rng: np.random.Generator) -> Array:
    return _near(head, head.skin["face"] | head.skin["ears"])


def _nothing(head: Head, _rng: np.random.Generator) -> Array:
    return np.zeros_like(head.inside)


def _everything(head: Head, _rng: np.random.Generator) -> Array:
    return np.ones_like(head.inside)


def _without(head: Head, left: Array) -> Array:
    """Remove all but what lies at some skin that is left."""
    gone = _near(head, (head.skin["face"] | head.skin["ears"]) & ~left)
    kept = distance_transform_edt(~left, sampling=head.spacing) <= 1.0 if left.any() else np.zeros_like(gone)
    return np.asarray(gone & ~kept)


def _one_eye(head: Head, rng: np.random.Generator) -> Array:
    side = 1 if rng.random() < 0.5 else -1
    return _without(head, head.skin["eyes"] & (side * head.head[..., 0] > 0))


def _nose_tip(head: Head, _rng: np.random.Generator) -> Array:
    tip = head.landmarks["pronasale"]
    return _without(head, head.skin["nose"] & (np.linalg.norm(head.head - tip, axis=-1) < 14.0))


def _ears(head: Head, _rng: np.random.Generator) -> Array:
    return _without(head, head.skin["ears"])


def _mouth(head: Head, _rng: np.random.Generator) -> Array:
    return _without(head, head.skin["mouth"])


def _piece(region: str) -> Callable[[Head, np.random.Generator], Array]:
    """Leave a piece of a region: a patch around one of its points, about as large as its limit."""

    def remove(head: Head, rng: np.random.Generator) -> Array:
        skin = np.argwhere(head.skin[region])
        start = head.head[tuple(skin[rng.integers(len(skin))])]
        away = np.linalg.norm(head.head[head.skin[region]] - start, axis=-1)
        share = float(rng.uniform(0.02, 0.3))
        left = np.zeros_like(head.inside)
        left[tuple(skin[away <= np.quantile(away, share)].T)] = True
        return _without(head, left)

    return remove


def _shallow(head: Head, rng: np.random.Generator) -> Array:
    """Remove a peel: of a depth at which the face is just left, or just gone."""
    depth = float(rng.choice([0.5, 1.0, 5.0, 6.0]))
    return _near(head, head.skin["face"] | head.skin["ears"], depth)


def _plane(volume_ml: tuple[float, float]) -> Callable[[Head, np.random.Generator], Array]:
    """Remove the face, and the front of the brain by a plane that cuts off a number of ml."""

    def remove(head: Head, rng: np.random.Generator) -> Array:
        wanted = float(rng.uniform(*volume_ml))
        tilt = np.deg2rad(rng.uniform(-10.0, 60.0))
        way = np.array([0.0, np.cos(tilt), np.sin(tilt)], dtype=np.float32)
        along = head.head @ way
        brain = head.scan.masks["brain"].data
        order = np.sort(along[brain])
        voxel = float(np.prod(head.spacing)) / 1000.0
        level = order[-max(round(wanted / voxel), 1)]
        return np.asarray(_all(head, rng) | (along >= level))

    return remove


CASES: tuple[Case, ...] = (
    Case("face and ears gone", _all),
    Case("nothing done", _nothing),
    Case("everything gone", _everything),
    Case("one eye left", _one_eye),
    Case("nose tip left", _nose_tip),
    Case("ears left", _ears),
    Case("mouth left", _mouth),
    Case("piece of the eyes left", _piece("eyes")),
    Case("piece of the nose left", _piece("nose")),
    Case("piece of the mouth left", _piece("mouth")),
    Case("piece of the face left", _piece("face")),
    Case("piece of the ears left", _piece("ears")),
    Case("a peel", _shallow),
    Case("1 to 5 ml of brain cut", _plane((1.0, 5.0))),
    Case("frontal pole grazed", _plane((0.05, 1.0))),
    Case("all gone up to the brain", _up_to_the_brain),
    Case("20 ml of brain cut", _plane((10.0, 30.0))),
)
"""Failures to plant; the pieces and the grazes are the borderline ones."""

"""What lies behind the face of the mean head: bones, teeth, air, muscles, eyes.

Lengths are mm in the head frame of the mean head; places are given from the landmarks of its face, so that another mean
head would take them along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.phantom.canvas import capsule, ellipsoid, tube
from reid_audit.phantom.labels import Tissue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.phantom.canvas import Canvas, Solid

__all__ = ["Anchors", "paint_airways", "paint_bones", "paint_eyes", "paint_muscles"]

Array = np.ndarray[Any, Any]
EYE_RADIUS = 12.5
"""Of the globe in mm; the head model's eyeballs, of which only the front shows, are larger than life."""
_SOFT = (Tissue.SKIN, Tissue.FAT, Tissue.MUSCLE)


@dataclass(frozen=True)
class Anchors:
    """Where the parts of the mean face are, in mm of the head frame, right side (x > 0) for pairs.

    Parameters
    ----------
    eye : ndarray, shape (3,)
        Centre of the right eyeball.
    eye_radius : float
    nasion, nose, mouth, chin : ndarray, shape (3,)
        On the skin of the middle plane; ``mouth`` lies where the lips meet.
    """

    eye: Array
    eye_radius: float
    nasion: Array
    nose: Array
    mouth: Array
    chin: Array

    @classmethod
    def of(cls, landmarks: Mapping[str, Array]) -> Anchors:
        """Take the places from the landmarks of the head model."""
        corners = (np.asarray(landmarks["mouth_left"], float) + np.asarray(landmarks["mouth_right"], float)) / 2
        return cls(
            np.asarray(landmarks["right_eye"], float) - np.array([0.0, EYE_RADIUS, 0.0]),
            EYE_RADIUS,
            np.asarray(landmarks["nasion"], float),
            np.asarray(landmarks["pronasale"], float),
            np.array([0.0, corners[1] + 9.0, corners[2]]),
            np.asarray(landmarks["gnathion"], float),
        )


def paint_muscles(canvas: Canvas, at: Anchors) -> None:
    """Paint muscles, the parotid glands and the fat pads between them."""
    m, c = at.mouth, at.chin
    # Chewing: temporalis fans over the temple and runs behind the cheek bone; masseter covers the ramus.
    _pair(canvas, Tissue.MUSCLE, ellipsoid((64, 46, 24), (17, 30, 34), pitch=-18), min_depth=3.6)
    _pair(canvas, Tissue.MUSCLE, tube([(56, 44, 5), (48, 45, -18)], [9, 5]), min_depth=4.0)
    _pair(canvas, Tissue.MUSCLE, tube([(57, 44, -16), (52, 24, c[2] + 32)], [7, 9]), min_depth=4.5)
    _pair(canvas, Tissue.MUSCLE, tube([(20, 40, -12), (36, 22, c[2] + 32)], [8, 7]), min_depth=5.0)
    _pair(canvas, Tissue.MUSCLE, tube([(22, 42, -4), (44, 16, -8)], [7, 5]), min_depth=5.0)
    _pair(canvas, Tissue.FAT, ellipsoid((43, 52, -32), (9, 14, 17)), min_depth=2.5)
    _pair(canvas, Tissue.GLAND, ellipsoid((57, 2, -30), (9, 11, 20)), min_depth=3.0)
    _pair(canvas, Tissue.GLAND, ellipsoid((30, 30, c[2] + 8), (8, 12, 8)), min_depth=4.0)
    # Mimic muscles are thin sheets: lips, eyes, cheek.
    canvas.paint(Tissue.MUSCLE, ellipsoid((0, m[1] - 7, m[2]), (24, 6, 13)), min_depth=3.2, over=_SOFT)
    _pair(canvas, Tissue.MUSCLE, tube([(44, 66, -22), (26, m[1] - 12, m[2] + 6)], 2.4), min_depth=3.5)
    # Tongue and floor of the mouth.
    canvas.paint(Tissue.MUSCLE, ellipsoid((0, m[1] - 42, m[2] - 5), (23, 33, 17)), min_depth=5.0, over=_SOFT)
    canvas.paint(Tissue.FAT, ellipsoid((0, m[1] - 36, m[2] - 14), (1.6, 20, 14)), min_depth=5.0, over=_SOFT)
    _pair(canvas, Tissue.MUSCLE, tube([(8, c[1] - 14, c[2] + 10), (6, 28, c[2] + 2)], 6.0), min_depth=4.0)
    # Neck.
    _pair(canvas, Tissue.MUSCLE, tube([(54, -22, -20), (42, -8, -80), (26, 14, -190)], [8, 10, 9]), min_depth=4.0)
    _pair(canvas, Tissue.MUSCLE, tube([(16, -62, -22), (17, -54, -90), (22, -52, -190)], [15, 17, 18]), min_depth=4.5)
    _pair(canvas, Tissue.MUSCLE, tube([(12, 6, -24), (13, 4, -190)], [7, 8]), min_depth=4.0)
    canvas.paint(Tissue.FAT, capsule((0, -70, -40), (0, -66, -190), 1.6), over=_SOFT)
    _pair(canvas, Tissue.VESSEL, tube([(27, 8, -20), (27, 6, -190)], [3.2, 4.0]))
    _pair(canvas, Tissue.VESSEL, tube([(34, -2, -20), (33, -2, -190)], [4.2, 5.5]))


def _pair(canvas: Canvas, label: Tissue, solid: Solid | list[Solid], min_depth: float = 2.0) -> None:
    """Paint soft tissue on both sides."""
    canvas.paint(label, solid, min_depth=min_depth, over=_SOFT, mirrored=True)


def paint_bones(canvas: Canvas, at: Anchors) -> None:
    """Paint the bones of the face, the teeth and the spine of the neck."""
    _paint_upper_face(canvas, at)
    _paint_jaw(canvas, at)
    _paint_teeth(canvas, at)
    _paint_spine(canvas)


def _bone(
    canvas: Canvas, solid: Solid | list[Solid], *, marrow: float, mirrored: bool = True, min_depth: float = 3.5
) -> None:
    """Paint a bone with a shell of about 2 mm and marrow inside."""
    canvas.paint(Tissue.BONE, solid, mirrored=mirrored, min_depth=min_depth, over=_SOFT)
    if marrow > 0:
        canvas.paint(
            Tissue.MARROW, solid, mirrored=mirrored, min_depth=min_depth + 2.0, grow=-marrow, over=(Tissue.BONE,)
        )


def _paint_upper_face(canvas: Canvas, at: Anchors) -> None:
    e, n, m = at.eye, at.nasion, at.mouth
    r = at.eye_radius
    # Orbit: rim and walls; the globe and its fat are carved out later.
    _bone(
        canvas,
        tube([(6, n[1] - 9, n[2] + 5), (20, e[1] + 9, e[2] + r + 8), (40, e[1] + 3, e[2] + r + 4)], [4.5, 5, 4.5]),
        marrow=2.0,
    )
    _bone(
        canvas,
        tube([(40, e[1] + 3, e[2] + r + 4), (e[0] + r + 5, e[1] - 5, e[2]), (46, e[1] - 1, e[2] - r - 5)], [4, 3, 5]),
        marrow=2.2,
    )
    _bone(
        canvas,
        tube([(46, e[1] - 1, e[2] - r - 5), (30, e[1] + 9, e[2] - r - 5), (14, e[1] + 7, e[2] - r + 2)], [5, 3.4, 3]),
        marrow=2.2,
    )
    _bone(canvas, tube([(48, e[1] - 3, e[2] - r - 6), (61, 40, 2), (62, 20, 2)], [4.6, 3.2, 3]), marrow=1.6)
    _bone(canvas, tube([(0, n[1] - 7, n[2] + 2), (2, n[1] - 3, n[2] - 14)], [4, 2.4]), marrow=0.0)
    canvas.paint(
        Tissue.BONE, ellipsoid((e[0] - 2, e[1] - 17, e[2] - r - 2), (15, 20, 1.7), pitch=-8), mirrored=True, over=_SOFT
    )
    canvas.paint(Tissue.BONE, ellipsoid((11.5, e[1] - 18, e[2] + 2), (1.5, 20, 14)), mirrored=True, over=_SOFT)
    canvas.paint(
        Tissue.BONE, ellipsoid((e[0] + 10, e[1] - 20, e[2]), (1.8, 16, 14), yaw=-35), mirrored=True, over=_SOFT
    )
    # Maxilla: the walls of the antrum, the alveolar arch, the hard palate.
    canvas.paint(Tissue.BONE, ellipsoid((27, 58, -14), (17, 22, 19)), mirrored=True, min_depth=6.0, over=_SOFT)
    arch = _dental_arch(at, m[2] + 15.0)
    _bone(canvas, tube(arch, 6.6), marrow=2.0, mirrored=True, min_depth=5.0)
    canvas.paint(Tissue.BONE, ellipsoid((0, m[1] - 36, m[2] + 19), (22, 26, 2.6)), min_depth=5.0, over=_SOFT)
    # Skull base between nose and brain: sphenoid, petrous ridges, mastoid.
    canvas.paint(Tissue.BONE, ellipsoid((0, 20, 12), (17, 15, 13)), over=_SOFT)
    canvas.paint(Tissue.BONE, ellipsoid((0, 4, -8), (10, 9, 12), pitch=50), over=_SOFT)
    canvas.paint(Tissue.BONE, tube([(14, 8, 4), (58, -12, -2)], [7, 10]), mirrored=True, over=_SOFT)
    canvas.paint(Tissue.BONE, ellipsoid((56, -20, -14), (10, 12, 16)), mirrored=True, min_depth=4.0, over=_SOFT)
    canvas.paint(Tissue.BONE, ellipsoid((30, 30, -10), (3, 8, 16)), mirrored=True, over=_SOFT)


def _dental_arch(at: Anchors, height: float) -> list[tuple[float, float, float]]:
    """Return half of a horseshoe behind the lips, from the middle to the last molar."""
    front = at.mouth[1] - 15.0
    return [
        (0.0, front, height),
        (12.0, front - 4.0, height),
        (21.0, front - 16.0, height),
        (25.0, front - 38.0, height),
    ]


def _paint_jaw(canvas: Canvas, at: Anchors) -> None:
    c = at.chin
    low = c[2] + 12.0
    body = [(0, c[1] - 11, low), (14, c[1] - 15, low), (32, c[1] - 42, low + 3), (45, 26, low + 12)]
    _bone(canvas, tube(body, [7.5, 7.5, 6.5, 6.0]), marrow=2.2, min_depth=5.0)
    upper = [(0, at.mouth[1] - 16, low + 13), (13, at.mouth[1] - 20, low + 13), (25, at.mouth[1] - 50, low + 14)]
    _bone(canvas, tube(upper, [5.5, 5.5, 5.5]), marrow=2.0, min_depth=5.0)
    ramus = [(45, 25, low + 12), (47, 20, -22), (49, 13, -6)]
    _bone(canvas, tube(ramus, [6.0, 4.6, 4.4]), marrow=2.0, min_depth=5.0)
    _bone(canvas, tube([(44, 34, low + 18), (46, 32, -24), (47, 40, -10)], [4.5, 4.0, 2.5]), marrow=2.0, min_depth=5.0)
    canvas.paint(Tissue.BONE, tube([(0, 34, c[2] - 6), (16, 24, c[2] - 4)], 2.6), mirrored=True, over=_SOFT)


def _paint_teeth(canvas: Canvas, at: Anchors) -> None:
    """Paint sixteen teeth above and as many below, as pegs on the arch."""
    line = at.mouth[2] + 1.0
    path = np.array(_dental_arch(at, line))
    knots = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    widths = (4.2, 7.2, 7.0, 7.4, 7.0, 7.2, 9.8, 9.6)
    along = 0.0
    for width in widths:
        along += width / 2
        spot = [float(np.interp(along, knots, path[:, axis])) for axis in range(3)]
        along += width / 2 + 0.4
        peg = width * 0.46
        for up, inward in ((1.0, 0.0), (-1.0, 2.0)):
            crown = (spot[0], spot[1] - inward, line + up * 3.0)
            root = (spot[0], spot[1] - inward - 1.0, line + up * 15.0)
            canvas.paint(Tissue.TOOTH, capsule(crown, root, min(peg, 3.9), 1.6), mirrored=True, min_depth=5.0)


def _paint_spine(canvas: Canvas) -> None:
    for level in range(7):
        z = -36.0 - 19.0 * level
        y = 1.0 - 1.1 * level
        _bone(canvas, ellipsoid((0, y - 6, z), (11, 8.5, 8.4)), marrow=1.8, mirrored=False)
        canvas.paint(Tissue.CARTILAGE, ellipsoid((0, y - 6, z - 9.6), (10, 8, 3.0)), over=_SOFT)
        _bone(canvas, ellipsoid((19, y - 17, z), (6, 7, 7)), marrow=1.8)
        canvas.paint(
            Tissue.BONE,
            tube([(14, y - 26, z - 2), (0, y - 36, z - 5), (0, y - 50, z - 9)], [3, 3.4, 3]),
            mirrored=True,
            over=_SOFT,
        )
    canvas.paint(Tissue.CSF, tube([(0, -13, -18), (0, -19, -36), (0, -27, -190)], [10.5, 8.5, 8.0]))
    canvas.paint(Tissue.NERVE, tube([(0, -12, -24), (0, -19, -38), (0, -27, -190)], [6.5, 5.2, 5.0]))


def paint_airways(canvas: Canvas, at: Anchors) -> None:
    """Paint the air of nose, sinuses, mouth, throat and ears, with the mucosa that lines it."""
    e, n, nose, m = at.eye, at.nasion, at.nose, at.mouth
    palate = m[2] + 22.0
    # Sinuses, walled by the bones painted before.
    for solid in (
        ellipsoid((27, 57, -14), (14, 18.5, 16)),
        ellipsoid((8.5, n[1] - 11, n[2] + 17), (8, 4.0, 10), pitch=12),
        ellipsoid((7, 22, 13), (6.5, 10, 8.5)),
    ):
        canvas.paint(Tissue.MUCOSA, solid, mirrored=True, min_depth=5.5, grow=1.0)
        canvas.paint(Tissue.AIRWAY, solid, mirrored=True, min_depth=7.0)
    for y in (36, 46, 56, 66):
        for z in (e[2] - 6, e[2] + 3):
            canvas.paint(Tissue.AIRWAY, ellipsoid((6.5, y, z), (3.6, 4.1, 3.7)), mirrored=True, min_depth=7.0)
    # Nasal cavity: two channels beside the septum, three shells each, out through the nostrils, back to the throat.
    top = e[2] - 6.0
    middle, half = (top + palate) / 2, (top - palate) / 2
    canvas.paint(Tissue.MUCOSA, ellipsoid((6.5, 57, middle), (9, 38, half + 2)), mirrored=True, min_depth=4.0)
    canvas.paint(Tissue.AIRWAY, ellipsoid((6.5, 57, middle), (6.6, 37, half)), mirrored=True, min_depth=4.0)
    for z, width in ((palate + 7, 4.3), (palate + 18, 3.2), (palate + 27, 2.4)):
        canvas.paint(Tissue.MUCOSA, ellipsoid((8.5, 55, z), (width, 27, 3.8)), mirrored=True, over=(Tissue.AIRWAY,))
    canvas.paint(Tissue.CARTILAGE, ellipsoid((0, 64, middle), (1.0, 42, half + 4)), min_depth=4.0)
    vestibule = [(7.5, nose[1] - 10, nose[2] - 13), (6.5, nose[1] - 17, nose[2] - 4), (5.5, 78, palate + 9)]
    canvas.paint(Tissue.AIRWAY, tube(vestibule, [3.6, 4.0, 3.6]), mirrored=True, min_depth=-3.0)
    # Throat: behind nose and tongue down to the windpipe; mouth: a slit over the tongue.
    throat = [(0, 24, palate + 6), (0, 14, palate - 12), (0, 15, m[2] - 14), (0, 19, m[2] - 40), (0, 21, -190)]
    canvas.paint(Tissue.MUCOSA, tube(throat, [13, 11, 9.5, 9, 10.5]), min_depth=5.0, over=_SOFT)
    canvas.paint(Tissue.AIRWAY, tube(throat, [10, 7.5, 6.0, 6.0, 8.5]), min_depth=6.0)
    canvas.paint(Tissue.MUCOSA, tube([(0, 36, palate - 4), (0, 21, palate - 20)], [4.5, 3.5]))
    canvas.paint(Tissue.AIRWAY, ellipsoid((0, m[1] - 42, palate - 8.5), (17, 24, 2.2), pitch=-4), over=_SOFT)
    # Ears: the canal to the drum, cells of the mastoid.
    canvas.paint(
        Tissue.AIRWAY, tube([(84, 0, 0), (62, 3, 2), (47, 5, 3)], [3.4, 3.0, 3.4]), mirrored=True, min_depth=-3.0
    )
    for dy, dz in ((0, 0), (-7, -4), (-3, -11), (4, -7), (-9, 4)):
        canvas.paint(Tissue.AIRWAY, ellipsoid((55, -20 + dy, -10 + dz), (5.5, 3.0, 2.8)), mirrored=True, min_depth=6.0)


def paint_eyes(canvas: Canvas, at: Anchors) -> None:
    """Paint the orbits: fat, straight muscles, optic nerve, globe and lens."""
    e, r = at.eye, at.eye_radius
    cone = capsule((e[0], e[1] - 4, e[2]), (14, e[1] - 40, e[2] + 1), r + 4.5, 4.0)
    canvas.paint(Tissue.FAT, cone, mirrored=True, min_depth=2.0, over=(*_SOFT, Tissue.BONE, Tissue.MARROW))
    for dx, dz in ((0.0, r + 0.5), (0.0, -r - 0.5), (r + 0.5, 0.0), (-r - 0.5, 0.0)):
        rod = tube(
            [
                (e[0] + dx, e[1] + 1, e[2] + dz),
                (e[0] + dx * 0.8 - 3, e[1] - 16, e[2] + dz * 0.8),
                (14, e[1] - 39, e[2] + 1),
            ],
            [1.5, 2.4, 1.4],
        )
        canvas.paint(Tissue.MUSCLE, rod, mirrored=True, over=(*_SOFT, Tissue.BONE))
    canvas.paint(
        Tissue.NERVE,
        tube([(e[0], e[1] - r + 1, e[2]), (e[0] - 6, e[1] - 24, e[2]), (12, e[1] - 42, e[2] + 2)], 2.1),
        mirrored=True,
    )
    canvas.paint(Tissue.SCLERA, ellipsoid(e.tolist(), (r, r, r)), mirrored=True, min_depth=0.8)
    canvas.paint(Tissue.VITREOUS, ellipsoid(e.tolist(), (r - 1.3, r - 1.3, r - 1.3)), mirrored=True, min_depth=1.2)
    canvas.paint(Tissue.LENS, ellipsoid((e[0], e[1] + r - 5.5, e[2]), (4.7, 2.2, 4.7)), mirrored=True, min_depth=1.2)

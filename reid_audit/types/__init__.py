"""The frozen values that pass from one stage to the next.

Frames and units are part of each type: RAS means millimetres with x to the subject's right, y to the front, z up.
Arrays inside these values are read-only; :func:`frozen_array` makes them so.
"""

from __future__ import annotations

from reid_audit.types.arrays import frozen_array
from reid_audit.types.difference import Difference
from reid_audit.types.finding import ORIGINAL, Attacker, Cohort, Failure, Findings, Result
from reid_audit.types.keypoints import Keypoints
from reid_audit.types.picture import Face, Photo, Renders, View
from reid_audit.types.quality import (
    FACE_PARTS,
    QUALITY_REGIONS,
    AirBehind,
    BrainVerdict,
    RegionVerdict,
    ScanQuality,
    Verdict,
    VoxelChange,
)
from reid_audit.types.rebuilt import Rebuilt
from reid_audit.types.scan import Kind, Mask, Volume
from reid_audit.types.surface import HeadSurface, SurfaceQuality
from reid_audit.types.template import LOST, ModelSpec, ScoreTable, Templates

__all__ = [
    "FACE_PARTS",
    "LOST",
    "ORIGINAL",
    "QUALITY_REGIONS",
    "AirBehind",
    "Attacker",
    "BrainVerdict",
    "Cohort",
    "Difference",
    "Face",
    "Failure",
    "Findings",
    "HeadSurface",
    "Keypoints",
    "Kind",
    "Mask",
    "ModelSpec",
    "Photo",
    "Rebuilt",
    "RegionVerdict",
    "Renders",
    "Result",
    "ScanQuality",
    "ScoreTable",
    "SurfaceQuality",
    "Templates",
    "Verdict",
    "View",
    "Volume",
    "VoxelChange",
    "frozen_array",
]

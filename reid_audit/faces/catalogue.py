"""The face models that are known by name: their files, licences, digests where these are known, and what they want.

None of them comes with this package and none is ever downloaded: the user installs the file (``reid-audit weights``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from reid_audit.faces.declaration import Declaration

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CATALOGUE", "DEEPFACE_DLIB", "SFACE", "YUNET", "KnownModel"]

YUNET = "face_detection_yunet_2026may.onnx"
"""File of YuNet, from the OpenCV Zoo."""

SFACE = "face_recognition_sface_2021dec.onnx"
"""File of SFace, from the OpenCV Zoo."""

DEEPFACE_DLIB = "Dlib"
"""The one model of DeepFace whose weights come with a package: ``face_recognition_models``."""

_ZOO = "GitHub project opencv/opencv_zoo, folder models/"
_DEEPFACE = "GitHub project serengil/deepface_models, release v1.0"
_INHERITED = "inherited from the first publication of the model: see the licences in DeepFace's README"


@dataclass(frozen=True)
class KnownModel:
    """A file of weights that can be installed.

    Parameters
    ----------
    name : str
        In ``weights add --as`` and ``--embedder onnx:NAME``.
    kind : {"detector", "embedder"}
    file : str
        Name of the file in the models folder.
    licence, origin : str
        Where the file is published, in words.
    sha256 : str
        Empty where no digest is known: it is recorded when the file is installed, and never pinned by this package.
    size : int
        Bytes; 0 where it is not known.
    deepface : str
        DeepFace's name of the model; empty where DeepFace has none.
    preprocessing : mapping
        Fields of a :class:`~reid_audit.faces.declaration.Declaration`; empty for a detector.
    """

    name: str
    kind: Literal["detector", "embedder"]
    file: str
    licence: str
    origin: str
    sha256: str = ""
    size: int = 0
    deepface: str = ""
    preprocessing: Mapping[str, Any] = field(default_factory=dict)

    def declaration(self, sha256: str) -> Declaration:
        """Return what the model wants, with the digest of the file that was installed."""
        return Declaration(name=self.name, licence=self.licence, sha256=sha256, **self.preprocessing)


def _deepface(model: str, name: str, file: str, size: tuple[int, int], dimension: int) -> KnownModel:
    """Return one of DeepFace's graphs: pictures of blue, green, red from 0 to 1, channels last, the eyes level."""
    fed = {"layout": "NHWC", "channels": "BGR", "mean": (0, 0, 0), "std": (255, 255, 255), "alignment": "eyes"}
    wants = fed | {"size": size, "dimension": dimension, "metric": "cosine"}
    return KnownModel(name, "embedder", file, _INHERITED, _DEEPFACE, deepface=model, preprocessing=wants)


_FIVE_POINT = {"size": (112, 112), "layout": "NCHW", "channels": "RGB", "alignment": "five-point", "metric": "cosine"}

_KNOWN = (
    KnownModel(
        "yunet",
        "detector",
        YUNET,
        "MIT",
        _ZOO + "face_detection_yunet",
        "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        229_738,
    ),
    KnownModel(
        "sface",
        "embedder",
        SFACE,
        "Apache-2.0",
        _ZOO + "face_recognition_sface",
        "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        38_696_353,
        deepface="SFace",
        # The graph itself centres and scales.
        preprocessing=_FIVE_POINT | {"mean": (0, 0, 0), "std": (1, 1, 1), "dimension": 128},
    ),
    KnownModel(
        "arcface-w600k-r50",
        "embedder",
        "w600k_r50.onnx",
        "InsightFace: non-commercial research only",
        "GitHub project deepinsight/insightface, release v0.7, w600k_r50.onnx in buffalo_l.zip",
        size=174_383_860,
        preprocessing=_FIVE_POINT | {"mean": (127.5,) * 3, "std": (127.5,) * 3, "dimension": 512},
    ),
    _deepface("ArcFace", "arcface", "arcface_weights.onnx", (112, 112), 512),
    _deepface("Facenet512", "facenet512", "facenet512_weights.onnx", (160, 160), 512),
    _deepface("Facenet", "facenet", "facenet_weights.onnx", (160, 160), 128),
    _deepface("VGG-Face", "vgg-face", "vgg_face_weights.onnx", (224, 224), 4096),
    _deepface("OpenFace", "openface", "openface_weights.onnx", (96, 96), 128),
    _deepface("DeepFace", "deepface", "VGGFace2_DeepFace_weights_val-0.9034.onnx", (152, 152), 4096),
    _deepface("DeepID", "deepid", "deepid_weights.onnx", (55, 47), 160),
    _deepface("GhostFaceNet", "ghostfacenet", "ghostfacenet_v1.onnx", (112, 112), 512),
)

CATALOGUE: Mapping[str, KnownModel] = MappingProxyType({model.name: model for model in _KNOWN})
"""Name to model, those first that the recipe in docs/weights.md is about."""

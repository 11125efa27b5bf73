"""From pictures to face templates: detection, alignment and embedding, with every miss kept as an outcome.

Thin adapters hold dlib's models as ``face_recognition`` uses them, without importing it, dlib's network on onnxruntime,
YuNet, any ONNX face model that is declared, and DeepFace's models; :func:`embed_renders` and :func:`embed_photo` make
:class:`~reid_audit.types.Templates` with any detector and embedder. Importing this room loads no model.
"""

from __future__ import annotations

from reid_audit.faces.deepface_embedder import DeepFaceEmbedder
from reid_audit.faces.dlib_detector import DlibDetector, DlibLargeFaceDetector
from reid_audit.faces.dlib_embedder import DlibEmbedder
from reid_audit.faces.dlib_onnx_embedder import DlibOnnxEmbedder
from reid_audit.faces.onnx_embedder import OnnxEmbedder
from reid_audit.faces.photos import embed_photo
from reid_audit.faces.placed import placed_face, with_placed_faces
from reid_audit.faces.reasons import NO_FACE, NOT_FINITE, SEVERAL_FACES
from reid_audit.faces.templates import (
    TEMPLATE_COLUMNS,
    concatenate,
    embed_renders,
    failed_photo,
    failed_scan,
    no_templates,
)
from reid_audit.faces.weights import WEIGHTS, weights_file
from reid_audit.faces.yunet_detector import YunetDetector

__all__ = [
    "NOT_FINITE",
    "NO_FACE",
    "SEVERAL_FACES",
    "TEMPLATE_COLUMNS",
    "WEIGHTS",
    "DeepFaceEmbedder",
    "DlibDetector",
    "DlibEmbedder",
    "DlibLargeFaceDetector",
    "DlibOnnxEmbedder",
    "OnnxEmbedder",
    "YunetDetector",
    "concatenate",
    "embed_photo",
    "embed_renders",
    "failed_photo",
    "failed_scan",
    "no_templates",
    "placed_face",
    "weights_file",
    "with_placed_faces",
]

"""Templates of the renders of a scan, of scans and photos that failed, and of several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.errors import UsageError
from reid_audit.faces.choice import face_of_render
from reid_audit.faces.picture import to_rgb
from reid_audit.faces.reasons import NO_FACE, NOT_FINITE
from reid_audit.protocols import BatchEmbedder
from reid_audit.types import Templates, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.protocols import Detector, Embedder
    from reid_audit.types import Face, Renders

__all__ = [
    "TEMPLATE_COLUMNS",
    "concatenate",
    "embed_face",
    "embed_renders",
    "failed_photo",
    "failed_scan",
    "no_templates",
    "photo_row",
]

TEMPLATE_COLUMNS = (
    "subject",
    "session",
    "condition",
    "modality",
    "source",
    "sample",
    "yaw",
    "pitch",
    "light_azimuth",
    "light_elevation",
    "detected",
    "reason",
)
"""Of :attr:`Templates.table`, in this order. ``detected`` is true where the row has a template, and only there."""

_AT_ONCE = 16
"""Renders that are held in colour, and handed to an embedder that takes several, at a time."""

_NO_VIEW = View(float("nan"), float("nan"), float("nan"), float("nan"))


def embed_renders(
    renders: Renders,
    detector: Detector,
    embedder: Embedder,
    *,
    subject: str,
    session: str,
    condition: str,
    modality: str,
    sample: str,
) -> Templates:
    """Find and embed the face in every render of one scan.

    Where a detector finds several faces in a render, the one nearest to the centre is taken of those at least half
    as large as the largest: the picture holds one head, so any other is a false alarm.

    Parameters
    ----------
    renders : Renders
        Grey pictures; made RGB once, with three equal channels.
    detector : Detector
    embedder : Embedder
    subject, session, condition, modality, sample : str
        Of the scan, as the manifest has them.

    Returns
    -------
    Templates
        One row a view, in the order of the renders. A view without a face has NaN, ``detected`` False and a reason.
    """
    embedded: list[tuple[np.ndarray[Any, Any], str]] = []
    for first in range(0, len(renders.images), _AT_ONCE):
        pictures = [to_rgb(image) for image in renders.images[first : first + _AT_ONCE]]
        faces = [face_of_render(detector.detect(picture), picture.shape[1], picture.shape[0]) for picture in pictures]
        embedded += _embed_faces(embedder, pictures, faces)
    vectors = [vector for vector, _ in embedded]
    rows = [(view, reason) for view, (_, reason) in zip(renders.views, embedded, strict=True)]
    facts = {"subject": subject, "session": session, "condition": condition, "modality": modality, "source": "scan"}
    return _templates(facts | {"sample": sample}, rows, vectors, embedder)


def failed_scan(
    reason: str,
    views: Sequence[View],
    embedder: Embedder,
    *,
    subject: str,
    session: str,
    condition: str,
    modality: str,
    sample: str,
) -> Templates:
    """Return the rows of a scan that could not be read, rendered or finished, so that it is not lost from the count.

    Parameters
    ----------
    reason : str
        What went wrong; never empty.
    views : sequence of View
        Those that would have been rendered.
    embedder : Embedder
    subject, session, condition, modality, sample : str
        Of the scan, as the manifest has them.

    Returns
    -------
    Templates
        One row a view, every vector NaN.
    """
    facts = {"subject": subject, "session": session, "condition": condition, "modality": modality, "source": "scan"}
    vectors = [_nothing(embedder)] * len(views)
    return _templates(facts | {"sample": sample}, [(view, _said(reason)) for view in views], vectors, embedder)


def failed_photo(reason: str, embedder: Embedder, *, subject: str, sample: str) -> Templates:
    """Return the row of a photo that could not be read, so that it is not lost from the count.

    Parameters
    ----------
    reason : str
        What went wrong; never empty.
    embedder : Embedder
    subject, sample : str
        Of the photo, as the manifest has them.

    Returns
    -------
    Templates
        One row, its vector NaN.
    """
    return photo_row(_nothing(embedder), _said(reason), embedder, subject=subject, sample=sample)


def photo_row(vector: np.ndarray[Any, Any], reason: str, embedder: Embedder, *, subject: str, sample: str) -> Templates:
    """Return one photo's template as a table of one row; ``session``, ``condition`` and ``modality`` are empty."""
    facts = {"subject": subject, "session": "", "condition": "", "modality": "", "source": "photo", "sample": sample}
    return _templates(facts, [(_NO_VIEW, reason)], [vector], embedder)


def no_templates(embedder: Embedder) -> Templates:
    """Return a table without a row, with every column."""
    return _templates(dict.fromkeys(TEMPLATE_COLUMNS[:6], ""), [], [], embedder)


def concatenate(parts: Sequence[Templates]) -> Templates:
    """Put templates of one embedder under each other.

    Parameters
    ----------
    parts : sequence of Templates
        At least one; those without a row add nothing.

    Returns
    -------
    Templates
        Rows in the order of the parts, renumbered from 0.

    Raises
    ------
    UsageError
        No part, or parts of several embedders.
    """
    if not parts:
        raise UsageError("There are no templates to put together. Give at least one part.")
    embedders = sorted({part.embedder for part in parts})
    lengths = sorted({part.vectors.shape[1] for part in parts})
    if len(embedders) > 1 or len(lengths) > 1:
        raise UsageError(
            "Templates of one embedder only can be put together. "
            f"Got embedders {', '.join(embedders)} with vectors of length {', '.join(map(str, lengths))}."
        )
    filled = [part for part in parts if len(part.table)] or [parts[0]]
    table = pd.concat([part.table for part in filled], ignore_index=True)
    return Templates(table, np.concatenate([part.vectors for part in filled]), embedders[0])


def embed_face(
    embedder: Embedder, picture: np.ndarray[Any, Any], face: Face | None
) -> tuple[np.ndarray[Any, Any], str]:
    """Return the template of a face, or NaN and the reason."""
    if face is None:
        return _nothing(embedder), NO_FACE
    return _checked(embedder, embedder.embed(picture, face))


def _embed_faces(
    embedder: Embedder, pictures: Sequence[np.ndarray[Any, Any]], faces: Sequence[Face | None]
) -> list[tuple[np.ndarray[Any, Any], str]]:
    """Return what :func:`embed_face` does for each, all at once where the embedder can."""
    found = [(picture, face) for picture, face in zip(pictures, faces, strict=True) if face is not None]
    if not (found and isinstance(embedder, BatchEmbedder)):
        return [embed_face(embedder, picture, face) for picture, face in zip(pictures, faces, strict=True)]
    vectors = iter(embedder.embed_all(*zip(*found, strict=True)))
    return [(_nothing(embedder), NO_FACE) if face is None else _checked(embedder, next(vectors)) for face in faces]


def _checked(embedder: Embedder, given: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], str]:
    vector = np.asarray(given, dtype=np.float32)
    if not np.isfinite(vector).all():
        return _nothing(embedder), NOT_FINITE
    return vector, ""


def _nothing(embedder: Embedder) -> np.ndarray[Any, Any]:
    return np.full(embedder.spec.dimension, np.nan, dtype=np.float32)


def _said(reason: str) -> str:
    if not reason:
        raise UsageError("The 'reason' parameter must say why there is no template. Got an empty text instead.")
    return reason


def _templates(
    facts: dict[str, str],
    rows: Sequence[tuple[View, str]],
    vectors: Sequence[np.ndarray[Any, Any]],
    embedder: Embedder,
) -> Templates:
    """Put rows and vectors together; ``facts`` are the same in every row."""
    columns: dict[str, Any] = {name: pd.Series([value] * len(rows), dtype=object) for name, value in facts.items()}
    for name in ("yaw", "pitch", "light_azimuth", "light_elevation"):
        columns[name] = np.array([getattr(view, name) for view, _ in rows], dtype=np.float64)
    columns["detected"] = np.array([not reason for _, reason in rows], dtype=bool)
    columns["reason"] = pd.Series([reason for _, reason in rows], dtype=object)
    table = pd.DataFrame({name: columns[name] for name in TEMPLATE_COLUMNS})
    stacked = np.array(vectors, dtype=np.float32).reshape(len(rows), embedder.spec.dimension)
    return Templates(table, stacked, embedder.spec.name)

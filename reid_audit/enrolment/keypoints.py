"""Keypoints of one scan or one photo, as they are kept and as the attackers get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.keypoints import KINDS, find_keypoints, label_keypoints, no_keypoints, one_light_a_camera
from reid_audit.store import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from reid_audit.types import Keypoints, Photo, Renders, View

__all__ = ["keypoints_of", "lost_keypoints", "photo_keypoints", "render_keypoints"]

_VIEW = ("yaw", "pitch", "light_azimuth", "light_elevation")


def render_keypoints(renders: Renders) -> Record:
    """Return the keypoints of one render a camera, to be kept."""
    chosen = one_light_a_camera(renders.views)
    return _record([renders.images[i] for i in chosen], _angles([renders.views[i] for i in chosen]))


def photo_keypoints(photo: Photo) -> Record:
    """Return the keypoints of a photo, to be kept."""
    return _record([photo.pixels], _angles([None]))


def keypoints_of(facts: Mapping[str, str], record: Record) -> tuple[Keypoints, ...]:
    """Return what was kept, one value a kind.

    Parameters
    ----------
    facts : mapping of str to str
        ``subject, session, condition, modality, source, sample`` of the scan or photo.
    record : Record

    Returns
    -------
    tuple of Keypoints
        In the order of :data:`reid_audit.keypoints.KINDS`.
    """
    kept = record.arrays
    table = _table(facts, kept["views"])
    names = ("counts", "points", "descriptors")
    return tuple(label_keypoints(kind, table, *(kept[f"{kind}_{name}"] for name in names)) for kind in KINDS)


def lost_keypoints(facts: Mapping[str, str], views: Sequence[View] | None, reason: str) -> tuple[Keypoints, ...]:
    """Return the rows of a scan, or without views of a photo, that yielded no picture."""
    chosen = [None] if views is None else [views[i] for i in one_light_a_camera(views)]
    return tuple(no_keypoints(kind, _table(facts, _angles(chosen)), reason) for kind in KINDS)


def _record(pictures: Sequence[np.ndarray[Any, Any]], views: np.ndarray[Any, Any]) -> Record:
    arrays = {"views": views}
    for kind in KINDS:
        found = find_keypoints(pictures, kind, _table({}, views))
        arrays |= {f"{kind}_{name}": getattr(found, name) for name in ("counts", "points", "descriptors")}
    return Record(arrays)


def _angles(views: Sequence[View | None]) -> np.ndarray[Any, Any]:
    nowhere = (np.nan,) * len(_VIEW)
    return np.array([nowhere if view is None else (*view.camera, *view.light) for view in views], dtype=np.float64)


def _table(facts: Mapping[str, str], views: np.ndarray[Any, Any]) -> pd.DataFrame:
    import pandas as pd

    columns = {name: views[:, i] for i, name in enumerate(_VIEW)}
    return pd.DataFrame({**dict(facts), **columns}, index=range(len(views)))

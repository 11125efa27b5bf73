"""The pictures themselves, made again from scan or photograph: no run keeps renders."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.appendix.shots import Shot
from reid_audit.enrolment import ScanTask, render_scan, rows_of, scan_task
from reid_audit.errors import ReidAuditError
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reid_audit.settings import Settings
    from reid_audit.types import Cohort, View

__all__ = ["take_pictures"]

_EDGE = 180
_QUALITY = 85


@dataclass(frozen=True)
class _Sitting:
    """All pictures of one scan, or a photograph.

    Parameters
    ----------
    sample : str
    scan : ScanTask or None
    photo : str
        Path; empty for a scan.
    """

    sample: str
    scan: ScanTask | None
    photo: str = ""

    @property
    def views(self) -> tuple[View | None, ...]:
        return self.scan.views if self.scan else (None,)


def take_pictures(
    shots: Iterable[Shot], cohort: Cohort, settings: Settings, progress: Callable[[str, int, int], None]
) -> dict[Shot, str]:
    """Return small pictures as ``data:`` addresses; what cannot be read again has none.

    Parameters
    ----------
    shots : iterable of Shot
    cohort : Cohort
    settings : Settings
    progress : callable
        As for an audit; the stage is ``"faces"``.

    Returns
    -------
    dict of Shot to str
        JPEG, at most 180 pixels on a side.
    """
    sittings = _sittings(set(shots), cohort, settings)
    pictures: dict[Shot, str] = {}
    progress("faces", 0, len(sittings))
    for done, (index, answer) in enumerate(run_tasks(_sit, sittings, workers=settings.workers), start=1):
        sitting = sittings[index]
        if not isinstance(answer, WorkerLost):
            made = zip(sitting.views, answer, strict=False)
            pictures |= {Shot(sitting.sample, view): picture for view, picture in made}
        progress("faces", done, len(sittings))
    return pictures


def _sittings(shots: set[Shot], cohort: Cohort, settings: Settings) -> list[_Sitting]:
    wanted: dict[str, set[View]] = {}
    for shot in shots:
        if shot.view is not None:
            wanted.setdefault(shot.sample, set()).add(shot.view)
    photos = {shot.sample for shot in shots if shot.view is None}
    scans = [
        _Sitting(row.sample, replace(scan_task(row, settings), views=_in_order(wanted[row.sample])))
        for row in rows_of(cohort.scans)
        if row.sample in wanted
    ]
    return [*scans, *(_Sitting(r.sample, None, str(r.path)) for r in rows_of(cohort.photos) if r.sample in photos)]


def _in_order(views: set[View]) -> tuple[View, ...]:
    return tuple(sorted(views, key=lambda view: (*view.camera, *view.light)))


def _sit(sitting: _Sitting) -> tuple[str, ...]:
    """Make the pictures of one sitting; none where the file cannot be read any more."""
    try:
        return tuple(map(_address, _images(sitting)))
    except (ReidAuditError, OSError, MemoryError):
        return ()


def _images(sitting: _Sitting) -> list[np.ndarray[Any, Any]]:
    from reid_audit.inputs import read_photo

    if sitting.scan is None:
        return [read_photo(sitting.photo).pixels]
    return list(render_scan(sitting.scan)[1].images)


def _address(image: np.ndarray[Any, Any]) -> str:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(image)).convert("RGB")
    picture.thumbnail((_EDGE, _EDGE))
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"

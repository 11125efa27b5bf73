"""``reid-audit render``: contact sheets of heads, and in which of them a face is found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.cli.sources import Source, sources_of
from reid_audit.errors import InputError, ReidAuditError
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reid_audit.settings import Settings
    from reid_audit.types import HeadSurface, Renders

__all__ = ["Seen", "run_render"]

NOTE = (
    "A missing detection is no protection: this detector is one of many, and an attacker who knows where the face is "
    "needs none. Only an audit (`reid-audit run`) measures the risk under an attacker."
)
_TILE = 200
_DOT = 6
_FACE_GAP_MM = 10.0


@dataclass(frozen=True)
class Seen:
    """What became of one scan.

    Parameters
    ----------
    name : str
        As printed and as the picture is called.
    found, views : int
        Renders with a face, and all renders.
    defaced : str
        Empty, or why the scan looks as if its face had been altered.
    cut : tuple of str
        Face regions that the field of view cuts through.
    lost : str
        Empty, or why there is no picture.
    """

    name: str
    found: int = 0
    views: int = 0
    defaced: str = ""
    cut: tuple[str, ...] = ()
    lost: str = ""

    @property
    def sentence(self) -> str:
        """What to tell of it."""
        from reid_audit.report.wording import counted

        if self.lost:
            return f"lost: {self.lost}"
        facts = [f"face found on {self.found} of {counted(self.views, 'render')}"]
        if not self.found:
            facts = [f"no face found on {counted(self.views, 'render')}: does not count as protected"]
        if self.cut:
            facts.append(f"field of view cuts {', '.join(self.cut)}")
        if self.defaced:
            facts.append(f"looks defaced ({self.defaced})")
        return "; ".join(facts)


def run_render(place: Path, out: Path, *, settings: Mapping[str, Any], quiet: bool) -> int:
    """Render every scan of a place, print what was seen, and return the exit status.

    Raises
    ------
    ReidAuditError
        For wrong usage, missing weights, or a disk that refuses; a scan that cannot be used is told and the others
        go on.
    """
    from reid_audit.settings import make_settings
    from reid_audit.store import alone_in, private_folder

    checked = make_settings(settings)
    sources, lost = sources_of(place)
    with alone_in(out):
        folder = private_folder(out / "renders")
        seen: list[Seen] = [Seen(name, lost=why) for name, why in lost]
        _record(seen, folder)  # first, so that `purge` knows the folder for ours even when the run is killed
        with telling(quiet=quiet) as tell:
            for done, source in enumerate(sources):
                tell("scans", done, len(sources))
                seen.append(_look(source, checked, folder))
            tell("scans", len(sources), len(sources))
        _record(seen, folder)
        for one in seen:
            typer.echo(f"{one.name}: {one.sentence}")
        if all(one.lost for one in seen):
            return INCOMPLETE
        typer.echo(NOTE)
        typer.echo(f"Contact sheets (private; a white dot marks a render in which a face was found): {folder}")
        return INCOMPLETE if any(one.lost for one in seen) else 0


def _look(source: Source, settings: Settings, folder: Path) -> Seen:
    from reid_audit.enrolment import render_scan, scan_task

    try:
        surface, renders = render_scan(scan_task(source, settings))
    except InputError as error:
        return Seen(source.sample, lost=str(error))
    except OSError as error:
        return Seen(source.sample, lost=f"The file cannot be read: {error.strerror or type(error).__name__}.")
    except MemoryError:
        return Seen(source.sample, lost="Not enough memory for this image. Resample it to 1 mm.")
    except ReidAuditError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect met on one scan must not cost the others their pictures
        return Seen(source.sample, lost=f"Unexpected {type(error).__name__} inside the library: please report it.")
    found = _detected(renders, settings.detector)
    _write_sheet(renders, found, settings, folder / sheet_name(source.sample))
    return Seen(
        source.sample,
        found=int(found.sum()),
        views=len(found),
        defaced=_looks_defaced(source, surface),
        cut=surface.quality.cut_through,
    )


def _detected(renders: Renders, detector: str) -> np.ndarray[Any, Any]:
    from reid_audit.plugins import load_detector

    finder = load_detector(detector)
    pictures = (np.repeat(image[:, :, None], 3, axis=2) for image in renders.images)
    return np.array([bool(finder.detect(picture)) for picture in pictures])


def _write_sheet(renders: Renders, found: np.ndarray[Any, Any], settings: Settings, path: Path) -> None:
    """Write all renders, a row a camera and a column a light; a white dot marks those with a face."""
    from reid_audit.render import contact_sheet
    from reid_audit.report.pictures import png
    from reid_audit.store import write_bytes

    tiles = np.stack([_tile(image, marked=bool(hit)) for image, hit in zip(renders.images, found, strict=True)])
    columns = len(settings.azimuths) * len(settings.elevations)
    write_bytes(path, png(np.asarray(contact_sheet(tiles, columns=columns))))


def _tile(image: np.ndarray[Any, Any], *, marked: bool) -> np.ndarray[Any, Any]:
    import cv2

    edge = min(_TILE, image.shape[0])
    tile = np.array(cv2.resize(np.ascontiguousarray(image), (edge, edge), interpolation=cv2.INTER_AREA))
    if marked:
        cv2.circle(tile, (_DOT * 2, _DOT * 2), _DOT, 255, thickness=-1, lineType=cv2.LINE_AA)
    return tile


def _looks_defaced(source: Source, surface: HeadSurface) -> str:
    """Say why a scan looks as if its face had been altered; empty where nothing speaks for it."""
    if source.condition != ORIGINAL:
        return f"condition '{source.condition}'"
    gap = face_gap(surface)
    return f"its surface lies {gap:.0f} mm from a mean face" if gap > _FACE_GAP_MM else ""


def face_gap(surface: HeadSurface) -> float:
    """Return how far the surface lies from where the face should be, in mm.

    Parameters
    ----------
    surface : HeadSurface

    Returns
    -------
    float
        Median distance to the surface from the eyes, nose and lips of the mean head, head frame. A face of unusual size
        gives a few millimetres; a face that was cut away or made smooth far more.
    """
    from scipy.spatial import cKDTree

    from reid_audit.anatomy import REGIONS, load_head_model

    model = load_head_model()
    places = model.mean[np.isin(model.labels, [REGIONS["eyes"], REGIONS["nose"], REGIONS["lips"]])]
    points = surface.points @ surface.to_head[:3, :3].T + surface.to_head[:3, 3]
    distance, _ = cKDTree(points).query(places)
    return float(np.median(distance))


def sheet_name(sample: str) -> str:
    """Return the file name of a scan's contact sheet."""
    return (re.sub(r"[^A-Za-z0-9_.-]+", "-", sample).strip(".-")[:120] or "scan") + ".png"


def _record(seen: Sequence[Seen], folder: Path) -> None:
    import pandas as pd

    from reid_audit.store import write_table

    columns = ["scan", "found", "views", "defaced", "cut", "lost"]
    rows = [(one.name, one.found, one.views, one.defaced, ", ".join(one.cut), one.lost) for one in seen]
    write_table(folder / "faces", pd.DataFrame(rows, columns=columns))

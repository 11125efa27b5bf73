"""Where the time of one scan goes: read, surface, render, detect, embed.

``make bench`` runs it on a phantom, and on the scans named behind it: ``python -m benchmarks.stages [SCAN ...]``.
Each stage is timed as a whole, three times; the medians are printed, beside their share of the path.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from reid_audit.errors import InputError
from reid_audit.faces import embed_renders
from reid_audit.inputs import read_volume
from reid_audit.phantom import PhantomSettings, write_cohort
from reid_audit.plugins import load_detector, load_embedder
from reid_audit.protocols import BatchEmbedder
from reid_audit.render import camera_grid, render_head
from reid_audit.settings import Settings
from reid_audit.surface import head_surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.protocols import Detector, Embedder
    from reid_audit.types import View

__all__ = ["main", "stages"]

_RUNS = 3


def stages(path: Path, runs: int = _RUNS) -> dict[str, float]:
    """Time the stages from a file to templates.

    Parameters
    ----------
    path : Path
        A scan.
    runs : int, default 3

    Returns
    -------
    dict of str to float
        Stage to median seconds for the whole scan with the default settings, in this one process.
    """
    settings = Settings()
    views = camera_grid(settings.yaws, settings.pitches, settings.azimuths, settings.elevations)
    models = load_detector(settings.detector), load_embedder(settings.embedder)
    return _medians([_once(path, settings, views, *models) for _ in range(runs)])


def _once(
    path: Path, settings: Settings, views: tuple[View, ...], detector: Detector, embedder: Embedder
) -> dict[str, float]:
    taken: dict[str, float] = {}
    volume = _timed(taken, "read", read_volume)(path)
    surface = _timed(taken, "surface", head_surface)(volume, target_triangles=settings.triangles)
    renders = _timed(taken, "render", render_head)(surface, views, size=settings.size)
    watched = SimpleNamespace(spec=detector.spec, detect=_timed(taken, "detect", detector.detect))
    asked = SimpleNamespace(spec=embedder.spec, embed=_timed(taken, "embed", embedder.embed))
    if isinstance(embedder, BatchEmbedder):
        asked.embed_all = _timed(taken, "embed", embedder.embed_all)
    embed_renders(renders, watched, asked, subject="", session="", condition="", modality="", sample="")
    return taken


def _timed(taken: dict[str, float], stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same work, which adds what it takes to its stage."""

    def timed(*args: Any, **options: Any) -> Any:
        began = time.perf_counter()
        done = work(*args, **options)
        taken[stage] = taken.get(stage, 0.0) + time.perf_counter() - began
        return done

    return timed


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {stage: statistics.median(run.get(stage, 0.0) for run in runs) for stage in runs[0]}


def _told(name: str, seconds: dict[str, float]) -> str:
    whole = sum(seconds.values())
    parts = "  ".join(f"{stage} {taken:5.2f} s {taken / whole:4.0%}" for stage, taken in seconds.items())
    return f"{name:<28} {whole:6.2f} s   {parts}"


def main(paths: list[Path]) -> int:
    """Print one line a scan; a scan that cannot be used has its reason instead."""
    with tempfile.TemporaryDirectory() as folder:
        write_cohort(PhantomSettings(n_subjects=1, photos_per_subject=0, conditions=("original",)), Path(folder))
        phantom = next(Path(folder).rglob("*_T1w.nii.gz"))
        print(_told("phantom, T1w, 1 mm", stages(phantom)), flush=True)
        lost = 0
        for path in paths:
            try:
                print(_told(path.name, stages(path)), flush=True)
            except InputError as error:
                lost += 1
                print(f"{path.name}: {error}", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))

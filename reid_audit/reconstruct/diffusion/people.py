"""Learns a cascade from the originals of a cohort."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reid_audit.inputs import read_volume
from reid_audit.reconstruct.diffusion.training import train_diffusion
from reid_audit.reconstruct.population import LazyScans
from reid_audit.reconstruct.study import one_scan_each, people_with_originals
from reid_audit.store import file_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reid_audit.reconstruct.diffusion.training import Trained
    from reid_audit.types import Cohort

__all__ = ["train_on"]


def train_on(
    cohort: Cohort,
    out: Path | str,
    *,
    preset: str = "small",
    seed: int = 1,
    device: str | None = None,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> Trained:
    """Learn a cascade of diffusion models from one original of everybody; scans are read when they are asked for.

    Parameters
    ----------
    cohort : Cohort
        People who are not attacked.
    out, preset, seed, device, progress
        As for :func:`~reid_audit.reconstruct.diffusion.train_diffusion`.

    Returns
    -------
    Trained

    Raises
    ------
    ReidAuditError
        As :func:`~reid_audit.reconstruct.diffusion.train_diffusion` does, or as there is no original, or several
        modalities.
    """
    rows = one_scan_each(cohort)
    readers = [partial(read_volume, path, modality=modality or None) for path, modality in rows]
    keys = [file_key(path) for path, _ in rows]
    return train_diffusion(
        LazyScans(readers),
        keys,
        out,
        people=people_with_originals(cohort),
        preset=preset,
        seed=seed,
        device=device,
        progress=progress,
    )

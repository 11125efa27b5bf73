"""The cascade of diffusion models: how its learning went, and how near its faces come beside the average face's."""

from __future__ import annotations

import platform
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.runner import Claim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context
    from reid_audit.reconstruct.diffusion import Trained
    from reid_audit.types import Cohort, Difference

__all__ = ["diffusion"]

SEED = 7_621
_SHARE = 0.5


def diffusion(context: Context) -> Sequence[Claim]:
    """Train on phantoms and rebuild zeroed faces of others."""
    from reid_audit.reconstruct.diffusion.extra import missing_packages

    lacking = missing_packages()
    if lacking:
        why = f"the extra 'reconstruct' is not installed: {', '.join(lacking)} (make reconstruct)"
        return [Claim("The cascade of diffusion models is trained and attacks", None, "trained", met=False, how=why)]
    from reid_audit.reconstruct.diffusion.networks import device_of
    from reid_audit.reconstruct.results import distance_differences
    from reid_audit.reconstruct.study import attack_cohort

    device = device_of()
    preset = "tiny" if context.small else "small"
    folder = of_this_code(context.folder, preset, SEED)
    learnt, attacked = _people(folder / "people", small=context.small)
    began = time.monotonic()
    model = _trained(learnt, folder / "model", preset)
    how = f"preset {preset}, {model.people} people, {time.monotonic() - began:.0f} s on {_hardware(device)}"
    name = f"diffusion:{model.folder}"
    study = attack_cohort(attacked, learnt, folder / "private", attackers=("average", name), seed=SEED)
    changes = distance_differences(study.faces)
    change = next(one for one in changes if one.metric == "surface_distance_mean_mm")
    return [*(_learning(model, stage, how) for stage in model.curves), _beside(change, preset, how)]


def _people(folder: Path, *, small: bool) -> tuple[Cohort, Cohort]:
    """Return who is learnt from and who is attacked."""
    from reid_audit.inputs import read_cohort
    from reid_audit.phantom import PhantomSettings, write_cohort
    from reid_audit.reconstruct.study import split_people

    people, training = (2, 8) if small else (32, 64)
    settings = PhantomSettings(
        n_subjects=people + training,
        conditions=("original", "zero"),
        predictable_share=_SHARE,
        voxel_size=3.0 if small else 2.0,
        seed=SEED,
    )
    write_cohort(settings, folder, workers=1 if small else 2)
    cohort, _ = read_cohort(folder, photos=folder / "photos")
    return split_people(cohort, training, np.random.default_rng([SEED, 3]))


def _trained(learnt: Cohort, folder: Path, preset: str) -> Trained:
    from reid_audit.inputs import read_volume
    from reid_audit.reconstruct.diffusion import train_diffusion
    from reid_audit.reconstruct.population import LazyScans
    from reid_audit.reconstruct.study import one_scan_each
    from reid_audit.store import file_key

    rows = one_scan_each(learnt)
    readers = [partial(read_volume, path, modality=modality or None) for path, modality in rows]
    return train_diffusion(LazyScans(readers), [file_key(path) for path, _ in rows], folder, preset=preset, seed=SEED)


def _learning(model: Trained, stage: str, how: str) -> Claim:
    """State a validation curve by its ends and its best."""
    curve = model.curves[stage]
    best = min(curve, key=lambda row: row[2])
    points = ", ".join(f"{row[0]:.0f}: {row[2]:.3g}" for row in curve[:: max(len(curve) // 8, 1)])
    return Claim(
        f"Diffusion, {stage}: best validation loss, mean square in the region, 1 is how far faces differ",
        round(best[2], 4),
        f"below that of the first validation, {curve[0][2]:.4g}",
        best[2] < curve[0][2],
        f"{how}; step {best[0]:.0f} of {curve[-1][0]:.0f}; by step {points}",
    )


def _beside(change: Difference, preset: str, how: str) -> Claim:
    """State the gain over the average face; at ``tiny`` nothing is claimed of it."""
    name = "Diffusion less the average face, mean surface distance in mm"
    value = None if change.value is None else round(change.value, 3)
    detail = f"{change.n_subjects} people, predictable share {_SHARE}; Wilcoxon p = {change.p_value}; {how}"
    if preset == "tiny":
        return Claim(name, value, "stated", value is not None, detail, change.low, change.high)
    met = value is not None and value < 0 and (change.p_value or 1.0) < 0.05
    return Claim(name, value, "below 0, paired p < 0.05", met, detail, change.low, change.high)


def _hardware(device: object) -> str:
    from reid_audit.reconstruct.diffusion.extra import need

    if str(device).startswith("cuda"):
        return str(need("torch").cuda.get_device_name(device))
    return f"{platform.machine()}, {need('torch').get_num_threads()} threads"

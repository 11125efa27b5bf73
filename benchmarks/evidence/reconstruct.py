"""Reconstruction: what was altered, told from a scan alone; and how near rebuilt faces come, whom they identify."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.reconstruct_faces import faces, faces_apart
from benchmarks.evidence.runner import Claim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.evidence.runner import Context, Step
    from reid_audit.types import Mask, Volume

__all__ = ["STEPS"]

_REGION_SEED = 7_611
_VOXEL = 2.0
"""Mm of the phantoms: half of a usual scan's resolution, in an eighth of the time; the faces are 3 mm grids anyway."""
_PATCH = 12.0
"""Mm a side of the patches that are shuffled."""


def region(context: Context) -> Sequence[Claim]:
    """Estimate what was altered in scans that were treated in six ways, without their originals."""
    from reid_audit.defacers import BlurDefacer, MeanFaceDefacer, PartialDefacer, ZeroDefacer
    from reid_audit.phantom import ScanSettings, acquire, sample_identities
    from reid_audit.reconstruct import estimate_region, region_error
    from reid_audit.surface import head_mask

    ways: dict[str, tuple[Callable[[Volume], Any], float]] = {
        "zeros": (ZeroDefacer().deface, 0.85),
        "zeros in half of the face": (PartialDefacer().deface, 0.75),
        "blur": (BlurDefacer().deface, 0.6),
        "constant value": (_made_constant, 0.85),
        "shuffled patches": (_shuffled, 0.7),
        "another face": (MeanFaceDefacer().deface, 0.4),
    }
    people = sample_identities(1 if context.small else 16, np.random.default_rng(_REGION_SEED), population="withheld")
    voxel = 3.0 if context.small else _VOXEL
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for k, who in enumerate(people):
        rng = np.random.default_rng([_REGION_SEED, k])
        how = ScanSettings(voxel_size=(voxel, voxel, voxel), pitch=4.0 * rng.normal(), yaw=2.0 * rng.normal())
        scan = acquire(who, how, rng).volume
        head = np.asarray(head_mask(scan).data)
        for name, (deface, _) in ways.items():
            altered, meant = deface(scan)
            error = region_error(estimate_region(altered).mask, meant, head)
            found[name].append((error.dice, error.missed, error.extra_ml))
    claims = []
    for name, (_, least) in ways.items():
        dice, missed, extra = np.array(found[name]).T
        value = float(np.median(dice))
        how_far = f"{len(people)} withheld phantoms, inside the head; median share missed {np.median(missed):.2f}"
        claims.append(
            Claim(
                f"Region estimated from the defaced scan alone, {name}: median Dice with the truth",
                round(value, 3),
                f"at least {least}",
                value >= least,
                f"{how_far}, {np.median(extra):.0f} ml too much; worst {dice.min():.2f}",
            )
        )
    return claims


def _made_constant(scan: Volume) -> tuple[Volume, Mask]:
    """Give a whole face the median of the head."""
    from reid_audit.defacers import ZeroDefacer
    from reid_audit.surface import head_mask

    _, meant = ZeroDefacer().deface(scan)
    data = np.array(scan.data)
    data[meant.data] = np.median(data[np.asarray(head_mask(scan).data)])
    return replace(scan, data=data), meant


def _shuffled(scan: Volume) -> tuple[Volume, Mask]:
    """Deal the patches of a face among their places."""
    from reid_audit.defacers import ZeroDefacer

    _, meant = ZeroDefacer().deface(scan)
    side = max(round(_PATCH / float(np.mean(scan.voxel_size))), 2)
    corners = np.ndindex(*(n // side for n in scan.data.shape))
    patches = [tuple(slice(side * k, side * (k + 1)) for k in corner) for corner in corners]
    patches = [patch for patch in patches if meant.data[patch].mean() > 0.5]
    order = np.random.default_rng([_REGION_SEED, 1]).permutation(len(patches))
    data, altered = np.array(scan.data), np.zeros(scan.data.shape, dtype=bool)
    for here, k in zip(patches, order, strict=True):
        data[here] = np.asarray(scan.data)[patches[k]]
        altered[here] = True
    return replace(scan, data=data), replace(meant, data=altered)


STEPS: dict[str, Step] = {"region": region, "faces": faces, "faces-apart": faces_apart}

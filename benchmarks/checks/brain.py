"""How far the offline estimate of the brain is from the truth of phantoms: `python -m benchmarks.checks.brain [N]`.

For each contrast and age group N people (2 by default), with and without their face; on standard output one row each.
Seeds that tuned the estimate (990xx, in the tests) are not used here.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from scipy.ndimage import binary_closing, binary_fill_holes, distance_transform_edt

from reid_audit.anatomy.brain import estimate_brain
from reid_audit.defacers import ZeroDefacer
from reid_audit.errors import ReidAuditError
from reid_audit.phantom import PhantomScan, ScanSettings, acquire, sample_identities

AGES = {"newborn": (0.0, 0.3), "child": (4.0, 10.0), "adult": (18.0, 80.0)}
CONTRASTS = ("T1w", "T2w", "FLAIR", "CT")
FOLD = 4.5
"""Mm: folds of the truth up to twice as wide are filled, as brain masks have them."""


def hull_of(scan: PhantomScan) -> np.ndarray:
    """Return the true brain with its folds and ventricles."""
    steps = max(round(FOLD / float(scan.volume.voxel_size.min())), 1)
    padded = np.pad(np.asarray(scan.masks["brain"].data), steps + 1)
    closed = binary_fill_holes(binary_closing(padded, iterations=steps))
    inner = slice(steps + 1, -steps - 1)
    return closed[inner, inner, inner]


def errors_of(mask: np.ndarray, scan: PhantomScan) -> dict[str, float]:
    """Return Dice, millilitres and millimetres of one estimate."""
    hull, brain = hull_of(scan), np.asarray(scan.masks["brain"].data)
    size = scan.volume.voxel_size
    millilitre = float(np.prod(size)) / 1000.0
    away = distance_transform_edt(~hull, sampling=size) - distance_transform_edt(hull, sampling=size)
    rim = mask & (distance_transform_edt(mask, sampling=size) <= size.max())
    front = np.zeros_like(mask)
    height = scan.volume.affine[:3, :3] @ np.argwhere(rim).T + scan.volume.affine[:3, 3:]
    chosen = np.argwhere(rim)[height[1] > np.percentile(height[1], 85)]
    front[tuple(chosen.T)] = True
    return {
        "dice": float(2 * (mask & hull).sum() / (mask.sum() + hull.sum())),
        "missed_ml": float((brain & ~mask).sum()) * millilitre,
        "extra_ml": float((mask & ~hull).sum()) * millilitre,
        "truth_ml": float(brain.sum()) * millilitre,
        "front_mm": float(np.median(away[front])),
        "front_95_mm": float(np.percentile(np.abs(away[front]), 95)),
    }


def main(people: int) -> None:
    """Print a row for each scan."""
    print("contrast group face years dice missed_ml extra_ml truth_ml front_mm front_95_mm seconds")
    for modality in CONTRASTS:
        for number, (group, ages) in enumerate(AGES.items()):
            everyone = sample_identities(people, np.random.default_rng([5501, number]), ages=ages)
            for index, who in enumerate(everyone):
                rng = np.random.default_rng([5502, number, index])
                pitch, yaw = rng.normal(0, 5, 2)
                settings = ScanSettings(modality=modality, voxel_size=(1.5, 1.5, 1.5), pitch=pitch, yaw=yaw)
                scan = acquire(who, settings, rng)
                for face in ("whole", "removed"):
                    began = time.perf_counter()
                    try:
                        volume = scan.volume if face == "whole" else ZeroDefacer().deface(scan.volume)[0]
                        began = time.perf_counter()
                        found = errors_of(np.asarray(estimate_brain(volume).data), scan)
                        said = " ".join(f"{value:.3f}" for value in found.values())
                    except ReidAuditError as error:
                        said = f"failed: {error}"
                    print(
                        modality, group, face, f"{who.age:.1f}", said, f"{time.perf_counter() - began:.1f}", flush=True
                    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)

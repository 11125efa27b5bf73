"""How far off the loss of brain is that the offline estimate tells: ``python -m benchmarks.checks.brain_loss [N]``.

Cuts through the front of the brain of N people (2 by default) a contrast and age group, tuning seeds of the main
population alone. The estimate is grown outwards by some mm of what is as bright as brain; on standard output, by growth
and kind of scan, the bias and the ninetieth percentile of the error in ml, and how often the verdict is right.
"""

from __future__ import annotations

import sys
import zlib
from collections import defaultdict

import numpy as np
from scipy.ndimage import distance_transform_edt

from benchmarks.evidence.defacers_planted import CASES, Head, truth_of
from reid_audit.anatomy.brain import estimate_brain
from reid_audit.errors import ReidAuditError
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.quality.brain import brain_tissue

SEEDS = {"adult": (9001, (18.0, 80.0)), "child": (202, (3.0, 12.0)), "newborn": (101, (0.0, 0.2))}
GROWTH = (0.0, 1.0, 1.6, 2.2, 3.0)
_CUTS = ("1 to 5 ml of brain cut", "frontal pole grazed", "all gone up to the brain")
_DRAWS = 3


def main(people: int) -> None:
    """Print a row for each growth and kind of scan."""
    found: dict[tuple[float, str], list[tuple[float, float]]] = defaultdict(list)
    for group, (seed, ages) in SEEDS.items():
        for number, who in enumerate(sample_identities(people, np.random.default_rng(seed), ages=ages)):
            for modality in ("T1w", "T2w", "FLAIR", "CT"):
                rng = np.random.default_rng([seed, number])
                scan = acquire(who, ScanSettings(modality=modality, voxel_size=(1.5,) * 3), rng)
                try:
                    mask = np.asarray(estimate_brain(scan.volume).data)
                except ReidAuditError as error:
                    print(group, modality, error.message, file=sys.stderr)
                    continue
                possible = brain_tissue(scan.volume, mask)
                away = distance_transform_edt(~mask, sampling=scan.volume.voxel_size)
                head = Head.of(scan, who)
                voxel = float(np.prod(scan.volume.voxel_size)) / 1000.0
                for case in (one for one in CASES if one.name in _CUTS):
                    for draw in range(_DRAWS):
                        own = np.random.default_rng([seed, number, draw, zlib.crc32(case.name.encode())])
                        removed = case.remove(head, own)
                        truth = truth_of(head, removed)
                        for growth in GROWTH:
                            brain = (away <= growth) & possible
                            lost = float((brain & removed).sum()) * voxel
                            tolerance = min(1.0, 0.001 * float(brain.sum()) * voxel)
                            right = (lost > tolerance) == truth.brain_fails
                            found[growth, scan.volume.kind].append((lost - truth.brain_lost_ml, float(right)))
                print(group, modality, number, file=sys.stderr, flush=True)
    print("growth_mm kind bias_ml error_90_ml worst_ml right cases")
    for (growth, kind), rows in sorted(found.items()):
        errors, right = np.array(rows).T
        print(
            f"{growth:g}", kind, f"{np.median(errors):+.2f}", f"{np.percentile(np.abs(errors), 90):.2f}",
            f"{np.abs(errors).max():.2f}", f"{right.mean():.3f}", len(errors), sep="\t",
        )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)

"""Prints how well shams, other faces and copies keep a face, on tuning phantoms: what two limits of quality stand on.

``python -m benchmarks.checks.copies``: for each scan and treatment the verdict on the face and the ears, the detail
that is kept under their skin, and the share of skin that a surface follows (decision 0009).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.types import Volume

_SEED = 101
_SCANS = (("T1w", 40.0, 1.5), ("T2w", 8.0, 1.5), ("CT", 40.0, 1.5), ("FLAIR", 25.0, 1.5), ("T1w", 0.1, 1.5))
_FACTORS = (0.5, 0.3, 0.15, 0.01, -1.0)
_BLURS = (2.0, 4.0, 8.0)
_PEELS = (4.0, 6.0, 8.0, 10.0, 12.0)

Array = np.ndarray[Any, Any]


def treated(scan: Volume) -> Iterator[tuple[str, Volume]]:
    """Return a scan after each treatment of its face."""
    from reid_audit.defacers import DEFACERS
    from reid_audit.surface import head_mask

    for name in ("zero", "meanface", "blur", "partial"):
        yield name, DEFACERS[name]().deface(scan)[0]
    _, meant = DEFACERS["zero"]().deface(scan)
    face, data = np.asarray(meant.data), np.asarray(scan.data, np.float32)
    head = np.asarray(head_mask(scan).data)
    air = float(np.percentile(data, 5))
    noise = 0.1 * float(data[head].mean()) * np.random.default_rng(_SEED).normal(size=data.shape)
    ways: dict[str, Array] = {f"times {factor:g}": air + factor * (data - air) for factor in _FACTORS}
    ways["times 0.3 and noise"] = air + 0.3 * (data - air + noise)
    ways["inverted"] = data.max() - data
    ways |= {f"smoothed {width:g} mm": gaussian_filter(data, width / scan.voxel_size) for width in _BLURS}
    depth = distance_transform_edt(head, sampling=scan.voxel_size)
    ways |= {f"peeled {thick:g} mm": np.where(depth <= thick, air, data) for thick in _PEELS}
    for name, values in ways.items():
        yield name, replace(scan, data=np.where(face, values, data))


def main() -> None:
    """Print a line a scan and treatment."""
    from reid_audit.inputs import to_ras
    from reid_audit.phantom import ScanSettings, acquire, sample_identities
    from reid_audit.quality import detail, judge_scan, reference_of
    from reid_audit.quality.altered import altered_voxels

    for modality, age, size in _SCANS:
        rng = np.random.default_rng([_SEED, int(10 * age)])
        who = sample_identities(1, rng, ages=(age, age + 0.01))[0]
        scan = to_ras(acquire(who, ScanSettings(modality=modality, voxel_size=(size,) * 3, noise=0.02), rng).volume)
        known = reference_of(scan)
        shown = known.head & (np.asarray(scan.data) >= known.surface.quality.threshold)
        print(f"{modality}, {age:g} years")
        for name, after in treated(scan):
            judged = judge_scan(after, known, detector=None)
            kept = detail.detail_kept(scan, after, altered_voxels(scan, after).mask, shown, known.skin)
            told = {one.region: one for one in judged.regions}
            print(
                f"  {name:20s}",
                *(
                    f"{part} {told[part].verdict} left {told[part].share or 0:.2f} detail {kept[part]:.2f} "
                    f"follows {told[part].copied or 0:.2f};"
                    for part in ("face", "eyes", "nose", "mouth", "ears")
                ),
            )


if __name__ == "__main__":
    main()

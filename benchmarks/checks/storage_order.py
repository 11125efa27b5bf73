"""By how much storage order changes what each defacer alters: ``python -m benchmarks.checks.storage_order``.

The contract of the defacers (``tests/contracts/test_defacers.py``) allows what is measured here and a margin. On
standard output one row a defacer and scan; seeds of the tests, which nothing reports on.
"""

from __future__ import annotations

import numpy as np

from reid_audit.defacers import DEFACERS, TOOLS
from reid_audit.errors import ReidAuditError
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.testing import orientation_shares

SCANS = {
    "contract, 2.5 x 2.5 x 3 mm": (99_002, ScanSettings(voxel_size=(2.5, 2.5, 3.0))),
    "tilted, oblique, 2 mm": (
        99_003,
        ScanSettings(voxel_size=(2.0,) * 3, pitch=6.0, yaw=-4.0, offset=(4.0, -5.0, 6.0), oblique=(5.0, -4.0, 3.0)),
    ),
}


def main() -> None:
    """Print a row for each defacer and scan."""
    print("defacer", "scan", "PIR", "LAS", sep="\t")
    for name, (seed, settings) in SCANS.items():
        who = sample_identities(1, np.random.default_rng(seed))[0]
        volume = acquire(who, settings, np.random.default_rng(4)).volume
        for defacer in (each for each in DEFACERS if each not in TOOLS):
            try:
                shares = orientation_shares(DEFACERS[defacer](), volume)
                said = "\t".join(f"{shares[order]:.5f}" for order in ("PIR", "LAS"))
            except ReidAuditError as error:
                said = error.message
            print(defacer, name, said, sep="\t", flush=True)


if __name__ == "__main__":
    main()

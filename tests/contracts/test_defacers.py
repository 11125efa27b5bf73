"""Every defacer that the package carries keeps the contract of the Protocol."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.defacers import DEFACERS, TOOLS
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.testing import check_defacer


@pytest.mark.parametrize("modality", ["T2w", "CT"])
@pytest.mark.parametrize("name", [name for name in DEFACERS if name not in TOOLS])  # those: test_tools.py
def test_contract(name, modality):
    who = sample_identities(1, np.random.default_rng(99002))[0]
    settings = ScanSettings(
        modality=modality, voxel_size=(3.0, 4.0, 5.0), orientation="LPS", oblique=(6.0, -4.0, 5.0), pitch=-6.0
    )
    scan = acquire(who, settings, np.random.default_rng(4))
    defacer = DEFACERS[name]()
    assert defacer.spec.name == name
    check_defacer(defacer, scan.volume)

"""Every defacer that the package carries keeps the contract of the Protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from reid_audit import plugins
from reid_audit.defacers import DEFACERS, TOOLS, ZeroDefacer
from reid_audit.errors import MissingResourceError
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.testing import check_defacer, check_defacer_orientation
from reid_audit.types import Mask, ModelSpec, Volume

HERE = [name for name in DEFACERS if name not in TOOLS]  # those: test_tools.py
SHARE = 1e-3
"""Share of the altered voxels that may differ between storage orders: measured are none (decision 0008)."""


@pytest.fixture(scope="module")
def scans():
    who = sample_identities(1, np.random.default_rng(99002))[0]
    made = {}
    for modality in ("T2w", "CT"):
        settings = ScanSettings(
            modality=modality, voxel_size=(3.0, 4.0, 5.0), orientation="LPS", oblique=(6.0, -4.0, 5.0), pitch=-6.0
        )
        made[modality] = acquire(who, settings, np.random.default_rng(4)).volume
    made["T1w"] = acquire(who, ScanSettings(voxel_size=(2.5, 2.5, 3.0)), np.random.default_rng(4)).volume
    return made


def _made(name):
    """A defacer whose prerequisites are here."""
    defacer = DEFACERS[name]()
    tiny = Volume(np.zeros((3, 4, 5), np.float32), np.eye(4), "mri", "T1w")
    try:
        defacer.deface(tiny)
    except MissingResourceError as error:
        if not error.remedy:
            pytest.fail(f"what is missing must come with a remedy: {error}")
        pytest.skip(f"{name.upper()} NOT TESTED: {error}")
    except Exception:  # noqa: BLE001 - an image without a head is refused, each in its own words
        return defacer
    return defacer


@pytest.mark.parametrize("name", HERE)
def test_contract(name, scans):
    defacer = _made(name)
    assert defacer.spec.name == name
    check_defacer(defacer, scans["T2w"])


@pytest.mark.parametrize("name", ["zero", "partial", "meanface", "blur", "quickshear", "pydeface-sitk", "skullstrip"])
def test_contract_in_hounsfield_units(name, scans):
    """Not niimath, deepdefacer and spm, which take too long to run twice more: how they treat CT is not tested."""
    check_defacer(_made(name), scans["CT"])


@pytest.mark.parametrize("name", HERE)
def test_storage_order_does_not_matter(name, scans):
    check_defacer_orientation(_made(name), scans["T1w"], share=SHARE)


def test_plugins_and_registry_know_the_same_defacers():
    assert tuple(plugins.BUILT_IN["defacers"]) == tuple(DEFACERS)
    assert all(type(plugins.load_defacer(name)) is DEFACERS[name] for name in DEFACERS)


@dataclass
class Broken:
    """Removes the upper half of the first axis, and something else that is wrong."""

    change: Any
    spec: ModelSpec = ModelSpec("broken", "1", "none")  # noqa: RUF009 - frozen

    def deface(self, volume):
        region = np.zeros(volume.data.shape, bool)
        region[: len(region) // 2] = True
        data = np.where(region, 0, volume.data).astype(volume.data.dtype)
        return self.change(replace(volume, data=data), Mask(region, volume.affine, "footprint"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda v, m: (replace(v, data=v.data[1:]), m), "grid"),
        (lambda v, m: (replace(v, affine=v.affine + np.eye(4)), m), "affine"),
        (lambda v, m: (replace(v, data=np.where(m.data, np.nan, v.data)), m), "finite"),
        (lambda v, m: (v, Mask(np.zeros_like(m.data), m.affine, "footprint")), "empty"),
        (lambda v, m: (v, Mask(np.indices(m.data.shape)[0] == 0, m.affine, "footprint")), "did not mean"),
        (lambda v, m: (replace(v, kind="pet"), m), "must stay"),
    ],
)
def test_the_check_finds_what_is_broken(change, what, rng):
    volume = Volume(rng.normal(100, 1, (7, 8, 9)).astype(np.float32), np.diag([2.0, 3, 4, 1]), "mri", "T1w")
    with pytest.raises(AssertionError, match=what):
        check_defacer(Broken(change), volume)


def test_the_check_finds_a_defacer_that_goes_by_the_storage_order(rng):
    volume = Volume(rng.normal(100, 1, (8, 8, 8)).astype(np.float32), np.diag([2.0, 3, 4, 1]), "mri", "T1w")
    with pytest.raises(AssertionError, match="stored as PIR"):
        check_defacer_orientation(Broken(lambda v, m: (v, m)), volume)


def test_the_orientation_check_passes_a_defacer_that_goes_by_millimetres(scans):
    check_defacer_orientation(ZeroDefacer(), scans["T1w"])

"""The planted quantity of phantoms: in the scans, in the table, and nowhere unless asked for."""

from __future__ import annotations

import numpy as np
import pytest

from reid_audit.errors import SettingsError
from reid_audit.inputs.quantities import read_quantity
from reid_audit.phantom import PhantomSettings, ScanSettings, Tissue, acquire, sample_identities, write_cohort


def test_the_signal_of_muscle_is_multiplied_and_nothing_else():
    who = sample_identities(1, np.random.default_rng([101, 9]))[0]

    def scan(muscle):
        how = ScanSettings(voxel_size=(3.0, 3.0, 3.0), noise=0.0, bias=0.0, blur=0.0, muscle=muscle)
        return acquire(who, how, np.random.default_rng(1))

    plain, strong = scan(1.0), scan(1.5)
    one, two = (np.asarray(each.volume.data, float) for each in (plain, strong))
    muscle = plain.tissues == Tissue.MUSCLE
    assert np.median(two[muscle] / one[muscle]) == pytest.approx(1.5, abs=0.02)
    brain = np.isin(plain.tissues, (Tissue.GREY, Tissue.WHITE))
    assert np.array_equal(one[brain], two[brain])
    with pytest.raises(SettingsError, match="not be negative"):
        ScanSettings(muscle=-0.1)


def test_the_table_says_what_was_planted(tmp_path):
    settings = PhantomSettings(
        n_subjects=3, conditions=("original",), photos_per_subject=0, voxel_size=4.0, muscle_spread=0.2, seed=101
    )
    write_cohort(settings, tmp_path / "planted")
    found = read_quantity(tmp_path / "planted" / "participants.tsv", "muscle")
    assert len(set(found.values())) == 3
    assert all(0.6 < value < 1.7 for value in found.values())
    with pytest.raises(SettingsError, match=r"0 to 0\.5"):
        PhantomSettings(muscle_spread=0.6)

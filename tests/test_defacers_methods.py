"""The published methods: what they take, what they leave, and what happens where something is missing."""

from __future__ import annotations

import dataclasses
import hashlib
import stat
import sys
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from reid_audit.anatomy.brain import estimate_brain
from reid_audit.defacers import (
    DEFACERS,
    BlurDefacer,
    DeepDefacer,
    NiimathDefacer,
    Placement,
    PydefaceSitkDefacer,
    QuickshearDefacer,
    SkullStripDefacer,
    SpmDefacer,
    TemplateFiles,
    ZeroDefacer,
    place_mean_head,
)
from reid_audit.defacers import deepdefacer as deepdefacer_module
from reid_audit.defacers import head_template as template_module
from reid_audit.defacers import quickshear as quickshear_module
from reid_audit.defacers.reorienting import turned_back
from reid_audit.errors import DefacingError, HeadError, MissingResourceError
from reid_audit.inputs import to_ras
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.types import Mask, Volume

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = ScanSettings(voxel_size=(3.0, 3.0, 3.0), pitch=5.0, yaw=-3.0, offset=(4.0, -5.0, 6.0))


@pytest.fixture(scope="module")
def scan():
    who = sample_identities(1, np.random.default_rng(99011))[0]
    return acquire(who, dataclasses.replace(SETTINGS, orientation="PIR"), np.random.default_rng(9))


def _true_brain(scan):
    return lambda volume: _on_grid(scan.masks["brain"], volume)


def _on_grid(mask, volume):
    """The mask in whatever storage order the scan has now."""
    here = to_ras(Volume(mask.data.astype(np.uint8), mask.affine, "mri", "T1w"))
    if here.data.shape == volume.data.shape and np.allclose(here.affine, volume.affine):
        return Mask(here.data > 0, volume.affine, "brain")
    return mask


def _taken(footprint, scan, name):
    mask = scan.masks[name].data
    return (footprint.data & mask).sum() / mask.sum()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A template and its mask from another phantom, in the place of pydeface's."""
    folder = tmp_path_factory.mktemp("template")
    who = sample_identities(1, np.random.default_rng(99012))[0]
    made = acquire(who, ScanSettings(voxel_size=(2.5, 2.5, 2.5), noise=0.0, bias=0.0), np.random.default_rng(1))
    _, face = ZeroDefacer(lambda _v: Placement(made.to_head)).deface(made.volume)
    paths = folder / "head.nii.gz", folder / "keep.nii.gz"
    nib.Nifti1Image(np.asarray(made.volume.data), made.volume.affine).to_filename(paths[0])
    nib.Nifti1Image((~face.data).astype(np.uint8), made.volume.affine).to_filename(paths[1])
    digests = tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    return TemplateFiles(*paths, sha256=(digests[0], digests[1]))


def test_quickshear_takes_the_face_and_never_the_brain_it_was_given(scan):
    pytest.importorskip("quickshear", reason="QUICKSHEAR NOT TESTED: pip install quickshear")
    altered, footprint = QuickshearDefacer(_true_brain(scan), buffer=3.0).deface(scan.volume)
    assert not (footprint.data & scan.masks["brain"].data).any()
    for name in ("nose", "mouth"):
        assert _taken(footprint, scan, name) > 0.7, name
    assert _taken(footprint, scan, "ears") < 0.5
    assert (np.asarray(altered.data)[footprint.data] == 0).all()


def test_quickshear_with_a_larger_buffer_takes_less(scan):
    pytest.importorskip("quickshear", reason="QUICKSHEAR NOT TESTED: pip install quickshear")
    near, far = (QuickshearDefacer(_true_brain(scan), buffer).deface(scan.volume)[1] for buffer in (2.0, 12.0))
    assert not (far.data & ~near.data).any()
    assert far.data.sum() < near.data.sum()


def test_quickshear_that_is_absent_says_how_to_get_it(scan, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(quickshear_module.importlib, "import_module", absent)
    with pytest.raises(MissingResourceError, match="quickshear") as caught:
        QuickshearDefacer().deface(scan.volume)
    assert "pip install quickshear" in caught.value.remedy


@pytest.mark.parametrize("make", [QuickshearDefacer, SkullStripDefacer])
def test_a_mask_that_is_no_brain_is_refused(make, scan):
    if make is QuickshearDefacer:
        pytest.importorskip("quickshear", reason="QUICKSHEAR NOT TESTED: pip install quickshear")
    empty = make(lambda volume: Mask(np.zeros(volume.data.shape, bool), volume.affine, "brain"))
    with pytest.raises(HeadError, match="0 ml"):
        empty.deface(scan.volume)
    elsewhere = make(lambda volume: Mask(np.ones((7, 8, 9), bool), volume.affine, "brain"))
    with pytest.raises(HeadError, match="own grid"):
        elsewhere.deface(scan.volume)


def test_skull_stripping_leaves_the_brain_and_nothing_of_the_face(scan):
    altered, footprint = SkullStripDefacer(_true_brain(scan), margin=0.0).deface(scan.volume)
    np.testing.assert_array_equal(footprint.data, ~scan.masks["brain"].data)
    kept = scan.masks["brain"].data
    np.testing.assert_array_equal(np.asarray(altered.data)[kept], np.asarray(scan.volume.data)[kept])
    wider = SkullStripDefacer(_true_brain(scan), margin=9.0).deface(scan.volume)[1]
    assert wider.data.sum() < footprint.data.sum()
    _, estimated = SkullStripDefacer().deface(scan.volume)
    for name in ("nose", "mouth", "ears"):
        assert _taken(estimated, scan, name) == 1.0


def test_blurring_keeps_the_mean_and_rounds_the_nose(scan):
    place = Placement(scan.to_head)
    altered, footprint = BlurDefacer(place=lambda _v: place).deface(scan.volume)
    expected = ZeroDefacer(lambda _v: place).deface(scan.volume)[1]
    np.testing.assert_array_equal(footprint.data, expected.data)
    before, after = (np.asarray(v.data, float) for v in (scan.volume, altered))
    steep = [np.abs(np.diff(v, axis=0))[footprint.data[1:] & footprint.data[:-1]].mean() for v in (before, after)]
    assert steep[1] < 0.5 * steep[0]
    assert abs(after[footprint.data].mean() / before[footprint.data].mean() - 1) < 0.2
    np.testing.assert_array_equal(after[~footprint.data], before[~footprint.data])
    assert altered.data.dtype == scan.volume.data.dtype


@pytest.mark.parametrize("modality", ["T1w", "T2w", "CT"])
def test_the_template_is_found_and_its_face_removed(modality, files):
    who = sample_identities(1, np.random.default_rng(99013))[0]
    scan = acquire(
        who, dataclasses.replace(SETTINGS, modality=modality, oblique=(8.0, -5.0, 6.0)), np.random.default_rng(2)
    )
    altered, footprint = PydefaceSitkDefacer(files).deface(scan.volume)
    for name, share in (("nose", 0.85), ("mouth", 0.9), ("eyes", 0.45)):
        assert _taken(footprint, scan, name) > share, name
    assert _taken(footprint, scan, "brain") < 0.004
    assert (np.asarray(altered.data)[footprint.data] == (-1000 if modality == "CT" else 0)).all()


def test_a_sheared_scan_is_registered_like_any_other(scan, files):
    straight = to_ras(scan.volume)
    shear = np.eye(4)
    shear[1, 2] = 0.25
    sheared = Volume(_sheared(straight, shear), straight.affine @ shear, straight.kind, straight.modality)
    _, one = PydefaceSitkDefacer(files).deface(straight)
    _, two = PydefaceSitkDefacer(files).deface(sheared)
    index = np.rint(np.einsum("ab,b...->a...", np.linalg.inv(shear[:3, :3]), np.indices(straight.data.shape))).astype(
        int
    )
    limit = np.asarray(straight.data.shape)[:, None, None, None]
    covered = ((index >= 0) & (index < limit)).all(axis=0)
    found = two.data[tuple(np.clip(index, 0, limit - 1))]
    head = covered & (straight.data > 0.2 * np.percentile(straight.data, 95))
    assert ((found ^ one.data) & head).sum() < 0.12 * (one.data & head).sum()


def _sheared(volume, shear):
    """The same head on a grid whose third axis leans."""
    from scipy.ndimage import affine_transform

    return affine_transform(np.asarray(volume.data, np.float32), shear[:3, :3], order=1)


def test_spm_takes_the_lower_front_and_not_the_brain(scan, files):
    altered, footprint = SpmDefacer(files).deface(scan.volume)
    assert _taken(footprint, scan, "mouth") > 0.95
    assert _taken(footprint, scan, "nose") > 0.8
    assert _taken(footprint, scan, "brain") < 0.05
    assert np.isfinite(altered.data).all()


def test_files_that_are_absent_or_others_are_refused(files, tmp_path, monkeypatch):
    monkeypatch.setattr(template_module.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match="not here") as caught:
        TemplateFiles().paths()
    assert "pip install --no-deps pydeface" in caught.value.remedy
    with pytest.raises(MissingResourceError, match="SHA-256"):
        dataclasses.replace(files, sha256=("0" * 64, files.sha256[1])).paths()
    with pytest.raises(MissingResourceError, match="not here"):
        TemplateFiles(tmp_path / "none.nii.gz", files.keep, files.sha256).paths()


STAND_IN = """#!{python}
import sys, time
import nibabel as nib, numpy as np
scan, verb, head, keep, out = sys.argv[1:]
assert verb == "-deface"
image = nib.load(scan)
data = np.asarray(image.dataobj)
assert data.min() == 1.0 and nib.aff2axcodes(image.affine) == ("R", "A", "S")
{rest}
nib.Nifti1Image(data.astype(np.float32), image.affine).to_filename(out)
"""


def _stand_in(folder: Path, rest: str) -> str:
    program = folder / "niimath"
    program.write_text(STAND_IN.format(python=sys.executable, rest=rest))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_niimath_is_asked_with_a_list_and_its_zeros_become_air(scan, files, tmp_path):
    program = _stand_in(tmp_path, "data[:, data.shape[1] // 2 :] = 0")
    altered, footprint = NiimathDefacer(files, program).deface(scan.volume)
    turned = to_ras(Volume(footprint.data.astype(np.uint8), footprint.affine, "mri", "T1w")).data
    half = turned.shape[1] // 2
    assert turned[:, half:].all()
    assert not turned[:, :half].any()
    assert (np.asarray(altered.data)[footprint.data] == 0).all()
    same = ~footprint.data
    np.testing.assert_array_equal(np.asarray(altered.data)[same], np.asarray(scan.volume.data)[same])


@pytest.mark.parametrize(
    ("rest", "what"),
    [
        ("sys.exit(3)", "status 3"),
        ("sys.exit(0)", "without an image"),
        ("data = data[1:]", "what came back has"),
        ("image.affine[0, 3] += 9", "lies up to 9 mm away"),
        ("open(out[:-3], 'w').write('no image'); sys.exit(0)", "no image that can be read"),
        ("data[:] = 0", "removed 100 %"),
        ("time.sleep(30)", "not finish within 2 s"),
    ],
)
def test_niimath_that_fails_is_one_clear_error(rest, what, scan, files, tmp_path):
    with pytest.raises((DefacingError, HeadError), match=what) as caught:
        NiimathDefacer(files, _stand_in(tmp_path, rest), seconds=2.0).deface(scan.volume)
    assert caught.value.remedy


def test_niimath_that_is_absent_says_how_to_get_it(scan, files, tmp_path):
    with pytest.raises(MissingResourceError) as caught:
        NiimathDefacer(files, str(tmp_path / "none")).deface(scan.volume)
    assert "pip install niimath" in caught.value.remedy


def test_deepdefacer_without_its_weights_says_where_they_are(scan, tmp_path, monkeypatch):
    monkeypatch.setattr(deepdefacer_module.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match="not here") as caught:
        DeepDefacer().deface(scan.volume)
    assert "model.hdf5" in caught.value.remedy
    other = tmp_path / "model.hdf5"
    other.write_bytes(b"another file")
    with pytest.raises(MissingResourceError, match="SHA-256"):
        DeepDefacer(other).deface(scan.volume)


@pytest.mark.parametrize("years", [(0.0, 0.3), (4.0, 7.0)])
def test_the_mean_head_is_placed_on_children(years):
    who = sample_identities(1, np.random.default_rng(99014), ages=years)[0]
    child = acquire(who, dataclasses.replace(SETTINGS, voxel_size=(2.0, 2.0, 2.0)), np.random.default_rng(9))
    _, footprint = ZeroDefacer(place_mean_head).deface(child.volume)
    for name, share in (("nose", 0.85), ("mouth", 0.85), ("eyes", 0.45)):
        assert _taken(footprint, child, name) > share, name
    assert _taken(footprint, child, "brain") < 0.005


def test_reorienting_is_a_permutation(scan):
    turned = to_ras(scan.volume)
    assert nib.aff2axcodes(turned.affine) == ("R", "A", "S")
    np.testing.assert_array_equal(turned_back(np.asarray(turned.data), scan.volume.affine), scan.volume.data)


def test_every_default_finds_its_brain_by_the_same_function():
    assert QuickshearDefacer().brain is estimate_brain
    assert SkullStripDefacer().brain is estimate_brain


@pytest.mark.parametrize("name", ["quickshear", "niimath", "deepdefacer", "pydeface-sitk", "spm"])
def test_what_is_missing_is_what_it_would_fail_on(name, scan, monkeypatch):
    """Nothing that it needs is here: it says so before it runs, as it would when it runs."""
    defacer = DEFACERS[name]()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda *_given, **_options: None)
    monkeypatch.setattr("importlib.import_module", _not_installed)
    with pytest.raises(MissingResourceError) as refused:
        defacer.deface(scan.volume)
    assert defacer.missing() == refused.value.message.rstrip(".") != ""


def _not_installed(name):
    raise ImportError(name)


def test_nothing_is_missing_where_the_files_are(tmp_path):
    path = tmp_path / "model.hdf5"
    path.write_bytes(b"weights")
    pytest.importorskip("h5py")
    assert DeepDefacer(path, hashlib.sha256(b"weights").hexdigest()).missing() == ""
    assert "SHA-256" in DeepDefacer(path).missing()

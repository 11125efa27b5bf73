"""Whatever the affine, a voxel keeps its place; whatever the bytes, a reader raises one kind of error."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from inputs_making import FLIP, MARKER, marked, oblique, place, place_of_marker, save, series_datasets, write_series

from reid_audit.errors import InputError, ManifestError
from reid_audit.inputs import read_cohort, read_photo, read_volume, to_ras, write_volume
from reid_audit.inputs.names import parse_image_name, slug, split_extension
from reid_audit.inputs.rows import unique_names
from reid_audit.types import Volume

angles = st.tuples(*[st.floats(-np.pi, np.pi)] * 3)
sizes = st.tuples(*[st.floats(0.3, 6.0)] * 3)
origins = st.tuples(*[st.floats(-300, 300)] * 3)
flips = st.tuples(*[st.sampled_from([-1, 1])] * 3)


@st.composite
def affines(draw):
    return oblique(draw(sizes), draw(angles), draw(origins), draw(flips))


@settings(max_examples=40, deadline=None)
@given(affine=affines(), shear=st.floats(-0.8, 0.8), name=st.sampled_from(["a.nii", "a.nii.gz"]))
def test_nifti_round_trip(affine, shear, name):
    affine[:3, 2] += shear * affine[:3, 1]
    with tempfile.TemporaryDirectory() as folder:
        volume = read_volume(write_volume(Volume(marked(), affine), Path(folder) / name))
    assert volume.affine == pytest.approx(affine, abs=2e-3)
    assert np.array_equal(volume.data, marked())


@settings(max_examples=40, deadline=None)
@given(affine=affines())
def test_to_ras_keeps_every_place(affine):
    volume = Volume(marked(), affine)
    turned = to_ras(volume)
    assert place_of_marker(turned) == pytest.approx(place(affine), abs=1e-6)
    assert nib.aff2axcodes(turned.affine) == ("R", "A", "S")
    assert np.array_equal(to_ras(turned).affine, turned.affine)


@settings(max_examples=15, deadline=None)
@given(affine=affines(), seed=st.integers(0, 1000))
def test_dicom_round_trip(affine, seed):
    with tempfile.TemporaryDirectory() as folder:
        volume = read_volume(write_series(Path(folder) / "s", series_datasets(marked(), affine), seed=seed))
    assert volume.data.max() == 1000
    assert place_of_marker(volume) == pytest.approx(place(affine), abs=1e-2)
    # voxel axes may run the other way, but they run along the same lines
    assert np.abs(np.linalg.inv(affine[:3, :3]) @ volume.affine[:3, :3]) == pytest.approx(np.eye(3), abs=1e-3)


def test_the_flip_is_its_own_inverse():
    assert np.array_equal(FLIP @ FLIP, np.eye(4))
    assert place(FLIP @ np.eye(4)).tolist() == [-MARKER[0], -MARKER[1], MARKER[2]]


def _nifti():
    return nib.Nifti1Image(marked(), oblique()).to_bytes()


def _mgh():
    return nib.MGHImage(marked().astype(np.float32), oblique()).to_bytes()


def _nrrd():
    head = "NRRD0004\ntype: int16\ndimension: 3\nsizes: 7 8 9\nspace: left-posterior-superior\n"
    head += "space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nendian: little\nencoding: raw\n\n"
    return head.encode() + marked().tobytes(order="F")


def _mha():
    head = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
    head += "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 7 8 9\n"
    return (head + "ElementType = MET_SHORT\nElementDataFile = LOCAL\n").encode() + marked().tobytes(order="F")


def _dicom():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        save(series_datasets(marked(), oblique())[0], path)
        return path.read_bytes()


SEEDS = {"a.nii": _nifti(), "a.mgh": _mgh(), "a.nrrd": _nrrd(), "a.mha": _mha(), "a.dcm": _dicom()}


@pytest.mark.parametrize("name", ["a.nii", "a.mgh", "a.nrrd", "a.mha"])
def test_the_seeds_themselves_are_read(name, tmp_path):
    (tmp_path / name).write_bytes(SEEDS[name])
    assert read_volume(tmp_path / name).data.max() == 1000


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_raise_nothing_else(name, data):
    content = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, min(len(content), 700) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(content))))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(bytes(content[:cut]))
        problem, volume = None, None
        try:
            volume = read_volume(path)
        except InputError as error:
            problem = error
    if problem:
        assert problem.remedy
        assert folder not in str(problem)
    else:
        assert np.isfinite(volume.data).all()
        assert np.isfinite(volume.affine).all()


@settings(max_examples=60, deadline=None)
@example(content=b'"')
@given(content=st.binary(max_size=400))
def test_any_bytes_as_manifest_or_photo(content):
    with tempfile.TemporaryDirectory() as folder:
        for name, read, error in (("m.csv", read_cohort, ManifestError), ("p.jpg", read_photo, InputError)):
            path = Path(folder) / name
            path.write_bytes(content)
            with pytest.raises(error):
                read(path)


@given(names=st.lists(st.text("aAbB_2", min_size=1, max_size=4), max_size=12))
def test_names_become_unique(names):
    paths = [f"{index:03d}" for index in range(len(names))]
    made = unique_names(names, paths)
    assert len({name.lower() for name in made}) == len(names)
    assert all(new.startswith(old) for new, old in zip(made, names, strict=True))


@given(text=st.text(max_size=30))
def test_names_of_any_kind_are_parsed(text):
    name = parse_image_name(f"{text}.nii.gz")
    assert name is None or "sub" in name.entities
    assert slug(text)
    assert slug(slug(text)) == slug(text)
    assert split_extension(f"x{text}.MGZ") == (f"x{text}", ".mgz")

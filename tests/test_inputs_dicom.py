"""DICOM as it comes: unsorted, mixed, compressed, tilted, incomplete."""

from __future__ import annotations

import copy

import numpy as np
import pydicom
import pytest
from inputs_making import (
    MARKER,
    SECRET,
    SHAPE,
    enhanced_dataset,
    marked,
    oblique,
    place,
    place_of_marker,
    save,
    series_datasets,
    write_series,
)
from pydicom.uid import ImplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from reid_audit.errors import VolumeError
from reid_audit.inputs import read_dicom, read_volume

AFFINE = oblique()


def one_series(**settings):
    return series_datasets(marked(), AFFINE, **settings)


def assert_marker(volume, affine=AFFINE, value=1000):
    assert volume.data.max() == value
    assert place_of_marker(volume) == pytest.approx(place(affine), abs=1e-3)


def refusal(folder, **settings):
    with pytest.raises(VolumeError) as caught:
        read_dicom(folder, **settings)
    assert SECRET not in str(caught.value)
    assert str(folder) not in str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


def test_unsorted_series_with_names_that_say_nothing(tmp_path):
    volume = read_dicom(write_series(tmp_path, one_series()))
    assert volume.data.shape == SHAPE
    assert volume.affine[:3, :3] == pytest.approx(AFFINE[:3, :3], abs=1e-4)
    assert np.array_equal(volume.data, marked())
    assert SECRET not in repr(volume) + "".join(volume.notes)


def test_files_without_preamble(tmp_path):
    assert_marker(read_dicom(write_series(tmp_path, one_series(), preamble=False)))


def test_half_of_the_files_without_preamble(tmp_path):
    images = one_series()
    write_series(tmp_path, images[::2], preamble=False, seed=1)
    write_series(tmp_path, images[1::2], seed=2)
    assert_marker(read_dicom(tmp_path))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, RLELossless, JPEG2000Lossless], ids=lambda uid: uid.name)
def test_transfer_syntaxes(tmp_path, syntax):
    data = marked((40, 48, 9))  # JPEG 2000 wants at least 32 pixels
    volume = read_dicom(write_series(tmp_path, series_datasets(data, AFFINE), syntax=syntax))
    assert np.array_equal(volume.data, data)


@pytest.mark.parametrize("name", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "DeflatedExplicitVRLittleEndian"])
def test_transfer_syntaxes_of_other_writers(tmp_path, name):
    gdcm = pytest.importorskip("gdcm", reason="gdcm is a dependency and must be there")
    plain = write_series(tmp_path / "plain", one_series())
    target = tmp_path / "compressed"
    target.mkdir()
    for file in plain.iterdir():
        reader = gdcm.ImageReader()
        reader.SetFileName(str(file))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(target / file.name))
        assert writer.Write()
    syntaxes = {pydicom.dcmread(file).file_meta.TransferSyntaxUID for file in target.iterdir()}
    assert syntaxes.isdisjoint({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
    assert np.array_equal(read_dicom(target).data, marked())


def test_rescale_each_slice_by_its_own(tmp_path):
    images = one_series(modality="PT")
    for number, image in enumerate(images):
        image.RescaleSlope, image.RescaleIntercept = number + 1, -number
    volume = read_dicom(write_series(tmp_path, images))
    expected = marked() * np.arange(1, 10) - np.arange(9)
    assert np.array_equal(volume.data, expected)
    assert (volume.kind, volume.modality) == ("pet", "pet")


def test_ct_in_hounsfield_units(tmp_path):
    images = one_series(modality="CT")
    for image in images:
        image.RescaleSlope, image.RescaleIntercept = 1, -1024
    volume = read_dicom(write_series(tmp_path, images))
    assert volume.kind == "ct"
    assert volume.data[MARKER] == 1000 - 1024


@pytest.mark.parametrize("degrees", [-15.0, 5.0, 15.0])
def test_gantry_tilt_keeps_the_shear(tmp_path, degrees):
    tilted = AFFINE.copy()
    tilted[:3, 2] += (
        np.tan(np.radians(degrees)) * np.linalg.norm(AFFINE[:3, 2]) / np.linalg.norm(AFFINE[:3, 1]) * AFFINE[:3, 1]
    )
    volume = read_dicom(write_series(tmp_path, series_datasets(marked(), tilted, modality="CT")))
    assert volume.affine == pytest.approx(tilted, abs=1e-3)
    assert_marker(volume, tilted)
    assert any(f"gantry tilt of {abs(degrees)}" in note for note in volume.notes)


@pytest.mark.parametrize("per_frame_orientation", [True, False])
def test_enhanced_multi_frame(tmp_path, per_frame_orientation):
    order = [4, 0, 8, 2, 6, 1, 7, 3, 5]
    save(enhanced_dataset(marked(), AFFINE, per_frame_orientation=per_frame_orientation, order=order), tmp_path / "one")
    for place_named in (tmp_path, tmp_path / "one"):
        volume = read_volume(place_named)
        assert np.array_equal(volume.data, marked() * 2 + 3)
        assert_marker(volume, value=2003)


def test_enhanced_multi_frame_compressed(tmp_path):
    save(enhanced_dataset(marked(), AFFINE), tmp_path / "one.dcm", syntax=RLELossless)
    assert np.array_equal(read_volume(tmp_path / "one.dcm").data, marked() * 2 + 3)


def test_enhanced_series_in_time_is_refused(tmp_path):
    save(enhanced_dataset(marked(), AFFINE, repeats=3), tmp_path / "one")
    assert "3 frames of 9 slices" in refusal(tmp_path)


def test_classic_series_in_time_is_refused(tmp_path):
    images = []
    for time in range(4):
        images += one_series()
        for image in images[-9:]:
            image.AcquisitionNumber = time
    assert "4 frames of 9 slices" in refusal(write_series(tmp_path, images))


@pytest.mark.parametrize("lost", [1, 4, 7])
def test_a_lone_missing_slice_is_filled_and_noted(tmp_path, lost):
    deep = np.random.default_rng(3).integers(0, 100, (7, 8, 101)).astype(np.int16)
    deep[2, 6, 60] = 1000
    images = series_datasets(deep, AFFINE)
    del images[lost]
    volume = read_dicom(write_series(tmp_path, images))
    assert volume.data.shape == deep.shape
    assert place_of_marker(volume) == pytest.approx(place(AFFINE, (2, 6, 60)), abs=1e-3)
    assert volume.data[:, :, lost] == pytest.approx((deep[:, :, lost - 1].astype(float) + deep[:, :, lost + 1]) / 2)
    assert any(f"1 (the first after slice {lost})" in note for note in volume.notes)


def test_missing_slices_are_refused_and_named(tmp_path):
    images = one_series()
    del images[4:6]
    message = refusal(write_series(tmp_path, images))
    assert "Missing slices: 2, the first after slice 4 of 7" in message
    assert "5.10 mm where 1.70 mm is usual" in message


def test_uneven_slices_are_refused(tmp_path):
    images = one_series()
    step = AFFINE[:3, 2] * [-1, -1, 1]
    for image in images[5:]:
        image.ImagePositionPatient = [float(v) for v in np.array(image.ImagePositionPatient) + 0.4 * step]
    assert "unevenly spaced (1.70 to 2.38 mm)" in refusal(write_series(tmp_path, images))


def test_slices_shifted_sideways_are_refused(tmp_path):
    images = one_series()
    along_row = AFFINE[:3, 0] * [-1, -1, 1]
    for image in images[5:]:
        image.ImagePositionPatient = [float(v) for v in np.array(image.ImagePositionPatient) + 3 * along_row]
    assert "shifted by" in refusal(write_series(tmp_path, images))


def test_copies_are_dropped(tmp_path):
    images = one_series()
    write_series(tmp_path / "a", images, seed=1)
    write_series(tmp_path / "b", images[:4], seed=2)
    volume = read_dicom(tmp_path)
    assert np.array_equal(volume.data, marked())
    assert any("4 copies" in note for note in volume.notes)


def test_same_slice_under_two_instances_is_dropped(tmp_path):
    images = one_series()
    twin = copy.deepcopy(images[3])
    twin.SOPInstanceUID = "1.2.3.4"
    volume = read_dicom(write_series(tmp_path, [*images, twin]))
    assert np.array_equal(volume.data, marked())
    assert any("1 slices came twice" in note for note in volume.notes)


def test_different_images_at_one_place_are_refused(tmp_path):
    images = one_series()
    twin = copy.deepcopy(images[3])
    twin.SOPInstanceUID = "1.2.3.4"
    twin.PixelData = images[4].PixelData
    assert "at the place of slice 4 of 9" in refusal(write_series(tmp_path, [*images, twin]))


def test_echoes_and_phase_of_one_series_are_told_apart(tmp_path):
    images = []
    for echo, kind in ((7.5, "M"), (2.5, "M"), (2.5, "P")):
        images += series_datasets(marked() if (echo, kind) == (2.5, "M") else marked()[::-1], AFFINE)
        for image in images[-9:]:
            image.EchoTime = echo
            image.ImageType = ["ORIGINAL", "PRIMARY", kind]
    volume = read_dicom(write_series(tmp_path, images))
    assert_marker(volume)
    assert any("2 smaller, derived or uncorrected series were left out" in note for note in volume.notes)


def localizer(series="1.2.77"):
    images = series_datasets(marked((7, 8, 9)), oblique(angles=(0, 0, 0)), series=series)
    for image in images:
        image.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    return images


def test_mixed_folder_with_one_head(tmp_path):
    small = series_datasets(marked((7, 8, 7))[:, :, :4], oblique(size=(2, 2, 2)), series="1.2.4")
    write_series(tmp_path, one_series(), seed=1)
    write_series(tmp_path / "deeper", small, seed=2)
    write_series(tmp_path / "deeper", localizer(), seed=3)
    (tmp_path / "notes.txt").write_text(SECRET)
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8\xff" * 100)
    (tmp_path / "broken").write_bytes(b"\0" * 128 + b"DICM" + bytes(range(200)))
    (tmp_path / "DICOMDIR").write_bytes(b"")
    volume = read_dicom(tmp_path)
    assert_marker(volume)
    notes = " ".join(volume.notes)
    assert "4 files left out: no image" in notes
    assert "1 localizers" in notes
    assert "1 smaller, derived or uncorrected series were left out" in notes


def test_two_heads_are_ambiguous_until_one_is_named(tmp_path):
    write_series(tmp_path, one_series(series="1.2.1"), seed=1)
    write_series(tmp_path, series_datasets(marked() // 2, AFFINE, series="1.2.2"), seed=2)
    message = refusal(tmp_path)
    assert "1: MR, 9" in message
    assert "2: MR, 9" in message
    assert "1.2.2" not in message
    assert read_dicom(tmp_path, series=1).data.max() == 1000
    assert read_dicom(tmp_path, series=2).data.max() == 500
    assert "no series number 3" in refusal(tmp_path, series=3)


@pytest.mark.parametrize("first", ["ND", "NORM"])
def test_corrected_and_uncorrected_version_are_one_acquisition(tmp_path, first):
    for number, kind in enumerate((first, "NORM" if first == "ND" else "ND")):
        images = series_datasets(marked() if kind == "NORM" else marked() // 2, AFFINE, series=f"1.2.{number}")
        for image in images:
            image.ImageType = ["ORIGINAL", "PRIMARY", "M", kind]
        write_series(tmp_path, images, seed=number)
    assert_marker(read_dicom(tmp_path))


def test_modality_narrows_the_choice(tmp_path):
    write_series(tmp_path, one_series(series="1.2.1"), seed=1)
    write_series(tmp_path, one_series(series="1.2.2", modality="CT"), seed=2)
    assert read_volume(tmp_path, modality="CT").kind == "ct"
    assert read_volume(tmp_path, modality="T1w").kind == "mri"
    refusal(tmp_path)


def test_modality_from_the_description_and_the_folder(tmp_path):
    images = one_series()
    for image in images:
        image.SeriesDescription = "t2_flair_sag"
    assert read_volume(write_series(tmp_path / "a", images)).modality == "FLAIR"
    assert read_volume(write_series(tmp_path / "head_T1w_dicom", one_series())).modality == "T1w"


def test_monochrome1_is_turned_round_for_mri_alone(tmp_path):
    for modality in ("MR", "CT"):
        images = one_series(modality=modality)
        for image in images:
            image.PhotometricInterpretation = "MONOCHROME1"
        volume = read_dicom(write_series(tmp_path / modality, images))
        assert volume.data[MARKER] == (0 if modality == "MR" else 1000)
        assert any("MONOCHROME1" in note for note in volume.notes)


def colour(images):
    for image in images:
        image.SamplesPerPixel = 3
        image.PhotometricInterpretation = "RGB"
    return images


def mosaic(images):
    for image in images:
        image.ImageType = ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]
    return images


def without(keyword):
    def make(images):
        for image in images:
            delattr(image, keyword)
        return images

    return make


def bent(images):
    for image in images:
        image.ImageOrientationPatient = [1, 0, 0, 0.5, 0.5, 0]
    return images


def report(images):
    for image in images:
        image.Modality = "SR"
    return images


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (colour, "9 colour"),
        (mosaic, "9 mosaic"),
        (report, "9 of another modality"),
        (without("ImagePositionPatient"), "9 without a place"),
        (without("PixelSpacing"), "9 without a place"),
        (without("Rows"), "9 no image"),
        (bent, "perpendicular"),
        (without("PixelData"), "cannot be decoded"),
        (lambda images: images[:2], "localizers or fragments"),
    ],
    ids=["colour", "mosaic", "report", "no position", "no spacing", "no rows", "bent", "no pixels", "two slices"],
)
def test_bad_series(tmp_path, make, words):
    assert words in refusal(write_series(tmp_path, make(one_series())))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, RLELossless], ids=["plain", "compressed"])
def test_truncated_file(tmp_path, syntax):
    write_series(tmp_path, one_series(), syntax=syntax)
    file = sorted(tmp_path.iterdir())[3]
    file.write_bytes(file.read_bytes()[:-60])
    message = refusal(tmp_path)
    assert "truncated" in message or "Missing slices" in message


def test_empty_folder(tmp_path):
    assert "0 files" in refusal(tmp_path)


def test_folder_of_other_files(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    assert "1 no image" in refusal(tmp_path)


def test_a_single_slice_asks_for_the_folder(tmp_path):
    write_series(tmp_path, one_series())
    with pytest.raises(VolumeError, match="Name the folder"):
        read_volume(min(tmp_path.iterdir()))


@pytest.mark.real
def test_real_series_with_a_missing_slice(real_data):
    volume = read_volume(real_data / "heads" / "adult26_t1_dicom")
    assert volume.data.shape == (192, 192, 176)
    assert volume.voxel_size == pytest.approx([1.1458, 1.1458, 1.0], abs=1e-3)
    assert any("missing slices filled" in note for note in volume.notes)

"""Odd files, made from nothing: scans with a known marker in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    generate_uid,
)

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (7, 8, 9)
MARKER = (2, 6, 5)
"""Off the centre along every axis, so that every flip and swap moves it."""

FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
SECRET = "Doe^Jane"  # noqa: S105 - a name, no password
"""A name that no message, note or repr may hold."""

_STORAGE = {"MR": MRImageStorage, "CT": CTImageStorage, "PT": PositronEmissionTomographyImageStorage}


def marked(shape=SHAPE, dtype=np.int16):
    """Noise below 100 with one voxel of 1000 at MARKER."""
    data = np.random.default_rng(5).integers(0, 100, shape).astype(dtype)
    data[MARKER] = 1000
    return data


def oblique(size=(1.1, 1.3, 1.7), angles=(0.3, -0.2, 0.5), origin=(-31.0, 17.0, 43.0), flips=(1, 1, 1)):
    """An affine with rotations about all three axes."""
    a, b, c = angles
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = rz @ ry @ rx * np.array(size) * np.array(flips)
    affine[:3, 3] = origin
    return affine


def place_of_marker(volume):
    """World coordinates of the brightest voxel."""
    index = np.unravel_index(int(np.argmax(volume.data)), volume.data.shape)
    return (volume.affine @ [*index, 1])[:3]


def place(affine, index=MARKER):
    return (affine @ [*index, 1])[:3]


def image_dataset(plane, affine_lps, number, *, modality="MR", series="1.2.3", n_slices=9):
    """One classic DICOM image; plane has axes (column, row)."""
    rows, columns = affine_lps[:3, 1], affine_lps[:3, 0]
    sizes = np.linalg.norm(columns), np.linalg.norm(rows)
    ds = Dataset()
    ds.SOPClassUID = _STORAGE[modality]
    ds.SOPInstanceUID = generate_uid()
    ds.SeriesInstanceUID = series
    ds.PatientName = SECRET
    ds.PatientID = SECRET
    ds.Modality = modality
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    ds.InstanceNumber = number + 1
    ds.PixelSpacing = [float(sizes[1]), float(sizes[0])]
    ds.ImageOrientationPatient = [float(v) for v in (*(columns / sizes[0]), *(rows / sizes[1]))]
    ds.ImagePositionPatient = [float(v) for v in (affine_lps @ [0, 0, number, 1])[:3]]
    _add_pixels(ds, np.ascontiguousarray(plane.T))
    return ds


def _add_pixels(ds, pixels):
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 1
    ds.PixelData = np.ascontiguousarray(pixels.astype("<i2")).tobytes()


def save(ds, path: Path, *, syntax=ExplicitVRLittleEndian, preamble=True):
    """Write a data set, compressed if the syntax says so."""
    if not preamble:
        pydicom.dcmwrite(path, ds, implicit_vr=True, little_endian=True, enforce_file_format=False)
        return
    ds.file_meta = FileMetaDataset()
    compressed = syntax.is_compressed
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if compressed else syntax
    if compressed:
        ds.compress(syntax)
    pydicom.dcmwrite(
        path,
        ds,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=True,
        enforce_file_format=True,
    )


def series_datasets(data, affine, *, modality="MR", series="1.2.3"):
    """A list of images, one a slice; axes of data: (column, row, slice)."""
    lps = FLIP @ affine
    return [image_dataset(data[:, :, k], lps, k, modality=modality, series=series) for k in range(data.shape[2])]


def write_series(folder: Path, datasets, *, syntax=ExplicitVRLittleEndian, preamble=True, seed=1):
    """Write images under names that have nothing to do with their order."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(seed).permutation(len(datasets))
    for name, index in enumerate(order):
        save(datasets[index], folder / f"{seed}{name:04d}", syntax=syntax, preamble=preamble)
    return folder


def enhanced_dataset(data, affine, *, per_frame_orientation=False, order=None, repeats=1):
    """One enhanced multi-frame MR with frames in any order."""
    lps = FLIP @ affine
    columns, rows = lps[:3, 0], lps[:3, 1]
    sizes = np.linalg.norm(columns), np.linalg.norm(rows)
    orientation, measures, groups = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [float(v) for v in (*(columns / sizes[0]), *(rows / sizes[1]))]
    measures.PixelSpacing = [float(sizes[1]), float(sizes[0])]
    groups.PixelMeasuresSequence = Sequence([measures])
    if not per_frame_orientation:
        groups.PlaneOrientationSequence = Sequence([orientation])
    slices = list(range(data.shape[2])) if order is None else list(order)
    frames = []
    for time in range(repeats):
        for k in slices:
            item, position, value, content = Dataset(), Dataset(), Dataset(), Dataset()
            position.ImagePositionPatient = [float(v) for v in (lps @ [0, 0, k, 1])[:3]]
            value.RescaleSlope, value.RescaleIntercept = 2.0, 3.0
            content.TemporalPositionIndex = time + 1
            item.PlanePositionSequence = Sequence([position])
            item.PixelValueTransformationSequence = Sequence([value])
            item.FrameContentSequence = Sequence([content])
            if per_frame_orientation:
                item.PlaneOrientationSequence = Sequence([orientation])
            frames.append(item)
    ds = Dataset()
    ds.SOPClassUID = EnhancedMRImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.SeriesInstanceUID = "1.2.9"
    ds.Modality = "MR"
    ds.PatientName = SECRET
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.SharedFunctionalGroupsSequence = Sequence([groups])
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds.NumberOfFrames = len(frames)
    _add_pixels(ds, np.stack([data[:, :, k].T for k in slices] * repeats))
    return ds

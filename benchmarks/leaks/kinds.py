"""The kinds of leak: where each lies, how it is planted, and what the triage must answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import nibabel as nib
import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt

from benchmarks.leaks.ground import VOXEL
from reid_audit.defacers import ZeroDefacer
from reid_audit.inputs import write_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.leaks.ground import Ground

__all__ = ["CLEAN", "LEAKS", "Leak", "plant", "planted"]


@dataclass(frozen=True)
class Leak:
    """One kind of leak.

    Parameters
    ----------
    kind : str
    answer : str
        Of the triage.
    file : str
        That leaks, relative to the release.
    word : str
        First of the triage's reason.
    plant : callable
        Puts the file into a release.
    """

    kind: str
    answer: Literal["face", "cannot tell", "unaudited"]
    file: str
    word: str
    plant: Callable[[Ground], None]


def plant(ground: Ground, leaks: Sequence[Leak]) -> Path:
    """Write a release that is clean but for some leaks, and return its folder."""
    _clean(ground)
    for leak in leaks:
        leak.plant(ground)
    return ground.root


def planted(*answers: str) -> dict[str, str]:
    """Return the files that leak and have one of some answers, each to the first word of its reason."""
    return {leak.file: leak.word for leak in LEAKS if leak.answer in answers}


CLEAN = (
    "dataset_description.json",
    "README",
    "sub-01/anat/sub-01_T1w.nii.gz",
    "derivatives/prep/sub-01/anat/sub-01_desc-brain_T1w.nii.gz",
    "derivatives/qc/plot.png",
)
"""What no leak is in."""


def _clean(ground: Ground) -> None:
    whole = ground.scan()
    ground.put(ground.zeroed, "sub-01/anat/sub-01_T1w.nii.gz")
    brain = np.where(np.asarray(whole.masks["brain"].data), np.asarray(whole.volume.data), 0)
    ground.put(ground.with_voxels(brain), "derivatives/prep/sub-01/anat/sub-01_desc-brain_T1w.nii.gz")
    ground.text("dataset_description.json", json.dumps({"Name": "x", "BIDSVersion": "1.10.0"}))
    ground.text("README", "A release.")
    Image.new("L", (300, 300), 255).save(ground.place("derivatives/qc/plot.png"))


def _whole(*names: str) -> Callable[[Ground], None]:
    return lambda ground: ground.put(ground.scan().volume, *names)


def _other(modality: str, name: str) -> Callable[[Ground], None]:
    return lambda ground: ground.put(ground.scan(modality).volume, name)


def _text(name: str, content: str) -> Callable[[Ground], None]:
    return lambda ground: ground.text(name, content)


def _bytes(name: str, content: Callable[[Ground], bytes]) -> Callable[[Ground], None]:
    def write(ground: Ground) -> None:
        ground.place(name).write_bytes(content(ground))

    return write


def _series(ground: Ground) -> None:
    both = [np.asarray(ground.scan().volume.data), np.asarray(ground.zeroed.data)]
    image = nib.Nifti1Image(np.stack(both, axis=3).astype(np.float32), ground.zeroed.affine)
    nib.save(image, ground.place(_BOLD))


def _localiser(ground: Ground) -> None:
    whole = ground.scan().volume
    image = nib.Nifti1Image(np.asarray(whole.data)[30:35], whole.affine)
    nib.save(image, ground.place(_FEW_SLICES))


def _ears(ground: Ground) -> None:
    whole = ground.scan()
    near = distance_transform_edt(~np.asarray(whole.masks["ears"].data), sampling=VOXEL) < 6
    ears = np.where(near, np.asarray(whole.volume.data), np.asarray(ground.zeroed.data))
    ground.put(ground.with_voxels(ears), _EARS)


def _folded(ground: Ground) -> None:
    folded = ground.acquired(modality="T1w", wrap=("anterior", 35.0)).volume
    ground.put(ZeroDefacer().deface(folded)[0], _FOLDED)


def _dicom(ground: Ground) -> None:
    from tests.inputs_making import save, series_datasets

    data = np.asarray(ground.zeroed.data)
    whole = (data / data.max() * 1000).astype(np.uint16)
    for number, dataset in enumerate(series_datasets(whole, ground.zeroed.affine)):
        dataset.PatientName = "Rossi^Ada" if number == 0 else ""
        dataset.PatientID = "01"
        save(dataset, ground.place(f"sourcedata/dicom/{number:03d}.dcm"))


def _moving_picture(ground: Ground) -> None:
    blank = Image.new("L", ground.picture.size, 255)
    blank.save(ground.place(_GIF), save_all=True, append_images=[ground.picture, blank])


def _absent(ground: Ground) -> None:
    ground.place(_ABSENT).symlink_to(".git/annex/objects/xx/yy/content")


def _outside(ground: Ground) -> None:
    outside = write_volume(ground.scan().volume, ground.root.parent / "elsewhere.nii.gz")
    ground.place(_OUTSIDE).symlink_to(outside)


_BOLD = "sub-01/func/sub-01_bold.nii.gz"
_FEW_SLICES = "sub-01/anat/sub-01_acq-localizer_T1w.nii.gz"
_EARS = "sub-01/anat/sub-01_acq-ears_T1w.nii.gz"
_FOLDED = "sub-01/anat/sub-01_acq-folded_T1w.nii.gz"
_ABSENT = "sub-01/anat/sub-01_run-2_T1w.nii.gz"
_OUTSIDE = "sub-01/anat/sub-01_run-3_T1w.nii.gz"
_MESH = "derivatives/prep/lh.pial"
_PRE = "sourcedata/pre-deface/sub-01/anat/sub-01_T1w.nii.gz"
_NO_DEID = "sourcedata/bidsonym/sub-01/sub-01_T1w_no_deid.nii.gz"
_SPACE = "derivatives/prep/sub-01/anat/sub-01_space-MNI152_T1w.nii.gz"
_FIELD = "sub-01/fmap/sub-01_magnitude1.nii.gz"
_SIDECAR, _TABLE, _HIDDEN = "sub-01/anat/sub-01_T1w.json", "participants.tsv", ".heudiconv/01/info.json"
_PAGE, _PNG, _BROKEN = "derivatives/qc/sub-01.html", "derivatives/qc/sub-01.png", "derivatives/qc/broken.png"
_DAMAGED = "sub-01/anat/sub-01_run-4_T1w.nii.gz"

_T2W, _FLAIR = "sub-01/anat/sub-01_T2w.nii.gz", "sub-01/anat/sub-01_FLAIR.nii.gz"
_CT, _PET, _GIF = "sub-01/ct/sub-01_ct.nii.gz", "sub-01/pet/sub-01_pet.nii.gz", "derivatives/qc/sub-01.gif"
_NAME, _BORN = json.dumps({"PatientName": "Rossi^Ada"}), json.dumps({"PatientBirthDate": "19610704"})
_PHONE, _PHONES = "phenotype/contact.tsv", "participant_id\tphone\nsub-01\t0228 123456\n"
_HOME, _RESIDENCE = "sub-01/anat/sub-01_acq-home_T1w.json", json.dumps({"RegionOfResidence": "Bonn"})
_ROW = "participant_id\tbirth_date\nsub-01\t1961-07-04\n"

LEAKS = (
    Leak("an original in sourcedata/pre-deface", "face", _PRE, "face", _whole(_PRE)),
    Leak("a copy called no_deid", "face", _NO_DEID, "face", _whole(_NO_DEID)),
    Leak("a copy in the space of a template", "face", _SPACE, "face", _whole(_SPACE)),
    Leak("a T2w beside a defaced T1w", "face", _T2W, "face", _other("T2w", _T2W)),
    Leak("a FLAIR", "face", _FLAIR, "face", _other("FLAIR", _FLAIR)),
    Leak("a CT", "face", _CT, "face", _other("CT", _CT)),
    Leak("a PET", "face", _PET, "face", _other("PET", _PET)),
    Leak("the magnitude of a field map", "face", _FIELD, "face", _whole(_FIELD)),
    Leak("the first volume of a series", "face", _BOLD, "face", _series),
    Leak("a render in a page", "face", _PAGE, "face", _bytes(_PAGE, lambda ground: ground.page.encode())),
    Leak("a render as PNG", "face", _PNG, "face", _bytes(_PNG, lambda ground: ground.png)),
    Leak("a render in a GIF", "face", _GIF, "face", _moving_picture),
    Leak("a name in a DICOM header", "face", "sourcedata/dicom/000.dcm", "name", _dicom),
    Leak("a name in a sidecar", "face", _SIDECAR, "name", _text(_SIDECAR, _NAME)),
    Leak("a birth date in a table", "face", _TABLE, "name", _text(_TABLE, _ROW)),
    Leak("a telephone number in a table", "face", _PHONE, "name", _text(_PHONE, _PHONES)),
    Leak("a birth date in a hidden folder", "face", _HIDDEN, "name", _text(_HIDDEN, _BORN)),
    Leak("a place of residence in a sidecar", "cannot tell", _HOME, "name", _text(_HOME, _RESIDENCE)),
    Leak("a localiser", "cannot tell", _FEW_SLICES, "slices", _localiser),
    Leak("the ears", "cannot tell", _EARS, "ears", _ears),
    Leak("a face folded over behind the head", "cannot tell", _FOLDED, "behind", _folded),
    Leak("a link of git-annex without content", "unaudited", _ABSENT, "absent", _absent),
    Leak("a link out of the release", "unaudited", _OUTSIDE, "outside", _outside),
    Leak("a scan that is damaged", "unaudited", _DAMAGED, "damaged", _text(_DAMAGED, "no scan")),
    Leak("a mesh", "unaudited", _MESH, "mesh", _text(_MESH, "no mesh")),
    Leak("an archive", "unaudited", "code.zip", "archive", _text("code.zip", "no archive")),
    Leak(
        "a picture that is cut off", "unaudited", _BROKEN, "damaged", _bytes(_BROKEN, lambda ground: ground.png[:1000])
    ),
    Leak("the history of the files", "unaudited", ".git", "history", _text(".git/objects/x", "an earlier version")),
)
"""Each kind that the gate must find, and what cannot be looked at."""

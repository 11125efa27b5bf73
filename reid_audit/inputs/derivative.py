"""Names, sidecars and descriptions of defaced scans as a BIDS derivative."""

from __future__ import annotations

from importlib import metadata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from reid_audit.inputs.description import PHANTOM_GENERATOR
from reid_audit.inputs.names import kind_of_modality, parse_image_name, slug, split_extension

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.types import ModelSpec

__all__ = [
    "AUDIT_IGNORE",
    "BIDS_IGNORE",
    "Names",
    "audit_description",
    "dataset_description",
    "mask_sidecar",
    "output_names",
    "scan_sidecar",
]

BIDS_IGNORE = "defacing.tsv\n.defacing\n**/ct\n"
"""What of the tree BIDS has no name for."""

AUDIT_IGNORE = (
    "*.html\nreport.json\nreport.pdf\nevidence.json\nstatus.json\nstatus\nlogs\ntables\nprivate\nrenders\ncohort\n"
    "attestation.*\n"
)
"""The same of what an audit writes."""

_BIDS_VERSION = "1.10.0"
_DATATYPES = {"mri": "anat", "ct": "ct", "pet": "pet"}
_AFTER_MOD = {"echo", "flip", "inv", "mt", "part", "proc", "hemi", "space", "split", "recording", "chunk", "seg"}
"""Entities that stand behind ``mod`` in a name."""
_CODE = {
    "CodeValue": "113102",
    "CodingSchemeDesignator": "DCM",
    "CodeMeaning": "Clean Recognizable Visual Features Option",
}
_KEPT = """
    Manufacturer ManufacturersModelName MagneticFieldStrength ScanningSequence SequenceVariant ScanOptions SequenceName
    PulseSequenceType NonlinearGradientCorrection MRAcquisitionType MTState SpoilingState RepetitionTime
    RepetitionTimeExcitation RepetitionTimePreparation EchoTime InversionTime FlipAngle EchoTrainLength
    NumberShots ParallelReductionFactorInPlane ParallelAcquisitionTechnique PartialFourier PhaseEncodingDirection
    DwellTime EffectiveEchoSpacing TotalReadoutTime PixelBandwidth SliceThickness SpacingBetweenSlices
    ContrastBolusIngredient ReceiveCoilName SAR TracerName TracerRadionuclide Units
    ConvolutionKernel KVP XRayTubeCurrent GantryDetectorTilt
"""
"""Sidecar fields that go on to the defaced scan: physics, and nothing that could tell who, where or when."""


class Names:
    """Where what is made of one scan goes, relative to OUT.

    Parameters
    ----------
    image, mask : str
        Paths with extension.
    """

    def __init__(self, image: str, mask: str) -> None:
        self.image, self.mask = image, mask

    @property
    def all(self) -> tuple[str, str, str, str]:
        """Image, its sidecar, mask, its sidecar."""
        return self.image, sidecar_of(self.image), self.mask, sidecar_of(self.mask)


def sidecar_of(image: str) -> str:
    """Return the name of the sidecar of an image."""
    return split_extension(image)[0] + ".json"


def output_names(
    file: str, *, modality: str, subject: str = "", session: str = "", extra: str = "", flat: bool = False
) -> Names:
    """Return the names for one scan.

    Parameters
    ----------
    file : str
        Name of the scan's file or folder.
    modality : str
        Of the scan: decides the folder (``anat``, ``ct``, ``pet``).
    subject, session, extra : str
        Used where the file's name is none of BIDS.
    flat : bool
        True keeps the name of a file that is not of BIDS, in OUT itself: ``head_defaced.nii.gz``.

    Returns
    -------
    Names
        ``sub-01/anat/sub-01_desc-defaced_T1w.nii.gz``, and beside it ``sub-01_mod-T1w_desc-defaced_defacemask.nii.gz``.
    """
    extension = ".nii" if file.lower().endswith(".nii") else ".nii.gz"
    known = parse_image_name(file)
    if known is None and flat:
        stem = slug(split_extension(file)[0])
        return Names(f"{stem}_defaced{extension}", f"{stem}_defacemask.nii.gz")
    folder = _DATATYPES[kind_of_modality(modality) or "mri"]
    if known is not None:
        pairs = [(key, value) for key, value in known.entities.items() if key != "desc"]
        suffix = known.suffix
    else:
        pairs = [("sub", _label(subject)), *([("ses", _label(session))] if session else [])]
        pairs += [("acq", _label(extra))] if extra else []
        suffix = folder if folder != "anat" else _label(modality)
    entities = dict(pairs)
    place = PurePosixPath(f"sub-{entities['sub']}", *([f"ses-{entities['ses']}"] if "ses" in entities else []), folder)
    image = "_".join([*(f"{key}-{value}" for key, value in pairs), "desc-defaced", suffix])
    cut = next((index for index, (key, _) in enumerate(pairs) if key in _AFTER_MOD), len(pairs))
    with_mod = [*pairs[:cut], ("mod", suffix), *pairs[cut:]]
    mask = "_".join([*(f"{key}-{value}" for key, value in with_mod), "desc-defaced", "defacemask"])
    return Names(str(place / f"{image}{extension}"), str(place / f"{mask}.nii.gz"))


def _label(text: str) -> str:
    """Return a text as a BIDS label: letters and digits alone."""
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum()) or "unknown"


def scan_sidecar(source: Mapping[str, Any], spec: ModelSpec, *, skull_stripped: bool) -> dict[str, Any]:
    """Return the sidecar of a defaced scan.

    Parameters
    ----------
    source : mapping
        Sidecar of the original: what it says of the physics goes on, and what had been de-identified before.
    spec : ModelSpec
        Of the defacer.
    skull_stripped : bool

    Returns
    -------
    dict
    """
    methods = [*_listed(source.get("DeidentificationMethod")), f"defaced by {spec.name} {spec.version}"]
    codes = [code for code in _listed(source.get("DeidentificationMethodCodeSequence")) if isinstance(code, dict)]
    if all(str(code.get("CodeValue")) != _CODE["CodeValue"] for code in codes):
        codes.append(_CODE)
    kept = {key: source[key] for key in _KEPT.split() if key in source}
    return {
        **kept,
        "SkullStripped": skull_stripped,
        "DeidentificationMethod": methods,
        "DeidentificationMethodCodeSequence": codes,
    }


def mask_sidecar(spec: ModelSpec, *, skull_stripped: bool) -> dict[str, Any]:
    """Return the sidecar of the mask of altered voxels."""
    return {
        "Description": f"Voxels altered by {spec.name} {spec.version}: 1 altered, 0 as in the original.",
        "Type": "Face",
        "SkullStripped": skull_stripped,
    }


def _listed(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def dataset_description(name: str, spec: ModelSpec, *, phantom: bool) -> dict[str, Any]:
    """Return the ``dataset_description.json`` of the defaced scans.

    Parameters
    ----------
    name : str
        Of the data set that was defaced.
    spec : ModelSpec
        Of the defacer; its name becomes the condition of these scans in an audit.
    phantom : bool
        True for people who do not exist.
    """
    own = {"Name": "reid_audit", "Version": metadata.version("reid_audit"), "Description": "reid-audit deface"}
    defacer: dict[str, Any] = {"Name": spec.name, "Version": spec.version}
    nobody = [{"Name": PHANTOM_GENERATOR, "Version": metadata.version("reid_audit")}] if phantom else []
    generated: Sequence[dict[str, Any]] = [defacer, own, *nobody]
    return {
        "Name": f"{name} defaced by {spec.name}",
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": generated,
    }


def audit_description(doi: str, *, phantom: bool) -> dict[str, Any]:
    """Return the ``dataset_description.json`` of what an audit writes.

    Parameters
    ----------
    doi : str
        Of the data set that was audited; empty where it states none.
    phantom : bool
        True for people who do not exist.
    """
    version = metadata.version("reid_audit")
    generated = [{"Name": "reid_audit", "Version": version, "Description": "Audit of the re-identification risk"}]
    if phantom:
        generated.append({"Name": PHANTOM_GENERATOR, "Version": version})
    description: dict[str, Any] = {
        "Name": "Audit of the re-identification risk of head scans",
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": generated,
    }
    return description | ({"SourceDatasets": [{"DOI": doi}]} if doi else {})

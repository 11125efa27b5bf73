"""The words and tables of a phantom data set: what BIDS asks for, and that nobody in it exists."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from reid_audit.inputs.description import PHANTOM_GENERATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.phantom.identity import Identity

__all__ = [
    "BIDS_IGNORE",
    "MUSCLE_SIDECAR",
    "NOTE",
    "PARTICIPANTS_SIDECAR",
    "derivative_description",
    "participants_table",
    "raw_description",
    "readme",
    "scan_name",
    "scan_sidecar",
]

NOTE = "Calibrated population, no evidence of real-world risk: these people do not exist."
"""Stands in everything that comes from phantoms."""

BIDS_IGNORE = "photos\nct\npet\n"
"""What of the data set BIDS has no name for: photographs, CT, and PET without a tracer."""

PARTICIPANTS_SIDECAR: dict[str, Any] = {
    "age": {"Description": "Age that the head has the shape of.", "Units": "years"},
    "sex": {"Description": "Sex that the head has the shape of.", "Levels": {"F": "female", "M": "male"}},
    "site": {"Description": "Where the scan would have been made.", "Levels": {"phantom": "nowhere"}},
}

MUSCLE_SIDECAR: dict[str, Any] = {
    "muscle": {"Description": "Factor on the signal of muscle, planted in the scans to be found again."}
}

_BIDS_VERSION = "1.10.0"
_FOLDERS = {"CT": "ct", "PET": "pet"}
_SUFFIXES = {"T1wCE": "ce-gadolinium_T1w", "CT": "ct", "PET": "pet"}
_AUTHORS = ["reid_audit contributors"]


def _generator() -> dict[str, str]:
    return {"Name": PHANTOM_GENERATOR, "Version": metadata.version("reid_audit"), "Description": NOTE}


def raw_description(name: str) -> dict[str, Any]:
    """Return the ``dataset_description.json`` of the scans."""
    return {
        "Name": name,
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "raw",
        "License": "CC0",
        "Authors": _AUTHORS,
        "GeneratedBy": [_generator()],
    }


def derivative_description(name: str, what: str) -> dict[str, Any]:
    """Return the ``dataset_description.json`` of what was made from the scans.

    Parameters
    ----------
    name : str
        Of the pipeline: the condition that an audit gives to these scans.
    what : str
        One sentence.
    """
    own = {"Name": name, "Version": metadata.version("reid_audit"), "Description": what}
    return {
        "Name": f"{name} of people who do not exist",
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        "License": "CC0",
        "Authors": _AUTHORS,
        "GeneratedBy": [own, _generator()],
        "SourceDatasets": [{"URL": "../../"}],
    }


def participants_table(people: Sequence[Identity], muscle: Sequence[float] | None = None) -> str:
    """Return ``participants.tsv``.

    Parameters
    ----------
    people : sequence of Identity
    muscle : sequence of float, optional
        Of each person: a column of its own where it was planted.
    """
    lines = [f"sub-{who.label}\t{min(who.age, 89.0):.1f}\t{who.sex}\tphantom" for who in people]
    head = "participant_id\tage\tsex\tsite"
    if muscle is not None:
        head += "\tmuscle"
        lines = [f"{line}\t{value:.4f}" for line, value in zip(lines, muscle, strict=True)]
    return "\n".join([head, *lines]) + "\n"


def readme(n_subjects: int, seed: int) -> str:
    """Return the README."""
    return (
        f"# {n_subjects} people who do not exist\n\n{NOTE}\n\n"
        f"Heads, scans and photographs were drawn from seed {seed} by the package reid_audit, from a head model\n"
        "in the public domain (MakeHuman, CC0). How much these people differ was set so that a matcher tells them\n"
        "apart about as well as it tells real people apart; a rate measured on them says whether an audit works and\n"
        "nothing about anybody's risk.\n\n"
        "- `sub-*`: scans as a scanner would give them.\n"
        "- `derivatives/<name>`: the same scans after the sham defacer of that name.\n"
        "- `derivatives/truth`: true masks of brain, face, eyes, nose, mouth and ears.\n"
        "- `photos`: photographs of the same people, with `photos.tsv`.\n"
        "- `code/phantom.json`: every setting.\n"
    )


def scan_name(label: str, session: str, modality: str, *, entities: str = "", suffix: str = "") -> tuple[str, str]:
    """Return folder and file name (without extension) of a scan or of what was made from it.

    Parameters
    ----------
    label, session : str
        Without ``sub-`` and ``ses-``; the session is empty where there is but one.
    modality : str
        As in ``ScanSettings``.
    entities : str
        ``"desc-defaced"`` and the like, put before the suffix.
    suffix : str
        In place of the modality's: ``"mask"``.

    Returns
    -------
    folder : str
        Relative to the data set: ``"sub-x/ses-01/anat"``.
    name : str
        ``"sub-x_ses-01_T1w"``.
    """
    who = f"sub-{label}" + (f"/ses-{session}" if session else "")
    *more, own = _SUFFIXES.get(modality, modality).split("_")
    parts = [who.replace("/", "_"), *more, *([entities] if entities else []), suffix or own]
    return f"{who}/{_FOLDERS.get(modality, 'anat')}", "_".join(parts)


def scan_sidecar(modality: str, kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the sidecar of a scan.

    Parameters
    ----------
    modality, kind : str
    settings : dict
        How the scan was made; kept under ``Phantom``.
    """
    sidecar: dict[str, Any] = {
        "Modality": {"mri": "MR", "ct": "CT", "pet": "PT"}[kind],
        "Manufacturer": "reid_audit",
        "ManufacturersModelName": "phantom",
        "InstitutionName": "none: this person does not exist",
        "Phantom": {"Note": NOTE, **settings},
    }
    if kind == "mri":
        sidecar["MagneticFieldStrength"] = 3.0
    if modality == "T1wCE":
        sidecar["ContrastBolusIngredient"] = "GADOLINIUM"
    return sidecar

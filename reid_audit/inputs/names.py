"""What file names say: BIDS entities, modality, and what was done to a scan."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import Kind

__all__ = [
    "IMAGE_EXTENSIONS",
    "ImageName",
    "canonical_modality",
    "deface_variant",
    "guess_modality",
    "is_mask_name",
    "is_modality",
    "kind_of_modality",
    "parse_image_name",
    "slug",
    "split_extension",
    "strip_prefix",
]

IMAGE_EXTENSIONS = (".nii.gz", ".nii", ".mgz", ".mgh", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Longest first; a DICOM series is a folder and has none."""

_MRI_SUFFIXES = (
    "T1w T2w PDw T2starw FLAIR inplaneT1 inplaneT2 PDT2 angio UNIT1 T1wCE PD T2star SWI "
    "T1map T2map T2starmap R1map R2map R2starmap PDmap PDT2map MTRmap MTsat MTVmap MWFmap T1rho Chimap M0map "
    "MEGRE MESE VFA IRT1 MP2RAGE MPM MTS MTR"
)
_MODALITIES: dict[str, str] = {name.lower(): name for name in _MRI_SUFFIXES.split()} | {
    "ct": "CT",
    "cta": "CT",
    "cbct": "CT",
    "pet": "pet",
    "pt": "pet",
    "t1": "T1w",
    "t2": "T2w",
    "t1ce": "T1wCE",
    "t1c": "T1wCE",
    "t1gd": "T1wCE",
}
_WORDS: tuple[tuple[str, str], ...] = (
    (r"flair", "FLAIR"),
    (r"t1(w|map)?[-_ ]?(ce|c|gd)(?![a-z])", "T1wCE"),
    (r"uni(t1)?(?![a-z])", "UNIT1"),
    (r"t2[-_ ]?(star|\*)", "T2starw"),
    (r"swi(?![a-z])", "SWI"),
    (r"t1w?(?![a-z0-9])|mp2?rage|fspgr|spgr|bravo|ir-?tfe", "T1w"),
    (r"t2w?(?![a-z0-9])", "T2w"),
    (r"pdw?(?![a-z])", "PDw"),
    (r"(ct|cta|cbct)(?![a-z])", "CT"),
    (r"(pet|fdg|pib)(?![a-z])", "pet"),
)
_ENTITY = re.compile(r"([a-zA-Z]+)-([a-zA-Z0-9+]+)$")
_AFNI = re.compile(r"\.(deface|reface|reface_plus|face|face_plus)$", re.IGNORECASE)
_TAIL = re.compile(r"[_\-.](no_deid|defaced|refaced|de-?identified|deid|anon(?:ymi[sz]ed)?)$", re.IGNORECASE)
_MASK = re.compile(
    r"(^|[_\-.])(mask|masks|brainmask|defacemask|facemask|dseg|probseg|seg|label|labels|aseg|warp|xfm)($|[_\-.])"
    r"|\.face(_plus)?$|warp$",
    re.IGNORECASE,
)
_DEFACE_WORD = re.compile(
    r"(?<!un)(?<!non)(?<!pre)(de-?fac|re-?fac|de-?id(?!ea)|anon|quickshear|mideface|face_?removed|faceless)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ImageName:
    """The parts of an image's file name.

    Parameters
    ----------
    entities : mapping of str to str
        BIDS entities in the order of the name (``sub``, ``ses``, ``acq`` ...).
    suffix : str
        The last word: ``"T1w"``.
    variant : str
        Empty, ``"original"`` (the name says that nothing was removed), or what the name says was done:
        ``"defaced"``, ``"reface_plus"``.
    """

    entities: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""
    variant: str = ""

    @property
    def extra(self) -> str:
        """Entities that tell apart scans of one session, joined: ``"acq-x_run-2"``."""
        skipped = {"sub", "ses", "desc", "space"}
        return "_".join(f"{key}-{value}" for key, value in self.entities.items() if key not in skipped)


def split_extension(name: str) -> tuple[str, str]:
    """Split a file name into stem and image extension; the extension is empty where it is none of ours."""
    lower = name.lower()
    for extension in IMAGE_EXTENSIONS:
        if lower.endswith(extension) and len(name) > len(extension):
            return name[: -len(extension)], extension
    return name, ""


def parse_image_name(name: str) -> ImageName | None:
    """Read a BIDS-like image name, with the additions that defacing tools make to it.

    Parameters
    ----------
    name : str
        File name without folders: ``"sub-01_desc-defaced_T1w.nii.gz"``, ``"anon_sub-01_T1w.nii"``.

    Returns
    -------
    ImageName or None
        None where the name holds no ``sub-`` entity or is no image.
    """
    stem, extension = split_extension(name)
    if not extension:
        return None
    stem, variant = _strip_variant(stem)
    *pairs, suffix = stem.split("_")
    entities: dict[str, str] = {}
    for pair in pairs:
        match = _ENTITY.match(pair)
        if match is None:
            return None
        entities[match[1]] = match[2]
    if "sub" not in entities or "-" in suffix:
        return None
    if not variant and _DEFACE_WORD.search(entities.get("desc", "")):
        variant = entities["desc"]
    return ImageName(entities, suffix, variant)


def _strip_variant(stem: str) -> tuple[str, str]:
    """Take what a defacing tool added off a stem; return the stem and what the addition means."""
    if match := _AFNI.search(stem):
        mask = match[1].lower().startswith("face")
        return stem[: match.start()] + ("_mask" if mask else ""), match[1].lower()
    if match := _TAIL.search(stem):
        return stem[: match.start()], "original" if match[1].lower() == "no_deid" else "defaced"
    if stem.lower().startswith("anon_"):
        return stem[5:], "defaced"
    return stem, ""


def deface_variant(text: str) -> bool:
    """Tell whether a word or name says that a face was removed, replaced or blurred."""
    return bool(_DEFACE_WORD.search(text))


def is_mask_name(name: str) -> bool:
    """Tell whether a file name speaks of a mask, a segmentation or a transform, and not of a scan."""
    return bool(_MASK.search(split_extension(name)[0]))


def canonical_modality(text: str) -> str:
    """Return the one spelling of a modality ("t1w" -> "T1w"); an unknown one comes back as it is, without blanks."""
    word = text.strip()
    return _MODALITIES.get(word.lower(), word)


def guess_modality(name: str) -> str | None:
    """Guess the modality from a file or series name; None where it says nothing."""
    stem, _ = split_extension(name)
    for part in reversed(re.split(r"[_\s.]+", stem)):
        if part.lower() in _MODALITIES:
            return _MODALITIES[part.lower()]
    for pattern, modality in _WORDS:
        if re.search(rf"(?<![a-z])(?:{pattern})", stem.lower()):
            return modality
    return None


def is_modality(suffix: str) -> bool:
    """Tell whether a BIDS suffix names an image of the head that can be audited."""
    return suffix.lower() in _MODALITIES


def kind_of_modality(modality: str) -> Kind | None:
    """Return the physics behind a modality, None where the name is not known."""
    name = _MODALITIES.get(modality.strip().lower())
    if name is None:
        return None
    return "ct" if name == "CT" else "pet" if name == "pet" else "mri"


def slug(text: str) -> str:
    """Turn any text into a name for a condition or a sample: letters, digits, dot, dash, underscore, plus."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text.strip()).strip("-") or "unnamed"


def strip_prefix(label: str, prefix: str) -> str:
    """Return a label without its BIDS prefix: ``strip_prefix("sub-01", "sub")`` is ``"01"``."""
    text = label.strip()
    return text[len(prefix) + 1 :] if text.lower().startswith(f"{prefix}-") else text

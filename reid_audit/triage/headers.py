"""Whether the header of a NIfTI file names somebody: its texts and its extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst
from reid_audit.triage.decoding import spelled
from reid_audit.triage.dicom_words import told_by_dataset
from reid_audit.triage.free_text import free_form
from reid_audit.triage.json_words import parsed_json, told_by_value
from reid_audit.triage.markup import told_by_markup
from reid_audit.triage.packing import told_by_packing
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["told_by_scan_header"]

_LONGEST = 2**20
_DICOM_EXTENSION = 2
_TEXTS = ("descrip", "db_name", "aux_file", "intent_name")
"""Fields of a NIfTI-1 header; NIfTI-2 has no ``db_name``."""


def told_by_scan_header(path: Path, labels: Collection[str]) -> Told:
    """Answer for the texts of a NIfTI header and its extensions, and for what gzip says of the file that it packed."""
    name = path.name.lower()
    told = [told_by_packing(path, labels)] if name.endswith((".gz", ".mgz")) else []
    if name.endswith((".nii", ".nii.gz")):
        return worst([_told_by_nifti(path, labels), *told])
    return worst([nothing("no name", "the header has no field for a name"), *told])


def _told_by_nifti(path: Path, labels: Collection[str]) -> Told:
    import nibabel as nib

    from reid_audit.inputs.header_messages import header_messages

    try:
        with header_messages():
            header = nib.load(path).header
            texts = [_text(header[field].tobytes()) for field in _TEXTS if field in header]
            extensions = [(each.get_code(), each) for each in getattr(header, "extensions", ())]
    except Exception:  # noqa: BLE001 - nibabel raises anything at all on a damaged file
        return Told("unaudited", "damaged: the header cannot be read")
    told = [told_by_words("\n".join(texts), labels, "the header names nobody")]
    if any("^" in text.strip("^ ") for text in texts):
        told.append(gives_away("name", "a text of the header has the form of a DICOM name (FAMILY^GIVEN)"))
    elif any(free_form(text) for text in texts):
        told.append(cannot_tell("name", "a text of the header may be a person's name"))
    told += [_extension(code, each, labels) for code, each in extensions]
    return worst(told)


def _extension(code: int, extension: Any, labels: Collection[str]) -> Told:
    """Answer for one extension of a NIfTI header: DICOM attributes, or text."""
    content = extension.get_content()
    if code == _DICOM_EXTENSION and hasattr(content, "get_item"):
        return told_by_dataset(content, labels)
    raw = content if isinstance(content, bytes) else str(content).encode()
    text = _text(raw[:_LONGEST])
    told = [told_by_words(text, labels, "no words")]
    if len(raw) > _LONGEST:
        told.append(cannot_tell("header", f"an extension of more than {_LONGEST:,} bytes was not read to its end"))
    try:
        told.append(told_by_value(parsed_json(text), labels))
    except (ValueError, RecursionError):
        told.append(told_by_markup(text, labels))
        if free_form(text):
            told.append(cannot_tell("name", "an extension of the header may name a person"))
    return worst(told)


def _text(raw: bytes) -> str:
    return spelled(raw.replace(b"\0", b" ").decode("utf-8", "replace")).strip()

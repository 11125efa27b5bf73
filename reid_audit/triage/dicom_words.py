"""Whether the attributes of DICOM name somebody: all of them, nested and private ones included."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from reid_audit.triage.answer import Told, cannot_tell, nothing, worst
from reid_audit.triage.decoding import decoded
from reid_audit.triage.free_text import comment_form, free_form, text_fields
from reid_audit.triage.identifiers import BIRTHS, NAMES, NUMBERS, is_date, plain, tells
from reid_audit.triage.persons import form_of_name, names_within
from reid_audit.triage.records import Found, told_by_found
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

__all__ = ["told_by_dataset", "told_by_dicom"]

_LONG = 2**20
"""Bytes of a value from which on it is not read: no name is that long, and a file has many."""
_MAX_DEPTH = 16
_MAX_ELEMENTS = 100_000
_TEXTS = frozenset(["LT", "ST", "UT", "LO", "SH", "UC"])
_STAFF = re.compile(r"physician|operator|performing|requesting|referring|reading|reviewer|verifying|scheduled|author")
"""In keywords of names of those who treated somebody: no find, and a name all the same."""
_COMMENT = re.compile(r"comment|history|specialneeds|occupation|patientstate|reasonfor|allergies")
_SHORT = 1024
"""Bytes up to which a value of unknown kind is read as a text."""
_STUDIES = frozenset(["studydescription", "studyid", "accessionnumber", "admissionid", "requestedproceduredescription"])
"""Attributes into which names were seen to be typed; departments write REGION^PROTOCOL into some of them as well."""
_COUNT = 4
"""Digits up to which a StudyID is a count."""


def told_by_dicom(path: Path, labels: Collection[str]) -> Told:
    """Answer for the header of a DICOM file; its values are compared and kept nowhere.

    Parameters
    ----------
    path : Path
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Told
    """
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True, defer_size=_LONG)
            beside = [told_by_dataset(header.file_meta, labels)] if "file_meta" in vars(header) else []
            return worst([told_by_dataset(header, labels), *beside, _of_preamble(header, labels)])
    except Exception:  # noqa: BLE001 - pydicom raises anything at all on a damaged file
        return Told("unaudited", "damaged: the DICOM header cannot be read")


def _of_preamble(header: Any, labels: Collection[str]) -> Told:
    """Answer for the 128 bytes before a DICOM file, which any other program may use."""
    raw = (getattr(header, "preamble", None) or b"").strip(b"\0 ")
    if not raw:
        return nothing("no name", "the preamble is empty")
    told = told_by_words(decoded(raw), labels, "no words")
    return worst([told, cannot_tell("header", "the preamble of the DICOM file holds bytes that no reader asks for")])


def told_by_dataset(dataset: Any, labels: Collection[str]) -> Told:
    """Answer for a pydicom dataset.

    Parameters
    ----------
    dataset : pydicom.Dataset
    labels : collection of str

    Returns
    -------
    Told
        Patients' names, dates of birth and addresses are a find, at any depth, and so is a private value of the kind
        of a name. Names of staff, and comments that may name somebody, are ``"cannot tell"``.
    """
    found, unread = Found(), [0]
    for element in _elements(dataset, unread):
        _ask(element, found, labels)
    told = told_by_found(found, "the DICOM header names nobody")
    if not unread[0]:
        return told
    return worst([told, cannot_tell("header", "attributes that are damaged, too deep or too many were not read")])


def _elements(dataset: Any, unread: list[int]) -> Iterator[Any]:
    """Yield elements at every depth; what is beyond the bounds is counted."""
    waiting = [(dataset, 0)]
    seen = 0
    while waiting:
        item, depth = waiting.pop()
        for tag in sorted(item.keys()):
            seen += 1
            if seen > _MAX_ELEMENTS:
                unread[0] += 1
                return
            raw = item.get_item(tag)
            if getattr(raw, "value", b"") is None and getattr(raw, "length", 0) > _LONG:
                continue  # bulk data: longer than any text that is asked
            element = _element(item, tag)
            if element is None:
                unread[0] += 1
            elif element.VR != "SQ":
                yield element
            elif depth < _MAX_DEPTH:
                waiting.extend((inner, depth + 1) for inner in element.value or ())
            else:
                unread[0] += 1


def _element(dataset: Any, tag: Any) -> Any:
    try:
        return dataset[tag]
    except Exception:  # noqa: BLE001 - one damaged value must not hide the others
        return None


def _ask(element: Any, found: Found, labels: Collection[str]) -> None:
    """Note what one element tells."""
    known = plain(element.keyword or "")
    name = element.keyword or f"private ({element.tag.group:04x},{element.tag.element:04x})"
    for value in _values(element):
        if element.VR == "PN":
            if tells("name", value, labels):
                found.add(name, "doubtful" if _STAFF.search(known) else "name")
        elif known in BIRTHS or "birthdate" in known or (element.VR in {"DA", "DT"} and "birth" in plain(element.name)):
            found.add(name, "name" if tells("birthdate", value, labels) else None)
        elif known in NAMES:
            found.add(name, "name" if tells(name, value, labels) else None)
        elif element.VR in _TEXTS or known in NUMBERS:
            _ask_number(name, value, found, labels)
            form = comment_form if _COMMENT.search(known) else free_form if known in _STUDIES else None
            _ask_text(name, value, found, labels, form)
        elif element.VR in {"UN", "OB"} and len(value) <= _SHORT:
            _ask_text(name, value, found, labels, None)
            if form_of_name(value) == "dicom" or names_within(value):
                found.add(name, "doubtful" if tells("name", value, labels) else None)


def _ask_number(name: str, value: str, found: Found, labels: Collection[str]) -> None:
    """Note a hospital's number of a person or of an examination, and a name or a date that stands in its place."""
    known = plain(name)
    counted = known == "studyid" and value.strip().isdecimal() and len(value.strip()) <= _COUNT
    if known not in NUMBERS and known != "studyid":
        return
    if not counted and tells(name, value, labels):
        found.add(name, "doubtful" if free_form(value) else "number")


def _ask_text(name: str, value: str, found: Found, labels: Collection[str], form: Callable[[str], bool] | None) -> None:
    """Note what a free text tells: a date of birth is a find, what may be a name is not certain."""
    fields = [(field, inner) for field, inner in text_fields(value) if tells(field, inner, labels)]
    if any(plain(field) in BIRTHS and is_date(inner) for field, inner in fields):
        found.add(name, "name")
    elif fields or (form is not None and form(value) and tells("comment", value, labels)):
        found.add(name, "doubtful")


def _values(element: Any) -> list[str]:
    """Return the texts of an element: each value of several, bytes as what they spell."""
    value = element.value
    if value is None:
        return []
    if isinstance(value, bytes | bytearray):
        return [bytes(value[:_LONG]).decode("utf-8", "replace").strip("\0 ")]
    several = isinstance(value, list | tuple) or type(value).__name__ == "MultiValue"
    return [str(one) for one in value] if several else [str(value)]

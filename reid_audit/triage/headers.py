"""Whether the words of a file name somebody: JSON, tables, text, headers of DICOM and of NIfTI."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import warnings
from typing import TYPE_CHECKING, Any

from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst
from reid_audit.triage.identifiers import DICOM_FIELDS, fields_that_tell, json_fields, text_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

__all__ = [
    "told_by_dicom",
    "told_by_fields",
    "told_by_json",
    "told_by_scan_header",
    "told_by_table",
    "told_by_text",
    "told_by_words",
]

_MAX_JSON = 16 * 2**20
_BLOCK = 2**20
_OVERLAP = 512
_MAX_TEXT = 2**30
_MAX_ROWS = 1_000_000
_DICOM_EXTENSION = 2
_FORM = re.compile(r"\w\^\w|\d{4}|\d\d[./-]\d\d[./-]\d\d")
"""What a name has in DICOM, or a date anywhere."""
_POINTERS = (b"/annex/objects/", b"version https://git-lfs")


def told_by_fields(fields: Iterable[tuple[str, str]], labels: Collection[str], what: str) -> Told:
    """Answer for fields and their values.

    Parameters
    ----------
    fields : iterable of (str, str)
    labels : collection of str
        Of the file's own path.
    what : str
        Where no field tells anything: ``"no field of the document names a person"``.

    Returns
    -------
    Told
        With the names of the fields, and no value.
    """
    names, numbers = fields_that_tell(fields, labels)
    if names:
        return gives_away("name", f"the fields {_listed(names)} hold a name, an address or a date of birth")
    if numbers:
        return cannot_tell("number", f"the fields {_listed(numbers)} may hold a hospital's number of the person")
    return nothing("no name", what)


def told_by_words(text: str, labels: Collection[str], what: str) -> Told:
    """Answer for free text: words that follow "patient name" or "date of birth" are a find where they have the form.

    Parameters
    ----------
    text : str
    labels : collection of str
        Of the file's own path.
    what : str
        As for :func:`told_by_fields`.

    Returns
    -------
    Told
        ``"cannot tell"`` where something stands there that is neither ``FAMILY^GIVEN`` nor a date: a script that
        speaks of names looks like that too.
    """
    fields = text_fields(text)
    formed = told_by_fields([each for each in fields if _FORM.search(each[1])], labels, what)
    names, _ = fields_that_tell(fields, labels)
    if formed.answer == "face" or not names:
        return formed
    return cannot_tell("name", f"words that may be a name follow {_listed(names)}")


def _listed(fields: list[str]) -> str:
    """Return names of fields, none of them long, at most six."""
    more = len(fields) - 6
    return ", ".join(field[:40] for field in fields[:6]) + (f" and {more} more" if more > 0 else "")


def told_by_json(path: Path, labels: Collection[str]) -> Told:
    """Answer for a JSON document, or one a line."""
    if path.stat().st_size > _MAX_JSON:
        return Told("unaudited", f"size: the document has more than {_MAX_JSON:,} bytes")
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return worst([told_by_words(text, labels, "no words"), _no_json()])
    return told_by_fields(json_fields(value), labels, "no field of the document names a person")


def _no_json() -> Told:
    return Told("unaudited", "damaged: the file is not the JSON document that its name promises")


def told_by_table(path: Path, labels: Collection[str]) -> Told:
    """Answer for a table with tabs or commas: a column that names people, with anything in it."""
    tab = "\t" if ".tsv" in path.name.lower() else ","
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as stream:
        rows = csv.reader((line.replace("\0", "") for line in _bounded_lines(stream)), delimiter=tab)
        try:
            columns = next(rows, [])
            fields: list[tuple[str, str]] = []
            for number, row in enumerate(rows):
                if number >= _MAX_ROWS:
                    return Told("unaudited", f"size: the table has more than {_MAX_ROWS:,} lines")
                told = told_by_fields(zip(columns, row, strict=False), labels, "no column names a person")
                if told.answer != "none":
                    return told
                fields = fields or list(zip(columns, row, strict=False))
        except (csv.Error, EOFError, gzip.BadGzipFile, OSError):
            return Told("unaudited", "damaged: the table cannot be read to its end")
    return nothing("no name", "no column names a person")


def _bounded_lines(stream: io.TextIOWrapper) -> Iterable[str]:
    read = 0
    while line := stream.readline(_BLOCK):
        read += len(line)
        if read > _MAX_TEXT:
            raise EOFError
        yield line


def told_by_text(path: Path, labels: Collection[str]) -> Told:
    """Answer for any text: a README, the log of a converter, a script; and a pointer to content that is not here."""
    told = [nothing("no name", "no words that name a person")]
    with path.open("rb") as stream:
        before = b""
        for number, block in enumerate(iter(lambda: stream.read(_BLOCK), b"")):
            if number == 0 and block.startswith(_POINTERS):
                return Told("unaudited", "absent: a pointer of git-annex or git-lfs whose content is not here")
            if number * _BLOCK > _MAX_TEXT:
                told.append(Told("unaudited", f"size: the text has more than {_MAX_TEXT:,} bytes"))
                break
            told = [worst([*told, told_by_words((before + block).decode("utf-8", "replace"), labels, "no words")])]
            before = block[-_OVERLAP:]
    return worst(told)


def told_by_dicom(path: Path, labels: Collection[str]) -> Told:
    """Answer for the header of a DICOM file; its values are compared and kept nowhere."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=list(DICOM_FIELDS))
            fields = [(name, str(header.get(name) or "")) for name in DICOM_FIELDS]
    except Exception:  # noqa: BLE001 - pydicom raises anything at all on a damaged file
        return Told("unaudited", "damaged: the DICOM header cannot be read")
    return told_by_fields(fields, labels, "the DICOM header names nobody")


def told_by_scan_header(path: Path, labels: Collection[str]) -> Told:
    """Answer for the texts of a NIfTI header and its extensions; other formats have none that are asked."""
    import nibabel as nib
    from nibabel.imageglobals import LoggingOutputSuppressor

    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return nothing("no name", "the header has no field for a name")
    try:
        with LoggingOutputSuppressor():
            header = nib.load(path).header
            texts = [_text(header[field].tobytes()) for field in ("descrip", "db_name", "aux_file", "intent_name")]
            extensions = [(each.get_code(), each) for each in getattr(header, "extensions", ())]
    except Exception:  # noqa: BLE001 - nibabel raises anything at all on a damaged file
        return Told("unaudited", "damaged: the header cannot be read")
    told = [told_by_words("\n".join(texts), labels, "the header names nobody")]
    if any("^" in text.strip("^ ") for text in texts):
        told.append(gives_away("name", "a text of the header has the form of a DICOM name (FAMILY^GIVEN)"))
    told += [_extension(code, each, labels) for code, each in extensions]
    return worst(told)


def _extension(code: int, extension: Any, labels: Collection[str]) -> Told:
    """Answer for one extension of a NIfTI header: DICOM attributes, or text."""
    content = extension.get_content()
    if code == _DICOM_EXTENSION and hasattr(content, "get"):
        return told_by_fields(
            [(name, str(content.get(name) or "")) for name in DICOM_FIELDS], labels, "the header names nobody"
        )
    raw = content if isinstance(content, bytes) else str(content).encode()
    text = _text(raw[:_BLOCK])
    try:
        fields = json_fields(json.loads(text))
    except (ValueError, RecursionError):
        fields = []
    return worst([told_by_fields(fields, labels, "the header names nobody"), told_by_words(text, labels, "no words")])


def _text(raw: bytes) -> str:
    return raw.replace(b"\0", b" ").decode("utf-8", "replace")

"""Fields of headers and tables that say who somebody is: a name, a date of birth, an address, a hospital's number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["DICOM_FIELDS", "NAMES", "NUMBERS", "fields_that_tell", "json_fields", "tells", "text_fields", "tree_labels"]

DICOM_FIELDS = (
    "PatientName", "PatientBirthName", "PatientMotherBirthName", "OtherPatientNames", "PatientBirthDate",
    "PatientAddress", "PatientTelephoneNumbers", "PatientID", "OtherPatientIDs",
)  # fmt: skip
"""Keywords of the DICOM attributes that are asked."""

_PEOPLE = """
    patientname patientsname patientbirthname patientsbirthname patientmotherbirthname patientsmothersbirthname
    otherpatientnames subjectname participantname fullname firstname lastname surname familyname givenname maidenname
    00100010 00101001 00101005
"""
_BIRTH = "patientbirthdate patientsbirthdate birthdate dateofbirth dob birthday 00100030"
_CONTACT = """
    patientaddress patientsaddress patienttelephonenumbers patientstelephonenumbers telephone phonenumber email
    emailaddress homeaddress streetaddress 00101040 00102154
"""
NAMES = frozenset(f"{_PEOPLE} {_BIRTH} {_CONTACT}".split())
"""Fields whose value gives a person away, in small letters and digits alone (``00100010`` is the DICOM tag)."""

NUMBERS = frozenset(
    ["patientid", "patientsid", "otherpatientids", "medicalrecordnumber", "mrn", "socialsecuritynumber", "00100020"]
)
"""Fields whose value may be a hospital's number for the person, or only the label in the study."""

_NOTHING = frozenset(
    [
        "anonymous",
        "anonymised",
        "anonymized",
        "anon",
        "deidentified",
        "de-identified",
        "removed",
        "none",
        "null",
        "nan",
        "unknown",
        "unspecified",
        "withheld",
        "redacted",
        "na",
        "n/a",
        "nil",
        "patient",
        "subject",
        "volunteer",
        "phantom",
        "test",
        "name",
    ]
)
_NO_DATE = frozenset({"19000101", "18000101", "17000101", "19700101", "99991231", "10101010", "11111111", "00010101"})
_EMPTY = re.compile(r"[\s^xX*?_.,/0=-]*")
_IN_TEXT = re.compile(
    r"(patient'?s?[ _]?(?:name|birth[ _]?date)|0010, ?00[13]0|date[ _]of[ _]birth|birth[ _]?date)"
    r"[^\S\r\n]{0,20}[)\]\"']{0,4}[^\S\r\n]{0,20}(?:(?:PN|DA)[^\S\r\n]{0,20})?[:=\t\[]"
    r"[^\S\r\n]{0,20}[\"']?([^\r\n\"',;\]]{1,80})",
    re.IGNORECASE,
)
_MAX_DEPTH = 12
_MAX_FIELDS = 200_000


def plain(field: str) -> str:
    """Return the name of a field as the sets above spell it."""
    return re.sub(r"[^a-z0-9]", "", field.lower())


def tree_labels(name: str) -> frozenset[str]:
    """Return the labels that a path carries: a field that repeats one tells nothing more than the file's name.

    Parameters
    ----------
    name : str
        Relative path of a file.
    """
    pairs = re.findall(r"(?:^|[/_])(sub|ses)-([A-Za-z0-9+]+)", name)
    return frozenset(text.lower() for key, label in pairs for text in (label, f"{key}-{label}", f"{key}{label}"))


def tells(field: str, value: str, labels: Collection[str] = ()) -> bool:
    """Tell whether what a field holds says something about a person.

    Parameters
    ----------
    field : str
        As it is spelled in the file.
    value : str
    labels : collection of str
        Of :func:`tree_labels`.

    Returns
    -------
    bool
        False for an empty value, one that says that something was removed, and the label of the study itself.
    """
    text = value.strip()
    bare = re.sub(r"[\s^]+", " ", text).strip().lower()
    if _EMPTY.fullmatch(text) or bare in _NOTHING or bare in labels:
        return False
    if plain(field) in _BIRTH.split():
        digits = re.sub(r"\D", "", text)
        return len(digits) >= 6 and digits[:8] not in _NO_DATE
    return not all(word in _NOTHING or word in labels for word in bare.split())


def fields_that_tell(fields: Iterable[tuple[str, str]], labels: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Return the fields that give a person away, and those that may hold a hospital's number; names alone, no values.

    Parameters
    ----------
    fields : iterable of (str, str)
        Field and value.
    labels : collection of str

    Returns
    -------
    list of str, list of str
        Sorted, each once.
    """
    names: set[str] = set()
    numbers: set[str] = set()
    for field, value in fields:
        known = plain(field)
        if (known in NAMES or known in NUMBERS) and tells(field, value, labels):
            (names if known in NAMES else numbers).add(field)
    return sorted(names), sorted(numbers)


def json_fields(value: Any) -> list[tuple[str, str]]:
    """Return every field of a JSON document that is asked, with its text; numbers count as text.

    Parameters
    ----------
    value
        What a JSON document holds, nested.

    Returns
    -------
    list of (str, str)
    """
    found: list[tuple[str, str]] = []
    waiting: list[tuple[Any, int]] = [(value, 0)]
    seen = 0
    while waiting and seen < _MAX_FIELDS:
        item, depth = waiting.pop()
        seen += 1
        if depth > _MAX_DEPTH:
            continue
        if isinstance(item, dict):
            for key, inner in item.items():
                if plain(str(key)) in NAMES | NUMBERS:
                    found += [(str(key), text) for text in _texts(inner)]
                waiting.append((inner, depth + 1))
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1) for inner in item)
    return found


def _texts(value: Any) -> list[str]:
    """Return the text of a field: itself, a list, or what the DICOM model of JSON wraps around it."""
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, str | int | float):
        return [str(value)]
    if isinstance(value, list):
        return [text for item in value[:100] for text in _texts(item)]
    if isinstance(value, dict):
        wrapped: Mapping[str, Any] = value
        return [text for key in ("Value", "Alphabetic") if key in wrapped for text in _texts(wrapped[key])]
    return []


def text_fields(text: str) -> list[tuple[str, str]]:
    """Return what looks like a field with a name or a date of birth in any text, such as the log of a converter."""
    return [(match[1], match[2].strip("\"')] ")) for match in _IN_TEXT.finditer(text)]

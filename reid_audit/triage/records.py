"""Records of fields and values, whatever file they stand in: which of them give a person away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst
from reid_audit.triage.combined import combined, is_birth
from reid_audit.triage.free_text import comment_form, text_fields
from reid_audit.triage.identifiers import BIRTHS, NAMES, NUMBERS, plain, tells
from reid_audit.triage.persons import form_of_name, setting_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from reid_audit.triage.persons import Setting

__all__ = ["Found", "is_asked", "is_certain", "told_by_fields", "told_by_found", "told_by_records"]

Grade = Literal["name", "doubtful", "number"]

_OPEN_WORDS = """
    name names nom nombre namen nameofpatient person patient patientin subject participant proband probandin
    teilnehmer
"""
_OPEN = frozenset(_OPEN_WORDS.split())
"""Fields that hold the name of a person or of a thing."""
_COMMENTS_WORDS = """
    comment comments note notes remark remarks patientcomments imagecomments studycomments
    additionalpatienthistory patientinfo patientinformation patientdata patientdetails subjectinfo
    subjectinformation bemerkung bemerkungen kommentar kommentare notiz notizen anamnese remarque remarques
    commentaire commentaires observaciones comentario comentarios
"""
_COMMENTS = frozenset(_COMMENTS_WORDS.split())
"""Fields in which somebody wrote what they liked."""


@dataclass(frozen=True)
class Found:
    """Names of fields that tell something; never a value.

    Parameters
    ----------
    names, doubtful, numbers : set of str
        A name, an address or a date of birth; what may be a name; what may be a hospital's number of the person.
    """

    names: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def add(self, name: str, grade: Grade | None) -> None:
        """Note what one field told."""
        if grade is not None:
            {"name": self.names, "doubtful": self.doubtful, "number": self.numbers}[grade].add(name)

    def ask(
        self,
        record: Sequence[tuple[str, str]],
        setting: Setting = "open",
        labels: Collection[str] = (),
        inside: str = "",
    ) -> None:
        """Note what the fields of a record tell, each and together; ``inside`` is what the record stands in."""
        for name, value in (*record, *combined(record, inside)):
            self.add(name, _graded(name, value, setting, labels))


def is_certain(name: str) -> bool:
    """Tell whether a field of this name can hold nothing but what says who somebody is."""
    known = plain(name)
    return known in NAMES or known in NUMBERS or is_birth(known)


def is_asked(name: str) -> bool:
    """Tell whether a field of this name is looked at."""
    known = plain(name)
    return is_certain(name) or known in _OPEN or known in _COMMENTS


def _graded(name: str, value: str, setting: Setting, labels: Collection[str]) -> Grade | None:
    known = plain(name)
    if is_birth(known):
        return "name" if tells("dateofbirth", value, labels) else None
    if known in NAMES:
        return "name" if setting != "makers" and tells(name, value, labels) else None
    if known in NUMBERS:
        return "number" if tells(name, value, labels) else None
    if known in _COMMENTS:
        return _comment(value, labels)
    return _open(value, setting) if known in _OPEN and tells(name, value, labels) else None


def _open(value: str, setting: Setting) -> Grade | None:
    """Grade a name of which the field does not say whether it is a person's."""
    if setting in {"makers", "thing"}:
        return None
    form = form_of_name(value)
    if form == "dicom" or (form == "words" and setting == "person"):
        return "name"
    return "doubtful" if form == "words" or (form == "letters" and setting == "person") else None


def _comment(value: str, labels: Collection[str]) -> Grade | None:
    if any(tells(name, inner, labels) for name, inner in text_fields(value) if plain(name) in BIRTHS):
        return "name"
    doubtful = comment_form(value) or any(tells(name, inner, labels) for name, inner in text_fields(value))
    return "doubtful" if doubtful and tells("comment", value, labels) else None


def told_by_records(
    records: Iterable[tuple[Sequence[tuple[str, str]], str]], labels: Collection[str], what: str
) -> Told:
    """Answer for records; the worst of them counts, wherever it stands.

    Parameters
    ----------
    records : iterable of (sequence of (str, str), str)
        Fields with their values, and the name of what the record stands in, empty at the top.
    labels : collection of str
        Of the file's own path.
    what : str
        Where no field tells anything: ``"no field of the document names a person"``.

    Returns
    -------
    Told
        With the names of the fields, and no value.
    """
    found = Found()
    for record, inside in records:
        found.ask(record, setting_of({plain(name) for name, _ in record}, plain(inside)), labels, plain(inside))
    return told_by_found(found, what)


def told_by_fields(fields: Iterable[tuple[str, str]], labels: Collection[str], what: str) -> Told:
    """Answer for the fields of one record; parameters as for :func:`told_by_records`."""
    return told_by_records([(list(fields), "")], labels, what)


def told_by_found(found: Found, what: str) -> Told:
    """Answer for what was found in all records of a file."""
    told = [nothing("no name", what)]
    if found.names:
        told.append(gives_away("name", f"{_listed(found.names)}: a name, an address or a date of birth"))
    if found.doubtful:
        told.append(cannot_tell("name", f"{_listed(found.doubtful)}: may name a person"))
    if found.numbers:
        told.append(cannot_tell("number", f"{_listed(found.numbers)}: may be a hospital's number of the person"))
    return worst(told)


def _listed(fields: Collection[str]) -> str:
    """Return names of fields, none of them long, at most six."""
    more = len(fields) - 6
    named = ", ".join(name[:40] for name in sorted(fields)[:6])
    return f"field{'s' if len(fields) > 1 else ''} {named}" + (f" and {more} more" if more > 0 else "")

"""Records of fields and values, whatever file they stand in: which of them give a person away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst
from reid_audit.triage.combined import combined
from reid_audit.triage.concept_values import grade_by_form, grade_of_value
from reid_audit.triage.concepts import Held, held_by, known_as
from reid_audit.triage.field_words import is_of_files
from reid_audit.triage.free_text import comment_form, contact_within, text_fields
from reid_audit.triage.identifiers import BIRTHS, NAMES, NUMBERS, is_birth, plain, says, tells
from reid_audit.triage.persons import form_of_name, names_within, setting_of
from reid_audit.triage.vocabulary import COMMENTS, NAMED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from reid_audit.triage.concept_values import Grade
    from reid_audit.triage.persons import Setting

__all__ = [
    "Found",
    "grade_of_any",
    "is_asked",
    "is_certain",
    "is_identifier",
    "is_named",
    "told_by_fields",
    "told_by_found",
    "told_by_records",
    "value_agrees",
]

_OPEN, _COMMENTS = frozenset(NAMED.split()), frozenset(COMMENTS.split())
_NAMES_ABROAD = frozenset(["nom", "nombre", "namen"])
"""Of the fields that hold the name of a person or of a thing, words that documents in English do not use for things."""
_SENTENCE = 8
"""Letters from which on a value is read as a text is."""


@dataclass(frozen=True)
class Found:
    """Names of fields that tell something; never a value.

    Parameters
    ----------
    names, doubtful, numbers, dates, ages : set of str
        What gives a person away; what may name one, or those around them; what may be a register's number of the
        person; dates of a person's own, and years of birth; ages over 89.
    """

    names: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    ages: set[str] = field(default_factory=set)

    def add(self, name: str, grade: Grade | None) -> None:
        """Note what one field told."""
        if grade is not None:
            grades = {"name": self.names, "doubtful": self.doubtful, "number": self.numbers}
            (grades | {"date": self.dates, "age": self.ages})[grade].add(name)

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
    known = known_as(name)
    return known in NAMES or known in NUMBERS or is_birth(known)


def is_named(name: str) -> bool:
    """Tell whether a field of this name holds a name, a date of birth or a number of a person, by any spelling."""
    held = held_by(name)
    named = held is not None and held.sure and held.concept in {"name", "number", "national"}
    return named or is_birth(known_as(name))


def is_asked(name: str) -> bool:
    """Tell whether a field of this name is looked at."""
    known = known_as(name)
    return is_certain(name) or known in _OPEN or known in _COMMENTS


def is_identifier(name: str) -> bool:
    """Tell whether a field of this name is looked at in tables and documents: fields of things may be among them."""
    return is_asked(name) or held_by(name) is not None


def value_agrees(name: str, value: str) -> bool:
    """Tell whether a field and a value that stand beside each other say the same: a telephone, and its number."""
    held = held_by(name)
    return held is not None and held.concept != "name" and grade_of_value(held, value, "open") == "name"


def _graded(name: str, value: str, setting: Setting, labels: Collection[str]) -> Grade | None:
    known = known_as(name)
    held = Held("birth", sure=True) if is_birth(known) else held_by(name)
    if held is not None and says(value, labels):
        return grade_of_value(held, value, setting) or grade_of_any(name, value, setting, labels)
    if known in _COMMENTS:
        return _comment(value, setting, labels)
    if known in _OPEN and says(value, labels):
        return _open(value, setting, abroad=known in _NAMES_ABROAD)
    return grade_of_any(name, value, setting, labels)


def grade_of_any(name: str, value: str, setting: Setting, labels: Collection[str]) -> Grade | None:
    """Return what a value tells although its field does not: FAMILY^GIVEN, "born ..."; a date of a person's.

    Parameters
    ----------
    name : str
        What the field is called; dates of files and programs are nobody's.
    value : str
    setting : Setting
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Grade or None
    """
    if setting == "makers":
        return None
    said = _announced(value, labels) or ("doubtful" if names_within(value) else None)
    formed = grade_by_form(value) if setting == "person" else None
    return said or (None if formed == "date" and is_of_files(name) else formed)


def _announced(value: str, labels: Collection[str]) -> Grade | None:
    """Grade a text by what words before it announce: a birth, or a name."""
    fields = text_fields(value) if len(value) >= _SENTENCE else []
    told = [name for name, inner in fields if tells(name, inner, labels)]
    return "name" if any(plain(name) in BIRTHS for name in told) else "doubtful" if told else None


def _open(value: str, setting: Setting, *, abroad: bool) -> Grade | None:
    """Grade a name of which the field does not say whether it is a person's."""
    if setting == "makers" or (setting == "thing" and not abroad):
        return None
    form = form_of_name(value)
    if form == "dicom" or (form == "words" and setting == "person"):
        return "name"
    single = form == "letters" and (setting == "person" or (abroad and value.strip()[:1].isupper()))
    return "doubtful" if form == "words" or single else None


def _comment(value: str, setting: Setting, labels: Collection[str]) -> Grade | None:
    if not says(value, labels):
        return None
    reached = setting not in {"makers", "thing"} and contact_within(value)
    return _announced(value, labels) or ("doubtful" if reached or comment_form(value) else None)


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
        found.ask(record, setting_of({known_as(name) for name, _ in record}, plain(inside)), labels, plain(inside))
    return told_by_found(found, what)


def told_by_fields(fields: Iterable[tuple[str, str]], labels: Collection[str], what: str) -> Told:
    """Answer for the fields of one record; parameters as for :func:`told_by_records`."""
    return told_by_records([(list(fields), "")], labels, what)


def told_by_found(found: Found, what: str) -> Told:
    """Answer for what was found in all records of a file."""
    told = [nothing("no name", what)]
    if found.names:
        what_they_are = "a name, an address, a telephone or another number of a person, or a date of birth"
        told.append(gives_away("name", f"{_listed(found.names)}: {what_they_are}"))
    if found.doubtful:
        told.append(
            cannot_tell("name", f"{_listed(found.doubtful)}: may name a person, or where and by whom one is found")
        )
    if found.numbers:
        told.append(
            cannot_tell("number", f"{_listed(found.numbers)}: may be a number by which a register knows the person")
        )
    if found.dates:
        told.append(cannot_tell("date", f"{_listed(found.dates)}: a date of a person's own, or a year of birth"))
    if found.ages:
        told.append(cannot_tell("age", f"{_listed(found.ages)}: an age over 89"))
    return worst(told)


def _listed(fields: Collection[str]) -> str:
    """Return names of fields, none of them long, at most six."""
    more = len(fields) - 6
    named = ", ".join(name[:40] for name in sorted(fields)[:6])
    return f"field{'s' if len(fields) > 1 else ''} {named}" + (f" and {more} more" if more > 0 else "")

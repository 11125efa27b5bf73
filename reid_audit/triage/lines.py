"""Lines of a field and its value, as settings, logs and notes have them: which of them name somebody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reid_audit.triage.concepts import known_as
from reid_audit.triage.free_text import free_form
from reid_audit.triage.identifiers import NAMES, is_birth, tells
from reid_audit.triage.persons import is_of_makers, is_of_people
from reid_audit.triage.records import Found, is_asked, told_by_found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reid_audit.triage.answer import Told
    from reid_audit.triage.concept_values import Grade

__all__ = ["told_by_lines"]

_LINE = re.compile(
    r"^[^\S\r\n]{0,60}(?:[#%;>*|-]{1,3}[^\S\r\n]{1,4})?[\"']?"
    r"([^\W\d_](?:[\w'()/.-]|[^\S\r\n](?=[^\s:=])){1,40})[\"']?[^\S\r\n]{0,20}[:=]"
    r"[^\S\r\n]{0,20}[\"']?([^\r\n]{0,120})$",
    re.MULTILINE,
)
_SECTION = re.compile(r"^[^\S\r\n]{0,60}\[([^\W\d_]\w{0,40})\][^\S\r\n]*$", re.MULTILINE)
_APART = 400
"""Characters between two fields from which on they belong to different records."""
_PERSONS_WORDS = """
    patient patientin subject participant proband probandin teilnehmer person subjectname participantname patientname
    patientsname probandenname patientenname
"""
_PERSONS = frozenset(_PERSONS_WORDS.split())
"""Fields that speak of a person whatever stands beside them."""


def told_by_lines(text: str, labels: Collection[str]) -> Told:
    """Answer for lines such as ``Subject: X``, ``born = X`` or ``name: X`` in a record that speaks of a person.

    Parameters
    ----------
    text : str
    labels : collection of str
        Of the file's own path.

    Returns
    -------
    Told
        A whole date in a field of births is a find; words with capitals in a field of names are ``"cannot tell"``, and
        nothing where the record is of those who made the data.
    """
    found = Found()
    for record in _records(text):
        known = {known_as(name) for name, _ in record}
        makers = any(map(is_of_makers, known))
        person = not makers and any(is_of_people(one) or is_birth(one) for one in known)
        for name, value in record:
            found.add(name, _graded(name, value, labels, person=person, makers=makers))
    return told_by_found(found, "no line names a person")


def _graded(name: str, value: str, labels: Collection[str], *, person: bool, makers: bool) -> Grade | None:
    known = known_as(name)
    if is_birth(known):
        return "name" if tells("dateofbirth", value, labels) else None
    asked = known in _PERSONS or (person and (known in NAMES or is_asked(name)))
    return "doubtful" if asked and not makers and free_form(value) and tells(name, value, labels) else None


def _records(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the fields that stand close to each other, with the names of sections among them."""
    record: list[tuple[str, str]] = []
    end = 0
    sections = [(match.start(), match.end(), match[1], "") for match in _SECTION.finditer(text)] if "[" in text else []
    lines = [(match.start(), match.end(), match[1], match[2].strip(" \t\"'")) for match in _LINE.finditer(text)]
    for start, stop, name, value in sorted(sections + lines):
        if record and start - end > _APART:
            yield record
            record = []
        record.append((name, value))
        end = stop
    if record:
        yield record

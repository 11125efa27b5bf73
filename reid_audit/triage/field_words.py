"""What a field holds, told by the words that it is made of: ``birth_dt``, ``DateOfMRI``, ``Hospital MRN``."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from reid_audit.triage.vocabulary import KINDS, PERSONS

__all__ = ["by_words", "is_of_files", "without_brackets"]

_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])\s*$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST = 60
_MOST_WORDS = 8


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOB = _words("dob bday birthday birthdate bdate ddn gebdat gebdatum geburtsdatum datenaissance")
_BIRTH = _words("birth born geburt geboren geb naissance nacimiento")
_DATE = _words("date dates dt dte day datum fecha datetime timestamp")
_YEAR = _words("year yr yyyy month mon mo jahr monat annee mois ano mes")
_OF_AN_INFANT = _words(
    "weight wt length height head circumference order rank cohort control gestation gestational weeks country type "
    "mode season size complication complications injury trauma apgar language"
)
_MRN, _SSN = _words("mrn medrec"), _words("ssn")
_REGISTER = _words(
    "hospital hosp clinic epic cerner pacs emr ehr accession insurance insurer ins policy account acct member "
    "subscriber encounter employee emp student license licence driver drivers plate passport chi cpr"
)
_OF_RECORDS = (_words("medical med chart"), _words("record rec"), _words("social soc"), _words("security sec"))
_NUMBER = _words("id no nr num nummer numero identifier number")
_STREET, _ROAD = _words("addr address adresse anschrift direccion"), _words("street strasse")
_NO_STREET = _words(
    "ip ipv mac memory hex url web institution institutional site type kind known status change changes noise stability"
)
_MAIL, _PHONE = (
    _words("mail email courriel correo"),
    _words("phone telephone tel telefon telefono mobile handy fax pager"),
)
_CONTACT = _words("contact contacts kontakt contacto")
_INFORMATION = _words("info information details data person")
_AGE = _words("age alter edad")
_WHEN = _words(
    "at in on of the mri ct pet eeg meg scan scans scanned scanning imaging baseline bl visit session ses wave "
    "timepoint t v w y yr yrs year years jahre jahren anos enrollment enrolment inclusion exam examination test "
    "testing assessment intake first last followup fu death diagnosis onset consent current now admission discharge "
    "surgery acquisition acq study subject patient participant person pt rounded exact decimal chronological"
)
_MONTHS = _words("month months mo mos monate monaten mois meses interview")
"""In the NIMH Data Archive ``interview_age`` counts months."""
_EVENT = _words(
    "acq acquisition mri ct pet eeg meg scan scans scanned imaging visit exam examination session ses death deceased "
    "died admission admitted discharge discharged surgery operation op study series test testing assessment interview "
    "enrollment enrolment enrolled inclusion diagnosis diagnosed treatment appointment consent followup fu baseline "
    "hospital hospitalization injury accident onset relapse transplant biopsy blood lab sample collection "
    "questionnaire survey untersuchung aufnahme entlassung tod examen sortie deces ingreso alta muerte"
)
_OF_SOFTWARE = _words("version release software")
_OF_FILES = _words(
    "version release released software created creation generated modified build built updated access accessed "
    "retrieved download downloaded published publication conversion converted processing processed analysis shift "
    "shifted format"
)
_NAME = _words("name names nom nombre nm")
_WHICH = _words("first last middle full given family maiden legal preferred f l")
_SHORT = _words("fname lname pname")
_AROUND = _words(
    "teacher neurologist pcp staff tech ra proxy friend roommate grandmother grandfather aunt uncle dr md signed "
    "scanned entered tested"
)
_OF_A_NAME = _words("of birth the s de du del und and y et vor nach demo demographics bl baseline t v")
_NAMES = _words(
    "vorname nachname familienname geburtsname surname forename firstname lastname prenom apellido apellidos"
)
_PEOPLE = _words(PERSONS) | _words(
    "child kid infant baby twin son daughter mom mum dad kind enfant bebe hijo hija pt subj client member"
)
_PLACE = _words("city town village zip zipcode postcode postal plz residence county ville ciudad stadt wohnort")
_WHERE = _words("of code current home live lives living residence birth permanent the in")
_ASIDE = (
    _PEOPLE | _words(KINDS) | _words("of the s a b c d e demo demographics bl baseline t v w my your full line by care")
)


def without_brackets(field: str) -> str:
    """Return the name of a field without what stands in brackets at its end: ``DOB (mm/dd/yyyy)`` is ``DOB``."""
    return _BRACKETS.sub("", field[:200])


def by_words(field: str) -> str | None:
    """Return a word of the vocabulary that means what the words of a field mean together.

    Parameters
    ----------
    field : str
        As it is spelled in the file; blanks, underscores, hyphens and capitals part its words.

    Returns
    -------
    str or None
        ``dateofbirth`` for ``birth_dt``; None for names that are long, of one word alone, or speak of no person.
    """
    words = _split(field)
    return _meaning(words) if 0 < len(words) <= _MOST_WORDS else None


@lru_cache(maxsize=65_536)
def _split(field: str) -> frozenset[str]:
    """Return the words of a field in small letters; none where it is a sentence."""
    if len(field) > _LONGEST:
        return frozenset()
    letters = unicodedata.normalize("NFKD", field.replace("\u00df", "ss"))
    return frozenset(word.lower() for word in _WORD.findall("".join(map(_letter, letters))))


def _letter(character: str) -> str:
    """Return a letter, nothing for an accent, and a blank for all else."""
    if unicodedata.combining(character):
        return ""
    return character if character.isascii() and character.isalpha() else " "


def is_of_files(field: str) -> bool:
    """Tell whether a field speaks of what a file or a program went through: ``software_version_date``."""
    return not _OF_FILES.isdisjoint(_split(field))


def _meaning(words: frozenset[str]) -> str | None:
    rules = (_birth, _number, _contact, _age, _date, _person, _place)
    return next((meaning for rule in rules if (meaning := rule(words)) is not None), None)


def _birth(words: frozenset[str]) -> str | None:
    if words & _DOB:
        return "dob"
    if not words & _BIRTH or words & _OF_AN_INFANT:
        return None
    if words & _DATE:
        return "dateofbirth"
    return "birthyear" if words & _YEAR and words <= _BIRTH | _YEAR | _ASIDE else None


def _number(words: frozenset[str]) -> str | None:
    if words & _MRN:
        return "mrn"
    if words & _SSN:
        return "ssn"
    medical, record, social, security = (bool(words & some) for some in _OF_RECORDS)
    if (medical and record) or (social and security):
        return "mrn" if medical else "ssn"
    of_a_register = words & _REGISTER and words & _NUMBER and words <= _REGISTER | _NUMBER | _ASIDE
    return "hospitalid" if of_a_register else None


def _contact(words: frozenset[str]) -> str | None:
    if words & _MAIL:
        return "mail"
    if words & _PHONE:
        return "tel"
    if "ip" in words:
        return "ip"
    if (words & _STREET and not words & _NO_STREET) or (words & _ROAD and words <= _ROAD | _STREET | _ASIDE | _NUMBER):
        return "address"
    return "contact" if words & _CONTACT and words & _INFORMATION else None


def _age(words: frozenset[str]) -> str | None:
    rest = words - _AGE
    if rest == words or not rest <= _WHEN | _MONTHS:
        return None
    return "ageinmonths" if rest & _MONTHS else "age"


def _date(words: frozenset[str]) -> str | None:
    rest = words - _DATE
    if rest == words or not rest:
        return None
    if rest & _EVENT:
        return None if words & _OF_SOFTWARE else "visitdate"
    return None if words & _OF_FILES else "date"


def _person(words: frozenset[str]) -> str | None:
    if words & _NAMES:
        return "fullname" if words <= _NAMES | _OF_A_NAME | _PEOPLE | _NAME else None
    if words & _SHORT or (words & _NAME and words <= _NAME | _OF_A_NAME):
        return "name"
    if words & _AROUND and words <= _AROUND | _ASIDE | _NAME:
        return "operator"
    rest = words - _NAME
    whose = rest & (_PEOPLE | _WHICH)
    return "fullname" if rest < words and whose and rest <= _PEOPLE | _WHICH | _OF_A_NAME else None


def _place(words: frozenset[str]) -> str | None:
    rest = words - _PLACE
    return "city" if rest < words and rest <= _PEOPLE | _WHERE else None

"""What the value of a field that may say who somebody is tells: whether it has the form that the field promises."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from reid_audit.triage.identifiers import is_date, tells
from reid_audit.triage.persons import form_of_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.triage.concepts import Held
    from reid_audit.triage.persons import Setting

__all__ = ["Grade", "grade_by_form", "grade_of_value"]

Grade = Literal["name", "doubtful", "number", "date", "age"]
"""``name``: gives a person away. The others may: ``number``, ``date`` and ``age`` say what they are."""

_TELEPHONE = re.compile(r"\+?[\d ()/.-]{7,24}(?:(?:x|ext\.?) ?\d{1,5})?", re.IGNORECASE)
_FLOAT = re.compile(r"-?\d+\.\d+")
_DIGITS_OF_DATE = 8
_MAIL = re.compile(r"(?<![^@\s])[^@\s]{1,100}@[^@\s]{1,200}\.[^@\s]+")
_BY_FORM = re.compile(
    r"\+\d{1,3}(?:[ /().-]{0,3}\d{1,8}){2,6}|\d{3}-\d\d-\d{4}|-?\d{1,2}\.\d{3,}[,; ]{1,2}-?\d{1,3}\.\d{3,}"
)
_WHOLE_DATE = re.compile(r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4})(?:[T ][\d:.,+Zz-]{1,20})?$")
_NATIONAL = re.compile(
    r"\d{9,15}|[A-Z]\d{9}|\d{8}[A-Z]|[XYZ]\d{7}[A-Z]|\d{8}[A-Z]\d{3}|[A-Z]{2}\d{6}[A-D]|\d{6}[A-Z\d]{4}"
)
"""Social security (US, DE, FR), NHS, Versichertennummer, DNI, NIE, national insurance, without what separates them."""
_VEHICLE = re.compile(r"[A-HJ-NPR-Z\d]{17}")
_CAPITAL_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_a-zà-ÿ][^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_ZIP = re.compile(r"\d{4,5}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d", re.IGNORECASE)
_HOUSE = re.compile(r"(?:^|[\s,])\d{1,5}[A-Za-z]?(?=$|[\s,;/-])")
_ROAD = re.compile(r"str(?:\.|asse|aße|eet)|road|avenue|lane|drive|platz|weg|rue|boulevard|calle|plaza", re.IGNORECASE)
_PAGE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"@[\w.-]{2,}")
_TITLE = re.compile(
    r"^(?:(?:dr|prof|mr|mrs|ms|mme|sr|sra|herr|frau|doctor|doktor|professor)\b\.?\s*(?:med\.\s*)?)+", re.IGNORECASE
)
_DEGREE = re.compile(r",?\s+(?:md|m\.d\.|phd|ph\.d\.|rn)$", re.IGNORECASE)
_COUNTS = {"telephone": 2, "mail": 2, "national": 2, "ip": 2, "social": 2, "number": 1, "place": 1, "alias": 1}
"""Digits up to which a value is an answer or a count where what the field holds is longer."""
_REGISTERS = ("national", "number")
_MEASURE = re.compile(r"-\d+(?:\.\d+)?|\d+\.\d*[1-9]\d*")
"""A number with a sign or a fraction: no register counts so."""
_SOUNDS = re.compile(r"[^\W\d_]{1,3}\d?|(?=[^\d]*\d)[^\W\d_]{1,3}\d?(?: [^\W\d_]{1,3}\d?){0,30}")
_LABELLED = re.compile(r"[^\W_]{0,6}[^\W\d_]-?\d{1,3}|\d{1,4}")
_FILE = re.compile(r"[/\\]|\.\w{1,4}$")
_KIN_WORDS = """
    mother father parent parents wife husband spouse partner son daughter sister brother sibling grandmother grandfather
    grandparent aunt uncle cousin friend self caregiver guardian teacher mutter vater eltern mere pere madre padre
"""
_NAMED = ("name", "relative", "clinician", "alias")
_KIN = frozenset(_KIN_WORDS.split())
_STATES_WORDS = """
    alive dead deceased living married single divorced widowed separated employed unemployed retired homemaker
    veteran student urban rural suburban biological adoptive foster both either neither none other college school
    university degree male female high low small medium large safe unsafe stable unstable house apartment flat
    nursing home institution hospital independent alone residence private asian white black hispanic latino
    caucasian smoker diabetes bipolar depression schizophrenia dementia cancer
"""
_STATES = frozenset(_STATES_WORDS.split()) | _KIN
"""Words in a questionnaire about a relative or a place, none of which names it."""
_MOST_PLACE = 60
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)|(?<!\d)(\d{4})\d{4}(?!\d)")
_MONTH = re.compile(r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|[^\W\d_]{3,10}\.? \d{4}")
_SHIFTED = 1925
"""BIDS shifts dates of examinations to this year or before: such a date is nobody's."""
_BIRTH_YEAR = re.compile(r"(?:18|19|20)\d\d(?:\.0)?|\d{1,2}|[^\W\d_]{3,10}")
_PART_OF_BIRTH = re.compile(
    r"(?:18|19|20)\d\d(?:\.0)?|(?:18|19|20)\d\d[-/.]\d{1,2}|\d{1,2}[-/.](?:18|19|20)\d\d"
    r"|[^\W\d_]{3,10}\.?[ -](?:18|19|20)?\d\d"
)
_SERIAL = re.compile(r"\d{4,5}(?:\.0)?")
_SERIALS = (3_655, 54_788)
"""1910 to 2049. Earlier numbers are years as well."""
_AGE = re.compile(
    r"0*(\d{1,3}(?:[.,]\d+)?)\s*(?:y|yrs?|years?|jahre|ans|años|anos)?(?:\s*old|\s*alt|\s*\d{1,2}\s*m)?", re.IGNORECASE
)
_MONTHS = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*(?:m|mo|months?)?", re.IGNORECASE)
_OLD, _OLDEST = 89, 130


def grade_of_value(held: Held, value: str, setting: Setting) -> Grade | None:
    """Return what a value that is neither empty nor says that something was removed tells.

    Parameters
    ----------
    held : Held
        What its field holds, by what it is called.
    value : str
    setting : Setting
        What the record is about; of those who made the data nothing is told but numbers of registers.

    Returns
    -------
    Grade or None
        ``"name"`` where the value has the form that the field promises; a lesser one where the field alone says so;
        None where the field may hold a thing, and the value looks like one.
    """
    text = value.strip()
    if not any(map(str.isalnum, text)):
        return None
    measured = held.concept in _REGISTERS and _MEASURE.fullmatch(text)
    if measured or (text.isdecimal() and len(text) <= _COUNTS.get(held.concept, 0)):
        return None
    if held.concept in _NAMED and _is_kin(text):
        return None
    if setting == "makers" and held.concept not in {"birth", "national", "number"}:
        return None
    return _GRADES[held.concept](text, setting, held.sure)


def _name(text: str, _setting: Setting, _sure: bool) -> Grade | None:
    """Grade a name; without a word that is free of digits, it may be the label of a study."""
    words = re.split(r"[^\w'’-]+", text)
    return "number" if all(any(map(str.isdigit, word)) for word in words if word) else "name"


def _birth(text: str, _setting: Setting, _sure: bool) -> Grade | None:
    if tells("dateofbirth", text):
        return "name"
    return "date" if _PART_OF_BIRTH.fullmatch(text) or _is_serial(text) else None


def _is_serial(text: str) -> bool:
    """Tell whether a number may be a date as spreadsheets count days, from 1900 on."""
    return bool(_SERIAL.fullmatch(text)) and _SERIALS[0] <= float(text) <= _SERIALS[1]


def _formed(has_form: Callable[[str], bool], otherwise: Grade) -> Callable[[str, Setting, bool], Grade | None]:
    """Return a rule: a find where a value has a form, and what a sure field alone says."""
    return lambda text, _setting, sure: "name" if has_form(text) else otherwise if sure else None


def _telephone(text: str, _setting: Setting, sure: bool) -> Grade | None:
    """Grade a telephone number; digits alone are one where the field says so, or where there are many."""
    if _is_telephone(text) and (sure or not text.isdecimal() or text[0] == "0" or len(text) > _DIGITS_OF_DATE):
        return "name"
    sounds = _SOUNDS.fullmatch(text)  # the phones of a language
    return "doubtful" if sure and not sounds else None


def _is_telephone(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    counted = bool(_FLOAT.fullmatch(text)) or (digits <= _DIGITS_OF_DATE and is_date(text))
    return 6 <= digits <= 17 and bool(_TELEPHONE.fullmatch(text)) and not counted


def grade_by_form(text: str) -> Grade | None:
    """Return what a value of a person's record tells by its form alone, whatever its field is called.

    Parameters
    ----------
    text : str

    Returns
    -------
    Grade or None
        A lesser grade for an address of e-mail, a telephone with the code of its country, a social security number, a
        point on the earth; ``"date"`` for a whole date after 1925.
    """
    if _is_mail(text) or _BY_FORM.fullmatch(text):
        return "doubtful"
    dated = _WHOLE_DATE.match(text)
    return _date(text, "person", sure=True) if dated else None


def _is_mail(text: str) -> bool:
    return bool(_MAIL.search(text))


def _is_national(text: str) -> bool:
    return not _FLOAT.fullmatch(text) and bool(_NATIONAL.fullmatch(re.sub(r"[\s./-]", "", text).upper()))


def _number(text: str, _setting: Setting, sure: bool) -> Grade | None:
    return "number" if sure or _VEHICLE.fullmatch(text.upper()) else None


def _place(text: str, setting: Setting, sure: bool) -> Grade | None:
    return "doubtful" if sure or _ZIP.fullmatch(text) or _looks_placed(text, setting) else None


def _looks_placed(text: str, setting: Setting) -> bool:
    """Tell whether a text may be the name of a place: by a capital, or in small letters among what people have."""
    looks = _WORD if setting == "person" else _CAPITAL_WORD
    return len(text) <= _MOST_PLACE and bool(looks.search(text)) and not _is_state(text) and not _FILE.search(text)


def _street(text: str, setting: Setting, sure: bool) -> Grade | None:
    if _is_mail(text):
        return "name"
    looks = _looks_placed(text, setting) or bool(_ROAD.search(text))
    if looks and _WORD.search(text) and _HOUSE.search(text):
        return "name"
    return "doubtful" if sure or looks else None


def _ip(text: str, _setting: Setting, sure: bool) -> Grade | None:
    try:
        address = ip_address(text)
    except ValueError:
        return "doubtful" if sure else None
    if address.is_loopback or address.is_unspecified:
        return None
    return "name" if address.is_global else "doubtful"


def _page(text: str, setting: Setting, sure: bool) -> Grade | None:
    if sure and _LABELLED.fullmatch(text):
        return None
    reached = _PAGE.match(text) or _is_mail(text) or (not text.isdecimal() and _is_telephone(text))
    return "doubtful" if sure or (setting == "person" and reached) else None


def _relative(text: str, setting: Setting, sure: bool) -> Grade | None:
    called = _called(text)
    if called == "named":
        return "name" if sure or _TITLE.match(text) else "doubtful"
    return "doubtful" if sure or (called == "single" and setting == "person") else None


def _clinician(text: str, setting: Setting, sure: bool) -> Grade | None:
    called = _called(text)
    return "doubtful" if sure or called == "named" or (called == "single" and setting != "thing") else None


def _called(text: str) -> Literal["named", "single", "none"]:
    """Tell whether a text is a whole name, title and degree aside, or a single word with a capital."""
    bare = _DEGREE.sub("", _TITLE.sub("", text))
    form = form_of_name(bare)
    if _is_state(bare) or form == "none":
        return "none"
    if form in {"dicom", "words"} or (bare != text and bare[:1].isupper()):
        return "named"
    return "single" if bare[:1].isupper() and bare.isalpha() and len(bare) > 2 else "none"


def _alias(text: str, setting: Setting, sure: bool) -> Grade | None:
    form = "none" if _is_state(text) else form_of_name(text)
    likely = form in {"dicom", "words"} or (form == "letters" and setting == "person")
    return "doubtful" if sure or (likely and setting != "thing") else None


def _date(text: str, setting: Setting, sure: bool) -> Grade | None:
    if not sure and setting != "person":
        return None
    years = [int(year or joined) for year, joined in _YEAR.findall(text)]
    if any(year <= _SHIFTED for year in years):
        return None
    return "date" if is_date(text) or _MONTH.match(text) else None


def _birth_year(text: str, _setting: Setting, _sure: bool) -> Grade | None:
    return "date" if _BIRTH_YEAR.fullmatch(text) else None


def _age(text: str, _setting: Setting, _sure: bool) -> Grade | None:
    match = _AGE.fullmatch(text)
    return "age" if match and _OLD < float(match[1].replace(",", ".")) <= _OLDEST else None


def _age_in_months(text: str, _setting: Setting, _sure: bool) -> Grade | None:
    match = _MONTHS.fullmatch(text)
    return "age" if match and 12 * (_OLD + 1) <= float(match[1]) < 12 * (_OLDEST + 1) else None


def _is_kin(text: str) -> bool:
    """Tell whether a text says who somebody is to the person, and no name."""
    return _KIN.issuperset(re.split(r"\W+", text.strip().lower()))


def _is_state(text: str) -> bool:
    return not _STATES.isdisjoint(re.split(r"\W+", text.lower()))


_GRADES: dict[str, Callable[[str, Setting, bool], Grade | None]] = {
    "name": _name,
    "birth": _birth,
    "telephone": _telephone,
    "mail": _formed(_is_mail, "doubtful"),
    "national": _formed(_is_national, "number"),
    "number": _number,
    "place": _place,
    "street": _street,
    "ip": _ip,
    "social": _formed(lambda text: bool(_PAGE.match(text) or _HANDLE.fullmatch(text)), "doubtful"),
    "page": _page,
    "relative": _relative,
    "clinician": _clinician,
    "alias": _alias,
    "date": _date,
    "birth year": _birth_year,
    "age": _age,
    "age in months": _age_in_months,
}

"""What looks like a name or a date of birth in free text: logs, comments, descriptions."""

from __future__ import annotations

import re

from reid_audit.triage.identifiers import is_date
from reid_audit.triage.persons import form_of_name, may_name, names_within

__all__ = ["called_within", "comment_form", "contact_within", "free_form", "registered_within", "text_fields"]

_IN_TEXT = re.compile(
    r"(patient'?s?[ _]?(?:name|birth[ _]?date)|0010, ?00[13]0|date[ _]of[ _]birth|birth[ _]?date|patientenname"
    r"|name de[sr] patient(?:en|in)|nom du patient|nombre del paciente|date[ _]de[ _]naissance"
    r"|fecha[ _]de[ _]nacimiento|geburtsdatum|(?<![^\W_])(?:vorname|nachname|pr[ée]nom|apellidos?|dob)(?!\w))"
    r"(?:</?[a-z][^<>\r\n]{0,200}>){0,4}[^\S\r\n]{0,20}[)\]\"']{0,4}[^\S\r\n]{0,20}(?:(?:pn|da)[^\S\r\n]{0,20})?[:=\t\[]"
    r"(?:[^\S\r\n]{0,20}</?[a-z][^<>\r\n]{0,200}>){0,4}[^\S\r\n]{0,20}[\"']?([^\r\n\"',;\]<]{1,80})"
)
"""In small letters: to look for both takes five times as long."""
_DATE = (
    r"(\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{8}"
    r"|\d{1,2}\.? [^\W\d_]{3,10}\.? \d{4})(?!\d)"
)
_BORN = re.compile(
    r"(?:born|geb\.?|geboren|née?|nacid[oa]|dob|d\.o\.b\.|birth[ _]?date|date of birth|geburtsdatum)"
    r"[ :=(]{1,3}(?:(?:on|am|le|el)[ :]{1,3})?" + _DATE
)
_STAR = re.compile(r"(?<![*\w])\*(\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d\d-\d\d)(?![\d*])")
"""The sign for a birth stands close before its date; that of a list does not."""
_BELOW = re.compile(
    r"^[^\S\r\n]{0,40}(patient'?s?[ _]?name|patientenname|name de[sr] patient(?:en|in)|nom du patient"
    r"|nombre del paciente|(?:last|first|family|given|sur)[ ]?name|vorname|nachname|pr[ée]nom|apellidos?"
    r"|date of birth|birth[ _]?date|dob|geburtsdatum|date de naissance|fecha de nacimiento)"
    r"[^\S\r\n]{0,4}:?[^\S\r\n]{0,10}\r?\n(?:[^\S\r\n]{0,40}\r?\n){0,2}[^\S\r\n]{0,40}([^\s][^\r\n]{1,80})$",
    re.MULTILINE,
)
"""A field alone on its line, and what stands on the next."""
_FIELDS_WORDS = """
    patient 0010 birth dob naissance paciente nacimiento geburtsdatum vorname nachname prénom prenom apellido
"""
_BIRTHS_WORDS = """
    born geb né nacid dob d.o.b. birth geburtsdatum
"""
_FIELDS, _BIRTHS = tuple(_FIELDS_WORDS.split()), tuple(_BIRTHS_WORDS.split())
_PARTS = tuple(f"{part}{blank}name" for part in ("last", "first", "family", "given", "sur") for blank in ("", " "))
"""Words without which none of the patterns above can match."""
_CALLED = re.compile(
    r"(?<!\w)(?:[Pp]atient(?:in)?|[Pp]at\.|[Pp]roband(?:in)?|[Nn]ame|Herrn?|Frau|Mr|Mrs|Ms|Mme|Sr|Sra)[.: ]{1,3}"
    r"([^\W\d_][\w'’.-]{1,40} [^\W\d_][\w'’-]{1,40})"
)
_LISTED = re.compile(r"\s{0,20}[^\W\d_][\w'’-]{1,40}, ?[^\W\d_][\w'’-]{1,40}(?![\w'’])")
_WHOLE_DATE = re.compile(r"[(,;*]?\s{0,5}(?<!\d)(?:\d{4}[-./]?\d\d[-./]?\d\d|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?!\d)")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}")
_TELEPHONE = re.compile(
    r"(?<![\w.,/-])(?:(?:\+\d{1,3}|\(0?\d{2,5}\)|0\d{1,5})(?:[ /()-]{1,3}\d{2,8}){1,5}|0\d{9,11}"
    r"|\d{3}[.-]\d{3}[.-]\d{4})(?![\w,/-]|\.\d)"
)
_CALLED_WITHIN = re.compile(
    r"(?<!\w)(?:[Pp]atient(?:in)?|[Pp]roband(?:in)?|[Pp]articipant|[Ss]ubject|[Vv]olunteer|Mr|Mrs|Ms|Herrn?|Frau|Mme)\.?"
    r"(?: (?:sub-\w{1,40}|\w{0,20}\d\w{0,20}))?"
    r"(?: is| was| named| called|:)? ([^\W\d_a-z][\w'’-]{1,40} [^\W\d_a-z][\w'’-]{1,40})"
)
_REGISTERED = re.compile(
    r"(?<!\w)(?:mrn|medical record (?:number|no\.?)|patient[ -]?(?:number|no\.?)|patientennummer|fallnummer|ssn"
    r"|social security(?: number)?)\W{1,3}(?:is |was )?(?:[a-z]{0,3}\d{4,}|\d{3}-\d\d-\d{4})"
)
_REGISTERS = ("mrn", "medical record", "patient", "fallnummer", "ssn", "social security")
_GROUP = re.compile(r"\d+")
_MOST = 10_000


def text_fields(text: str) -> list[tuple[str, str]]:
    """Return what looks like a field with a name or a date of birth in any text, such as the log of a converter.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of (str, str)
        Field and value.
    """
    small = text.lower()
    kept = text if len(small) == len(text) else small  # a few letters become two
    fields = _pairs(_IN_TEXT, small, kept) if _speaks_of(small, _FIELDS) else []
    below = _pairs(_BELOW, small, kept) if _speaks_of(small, _FIELDS, _PARTS) else []
    born = _BORN.finditer(small) if _speaks_of(small, _BIRTHS) else ()
    dates = [match[1] for match in born if not _within_word(small, match.start())]
    dates += [match[1] for match in _STAR.finditer(text)] if "*" in text else []
    formed = [(name, value) for name, value in below if is_date(value) or free_form(value)]
    return [*fields, *(("date of birth", date) for date in dates), *formed]


def _pairs(pattern: re.Pattern[str], small: str, kept: str) -> list[tuple[str, str]]:
    """Return the groups of each match in small letters, as the text has them."""
    found = [(kept[slice(*match.span(1))], kept[slice(*match.span(2))]) for match in pattern.finditer(small)]
    return [(name, value.strip("\"')] \t\r")) for name, value in found]


def _speaks_of(small: str, *words: tuple[str, ...]) -> bool:
    """Tell whether one of some words is in a text: to look for it takes a hundredth of the time of a pattern."""
    return any(word in small for group in words for word in group)


def _within_word(text: str, at: int) -> bool:
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")


def comment_form(text: str) -> bool:
    """Tell whether a comment about a scan may name a person: it is a name, or calls somebody by one.

    Parameters
    ----------
    text : str
    """
    text = text[:_MOST]
    return free_form(text) or any(form_of_name(name) in {"dicom", "words"} for name in _names(text))


def contact_within(text: str) -> bool:
    """Tell whether an e-mail address or a telephone number stands in a comment; a date is none.

    Parameters
    ----------
    text : str
    """
    numbers = (match[0] for match in _TELEPHONE.finditer(text[:_MOST]))
    return bool(_MAIL.search(text[:_MOST])) or any(map(_is_telephone, numbers))


def _is_telephone(number: str) -> bool:
    """Tell a telephone from a date, and from sizes in voxels: 064 064 32."""
    groups = [len(group) for group in _GROUP.findall(number)]
    return not is_date(number) and (max(groups) > 3 or number[0] in "+(" or len(groups) > 4)


def called_within(text: str) -> bool:
    """Tell whether somebody is called by a name of two words anywhere in a text: "patient Ada Lovelace".

    Parameters
    ----------
    text : str
        Of any length, such as a README.
    """
    return any(may_name(match[1]) for match in _CALLED_WITHIN.finditer(text))


def registered_within(text: str) -> bool:
    """Tell whether a number by which a register knows a person follows its name anywhere in a text.

    Parameters
    ----------
    text : str
        Of any length.
    """
    small = text.lower()
    return _speaks_of(small, _REGISTERS) and bool(_REGISTERED.search(small))


def free_form(text: str) -> bool:
    """Tell whether a text that says nothing of what it is may name a person: by its form, alone or before a date.

    Parameters
    ----------
    text : str
        A description, a field of a header, a value on a line.
    """
    text = text[:_MOST]
    before = [text[: match.start()] for match in _WHOLE_DATE.finditer(text)][:1]
    return names_within(text) or any(map(may_name, (*_names(text), *before)))


def _names(text: str) -> list[str]:
    """Return the pieces of a text that may be a whole name."""
    listed = _LISTED.match(text)
    called = [match[1] for match in _CALLED.finditer(text)]
    return [text, text.split(",", maxsplit=1)[0], *called, *([listed[0]] if listed else [])]

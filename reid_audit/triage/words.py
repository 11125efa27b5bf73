"""Whether free text names somebody, by words that stand before names and dates of birth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, worst
from reid_audit.triage.decoding import spelled
from reid_audit.triage.free_text import called_within, registered_within, text_fields
from reid_audit.triage.identifiers import NAMES, is_date, plain, tells
from reid_audit.triage.lines import told_by_lines
from reid_audit.triage.persons import names_within
from reid_audit.triage.records import told_by_fields

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["told_by_words"]

_FORM = re.compile(r"\w\^\w|\d{4}|\d\d[./-]\d\d[./-]\d\d")
"""What a name has in DICOM, or a date anywhere."""


def told_by_words(text: str, labels: Collection[str], what: str) -> Told:
    """Answer for free text: words that follow "patient name" or "date of birth" are a find where they have the form.

    Parameters
    ----------
    text : str
    labels : collection of str
        Of the file's own path.
    what : str
        As for :func:`reid_audit.triage.records.told_by_fields`.

    Returns
    -------
    Told
        ``"cannot tell"`` where something stands there that is neither ``FAMILY^GIVEN`` nor a date: a script that
        speaks of names looks like that too.
    """
    text = spelled(text)
    fields = text_fields(text)
    formed = [each for each in fields if _FORM.search(each[1]) or is_date(each[1])]
    told = [told_by_fields(formed, labels, what)]
    loose = sorted({name for name, value in fields if plain(name) in NAMES and tells(name, value, labels)})
    if loose and told[0].answer != "face":
        told.append(cannot_tell("name", f"words that may be a name follow {', '.join(loose[:6])}"))
    told.append(told_by_lines(text, labels))
    if called_within(text):
        told.append(cannot_tell("name", "a person seems to be called by name in the text"))
    if registered_within(text):
        told.append(cannot_tell("number", "a number by which a register knows a person seems to stand in the text"))
    if names_within(text):
        told.append(cannot_tell("name", "words of the form FAMILY^GIVEN stand in the text"))
    return worst(told)

"""Whether the texts that a picture carries name somebody: chunks of PNG, EXIF, comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, gives_away, worst
from reid_audit.triage.free_text import comment_form
from reid_audit.triage.identifiers import plain, tells
from reid_audit.triage.persons import form_of_name
from reid_audit.triage.records import told_by_fields
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from PIL import Image

__all__ = ["told_by_metadata"]

_LONGEST = 2**20
_EXIF_IFD = 0x8769
_UTF16 = range(0x9C9B, 0x9CA0)
"""Tags that Windows writes: title, comment, author, keywords, subject."""
_FREE_WORDS = """
    description imagedescription comment usercomment artist author xpauthor xpcomment xpsubject xptitle xpkeywords
    documentname cameraownername ownername subject
"""
_FREE = frozenset(_FREE_WORDS.split())
"""Texts that say whom a picture shows, or who made it."""


def told_by_metadata(image: Image.Image, labels: Collection[str]) -> Told:
    """Answer for the texts of a picture that is open.

    Parameters
    ----------
    image : PIL.Image.Image
        Decoded: chunks of text may stand behind the pixels.
    labels : collection of str
        Of the path of the file that it is, or stands in.

    Returns
    -------
    Told
        A field of a patient's name or birth is a find, and so is FAMILY^GIVEN; two words with capitals in a description
        may be a name, or the title of a plot.
    """
    fields = [(name, text[:_LONGEST].strip("\0 ")) for name, text in _texts(image)]
    told = [told_by_fields(fields, labels, "no text of the picture names a person")]
    for name, text in fields:
        told.append(told_by_words(text, labels, "no words"))
        if plain(name) in _FREE and tells(name, text, labels):
            told.append(_free(name, text))
    return worst(told)


def _free(name: str, text: str) -> Told:
    if form_of_name(text) == "dicom":
        return gives_away("name", f"the text {name[:40]} of the picture has the form of a DICOM name (FAMILY^GIVEN)")
    if comment_form(text):
        return cannot_tell("name", f"the text {name[:40]} of the picture may name a person")
    return Told("none", "no name: no text of the picture names a person")


def _texts(image: Image.Image) -> Iterator[tuple[str, str]]:
    """Yield every text that the picture carries, with what it is called."""
    from PIL.ExifTags import TAGS

    for name, value in {**image.info, **getattr(image, "text", {})}.items():
        if isinstance(value, str | bytes) and name not in {"icc_profile", "exif"}:
            yield str(name), _text(value)
    exif = image.getexif()
    for tag, value in (*exif.items(), *exif.get_ifd(_EXIF_IFD).items()):
        if isinstance(value, str | bytes):
            yield TAGS.get(tag, f"tag {tag}"), _text(value, "utf-16-le" if tag in _UTF16 else "utf-8")


def _text(value: str | bytes, coding: str = "utf-8") -> str:
    if isinstance(value, str):
        return value
    for prefix in (b"ASCII\0\0\0", b"UNICODE\0"):
        value = value.removeprefix(prefix)
    return value[:_LONGEST].decode(coding, "replace")

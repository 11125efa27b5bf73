"""Whether a JSON document names somebody, at any depth, or carries pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reid_audit.store import open_file
from reid_audit.triage.answer import Told, worst
from reid_audit.triage.combined import is_part
from reid_audit.triage.concepts import known_as
from reid_audit.triage.decoding import decoded, spelled
from reid_audit.triage.embedded import told_by_embedded
from reid_audit.triage.persons import may_name, setting_of
from reid_audit.triage.records import is_identifier, told_by_records
from reid_audit.triage.words import told_by_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

__all__ = ["json_records", "parsed_json", "told_by_json", "told_by_value"]

_MAX_JSON = 16 * 2**20
_MAX_DEPTH = 64
_MAX_VALUES = 2_000_000
_SENTENCE = (8, 100_000)


def told_by_json(path: Path, labels: Collection[str], *, detector: str = "dlib") -> Told:
    """Answer for a JSON document, or one a line.

    Parameters
    ----------
    path : Path
    labels : collection of str
        Of the file's own path.
    detector : str
        For pictures that stand in it as base64.

    Returns
    -------
    Told
    """
    if path.stat().st_size > _MAX_JSON:
        return Told("unaudited", f"size: the document has more than {_MAX_JSON:,} bytes")
    with open_file(path) as stream:
        text = decoded(stream.read())
    try:
        words = told_by_value(_parsed(text), labels)
    except (ValueError, RecursionError):
        damaged = Told("unaudited", "damaged: the file is not the JSON document that its name promises")
        words = worst([told_by_words(text, labels, "no words"), damaged])
    return worst([words, told_by_embedded(text, labels, detector=detector)])


def _parsed(text: str) -> Any:
    try:
        return parsed_json(text)
    except ValueError:
        return [parsed_json(line) for line in text.splitlines() if line.strip()]


def parsed_json(text: str) -> Any:
    """Parse a document; of a key that stands twice in one object, both values are kept as a list.

    Raises
    ------
    ValueError, RecursionError
    """
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        made[key] = [made[key], value] if key in made else value
    return made


def told_by_value(value: Any, labels: Collection[str]) -> Told:
    """Answer for what a JSON document holds."""
    records, whole = json_records(value)
    what = "no field of the document names a person"
    told = [told_by_records(records, labels, what), told_by_words("\n".join(_sentences(value)), labels, what)]
    if not whole:
        told.append(Told("unaudited", f"size: the document is nested deeper than {_MAX_DEPTH}, or has more values"))
    return worst(told)


def _sentences(value: Any) -> Iterator[str]:
    """Yield every text of a document that is neither too short to name somebody nor too long to be read."""
    waiting, seen = [value], 0
    while waiting and seen < _MAX_VALUES:
        item = waiting.pop()
        seen += 1
        if isinstance(item, str) and _SENTENCE[0] <= len(item) <= _SENTENCE[1]:
            yield item
        elif isinstance(item, dict | list):
            waiting.extend(item.values() if isinstance(item, dict) else item)


def json_records(value: Any) -> tuple[list[tuple[list[tuple[str, str]], str]], bool]:
    """Return every object of a document that has a field that is asked, with the text of all fields.

    Parameters
    ----------
    value
        What a JSON document holds, nested.

    Returns
    -------
    list of (list of (str, str), str)
        Fields with their text, numbers included, and the key that the object stands under.
    bool
        False where the document goes deeper, or holds more, than is read.
    """
    found: list[tuple[list[tuple[str, str]], str]] = []
    waiting: list[tuple[Any, str, int]] = [(value, "", 0)]
    seen, whole = 0, True
    while waiting:
        item, inside, depth = waiting.pop()
        seen += 1
        if seen > _MAX_VALUES:
            return found, False
        if depth > _MAX_DEPTH:
            whole = False
        elif isinstance(item, dict):
            if is_identifier(inside) or any(_is_looked_at(spelled(str(key))) for key in item) or _is_of_person(item):
                record = [(spelled(str(key)), text) for key, inner in item.items() for text in _texts(inner)]
                found.append((record, inside))
            found.extend(([("name", str(key))], "participant") for key, inner in item.items() if _is_named(key, inner))
            waiting.extend(
                (inner, str(key), depth + 1) for key, inner in item.items() if isinstance(inner, dict | list)
            )
        elif isinstance(item, list):
            waiting.extend((inner, inside, depth + 1) for inner in item if isinstance(inner, dict | list))
    return found, whole


def _is_named(key: Any, inner: Any) -> bool:
    """Tell whether a record of a person stands under a name."""
    return isinstance(inner, dict) and may_name(str(key)) and _is_of_person(inner)


def _is_of_person(item: Mapping[str, Any]) -> bool:
    return setting_of({known_as(str(field)) for field in item}) == "person"


def _is_looked_at(name: str) -> bool:
    return is_identifier(name) or is_part(name)


def _texts(value: Any, depth: int = 0) -> list[str]:
    """Return the text of a field: itself, a list, a column, or what the DICOM model wraps around it; "" for others."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return [spelled(str(value))]
    if isinstance(value, list) and depth < _MAX_DEPTH:
        return [text for item in value for text in _texts(item, depth + 1)]
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        wrapped: Mapping[str, Any] = value
        if wrapped and all(key.isdecimal() for key in wrapped):  # a column of a table: its rows by number
            return [text for inner in wrapped.values() for text in _texts(inner, depth + 1)]
        return [text for key in ("Value", "Alphabetic") if key in wrapped for text in _texts(wrapped[key], depth + 1)]
    return [""]

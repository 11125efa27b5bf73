"""What may be released although nobody can tell whether a face is in it: by name, and for a stated reason."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from reid_audit.errors import StoreError, UsageError
from reid_audit.gating.reading import read_bounded
from reid_audit.gating.records import Answer, Record, ReleasedPath
from reid_audit.gating.unaudited import person_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reid_audit.gating.records import Triage

__all__ = ["Waiver", "read_waivers", "waive"]

_LONGEST = 1000
_MOST_BYTES = 100_000_000


class Waiver(Record):
    """What nobody could tell of, and why it may be released all the same.

    Parameters
    ----------
    path : str
        Of a file, or of the folder of a series, or ``sub-LABEL``: a person with scans in which no attack searched.
    answer : str
        What the triage said.
    reason : str
        What somebody said.
    """

    path: ReleasedPath
    answer: Answer
    reason: Annotated[str, Field(min_length=1, max_length=_LONGEST)]


def read_waivers(path: Path | str) -> tuple[str, ...]:
    """Return the waivers of a file: one ``PATH=REASON`` a line; what begins with ``#`` is a comment.

    Raises
    ------
    UsageError
        If it cannot be read as UTF-8 text.
    """
    try:
        text = read_bounded(Path(os.path.realpath(path)), _MOST_BYTES).decode("utf-8-sig")
    except (StoreError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The waivers '{path}' cannot be read as a text of at most {_MOST_BYTES:,} bytes.",
            remedy="Write one PATH=REASON a line, in UTF-8.",
        ) from error
    return tuple(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def waive(words: Sequence[str], triage: Triage | None, unattacked: Collection[str] = ()) -> tuple[Waiver, ...]:
    """Return what each ``PATH=REASON`` waives.

    Parameters
    ----------
    words : sequence of str
        A path may hold ``=`` as well: the longest that is known is meant. In one that is not known ``*`` stands for any
        letters, ``?`` for one: all paths of ``unattacked`` that fit and are not waived by their own name are meant, and
        no file of which the triage could not tell.
    triage : Triage or None
        Without one there is nothing to waive.
    unattacked : collection of str
        Paths of scans in which no attack searched, and people (``sub-LABEL``) with such scans: whatever the triage
        says, they are waived like files of which nobody can tell. A face is not.

    Returns
    -------
    tuple of Waiver
        By path.

    Raises
    ------
    UsageError
        If one names no file of the release, one that has a face or none, one that is waived already, one that is
        called like a person in the release, or no reason;
        if nobody looked at the release.
    """
    if triage is None:
        if words:
            raise UsageError(
                "A waiver was given, and there is no finished look at the release in which its file could stand.",
                remedy="Triage the release first (`reid-audit triage`).",
            )
        return ()
    answers: dict[str, Answer] = {volume.path: volume.answer for volume in triage.volumes}
    paths = frozenset(answers)
    people = frozenset(map(person_in, paths))
    open_ = {name for name in unattacked if answers.get(name, "none") == "none"}
    scans = open_ & paths
    answers |= dict.fromkeys(open_, "unaudited")
    given = [_split(word, answers) for word in words]
    waived: dict[str, Waiver] = {}
    for path, reason in given:
        if not _is_pattern(path, answers):
            _check(path, reason, answers, taken=path in waived)
            if path in paths and path in people:
                raise UsageError(
                    f"'{path}' is a file of the release and a person in it: a waiver would mean both.",
                    remedy="Give the file another name and triage the release again.",
                )
            waived[path] = Waiver(path=path, answer=answers[path], reason=reason)
    for pattern, reason in given:
        if _is_pattern(pattern, answers):
            fitting = _fitting(pattern, reason, scans)
            waived |= {name: Waiver(path=name, answer="unaudited", reason=reason) for name in fitting - set(waived)}
    return tuple(waived[path] for path in sorted(waived))


def _is_pattern(path: str, known: Collection[str]) -> bool:
    return path not in known and any(letter in path for letter in "*?")


def _fitting(pattern: str, reason: str, names: Collection[str]) -> set[str]:
    """Return the names that fit a pattern; brackets are letters like others."""
    _check_reason(pattern, reason)
    fitting = {name for name in names if fnmatchcase(name, pattern.replace("[", "[[]"))}
    if not fitting:
        raise UsageError(
            f"The waiver of '{pattern}' names no scan in which nobody was searched for.",
            remedy="Correct the pattern; a file of which nobody can tell is waived by its own path.",
        )
    return fitting


def _split(word: str, known: Mapping[str, Answer]) -> tuple[str, str]:
    places = [place for place, letter in enumerate(word) if letter == "=" and word[:place] in known]
    if places:
        return word[: places[-1]], word[places[-1] + 1 :].strip()
    path, _, reason = word.partition("=")
    return path, reason.strip()


def _check(path: str, reason: str, answers: Mapping[str, Answer], *, taken: bool) -> None:
    if path not in answers:
        raise UsageError(
            f"The waiver of '{path}' names no file of the release.",
            remedy="Write PATH=REASON, with the path as the triage has it.",
        )
    if answers[path] == "face":
        raise UsageError(f"'{path}' has a face: that cannot be waived.", remedy="Deface it, or take it out.")
    if answers[path] == "none" or taken:
        raise UsageError(
            f"'{path}' {'is waived twice' if taken else 'has no face, and needs no waiver'}.",
            remedy="Leave the waiver out.",
        )
    _check_reason(path, reason)


def _check_reason(path: str, reason: str) -> None:
    if not reason or len(reason) > _LONGEST or not reason.isprintable():
        raise UsageError(
            f"The waiver of '{path}' must give a reason in one line of at most {_LONGEST} characters.",
            remedy="Write PATH=REASON, for example who looked at the file and what it shows.",
        )

"""Which scans of a data set to take: by person, by session, by what their names say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.names import canonical_modality, parse_image_name, strip_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reid_audit.inputs.rows import Collected, ScanRow

__all__ = ["Selection", "make_selection", "select_scans"]

_NAMED = ("suffix", "modality", "condition", "subject", "session")
"""Keys that are no entities of a file name."""


@dataclass(frozen=True)
class Selection:
    """What to take; whatever is empty leaves nothing out.

    Parameters
    ----------
    participants, sessions : tuple of str
        Labels without ``sub-`` and ``ses-``.
    entities : mapping of str to tuple of str
        Entity of the file name (``"acq"``, ``"run"``), or ``suffix``, ``modality``, ``condition``, and its allowed
        values.
    """

    participants: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.participants or self.sessions or self.entities)


def make_selection(
    participants: Sequence[str] = (), sessions: Sequence[str] = (), entities: Sequence[str] = ()
) -> Selection:
    """Read a selection as the command line has it.

    Parameters
    ----------
    participants, sessions : sequence of str
        Labels with or without prefix; one word may hold several, with blanks or commas between.
    entities : sequence of str
        ``KEY=VALUE``; the same key again allows another value.

    Returns
    -------
    Selection

    Raises
    ------
    UsageError
        A word of ``entities`` is not of that form.
    """
    wanted: dict[str, tuple[str, ...]] = {}
    for word in entities:
        key, equals, value = word.partition("=")
        if not (equals and key.strip() and value.strip()):
            raise UsageError(f"'{word}' is not an entity and its value.", remedy="Write for example acq=mprage.")
        name = key.strip().lower()
        wanted[name] = (*wanted.get(name, ()), value.strip())
    return Selection(tuple(_labels(participants, "sub")), tuple(_labels(sessions, "ses")), wanted)


def _labels(words: Iterable[str], prefix: str) -> list[str]:
    return [strip_prefix(part, prefix) for word in words for part in word.replace(",", " ").split()]


def select_scans(collected: Collected, selection: Selection) -> Collected:
    """Return the scans that were asked for, and a note that counts the others.

    Parameters
    ----------
    collected : Collected
    selection : Selection

    Returns
    -------
    Collected

    Raises
    ------
    ManifestError
        A participant or session that was named is not there, or nothing is left.
    """
    if not selection:
        return collected
    _check_known("participant", selection.participants, {scan.subject for scan in collected.scans})
    _check_known("session", selection.sessions, {scan.session for scan in collected.scans})
    kept = tuple(scan for scan in collected.scans if _wanted(scan, selection))
    if not kept:
        raise ManifestError(
            f"None of the {len(collected.scans)} scans is of the participants, sessions and entities asked for.",
            remedy="Ask for less, or correct the labels.",
        )
    left = len(collected.scans) - len(kept)
    failures = tuple(
        failure
        for failure in collected.failures
        if not selection.participants or failure.subject in selection.participants
    )
    notes = (
        (*collected.notes, f"{left} scans were left out because they were not asked for") if left else collected.notes
    )
    return replace(collected, scans=kept, notes=notes, failures=failures)


def _check_known(what: str, asked: Sequence[str], known: set[str]) -> None:
    strange = [label for label in asked if label not in known]
    if strange:
        raise ManifestError(
            f"No scan is of the {what} {', '.join(map(repr, strange[:5]))}{' and others' if len(strange) > 5 else ''}.",
            remedy="Correct the labels: capitals and leading zeros count.",
        )


def _wanted(scan: ScanRow, selection: Selection) -> bool:
    if selection.participants and scan.subject not in selection.participants:
        return False
    if selection.sessions and scan.session not in selection.sessions:
        return False
    return all(_value(scan, key) in _allowed(key, values) for key, values in selection.entities.items())


def _allowed(key: str, values: Sequence[str]) -> set[str]:
    return {canonical_modality(value) if key in {"modality", "suffix"} else value for value in values}


def _value(scan: ScanRow, key: str) -> str:
    """Return what a scan has for a key: of the table of scans, or of the name of its file."""
    if key == "modality":
        return canonical_modality(scan.modality)
    if key in _NAMED and key != "suffix":
        return str(getattr(scan, key))
    name = parse_image_name(Path(scan.path).name)
    if name is None:
        return ""
    return canonical_modality(name.suffix) if key == "suffix" else name.entities.get(key, "")

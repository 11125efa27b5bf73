"""Names that say nothing, for people, scans and sessions, and a scrubber for free text."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.inputs.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reid_audit.types import Findings

__all__ = ["Pseudonyms", "draw_pseudonyms"]

_PREFIXES = "PQRTUVWXYZ"
_PATH = re.compile(
    r"(?<=['\"])(?:~|[A-Za-z]:)?[/\\][^'\"<>|\n]*[/\\][^'\"<>|\n]*(?=['\"])"
    r"|\b(?:file:/+|(?:tcp|tls)://)[^\s'\"<>|]+"
    r"|(?<![\w./\\])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\'\"<>|]+){2,}"
)
"""A path in quotes may hold blanks; an address of a machine is none of the reader's business either."""
_WITHHELD = "(path withheld)"
_WORD = re.compile(r"[a-z]+")
_QUOTED = re.compile(r"(?<!\w)(['\"]).+?\1(?!\w)")
_JOINED = re.compile(r"[_/\\]|\.\w")
"""What follows, or stands before, a word that is part of a file name and not of a sentence."""


@dataclass(frozen=True)
class Pseudonyms:
    """What stands in the shareable report for what.

    Parameters
    ----------
    people : mapping of str to str
        Subject label to ``P001`` ...
    sessions : mapping of (str, str) to str
        Subject and session label to ``S1`` ...
    samples : mapping of str to str
        Sample id to ``P001-scan1``, ``P001-photo1`` ...
    secrets : mapping of str to str
        Text that must not be shared (labels, ids, file names) to what replaces it in free text. The name of a
        condition is none, because the report shows it.
    """

    people: Mapping[str, str]
    sessions: Mapping[tuple[str, str], str]
    samples: Mapping[str, str]
    secrets: Mapping[str, str]

    def person(self, label: Any) -> str:
        """Return the pseudonym of a subject label; empty stays empty."""
        return self.people.get(str(label), "unknown") if str(label) else ""

    def session(self, person: Any, label: Any) -> str:
        """Return the pseudonym of a session label."""
        return self.sessions.get((str(person), str(label)), "unknown") if str(label) else ""

    def sample(self, sample: Any) -> str:
        """Return the pseudonym of a scan's or photo's id."""
        return self.samples.get(str(sample), "unknown") if str(sample) else ""

    def scrub(self, text: str) -> str:
        """Return sentences without labels, sample ids, file names and absolute paths, as they may be printed.

        Sentences are written by this library or by a plugin, and a label may be a word of theirs: with a subject
        ``chance``, replacing it in "no better than chance" would garble the sentence and give the label away. So a
        secret of lower-case letters a to z alone is replaced only where it stands in quotes or as part of a file name
        (``chance_T1w``, ``chance.nii``, ``x/chance``). ``sub-chance``, paths, names with an extension, and whatever
        has a digit, a capital, ``_``, ``-`` or another letter are replaced everywhere.

        What is lost: a plugin that names a subject ``alice`` bare and without quotes in a message is not corrected.
        The library's own messages name nobody. A bare label of digits only (``"26"``) is left as well, because a
        number in a sentence cannot be told from it; ``sub-26`` is replaced.
        """
        quotes = [found.span() for found in _QUOTED.finditer(text)]

        def spoken(found: re.Match[str]) -> bool:
            return (
                _WORD.fullmatch(found.group()) is not None
                and not any(start < found.start() < end for start, end in quotes)
                and not _JOINED.match(text, found.end())
                and text[found.start() - 1 : found.start()] not in {"_", "/", "\\"}
            )

        return self._replaced(text, lambda found: found.group() if spoken(found) else self.secrets[found.group()])

    def scrub_name(self, name: str) -> str:
        """Return a name that came with the data, such as the cohort's, without any secret and as it may be printed."""
        return self._replaced(name, lambda found: self.secrets[found.group()])

    def _replaced(self, text: str, replacement: Callable[[re.Match[str]], str]) -> str:
        pattern = _pattern(tuple(self.secrets))
        return printable(_PATH.sub(_WITHHELD, pattern.sub(replacement, text) if pattern else text))

    def key_table(self) -> pd.DataFrame:
        """Return the key: columns ``kind, original, pseudonym``. It belongs in a private folder."""
        rows = [("person", label, name) for label, name in self.people.items()]
        rows += [("session", f"{person} / {label}", name) for (person, label), name in self.sessions.items()]
        rows += [("sample", label, name) for label, name in self.samples.items()]
        return pd.DataFrame(rows, columns=["kind", "original", "pseudonym"])


_COMPILED: dict[tuple[str, ...], re.Pattern[str]] = {}


def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    if not secrets:
        return None
    if secrets not in _COMPILED:
        _COMPILED.clear()
        longest_first = sorted(secrets, key=len, reverse=True)
        _COMPILED[secrets] = re.compile(
            rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])"
        )
    return _COMPILED[secrets]


def draw_pseudonyms(findings: Findings, *, key: bytes | None = None) -> Pseudonyms:
    """Give everyone in the findings a pseudonym, in an order that tells nothing about the labels.

    Parameters
    ----------
    findings : Findings
    key : bytes, optional
        Secret that decides the order (HMAC-SHA256 of the label). Without it the order comes from the seed in the
        provenance, which the report states: enough for people who do not exist, not for a cohort whose list of
        participants others hold, because they could draw the same order again.

    Returns
    -------
    Pseudonyms
    """
    labels = sorted(_people(findings))
    order = _order(labels, key, int(findings.provenance.get("seed", 0)))
    prefix = _free_prefix(labels)
    people = {label: f"{prefix}{number:03d}" for number, label in enumerate(order, start=1)}
    sessions = _sessions(findings)
    samples = _samples(findings, people, key)
    return Pseudonyms(people, sessions, samples, _secrets(findings, people, sessions, samples))


def _order(labels: list[str], key: bytes | None, seed: int) -> list[str]:
    if key is not None:
        return sorted(labels, key=lambda label: hmac.digest(key, label.encode(), hashlib.sha256))
    permutation = np.random.default_rng(seed).permutation(len(labels))
    return [labels[place] for place in permutation]


def _free_prefix(labels: list[str]) -> str:
    """Return the first letter that makes no pseudonym look like an original label."""
    taken = {label[0] for label in labels if re.fullmatch(r"[A-Z]\d{3,}", label)}
    return next((letter for letter in _PREFIXES if letter not in taken), "Person")


def _tables(findings: Findings) -> Iterable[pd.DataFrame]:
    yield findings.cohort.scans
    yield findings.cohort.photos
    yield findings.surfaces
    for table in findings.scores:
        yield table.probes
        yield table.references


def _column(table: pd.DataFrame, name: str) -> list[str]:
    return [str(value) for value in table[name]] if name in table.columns else []


def _people(findings: Findings) -> set[str]:
    found = {label for table in _tables(findings) for label in _column(table, "subject")}
    return (found | {failure.subject for failure in findings.failures}) - {""}


def _sessions(findings: Findings) -> dict[tuple[str, str], str]:
    found = {(failure.subject, failure.session) for failure in findings.failures}
    for table in _tables(findings):
        found.update(zip(_column(table, "subject"), _column(table, "session"), strict=False))
    named: dict[tuple[str, str], str] = {}
    count: dict[str, int] = {}
    for person, session in sorted(pair for pair in found if pair[1]):
        count[person] = count.get(person, 0) + 1
        named[person, session] = f"S{count[person]}"
    return named


def _samples(findings: Findings, people: Mapping[str, str], key: bytes | None) -> dict[str, str]:
    """Number the samples of each person; a sample that bears the person's own label is the person."""
    owners: dict[str, tuple[str, str]] = {}
    kinds = [(findings.cohort.scans, "scan"), (findings.cohort.photos, "photo")]
    kinds += [(table, "sample") for table in _tables(findings)]
    for table, kind in kinds:
        for person, sample in zip(_column(table, "subject"), _column(table, "sample"), strict=False):
            owners.setdefault(sample, (person, kind))
    for failure in findings.failures:
        owners.setdefault(failure.sample, (failure.subject, "sample"))
    owners.pop("", None)
    named: dict[str, str] = {}
    count: dict[tuple[str, str], int] = {}
    for sample in _order(sorted(owners), key, int(findings.provenance.get("seed", 0)) + 1):
        person, kind = owners[sample]
        if sample == person:
            named[sample] = people[person]
            continue
        count[person, kind] = count.get((person, kind), 0) + 1
        named[sample] = f"{people.get(person, 'nobody')}-{kind}{count[person, kind]}"
    return named


def _secrets(
    findings: Findings,
    people: Mapping[str, str],
    sessions: Mapping[tuple[str, str], str],
    samples: Mapping[str, str],
) -> dict[str, str]:
    replaced = {f"ses-{label}": "a session" for _, label in sessions}
    replaced |= {label: "a session" for _, label in sessions if len(label) > 3}
    for table in (findings.cohort.scans, findings.cohort.photos):
        for path, sample in zip(_column(table, "path"), _column(table, "sample"), strict=False):
            replaced |= dict.fromkeys(_names_of_file(path), samples.get(sample, "a file"))
    replaced |= {label: name for label, name in people.items() if not _is_number(label)}
    replaced |= {f"sub-{label}": name for label, name in people.items()}
    replaced |= {sample: name for sample, name in samples.items() if not _is_number(sample)}
    public = {"", *(name for table in _tables(findings) for name in _column(table, "condition"))}
    return {text: name for text, name in replaced.items() if text not in public}


def _is_number(label: str) -> bool:
    return label.isdigit() and len(label) < 4


def _names_of_file(path: str) -> set[str]:
    name = PurePath(path).name
    stem = name.split(".")[0]
    return {text for text in (path, name, stem) if len(text) > 4}

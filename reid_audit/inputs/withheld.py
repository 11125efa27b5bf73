"""Names that came with the data and are shared: no label of a person stays in any of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reid_audit.errors import UsageError
from reid_audit.inputs.names import is_modality, slug
from reid_audit.inputs.printable import printable
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reid_audit.types import Cohort, Rebuilt

__all__ = ["WITHHELD", "check_names", "without_labels"]

WITHHELD = "withheld"
"""What stands in a name for the label of a person."""

OWN_WORDS = frozenset(
    {
        *(ORIGINAL, "defaced", "refaced", "deidentified", "unknown"),
        *("zero", "partial", "meanface", "blur", "quickshear", "niimath", "deepdefacer", "pydeface", "sitk", "spm"),
        *("skullstrip", "afni", "deface", "reface", "plus", "mri", "mideface", "mridefacer", "fsl", "totalsegmentator"),
        *("cta", "pediatric", "auto", "defacer", "caideface", "synthstrip"),
        *("template", "average", "shape", "sample", "diffusion", "swapped"),
    }
)
"""Words of this library, small: in a name they tell of a method, also where a person is called so."""

_NAMED = ("condition", "modality", "site", "cohort")
_FEWEST_DIGITS = 4
"""A shorter number in a name cannot be told from a version or a run; ``sub-26`` is told all the same."""


def without_labels(cohort: Cohort) -> Cohort:
    """Return a cohort no label of which stands in the names that its report shows.

    Those are the names of the data set, of conditions, of modalities, of sites and of cohorts. A label that stands in
    one as a whole word, in capitals or small letters, as it is or as it would stand in the name of a file, gives way to
    ``withheld``; so does what follows ``sub-``. Names that become alike by that are numbered.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    Cohort
        With a note where names were changed; the same, where nothing was to be changed.
    """
    pattern = _pattern(_labels(cohort))
    renamed = {
        column: _renamed(cohort.scans[column].astype(str).unique(), pattern)
        for column in _NAMED
        if column in cohort.scans.columns
    }
    changed = {column: names for column, names in renamed.items() if any(old != new for old, new in names.items())}
    name = _masked(cohort.name, pattern)
    if not changed and name == cohort.name:
        return cohort
    scans = cohort.scans.assign(
        **{column: cohort.scans[column].astype(str).map(dict(names)) for column, names in changed.items()}
    )
    rebuilt = _rebuilt(cohort.rebuilt, renamed.get("condition", {}), pattern)
    notes = (*cohort.notes, *_notes(changed, name, cohort.name))
    return replace(cohort, scans=scans, name=name, notes=notes, rebuilt=rebuilt)


def _rebuilt(
    rebuilt: Mapping[str, Rebuilt], conditions: Mapping[str, str], pattern: re.Pattern[str] | None
) -> dict[str, Rebuilt]:
    """Return what says which conditions an attacker made, under the new names."""

    def shown(name: str) -> str:
        return conditions.get(name, _masked(name, pattern))

    return {
        shown(name): replace(made, condition=shown(made.condition), attacker=_masked(made.attacker, pattern))
        for name, made in rebuilt.items()
    }


def check_names(cohort: Cohort, names: Mapping[str, str]) -> None:
    """Refuse a name that somebody gave, that a report would show, and that holds the label of a person.

    Parameters
    ----------
    cohort : Cohort
    names : mapping of str to str
        What is named (``"embedder"``) to its name.

    Raises
    ------
    UsageError
        The message says what is named, and no label.
    """
    pattern = _pattern(_labels(cohort))
    bad = [what for what, name in names.items() if _masked(name, pattern) != printable(name)]
    if bad:
        raise UsageError(
            f"The name of the {' and of the '.join(bad)} holds the label of a person as a word of its own, and stands "
            "in the report, which may hold none.",
            remedy="Give it another name (the file of a model may be copied under one).",
        )


def _labels(cohort: Cohort) -> set[str]:
    return {str(label) for table in (cohort.scans, cohort.photos) for label in table["subject"]} - {""}


def _pattern(labels: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds a label as a whole word; None where there is no label."""
    spelled = {form for label in labels for form in (label, slug(label)) if form}
    after = {form for form in spelled if form.isdigit() and len(form) < _FEWEST_DIGITS}
    alone = {form for form in spelled - after if form.lower() not in OWN_WORDS and not is_modality(form)}
    parts = [rf"sub-?(?:{_any_of(spelled)})"] if spelled else []
    parts += [_any_of(alone)] if alone else []
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])", re.IGNORECASE) if parts else None


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


def _masked(name: str, pattern: re.Pattern[str] | None) -> str:
    return printable(pattern.sub(WITHHELD, name) if pattern else name)


def _renamed(names: Iterable[Any], pattern: re.Pattern[str] | None) -> dict[str, str]:
    """Return what each name becomes; different ones stay different, whatever the case."""
    made: dict[str, str] = {}
    for name in sorted(map(str, names), key=lambda each: (_masked(each, pattern) != each, each)):
        masked, number = _masked(name, pattern), 2
        new = masked
        while new != name and new.lower() in {other.lower() for other in made.values()}:
            new, number = f"{masked}-{number}", number + 1
        made[name] = new
    return made


def _notes(changed: Mapping[str, Mapping[str, str]], name: str, before: str) -> list[str]:
    notes = []
    for column, names in changed.items():
        shown = ", ".join(f"'{new}'" for old, new in names.items() if old != new)
        notes.append(f"a {column} is shown as {shown}: its name holds the label of a person, or cannot be printed")
    if name != before:
        notes.append("the name of the data set is shown changed: it holds the label of a person, or cannot be printed")
    return notes

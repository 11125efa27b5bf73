"""What this many people can show, and what was not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.assessed import FAILURES, assessed, reason_of
from reid_audit.report.losses import LOST_STAGES
from reid_audit.report.numbers import percent
from reid_audit.report.wording import counted, people_of
from reid_audit.statistics import RELEASE_THRESHOLD, people_needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.triage import Triage
    from reid_audit.types import Findings, Result

__all__ = ["RUNNING_TEXT", "THRESHOLD", "how_many_people", "not_assessed", "what_n_shows", "what_the_quoted_show"]

THRESHOLD = RELEASE_THRESHOLD
"""The threshold that every sentence here names."""

_SMALL = 32
_ALWAYS = (
    (
        "Other ways to link a scan to a person: the shape of the brain, skull or ears, which links scans after the "
        "face is gone."
    ),
    "Other face recognition than the models listed, and people who look at the renders themselves.",
    (
        "Stronger face recognition: of 182 people with a T2-FLAIR scan open recognisers identified 51 to 59 %, "
        "commercial ones 92 and 98 %, some 30 to 40 points more (NeuroImage 2025, 121476). Where an open recogniser "
        "finds nobody, a commercial one may."
    ),
    "Larger collections to search: what was measured holds for the number of people given; beyond it there are models.",
    (
        "What the recogniser was trained on: whether these people were among its pictures. Shuffled labels check "
        "labels and chance level, and of attackers who learn also what these have learnt; not what the recogniser knew "
        "before."
    ),
)

_NOBODY_ASKED = (
    "Everything of the release but the faces of the scans above: other files, headers, file names, and the air behind "
    "the head, where a wrapped-round face can appear. `reid-audit triage` asks every file."
)
_NOT_ASKED_OF_FILES = (
    "Of the files of the release: their names; faces that are folded over onto another side of the head than the back; "
    "volumes of a series between the first and the last."
)
RUNNING_TEXT = (
    "In running text (README, CHANGES, logs) names, telephones and addresses are told only behind words that announce "
    "them (“patient name”, “date of birth”): somebody must read running text."
)
"""What a triage does not find in text that somebody wrote: said beneath its counts, and under "Not assessed"."""


def how_many_people(quoted: Mapping[str, Result], cohort: int) -> str:
    """Return on how many people the quoted identifications rest: ``"16 people"``, ``"14 to 16 people"``."""
    sizes = sorted({result.n_subjects for result in quoted.values()}) or [cohort]
    return people_of(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} people"


def what_the_quoted_show(quoted: Mapping[str, Result], cohort: int, confidence: float = 0.95) -> tuple[str, ...]:
    """Say what the people of the quoted identifications can show: of the fewest and of the most where they differ.

    Where nobody was searched it is said that nothing was measured, and what the people of the cohort could show.

    Parameters
    ----------
    quoted : mapping of str to Result
        Condition to the identification that the verdict quotes of it.
    cohort : int
        People with a scan.
    confidence : float
    """
    if not quoted:
        nothing = "No identification took place: nothing bounds how many would be identified"
        could = f"What {people_of(cohort)} could show at most, had each been searched among the others:"
        return (f"{nothing}. {could}" if cohort else f"{nothing}.", *what_n_shows(cohort, confidence))
    sizes = sorted({(result.n_subjects, _searched_among(result)) for result in quoted.values()})
    if len(sizes) == 1:
        return (*what_n_shows(sizes[0][0], confidence, sizes[0][1]), *_whole_cohort(sizes[0][0], cohort, confidence))
    told = ", ".join(f"{condition} on {people_of(result.n_subjects)}" for condition, result in quoted.items())
    fewest, most = (what_n_shows(n, confidence, gallery) for n, gallery in (sizes[0], sizes[-1]))
    return (
        f"The identifications that the verdict quotes rest on different numbers of people: {told}.",
        *(line for line in fewest if line not in most),
        *(line for line in most if line not in fewest),
        *(line for line in most if line in fewest),
    )


def _searched_among(result: Result) -> int:
    """People among whom each was searched, by the chance of a guess."""
    return max(result.n_subjects, round((result.k or 1) / result.chance)) if result.chance else result.n_subjects


def _whole_cohort(searched: int, cohort: int, confidence: float) -> tuple[str, ...]:
    if searched >= cohort:
        return ()
    first, second, *_ = what_n_shows(cohort, confidence)
    return (
        f"Of {people_of(cohort)} in the cohort {searched} had another sample to be found by. If all were searched:",
        first,
        second,
    )


def what_n_shows(n: int, confidence: float = 0.95, gallery: int | None = None) -> tuple[str, ...]:
    """Say what a number of people can and cannot show, whatever the results were.

    Parameters
    ----------
    n : int
        People who were searched.
    confidence : float
    gallery : int, optional
        People among whom each was searched; ``n`` by default.

    Returns
    -------
    tuple of str
        Sentences. Bounds are Clopper and Pearson's (1934, Biometrika 26(4), doi:10.1093/biomet/26.4.404) at 0 and at
        ``n`` hits.
    """
    if n < 1:
        return ("Nobody was audited: nothing can be said.",)
    chance = 1 / (gallery or n)
    guess = f"1 in {gallery or n}, {chance:.2f}"
    miss = 1 - confidence
    one_sided, two_sided = 1 - miss ** (1 / n), 1 - (miss / 2) ** (1 / n)
    needed = people_needed(THRESHOLD, confidence=confidence)
    level = percent(confidence)
    said = [
        (
            f"Even 0 of {n} identified would leave an upper bound of {one_sided:.2f} (one-sided {level}), "
            f"{two_sided:.2f} as the upper end of a two-sided {level} interval."
        ),
    ]
    lowest = (miss / 2) ** (1 / n)
    if lowest <= chance:
        said.append(
            f"Even {n} of {n} identified would leave a lower bound of {lowest:.2f}, "
            f"no higher than chance ({guess}): with so few people no result can be told from guessing."
        )
    else:
        said.append(
            f"{n} of {n} identified would leave a lower bound of {lowest:.2f}; chance is {chance:.2f} "
            f"(1 in {gallery or n})."
        )
    said.append(
        f"To put the one-sided bound below {THRESHOLD} with no hit at all takes {needed} people. "
        f"({THRESHOLD} is the risk that EMA Policy 0070 and Health Canada's PRCI name for public release, "
        "defined for equivalence classes; to use it for a match rate is an analogy.)"
    )
    if n < _SMALL:
        said.append(f"With {people_of(n)}, read every rate through its interval: the rate itself says little.")
    return tuple(said)


def not_assessed(findings: Findings, triage: Triage | None = None) -> tuple[str, ...]:
    """List what this audit did not look at, from what was given and what has a result.

    Parameters
    ----------
    findings : Findings
    triage : Triage, optional
        What was answered for every file of the release, where somebody asked.

    Returns
    -------
    tuple of str
        Sentences.
    """
    said = []
    if not len(findings.cohort.photos):
        said.append("No photographs were given: attackers who hold photographs were not run.")
    said.extend(_without_result(findings))
    modalities = {str(name) for name in findings.cohort.scans.get("modality", ())}
    if any(name.lower() == "pet" for name in modalities):
        said.append("PET scans went through the same surface and render path; how well it suits PET was not assessed.")
    lost = len({failure.sample or failure for failure in findings.failures if failure.stage in LOST_STAGES})
    if lost:
        noun = "input was" if lost == 1 else "inputs were"
        said.append(f"{lost} {noun} lost before any attack: see Failures. The results are incomplete.")
    if not any(result.relation == "cross-session" for result in _measured(findings)):
        said.append("Pairs across sessions: no result rests on a second scan of the same person matched to the first.")
    if not findings.settings.get("groups"):
        said.append("Whether some groups of people are found more often than others: no group was asked for (`--by`).")
    return (*said, _rebuilding(findings), *_beyond_the_scans(triage), *_ALWAYS)


def _rebuilding(findings: Findings) -> str:
    who = sorted({made.attacker for made in findings.cohort.rebuilt.values()})
    beside = f"in other ways than by {', '.join(who)}" if who else "by a model"
    return f"Faces that an attacker fills in {beside} after they were removed."


def _beyond_the_scans(triage: Triage | None) -> tuple[str, ...]:
    """Say what of the release nobody looked at beside the faces of the scans."""
    if triage is None:
        return (_NOBODY_ASKED,)
    counts = triage.counts
    said = []
    if not triage.complete:
        said.append("The files of the release that a triage did not reach: it did not come to its end.")
    if counts["unaudited"]:
        said.append(f"{counted(counts['unaudited'], 'file')} of the release could not be looked at: see the list.")
    if counts["cannot tell"]:
        said.append(
            f"{counted(counts['cannot tell'], 'file')} of the release "
            f"{'was' if counts['cannot tell'] == 1 else 'were'} looked at, and nobody can tell: see the list."
        )
    return (*said, RUNNING_TEXT, _NOT_ASKED_OF_FILES)


def _measured(findings: Findings) -> list[Result]:
    """Return the results that tell of an attack that took place."""
    return [result for result in assessed(findings) if result.value is not None and result.metric not in FAILURES]


def _without_result(findings: Findings) -> list[str]:
    """Say which attackers gave no number at all, with the reason where a result states one."""
    numbers = {result.attacker for result in _measured(findings)}
    said = []
    for attacker in findings.attackers:
        if attacker.name in numbers:
            continue
        notes = [r.note for r in assessed(findings) if r.attacker == attacker.name and r.value is None and r.note]
        reason = reason_of(notes[0]) if notes else "no scores could be made"
        said.append(f"Attacker {attacker.name} gave no result: {reason}.")
    return said

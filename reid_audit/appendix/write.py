"""The appendix on disk: a page of everybody, one an attack, and one that leads to them, in the private folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.appendix.matches import Side, matches_of
from reid_audit.appendix.people import people_of
from reid_audit.appendix.shots import ShotFinder
from reid_audit.appendix.taking import take_pictures
from reid_audit.attackers import LOCAL_FEATURES
from reid_audit.enrolment import enrol_cohort, tell_nobody
from reid_audit.report import PRIVATE, names_in
from reid_audit.report.page import render_page
from reid_audit.report.wording import attacker_label
from reid_audit.store import own_folder, private_folder, take_back, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.appendix.matches import Candidate, Match
    from reid_audit.appendix.people import Person
    from reid_audit.appendix.shots import Shot
    from reid_audit.enrolment import Enrolled
    from reid_audit.report.pseudonyms import Pseudonyms
    from reid_audit.settings import Settings
    from reid_audit.types import Findings, ScoreTable

__all__ = ["FACES", "forget_faces", "write_faces"]

FACES = f"{PRIVATE}/faces"
"""In OUT. The pages show faces: 0600 in a folder 0700; ``purge`` removes them."""

_INDEX, _PEOPLE = "index.html", "people.html"
_MOST = 200


@dataclass(frozen=True)
class _Posed:
    """A match with its pictures chosen: of what was searched with, of who came first, of the own person."""

    match: Match
    probe: Shot | None
    first: Shot | None
    own: Shot | None


def forget_faces(out: Path | str) -> None:
    """Remove the pages of an earlier run: they are of other results."""
    folder = Path(out) / FACES
    if folder.is_dir() and not folder.is_symlink():
        take_back(folder, *(page.name for page in folder.glob("*.html")))


def write_faces(
    findings: Findings,
    *,
    settings: Settings,
    out: Path | str,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Write each person's scans, and the pictures behind each match, to ``OUT/private/faces``: pages that show faces.

    Templates come from where the audit keeps them; the few pictures that are shown are made again from scans and
    photographs, which must still be there. People bear the pseudonyms of the report.

    Parameters
    ----------
    findings : Findings
        Of an audit that was written to ``out``.
    settings : Settings
        Of the same audit.
    out : path-like
    progress : callable, optional
        As for an audit.

    Returns
    -------
    Path
        Of the page that leads to the others. At most 200 people are shown, and 200 searches an attack, those that
        found their person first.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    tell = progress or tell_nobody
    base = own_folder(out)
    names = names_in(findings, base)
    enrolled = enrol_cohort(findings.cohort, settings=settings, out=base, progress=tell)
    attacks = [(table, _posed(table, enrolled)) for table in findings.scores]
    people = sorted(people_of(findings, settings), key=lambda one: names.person(one.subject))[:_MOST]
    shots = {shot for _, posed in attacks for each in posed for shot in (each.probe, each.first, each.own) if shot}
    shots |= {shot for one in people for _, shot in one.shots}
    pictures = take_pictures(shots, findings.cohort, settings, tell)
    folder = private_folder(base / FACES)
    links = []
    if people:
        facts = _page_of_people(people, pictures, names, findings)
        write_text(folder / _PEOPLE, render_page("reid_audit.appendix", "faces.html", **facts))
        links.append((_PEOPLE, facts["title"], facts["summary"]))
    for number, (table, posed) in enumerate(attacks, start=1):
        name = f"attack-{number:03d}.html"
        title = _title(table, findings)
        page = render_page("reid_audit.appendix", "faces.html", **_page(title, posed, pictures, names, findings))
        write_text(folder / name, page)
        links.append((name, title, _summary(posed)))
    index = render_page("reid_audit.appendix", "index.html", links=links, phantom=findings.cohort.phantom)
    return write_text(folder / _INDEX, index)


def _posed(table: ScoreTable, enrolled: Enrolled) -> list[_Posed]:
    finder = ShotFinder(enrolled, table.condition, placed=table.attacker == "adapted")
    return [_pose(match, finder) for match in matches_of(table)[:_MOST]]


def _pose(match: Match, finder: ShotFinder) -> _Posed:
    if match.first is None:
        return _Posed(match, finder.alone(Side(match.subject, match.sample)), None, None)
    probe, first = finder.shots(match.first)
    own = None if match.own is None or match.own == match.first else finder.shots(match.own)[1]
    return _Posed(match, probe, first, own)


def _title(table: ScoreTable, findings: Findings) -> str:
    parts = (attacker_label(table, findings.scores), table.condition, table.relation)
    return ", ".join(filter(None, parts))


def _summary(posed: Sequence[_Posed]) -> str:
    found = sum(each.match.found for each in posed)
    searches = "1 search" if len(posed) == 1 else f"{len(posed)} searches"
    return f"{searches} shown, {found} found their person"


def _page(
    title: str, posed: Sequence[_Posed], pictures: Mapping[Shot, str], names: Pseudonyms, findings: Findings
) -> dict[str, Any]:
    by_keypoints = title.startswith(LOCAL_FEATURES)
    return {
        "title": title,
        "summary": _summary(posed),
        "phantom": findings.cohort.phantom,
        "by_keypoints": by_keypoints,
        "side_by_side": False,
        "most": _MOST,
        "cut": len(posed) == _MOST,
        "matches": [_shown(each, pictures, names) for each in posed],
    }


def _page_of_people(
    people: Sequence[Person], pictures: Mapping[Shot, str], names: Pseudonyms, findings: Findings
) -> dict[str, Any]:
    return {
        "title": "Each person, one condition beside the other",
        "summary": "1 person shown" if len(people) == 1 else f"{len(people)} people shown",
        "phantom": findings.cohort.phantom,
        "by_keypoints": False,
        "side_by_side": True,
        "most": _MOST,
        "cut": len(people) == _MOST,
        "matches": [
            {
                "heading": names.person(one.subject),
                "cards": [
                    _card(condition, names.person(one.subject), shot, None, pictures) for condition, shot in one.shots
                ],
            }
            for one in people
        ],
    }


def _shown(posed: _Posed, pictures: Mapping[Shot, str], names: Pseudonyms) -> dict[str, Any]:
    match = posed.match
    person = names.person(match.subject)
    cards = [_card("Searched with", person, posed.probe, None, pictures)]
    if match.first is not None:
        who = names.person(match.first.reference.subject)
        cards.append(_card("Came first", who, posed.first, match.first, pictures))
    if match.own is not None and match.own != match.first:
        cards.append(_card("The own person", person, posed.own, match.own, pictures))
    return {"heading": f"{person}: {_outcome(match)}", "cards": cards}


def _outcome(match: Match) -> str:
    among = f"among {match.gallery}"
    if match.rank is None:
        return f"not found {among}: no score of the own person"
    if match.found:
        return f"found, rank 1 {among}"
    ties = f", tied with {match.tied}" if match.tied else ""
    return f"rank {match.rank} {among}{ties}"


def _card(
    role: str, person: str, shot: Shot | None, candidate: Candidate | None, pictures: Mapping[Shot, str]
) -> dict[str, Any]:
    score = "" if candidate is None else f"score {candidate.score:.3f}"
    return {
        "role": role,
        "person": person,
        "source": pictures.get(shot, "") if shot else "",
        "what": _what(shot),
        "score": score,
    }


def _what(shot: Shot | None) -> str:
    if shot is None:
        return "nothing to show"
    if shot.view is None:
        return "photograph"
    return f"render, yaw {shot.view.yaw:g}°, pitch {shot.view.pitch:g}°".replace("-", "\N{MINUS SIGN}")

"""What the gate reads: what a run measured and what a triage found, as records whose every value is checked."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "EVIDENCE",
    "EVIDENCE_VERSION",
    "MOST_FILES",
    "TRIAGE",
    "Answer",
    "Digest",
    "Evidence",
    "Measured",
    "RebuiltOf",
    "Record",
    "Released",
    "ReleasedPath",
    "Triage",
    "Triaged",
    "Worst",
]

EVIDENCE = "evidence.json"
"""What a run measured, in its OUT: counts of people, hashes of the released scans; no label, no path. Who is worst off
is there by the pseudonym of the report."""

TRIAGE = ("triage.json", "private/triage.json")
"""Where in the same OUT a triage keeps what it found in every file of the release."""

EVIDENCE_VERSION: Final = "1.4"
"""The second number grows when keys are added, the first when one changes its meaning; an older record is read, and
is not enough evidence."""

MOST_FILES = 1_000_000
_LONGEST = 4096


def _inside(path: str) -> str:
    """Refuse a path that leads out of the release, or that is not written as it would be found."""
    parts = PurePosixPath(path).parts
    if path != "/".join(parts) or ".." in parts or path.startswith("/") or "\0" in path:
        raise ValueError("a path must be relative, with '/' between its parts, and lead nowhere else")
    return path


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal digits."""

ReleasedPath = Annotated[str, Field(min_length=1, max_length=_LONGEST), AfterValidator(_inside)]
"""Of a file, relative to the release."""

Name = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=5_000)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]

Answer = Literal["face", "none", "cannot tell", "unaudited"]


class Record(BaseModel):
    """A value that came from a file: frozen, finite, and of the named keys alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Worst(Record):
    """The person whom an attack finds most, and the search in which they lie nearest to the first place.

    Parameters
    ----------
    pseudonym : str
        Of the report beside it; the key is private.
    searches : int
        Made for this person.
    first : float
        How many of them put the person first; ties by their share.
    rank : float
        The best over these searches, expected over ties; the last where nothing could be compared.
    gallery : int
        People searched in it.
    margin : float or None
        How far the person's own score lies above the mean of the others', in standard deviations of the others'; None
        where fewer than three others have a score, or all have the same.
    """

    pseudonym: Name
    searches: Annotated[int, Field(ge=1, le=10_000_000)]
    first: Annotated[float, Field(ge=0)]
    rank: Annotated[float, Field(ge=1)]
    gallery: Annotated[int, Field(ge=1, le=10_000_000)]
    margin: float | None = None


class Measured(Record):
    """How many people one attack found, each person counted once.

    Parameters
    ----------
    attacker, matcher, embedder, condition, relation : str
        As of the score table; of rebuilt scans the condition of the released ones that they were made of.
    rebuilt : str
        Empty, or who rebuilt the faces of the released scans before they were searched; since 1.4.
    people, searches : int
        Who was searched for, and how often in all; of several ways in each.
    gallery : tuple of two int
        People among whom each was searched, fewest and most.
    enrolled : int
        Of these people, those with a template in a gallery that they were searched in: nobody else can be found.
    scans, templated : int
        Scans that were searched, released or rebuilt, and those of them with a template; since 1.2.
    ways : int
        In which people were dealt out, such as halves of them; all counts below are means over them. Since 1.3.
    found : float
        People whom at least one of their searches puts first; ties count by their share, and so does a person whom
        only some of the ways find.
    guessed : float
        The same, expected of guesses.
    rate : float
        Mean over people of the share of their own searches that put them first.
    open_people : int
        People with a search from which their own scans were taken away.
    fpir : float or None
        Share of those searches that returned anybody at the threshold, people alike; None where there were none.
    open_found, open_guessed : float
        People of whom at least one search returns themself at or above that threshold, at any rank; expected of
        guesses.
    worst : Worst or None
        Who is found most; None of originals, and where nothing could be measured.
    unsearched : tuple of int
        Released scans of the condition in which nobody was searched for, by their place in ``Evidence.released``. Not
        filled in for originals and rebuilt scans, nor where nothing could be measured; since 1.2.
    note : str
        Empty, or why nothing could be measured: all counts are 0 then.
    """

    attacker: Name
    matcher: Name
    embedder: Name
    condition: Name
    relation: Name = ""
    rebuilt: Name = ""
    people: Count = 0
    searches: Count = 0
    gallery: tuple[Count, Count] = (0, 0)
    enrolled: Count = 0
    scans: Count = 0
    templated: Count = 0
    ways: Count = 1
    found: Annotated[float, Field(ge=0)] = 0.0
    guessed: Annotated[float, Field(ge=0)] = 0.0
    rate: Share = 0.0
    open_people: Count = 0
    fpir: Share | None = None
    open_found: Annotated[float, Field(ge=0)] = 0.0
    open_guessed: Annotated[float, Field(ge=0)] = 0.0
    worst: Worst | None = None
    unsearched: Annotated[tuple[Count, ...], Field(max_length=MOST_FILES)] = ()
    note: Text = ""

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Measured:
        if max(self.found, self.guessed, self.open_found, self.open_guessed) > self.people:
            raise ValueError("an attack cannot find more people than it searched for")
        if self.enrolled > self.people:
            raise ValueError("an attack cannot have templates of more people than it searched for")
        if self.templated > self.scans:
            raise ValueError("an attack cannot have templates of more scans than it searched")
        if self.searches < self.people or (self.people and (self.gallery[0] < 1 or self.gallery[0] > self.gallery[1])):
            raise ValueError("an attack makes at least one search a person, in a gallery of somebody")
        return self


class Released(Record):
    """One scan that was audited and is to be released.

    Parameters
    ----------
    condition : str
    files : tuple of str
        SHA-256 of each file: one, or several of a DICOM series; empty where it could not be read.
    voxels : str or None
        SHA-256 of voxels and affine (:func:`~reid_audit.gating.voxel_digest`); None where they could not be read.
    """

    condition: Name
    files: Annotated[tuple[Digest, ...], Field(max_length=MOST_FILES)]
    voxels: Digest | None = None


class RebuiltOf(Record):
    """Released scans that an attacker rebuilt the faces of, to be searched as well.

    Parameters
    ----------
    condition : str
        Of the released scans.
    attacker : str
        Who rebuilt the faces.
    """

    condition: Name
    attacker: Name


class Evidence(Record):
    """What a finished run leaves for the gate. It names nobody but by pseudonym, and of the originals nothing.

    Parameters
    ----------
    schema_version, version : str
        Of this record, and of the package. Since 1.2 each attack says in which released scans it did not search, and
        ``enrolled`` counts people who were searched for; since 1.3 a person counts by the share of the ways to deal
        people out that find them, and before by the first way alone; since 1.4 rebuilt scans are attacks on the
        released ones that they were made of, and before they passed for released.
    made : str
        When; ISO 8601, UTC.
    complete : bool
        No scan and no photograph was lost, and no released scan changed while the run was under way.
    lost, changed : int
        Scans and photographs that were lost; released scans that changed.
    phantom : bool
        People who do not exist.
    people : int
        With a released scan.
    attackers, conditions : tuple of str
        As asked for; conditions of the released scans.
    attacks : tuple of Measured
        One a score table, those of the originals included: they are the positive control. Of rebuilt scans as well,
        but for controls, in which everybody's head bears another person's rebuilt face.
    rebuilt : tuple of RebuiltOf
        Whose faces were rebuilt by whom; since 1.4.
    released : tuple of Released
    settings, provenance : mapping
    models : tuple of mapping
    report : str
        SHA-256 of the ``report.json`` that was written with it.
    """

    schema_version: Literal["1.0", "1.1", "1.2", "1.3", "1.4"] = EVIDENCE_VERSION
    version: Name
    made: Name
    complete: bool
    lost: Count
    changed: Count
    phantom: bool
    people: Count
    attackers: tuple[Name, ...]
    conditions: tuple[Name, ...]
    attacks: Annotated[tuple[Measured, ...], Field(max_length=10_000)]
    released: Annotated[tuple[Released, ...], Field(max_length=MOST_FILES)]
    rebuilt: tuple[RebuiltOf, ...] = ()
    settings: dict[str, Any]
    provenance: dict[str, Any]
    models: tuple[dict[str, Any], ...]
    report: Digest

    @model_validator(mode="after")
    def _scans_that_there_are(self) -> Evidence:
        places = {place for attack in self.attacks for place in attack.unsearched}
        if places and max(places) >= len(self.released):
            raise ValueError("an attack left out a scan that is not there")
        return self


class Triaged(BaseModel):
    """What a triage says of one file of the release; keys that it has beside these are left alone.

    Parameters
    ----------
    path : str
    sha256 : str or None
        None where there is no content to hash, such as a link of git-annex.
    kind : str
        What it is: ``"scan"``, ``"picture"``, ``"header"``, ``"link"`` ...
    answer : {"face", "none", "cannot tell", "unaudited"}
        ``"face"``: it gives a person away, by a face or by a name.
    why : str
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    path: ReleasedPath
    sha256: Digest | Literal[""] | None = None
    kind: Name = ""
    answer: Answer
    why: Text = ""


class Triage(BaseModel):
    """What a triage says of everything that is to be released.

    Parameters
    ----------
    schema_version : int
        Written as ``schema``.
    complete : bool
        It came to its end.
    volumes : tuple of Triaged
        Each path once.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    complete: bool
    volumes: Annotated[tuple[Triaged, ...], Field(max_length=MOST_FILES)]

    @model_validator(mode="after")
    def _each_once(self) -> Triage:
        if len({volume.path for volume in self.volumes}) != len(self.volumes):
            raise ValueError("a path stands more than once")
        return self

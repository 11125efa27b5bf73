"""What is audited, by whom, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from reid_audit.types.difference import Difference
    from reid_audit.types.rebuilt import Rebuilt
    from reid_audit.types.template import ModelSpec, ScoreTable

__all__ = ["ORIGINAL", "Attacker", "Cohort", "Failure", "Findings", "Result"]

ORIGINAL = "original"
"""The condition of a scan that nobody altered; any other condition is the name of what was done to the scan."""


@dataclass(frozen=True)
class Attacker:
    """A threat model: who looks, with what in hand.

    Parameters
    ----------
    name : str
        The one spelling used by settings, command line, report and gate.
    holds, knows, wants : str
        One sentence each.
    matcher : str
    """

    name: str
    holds: str
    knows: str
    wants: str
    matcher: str

    @property
    def summary(self) -> str:
        """Two lines for a list."""
        return f"Holds {self.holds}; knows {self.knows}.\nWants {self.wants}; matches by {self.matcher}."


@dataclass(frozen=True, eq=False)
class Cohort:
    """What is audited: one row a scan, one row a photo.

    Parameters
    ----------
    scans : pandas.DataFrame
        Columns ``subject, session, condition, modality, path, age, sex, site, cohort, sample``;
        paths absolute, ``sample`` unique.
    photos : pandas.DataFrame
        Columns ``subject, path, sample``.
    phantom : bool
        True for people who do not exist: figures may show faces, and every table says "calibrated population".
    name : str
    notes : tuple of str
        What was skipped or doubted on reading.
    skipped : tuple of (str, str)
        Absolute path of each image and folder that was left out, and why. Paths name people: for the holder alone.
    rebuilt : mapping of str to Rebuilt
        Which conditions an attacker made of released scans, and of which: nobody releases them.
    """

    scans: pd.DataFrame
    photos: pd.DataFrame
    phantom: bool = False
    name: str = "cohort"
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    rebuilt: Mapping[str, Rebuilt] = field(default_factory=dict)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everyone with a scan, sorted."""
        return tuple(sorted(self.scans["subject"].unique()))

    @property
    def given(self) -> pd.DataFrame:
        """The scans without those that an attacker made."""
        return self.scans[~self.scans["condition"].isin(list(self.rebuilt))] if self.rebuilt else self.scans

    @property
    def released(self) -> pd.DataFrame:
        """The scans that are to be released: neither originals, nor made by an attacker."""
        given = self.given
        return given[given["condition"] != ORIGINAL]

    @property
    def controls(self) -> frozenset[str]:
        """The conditions in which everybody's head bears another person's rebuilt face."""
        return frozenset(name for name, made in self.rebuilt.items() if made.control)

    def __repr__(self) -> str:
        conditions = ", ".join(sorted(self.scans["condition"].unique())) if len(self.scans) else "none"
        return (
            f"Cohort({self.name}: {len(self.subjects)} people, {len(self.scans)} scans ({conditions}), "
            f"{len(self.photos)} photos)"
        )


@dataclass(frozen=True)
class Failure:
    """Something that could not be done: an outcome, counted and shown.

    Parameters
    ----------
    stage : str
        ``"manifest" "read" "surface" "render" "detect" "embed" "match" "worker" "reconstruct" "distance"``.
    subject, session, condition, sample : str
        Of the input; ``sample`` is the scan's or photo's id in the manifest.
    what : str
        What went wrong.
    remedy : str
        What to do about it.
    """

    stage: str
    subject: str
    session: str
    condition: str
    sample: str
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Result:
    """One number, never alone.

    Parameters
    ----------
    attacker : str or None
        None for what no attacker is needed for (detection rate).
    matcher, embedder : str or None
    condition : str
    metric : str
        ``"rank" "auc" "accuracy" "detection_rate" "cosine_median_mated" "cosine_q1_mated" ...``; later work adds
        names and renames none.
    k : int or None
        For ``rank``.
    value : float or None
        None where the number cannot be had; ``note`` says why.
    low, high : float or None
        Confidence limits over people.
    confidence : float or None
    n_subjects, n_probes : int
        People and probes that the number rests on, failures included.
    chance : float or None
        What a random guess would give.
    control : float or None
        What the same evaluation gives with shuffled labels; where the note says so, shuffled before the attack learnt.
    relation : str
        Empty, ``"same-scan"`` or ``"cross-session"``.
    note : str
    group : str
        Empty for everybody; else the group that the number is of: ``"sex: F"``.
    """

    attacker: str | None
    matcher: str | None
    embedder: str | None
    condition: str
    metric: str
    value: float | None
    n_subjects: int
    n_probes: int
    k: int | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    chance: float | None = None
    control: float | None = None
    relation: str = ""
    note: str = ""
    group: str = ""


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that an audit found: what the report is drawn from.

    Parameters
    ----------
    cohort : Cohort
    results : tuple of Result
    failures : tuple of Failure
    scores : tuple of ScoreTable
    detection : pandas.DataFrame
        One row a condition and view: ``condition, yaw, pitch, light_azimuth, light_elevation, n_heads, n_detected``.
    surfaces : pandas.DataFrame
        One row a scan: ``sample, subject, session, condition`` and the fields of :class:`SurfaceQuality`.
    attackers : tuple of Attacker
    models : tuple of ModelSpec
    settings : mapping
        As the audit ran.
    provenance : mapping
        Versions, seed, times, machine class; no host name, no user, no path.
    pictures : mapping of str to ndarray
        Condition to a contact sheet (H, W) uint8; only of people who do not exist.
    differences : tuple of Difference
        Every condition against the original, over the same people.
    """

    cohort: Cohort
    results: tuple[Result, ...]
    failures: tuple[Failure, ...]
    scores: tuple[ScoreTable, ...]
    detection: pd.DataFrame
    surfaces: pd.DataFrame
    attackers: tuple[Attacker, ...]
    models: tuple[ModelSpec, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    pictures: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()

    @property
    def complete(self) -> bool:
        """True when no scan and no photo was lost (a face that was not found is a result, not a loss)."""
        lost = {"read", "surface", "render", "worker", "manifest", "reconstruct"}
        return not any(failure.stage in lost for failure in self.failures)

    def __repr__(self) -> str:
        return (
            f"Findings({len(self.results)} results, {len(self.scores)} score tables, {len(self.failures)} failures, "
            f"{'complete' if self.complete else 'INCOMPLETE'}; {self.cohort!r})"
        )

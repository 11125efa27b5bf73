"""Templates and the scores between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.types.arrays import frozen_array

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["LOST", "ModelSpec", "ScoreTable", "Templates"]

LOST = "could not be read or rendered"
"""Reason in every row of a scan or photo that yielded nothing, so that no detector ever looked at it."""


@dataclass(frozen=True)
class ModelSpec:
    """What a pluggable part is, for the cache key and the report.

    Parameters
    ----------
    name, version, licence : str
    weights_sha256 : tuple of str
        One a file of weights; empty where there are none.
    dimension : int
        Length of a template; 0 where the part makes none.
    needs : tuple of str
        Extras or files that must be present.
    """

    name: str
    version: str
    licence: str
    weights_sha256: tuple[str, ...] = ()
    dimension: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Templates:
    """Face templates with the facts about where each came from: biometric data.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a template, index 0 .. N-1. Columns: ``subject, session, condition, modality, source`` (``"scan"`` or
        ``"photo"``), ``sample`` (id of the scan or photo; templates of one scan share it), ``yaw, pitch, light_azimuth,
        light_elevation`` (NaN for photos), ``detected`` (bool), ``reason`` (empty, or why there is no template;
        :data:`LOST` where there was nothing to look at).
    vectors : ndarray, shape (N, D), float32
        Unit or raw templates as the embedder gives them; a row of NaN where the failure is an outcome.
    embedder : str
        Name of the embedder's spec.
    """

    table: pd.DataFrame
    vectors: np.ndarray[Any, Any]
    embedder: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", frozen_array(self.vectors, np.float32))
        if len(self.table) != len(self.vectors):
            raise ValueError(
                f"Templates need one row a vector, got {len(self.table)} rows and {len(self.vectors)} vectors."
            )

    def select(self, rows: Any) -> Templates:
        """Return the templates at a boolean mask or an array of positions, renumbered from 0."""
        positions = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, dtype=int)
        return Templates(self.table.iloc[positions].reset_index(drop=True), self.vectors[positions], self.embedder)

    def __repr__(self) -> str:
        people = self.table["subject"].nunique() if len(self.table) else 0
        return f"Templates({len(self.table)} of {people} people, {self.embedder}; values not shown: biometric data)"


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores of probes against references, higher = more alike.

    Parameters
    ----------
    attacker, matcher, embedder : str
    condition : str
        Of the scans that are attacked.
    relation : str
        Empty, or what kind of pairs these are: ``"same-scan"``, ``"cross-session"``.
    probes, references : pandas.DataFrame
        One row a probe or reference, with at least ``subject`` and ``sample``; more columns as the attacker has them.
    scores : ndarray, shape (P, R), float64
        NaN where the comparison could not be made (failure to enrol or to acquire).
    compared : ndarray, shape (P, R), bool
        False where a comparison was not to be made at all (a probe against itself, a pair dropped by design).
    note : str
        What every number made from the table has to say.
    control : ScoreTable or None
        Of an attack that learns: the same, learnt and scored again after the names of the scans were shuffled over
        people. Each row of ``probes`` says by ``shuffle`` which time it is from. None where nothing is learnt.
    scans : mapping of str to int
        Samples of the scans that the references were made of, where a reference is a person, and how many templates
        each has; empty where a reference is a scan.
    """

    attacker: str
    matcher: str
    embedder: str
    condition: str
    probes: pd.DataFrame
    references: pd.DataFrame
    scores: np.ndarray[Any, Any]
    compared: np.ndarray[Any, Any]
    relation: str = ""
    note: str = ""
    control: ScoreTable | None = None
    scans: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", frozen_array(self.scores, np.float64))
        object.__setattr__(self, "compared", frozen_array(self.compared, bool))
        shape = (len(self.probes), len(self.references))
        if self.scores.shape != shape or self.compared.shape != shape:
            raise ValueError(
                f"A ScoreTable of {shape[0]} probes and {shape[1]} references got scores of shape {self.scores.shape}."
            )

    @property
    def mated(self) -> np.ndarray[Any, Any]:
        """Which comparisons are of one person with themself; shape (P, R), bool."""
        return np.asarray(self.probes["subject"].to_numpy()[:, None] == self.references["subject"].to_numpy()[None, :])

    def __repr__(self) -> str:
        size = f"{len(self.probes)} probes x {len(self.references)} references"
        return f"ScoreTable({self.attacker}, {self.condition}, {size})"

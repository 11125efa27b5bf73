"""What a repeated study gives: rows of our number and the paper's, and what was lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Failure, Findings, Result

__all__ = ["Repeated", "Row", "population_name", "repeated", "row_of"]


@dataclass(frozen=True)
class Row:
    """A method, what it gave here, and what was reported.

    Parameters
    ----------
    population : str
        Whose scans: ``"main"`` or ``"withheld"`` phantoms, or the name of the user's data.
    condition : str
    method : str
    metric : str
    value, low, high : float or None
    chance, control : float or None
    n_subjects, n_probes : int
    published : str
        The paper's figure; empty where it has none.
    standing : str
        ``"calibrated, not reproduced"`` for what was tuned to land near the paper; ``"finding"`` for everything else.
    note : str
    """

    population: str
    condition: str
    method: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    chance: float | None
    control: float | None
    n_subjects: int
    n_probes: int
    published: str = ""
    standing: str = "finding"
    note: str = ""


def row_of(result: Result, population: str, method: str, *, published: str = "", standing: str = "finding") -> Row:
    """Return a result as a row."""
    return Row(
        population=population,
        condition=result.condition,
        method=method,
        metric=result.metric if result.k is None else f"{result.metric}-{result.k}",
        value=result.value,
        low=result.low,
        high=result.high,
        chance=result.chance,
        control=result.control,
        n_subjects=result.n_subjects,
        n_probes=result.n_probes,
        published=published,
        standing=standing,
        note=result.note,
    )


@dataclass(frozen=True)
class Repeated:
    """A study repeated.

    Parameters
    ----------
    rows : tuple of Row
    failures : tuple of Failure
        What could not be done, over all its audits.
    complete : bool
        True when no scan and no photograph was lost; a face that was not found is a result, not a loss.
    """

    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    complete: bool


def repeated(rows: Sequence[Row], audits: Sequence[Findings]) -> Repeated:
    """Return rows with what the audits that they come from lost."""
    failures = tuple(failure for findings in audits for failure in findings.failures)
    return Repeated(tuple(rows), failures, all(findings.complete for findings in audits))


def population_name(population: str, voxel_size: float) -> str:
    """Return what phantoms are called in a table: voxels that are not the study's stand beside their population."""
    return population if voxel_size == 1 else f"{population}, voxels of {voxel_size:g} mm"

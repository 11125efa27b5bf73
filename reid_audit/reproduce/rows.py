"""One row of a repeated study: our number, and the paper's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reid_audit.types import Result

__all__ = ["Row", "row_of"]


@dataclass(frozen=True)
class Row:
    """A method, what it gave here, and what was reported.

    Parameters
    ----------
    population : str
        Whose scans: ``"main"`` and ``"withheld"`` phantoms, or the name of the user's data.
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

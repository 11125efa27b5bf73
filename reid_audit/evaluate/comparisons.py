"""A score table seen as comparisons between people: who met whom, with what score, and what failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.types import ScoreTable

__all__ = ["Comparisons", "compare"]

_BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Comparisons:
    """People by number, in place of their labels, and the comparisons between them.

    Parameters
    ----------
    n_people : int
        Of probes and references together; rows that were to be compared with nobody are left out.
    probe, reference : ndarray, shape (P,) and (R,), int64
        Whose each probe and reference is: 0 .. n_people - 1, in order of first appearance.
    scores : ndarray, shape (P, R), float64
        Higher = more alike; a comparison that is not finite did not take place.
    compared : ndarray, shape (P, R), bool
        False where no comparison was asked for.
    contradiction : str
        Empty, or why whose the samples are cannot be known.
    """

    n_people: int
    probe: NDArray[np.int64]
    reference: NDArray[np.int64]
    scores: NDArray[np.float64]
    compared: NDArray[np.bool_]
    contradiction: str = ""

    def rows(self) -> Iterator[slice]:
        """Yield runs of probes whose comparisons fit into memory at once."""
        step = max(1, _BLOCK // max(1, len(self.reference)))
        for start in range(0, len(self.probe), step):
            yield slice(start, start + step)

    def blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
        """Yield the comparisons that took place, in parts: person of the probe, person of the reference, score."""
        for rows in self.rows():
            part = self.scores[rows]
            probe, reference = np.nonzero(self.compared[rows] & np.isfinite(part))
            yield self.probe[rows][probe], self.reference[reference], part[probe, reference]

    def split(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the scores of mated and of non-mated comparisons that took place."""
        parts = [(score[first == second], score[first != second]) for first, second, score in self.blocks()]
        mated, nonmated = zip(*parts, strict=True) if parts else ((), ())
        return np.concatenate([*mated, np.zeros(0)]), np.concatenate([*nonmated, np.zeros(0)])

    def people_met(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who has a mated comparison that took place, and who has any; each of shape (n_people,)."""
        mated, anybody = (np.zeros(self.n_people, dtype=bool) for _ in range(2))
        for first, second, _ in self.blocks():
            mated[first[first == second]] = True
            anybody[first] = True
            anybody[second] = True
        return mated, anybody

    @property
    def n_compared(self) -> int:
        """Comparisons that were asked for."""
        return int(np.count_nonzero(self.compared))

    @property
    def n_failed(self) -> int:
        """Comparisons that were asked for and did not take place."""
        return sum(int(np.count_nonzero(self.compared[r] & ~np.isfinite(self.scores[r]))) for r in self.rows())

    def __repr__(self) -> str:
        return f"Comparisons({self.n_people} people, {len(self.probe)} probes x {len(self.reference)} references)"


def compare(table: ScoreTable) -> Comparisons:
    """Number the people of a score table.

    Parameters
    ----------
    table : ScoreTable

    Returns
    -------
    Comparisons

    Raises
    ------
    UsageError
        When probes or references lack the columns ``subject`` and ``sample``, or a subject is missing.
    """
    import pandas as pd

    for name, frame in (("probes", table.probes), ("references", table.references)):
        _check_frame(name, frame)
    contradiction = _shared_id("probes", table.probes) or _shared_id("references", table.references)
    asked, known = table.compared.any(axis=1), table.compared.any(axis=0)
    scores, compared = table.scores, table.compared
    if not (asked.all() and known.all()):
        scores, compared = scores[np.ix_(asked, known)], compared[np.ix_(asked, known)]
    asked_of, known_of = (frame["subject"].to_numpy(dtype=object) for frame in (table.probes, table.references))
    codes, people = pd.factorize(np.concatenate([asked_of[asked], known_of[known]]))
    numbers = np.asarray(codes, dtype=np.int64)
    n_probes = int(np.count_nonzero(asked))
    return Comparisons(len(people), numbers[:n_probes], numbers[n_probes:], scores, compared, contradiction)


def _check_frame(name: str, frame: pd.DataFrame) -> None:
    missing = [column for column in ("subject", "sample") if column not in frame.columns]
    if missing:
        raise UsageError(
            f"The {name} of a score table must have the columns 'subject' and 'sample', got none named "
            f"{' and '.join(missing)}.",
            remedy="Name the person and the scan or photo of every row.",
        )
    unknown = int(frame["subject"].isna().sum())
    if unknown:
        raise UsageError(
            f"Every row of the {name} needs a subject, got {unknown} without one.",
            remedy="Leave out whoever has no name before scoring, or give them names of their own.",
        )


def _shared_id(name: str, frame: pd.DataFrame) -> str:
    pairs: Any = frame[["subject", "sample"]].drop_duplicates()
    shared = int(pairs["sample"].dropna().duplicated().sum())
    if not shared:
        return ""
    ids = "one sample id stands" if shared == 1 else f"{shared} sample ids stand"
    return f"among the {name} {ids} under two people, so that whose they are is not known"

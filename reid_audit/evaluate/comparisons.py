"""A score table seen as comparisons between people: who met whom, with what score, and what failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from reid_audit.types import ScoreTable

__all__ = ["Comparisons", "compare", "first_split", "people_of", "without_distractors"]

_BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Comparisons:
    """People by number, in place of their labels, and the comparisons between them.

    Parameters
    ----------
    n_people : int
        Of probes and references together; rows that were to be compared with nobody are left out.
    probe, reference : ndarray, shape (P,) and (R,), int64
        Whose each probe and reference is: 0 .. n_people - 1, in the order of their labels. Rows and columns stand in
        the order of these numbers, and of the sample within them, so that the order of the table is of no account.
    scores : ndarray, shape (P, R), float64
        Higher = more alike; a comparison that is not finite did not take place.
    compared : ndarray, shape (P, R), bool
        False where no comparison was asked for.
    acquired, enrolled : ndarray, shape (P,) and (R,), bool, or None
        Which probes and which references have a template (``n_templates`` above 0); None where the table does not say.
    contradiction : str
        Empty, or why whose the samples are cannot be known.
    """

    n_people: int
    probe: NDArray[np.int64]
    reference: NDArray[np.int64]
    scores: NDArray[np.float64]
    compared: NDArray[np.bool_]
    acquired: NDArray[np.bool_] | None = None
    enrolled: NDArray[np.bool_] | None = None
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

    def people_met(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who has a mated comparison that took place, and who a non-mated one; each of shape (n_people,)."""
        mated, nonmated = (np.zeros(self.n_people, dtype=bool) for _ in range(2))
        for first, second, _ in self.blocks():
            own = first == second
            mated[first[own]] = True
            nonmated[first[~own]] = True
            nonmated[second[~own]] = True
        return mated, nonmated

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
    for name, frame in (("probes", table.probes), ("references", table.references)):
        _check_frame(name, frame)
    contradiction = _shared_id("probes", table.probes) or _shared_id("references", table.references)
    rows, columns = np.flatnonzero(table.compared.any(axis=1)), np.flatnonzero(table.compared.any(axis=0))
    numbers = _numbered(
        *(frame["subject"].iloc[at] for frame, at in ((table.probes, rows), (table.references, columns)))
    )
    probe, reference = numbers[: len(rows)], numbers[len(rows) :]
    by_row, by_column = _order(probe, table.probes.iloc[rows]), _order(reference, table.references.iloc[columns])
    rows, columns = rows[by_row], columns[by_column]
    return Comparisons(
        n_people=int(numbers.max(initial=-1)) + 1,
        probe=probe[by_row],
        reference=reference[by_column],
        scores=_at(table.scores, rows, columns),
        compared=_at(table.compared, rows, columns),
        acquired=_has_template(table.probes.iloc[rows]),
        enrolled=_has_template(table.references.iloc[columns]),
        contradiction=contradiction,
    )


def without_distractors(table: ScoreTable) -> ScoreTable:
    """Return the table without the references that only pad the gallery: what is left are people of the cohort."""
    if "distractor" not in table.references.columns:
        return table
    kept = np.flatnonzero(~table.references["distractor"].to_numpy(dtype=bool))
    references = table.references.iloc[kept].reset_index(drop=True)
    return replace(table, references=references, scores=table.scores[:, kept], compared=table.compared[:, kept])


def first_split(table: ScoreTable) -> ScoreTable:
    """Return one search of each probe where people were dealt out in several ways and each probe searched in all.

    The searches of a probe repeat each other: what takes searches for independent needs one of them.
    """
    if "split" not in table.probes.columns:
        return table
    kept = np.flatnonzero((table.probes["split"] == table.probes["split"].min()).to_numpy(dtype=bool))
    probes = table.probes.iloc[kept].reset_index(drop=True)
    return replace(table, probes=probes, scores=table.scores[kept], compared=table.compared[kept])


def people_of(table: ScoreTable) -> NDArray[Any]:
    """Return the label of each person by the number that :func:`compare` gives them; shape (n_people,), object."""
    rows, columns = table.compared.any(axis=1), table.compared.any(axis=0)
    labels = np.concatenate(
        [
            frame["subject"].to_numpy(dtype=object)[at]
            for frame, at in ((table.probes, rows), (table.references, columns))
        ]
    )
    return _in_order(labels)[1]


def _numbered(*labels: pd.Series[Any]) -> NDArray[np.int64]:
    """Return whose each row is: the place of the label in the order of all labels."""
    return _in_order(np.concatenate([each.to_numpy(dtype=object) for each in labels]))[0]


def _in_order(labels: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the place of each label in the order of all, and the labels in that order."""
    import pandas as pd

    codes, people = pd.factorize(labels)
    order = sorted(range(len(people)), key=lambda i: (str(people[i]), type(people[i]).__name__))
    place = np.empty(len(people), dtype=np.int64)
    place[order] = np.arange(len(people))
    return place[codes], np.asarray(people)[order]


def _order(person: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the order of the rows: by person, sample, and what else is known of them (renders share a sample)."""
    more = sorted((name for name in frame.columns if name not in ("subject", "sample")), key=str)
    keys = [np.unique([str(value) for value in frame[name]], return_inverse=True)[1] for name in ("sample", *more)]
    return np.lexsort((*reversed(keys), person))


def _at(matrix: NDArray[Any], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[Any]:
    """Return these rows and columns; no copy where they are all, in their order."""
    same = all(
        np.array_equal(chosen, np.arange(size)) for chosen, size in zip((rows, columns), matrix.shape, strict=True)
    )
    return matrix if same else matrix[np.ix_(rows, columns)]


def _has_template(frame: pd.DataFrame) -> NDArray[np.bool_] | None:
    return frame["n_templates"].to_numpy() > 0 if "n_templates" in frame.columns else None


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
    known = frame["sample"].notna().to_numpy()
    pairs = set(compress(zip(frame["subject"].tolist(), frame["sample"].tolist(), strict=True), known))
    shared = len(pairs) - len({sample for _, sample in pairs})
    if not shared:
        return ""
    ids = "one sample id stands" if shared == 1 else f"{shared} sample ids stand"
    return f"among the {name} {ids} under two people, so that whose they are is not known"

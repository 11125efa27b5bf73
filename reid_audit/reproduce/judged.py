"""Rows that the studies of defacers share: rates, tests and agreement, beside the papers' figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from reid_audit.comparison import (
    JudgedCohort,
    checked_verdicts,
    compare_success,
    judge_cohort,
    success_rates,
    verdict_table,
)
from reid_audit.reproduce.age_groups import AGE_GROUPS, deface_age_groups
from reid_audit.reproduce.rows import Row, population_name, row_of
from reid_audit.types import ORIGINAL, ScanQuality
from reid_audit.utility import agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from reid_audit.phantom.identity import Population
    from reid_audit.reproduce.age_groups import Defaced
    from reid_audit.types import Failure
    from reid_audit.utility import Agreement

__all__ = ["BRAIN_MEASURES", "JudgedStudy", "judge_age_groups"]

BRAIN_MEASURES = ("brain volume", "dark brain tissue", "middle brain tissue", "bright brain tissue")
"""Measures of the brain by part, here by brightness of the tissue."""
_MEASURE_COLUMNS = ("subject", "session", "modality", "condition", "measure", "unit", "value", "why")


@dataclass(frozen=True, eq=False)
class JudgedStudy:
    """Phantoms of one population, defaced and judged.

    Parameters
    ----------
    name : str
        Of the population, as rows have it.
    defaced : Defaced
    verdicts : pandas.DataFrame
        With a column ``age group``.
    agreements : mapping of str to tuple of Agreement
        Age group to the measures of its people; ``"all ages"`` to those of everybody.
    failures : tuple of Failure
    """

    name: str
    defaced: Defaced
    verdicts: pd.DataFrame
    agreements: Mapping[str, tuple[Agreement, ...]]
    failures: tuple[Failure, ...]

    def __repr__(self) -> str:
        return f"JudgedStudy({self.name}: {len(self.verdicts)} verdicts, {len(self.failures)} failures)"

    def rate_rows(self, outcome: str, method: str, published: Mapping[str, str]) -> list[Row]:
        """Return how often each defacer did well, for everybody and by age group.

        Parameters
        ----------
        outcome : str
            Of :data:`reid_audit.comparison.OUTCOMES`.
        method : str
        published : mapping of str to str
            Defacer to the paper's figure for everybody.
        """
        found = success_rates(self.verdicts, by=("age group",), outcomes=(outcome,), fewest=1)
        rows = []
        ages = ["", *(f"age group: {name}" for name in AGE_GROUPS)]
        conditions = list(dict.fromkeys(result.condition for result in found))
        for result in sorted(found, key=lambda each: (conditions.index(each.condition), ages.index(each.group))):
            group = result.group.removeprefix("age group: ") or "all ages"
            paper = published.get(result.condition, "") if not result.group else ""
            rows.append(row_of(result, self.name, f"{method}, {group}", published=paper))
        return rows

    def test_rows(self, outcome: str) -> list[Row]:
        """Return the test of all defacers at once, and of each pair."""
        tested = compare_success(self.verdicts, outcome)
        q, what = tested.overall, outcome.replace("_", " ")
        rows = [
            self._row(
                "all defacers",
                f"Cochran's Q on {what}",
                "p",
                None if q is None else q.p_value,
                n=0 if q is None else q.n_people,
                note="; ".join(filter(None, (f"Q = {q.statistic:.2f}" if q else "", tested.note, q.note if q else ""))),
            )
        ]
        for pair in tested.pairs:
            p = "none" if pair.p_adjusted is None else f"{pair.p_adjusted:.3g}"
            row = self._row(
                f"{pair.second} less {pair.first}",
                f"{what}, all ages",
                "difference",
                pair.difference,
                n=pair.n_subjects,
                note="; ".join(filter(None, (f"McNemar, corrected by Holm: p = {p}", pair.note))),
            )
            rows.append(replace(row, low=pair.low, high=pair.high))
        return rows

    def measure_rows(
        self,
        measures: Sequence[str],
        field: str,
        method: str,
        published: str | Mapping[str, str] = "",
        *,
        group: str = "all ages",
    ) -> list[Row]:
        """Return the median over measures and sequences of one number of the agreement, one row a defacer.

        Parameters
        ----------
        measures : sequence of str
        field : str
            Of :class:`~reid_audit.utility.Agreement`: ``"spearman"``, ``"absolute_relative"``.
        method : str
        published : str or mapping of str to str
            The paper's figure: of all defacers together, or by defacer.
        group : str
        """
        rows = []
        for condition in dict.fromkeys(each.condition for each in self.agreements.get(group, ())):
            own = [e for e in self.agreements[group] if e.condition == condition and e.measure in measures]
            values = [value for e in own if (value := getattr(e, field)) is not None]
            people = max((e.n_subjects for e in own), default=0)
            whys = "; ".join(dict.fromkeys(e.note for e in own if e.note)) or "no measure in both"
            spread = f"{len(values)} of {len(own)} measures by sequence, {_span(values)}" if values else whys
            row = self._row(
                condition,
                f"{method}, {group}",
                field,
                float(np.median(values)) if values else None,
                n=people,
                note=spread,
            )
            if len(values) == 1:
                only = next(e for e in own if getattr(e, field) is not None)
                low, high = (getattr(only, f"{field}_{side}", None) for side in ("low", "high"))
                row = replace(row, low=low, high=high)
            paper = published if isinstance(published, str) else published.get(condition, "")
            rows.append(replace(row, published=paper))
        return rows

    def missing_rows(self, outcome: str, method: str, published: Mapping[str, str]) -> list[Row]:
        """Return a row for each defacer that does not run here, with the reason and the paper's figure.

        Parameters
        ----------
        outcome, method, published
            As for :meth:`rate_rows`, beside whose rows these stand.
        """
        return [
            replace(
                self._row(name, f"{method}, all ages", f"{outcome}_rate", None, n=0, note=f"does not run here: {why}"),
                published=published.get(name, ""),
            )
            for name, why in self.defaced.unavailable.items()
        ]

    def paper_rows(self, published: Mapping[str, str], *, condition: str) -> list[Row]:
        """Return the paper's figures that no number of ours stands beside, with the reason."""
        why = self.defaced.unavailable.get(condition, "that defacer is none of those asked for")
        lost = next((each.what for each in self.defaced.failures if each.condition == condition), "")
        note = f"it failed on every scan: {lost}" if lost else f"does not run here: {why}"
        ran = condition in self.defaced.seconds
        return [
            replace(
                self._row(condition, f"{method}, all ages", "spearman", None, n=0),
                published=figure,
                note=note,
            )
            for method, figure in published.items()
            if not ran
        ]

    def time_rows(self) -> list[Row]:
        """Return the median time of each defacer on one scan."""
        return [
            self._row(name, "run time of one scan, median", "seconds", value, n=self.verdicts["subject"].nunique())
            for name, value in self.defaced.seconds.items()
        ]

    def _row(self, condition: str, method: str, metric: str, value: float | None, *, n: int, note: str = "") -> Row:
        return Row(self.name, condition, method, metric, value, None, None, None, None, n, n, note=note)


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"


def judge_age_groups(
    out: Path,
    *,
    population: Population,
    subjects: int,
    modalities: Sequence[str],
    seed: int,
    voxel_size: float,
    tumours: bool,
    defacers: Sequence[str] | None,
    groups: Sequence[str] = tuple(AGE_GROUPS),
    workers: int,
    progress: Callable[[str, int, int], None] | None,
) -> JudgedStudy:
    """Make phantoms of age groups, deface, judge and measure them; a stopped run goes on where it stopped."""
    import pandas as pd

    defaced = deface_age_groups(
        out / "phantoms",
        subjects=subjects,
        modalities=modalities,
        population=population,
        seed=seed,
        voxel_size=voxel_size,
        tumours=tumours,
        defacers=defacers,
        groups=groups,
        workers=workers,
        progress=progress,
    )
    lost = _verdicts_of_lost(defaced)
    judged = JudgedCohort(lost, pd.DataFrame(columns=list(_MEASURE_COLUMNS)), (), ())
    if defaced.seconds:
        judged = judge_cohort(defaced.cohort, out, masks=defaced.masks, workers=workers, progress=progress)
        if len(lost):
            judged = replace(judged, verdicts=pd.concat([judged.verdicts, lost], ignore_index=True))
    whose = defaced.cohort.scans.drop_duplicates("subject").set_index("subject")["site"]
    verdicts = judged.verdicts.assign(**{"age group": judged.verdicts["subject"].map(whose)})
    agreements: dict[str, tuple[Any, ...]] = {}
    for group in ("all ages", *dict.fromkeys(whose)):
        chosen = judged.measures
        if group != "all ages":
            chosen = chosen[chosen["subject"].map(whose) == group]
        rng = np.random.default_rng([seed, crc32(group.encode())])
        agreements[group] = agreement(chosen, rng=rng)
    failures = (*defaced.failures, *_but_known(judged.failures, defaced.failures))
    return JudgedStudy(population_name(population, voxel_size), defaced, verdicts, agreements, failures)


def _verdicts_of_lost(defaced: Defaced) -> pd.DataFrame:
    """Return the verdicts on defacers that gave nothing on any scan: their scans are lost, and no success."""
    scans = defaced.cohort.scans[defaced.cohort.scans["condition"] == ORIGINAL]
    modality = dict(zip(scans["sample"], scans["modality"], strict=True))
    lost = [
        ScanQuality(
            each.sample,
            each.subject,
            each.session,
            each.condition,
            str(modality[each.sample.removesuffix(f"_{each.condition}")]),
            failure=each,
        )
        for each in defaced.failures
        if each.condition not in defaced.seconds
    ]
    return checked_verdicts(verdict_table(lost))


def _but_known(judged: Sequence[Failure], known: Sequence[Failure]) -> list[Failure]:
    """Leave out failures of judging that only repeat that a defacer gave nothing."""
    told = {(each.subject, each.condition) for each in known}
    return [each for each in judged if each.sample or (each.subject, each.condition) not in told]

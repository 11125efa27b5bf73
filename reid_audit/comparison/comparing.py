"""Defacers side by side: the audit, the verdicts and the measures of the same scans, put into one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from reid_audit.auditing import audit, fold_tables
from reid_audit.comparison.failure_risk import FailureRisk, risk_by_failure
from reid_audit.comparison.judging import Judged, judge_task
from reid_audit.comparison.risk import results_by_seed, spread_over_seeds
from reid_audit.comparison.rows import ConditionRow, condition_rows
from reid_audit.comparison.scans import originals_by_scan, scan_tasks
from reid_audit.comparison.success import success_rates, with_age_bands
from reid_audit.comparison.success_tests import SuccessTests, compare_success
from reid_audit.comparison.verdicts import COLUMNS, OUTCOMES, PASSES, SCAN, checked_verdicts
from reid_audit.errors import UsageError
from reid_audit.settings import Settings
from reid_audit.statistics import check_margin
from reid_audit.store import one_at_a_time, own_folder, private_folder
from reid_audit.types import Failure, Findings, Result
from reid_audit.utility import MEASURES, Yardstick, agreement
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from reid_audit.comparison.measuring import ScanTask
    from reid_audit.types import Cohort
    from reid_audit.utility import Agreement, GrowthChart

__all__ = ["GROUPS", "Comparison", "JudgedCohort", "compare", "judge_cohort"]

GROUPS = ("age", "modality", "sex", "site", "cohort")
"""Columns of a cohort by which success is broken down, where they differ."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a comparison found.

    Parameters
    ----------
    findings : Findings
        Of the audit with the first seed.
    verdicts : pandas.DataFrame
        One row a scan and defacer.
    measures : pandas.DataFrame
        One row a number, with the reason where there is none.
    rates : tuple of Result
        Success by condition and group.
    tests : tuple of SuccessTests
        One an outcome.
    agreements : tuple of Agreement
    rows : tuple of ConditionRow
    by_seed, spread, folds : pandas.DataFrame
        Every result of every seed, its spread, and in which fold each person was.
    failures : tuple of Failure
        Of verdicts and measures; those of the audit are in ``findings``.
    notes : tuple of str
    settings : mapping
        What the comparison was asked for beyond the audit.
    failure_risks : tuple of FailureRisk
        Whether people are found where a region was left, one an attack and region.
    """

    findings: Findings
    verdicts: pd.DataFrame
    measures: pd.DataFrame
    rates: tuple[Result, ...]
    tests: tuple[SuccessTests, ...]
    agreements: tuple[Agreement, ...]
    rows: tuple[ConditionRow, ...]
    by_seed: pd.DataFrame
    spread: pd.DataFrame
    folds: pd.DataFrame
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    settings: dict[str, Any] | None = None
    failure_risks: tuple[FailureRisk, ...] = ()

    @property
    def complete(self) -> bool:
        """True where nothing was lost."""
        return self.findings.complete and not self.failures

    @property
    def confidence(self) -> float:
        """Of every interval."""
        return float((self.settings or {}).get("confidence", 0.95))

    def __repr__(self) -> str:
        return f"Comparison({len(self.rows)} conditions, {len(self.verdicts)} verdicts, {len(self.failures)} failures)"


@one_at_a_time("out")
def compare(
    cohort: Cohort,
    out: Path | str,
    *,
    settings: Settings | None = None,
    failures: Iterable[Failure] = (),
    seeds: int = 1,
    masks: pd.DataFrame | None = None,
    chart: GrowthChart | None = None,
    measures: pd.DataFrame | None = None,
    usual: Sequence[Yardstick] = (),
    margin: float = 0.05,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Compare conditions of the same originals on privacy, brain and utility.

    Parameters
    ----------
    cohort : Cohort
        Originals and the outputs of one or more defacers.
    out : path-like
        Folder that keeps finished work: the audit under ``audit``, verdicts and measures under ``private``.
    settings : Settings, optional
        Of the audit. Its seed is the first one.
    failures : iterable of Failure
        What was lost on reading the cohort.
    seeds : int, default 1
        Audits with other random draws: the first seed and those that follow it. Templates are made once.
    masks, chart, measures, usual
        As :func:`~reid_audit.comparison.scans.read_masks`, :func:`~reid_audit.utility.read_chart`,
        :func:`~reid_audit.utility.read_measures` and :func:`~reid_audit.utility.yardsticks` return them.
    margin : float, default 0.05
        Of equivalence, as a share of the original.
    progress : callable, optional
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Comparison

    Raises
    ------
    UsageError
        When originals or other conditions are missing, a setting is not allowed, or another run is at work in ``out``.
    StoreError
        If ``out`` cannot be written.
    """
    asked = settings or Settings()
    if seeds < 1:
        raise UsageError(f"A comparison takes at least one seed, got {seeds}.", remedy="Give 1, or 5 for a spread.")
    check_margin(margin)
    _check_names(measures)
    folder = own_folder(out)
    judged = judge_cohort(cohort, folder, masks=masks, chart=chart, workers=asked.workers, progress=progress)
    audits: dict[int, Findings] = {}
    # The first seed comes last, so that the audit's own report on disk is that of the first.
    for seed in reversed(range(asked.seed, asked.seed + seeds)):
        own = asked.model_copy(update={"seed": seed})
        done = audit(cohort, settings=own, out=folder / "audit", failures=failures, progress=progress)
        audits[seed] = done.findings
    audits = dict(sorted(audits.items()))
    findings = audits[asked.seed]
    verdicts = _grouped(judged.verdicts, cohort)
    known = [name for name in GROUPS if name in verdicts.columns]
    groups = [name for name in known if len(set(verdicts[name].astype(str))) > 1] if len(verdicts) else []
    rates = success_rates(verdicts, by=groups, confidence=asked.confidence) if len(verdicts) else ()
    tests = tuple(compare_success(verdicts, name, confidence=asked.confidence) for name in OUTCOMES if len(verdicts))
    numbers, notes = _numbers(judged.measures, measures, cohort)
    agreements = agreement(
        numbers,
        rng=np.random.default_rng([asked.seed, crc32(b"agreement")]),
        margin=margin,
        usual=usual,
        confidence=asked.confidence,
        resamples=asked.resamples,
    )
    return Comparison(
        findings,
        verdicts,
        numbers,
        rates,
        tests,
        agreements,
        condition_rows(findings, verdicts, rates, agreements),
        results_by_seed(audits),
        spread_over_seeds(audits),
        fold_tables(findings),
        judged.failures,
        (*judged.notes, *notes),
        {"margin": margin, "seeds": list(audits), "confidence": asked.confidence},
        risk_by_failure(
            verdicts,
            findings.scores,
            rng=np.random.default_rng([asked.seed, crc32(b"failures")]),
            confidence=asked.confidence,
        ),
    )


@dataclass(frozen=True, eq=False)
class JudgedCohort:
    """Verdicts and quick measures of a cohort.

    Parameters
    ----------
    verdicts, measures : pandas.DataFrame
    failures : tuple of Failure
    notes : tuple of str
    """

    verdicts: pd.DataFrame
    measures: pd.DataFrame
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]


@one_at_a_time("out")
def judge_cohort(
    cohort: Cohort,
    out: Path | str,
    *,
    masks: pd.DataFrame | None = None,
    chart: GrowthChart | None = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> JudgedCohort:
    """Judge every defaced scan beside its original, and measure both.

    Parameters
    ----------
    cohort, out, masks, chart, progress
        As for :func:`compare`.
    workers : int
        Processes.

    Returns
    -------
    JudgedCohort
        A scan that cannot be judged is there with its reason, one whose worker died too.
    """
    import pandas as pd

    store = str(private_folder(private_folder(own_folder(out).absolute() / "private") / "judged"))
    tasks, notes = scan_tasks(cohort, masks=masks, chart=chart, store=store)
    tell = progress or (lambda _stage, _done, _total: None)
    answers: dict[int, Judged] = {}
    tell("verdicts", 0, len(tasks))
    for index, answer in run_tasks(judge_task, tasks, workers=workers):
        answers[index] = _of_dead(tasks[index]) if isinstance(answer, WorkerLost) else answer
        tell("verdicts", len(answers), len(tasks))
    ordered = [answers[index] for index in sorted(answers)]
    table = pd.DataFrame([row for each in ordered for row in each.verdicts], columns=list(COLUMNS))
    numbers = pd.DataFrame(
        [row for each in ordered for row in each.measures],
        columns=[*SCAN, "condition", "measure", "unit", "value", "why"],
    )
    return JudgedCohort(
        checked_verdicts(table.astype({"brain_lost_ml": float, "untouched_changed_ml": float})),
        numbers.astype({"value": float}),
        tuple(failure for each in ordered for failure in each.failures),
        notes,
    )


def _of_dead(task: ScanTask) -> Judged:
    """Return rows of a scan whose process was killed."""
    what = "the process that judged the scan was killed, probably for want of memory"
    failures = tuple(
        Failure("worker", task.subject, task.session, each.condition, each.sample, what, "Use fewer workers.")
        for each in task.defaced
    )
    who: dict[str, Any] = {"subject": task.subject, "session": task.session, "modality": task.modality}
    rows = tuple(
        who
        | {"condition": each.condition}
        | dict.fromkeys(PASSES)
        | {"lost": False, "brain_lost_ml": None, "untouched_changed_ml": None, "why": what}
        for each in task.defaced
    )
    return Judged(rows, (), failures)


def _grouped(verdicts: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Add what groups a scan (age band, sex, site ...) as the row of its own original has it: people grow older."""
    rows = originals_by_scan(cohort)
    own = [rows[subject, session, modality] for subject, session, modality in verdicts[list(SCAN)].to_numpy()]
    added = {name: [row[name] for row in own] for name in GROUPS if name in cohort.scans.columns and name != "modality"}
    return with_age_bands(verdicts.assign(**added))


def _numbers(quick: pd.DataFrame, given: pd.DataFrame | None, cohort: Cohort) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put the user's measures beside the quick ones."""
    import pandas as pd

    if given is None:
        return quick, ()
    scans = cohort.scans
    here, conditions = given["subject"].isin(set(scans["subject"])), set(scans["condition"])
    own = given[here & given["condition"].isin(conditions)]
    strangers = given.loc[~here, "subject"].nunique()
    others = sorted(set(given["condition"]) - conditions)
    silent = [name for name in dict.fromkeys(scans["condition"]) if name not in set(own["condition"])]
    notes = (
        f"{strangers} people of the table of measures have no scan here: left out" if strangers else "",
        f"{len(others)} conditions of the table of measures are none of these: left out" if others else "",
        f"the table of measures has no row of: {', '.join(silent)}" if silent else "",
    )
    return pd.concat([quick, own.assign(unit="", why="")], ignore_index=True), tuple(filter(None, notes))


def _check_names(measures: pd.DataFrame | None) -> None:
    """Refuse a measure of the user's that bears the name of one that is made here: both would be one."""
    made = {name.casefold() for name in MEASURES}
    same = [] if measures is None else [name for name in dict.fromkeys(measures["measure"]) if name.casefold() in made]
    if same:
        raise UsageError(
            f"The table of measures has a column '{same[0][:40]}', which is the name of a measure that is made here.",
            remedy=f"Rename it, for example 'own {same[0][:40]}'.",
        )

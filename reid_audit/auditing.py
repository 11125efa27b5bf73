"""The one place where the stages meet: scans and photos in, measured re-identification risk out."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.attackers import (
    ATTACKERS,
    LOCAL_FEATURES,
    OPEN_SET,
    holds_photos,
    run_attacks,
    search_all_scans,
)
from reid_audit.enrolment import (
    Enrolled,
    Sample,
    check_shown,
    contact_sheets,
    enrol_cohort,
    enrol_distractors,
    rows_of,
    specs_of,
    tell_nobody,
)
from reid_audit.errors import SettingsError, UsageError
from reid_audit.evaluate import (
    biometric_information,
    by_group,
    compare_conditions,
    detection,
    evaluate,
    fold_table,
    people_table,
    searches_closed_set,
)
from reid_audit.faces import concatenate
from reid_audit.gating import begin_evidence, write_evidence
from reid_audit.inputs import as_distractors, read_cohort, read_distractors, without_labels
from reid_audit.keypoints import keypoint_specs
from reid_audit.plugins import shareable_name
from reid_audit.settings import Settings
from reid_audit.store import one_at_a_time, provenance
from reid_audit.types import ORIGINAL, Cohort, Failure, Findings, ModelSpec, Result, ScoreTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pandas as pd

__all__ = ["Audit", "audit", "fold_tables"]


@dataclass(frozen=True)
class Audit:
    """What an audit found, with the ways to look at it.

    Parameters
    ----------
    findings : Findings
    """

    findings: Findings

    @property
    def results(self) -> tuple[Result, ...]:
        """Every number, each with its attacker, n, interval, chance and control.

        A number of an attack that had nothing to search with, or in, is None: its note says "not carried out" or
        "not assessed", and why.
        """
        from reid_audit.report import assessed

        return assessed(self.findings)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What could not be done."""
        return self.findings.failures

    def to_frame(self) -> pd.DataFrame:
        """Return the results as a table, one row a number, in the columns of ``report.json``."""
        from reid_audit.report import results_table

        return results_table(self.findings)

    def plot(self, kind: str = "rank") -> Any:
        """Draw one figure; no figure shows a face.

        Parameters
        ----------
        kind : {"rank", "roc", "densities", "detection", "det", "gallery", "open-set"}

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        UsageError
            For another kind.
        """
        from reid_audit.report import figures, searching

        drawers = {
            "rank": figures.figure_cmc,
            "roc": figures.figure_roc,
            "densities": figures.figure_densities,
            "detection": figures.figure_detection,
            "det": figures.figure_det,
            "gallery": searching.figure_gallery,
            "open-set": searching.figure_open_set,
        }
        if kind not in drawers:
            raise UsageError(f"There is no figure '{kind}'.", remedy=f"Choose one of: {', '.join(drawers)}.")
        return drawers[kind](self.findings)

    def save(self, folder: Path | str) -> Path:
        """Write report.html, report.json and the tables, and return the path of the page."""
        from reid_audit.report import write_report

        return write_report(self.findings, Path(folder))

    def __repr__(self) -> str:
        return f"Audit({self.findings!r})"


@one_at_a_time("out")
def audit(
    cohort: Cohort | Path | str,
    *,
    photos: Path | str | None = None,
    distractors: Cohort | Path | str | None = None,
    settings: Settings | None = None,
    out: Path | str | None = None,
    failures: Iterable[Failure] = (),
    progress: Callable[[str, int, int], None] | None = None,
) -> Audit:
    """Measure how re-identifiable the people of a cohort are.

    Parameters
    ----------
    cohort : Cohort, or path-like
        A cohort, or a BIDS tree or manifest to read one from.
    photos : path-like, optional
        Folder or manifest of photos, when ``cohort`` is a path.
    distractors : Cohort, or path-like, optional
        Scans of people who are not in the release, or a BIDS tree or manifest of them: they pad the gallery of
        attacker ``open-set``, and are neither searched for nor counted as people. They should be what the searched
        scans are, defaced by the same tool; a note on the results warns where condition or modality differ.
    settings : Settings, optional
    out : path-like, optional
        Folder for the report and finished work: the same call goes on where it stopped. None keeps all in memory.
    failures : iterable of Failure
        What was lost before, for example on reading the manifest.
    progress : callable, optional
        Called with the stage's name, how many of its tasks are done, and how many there are.

    Returns
    -------
    Audit

    Raises
    ------
    UsageError
        If cohort or settings cannot be used, a distractor is in the cohort or no attacker takes any, or OUT is in use.
    StoreError
        If ``out`` cannot be written.
    MissingResourceError
        If weights are missing.
    """
    settings = settings or Settings()
    tell, lost = progress or tell_nobody, list(failures)
    if not isinstance(cohort, Cohort):
        cohort, unread = read_cohort(cohort, photos)
        lost.extend(unread)
    _check_attackers(settings.attackers)
    cohort = without_labels(cohort)
    check_shown(cohort, settings)
    others: Cohort | None = None
    if distractors is not None:
        others, unread = _distractors(distractors, cohort, settings)
        lost.extend(unread)
        cohort = replace(cohort, notes=(*cohort.notes, _about(others)))
    began = begin_evidence(out)
    enrolled = enrol_cohort(cohort, settings=settings, out=out, progress=tell)
    padding = enrol_distractors(others, settings=settings, out=out, progress=tell) if others else None
    stream = partial(_stream, settings.seed)
    scores = run_attacks(enrolled, settings, stream, tell, padding.scans if padding else None)
    if others is not None and others.phantom != cohort.phantom:
        scores = tuple(_of_two_kinds(table, others) if table.attacker == OPEN_SET else table for table in scores)
    results, grid = _evaluate(scores, enrolled, cohort=cohort, settings=settings, tell=tell)

    findings = Findings(
        cohort=cohort,
        results=results,
        failures=(*lost, *enrolled.failures, *(padding.failures if padding else ())),
        scores=scores,
        detection=grid,
        surfaces=_surfaces(cohort, enrolled.samples),
        attackers=tuple(ATTACKERS[name] for name in settings.attackers),
        models=_models(cohort, settings),
        settings=settings.model_dump(mode="json") | {"embedder": shareable_name(settings.embedder)},
        provenance=provenance(settings.seed),
        pictures=contact_sheets(cohort, enrolled.samples) if cohort.phantom else {},
        differences=compare_conditions(
            [table for table in scores if table.condition not in cohort.controls],
            rng=_stream(settings.seed, "before and after"),
            confidence=settings.confidence,
            resamples=settings.resamples,
        ),
    )
    result = Audit(findings)
    if out is not None:
        tell("report", 0, 1)
        result.save(out)
        write_evidence(findings, out, began, search_all_scans(scores, enrolled, settings, stream, tell))
        tell("report", 1, 1)
    return result


def _models(cohort: Cohort, settings: Settings) -> tuple[ModelSpec, ...]:
    """Return the models that looked at something: the detector of photographs only where there are any."""
    specs = specs_of(settings.detector, settings.embedder)
    photo = specs_of(settings.photo_detector, settings.embedder)[:1] if len(cohort.photos) else ()
    local = keypoint_specs() if settings.needs_keypoints else ()
    return tuple(dict.fromkeys((*specs[:1], *photo, *specs[1:], *local)))


def _check_attackers(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in ATTACKERS]
    if unknown or not names:
        raise SettingsError(
            f"There is no attacker {', '.join(map(repr, unknown)) or 'in an empty list'}.",
            remedy=f"Choose from: {', '.join(ATTACKERS)}.",
        )


def _distractors(given: Cohort | Path | str, cohort: Cohort, settings: Settings) -> tuple[Cohort, tuple[Failure, ...]]:
    if OPEN_SET not in settings.attackers:
        raise UsageError(
            f"Distractors pad the gallery of attacker '{OPEN_SET}', which is not asked for.",
            remedy=f"Add it to the attackers (`--attacker {OPEN_SET}`), or leave the distractors out.",
        )
    return (as_distractors(given, cohort), ()) if isinstance(given, Cohort) else read_distractors(given, cohort)


def _about(distractors: Cohort) -> str:
    people, scans = len(distractors.subjects), len(distractors.scans)
    return f"{scans} scans of {people} other people pad the gallery of attacker '{OPEN_SET}', and of no other"


def _of_two_kinds(table: ScoreTable, distractors: Cohort) -> ScoreTable:
    """Warn where phantoms and real people are searched together."""
    own, searched = ("phantoms", "real people") if distractors.phantom else ("real people", "phantoms")
    return replace(table, note=f"{table.note}; WARNING: distractors are {own}, and the searched scans of {searched}")


def fold_tables(findings: Findings) -> pd.DataFrame:
    """Return each person's fold in each attack: ``attacker, matcher, condition, relation, subject, fold``."""
    import pandas as pd

    parts = [
        fold_table(table, rng=_stream(int(findings.provenance["seed"]), _purpose(table))).assign(
            attacker=table.attacker, matcher=table.matcher, condition=table.condition, relation=table.relation
        )
        for table in findings.scores
        if table.attacker != OPEN_SET
    ]
    columns = ["attacker", "matcher", "condition", "relation", "subject", "fold"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _purpose(table: ScoreTable) -> str:
    return f"{table.attacker}/{table.matcher}/{table.condition}/{table.relation}"


def _stream(seed: int, purpose: str) -> np.random.Generator:
    """Return a generator of its own for each purpose, so that adding an attacker changes nobody else's numbers."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def _evaluate(
    scores: Sequence[ScoreTable],
    enrolled: Enrolled,
    *,
    cohort: Cohort,
    settings: Settings,
    tell: Callable[[str, int, int], None],
) -> tuple[tuple[Result, ...], pd.DataFrame]:
    results: list[Result] = []
    templates = [part for part in (enrolled.scans, enrolled.photos) if part is not None]
    grid, rates = detection(concatenate(templates) if templates else None, confidence=settings.confidence)
    results.extend(rates)
    information = _stream(settings.seed, "biometric information")
    results.extend(biometric_information(enrolled.scans, rng=information, confidence=settings.confidence))
    for done, table in enumerate(scores):
        tell("evaluation", done, len(scores))
        purpose = _purpose(table)
        results.extend(
            evaluate(
                table,
                rng=_stream(settings.seed, purpose),
                confidence=settings.confidence,
                resamples=settings.resamples,
                mixed_folds=settings.mixed_folds,
            )
        )
        results.extend(_by_groups(table, purpose, cohort, settings))
    tell("evaluation", len(scores), len(scores))
    results.extend(_not_assessed(scores, cohort, settings))
    return tuple(results), grid


def _by_groups(table: ScoreTable, purpose: str, cohort: Cohort, settings: Settings) -> Iterator[Result]:
    """Yield rank 1 of each group that was asked for, of an attacker who searches."""
    if not settings.groups or not searches_closed_set(table.attacker):
        return
    people = people_table(cohort.scans[cohort.scans["condition"] == table.condition])
    for column in dict.fromkeys(settings.groups):
        rng = _stream(settings.seed, f"{purpose}/{column}")
        yield from by_group(table, people, column, rng=rng, confidence=settings.confidence)


def _not_assessed(scores: Sequence[ScoreTable], cohort: Cohort, settings: Settings) -> list[Result]:
    """State for each attacker and condition without a score table why there is no number."""
    done = {(table.attacker, table.condition) for table in scores}
    rows = []
    for name in settings.attackers:
        for condition in dict.fromkeys(cohort.scans["condition"]):
            if (name, condition) in done or (name == "original-to-released" and condition == ORIGINAL):
                continue
            note = "not assessed: " + _why_not(name, condition, cohort)
            embedder = "" if name == LOCAL_FEATURES else specs_of(settings.detector, settings.embedder)[1].name
            rows.append(Result(name, ATTACKERS[name].matcher, embedder, condition, "rank", None, 0, 0, k=1, note=note))
    return rows


def _why_not(attacker: str, condition: str, cohort: Cohort) -> str:
    if holds_photos(attacker) and not len(cohort.photos):
        return "no photos were given"
    if attacker == "original-to-released" and ORIGINAL not in set(cohort.scans["condition"]):
        return "no original scans were given"
    return f"no scan of condition '{condition}' could be compared"


def _surfaces(cohort: Cohort, samples: Mapping[str, Sample]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"sample": row.sample, "subject": row.subject, "session": row.session, "condition": row.condition}
        | asdict(quality)
        for row in rows_of(cohort.scans)
        if (sample := samples.get(row.sample)) and (quality := sample.quality)
    ]
    return pd.DataFrame(rows)

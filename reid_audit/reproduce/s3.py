"""Faces rebuilt from defaced scans: how near they come, whom they identify, and what the voxels still say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.auditing import audit
from reid_audit.evaluate import compare_conditions
from reid_audit.inputs import read_cohort
from reid_audit.inputs.quantities import read_quantity
from reid_audit.phantom import PhantomSettings, cohort_identities, sample_identities, write_cohort
from reid_audit.phantom.predictability import deal_faces, measure_ceiling
from reid_audit.plugins import shareable_name
from reid_audit.reconstruct.diffusion.people import train_on
from reid_audit.reconstruct.population import FEWEST
from reid_audit.reconstruct.results import distance_differences, distance_results, recovered_results
from reid_audit.reconstruct.study import attack_cohort, learn_from, reconstructed_name, split_people
from reid_audit.reconstruct.voxel_study import study_voxels
from reid_audit.reproduce.published import STUDIES
from reid_audit.reproduce.rows import Repeated, Row, population_name, row_of
from reid_audit.settings import Settings
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.phantom.identity import Identity, Population
    from reid_audit.reconstruct.study import Study
    from reid_audit.types import Cohort, Difference, Failure, Findings

__all__ = ["ATTACKERS", "CONDITIONS", "PEOPLE", "SEED", "SHARES", "reproduce_s3"]

PEOPLE = 32
SEED = 7_601
SHARES = (0.2, 0.5)
"""Of the face that the rest of a phantom's head gives away: two settings, as phantoms are won by it."""
ATTACKERS = ("template", "average", "shape", "shape-sample")
CONDITIONS = ("zero", "meanface")
_SWAPPED = ("average", "shape")
_MUSCLE = 0.15
_LEARNT = "learnt"
"""Private folder of what was learnt, for both populations."""
_QUANTITIES = ("age", "sex", "muscle")
_WITHHELD_SEED = 1
"""Added to the seed for the people of another population."""
_MANY = 800
"""People on whom the ceiling is measured beside that of those who take part."""
_CEILING = (
    "ridge regression from the rest of the true head, laid by what is not face, without noise, learnt from people of "
    "the same population; by corresponding points, so no bound of what is measured to the nearest point; control: with "
    "faces dealt anew, of which the rest tells no more than where they were laid"
)
_WORDS = {"surface_distance_mean_mm": "mean surface distance, mm", "surface_distance_p95_mm": "95th percentile, mm"}


def reproduce_s3(
    out: Path | str,
    *,
    subjects: int = PEOPLE,
    training: int | None = None,
    seed: int = SEED,
    voxel_size: float = 1.0,
    populations: Sequence[Population] = ("main", "withheld"),
    shares: Sequence[float] = SHARES,
    conditions: Sequence[str] = CONDITIONS,
    diffusion: str | None = None,
    settings: Settings | None = None,
    workers: int = 2,
    progress: Callable[[str, int, int], None] | None = None,
) -> Repeated:
    """Rebuild the faces of phantoms whose faces were zeroed or replaced, with attackers who learnt from other phantoms.

    Everybody who is learnt from is of the main population; the people who are attacked are others of it, and people of
    the withheld one, whose heads vary in other ways: another site. A stopped run goes on where it stopped.

    Parameters
    ----------
    out : path-like
        New folder, or one that the same call began.
    subjects : int
        Who are attacked, in each population.
    training : int, optional
        Who are learnt from; twice as many as are attacked by default, and 8 at least.
    seed, voxel_size, populations, workers, progress
        As for :func:`~reid_audit.reproduce.reproduce_s2`.
    shares : sequence of float
        Of the face that ridge regression predicts from the rest of the head: one repetition each.
    conditions : sequence of str
        Sham defacers.
    diffusion : {"tiny", "small", "full"}, optional
        Preset of a cascade of diffusion models that learns from the same people and attacks beside the others; needs
        the extra ``reconstruct``, and hours.
    settings : Settings, optional
        Of the audits; all attackers by default.

    Returns
    -------
    Repeated
        For each population, share, condition and attacker: distances, what is gained over the average face, the share
        that is recovered beside the ceiling, rank 1 before and after with the control by swapped people, and what
        voxels of the face still say of age, sex and a planted density of muscle.
    """
    rows: list[Row] = []
    failures: list[Failure] = []
    complete = True
    for share in shares:
        place = Path(out) / f"share-{share:g}"
        n_learnt = max(2 * subjects, FEWEST) if training is None else training
        wanted = _Wanted(subjects, n_learnt, seed, voxel_size, share, (ORIGINAL, *conditions), workers, progress)
        learnt, own = _main_people(place, wanted)
        if diffusion is not None:
            train_on(learnt, place / diffusion, preset=diffusion, seed=seed, progress=wanted.tell)
            wanted = replace(wanted, attackers=(*ATTACKERS, f"diffusion:{place / diffusion}"))
        for population in populations:
            everybody, attacked = own if population == "main" else _other_people(place, wanted)
            name = f"{population_name(population, voxel_size)}, predictable share {share:g}"
            study = _attacked(attacked, learnt, place, population, wanted)
            findings = _audited(study, place / population, settings, wanted)
            rows += [
                *_ceiling(wanted, population, name),
                *_distances(study, seed, name),
                *_ranks(findings, seed, name, conditions),
            ]
            found, lost = _voxels(everybody, learnt, place, population=population, wanted=wanted, name=name)
            rows += found
            failures += [*findings.failures, *lost]
            complete = complete and findings.complete and not study.failures and not lost
    return Repeated(tuple(rows), tuple(failures), complete)


@dataclass(frozen=True)
class _Wanted:
    """What one repetition is asked for."""

    subjects: int
    training: int
    seed: int
    voxel_size: float
    share: float
    conditions: tuple[str, ...]
    workers: int
    progress: Callable[[str, int, int], None] | None
    attackers: tuple[str, ...] = ATTACKERS

    def tell(self, stage: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(stage, done, total)

    def people(self, population: Population) -> PhantomSettings:
        main = population == "main"
        return PhantomSettings(
            n_subjects=self.subjects + (self.training if main else 0),
            conditions=self.conditions,
            population=population,
            predictable_share=self.share,
            voxel_size=self.voxel_size,
            muscle_spread=_MUSCLE,
            seed=self.seed + (0 if main else _WITHHELD_SEED),
        )


def _cohort(folder: Path, wanted: _Wanted, population: Population) -> Cohort:
    write_cohort(wanted.people(population), folder, workers=wanted.workers, progress=wanted.progress)
    cohort, _ = read_cohort(folder, photos=folder / "photos")
    return cohort


def _main_people(place: Path, wanted: _Wanted) -> tuple[Cohort, tuple[Cohort, Cohort]]:
    """Return those who are learnt from, and everybody with those who are attacked."""
    everybody = _cohort(place / "people-main", wanted, "main")
    learnt, attacked = split_people(everybody, wanted.training, np.random.default_rng([wanted.seed, 3]))
    return learnt, (everybody, attacked)


def _other_people(place: Path, wanted: _Wanted) -> tuple[Cohort, Cohort]:
    """Return people of the withheld population, under names of their own."""
    cohort = _cohort(place / "people-withheld", wanted, "withheld")
    renamed = replace(
        cohort,
        scans=cohort.scans.assign(subject="withheld-" + cohort.scans["subject"]),
        photos=cohort.photos.assign(subject="withheld-" + cohort.photos["subject"]),
    )
    return renamed, renamed


def _attacked(attacked: Cohort, learnt: Cohort, place: Path, population: str, wanted: _Wanted) -> Study:
    return attack_cohort(
        attacked,
        learnt,
        place / population / "private",
        attackers=wanted.attackers,
        swapped=_SWAPPED,
        learnt_in=place / _LEARNT,
        seed=wanted.seed,
        workers=wanted.workers,
        progress=wanted.tell,
    )


def _audited(study: Study, folder: Path, settings: Settings | None, wanted: _Wanted) -> Findings:
    chosen = settings or Settings()
    chosen = chosen.model_copy(update={"seed": wanted.seed, "workers": wanted.workers})
    done = audit(study.cohort, settings=chosen, out=folder / "audit", failures=study.failures, progress=wanted.progress)
    return done.findings


def _ceiling(wanted: _Wanted, population: Population, name: str) -> list[Row]:
    """Return what regression recovers of true faces: learnt from many people, and from as few as the attackers."""
    rng = np.random.default_rng([wanted.seed, 5])
    many = sample_identities(_MANY, rng, population=population, predictable_share=wanted.share)
    groups: list[tuple[Sequence[Identity], float]] = [(many, 0.25)]
    if population == "main":
        few = cohort_identities(wanted.people("main"))
        groups.append((few, wanted.subjects / len(few)))
    return [
        replace(
            _row(
                name,
                ORIGINAL,
                f"ceiling: share of the face that the rest tells, {len(people)} people",
                "r2",
                value=measure_ceiling(people, rng, held_out=held_out),
                n=len(people),
                note=_CEILING,
            ),
            control=measure_ceiling(deal_faces(people, rng), rng, held_out=held_out),
        )
        for people, held_out in groups
    ]


def _distances(study: Study, seed: int, name: str) -> list[Row]:
    # A trained model goes by the name of its folder: tables hold no path.
    faces = study.faces.assign(attacker=study.faces["attacker"].map(shareable_name))
    figure = STUDIES["s3"].figures["distance"]
    rows = [
        row_of(
            replace(result, condition=reconstructed_name(result.condition, result.attacker or "")),
            name,
            _WORDS[result.metric],
        )
        for result in distance_results(faces)
    ]
    changes = distance_differences(faces)
    cascades = {change.attacker for change in changes if change.attacker.startswith("diffusion:")}
    for change in changes:
        beside = change.attacker in (cascades or {"shape"}) and change.metric == "surface_distance_mean_mm"
        paper = (figure if cascades else f"{figure}; of diffusion models") if beside else ""
        rows.append(
            _changed(
                change,
                name,
                reconstructed_name(change.condition, change.attacker),
                f"{_WORDS[change.metric]}, less the average face's",
                f"Wilcoxon p = {_p(change.p_value)}, by Holm {_p(change.p_adjusted)}; {change.note}",
                published=paper,
            )
        )
    rng = np.random.default_rng([seed, 11])
    for result in recovered_results(faces, rng=rng):
        condition = reconstructed_name(result.condition, result.attacker or "")
        rows.append(row_of(replace(result, condition=condition), name, "share of what the average face misses"))
    return rows


def _ranks(findings: Findings, seed: int, name: str, conditions: Sequence[str]) -> list[Row]:
    rows = []
    for result in findings.results:
        if (result.metric, result.k) == ("rank", 1) and not result.group:
            method = ", ".join(filter(None, (result.attacker, result.matcher, result.relation)))
            rows.append(row_of(result, name, f"rank 1, {method}"))
        elif result.metric == "detection_rate":
            rows.append(row_of(result, name, "heads with a face found"))
    for condition in conditions:
        made = {name for name, each in findings.cohort.rebuilt.items() if each.condition == condition}
        after = [table for table in findings.scores if table.condition in {condition, *made}]
        rng = np.random.default_rng([seed, 13])
        for change in compare_conditions(after, rng=rng, baseline=condition):
            if (change.metric, change.k) == ("rank", 1):
                method = ", ".join(filter(None, (change.attacker, change.matcher, change.relation)))
                note = f"McNemar p = {_p(change.p_value)}, by Holm {_p(change.p_adjusted)}; {change.note}"
                rows.append(_changed(change, name, change.condition, f"rank 1 less the defaced scan's, {method}", note))
    return rows


def _voxels(
    everybody: Cohort, learnt: Cohort, place: Path, *, population: str, wanted: _Wanted, name: str
) -> tuple[list[Row], tuple[Failure, ...]]:
    prefix = "" if population == "main" else "withheld-"
    table = place / f"people-{population}" / "participants.tsv"
    quantities = {
        column: {prefix + person: value for person, value in read_quantity(table, column).items()}
        for column in _QUANTITIES
    }
    learnt_from, _ = learn_from(learnt, place / _LEARNT, progress=wanted.tell)
    done = study_voxels(
        everybody,
        quantities,
        learnt_from,
        place / population / "private",
        seed=wanted.seed,
        workers=wanted.workers,
        progress=wanted.tell,
    )
    rows = [row_of(result, name, f"voxels of the face, {result.group}") for result in done.results]
    figure = STUDIES["s3"].figures["voxels"]
    rows += [
        _changed(
            change,
            name,
            change.condition,
            f"voxels of the face, original less condition, quantity {quantity}",
            change.note,
            published=figure if quantity == "muscle" else "",
        )
        for quantity, changes in done.differences.items()
        for change in changes
    ]
    return rows, done.failures


def _changed(change: Difference, name: str, condition: str, method: str, note: str, *, published: str = "") -> Row:
    row = _row(
        name, condition, method, f"{change.metric} difference", value=change.value, n=change.n_subjects, note=note
    )
    return replace(row, low=change.low, high=change.high, published=published)


def _row(population: str, condition: str, method: str, metric: str, *, value: float | None, n: int, note: str) -> Row:
    return Row(population, condition, method, metric, value, None, None, None, None, n, n, note=note)


def _p(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"

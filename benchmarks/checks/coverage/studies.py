"""The small studies that are repeated, and the intervals that each of them gives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.checks.coverage.kinds import OWN
from benchmarks.checks.coverage.worlds import World, table_of
from reid_audit.attackers.assignment import assign, lift_assigned
from reid_audit.evaluate import biometric_information, compare_conditions, detection, gallery_points
from reid_audit.evaluate.comparisons import compare
from reid_audit.evaluate.failures import failure_results
from reid_audit.evaluate.folds import fold_results
from reid_audit.evaluate.gallery_size import gallery_results
from reid_audit.evaluate.identification import rank_results
from reid_audit.evaluate.open_set import open_set_results
from reid_audit.evaluate.operating_points import operating_results
from reid_audit.evaluate.outcome import Case
from reid_audit.evaluate.person_risk import worst_person_results
from reid_audit.evaluate.policies import policy_results
from reid_audit.evaluate.release_rule import release_results
from reid_audit.evaluate.verification import verification_results
from reid_audit.types import Result, ScoreTable, Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["RESAMPLES", "STUDIES", "Answer", "Study"]

RESAMPLES = 1000
"""As many as an audit draws."""

Answer = tuple[float, float | None, float | None]
"""Value and limits; no limits where there is no interval."""


@dataclass(frozen=True)
class Study:
    """A small study that is repeated.

    Parameters
    ----------
    run : callable
        Given a generator: the answers of one study, by metric.
    truth : dict of str to float
        What is true, by metric. A metric that is not in it has the mean of its own values over all repetitions: that
        is its truth where the number is a mean without bias, and else what such studies give on average.
    same_as : dict of str to str
        Metrics whose truth is that of another one: the upper limit of a rate is about the rate.
    """

    run: Callable[[np.random.Generator], dict[str, Answer]]
    truth: dict[str, float] = field(default_factory=dict)
    same_as: dict[str, str] = field(default_factory=dict)


def _answers(results: Iterable[Result]) -> dict[str, Answer]:
    """Return those results that have a value; an interval may be missing."""
    return {
        result.metric if result.k is None else f"{result.metric} {result.k}": (result.value, result.low, result.high)
        for result in results
        if result.value is not None
    }


def _case(table: ScoreTable, rng: np.random.Generator) -> Case:
    return Case(table, compare(table), int(rng.integers(2**63)), 0.95, RESAMPLES)


def _searched(world: World, lost: float, rng: np.random.Generator) -> dict[str, Answer]:
    """Everybody searched among all, some photographs without a template."""
    scores = world.scores(rng)
    scores[rng.random(len(scores)) < lost] = np.nan
    case = _case(table_of(scores, world.photos, world.scans), rng)
    found = _answers((*rank_results(case), *policy_results(case), *worst_person_results(case), *failure_results(case)))
    limit = release_results(case)[0].value
    found["rank_upper_limit 1"] = (limit, 0.0, limit)
    part = gallery_points(case.table, sizes=(), most=3).iloc[1]
    found["rank measured in a part of the gallery"] = (part["rate"], part["low"], part["high"])
    return found


def _opened(world: World, rng: np.random.Generator) -> dict[str, Answer]:
    """Searches at a fixed false positive identification rate."""
    return _answers(open_set_results(_case(world.table(rng, attacker="open-set"), rng)))


def _verified(world: World, rng: np.random.Generator) -> dict[str, Answer]:
    """Verification; of the linkability also what it is said to be on average."""
    case = _case(world.table(rng), rng)
    found = _answers((*verification_results(case), *operating_results(case), *fold_results(case, permutations=0)))
    return found | {f"linkability{OWN}": found["linkability"]}


def _extrapolated(world: World, rng: np.random.Generator) -> dict[str, Answer]:
    case = _case(world.table(rng), rng)
    found = _answers(gallery_results(case, (1_000, 100_000)))
    return found | {f"{name}{OWN}": answer for name, answer in found.items()}


def _assigned(world: World, rng: np.random.Generator) -> dict[str, Answer]:
    """One scan for each person and each scan once."""
    scores = world.scores(rng)
    lifted = lift_assigned(scores, assign(scores, *(rng.permutation(world.people) for _ in range(2))))
    table = table_of(lifted, attacker="assignment", matcher="assignment")
    case = _case(table, rng)
    limit = release_results(case)[0].value
    return {
        "assignment: rank 1": _answers(rank_results(case, (1,)))["rank 1"],
        "assignment: rank_upper_limit 1": (limit, 0.0, limit),
    }


def _changed(world: World, weaker: float, rng: np.random.Generator) -> dict[str, Answer]:
    """The same people before and after, with noise of their own."""
    effects = world.effects(rng)
    sides = [(world, "original"), (replace(world, shift=world.shift - weaker), "defaced")]
    tables = [table_of(each.scores(rng, effects), world.photos, condition=name) for each, name in sides]
    found = compare_conditions(tables, rng=rng, resamples=RESAMPLES)
    return {
        f"difference in {each.metric}": (each.value, each.low, each.high) for each in found if each.value is not None
    }


def _detected(people: int, scans: int, rate: float, rng: np.random.Generator) -> dict[str, Answer]:
    """Faces found; people differ in how easily, with a correlation of one quarter between a person's scans."""
    own = rng.beta(3 * rate, 3 * (1 - rate), people) if 0 < rate < 1 else np.full(people, rate)
    rows = people * scans
    table = pd.DataFrame(
        {
            "subject": [f"s{at // scans:04d}" for at in range(rows)],
            "sample": [f"x{at:05d}" for at in range(rows)],
            "condition": "original",
            "source": "scan",
            "detected": rng.random(rows) < np.repeat(own, scans),
            "reason": "",
            "yaw": 0.0,
            "pitch": 0.0,
            "light_azimuth": 0.0,
            "light_elevation": 0.0,
        }
    )
    found = detection(Templates(table, np.zeros((rows, 1)), "made"))[1]
    return {"detection_rate": _answers(found)["detection_rate"]}


def _informed(people: int, apart: float, dimensions: int, rng: np.random.Generator) -> dict[str, Answer]:
    """Six templates a person, people ``apart`` times as far from each other as their own are."""
    templates = 6
    person = np.repeat(np.arange(people), templates)
    vectors = apart * rng.normal(size=(people, dimensions))[person] + rng.normal(size=(len(person), dimensions))
    table = pd.DataFrame(
        {
            "subject": [f"s{at:04d}" for at in person],
            "sample": [f"x{at:04d}" for at in person],
            "condition": "original",
            "source": "scan",
            "yaw": np.tile(np.arange(templates, dtype=float), people),
            "pitch": 0.0,
            "light_azimuth": 0.0,
            "light_elevation": 0.0,
        }
    )
    return _answers(biometric_information(Templates(table, vectors, "made"), rng=rng))


def _studies() -> dict[str, Study]:
    return _searching() | _verifying() | _comparing() | _detecting()


def _searching() -> dict[str, Study]:
    made: dict[str, Study] = {}
    limits = {"rank_upper_limit 1": "rank 1"}
    for people, word, shift in (
        (20, "next to none", -2.0),
        (20, "few", 0.0),
        (20, "half", 2.0),
        (20, "nearly all", 4.5),
        (50, "next to none", -2.0),
        (50, "half", 2.3),
        (180, "few", 0.0),
        (180, "nearly all", 5.2),
    ):
        for photos in (1, 3):
            world = World(people, photos, shift=shift)
            name = f"search: {people} people, {photos} photographs each, {word} found"
            made[name] = Study(partial(_searched, world, 0.0), same_as=limits)
    name = "search: 50 people, 2 photographs each, a tenth of them lost"
    made[name] = Study(partial(_searched, World(50, 2, shift=2.3), 0.1), same_as=limits)
    for people, photos, word, shift in (
        (50, 1, "few", 1.0),
        (50, 3, "most", 4.5),
        (180, 1, "few", 1.0),
        (180, 3, "few", 1.0),
        (180, 1, "most", 4.5),
    ):
        world = World(people, photos, shift=shift)
        made[f"open set: {people} people, {photos} photographs each, {word} found"] = Study(partial(_opened, world))
    for people, word, ease in ((50, "alike", 0.0), (50, "different", 1.5), (180, "different", 1.5)):
        world = World(people, shift=2.8, ease=ease, level=0.0, picture=0.0)
        true = {
            f"rank_gallery_{size}_{model} 1": world.rank_1_among(size)
            for size in (1_000, 100_000)
            for model in ("pooled", "per_probe", "beta_binomial")
        }
        made[f"gallery: {people} people, mates {word}"] = Study(partial(_extrapolated, world), true)
    for people in (20, 50, 180):
        for word, shift in (("few", 0.0), ("some", 1.2), ("half", 2.0), ("most", 3.2), ("nearly all", 4.8)):
            made[f"assignment: {people} people, {word} found"] = Study(
                partial(_assigned, World(people, shift=shift)),
                same_as={"assignment: rank_upper_limit 1": "assignment: rank 1"},
            )
    return made


def _verifying() -> dict[str, Study]:
    made = {}
    for people, photos, scans, shift in ((20, 2, 1, 0.0), (20, 3, 2, 1.5), (50, 2, 1, 4.0), (180, 2, 1, 1.5)):
        world = World(people, photos, scans, shift=shift)
        name = f"verification: {people} people, {photos} x {scans}, AUC {world.truth()['auc']:.2f}"
        made[name] = Study(partial(_verified, world), world.truth())
    return made


def _comparing() -> dict[str, Study]:
    made = {}
    for people, word, photos, weaker in (
        (20, "nothing", 1, 0.0),
        (20, "much", 3, 1.5),
        (50, "nothing", 1, 0.0),
        (50, "much", 3, 1.5),
        (180, "little", 1, 0.3),
    ):
        world = World(people, photos, shift=3.0)
        after = replace(world, shift=world.shift - weaker)
        true = {"difference in auc": after.truth()["auc"] - world.truth()["auc"]}
        if not weaker:
            true["difference in rank"] = 0.0
        name = f"before and after: {people} people, {photos} photographs each, {word} changed"
        made[name] = Study(partial(_changed, world, weaker), true)
    return made


def _detecting() -> dict[str, Study]:
    made = {}
    for people, rates in ((20, (0.0, 0.02, 0.5, 0.95)), (180, (0.02, 0.95))):
        for scans in (1, 3):
            for rate in rates:
                name = f"detection: {people} people, {scans} scans each, {rate:g} found"
                made[name] = Study(partial(_detected, people, scans, rate), {"detection_rate": rate})
    for people, dimensions in ((20, 8), (50, 8), (20, 40)):
        for apart in (0.5, 3.0):
            name = f"bits: {people} people, {apart:g} times as far apart as their own, {dimensions} dimensions"
            made[name] = Study(partial(_informed, people, apart, dimensions))
    return made


STUDIES = _studies()
"""By name."""

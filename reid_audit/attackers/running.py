"""All attackers of an audit let loose on what was enrolled: once for the report, and on every scan for the gate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reid_audit.attackers.attack import attack
from reid_audit.attackers.levels import joined_levels, levels_of
from reid_audit.attackers.local_features import attack_by_keypoints, search_all_by_keypoints
from reid_audit.attackers.originals import attack_by_original
from reid_audit.attackers.registry import LOCAL_FEATURES, OPEN_SET, get_attacker, holds_photos
from reid_audit.attackers.samples import conditions_in, in_condition, scans_in
from reid_audit.attackers.settings import AttackSettings
from reid_audit.match import Nearest
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reid_audit.enrolment import Enrolled
    from reid_audit.settings import Settings
    from reid_audit.types import ScoreTable, Templates

__all__ = ["run_attacks", "search_all_scans"]


def run_attacks(
    enrolled: Enrolled,
    settings: Settings,
    stream: Callable[[str], np.random.Generator],
    tell: Callable[[str, int, int], None],
    distractors: Templates | None = None,
) -> tuple[ScoreTable, ...]:
    """Let every attacker of the settings loose on what was enrolled.

    Parameters
    ----------
    enrolled : Enrolled
    settings : Settings
    stream : callable
        Purpose to a generator of its own.
    tell : callable
        Called with the stage's name, how many of its tasks are done, and how many there are.
    distractors : Templates, optional
        They pad the gallery of ``open-set``, and of no other.

    Returns
    -------
    tuple of ScoreTable
    """
    tables: list[ScoreTable] = []
    for done, name in enumerate(settings.attackers):
        tell("attacks", done, len(settings.attackers))
        rng, scans = stream(name), _scans_for(name, enrolled)
        if name == LOCAL_FEATURES:
            tables += attack_by_keypoints(
                enrolled.keypoints,
                rng,
                workers=settings.workers,
                store=enrolled.store,
                progress=partial(tell, "comparisons"),
            )
        elif scans is not None:
            more = distractors if name == OPEN_SET else None
            tables += attack(name, scans, enrolled.photos, rng, _choices(settings), distractors=more)
    tell("attacks", len(settings.attackers), len(settings.attackers))
    return tuple(tables)


def search_all_scans(
    tables: Sequence[ScoreTable],
    enrolled: Enrolled,
    settings: Settings,
    stream: Callable[[str], np.random.Generator],
    tell: Callable[[str, int, int], None],
) -> tuple[ScoreTable, ...]:
    """Return the tables with every released scan searched, where an attack had drawn some of each person's.

    A number for a report needs searches that are alike: of people with unequal numbers of scans it takes equally many.
    Whether anybody can be found asks for all of them. So each person is searched for with all of their own scans, in a
    gallery where nobody offers more than that (:func:`~reid_audit.attackers.levels.levels_of`); attackers who learn do
    so anew for each number of scans that somebody has. ``open-set`` goes without distractors.

    Parameters
    ----------
    tables : sequence of ScoreTable
        Of :func:`run_attacks`; originals, which are not released, stay as they are, and so does ``scan-to-scan``, which
        asks of pairs of scans.
    enrolled, settings, stream, tell
        As of :func:`run_attacks`.

    Returns
    -------
    tuple of ScoreTable
        As many as were given, in their order.
    """
    found = {}
    for done, name in enumerate(settings.attackers):
        tell("every scan", done, len(settings.attackers))
        own = [table for table in tables if table.attacker == name]
        rng = stream(f"{name}/every scan")
        for table in _all_searched(name, own, enrolled, settings=settings, rng=rng, tell=tell):
            found[_what(table)] = table
    tell("every scan", len(settings.attackers), len(settings.attackers))
    return tuple(found.get(_what(table), table) for table in tables)


def _all_searched(
    name: str,
    tables: Sequence[ScoreTable],
    enrolled: Enrolled,
    *,
    settings: Settings,
    rng: np.random.Generator,
    tell: Callable[[str, int, int], None],
) -> Iterator[ScoreTable]:
    """Yield what one attacker finds in the conditions of which it had left scans out."""
    scans = _scans_for(name, enrolled)
    if name == LOCAL_FEATURES:
        yield from search_all_by_keypoints(
            enrolled.keypoints,
            rng,
            workers=settings.workers,
            store=enrolled.store,
            progress=partial(tell, "comparisons"),
        )
    elif scans is not None and name == "original-to-released":
        every = attack_by_original(get_attacker(name), Nearest(), scans, rng, every=True)
        yield from (table for table in every if table.condition != ORIGINAL)
    elif scans is not None and holds_photos(name):
        seed = int(rng.integers(2**63))
        for condition in conditions_in(scans):
            here = in_condition(scans, condition)
            searched = {sample for table in tables if table.condition == condition for sample in table.scans}
            if condition != ORIGINAL and not searched >= set(scans_in(here.table)):
                yield from _by_levels(name, here, enrolled.photos, seed, _choices(settings, every=True))


def _by_levels(
    name: str, scans: Templates, photos: Templates | None, seed: int, choices: AttackSettings
) -> Iterator[ScoreTable]:
    levels = levels_of(scans.table, np.random.default_rng(seed))
    found = [
        attack(name, scans.select(level.rows), photos, np.random.default_rng([seed, 1]), choices) for level in levels
    ]
    for tables in zip(*found, strict=True):
        yield joined_levels(tables, levels, scans.table)


def _what(table: ScoreTable) -> tuple[str, ...]:
    return table.attacker, table.matcher, table.embedder, table.condition, table.relation


def _scans_for(name: str, enrolled: Enrolled) -> Templates | None:
    return enrolled.placed if name == "adapted" else enrolled.scans


def _choices(settings: Settings, *, every: bool = False) -> AttackSettings:
    return AttackSettings(
        top_k=settings.top_k,
        svm_c=settings.svm_c,
        svm_kernels=settings.svm_kernels,
        views_per_scan=settings.views_per_scan,
        pairs_per_people=settings.pairs_per_people,
        every=every,
    )

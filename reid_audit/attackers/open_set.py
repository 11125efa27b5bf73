"""The attacker most of whose people are not in the release: photographs searched in a gallery that may be padded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reid_audit.attackers.photo import search_release
from reid_audit.attackers.samples import conditions_in, equally_many, in_condition, scans_of
from reid_audit.errors import UsageError
from reid_audit.types import Templates

if TYPE_CHECKING:
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, ScoreTable

__all__ = ["SMALL_GALLERY", "attack_open_set"]

SMALL_GALLERY = 100
"""People in a gallery without distractors below which results warn of it."""


def attack_open_set(
    attacker: Attacker,
    matcher: Matcher,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    *,
    distractors: Templates | None = None,
    every: bool = False,
) -> tuple[ScoreTable, ...]:
    """Score every photograph against every person with a scan and every distractor, condition by condition.

    Distractors are scans of people who are not in the release. They are searched like the release and are nobody's
    mate, so that the gallery has the size of a collection that somebody would search. What they are is declared by who
    brought them. In a search of condition C they are those of condition C; where there are none, the originals, or else
    those of the first condition that there is. Of these, the ones of a modality that the searched scans have; where
    there are none, all. A threshold that was set on other scans than those searched means nothing, so that a note on
    the table warns where distractors differ from the searched scans in condition or modalities, and where a gallery
    of fewer than :data:`SMALL_GALLERY` people has no distractors.

    Everybody is searched with equally many scans, distractors included: where not all have as many, with one, drawn
    without looking at which have templates. A distractor without a template stays in the gallery and is never returned.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
    scans, photos : Templates
    rng : numpy.random.Generator
        Draws the scans, equally where two conditions hold the same; and for the matcher.
    distractors : Templates, optional
        One row a render, as ``scans``.
    every : bool
        Search all scans as they are given, also where people have unequal numbers of them: nobody's are drawn.

    Returns
    -------
    tuple of ScoreTable
        One a condition, as :func:`~reid_audit.attackers.photo.attack_by_photo` has them. With distractors, references
        have the column ``distractor`` as well, and ``note`` says how many there are and what they are declared to be.

    Raises
    ------
    UsageError
        Distractors share a subject with scans or photographs, or come from another embedder.
    """
    if distractors is not None:
        _check(distractors, scans, photos)
    given = distractors if distractors is not None and len(distractors.table) else None
    seed = int(rng.integers(2**63))
    tables = []
    for condition in conditions_in(scans):
        here = in_condition(scans, condition)
        more = None if given is None else _suited(given, condition, here)
        gallery = here if more is None else _joined(here, more)
        draw = np.random.default_rng(seed)
        used = gallery if every else gallery.select(equally_many(gallery.table, draw))
        table = search_release(attacker, matcher, used, photos, rng, condition=condition)
        of_release = used.table["subject"].isin(here.table["subject"].unique()).to_numpy(dtype=bool)
        table = replace(table, scans=scans_of(used.select(of_release)))
        tables.append(_without_padding(table) if more is None else _padded(table, here, more))
    return tuple(tables)


def _check(distractors: Templates, scans: Templates, photos: Templates) -> None:
    if distractors.embedder != scans.embedder:
        raise UsageError(
            f"Scans and distractors must come from one embedder. Got '{scans.embedder}' and '{distractors.embedder}'."
        )
    known = set(scans.table["subject"]) | set(photos.table["subject"])
    both = len(known & set(distractors.table["subject"]))
    if both:
        raise UsageError(
            f"{both} of the distractors {'is' if both == 1 else 'are'} among the people with scans or photographs; "
            "a distractor is nobody whom anybody looks for.",
            remedy="Leave them out, or give other people other labels.",
        )


def _suited(distractors: Templates, condition: str, here: Templates) -> Templates:
    """Return the distractors that are most like the searched scans, as declared."""
    offered = conditions_in(distractors)
    chosen = in_condition(distractors, condition if condition in offered else offered[0])
    alike = chosen.table["modality"].isin(here.table["modality"].unique()).to_numpy(dtype=bool)
    return chosen.select(alike) if alike.any() else chosen


def _joined(here: Templates, more: Templates) -> Templates:
    table = pd.concat([here.table, more.table], ignore_index=True)
    return Templates(table, np.concatenate([here.vectors, more.vectors]), here.embedder)


def _without_padding(table: ScoreTable) -> ScoreTable:
    people = len(table.references)
    if people >= SMALL_GALLERY:
        return table
    return replace(
        table,
        note=f"WARNING: no distractors, and a gallery of {people}: among more people false alarms are more frequent, "
        "and thresholds higher",
    )


def _padded(table: ScoreTable, here: Templates, more: Templates) -> ScoreTable:
    names = set(more.table["subject"])
    is_distractor = table.references["subject"].isin(names)
    made = int((table.references["n_templates"][is_distractor] > 0).sum())
    declared, searched = _domain(more.table), _domain(here.table)
    count = "1 distractor" if len(names) == 1 else f"{len(names)} distractors"
    note = f"gallery padded with {count} ({made} with a template), declared {declared}"
    if declared != searched:
        note += f"; WARNING: the searched scans are {searched}: a threshold set on another domain means little"
    return replace(table, references=table.references.assign(distractor=is_distractor), note=note)


def _domain(scans: pd.DataFrame) -> str:
    """Return the condition and the modalities, as declared."""
    modalities = sorted(str(name) for name in scans["modality"].unique())
    told = " and ".join("unknown modality" if name in ("", "unknown") else name for name in modalities)
    return f"'{scans['condition'].iloc[0]}' of {told}"

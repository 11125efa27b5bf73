"""The attacker who has learnt on other people what a scan of this condition does to a face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.attackers.samples import (
    conditions_in,
    equally_many,
    in_condition,
    one_row_a_sample,
    pooled_by_subject,
)
from reid_audit.match import CENTRING_ONLY, choose_shrinkage, learn_adaptation
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    import pandas as pd

    from reid_audit.match import Adaptation
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["FOLDS", "attack_by_adaptation"]

FOLDS = 2
"""Parts that the people are dealt out to: one is searched, the others are learnt from."""


def attack_by_adaptation(
    attacker: Attacker, matcher: Matcher, scans: Templates, photos: Templates, rng: np.random.Generator
) -> tuple[ScoreTable, ...]:
    """Search photographs in the scans of people from whom nothing was learnt, condition by condition.

    People are dealt out to two folds, those with scans and those with photographs alone each evenly. What is learnt on
    the people of one fold, from their photographs and their scans of the condition, is used on the other: **a
    photograph is searched among the people of its own fold and nobody else**, so that neither its person nor anybody
    that it is compared with was in training. A gallery that held people of the training would treat the mate, who must
    not be in it, unlike the others. The price is a gallery of half the people: compare with ``"topk"`` here, and not
    with ``photo-set``.

    Three tables a condition, each by the matcher that is given:

    - ``"topk"``, or what it is called: nothing learnt; what the known place of the face gives by itself.
    - ``"centred"``: the mean of the photographs and the mean of the renders taken off.
    - ``"adapted"``: after that, distances scaled by how photographs and renders of one person differ
      (:func:`~reid_audit.match.learn_adaptation`), as far as that serves within the training people
      (:func:`~reid_audit.match.choose_shrinkage`).

    Distances of two folds are of two models. In ``"centred"`` and ``"adapted"`` a score is in standard deviations above
    the mean of all scores of its fold, mated or not, so that numbers over both folds compare like with like; the order
    within a search is not touched.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
    scans, photos : Templates
        ``scans`` with the face placed from the camera where the detector found none, where that was asked for.
    rng : numpy.random.Generator
        Draws scans and folds, equally for all conditions.

    Returns
    -------
    tuple of ScoreTable
        Three a condition. Probes: ``subject, sample, n_templates``; references likewise, with the person as the sample:
        all scans of a person, or one drawn scan of each where people have unequal numbers. Pairs of two folds are not
        ``compared``. Where a fold has nothing to learn from, its scores are NaN.

    Notes
    -----
    On 36 phantoms with two photographs each (27 renders a scan, galleries of 18, chance 0.056) rank 1 was, as the mean
    of 20 ways to deal people out: originals 0.92, 0.93 and 0.98 (nothing learnt, centred, adapted); face replaced 0.05,
    0.08 and 0.08; face set to air 0.10, 0.13 and 0.11. A single way strays by about 0.06 from its mean.
    """
    probes = one_row_a_sample(photos, ("subject", "sample"))
    asked = pooled_by_subject(photos)
    seed, split = (int(each) for each in rng.integers(2**63, size=2))
    folds = _folds(scans.table["subject"], photos.table["subject"], np.random.default_rng(split))
    of_probe = _fold_of(probes["subject"], folds)
    tables = []
    for condition in conditions_in(scans):
        draw = np.random.default_rng(seed)
        here = in_condition(scans, condition)
        people = pooled_by_subject(here.select(equally_many(here.table, draw)))
        references = one_row_a_sample(people, ("subject", "sample"))
        of_reference = _fold_of(references["subject"], folds)
        compared = of_probe[:, None] == of_reference[None, :]
        scores = {name: np.full(compared.shape, np.nan) for name in (matcher.name, "centred", "adapted")}
        for fold in range(FOLDS):
            tested = _within(photos, folds, fold), _within(people, folds, fold)
            training = _without(asked, folds, fold), _without(people, folds, fold)
            at = np.ix_(of_probe == fold, of_reference == fold)
            for name, adaptation in _learnt(*training, draw).items():
                scores[name][at] = _scored(matcher, adaptation, *tested)
            scores[matcher.name][at] = matcher.score(*tested, draw)
        tables += [
            ScoreTable(
                attacker=attacker.name,
                matcher=name,
                embedder=scans.embedder,
                condition=condition,
                probes=probes,
                references=references,
                scores=made,
                compared=compared,
            )
            for name, made in scores.items()
        ]
    return tuple(tables)


def _folds(with_scan: pd.Series[Any], with_photo: pd.Series[Any], rng: np.random.Generator) -> dict[str, int]:
    """Deal people out: those with a scan evenly, then those with photographs alone; by the order of their names."""
    scanned = sorted(set(with_scan.astype(str)))
    others = sorted(set(with_photo.astype(str)) - set(scanned))
    dealt = [zip(group, rng.permutation(len(group)).tolist(), strict=True) for group in (scanned, others)]
    return {who: place % FOLDS for group in dealt for who, place in group}


def _fold_of(subjects: pd.Series[Any], folds: dict[str, int]) -> np.ndarray[Any, Any]:
    return subjects.astype(str).map(folds).to_numpy(dtype=int)


def _within(templates: Templates, folds: dict[str, int], fold: int) -> Templates:
    return templates.select(_fold_of(templates.table["subject"], folds) == fold)


def _without(templates: Templates, folds: dict[str, int], fold: int) -> Templates:
    return templates.select(_fold_of(templates.table["subject"], folds) != fold)


def _learnt(photos: Templates, scans: Templates, rng: np.random.Generator) -> dict[str, Adaptation | None]:
    return {
        "centred": learn_adaptation(photos, scans, CENTRING_ONLY),
        "adapted": learn_adaptation(photos, scans, choose_shrinkage(photos, scans, rng)),
    }


def _scored(
    matcher: Matcher, adaptation: Adaptation | None, photos: Templates, scans: Templates
) -> np.ndarray[Any, Any] | float:
    """Return the scores of a fold in standard deviations above their mean; NaN where nothing was learnt."""
    if adaptation is None:
        return np.nan
    scores = matcher.score(adaptation.photos(photos), adaptation.scans(scans), np.random.default_rng(0))
    known = scores[np.isfinite(scores)]
    spread = known.std() if len(known) else 0.0
    return np.asarray((scores - (known.mean() if len(known) else 0.0)) / (spread if spread > 0 else 1.0))

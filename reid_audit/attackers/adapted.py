"""The attacker who has learnt on other people what a scan of this condition does to a face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reid_audit.attackers.samples import (
    conditions_in,
    equally_many,
    in_condition,
    one_row_a_sample,
    pooled_by_subject,
    scans_of,
)
from reid_audit.attackers.shuffled import in_order_of, shuffled_names
from reid_audit.match import CENTRING_ONLY, choose_shrinkage, learn_adaptation
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.match import Adaptation
    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, Templates

__all__ = ["FOLDS", "SPLITS", "attack_by_adaptation", "times_split"]

FOLDS = 2
"""Parts that the people are dealt out to: one is searched, the others are learnt from."""

SPLITS = 10
"""Ways to deal people out over which results are means, at most."""

_SEARCHED = 400_000
"""Pairs of a photograph and a person in all ways together, at most; but one way there is always."""


def times_split(photos: int, people: int) -> int:
    """Return in how many ways people are dealt out: ten for 200 photographs of 100 people, one for 1,000 of 1,000."""
    return int(np.clip(_SEARCHED // max(1, photos * people), 1, SPLITS))


def attack_by_adaptation(
    attacker: Attacker,
    matcher: Matcher,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    *,
    every: bool = False,
) -> tuple[ScoreTable, ...]:
    """Search photographs in the scans of people from whom nothing was learnt, condition by condition.

    People are dealt out to two folds, those with scans and those with photographs alone each evenly. What is learnt on
    the people of one fold, from their photographs and their scans of the condition, is used on the other: **a
    photograph is searched among the people of its own fold and nobody else**, so that neither its person nor anybody
    that it is compared with was in training. A gallery that held people of the training would treat the mate, who must
    not be in it, unlike the others. The price is a gallery of half the people: compare with ``"topk"`` here, and not
    with ``photo-set``.

    Rates depend on who is in which fold. So people are dealt out in several ways (:func:`times_split`), each photograph
    is searched once in each, and rates are means over all searches of a person.

    Three tables a condition, each by the matcher that is given:

    - ``"topk"``, or what it is called: nothing learnt; what the known place of the face gives by itself.
    - ``"centred"``: the mean of the photographs and the mean of the renders taken off.
    - ``"adapted"``: after that, distances scaled by how photographs and renders of one person differ
      (:func:`~reid_audit.match.learn_adaptation`), as far as that serves within the training people
      (:func:`~reid_audit.match.choose_shrinkage`).

    Distances of two folds are of two models. In ``"centred"`` and ``"adapted"`` a score is in standard deviations above
    the mean of all scores of its fold, mated or not, so that numbers over all folds compare like with like; the order
    within a search is not touched.

    Parameters
    ----------
    attacker : Attacker
    matcher : Matcher
        Its score of a pair does not depend on what else is compared.
    scans, photos : Templates
        ``scans`` with the face placed from the camera where the detector found none, where that was asked for.
    rng : numpy.random.Generator
        Draws scans and folds, equally for all conditions.
    every : bool
        Search all scans as they are given, also where people have unequal numbers of them: nobody's are drawn. There is
        no control.

    Returns
    -------
    tuple of ScoreTable
        Three a condition. Probes: ``subject, sample, n_templates, split``, each photograph once for every way to deal
        people out, ``split`` being its number; references: ``subject, sample, n_templates``, with the person as the
        sample: all scans of a person, or one drawn scan of each where people have unequal numbers. Pairs of two folds
        are not ``compared``. Where a fold has nothing to learn from, its scores are NaN. ``"centred"`` and
        ``"adapted"`` have a ``control``: learnt and searched again under shuffled names, shuffled anew for each way.

    Notes
    -----
    On 36 phantoms with two photographs each (27 renders a scan, galleries of 18, chance 0.056) rank 1 was, as the mean
    of 20 ways to deal people out: originals 0.92, 0.93 and 0.98 (nothing learnt, centred, adapted); face replaced 0.05,
    0.08 and 0.08; face set to air 0.10, 0.13 and 0.11. A single way strays by about 0.06 from its mean.
    """
    probes = one_row_a_sample(photos, ("subject", "sample"))
    seed, split, shuffle = (int(each) for each in rng.integers(2**63, size=3))
    count = times_split(len(probes), scans.table["subject"].nunique())
    people = scans.table["subject"], photos.table["subject"]
    folds = [_folds(*people, np.random.default_rng([split, number])) for number in range(count)]
    tables: list[ScoreTable] = []
    for condition in conditions_in(scans):
        here = in_condition(scans, condition)
        used = here if every else here.select(equally_many(here.table, np.random.default_rng(seed)))
        references = one_row_a_sample(pooled_by_subject(used), ("subject", "sample"))
        search = _Search(matcher, probes, photos, references["subject"].tolist(), folds, split)
        names = np.random.default_rng([seed, shuffle])
        learnt = search.learnt([used] * count)
        again = {} if every else search.learnt([shuffled_names(used, names) for _ in folds])
        plain = np.where(search.compared, np.tile(search.plain(used), (count, 1)), np.nan)
        table = ScoreTable(
            attacker=attacker.name,
            matcher=matcher.name,
            embedder=scans.embedder,
            condition=condition,
            probes=search.rows("split"),
            references=references,
            scores=plain,
            compared=search.compared,
            note=_note(count),
            scans=scans_of(used),
        )
        tables.append(table)
        shuffled = search.rows("shuffle")
        for name, scores in learnt.items():
            of_name = replace(table, matcher=name, scores=scores)
            control = replace(of_name, probes=shuffled, scores=again[name]) if again else None
            tables.append(replace(of_name, control=control))
    return tuple(tables)


def _note(count: int) -> str:
    ways = "1 way to deal people" if count == 1 else f"{count} ways to deal people"
    return f"{ways} out to halves, each photograph searched in its own half each time, learnt on the other half"


@dataclass(frozen=True, eq=False)
class _Search:
    """Photographs searched among some people, who were dealt out in several ways."""

    matcher: Matcher
    probes: pd.DataFrame
    photos: Templates
    people: Sequence[Any]
    folds: Sequence[Mapping[str, int]]
    seed: int

    @cached_property
    def compared(self) -> np.ndarray[Any, Any]:
        """Which pairs are in one fold, one way under the other; shape (ways * P, R), bool."""
        owners, people = self.probes["subject"], pd.Series(self.people, dtype=object)
        return np.vstack([_fold_of(owners, way)[:, None] == _fold_of(people, way)[None, :] for way in self.folds])

    def rows(self, column: str) -> pd.DataFrame:
        """Return the photographs once for every way, with its number in a column of that name."""
        parts = [self.probes.assign(**{column: number}) for number in range(len(self.folds))]
        return pd.concat(parts, ignore_index=True)

    def plain(self, scans: Templates) -> np.ndarray[Any, Any]:
        """Return the scores of all pairs with nothing learnt; shape (P, R)."""
        return self._scores(self.photos, pooled_by_subject(scans))

    def learnt(self, scans: Sequence[Templates]) -> dict[str, np.ndarray[Any, Any]]:
        """Return the scores after what was learnt, with the scans for each way; shape (ways * P, R) each."""
        ways = [self._one_way(number, pooled_by_subject(each)) for number, each in enumerate(scans)]
        return {name: np.vstack([way[name] for way in ways]) for name in ways[0]}

    def _one_way(self, number: int, people: Templates) -> dict[str, np.ndarray[Any, Any]]:
        folds, asked = self.folds[number], pooled_by_subject(self.photos)
        owners, searched = self.probes["subject"], pd.Series(self.people, dtype=object)
        scores = {name: np.full((len(self.probes), len(self.people)), np.nan) for name in ("centred", "adapted")}
        for fold in range(FOLDS):
            training = _without(asked, folds, fold), _without(people, folds, fold)
            tested = _within(self.photos, folds, fold), _within(people, folds, fold)
            columns = np.flatnonzero(_fold_of(searched, folds) == fold)
            at = np.ix_(_fold_of(owners, folds) == fold, columns)
            draw = np.random.default_rng([self.seed, number, fold])
            for name, adaptation in _learnt(*training, draw).items():
                if adaptation is not None:
                    sides = adaptation.photos(tested[0]), adaptation.scans(tested[1])
                    here = [self.people[place] for place in columns.tolist()]
                    scores[name][at] = _standard(self._scores(*sides, here))
        return scores

    def _scores(self, photos: Templates, people: Templates, order: Sequence[Any] | None = None) -> np.ndarray[Any, Any]:
        made = self.matcher.score(photos, people, np.random.default_rng(0))
        return in_order_of(self.people if order is None else order, made, people.table["subject"].unique().tolist())


def _folds(with_scan: pd.Series[Any], with_photo: pd.Series[Any], rng: np.random.Generator) -> dict[str, int]:
    """Deal people out: those with a scan evenly, then those with photographs alone; by the order of their names."""
    scanned = sorted(set(with_scan.astype(str)))
    others = sorted(set(with_photo.astype(str)) - set(scanned))
    dealt = [zip(group, rng.permutation(len(group)).tolist(), strict=True) for group in (scanned, others)]
    return {who: place % FOLDS for group in dealt for who, place in group}


def _fold_of(subjects: pd.Series[Any], folds: Mapping[str, int]) -> np.ndarray[Any, Any]:
    return subjects.astype(str).map(folds).to_numpy(dtype=int)


def _within(templates: Templates, folds: Mapping[str, int], fold: int) -> Templates:
    return templates.select(_fold_of(templates.table["subject"], folds) == fold)


def _without(templates: Templates, folds: Mapping[str, int], fold: int) -> Templates:
    return templates.select(_fold_of(templates.table["subject"], folds) != fold)


def _learnt(photos: Templates, scans: Templates, rng: np.random.Generator) -> dict[str, Adaptation | None]:
    return {
        "centred": learn_adaptation(photos, scans, CENTRING_ONLY),
        "adapted": learn_adaptation(photos, scans, choose_shrinkage(photos, scans, rng)),
    }


def _standard(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the scores of a fold in standard deviations above their mean."""
    known = scores[np.isfinite(scores)]
    spread = known.std() if len(known) else 0.0
    return np.asarray((scores - (known.mean() if len(known) else 0.0)) / (spread if spread > 0 else 1.0))

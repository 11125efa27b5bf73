"""Rank 1 among a thousand people, predicted from a hundred of them and measured on all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.runner import Claim
from benchmarks.evidence.streamed import Person, stream, templates_of
from reid_audit.types import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from benchmarks.evidence.runner import Context

__all__ = ["gallery_size"]

SEED = 7_403_000
"""Of the first person; the next ones follow."""
_MM = 2.0
_MOST_MINUTES = 30
_CLOSE = 0.03
_OF_TEN = 9


def gallery_size(context: Context) -> Sequence[Claim]:
    """Enrol people one by one, keep their templates alone, and search among few and among all."""
    from reid_audit.attackers import attack

    people, few = (4, 2) if context.small else (1_000, 100)
    folder = of_this_code(context.folder, people, _MM)
    edge = 3.0 if context.small else _MM
    tasks = [Person(str(folder), SEED + number, edge) for number in range(people)]
    if context.small:
        stream(tasks[:1])
    spent, made = stream(tasks, workers=1 if context.small else 2)
    scans, photos = templates_of(tasks)
    (table,) = attack("photo-nearest", scans, photos, np.random.default_rng(SEED), None)
    left = [path for path in folder.rglob("*") if path.suffix in {".gz", ".png"}]
    kept = sum(path.stat().st_size for path in folder.rglob("*.npz")) / people
    how = (
        f"{people} withheld people, T1w of {edge:g} mm, 9 renders (one light), one photograph; "
        f"{kept / 1000:.0f} kB kept of each"
    )
    claims = [
        Claim(
            "Scans and photographs that are left of people enrolled one by one", float(len(left)), "0", not left, how
        ),
        Claim(
            "Time to make and enrol them",
            round(spent / 60, 2),
            f"minutes, below {_MOST_MINUTES}, two workers",
            spent < 60 * _MOST_MINUTES,
            how,
        ),
    ]
    if context.small:
        again = made - (people - 1)
        whole = len(table.probes) == len(table.references) == people
        claims.append(
            Claim("People who were made again after a stop", float(again), "0", whole and again == 0, "1 of 4 was kept")
        )
        table, few = _made_up(120), 40
        how = "made-up scores of 120 people in place of phantoms"
    return [*claims, *_predictions(table, few, how)]


def _made_up(people: int) -> ScoreTable:
    """Return normal scores with which about half are found among a hundred."""
    import pandas as pd

    rng = np.random.default_rng(SEED)
    scores = rng.normal(size=(people, people)) + 2.5 * np.eye(people)
    names = [f"{number:04d}" for number in range(people)]
    probes, references = (pd.DataFrame({"subject": names, "sample": [kind + n for n in names]}) for kind in "pr")
    return ScoreTable(
        "photo-nearest", "nearest", "made-up", "original", probes, references, scores, np.ones_like(scores, dtype=bool)
    )


def _predictions(table: ScoreTable, few: int, how: str) -> list[Claim]:
    """Predict rank 1 among all from each part of the people, and set it beside the measured one."""
    from reid_audit.evaluate import gallery_points
    from reid_audit.evaluate.gallery_models import MODELS

    people = len(table.references)
    curve = gallery_points(table, sizes=())
    whole = curve.iloc[-1]
    parts = [_part(table, range(start, start + few)) for start in range(0, people, few)]
    points = [gallery_points(part, sizes=(people,)) for part in parts]
    found = {model: [one[one["model"] == model].iloc[0] for one in points] for model in MODELS}
    small = [float(one[~one["extrapolated"]].iloc[-1]["rate"]) for one in points]
    subsampled = float(np.interp(np.log(few), np.log(curve["size"]), curve["rate"]))
    told = f"{how}; measured {whole['rate']:.3f} ({whole['low']:.3f} to {whole['high']:.3f})"
    held = 0
    for at in range(len(parts)):
        low = min(found[model][at]["low"] for model in MODELS)
        high = max(found[model][at]["high"] for model in MODELS)
        held += int(low <= whole["rate"] <= high)
    return [
        Claim(
            f"Rank 1 among {people}, measured",
            float(whole["rate"]),
            "stated",
            met=True,
            how=f"{how}; among {few} {np.mean(small):.3f}, chance {1 / people:g}",
            low=float(whole["low"]),
            high=float(whole["high"]),
        ),
        Claim(
            f"Rank 1 among {few}: subsampled from {people}, less the mean of {len(parts)} galleries of {few}",
            round(subsampled - float(np.mean(small)), 4),
            f"within {_CLOSE}",
            abs(subsampled - float(np.mean(small))) <= _CLOSE,
            f"{how}; {subsampled:.3f} and {np.mean(small):.3f}",
        ),
        *(_of_model(model, found[model], whole, f"{people}, predicted from {few}", told) for model in MODELS),
        Claim(
            f"Parts of {few} people whose models, taken together, hold the rank 1 measured among {people}",
            float(held),
            f"at least {_OF_TEN} of 10, from the lowest limit of the models to the highest",
            held * 10 >= _OF_TEN * len(parts),
            f"{told}; {len(parts)} parts; the models' values are {_disagreement(found):.3f} apart on average",
        ),
    ]


def _part(table: ScoreTable, rows: range) -> ScoreTable:
    """Return the searches of some people, by their place in the order of labels, among themselves."""
    people = sorted(set(table.references["subject"]))[rows.start : rows.stop]
    at = np.ix_(*(np.flatnonzero(frame["subject"].isin(people)) for frame in (table.probes, table.references)))
    return replace(
        table,
        probes=table.probes.iloc[at[0].ravel()].reset_index(drop=True),
        references=table.references.iloc[at[1].ravel()].reset_index(drop=True),
        scores=np.asarray(table.scores)[at],
        compared=np.asarray(table.compared)[at],
    )


def _of_model(model: str, found: Sequence[pd.Series[Any]], whole: pd.Series[Any], what: str, told: str) -> Claim:
    errors = np.array([row["rate"] - whole["rate"] for row in found])
    held = sum(bool(row["low"] <= whole["rate"] <= row["high"]) for row in found)
    return Claim(
        f"Rank 1 among {what} people by the model {model.replace('_', ' ')}",
        float(found[0]["rate"]),
        "stated beside the measured one",
        met=True,
        how=f"{told}; first of {len(found)} parts; over all of them off by {errors.mean():+.3f} on average, "
        f"{np.sqrt(np.mean(errors**2)):.3f} root mean square, and {held} intervals hold the measured value",
        low=float(found[0]["low"]),
        high=float(found[0]["high"]),
    )


def _disagreement(found: dict[str, list[pd.Series[Any]]]) -> float:
    """Return how far the models' values are apart, on average over the parts."""
    values = np.array([[row["rate"] for row in rows] for rows in found.values()])
    return float((values.max(axis=0) - values.min(axis=0)).mean())

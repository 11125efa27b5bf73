"""Score tables made up for the tests of the evaluators."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from reid_audit.types import LOST, ScoreTable, Templates

VIEW = ("yaw", "pitch", "light_azimuth", "light_elevation")


def frame(subjects, prefix):
    return pd.DataFrame({"subject": list(subjects), "sample": [f"{prefix}{i}" for i in range(len(subjects))]})


def table(scores, probes, references, *, attacker="photo-nearest", matcher="nearest", compared=None, relation=""):
    """A table from a matrix of scores, and the subject of each row and column."""
    scores = np.asarray(scores, dtype=float).reshape(len(probes), len(references))
    compared = np.ones(scores.shape, dtype=bool) if compared is None else np.asarray(compared, dtype=bool)
    rows, columns = frame(probes, "p"), frame(references, "r")
    return ScoreTable(attacker, matcher, "dlib", "original", rows, columns, scores, compared, relation)


def normal_table(rng, people=16, probes=2, references=1, shift=1.5, **more):
    """Scores that are normal, mated ones higher by ``shift``."""
    asked, known = np.repeat(np.arange(people), probes), np.repeat(np.arange(people), references)
    scores = rng.normal(size=(len(asked), len(known))) + shift * (asked[:, None] == known[None, :])
    return table(scores, [f"s{i}" for i in asked], [f"s{i}" for i in known], **more)


def with_templates(made, probes, references):
    """The table, told how many templates each of its rows and columns has."""
    told = (made.probes.assign(n_templates=list(probes)), made.references.assign(n_templates=list(references)))
    return replace(made, probes=told[0], references=told[1])


def by_name(results):
    """Results by metric, and by metric and k."""
    return {(r.metric if r.k is None else (r.metric, r.k)): r for r in results}


def templates(rows):
    """Templates from ``(subject, sample, condition, source, yaw, detected)``; a detection of None was lost."""
    made = pd.DataFrame(rows, columns=["subject", "sample", "condition", "source", "yaw", "detected"])
    made = made.assign(session="1", modality="T1w", pitch=0.0, light_azimuth=0.0, light_elevation=0.0)
    made["reason"] = [LOST if pd.isna(found) else "" if found else "no face found" for found in made["detected"]]
    made["detected"] = [found == 1 for found in made["detected"]]
    made.loc[made["yaw"].isna(), list(VIEW)] = np.nan
    vectors = np.where(made["detected"].to_numpy(dtype=bool)[:, None], 1.0, np.nan) * np.ones((1, 7))
    return Templates(made, vectors, "dlib")

"""Templates of people made up for the tests of attackers, and what a table says about its pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from reid_audit.attackers import AttackSettings, attack
from reid_audit.types import Templates

DIMENSION = 8


def cohort_of(scans: list[tuple[str, str, str, str]], views: int = 7, *, lost=(), noise: float = 0.05) -> Templates:
    """Templates of scans given as (subject, session, condition, modality); person "3" is near axis 3."""
    noisy = np.random.default_rng(3)
    rows, vectors = [], []
    for subject, session, condition, modality in scans:
        sample = f"{subject}_{session}_{condition}_{modality}"
        for view in range(views):
            vector = np.eye(DIMENSION)[int(subject)] + noisy.normal(0, noise, DIMENSION)
            missing = sample in lost or (sample, view) in lost
            vectors.append(np.full(DIMENSION, np.nan) if missing else vector)
            rows.append((subject, session, condition, modality, "scan", sample, view, 0.0, 9.0, 8.0, not missing, ""))
    columns = "subject session condition modality source sample yaw pitch light_azimuth light_elevation detected reason"
    return Templates(pd.DataFrame(rows, columns=columns.split()), np.array(vectors), "made-up")


def photos_of(subjects: str, *, lost: str = "") -> Templates:
    noisy = np.random.default_rng(4)
    vectors = [np.eye(DIMENSION)[int(s)] + noisy.normal(0, 0.1, DIMENSION) for s in subjects]
    vectors = [np.full(DIMENSION, np.nan) if s in lost else v for s, v in zip(subjects, vectors, strict=True)]
    table = pd.DataFrame({"subject": list(subjects), "sample": [f"photo{i}" for i in range(len(subjects))]})
    return Templates(table, np.array(vectors), "made-up")


def everyone(people="0123", sessions="ab", conditions=("original", "zero"), modalities=("T1w",)) -> list:
    return list(itertools.product(people, sessions, conditions, modalities))


def run(name, scans, photos=None, seed=0, **settings):
    return attack(name, scans, photos, np.random.default_rng(seed), AttackSettings(**settings))


def named(tables, condition, relation=""):
    (table,) = [t for t in tables if (t.condition, t.relation) == (condition, relation)]
    return table


def pairs_of(table):
    probe, reference = np.nonzero(table.compared)
    return table.probes.iloc[probe].reset_index(drop=True), table.references.iloc[reference].reset_index(drop=True)


def searched_of(table):
    """Return how many references of each person each probe was compared with."""
    return pd.DataFrame(table.compared, columns=table.references["subject"]).T.groupby(level=0).sum().T

"""Findings made up for the tests of the report: 16 people, three conditions, numbers that could be true."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from reid_audit.evaluate import compare_conditions
from reid_audit.types import Attacker, Cohort, Failure, Findings, ModelSpec, Result, ScoreTable

LABELS = tuple(f"{name}{number}" for number, name in enumerate(("ALICE", "BRUNO", "CHLOE", "DAVID") * 4, start=501))
CONDITIONS = ("original", "zero", "meanface")
SEED = 7

_ATTACKERS = (
    Attacker(
        "photo-nearest",
        "photographs of people who may be in the release, and the released scans of one condition",
        "how to render a scan from many sides and lights, and an open face recogniser",
        "to tell whose scan is whose, by searching each photograph in all released scans",
        "nearest",
    ),
    Attacker(
        "photo-set",
        "photographs of people who may be in the release, and the released scans of one condition",
        "the same, and that a set of renders says more than the best one",
        "to tell whose scan is whose, by searching each photograph in all released scans",
        "mean, topk",
    ),
    Attacker(
        "scan-to-scan",
        "released scans of one condition, and no photograph",
        "how to render a scan, and an open face recogniser",
        "to tell whether two scans show one person",
        "cosine",
    ),
)
_HITS = {
    ("photo-nearest", "nearest"): {
        "original": (13, 0.5435, 0.9595),
        "zero": (1, 0.0016, 0.3023),
        "meanface": (2, 0.0155, 0.3835),
    },
    ("photo-set", "mean"): {
        "original": (12, 0.4762, 0.9273),
        "zero": (0, 0.0, 0.2059),
        "meanface": (1, 0.0016, 0.3023),
    },
    ("photo-set", "topk"): {
        "original": (14, 0.6165, 0.9845),
        "zero": (1, 0.0016, 0.3023),
        "meanface": (1, 0.0016, 0.3023),
    },
}
_SHIFT = {"original": 0.22, "zero": 0.01, "meanface": 0.03}
_FOUND = {"original": 0.98, "zero": 0.06, "meanface": 0.93}


@cache
def cohort(*, phantom: bool = True) -> Cohort:
    scans = [
        {
            "subject": label,
            "session": session,
            "condition": condition,
            "modality": "T1w",
            "path": f"/data/clinic/sub-{label}/ses-{session}/sub-{label}_ses-{session}_{condition}.nii.gz",
            "age": 40.0,
            "sex": "F",
            "site": "Northgate",
            "sample": f"sub-{label}_ses-{session}_{condition}",
        }
        for label, session, condition in itertools.product(LABELS, ("20190312",), CONDITIONS)
    ]
    photos = [
        {"subject": label, "path": f"/data/photos/{label}_{n}.jpg", "sample": f"photo-{label}-{n}"}
        for label in LABELS
        for n in (1, 2)
    ]
    notes = (f"Skipped sub-{LABELS[3]}_ses-20190312_PDw.nii.gz: proton density.",)
    return Cohort(pd.DataFrame(scans), pd.DataFrame(photos), phantom, "Northern cohort", notes)


def _scores(attacker: str, matcher: str, condition: str, rng: np.random.Generator) -> ScoreTable:
    photos = cohort().photos[["subject", "sample"]]
    people = pd.DataFrame({"subject": LABELS, "sample": LABELS})
    mated = photos["subject"].to_numpy()[:, None] == people["subject"].to_numpy()[None, :]
    scores = rng.normal(0.62, 0.09, mated.shape) + _SHIFT[condition] * mated
    if condition == "zero":
        scores[:, ::3] = np.nan
    return ScoreTable(attacker, matcher, "dlib", condition, photos, people, scores, np.ones(mated.shape, dtype=bool))


def _pair_scores(condition: str, rng: np.random.Generator) -> ScoreTable:
    scans = cohort().scans
    rows = scans[scans["condition"] == condition].reset_index(drop=True)
    renders = pd.concat([rows, rows], ignore_index=True)[["subject", "session", "sample", "age"]]
    size = len(renders)
    mated = renders["subject"].to_numpy()[:, None] == renders["subject"].to_numpy()[None, :]
    scores = rng.normal(0.5, 0.1, (size, size)) + _SHIFT[condition] * mated
    once = np.triu(np.ones((size, size), dtype=bool), k=1)
    return ScoreTable("scan-to-scan", "cosine", "dlib", condition, renders, renders, scores, once, "same-scan")


def results() -> tuple[Result, ...]:
    made = []
    for name, share in _FOUND.items():
        limits = {"low": max(0.0, share - 0.02), "high": min(1.0, share + 0.02), "confidence": 0.95}
        made.append(Result(None, None, "dlib", name, "detection_rate", min(1.0, 4 * share), 16, 16, **limits))
        made.append(Result(None, None, "dlib", name, "render_detection_rate", share, 16, 1296, **limits))
    made.append(Result(None, None, "dlib", "photo", "detection_rate", 0.97, 16, 32, low=0.8, high=1.0, confidence=0.95))
    for (attacker, matcher), rows in _HITS.items():
        for name, (hits, low, high) in rows.items():
            rest = {"confidence": 0.95, "n_subjects": 16, "n_probes": 32}
            made.append(
                Result(
                    attacker,
                    matcher,
                    "dlib",
                    name,
                    "rank",
                    hits / 16,
                    k=1,
                    low=low,
                    high=high,
                    chance=1 / 16,
                    control=0.07,
                    **rest,
                )
            )
            value = min(1.0, hits / 16 + 0.2)
            made.append(
                Result(
                    attacker,
                    matcher,
                    "dlib",
                    name,
                    "rank",
                    value,
                    k=5,
                    low=0.2,
                    high=1.0,
                    chance=5 / 16,
                    control=0.3,
                    **rest,
                )
            )
    for name, value in {"original": 0.94, "zero": 0.53, "meanface": 0.57}.items():
        limits = {"low": value - 0.05, "high": value + 0.05, "confidence": 0.95, "chance": 0.5, "control": 0.49}
        made.append(
            Result("scan-to-scan", "cosine", "dlib", name, "auc", value, 16, 480, relation="same-scan", **limits)
        )
        made.append(
            Result(
                "scan-to-scan",
                "cosine",
                "dlib",
                name,
                "auc",
                None,
                16,
                0,
                relation="cross-session",
                note="one session a person",
            )
        )
    return tuple(made)


def findings(*, phantom: bool = True, **changes: object) -> Findings:
    """Return made-up findings; ``changes`` replace fields."""
    return replace(_findings(phantom=phantom), **changes)  # type: ignore[arg-type]


@cache
def _findings(*, phantom: bool) -> Findings:
    rng = np.random.default_rng(SEED)
    who = cohort(phantom=phantom)
    grid = itertools.product(
        CONDITIONS, (-20.0, 0.0, 20.0), (-15.0, 0.0, 15.0), (-40.0, 0.0, 40.0), (-10.0, 20.0, 50.0)
    )
    detection = pd.DataFrame(
        [(*view, 16, int(rng.binomial(16, _FOUND[view[0]]))) for view in grid],
        columns=["condition", "yaw", "pitch", "light_azimuth", "light_elevation", "n_heads", "n_detected"],
    )
    surfaces = who.scans[["sample", "subject", "session", "condition"]].assign(
        voxel_size=[(1.0, 1.0, 1.2)] * 48,
        largest_share=0.994,
        cut_through=[("nose", "mouth") if i == 5 else () for i in range(48)],
        pose_residual=1.7,
        pose_angles=[(0.1, -3.0, 0.4)] * 48,
        n_triangles=60_000,
        threshold=111.25,
        notes=[()] * 48,
    )
    scored = [_scores(*pair, name, rng) for pair in _HITS for name in CONDITIONS]
    paired = [_pair_scores(name, rng) for name in CONDITIONS]
    return Findings(
        cohort=who,
        results=results(),
        failures=(
            Failure(
                "detect",
                LABELS[2],
                "20190312",
                "zero",
                f"sub-{LABELS[2]}_ses-20190312_zero",
                "No face was found in any render; that alone does not protect.",
                "Look at the renders: `reid-audit render`.",
            ),
            Failure(
                "read",
                LABELS[3],
                "20190312",
                "zero",
                f"sub-{LABELS[3]}_ses-20190312_zero",
                f"'/data/clinic/sub-{LABELS[3]}/x.nii.gz' of {LABELS[3]} ends after 26 of 180 slices.",
                "Copy it again.",
            ),
        ),
        scores=(*scored, *paired),
        differences=compare_conditions((*scored, *paired), rng=np.random.default_rng(SEED), resamples=200),
        detection=detection,
        surfaces=surfaces,
        attackers=_ATTACKERS,
        models=(
            ModelSpec("dlib-hog", "20.0", "BSL-1.0"),
            ModelSpec("dlib-resnet", "20.0", "CC0-1.0", ("ab" * 32,), 128),
        ),
        settings={"confidence": 0.95, "yaws": (-20.0, 0.0, 20.0), "size": 400, "triangles": None},
        provenance={"seed": 5, "time": "2025-01-02T03:04:05+00:00", "versions": {"numpy": "2.4"}},
    )

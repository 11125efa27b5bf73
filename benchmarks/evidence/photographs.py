"""Real photographs of twenty adults, and one real man's scan among people who do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.evidence.real_man import load_mesh, photographs, voxelised
from benchmarks.evidence.runner import Claim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context
    from reid_audit.types import Cohort, ScoreTable

__all__ = ["london", "real_man"]

SEED = 7_601


def _no_data(claim: str, target: str) -> list[Claim]:
    return [Claim(claim, None, target, met=False, how="the sample data was not found; set REID_AUDIT_TEST_DATA")]


def london(context: Context) -> Sequence[Claim]:
    """Search each smiling photograph among the neutral ones by Euclidean distance of dlib templates."""
    from reid_audit.faces import concatenate, embed_photo
    from reid_audit.inputs import read_photo
    from reid_audit.match import Nearest
    from reid_audit.plugins import load_detector, load_embedder
    from reid_audit.settings import Settings
    from reid_audit.statistics import clopper_pearson

    claim, target = "Real photographs, smiling searched among neutral: rank 1", "20 of 20"
    if context.real is None:
        return _no_data(claim, target)
    detector, embedder = load_detector(Settings().photo_detector), load_embedder(Settings().embedder)
    folder = context.real / "photos" / "london"
    people = sorted(path.name.split("_")[0] for path in folder.glob("*_neutral.jpg"))
    sets = {
        kind: concatenate(
            [
                embed_photo(
                    read_photo(folder / f"{person}_{kind}.jpg"), detector, embedder, subject=person, sample=person
                )
                for person in people
            ]
        )
        for kind in ("neutral", "smiling")
    }
    scores = Nearest().score(sets["smiling"], sets["neutral"], np.random.default_rng(0))
    found = int((scores.argmax(axis=1) == np.arange(len(people))).sum())
    low, high = clopper_pearson(found, len(people), 0.95)
    return [
        Claim(
            claim,
            float(found),
            target,
            found == len(people) == 20,
            f"{len(people)} adults, {embedder.spec.name}",
            20 * low,
            20 * high,
        )
    ]


def real_man(context: Context) -> Sequence[Claim]:
    """Rank a real man's photographs against scans of phantoms and his own, with and without the SVM."""
    from reid_audit import PhantomSettings, Settings, audit, read_cohort, write_cohort
    from reid_audit.inputs import write_volume
    from reid_audit.types import Volume

    names = ("photo-nearest", "photo-svm")
    if context.real is None:
        return [c for name in names for c in _no_data(f"A real man among phantoms, {name}", "a rank is stated")]
    number, edge, workers = (3, 2.5, 1) if context.small else (32, 1.0, 2)
    views, seen = ({"azimuths": (0,), "elevations": (38,)}, 9) if context.small else ({}, 81)
    people = context.folder / "people"
    if not (people / "dataset_description.json").exists():
        settings = PhantomSettings(
            n_subjects=number, voxel_size=edge, conditions=("original",), photos_per_subject=1, seed=SEED
        )
        write_cohort(settings, people, workers=workers)
    mesh = load_mesh(context.real / "mesh")
    data, affine = voxelised(mesh, voxel_size=edge)
    scan = context.folder / "sub-man_T1w.nii.gz"
    write_volume(Volume(data, affine, "mri", "T1w"), scan)
    shots = _save(photographs(mesh, context.real / "mesh" / "color.jpg"), context)
    cohort = _with_the_man(read_cohort(people, photos=people / "photos")[0], scan, shots)
    chosen = Settings(attackers=names, workers=workers, seed=SEED, **views)
    result = audit(cohort, settings=chosen, out=None if context.small else context.folder / "out")
    return [_claim(table, len(cohort.subjects), edge, views=seen) for table in result.findings.scores]


def _save(pictures: Sequence[np.ndarray], context: Context) -> list[str]:
    import io

    from PIL import Image

    from reid_audit.store import write_bytes

    paths = []
    for index, picture in enumerate(pictures):
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=92)
        paths.append(str(write_bytes(context.folder / f"sub-man_photo{index}.jpg", buffer.getvalue())))
    return paths


def _with_the_man(cohort: Cohort, scan: Path, shots: Sequence[str]) -> Cohort:
    from dataclasses import replace

    import pandas as pd

    row = cohort.scans.iloc[0].to_dict() | {"subject": "man", "session": "", "path": str(scan), "sample": "man"}
    photos = pd.DataFrame([{"subject": "man", "path": shot, "sample": f"man-{i}"} for i, shot in enumerate(shots)])
    return replace(
        cohort,
        scans=pd.concat([cohort.scans, pd.DataFrame([row])], ignore_index=True),
        photos=pd.concat([cohort.photos, photos], ignore_index=True),
        phantom=False,
    )


def _claim(table: ScoreTable, people: int, edge: float, *, views: int) -> Claim:
    """State the man's expected rank, averaged over his photographs."""
    own = np.flatnonzero((table.probes["subject"] == "man").to_numpy())
    mate = (table.references["subject"] == "man").to_numpy()
    ranks = []
    for row in own:
        score = table.scores[row, mate].max()
        others = table.scores[row, ~mate]
        ranks.append(1 + (others > score).sum() + 0.5 * (others == score).sum() if np.isfinite(score) else people)
    listed = ", ".join(f"{rank:g}" for rank in ranks)
    return Claim(
        f"A real man's photographs against his scan among phantoms, {table.attacker}: mean rank",
        float(np.mean(ranks)),
        f"stated; chance {(people + 1) / 2:g} of {people}",
        met=True,
        how=f"ranks of {len(ranks)} photographs: {listed}; {people} people in the gallery, {edge} mm, {views} renders. "
        "One man among people of another domain: no rate can be drawn from it",
        low=float(min(ranks)),
        high=float(max(ranks)),
    )

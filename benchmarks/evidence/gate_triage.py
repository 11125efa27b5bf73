"""What the triage answers for heads of people whom nobody looked at while its limits were set."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter, shift

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.runner import Claim
from reid_audit.store import write_json
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.evidence.runner import Context
    from reid_audit.phantom import PhantomScan
    from reid_audit.types import Volume

__all__ = ["triage"]

SEED = 7_661
_PEOPLE, _AGES = 8, (4.0, 80.0)
_CONTRASTS = ("T1w", "FLAIR", "CT")
_SMOOTHED = 1.5
"""Mm by which a copy is smoothed, as a standard deviation: less than the sham ``blur``, which rounds the face off."""


@dataclass(frozen=True)
class Planted:
    """One form of a head, and the answer that would be an error.

    Parameters
    ----------
    make : callable
        From a phantom to what is released.
    alone, beside : str
        The wrong answer without and with the original; empty where none is wrong.
    """

    make: Callable[[PhantomScan], Volume]
    alone: str = ""
    beside: str = ""


def _whole(scan: PhantomScan) -> Volume:
    return scan.volume


def _half(scan: PhantomScan) -> Volume:
    from reid_audit.defacers import PartialDefacer

    return PartialDefacer().deface(scan.volume)[0]


def _zeroed(scan: PhantomScan) -> Volume:
    from reid_audit.defacers import ZeroDefacer

    return ZeroDefacer().deface(scan.volume)[0]


def _stripped(scan: PhantomScan) -> Volume:
    from reid_audit.defacers import SkullStripDefacer

    return SkullStripDefacer(brain=lambda _: scan.masks["brain"]).deface(scan.volume)[0]


def _mean_face(scan: PhantomScan) -> Volume:
    from reid_audit.defacers import MeanFaceDefacer

    return MeanFaceDefacer().deface(scan.volume)[0]


def _rounded(scan: PhantomScan) -> Volume:
    from reid_audit.defacers import BlurDefacer

    return BlurDefacer().deface(scan.volume)[0]


def _copied(scan: PhantomScan) -> Volume:
    """Every voxel of the face is altered, and its form is not."""
    from reid_audit.defacers import ZeroDefacer

    before = np.asarray(scan.volume.data)
    face = np.asarray(ZeroDefacer().deface(scan.volume)[1].data)
    smooth = gaussian_filter(before.astype(np.float32), _SMOOTHED / np.asarray(scan.volume.voxel_size))
    return replace(scan.volume, data=np.where(face, smooth, before).astype(before.dtype))


FORMS: Mapping[str, Planted] = {
    "whole face": Planted(_whole, alone="none", beside="none"),
    "upper half of the face removed": Planted(_half, alone="none", beside="none"),
    "face smoothed by 1.5 mm": Planted(_copied, alone="none", beside="none"),
    "face zeroed": Planted(_zeroed, alone="face", beside="face"),
    "brain extracted": Planted(_stripped, alone="face", beside="face"),
    "face replaced by the mean head's": Planted(_mean_face, beside="face"),
    "face rounded off by the sham blur": Planted(_rounded),
}
"""A face that is not the person's own is ``face`` to whoever has no original, and rightly so."""


_MOVED = 12.0
"""Mm, downwards: enough that the comparison with the original finds none of the face's skin in its place."""


def _moved(scan: PhantomScan, _other: PhantomScan) -> tuple[Volume, Volume]:
    down = np.linalg.inv(scan.volume.affine[:3, :3]) @ [0.0, 0.0, -_MOVED]
    data = shift(np.asarray(scan.volume.data, np.float32), down, order=1, mode="nearest")
    return replace(scan.volume, data=data), scan.volume


def _of_another(scan: PhantomScan, other: PhantomScan) -> tuple[Volume, Volume]:
    onto = np.linalg.inv(other.volume.affine) @ scan.volume.affine
    shape, data = scan.volume.data.shape, np.asarray(other.volume.data, np.float32)
    air = float(data.min())
    before = affine_transform(data, onto[:3, :3], onto[:3, 3], output_shape=shape, order=1, cval=air)
    return scan.volume, replace(scan.volume, data=before)


ELSEWHERE: Mapping[str, Callable[[PhantomScan, PhantomScan], tuple[Volume, Volume]]] = {
    f"an original that lies {_MOVED:g} mm elsewhere": _moved,
    "the original of another person": _of_another,
}
"""What is released, a whole face, and what is given as its original; asked of one contrast."""


@dataclass(frozen=True)
class _Task:
    person: int
    contrast: str
    voxel: float
    forms: tuple[str, ...]
    kept: Path


def triage(context: Context) -> Sequence[Claim]:
    """Ask for planted heads of the withheld population, with their originals and without; finished ones are kept."""
    people, contrasts = (1, ("T1w",)) if context.small else (_PEOPLE, _CONTRASTS)
    voxel = 3.0 if context.small else 2.0
    forms = ("whole face", "face zeroed", "face replaced by the mean head's") if context.small else tuple(FORMS)
    folder = of_this_code(context.folder, SEED, context.small)
    tasks = [_Task(person, name, voxel, forms, folder) for person in range(people) for name in contrasts]
    done = [answer for _, answer in run_tasks(_answers, tasks, workers=1 if context.small else 2)]
    found = [each for each in done if not isinstance(each, WorkerLost)]
    how = (
        f"{people} people of the withheld population, seed {SEED}, 4 to 80 years, {', '.join(contrasts)}, {voxel:g} mm"
    )
    claims = [
        _claim(name, way, Counter(each[name][way] for each in found), len(tasks), how)
        for name in forms
        for way in ("alone", "beside")
    ]
    return claims + [
        _elsewhere_claim(name, Counter(each[name]["beside"] for each in found if name in each), people, how)
        for name in ELSEWHERE
    ]


def _elsewhere_claim(name: str, answers: Counter[str], asked: int, how: str) -> Claim:
    counted = ", ".join(f"{number} {answer}" for answer, number in sorted(answers.items()))
    return Claim(
        f"Triage beside {name}, whole face: answered 'none'",
        float(answers["none"]),
        "0",
        answers.total() == asked and answers["none"] == 0,
        f"{counted} of {asked} scans, {_CONTRASTS[0]} alone; {how}",
    )


def _claim(name: str, way: str, answers: Counter[str], asked: int, how: str) -> Claim:
    wrong = getattr(FORMS[name], way)
    count = answers[wrong] if wrong else answers["cannot tell"]
    counted = ", ".join(f"{number} {answer}" for answer, number in sorted(answers.items()))
    met = answers.total() == asked and (not wrong or count == 0)
    return Claim(
        f"Triage {'without the original' if way == 'alone' else 'beside the original'}, {name}: "
        f"answered '{wrong or 'cannot tell'}'",
        float(count),
        "0" if wrong else "stated",
        met,
        f"{counted} of {asked} scans; {how}",
    )


def _answers(task: _Task) -> dict[str, dict[str, str]]:
    """Return the answers for every form of one scan, alone and beside its original."""
    from reid_audit.inputs import write_volume
    from reid_audit.phantom import ScanSettings, acquire, sample_identities
    from reid_audit.triage.volumes import told_by_scan

    kept = task.kept / f"{task.person}-{task.contrast}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    rng = np.random.default_rng([SEED, task.person])
    people = sample_identities(_PEOPLE, np.random.default_rng(SEED), population="withheld", ages=_AGES)
    how = ScanSettings(
        task.contrast, (task.voxel,) * 3, pitch=4.0 * rng.normal(), yaw=2.0 * rng.normal(), orientation="PIR"
    )
    scan = acquire(people[task.person], how, rng)
    found: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="triage-") as made:
        original = write_volume(scan.volume, Path(made) / f"before_{task.contrast}.nii.gz")
        for name in task.forms:
            path = write_volume(FORMS[name].make(scan), Path(made) / f"after_{task.contrast}.nii.gz")
            beside = told_by_scan(path, original=str(original)).answer
            found[name] = {"alone": told_by_scan(path).answer, "beside": beside}
        other = acquire(people[(task.person + 1) % _PEOPLE], how, rng)
        for name, make in ELSEWHERE.items() if task.contrast == _CONTRASTS[0] else ():
            released, before = make(scan, other)
            original = write_volume(before, Path(made) / f"before_{task.contrast}.nii.gz")
            path = write_volume(released, Path(made) / f"after_{task.contrast}.nii.gz")
            found[name] = {"beside": told_by_scan(path, original=str(original)).answer}
    write_json(kept, found)
    return found

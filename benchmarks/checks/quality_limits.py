"""What limits of ``reid-audit quality`` rest on: ``python -m benchmarks.checks.quality_limits [N [PART ...]]``.

``copied``: how much of the skin a surface follows where the face was copied (smoothed, darkened, made noisy), where
another was put there, and where it was removed. ``behind``: millilitres of signal in the air behind heads whose field
of view is whole, and of those whose face is folded over. ``alone``: without the original, how often each region is told
right at several distances and shares. ``left``: with the original, the same of the share that is measured as left, over
planted cases and what defacers leave. Tuning seeds of the main population alone; N people (2 by default) an age group
and contrast; on standard output one row each.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.evidence.defacers_planted import CASES, FAILS, Head, planted, truth_of
from benchmarks.evidence.defacers_table import HERE, REPLACING
from reid_audit.defacers import DEFACERS, BlurDefacer, MeanFaceDefacer, ZeroDefacer
from reid_audit.errors import ReidAuditError
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.quality import Limits, judge_alone, judge_scan, reference_of
from reid_audit.types import QUALITY_REGIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.phantom import PhantomScan
    from reid_audit.types import Volume

Array = np.ndarray[Any, Any]

SEEDS = {"adult": (9001, (18.0, 80.0)), "child": (202, (3.0, 12.0))}
MODALITIES = ("T1w", "T2w", "CT")
VOXELS = (1.0, 2.0, 3.0)
FOLDED = (15.0, 25.0, 35.0)
"""Mm of the face that lie outside the field of view."""
REACHES = (4.0, 6.0, 8.0)
"""Mm from the head model within which skin counts as left."""


def forms_of(scan: PhantomScan, rng: np.random.Generator) -> Iterator[tuple[str, Volume]]:
    """Yield what a defacer may leave: copies of the face, other faces, none."""
    volume = scan.volume
    _, footprint = ZeroDefacer().deface(volume)
    face = np.asarray(footprint.data)
    data = np.asarray(volume.data, np.float32)
    low, high = float(data.min()), float(np.percentile(data, 99))
    for sigma in (0.7, 1.5, 3.0):
        smooth = gaussian_filter(data, sigma / volume.voxel_size)
        yield f"copy: smoothed {sigma:g} mm", _with(volume, face, smooth)
    yield "copy: darkened by 0.7", _with(volume, face, low + 0.7 * (data - low))
    yield "copy: noise of 10 %", _with(volume, face, data + rng.normal(0, 0.1 * (high - low), data.shape))
    for name, defacer in (("blur", BlurDefacer()), ("meanface", MeanFaceDefacer()), ("zero", ZeroDefacer())):
        yield f"sham: {name}", defacer.deface(volume)[0]


def _with(volume: Volume, face: Array, other: Array) -> Volume:
    return replace(volume, data=np.where(face, other, volume.data).astype(np.asarray(volume.data).dtype))


def copied(people: int) -> None:
    """Print the share of each region that a surface follows."""
    print("form mm contrast group", *QUALITY_REGIONS, sep="\t")
    for group, (seed, ages) in SEEDS.items():
        for number, who in enumerate(sample_identities(people, np.random.default_rng(seed), ages=ages)):
            for modality, voxel in product(MODALITIES, VOXELS):
                rng = np.random.default_rng([seed, number])
                scan = acquire(who, ScanSettings(modality=modality, voxel_size=(voxel,) * 3), rng)
                reference = reference_of(scan.volume)
                for name, form in forms_of(scan, rng):
                    judged = judge_scan(form, reference, detector=None)
                    shares = [f"{judged.region(part).copied or 0.0:.2f}" for part in QUALITY_REGIONS]
                    print(name, f"{voxel:g}", modality, group, *shares, sep="\t", flush=True)


def behind(people: int) -> None:
    """Print the signal in the air behind heads."""
    print("folded_mm contrast group ml_of_signal")
    for group, (seed, ages) in SEEDS.items():
        for number, who in enumerate(sample_identities(people, np.random.default_rng(seed), ages=ages)):
            for modality in ("T1w", "T2w", "FLAIR"):
                for folded in (0.0, *FOLDED):
                    rng = np.random.default_rng([seed, number])
                    wrap = ("anterior", folded) if folded else None
                    settings = ScanSettings(modality=modality, voxel_size=(1.5,) * 3, noise=0.03, bias=0.2, wrap=wrap)
                    scan = acquire(who, settings, rng)
                    try:
                        judged = judge_scan(scan.volume, reference_of(scan.volume), detector=None).behind
                        said = judged.evidence if judged.bright_ml is None else f"{judged.bright_ml:.2f}"
                    except ReidAuditError as error:
                        said = error.message
                    print(f"{folded:g}", modality, group, said, sep="\t", flush=True)


def alone(people: int) -> None:
    """Print by distance and region the best limit, and how often it is right."""
    found: dict[tuple[float, str], list[tuple[float, bool]]] = defaultdict(list)
    for group, (seed, ages) in SEEDS.items():
        for number, who in enumerate(sample_identities(people, np.random.default_rng(seed), ages=ages)):
            for modality in MODALITIES[:2]:
                rng = np.random.default_rng([seed, number])
                scan = acquire(who, ScanSettings(modality=modality, voxel_size=(1.5,) * 3), rng)
                head = Head.of(scan, who)
                for case in CASES:
                    removed = case.remove(head, rng)
                    truth = truth_of(head, removed)
                    form = planted(head, removed)
                    for reach in REACHES:
                        try:
                            judged = judge_alone(form, detector=None, limits=Limits(model_mm=reach))
                        except ReidAuditError:
                            continue
                        for name in QUALITY_REGIONS:
                            share = judged.region(name).share
                            if share is not None:
                                found[reach, name].append((share, truth.fails(name)))
                print(group, modality, number, file=sys.stderr, flush=True)
    print("reach_mm region best_limit balanced_accuracy at_0.3 at_0.5 cases")
    for (reach, name), cases in sorted(found.items()):
        shares, failed = (np.array(side) for side in zip(*cases, strict=True))
        limits = np.arange(0.05, 1.0, 0.05)
        right = [balanced_accuracy(shares >= limit, failed) for limit in limits]
        best = int(np.argmax(right))
        others = [balanced_accuracy(shares >= limit, failed) for limit in (0.3, 0.5)]
        said = [f"{limits[best]:.2f}", *(f"{value:.3f}" for value in (right[best], *others)), str(len(cases))]
        print(f"{reach:g}", name, *said, sep="\t", flush=True)


def left(people: int) -> None:
    """Print by region the best limit of the measured share, and how often others are right."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for group, (seed, ages) in {**SEEDS, "newborn": (202, (0.0, 0.15))}.items():
        for number, who in enumerate(sample_identities(people, np.random.default_rng([seed, 7]), ages=ages)):
            modality = ("T1w", "T2w", "FLAIR", "CT")[number % 4]
            rng = np.random.default_rng([seed, 7, number])
            scan = acquire(who, ScanSettings(modality=modality, voxel_size=(1.5,) * 3), rng)
            head, reference = Head.of(scan, who), reference_of(scan.volume)
            pieces = [case for case in CASES if case.name.startswith("piece")]
            gone = [case.remove(head, rng) for case in (*CASES, *pieces, *pieces)]
            forms = [(removed, planted(head, removed)) for removed in gone]
            forms += _defaced(scan.volume)
            for removed, form in forms:
                truth, judged = truth_of(head, removed), judge_scan(form, reference, detector=None)
                for name in QUALITY_REGIONS:
                    share = judged.region(name).share
                    if share is not None:
                        found[name].append((share, truth.shares[name]))
                        print(group, modality, number, name, f"{truth.shares[name]:.3f}", f"{share:.3f}", sep="\t")
            sys.stdout.flush()
    tried = (0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.14)
    print("region", "cases", "failed", *(f"at {limit:g}" for limit in tried), sep="\t")
    for name, cases in found.items():
        shares, true = (np.array(side) for side in zip(*cases, strict=True))
        said = [f"{balanced_accuracy(shares >= limit, true >= FAILS):.3f}" for limit in tried]
        print(name, len(cases), int((true >= FAILS).sum()), *said, sep="\t", flush=True)


def _defaced(volume: Volume) -> list[tuple[Array, Volume]]:
    """Return what each defacer that runs here removes, and leaves; those that put a surface there are left out."""
    made = []
    for name in (each for each in HERE if each not in REPLACING):
        try:
            form, footprint = DEFACERS[name]().deface(volume)
        except ReidAuditError as error:
            print(name, error.message, file=sys.stderr)
        else:
            made.append((np.asarray(footprint.data), form))
    return made


def balanced_accuracy(said: Array, failed: Array) -> float:
    """Return the mean of sensitivity and specificity."""
    return float((np.mean(said[failed]) + np.mean(~said[~failed])) / 2)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for part in (copied, behind, alone, left):
        if len(sys.argv) < 3 or part.__name__ in sys.argv[2:]:
            part(count)

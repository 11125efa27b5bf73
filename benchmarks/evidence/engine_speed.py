"""Speed and memory of the path of one scan, beside the naive loop and beside what the hardware allows."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.runner import ROOT, Claim
from benchmarks.quick import QUICK
from reid_audit.store import private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context
    from benchmarks.vs_naive import Compared
    from reid_audit.types import Volume

__all__ = ["against_naive", "many_scans", "naive_itself", "stages", "surface"]

_SURFACE = """
import sys, time
from pathlib import Path
from reid_audit.inputs import read_volume
from reid_audit.surface import head_surface
def memory(what):
    words = Path("/proc/self/status").read_text().split()
    return 1024 * int(words[words.index(what + ":") + 1])
head_surface(read_volume(Path(sys.argv[1])))
Path("/proc/self/clear_refs").write_text("5")
before = memory("VmRSS")
volume = read_volume(Path(sys.argv[2]))
for _ in range(5):
    began = time.perf_counter()
    head_surface(volume)
    print(time.perf_counter() - began, memory("VmHWM") - before, volume.data.size * 4)
"""
_SCANS = """
import json, resource, sys, time
from pathlib import Path
from reid_audit.enrolment import enrol_cohort
from reid_audit.inputs import read_cohort
from reid_audit.settings import Settings
cohort = read_cohort(Path(sys.argv[1]))[0]
began, done = time.perf_counter(), []
def tell(stage, count, _total):
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    print(count, time.perf_counter() - began, memory, flush=True)
enrol_cohort(cohort, settings=Settings(**json.loads(sys.argv[2])), progress=tell)
"""


def against_naive(context: Context) -> Sequence[Claim]:
    """Look at the same heads with both loops in turn, and identify the same photographs with what they saw."""
    from benchmarks.vs_naive import NAIVE, OURS, REAL_HEADS, YUNET, compare, conclusions

    people = _made(context.folder, small=context.small)
    scans = sorted(people.glob("sub-*/**/*_T1w.nii.gz"))
    faceless = sorted((people / "derivatives" / "zero").glob("sub-*/**/*_T1w.nii.gz"))
    real = [context.real / "heads" / name for name in REAL_HEADS] if context.real and not context.small else []
    keep, every = private_folder(context.folder / "looks"), _every(small=context.small)
    yunet = _install_yunet(context)
    done = compare([*scans, *real], faceless[: 1 if context.small else 8], keep, every=every, yunet=yunet)
    n = f"{len(scans)} withheld phantoms and {len(real)} real heads of 1 mm, {-(-81 // every)} renders each"
    claims = [
        Claim(
            "Throughput on two cores, two workers against the naive loop in one process",
            round(done.ratio, 2),
            "at least 12 (stated in small)",
            done.ratio >= 12 or context.small,
            f"{n}; median s a scan: naive {statistics.median(done.seconds[NAIVE]):.2f}, ours in each of two workers "
            f"{statistics.median(done.together):.2f}, ours alone {statistics.median(done.seconds[OURS]):.2f}; loading "
            "and surface timed in both, alternating; from lower quartiles to upper ones",
            *_spread(done.seconds[NAIVE], done.together),
        ),
        Claim(
            "Single-process ratio",
            round(done.single, 2),
            "stated",
            met=True,
            how="one process each, naive with all threads, ours with one; peak memory "
            f"{done.megabytes[NAIVE]:.0f} and {done.megabytes[OURS]:.0f} MB",
        ),
        Claim(
            "Share of renders on which both detectors find the true face, or neither does",
            done.agreement,
            "at least 0.95",
            done.agreement >= 0.95,
            n,
        ),
        Claim(
            "Renders of faceless heads with a face found anywhere but on the true face, ours",
            done.alarms[OURS],
            f"no more than the naive loop's {done.alarms[NAIVE]}",
            done.alarms[OURS] <= done.alarms[NAIVE],
            f"{min(len(faceless), 8)} zeroed phantoms, 81 renders each",
        ),
    ]
    told = {loop: conclusions(people, keep, loop, every) for loop in done.seconds}
    claims += _conclusions(told[NAIVE], told[OURS], small=context.small)
    return [*claims, _with_yunet(done, told[YUNET], n)] if yunet else claims


def _made(folder: Path, *, small: bool) -> Path:
    from benchmarks.vs_naive import phantoms

    return phantoms(folder, 2, voxel_size=2.0, workers=1) if small else phantoms(folder, 32)


def _every(*, small: bool) -> int:
    """Look from every so many-th of the 81 views."""
    return 11 if small else 1


def naive_itself(context: Context) -> Sequence[Claim]:
    """Ask how much the naive loop differs from itself without multisampling: the noise of the comparison above."""
    from benchmarks.vs_naive import NAIVE, PLAIN, conclusions

    folder, every = context.beside("against-naive"), _every(small=context.small)
    people, keep = _made(folder, small=context.small), private_folder(folder / "looks")
    naive, plain = (conclusions(people, keep, loop, every) for loop in (NAIVE, PLAIN))
    by_person, by_photograph = (_otherwise(naive, plain, what) for what in ("people", "photographs"))
    return [
        Claim(
            "People found at rank 1 by the naive loop and not by it without multisampling, or the other way round",
            float(len(by_person)),
            "stated",
            met=True,
            how=f"{naive['rank'].n_subjects} people; by any of their photographs alone {len(by_photograph)}, of "
            f"{naive['rank'].n_probes}; rank 1 of photographs {naive['rank'].value:.3f} and "
            f"{plain['rank'].value:.3f}, AUC {naive['auc'].value:.4f} and {plain['auc'].value:.4f}; the same meshes, "
            "detector and network",
        )
    ]


def _otherwise(one: dict[str, Any], other: dict[str, Any], what: str) -> list[str]:
    """People whom, or of whose photographs, two loops find otherwise."""
    return [who for who, hits in one[what].items() if hits != other[what][who]]


def _install_yunet(context: Context) -> bool:
    """Point to the sample data's copy of YuNet, where there is one."""
    from reid_audit.faces.installed import YUNET as FILE

    folder = context.real / "models" if context.real and not context.small else None
    if folder is None or not (folder / FILE).exists():
        return False
    os.environ["REID_AUDIT_MODELS"] = str(folder)
    return True


def _with_yunet(done: Compared, told: dict[str, Any], n: str) -> Claim:
    from benchmarks.vs_naive import YUNET

    return Claim(
        "Rank 1 with YuNet in place of HOG",
        told["rank"].value,
        "stated",
        met=True,
        how=f"{n}; {told['rank'].n_probes} photographs, AUC {told['auc'].value:.4f}, chance {told['rank'].chance:.3f}; "
        f"{statistics.median(done.seconds[YUNET]):.2f} s a scan in one process, {done.alarms[YUNET]} false alarms",
        low=told["rank"].low,
        high=told["rank"].high,
    )


def _spread(naive: list[float], together: list[float]) -> tuple[float, float]:
    """Ratio with the quartiles of both against each other."""
    low, high = np.percentile(naive, [25, 75]), np.percentile(together, [75, 25])
    return tuple(float(round(a / (b / 2), 2)) for a, b in zip(low, high, strict=True))  # type: ignore[return-value]


def _conclusions(naive: dict[str, Any], ours: dict[str, Any], *, small: bool) -> list[Claim]:
    by_person, by_photograph = (_otherwise(naive, ours, what) for what in ("people", "photographs"))
    apart = abs(naive["auc"].value - ours["auc"].value)
    n = f"{naive['rank'].n_subjects} people, {naive['rank'].n_probes} photographs, photo-nearest"
    return [
        Claim(
            "People found at rank 1 by one loop and not by the other",
            float(len(by_person)),
            "at most 1",
            len(by_person) <= 1,
            f"{n}; a person is found where the render nearest to any of the own photographs is the own: naive "
            f"{sum(naive['people'].values())}, ours {sum(ours['people'].values())}",
        ),
        Claim(
            "People of whose photographs, each by itself, one loop finds more at rank 1 than the other",
            float(len(by_photograph)),
            "stated",
            met=True,
            how=f"{n}; rank 1 of photographs naive {naive['rank'].value:.3f}, ours {ours['rank'].value:.3f}, chance "
            f"{ours['rank'].chance:.3f}; the step naive-itself tells how many the naive loop alone would change",
        ),
        Claim(
            "Difference of ROC-AUC",
            round(apart, 4),
            "within 0.02 (stated in small)",
            apart <= 0.02 or small,
            f"{n}; naive {naive['auc'].value:.4f}, ours {ours['auc'].value:.4f}",
        ),
    ]


def many_scans(context: Context) -> Sequence[Claim]:
    """Enrol 64 scans in one process, and read time and memory after each.

    A single reading of memory says little: the allocator keeps the arrays of a scan or hands them back, 60 MiB, and
    two runs of the same code gave -2 and +63 MiB between scans 16 and 64. Hence medians of 16 scans.
    """
    from reid_audit import PhantomSettings, write_cohort

    few, many = (2, 4) if context.small else (16, 64)
    people = PhantomSettings(
        n_subjects=many // 2,
        sessions=2,
        conditions=("original",),
        photos_per_subject=0,
        voxel_size=3.0 if context.small else 1.0,
        population="withheld",
        seed=7_302,
    )
    if not (context.folder / "made").exists():
        write_cohort(people, context.folder / "people", workers=1 if context.small else 2)
        (context.folder / "made").touch()
    line = [sys.executable, "-c", _SCANS, str(context.folder / "people"), json.dumps(QUICK if context.small else {})]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    told = {int(row[0]): (float(row[1]), float(row[2])) for row in map(str.split, done.stdout.splitlines())}
    first = (told[few][0] - told[1][0]) / (few - 1)
    later = (told[many][0] - told[few][0]) / (many - few)
    middle, end = (
        [told[scan][1] / 2**20 for scan in range(first_scan, first_scan + few)]
        for first_scan in (few + 1, many - few + 1)
    )
    growth = statistics.median(end) - statistics.median(middle)
    return [
        Claim(
            f"Time a scan, scans {few + 1} to {many} over scans 2 to {few}",
            round(later / first, 3),
            "within 10 % (stated in small)",
            abs(later / first - 1) <= 0.1 or context.small,
            f"one process, {first:.2f} and {later:.2f} s a scan",
        ),
        Claim(
            f"Growth of resident memory from scans {few + 1} to {2 * few} to scans {many - few + 1} to {many}, medians",
            round(growth, 1),
            "MiB, below 50: templates are kept, 42 kB a scan (stated in small: allocators settle after six scans)",
            growth < 50 or context.small,
            f"{min(middle):.0f} to {max(middle):.0f} MiB, then {min(end):.0f} to {max(end):.0f}; "
            f"{told[few][1] / 2**20:.0f} after {few}, {told[many][1] / 2**20:.0f} after {many}",
        ),
    ]


def surface(context: Context) -> Sequence[Claim]:
    """Time the surface of a head of 1 mm and of 0.5 mm in a process of its own, with one thread."""
    from reid_audit.inputs import write_volume
    from reid_audit.phantom import ScanSettings, acquire, sample_identities

    person = sample_identities(1, np.random.default_rng(7_303), population="withheld")[0]

    def made(edge: float) -> Path:
        path = context.folder / f"{edge}.nii.gz"
        if not path.exists():
            write_volume(acquire(person, ScanSettings(voxel_size=(edge,) * 3), np.random.default_rng(1)).volume, path)
        return path

    claims, small = [], made(3.0)
    for edge, most in ((2.0, None),) if context.small else ((1.0, 1.0), (0.5, 5.0)):
        seconds, memory = _surface(small, made(edge))
        whole = f"phantom, T1w, {edge} mm, one process, one thread"
        claims += [
            Claim(
                f"Surface of a head of {edge} mm",
                round(seconds, 3),
                "s, stated" if most is None else f"s, below {most:g}",
                most is None or seconds < most,
                f"{whole}; median of 5",
            ),
            Claim(
                f"Memory for the surface of a head of {edge} mm, over the volume as float32",
                round(memory, 2),
                "below 6" if most is not None else "stated",
                most is None or memory < 6,
                f"{whole}; highest resident memory less that before reading, libraries loaded and tried on a scan "
                "of 3 mm; over the volume's bytes, the volume itself included",
            ),
        ]
    real = context.real / "heads" / "adult26_t1_dicom" if context.real else None
    if real is not None and not context.small:
        seconds, _ = _surface(small, real)
        claims.append(
            Claim("Surface of a real adult head of 1.1 mm", round(seconds, 3), "s, below 1", seconds < 1, "median of 5")
        )
    return claims


def _surface(small: Path, path: Path) -> tuple[float, float]:
    """Median seconds, and peak memory over what the process had before reading, in volumes."""
    line = [sys.executable, "-c", _SURFACE, str(small), str(path)]
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")
    env = os.environ | dict.fromkeys(threads, "1")
    done = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    rows = [[float(word) for word in row.split()] for row in done.stdout.splitlines()]
    return statistics.median(row[0] for row in rows), rows[-1][1] / rows[0][2]


def stages(context: Context) -> Sequence[Claim]:
    """Time the stages of one scan, and set beside each what the hardware could do at best."""
    from benchmarks.stages import stages as timed
    from reid_audit import PhantomSettings, write_cohort
    from reid_audit.inputs import read_volume

    people = PhantomSettings(
        n_subjects=1,
        conditions=("original",),
        photos_per_subject=0,
        voxel_size=2.0 if context.small else 1.0,
        population="withheld",
        seed=7_304,
    )
    if not (context.folder / "made").exists():
        write_cohort(people, context.folder / "people", workers=1)
        (context.folder / "made").touch()
    path = next((context.folder / "people").rglob("*_T1w.nii.gz"))
    seconds = timed(path, runs=1 if context.small else 5)
    floors = _floors(read_volume(path))
    whole = sum(seconds.values())
    return [
        Claim(
            f"Stage {stage} of one scan",
            round(taken, 3),
            "s, stated beside its floor",
            met=True,
            how=f"{taken / whole:.0%} of {whole:.2f} s; floor {floors[stage][0]:.3f} s: {floors[stage][1]}",
        )
        for stage, taken in seconds.items()
    ]


def _floors(volume: Volume) -> dict[str, tuple[float, str]]:
    """Lowest seconds that this machine could take for each stage, from operations counted and rates measured."""
    flops, copied = _rates()
    size = volume.data.nbytes
    views, network = 81, 2 * _multiply_accumulates()
    windows = 2 * 5 * 3100 * (223 * 223 / 64) * 3.3  # five HOG filters of 10 x 10 cells x 31, all steps of 5/6
    return {
        "read": (size / copied, f"{size / 1e6:.0f} MB copied once at {copied / 1e9:.1f} GB/s; gunzip not counted"),
        "surface": (3 * size / copied, "the volume read three times: levels, coarse grid, fine band"),
        "render": (views * 160_000 * 20 / flops, "20 operations a pixel and light; rasterisation not counted"),
        "detect": (views * windows / flops, "the products of five HOG filters with a pyramid, features not counted"),
        "embed": (
            views * network / flops,
            f"{network / 2e6:.0f} million multiply-accumulates a face at {flops / 1e9:.0f} GFLOP/s (sgemm)",
        ),
    }


def _multiply_accumulates() -> int:
    """Of dlib's network on a chip of 150 x 150: edge of the output, kernel, channels in and out, times."""
    layers = (
        (72, 7, 3, 32, 1),
        (35, 3, 32, 32, 6),
        (17, 3, 32, 64, 1),
        (17, 3, 64, 64, 7),
        (8, 3, 64, 128, 1),
        (8, 3, 128, 128, 5),
        (3, 3, 128, 256, 1),
        (3, 3, 256, 256, 5),
        (1, 3, 256, 256, 2),
        (1, 1, 256, 128, 1),
    )
    return sum(edge**2 * kernel**2 * before * after * times for edge, kernel, before, after, times in layers)


def _rates() -> tuple[float, float]:
    """Measured floating point operations and bytes copied a second, one thread."""
    from threadpoolctl import threadpool_limits

    n = 1200
    a = np.random.default_rng(0).standard_normal((n, n), dtype=np.float32)
    with threadpool_limits(1):
        best = min(_taken(lambda: a @ a) for _ in range(5))
    block = np.zeros(2**26, dtype=np.uint8)
    return 2 * n**3 / best, block.nbytes / min(_taken(block.copy) for _ in range(5))


def _taken(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

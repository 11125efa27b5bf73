"""The library against the loop that a user would write, side by side in one call: time, memory and conclusions.

``python -m benchmarks.vs_naive [--phantoms N] [--real] [--yunet]``. Scan by scan both take turns, each in a fresh
process of its own, the naive one with all threads that it likes, ours with one; after every sixth scan ours runs over
these six with two workers, so that a machine that grows slower does so for both.
The ratio of throughputs is the median time of a scan in the naive loop over half of the median time of a scan while two
workers run. Loading and surface are timed in both; start-up and the loading of models in neither. The last line is
``ratio: N``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.naive import Looked
    from reid_audit.types import ScoreTable

__all__ = ["Compared", "compare", "conclusions", "look_apart", "main", "phantoms"]

ROOT = Path(__file__).resolve().parents[1]
REAL_HEADS = ("adult26_t1_dicom", "adult35_t1.nii.gz", "adult51_t1_supine.nii.gz", "adult51_t1_prone.nii.gz")
OURS, NAIVE, YUNET, PLAIN = "ours", "naive", "yunet", "plain"
SEED = 7_301
_COARSE = "coarse.nii.gz"
_BLOCK = 6
"""Scans after which two workers take their turn."""


@dataclass(frozen=True)
class Compared:
    """What one call measured.

    Parameters
    ----------
    seconds : dict of str to list of float
        Loop to the time of each scan, alone on the machine.
    together : list of float
        Time of each scan of ours while two workers run.
    megabytes : dict of str to float
        Highest resident memory of a process.
    agreement : float
        Share of renders of original heads on which both find the true face, or neither does.
    alarms : dict of str to int
        Renders of faceless heads in which a face was found where none is.
    """

    seconds: dict[str, list[float]]
    together: list[float]
    megabytes: dict[str, float]
    agreement: float
    alarms: dict[str, int]

    @property
    def single(self) -> float:
        """How many times faster ours is, one process each."""
        return statistics.median(self.seconds[NAIVE]) / statistics.median(self.seconds[OURS])

    @property
    def ratio(self) -> float:
        """How many times more scans ours finishes with two workers."""
        return statistics.median(self.seconds[NAIVE]) / (statistics.median(self.together) / 2)


def phantoms(folder: Path, count: int, *, voxel_size: float = 1.0, workers: int = 2) -> Path:
    """Write people who do not exist, original and zeroed, two photographs each, and return the data set."""
    from reid_audit.phantom import PhantomSettings, write_cohort

    people = PhantomSettings(
        n_subjects=count, conditions=("original", "zero"), voxel_size=voxel_size, population="withheld", seed=SEED
    )
    if not (folder / "made").exists():
        write_cohort(people, folder / "people", workers=workers)
        (folder / "made").touch()
    return folder / "people"


def look_apart(loop: str, scans: Iterable[Path], keep: Path, every: int = 1) -> list[Looked]:
    """Look at scans, each in a fresh process, and keep what was seen, so that a stopped run goes on."""
    return [_look_apart(loop, scan, keep, every) for scan in scans]


def _look_apart(loop: str, scan: Path, keep: Path, every: int) -> Looked:
    from benchmarks.naive import Looked

    kept = keep / f"{loop}-{crc32(str(scan).encode()):08x}.npz"
    if not kept.exists():
        _make_coarse_scan(keep)
        threads = (
            {}
            if loop in {NAIVE, PLAIN}
            else {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "0"}
        )
        free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
        line = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "benchmarks.vs_naive",
            "--look",
            loop,
            str(scan),
            str(kept),
            str(every),
        ]
        subprocess.run(line, cwd=ROOT, env=free | threads, check=True)
    with np.load(kept) as saved:
        return Looked(**{name: saved[name] if saved[name].ndim else saved[name].item() for name in saved.files})


def _look_here(loop: str, scan: Path, keep: Path, every: int) -> None:
    """Look at one scan in this process, after a first look that loads libraries and models."""
    from benchmarks.naive import look, look_naively

    looks = {
        NAIVE: look_naively,
        PLAIN: lambda path, every: look_naively(path, every, multisampling=False),
        OURS: look,
        YUNET: lambda path, every: look(path, every, "yunet"),
    }
    _warm(loop, keep.with_name(_COARSE))
    seen = looks[loop](scan, every)
    np.savez(keep, **vars(seen))


def _warm(loop: str, coarse: Path) -> None:
    """Load what is loaded once a process, alike for all loops: libraries, models, the graphics driver."""
    from reid_audit.inputs import read_volume
    from reid_audit.plugins import load_detector, load_embedder
    from reid_audit.render import DEFAULT_GRID, render_head
    from reid_audit.settings import Settings
    from reid_audit.surface import head_surface
    from reid_audit.types import Face

    head_surface(read_volume(coarse))
    grey = np.full((200, 200, 3), 90, np.uint8)
    if loop in {NAIVE, PLAIN}:
        import pyvista as pv

        from benchmarks.naive import reference

        reference().face_encodings(grey, [(50, 150, 150, 50)])
        plotter = pv.Plotter(off_screen=True, window_size=[64, 64])
        plotter.add_mesh(pv.Sphere())
        plotter.screenshot(return_img=True)
        plotter.close()
        return
    detector = load_detector("yunet" if loop == YUNET else Settings().detector)
    detector.detect(grey)
    load_embedder(Settings().embedder).embed(grey, Face((50.0, 50.0, 150.0, 150.0), 1.0))
    render_head(_ball(), DEFAULT_GRID[:1], size=64)


def _make_coarse_scan(keep: Path) -> None:
    """Write a phantom of 4 mm, on which each process tries its libraries."""
    from reid_audit.inputs import write_volume
    from reid_audit.phantom import ScanSettings, acquire, sample_identities

    if not (keep / _COARSE).exists():
        person = sample_identities(1, np.random.default_rng(SEED))[0]
        scan = acquire(person, ScanSettings(voxel_size=(4.0,) * 3), np.random.default_rng(1))
        write_volume(scan.volume, keep / _COARSE)


def _ball() -> Any:
    from reid_audit.anatomy import load_head_model
    from reid_audit.types import HeadSurface, SurfaceQuality

    quality = SurfaceQuality((1, 1, 1), 1.0, (), 0.0, (0, 0, 0), 0, 0.5)
    return HeadSurface(load_head_model().mean, load_head_model().triangles, np.eye(4), quality)


def seconds_of(task: tuple[str, int]) -> float:
    """Time one scan in a worker, from every so many-th view; the first of each worker loads, and does not count."""
    from benchmarks.naive import look

    scan, every = task
    return look(Path(scan), every).seconds


def compare(
    scans: Sequence[Path], faceless: Sequence[Path], keep: Path, *, every: int = 1, yunet: bool = False
) -> Compared:
    """Run both loops in turn over scans, then ours with two workers.

    Parameters
    ----------
    scans : sequence of Path
        Heads with a face.
    faceless : sequence of Path
        Heads without one: a detection is a false alarm.
    keep : Path
        Folder of finished looks.
    every : int
        Look from every so many-th of the 81 views.
    yunet : bool
        Look with YuNet as well.
    """
    loops = (NAIVE, OURS, YUNET) if yunet else (NAIVE, OURS)
    seen = {loop: list[Any]() for loop in loops}
    blank = {loop: list[Any]() for loop in loops}
    together: list[Any] = []
    for first in range(0, len(scans), _BLOCK):
        block = list(scans[first : first + _BLOCK])
        for path in block:
            for loop in loops:
                seen[loop].append(_look_apart(loop, path, keep, every))
        together += _together(block, keep / f"together-{first}.json", every)
    for path in faceless:
        for loop in loops:
            blank[loop].append(_look_apart(loop, path, keep, every))
    same = [a.found == b.found for a, b in zip(seen[NAIVE], seen[OURS], strict=True)]
    return Compared(
        seconds={loop: [look.seconds for look in looks] for loop, looks in seen.items()},
        together=[float(answer) for answer in together if isinstance(answer, float)],
        megabytes={loop: max(look.megabytes for look in looks) for loop, looks in seen.items()},
        agreement=float(np.mean(same)),
        alarms={loop: sum(look.alarms for look in looks) for loop, looks in blank.items()},
    )


def _together(scans: Sequence[Path], kept: Path, every: int) -> list[float]:
    """Time scans while two workers run; the first scan of each worker loads, and does not count."""
    from reid_audit.workers import run_tasks

    if not kept.exists():
        tasks = [(str(path), every) for path in (scans[0], scans[0], *scans)]
        kept.write_text(json.dumps([t for index, t in run_tasks(seconds_of, tasks, workers=2) if index > 1]))
    return [float(seconds) for seconds in json.loads(kept.read_text())]


def conclusions(people: Path, keep: Path, loop: str, every: int = 1) -> dict[str, Any]:
    """Identify each photograph, and each person by all own photographs, among the originals by one loop's templates.

    Returns
    -------
    dict
        ``rank`` and ``auc``: results over photographs. ``photographs``: person to how many of the own photographs are
        found at rank 1. ``people``: person to whether the render nearest to any of the own photographs is the own.
    """
    from benchmarks.naive import embed_photo_naively
    from reid_audit import read_cohort
    from reid_audit.attackers import attack
    from reid_audit.evaluate import evaluate
    from reid_audit.faces import embed_photo
    from reid_audit.inputs import read_photo
    from reid_audit.plugins import load_detector, load_embedder
    from reid_audit.settings import Settings

    cohort = read_cohort(people, people / "photos")[0]
    originals = cohort.scans[cohort.scans["condition"] == "original"]
    looks = look_apart(loop, [Path(path) for path in originals["path"]], keep, every)
    scans = _templates(originals["subject"], originals["sample"], [look.vectors for look in looks], "scan")
    vectors = []
    for path in cohort.photos["path"]:
        if loop in {NAIVE, PLAIN}:
            vectors.append(embed_photo_naively(Path(path))[None])
            continue
        models = (
            load_detector("yunet" if loop == YUNET else Settings().photo_detector),
            load_embedder(Settings().embedder),
        )
        vectors.append(embed_photo(read_photo(Path(path)), *models, subject="", sample="").vectors)
    photos = _templates(cohort.photos["subject"], cohort.photos["sample"], vectors, "photo")
    table = attack("photo-nearest", scans, photos, np.random.default_rng(SEED))[0]
    found = {
        result.metric: result for result in evaluate(table, rng=np.random.default_rng(SEED)) if result.k in (1, None)
    }
    return {"rank": found["rank"], "auc": found["auc"]} | _hits(table)


def _hits(table: ScoreTable) -> dict[str, dict[str, Any]]:
    """Count each person's photographs found at rank 1, and tell whether all together find their person."""
    names, of = table.references["subject"].to_numpy(), table.probes["subject"].to_numpy()
    scores = np.nan_to_num(table.scores, nan=-np.inf)
    photographs, people = {}, {}
    for who in names:
        own = scores[of == who]
        photographs[str(who)] = int(np.sum((names[own.argmax(axis=1)] == who) & np.isfinite(own.max(axis=1))))
        together = own.max(axis=0)
        people[str(who)] = bool(names[together.argmax()] == who and np.isfinite(together.max()))
    return {"photographs": photographs, "people": people}


def _templates(subjects: Any, samples: Any, vectors: Sequence[Any], source: str) -> Any:
    import pandas as pd

    from reid_audit.types import Templates

    counts = [len(part) for part in vectors]
    everything = np.concatenate(vectors)
    table = pd.DataFrame(
        {
            "subject": np.repeat(list(subjects), counts),
            "session": "",
            "condition": "original" if source == "scan" else "",
            "modality": "",
            "source": source,
            "sample": np.repeat(list(samples), counts),
            "yaw": np.nan,
            "pitch": np.nan,
            "light_azimuth": np.nan,
            "light_elevation": np.nan,
            "detected": np.isfinite(everything).all(axis=1),
            "reason": "",
        }
    )
    return Templates(table, everything, "dlib")


def main() -> int:
    """Compare, print, and end with the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=int, default=6)
    parser.add_argument("--real", action="store_true", help="the real heads beside the checkout as well")
    parser.add_argument("--yunet", action="store_true", help="rows for YuNet; its file must be installed")
    parser.add_argument("--look", nargs=4, metavar=("LOOP", "SCAN", "KEEP", "EVERY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.look:
        loop, scan, keep, every = arguments.look
        _look_here(loop, Path(scan), Path(keep), int(every))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        people = phantoms(folder, arguments.phantoms)
        scans = sorted((people).glob("sub-*/**/*_T1w.nii.gz"))
        zeroed = sorted((people / "derivatives" / "zero").glob("sub-*/**/*_T1w.nii.gz"))
        real = Path(os.environ.get("REID_AUDIT_TEST_DATA") or ROOT.parent / "shared" / "data") / "heads"
        heads = [real / name for name in REAL_HEADS] if arguments.real else []
        done = compare([*scans, *heads], zeroed[:3], folder, yunet=arguments.yunet)
        _print(done, {loop: conclusions(people, folder, loop) for loop in done.seconds})
    return 0


def _print(done: Compared, told: dict[str, Any]) -> None:
    for loop, seconds in done.seconds.items():
        rank, auc = told[loop]["rank"], told[loop]["auc"]
        print(
            f"{loop:<6} {statistics.median(seconds):6.2f} s a scan ({min(seconds):.2f} to {max(seconds):.2f}, n = "
            f"{len(seconds)}), {done.megabytes[loop]:.0f} MB, false alarms on faceless heads {done.alarms[loop]}, "
            f"rank 1 {rank.value:.3f} ({rank.low:.3f} to {rank.high:.3f}), AUC {auc.value:.3f}, "
            f"chance {rank.chance:.3f}"
        )
    print(f"ours with two workers: {statistics.median(done.together):.2f} s a scan in each, n = {len(done.together)}")
    print(f"renders on which both detectors agree: {done.agreement:.1%}")
    print(json.dumps({"single_core_ratio": round(done.single, 2)}))
    print(f"ratio: {done.ratio:.1f}")


if __name__ == "__main__":
    sys.exit(main())

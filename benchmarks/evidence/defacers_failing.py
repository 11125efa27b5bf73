"""Defacers that hang, crash or lie get one clear row each, and what should be untouched and is not is counted."""

from __future__ import annotations

import csv
import os
import stat
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.commands import of_this_code, run_command
from benchmarks.evidence.runner import Claim
from reid_audit.inputs import write_volume
from reid_audit.store import private_folder, remove_tree
from reid_audit.types import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context
    from reid_audit.phantom import PhantomScan

__all__ = ["failing", "untouched"]

SEED = 7_505
_LIMIT = 6.0
"""Seconds after which a defacer that waits is ended."""
_WRONGS = (
    ("works", "done"),
    ("hangs", "hung"),
    ("crashes", "crashed"),
    ("returns the input", "returned unchanged"),
    ("shifts the affine", "affine shifted"),
    ("deletes everything", "everything gone"),
    ("says that all is well and writes nothing", "no output"),
    ("writes over its input", "input altered"),
)
"""What the stand-in does to each scan, and the outcome that it must get."""
_STAND_IN = """#!{python}
# Takes the arguments of fsl_deface. What it does wrong stands in the darkest corner of the scan.
import sys, time
import nibabel as nib
import numpy as np

given, out, mask = sys.argv[1], sys.argv[2], sys.argv[4]
image = nib.load(given)
data = np.asarray(image.dataobj).astype(np.float32)
kind, affine = int(data.min()) - 1, image.affine.copy()
front = np.zeros(data.shape, bool)
front[:, 2 * data.shape[1] // 3 :] = True
if kind == 1:
    time.sleep(600)
if kind == 2:
    sys.exit("no face was found")
if kind == 3:
    front[:] = False
if kind == 4:
    affine[:3, 3] += 5.0
if kind == 5:
    front[:] = True
if kind == 6:
    sys.exit(0)
if kind == 7:
    nib.save(nib.Nifti1Image(np.zeros_like(data), affine), given)
nib.save(nib.Nifti1Image(np.where(front, 0, data), affine), out)
nib.save(nib.Nifti1Image((~front).astype(np.uint8), affine), mask)
"""


def failing(context: Context) -> Sequence[Claim]:
    """Deface a folder of scans by a tool that does something else wrong on each, as a user does, and read the table."""
    folder = of_this_code(context.folder, _STAND_IN)
    tools, scans, out = private_folder(folder / "bin"), folder / "scans", folder / "out"
    remove_tree(out)
    program = tools / "fsl_deface"
    program.write_text(_STAND_IN.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    names = [_write_scan(scans, number) for number in range(len(_WRONGS))]
    done = run_command(
        *("deface", scans, out, "--defacer", "fsl-deface", "--time-limit", _LIMIT, "-q"),
        environment={"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "FSLDIR": str(folder)},
    )
    table = out / "defacing.tsv"
    text = table.read_text(encoding="utf-8") if table.exists() else ""
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    claims = [
        Claim(
            "Exit status of `reid-audit deface` where some scans failed",
            float(done.status),
            "1, no traceback",
            done.status == 1 and "Traceback" not in done.said,
            done.said[-300:],
        )
    ]
    for name, (wrong, outcome) in zip(names, _WRONGS, strict=True):
        claims.append(_row_claim(wrong, outcome, [row for row in rows if row["scan"] == name], out))
    return claims


def _write_scan(root: Path, number: int) -> str:
    """Write a ball of tissue whose darkest value says what the stand-in has to do; return its name."""
    place = root / f"sub-{number + 1:02d}" / "anat"
    place.mkdir(parents=True, exist_ok=True)
    (root / "dataset_description.json").write_text('{"Name": "stand-ins", "BIDSVersion": "1.10.0"}')
    shape, affine = (24, 26, 22), np.diag([8.0, 8.0, 8.0, 1.0])
    away = np.linalg.norm(np.moveaxis(np.indices(shape), 0, -1) - (np.array(shape) - 1) / 2, axis=-1)
    data = np.where(away < 9, 500, number + 1).astype(np.int16)
    write_volume(Volume(data, affine, "mri", "T1w"), place / f"sub-{number + 1:02d}_T1w.nii.gz")
    return f"sub-{number + 1:02d}_T1w"


def _row_claim(wrong: str, outcome: str, rows: Sequence[dict[str, str]], out: Path) -> Claim:
    said = "; ".join(f"{row['outcome']}: {row['reason']}" for row in rows)
    right = len(rows) == 1 and rows[0]["outcome"] == outcome
    clear = outcome == "done" or (right and rows[0]["reason"] not in {"", "n/a"})
    left = [path for row in rows for path in out.rglob(f"{row['scan'].split('_')[0]}_*.nii.gz")]
    clean = bool(left) if outcome == "done" else not left
    return Claim(
        f"A defacer that {wrong}: rows in the table",
        float(len(rows)),
        f"1, outcome '{outcome}'" + ("" if outcome == "done" else ", with the reason, and no file"),
        right and clear and clean,
        said or "no row",
    )


def untouched(context: Context) -> Sequence[Claim]:
    """Alter known voxels of brain, of other tissue far from the face, and near it; compare with what is counted."""
    from scipy.ndimage import binary_dilation, distance_transform_edt

    from reid_audit.defacers import ZeroDefacer
    from reid_audit.phantom import ScanSettings, Tissue, acquire, sample_identities
    from reid_audit.quality import LIMITS, judge_scan, reference_of

    claims = []
    for number in range(1 if context.small else 8):
        rng = np.random.default_rng([SEED, number])
        who = sample_identities(1, rng, population="withheld")[0]
        scan = acquire(who, ScanSettings(voxel_size=(3.0,) * 3 if context.small else (1.5,) * 3), rng)
        reference = reference_of(scan.volume, brain=scan.masks["brain"])
        defaced, _ = ZeroDefacer().deface(scan.volume)
        skin = binary_dilation(scan.tissues == Tissue.AIR)
        away, core = (
            distance_transform_edt(~marked, sampling=scan.volume.voxel_size)
            for marked in (_any(scan, "face", "ears"), _any(scan, "eyes", "nose", "mouth", "ears") & skin)
        )
        data, brain = np.asarray(scan.volume.data), scan.masks["brain"].data
        bright = (data > 0.5 * np.median(data[brain])) & (np.indices(data.shape)[2] % 2 == 0)
        before = judge_scan(defaced, reference, detector=None).voxels.untouched_changed_voxels or 0
        # Well beyond the limit, or well within: the cells in which distances are told do not matter, nor that the mask
        # of a phantom's face reaches further up than the face that is judged.
        wide = LIMITS.untouched_mm + 15.0
        beside = ~brain & (scan.tissues != Tissue.AIR)
        for words, where, told in (
            ("of brain", brain, 1.0),
            ("of other tissue, far from face and ears", beside & (away > wide), 1.0),
            ("of other tissue, near face or ears", beside & (core < LIMITS.untouched_mm - 15.0), 0.0),
        ):
            planted = where & bright & (data == np.asarray(defaced.data))
            altered = judge_scan(_brightened(defaced, planted), reference, detector=None).voxels
            counted = (altered.untouched_changed_voxels or 0) - before
            how = f"withheld person of {who.age:.0f} years; {before} such voxels were changed by zeroing the face"
            name = f"Person {number + 1}, voxels {words}"
            claims.append(_count_claim(name, told, counted, int(planted.sum()), how))
    return claims


def _any(scan: PhantomScan, *names: str) -> np.ndarray[Any, Any]:
    return np.asarray(np.logical_or.reduce([scan.masks[name].data for name in names]))


def _brightened(volume: Volume, marked: np.ndarray[Any, Any]) -> Volume:
    data = np.array(volume.data)
    data[marked] = data[marked] * 1.5
    return replace(volume, data=data)


def _count_claim(who: str, told: float, counted: int, planted: int, how: str) -> Claim:
    """State which share of planted voxels was counted as such that should be untouched."""
    low, high = max(told - 0.02, 0.0), told + 0.02
    share = counted / planted if planted else None
    met = share is not None and low <= share <= high
    name = f"{who} that were changed: share that is counted among those that should be untouched"
    return Claim(name, share, f"{low:g} to {high:g}", met, f"{planted} voxels brightened by half; {how}")

"""A scan that does not fit into the memory that the kernel allows: it alone is lost, and the next run goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import reid_audit
from reid_audit.store import JOURNAL

LARGE = (700, 700, 500)
"""Voxels, 0.98 GB as float32: below what readers refuse by the header, above what the workers may have."""

MARGIN = 400_000_000
"""Bytes of addresses beyond what a worker took for a small scan."""

RUN = """
import json, resource, shutil, sys
from pathlib import Path

from conftest import QUICK
from reid_audit import read_cohort
from reid_audit.enrolment import enrol, enrol_cohort, scan_task
from reid_audit.enrolment.cohort import rows_of
from reid_audit.types import LOST
from reid_audit.workers import run_tasks

people, out, small = map(Path, sys.argv[1:4])
SETTINGS = QUICK.model_copy(update={"workers": 2, "attackers": ("scan-to-scan",)})


def peak_of(row):
    if row is None:
        return 0
    enrol(scan_task(row, SETTINGS, str(out / "private" / "templates")))
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak"))


def enrolled(cohort):
    done = enrol_cohort(cohort, settings=SETTINGS, out=out)
    reasons = done.scans.table.groupby("condition")["reason"].first()
    lost = [[one.stage, one.condition, f"{one.what} {one.remedy}"] for one in done.failures if one.stage != "detect"]
    return {"done": sorted(reasons.index[reasons != LOST]), "not": sorted(reasons.index[reasons == LOST]), "lost": lost}


if __name__ == "__main__":
    cohort, _ = read_cohort(people)
    rows = rows_of(cohort.scans)
    (first,) = [row for row in rows if row.condition == "original"]
    peak = max(dict(run_tasks(peak_of, [first, None], workers=2)).values())
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (peak + int(sys.argv[4]), hard))
    limited = enrolled(cohort)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    large = next(row.path for row in rows if row.path.endswith(".nii"))
    shutil.copy(small, large)
    print(json.dumps([limited, enrolled(cohort)]))
"""


@pytest.fixture
def one_person(people) -> Path:
    """Original and zeroed scan of one person, and as the third a scan of half a gigabyte and more."""
    for number in (2, 3, 4):
        shutil.rmtree(people / f"sub-phantom00{number}")
        for condition in ("zero", "meanface"):
            shutil.rmtree(people / "derivatives" / condition / f"sub-phantom00{number}")
    return people


def write_large(path: Path) -> None:
    """Write a scan whose voxels are a hole in the file: no disk is taken, and memory is all the same."""
    header = nib.Nifti1Header()
    header.set_data_shape(LARGE)
    header.set_data_dtype(np.uint8)
    header.set_sform(np.diag([0.3, 0.3, 0.4, 1.0]), code=1)
    header["magic"], header["vox_offset"] = b"n+1", 352
    with path.open("wb") as stream:
        stream.write(header.binaryblock + bytes(4))
        stream.truncate(352 + int(np.prod(LARGE)))


def test_a_scan_beyond_the_limit_is_lost_alone_and_done_when_it_fits(one_person, tmp_path) -> None:
    scan = next((one_person / "derivatives" / "meanface").rglob("*T1w.nii.gz"))
    small = tmp_path / "small.nii"
    nib.save(nib.load(scan), small)
    write_large(scan.with_suffix(""))
    scan.unlink()
    script, out = tmp_path / "limited.py", tmp_path / "out"
    script.write_text(RUN)
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(reid_audit.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, script, one_person, out, small, str(MARGIN)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    limited, after = json.loads(done.stdout)
    ((stage, condition, why),) = limited["lost"]
    assert stage in {"read", "worker"}
    assert condition == "meanface"
    assert "memory" in why
    assert "fewer workers" in why.lower()
    assert (limited["done"], limited["not"]) == (["original", "zero"], ["meanface"]), "lost, and in the count"
    assert after == {"done": ["meanface", "original", "zero"], "not": [], "lost": []}
    lines = [line.split() for line in (out / "private" / "templates" / JOURNAL).read_text().splitlines()]
    kept = Counter(words[3] for words in lines if words[2] == "kept")
    begun = Counter(words[3] for words in lines if words[2] == "begun")
    assert len(kept) == 3
    assert len(set(begun) - set(kept)) == 1, "the large scan was begun"
    assert {begun[key] for key in kept} == {1}, "nothing finished is done twice"

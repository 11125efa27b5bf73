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
from PIL import Image

import reid_audit
from reid_audit.store import JOURNAL

LARGE = (700, 700, 540)
"""Voxels, 1.06 GB as float32: below what readers refuse by the header, above what a worker may have."""

MARGIN = 200_000_000
"""Bytes of addresses beyond what a worker took for a photograph."""

RUN = """
import json, resource, shutil, sys
from pathlib import Path

from conftest import QUICK
from reid_audit import read_cohort
from reid_audit.enrolment import PhotoTask, enrol, enrol_cohort
from reid_audit.enrolment.cohort import rows_of
from reid_audit.types import LOST
from reid_audit.workers import run_tasks

people, photos, out, small = map(Path, sys.argv[1:5])
SETTINGS = QUICK.model_copy(update={"workers": 2, "attackers": ("photo-nearest",)})


def peak_of(row, store=str(out / "private" / "templates")):
    if row is None:
        return 0
    enrol(PhotoTask(row.sample, row.subject, row.path, SETTINGS.photo_detector, SETTINGS.embedder, store))
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak"))


def enrolled(cohort):
    done = enrol_cohort(cohort, settings=SETTINGS, out=out)
    scans = done.scans.table.groupby("condition")["reason"].first()
    lost = [[one.stage, one.condition, f"{one.what} {one.remedy}"] for one in done.failures if one.stage != "detect"]
    shots = int((done.photos.table["reason"] != LOST).sum())
    finished = scans != LOST
    return {
        "done": sorted(scans.index[finished]), "not": sorted(scans.index[~finished]), "photos": shots, "lost": lost
    }


if __name__ != "__main__":  # a worker: whichever reads the large scan holds as much as one that saw a photograph
    peak_of(rows_of(read_cohort(people, photos=photos)[0].photos)[0], None)


if __name__ == "__main__":
    cohort, _ = read_cohort(people, photos=photos)
    peak = max(dict(run_tasks(peak_of, [rows_of(cohort.photos)[0], None], workers=2)).values())
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (peak + int(sys.argv[5]), hard))
    limited = enrolled(cohort)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    shutil.copy(small, next(path for path in cohort.scans["path"] if path.endswith(".nii")))
    print(json.dumps([limited, enrolled(cohort)]))
"""


@pytest.fixture
def one_person(people) -> Path:
    """The scans of one person, without photographs."""
    for number in (2, 3, 4):
        shutil.rmtree(people / f"sub-phantom00{number}")
        for condition in ("zero", "meanface"):
            shutil.rmtree(people / "derivatives" / condition / f"sub-phantom00{number}")
    return people


@pytest.fixture
def pictures(people, tmp_path) -> Path:
    """Three photographs of that person of which nobody has made templates yet."""
    with Image.open(next((people / "photos").glob("sub-phantom001*"))) as photo:
        (tmp_path / "pictures").mkdir()
        for number, quality in enumerate((70, 80, 90)):
            photo.convert("RGB").save(tmp_path / "pictures" / f"sub-phantom001_{number}.jpg", quality=quality)
    return tmp_path / "pictures"


def write_large(path: Path) -> None:
    """Write a scan whose voxels are a hole in the file: it takes no disk, and memory all the same."""
    header = nib.Nifti1Header()
    header.set_data_shape(LARGE)
    header.set_data_dtype(np.uint8)
    header.set_sform(np.diag([0.3, 0.3, 0.4, 1.0]), code=1)
    header["magic"], header["vox_offset"] = b"n+1", 352
    with path.open("wb") as stream:
        stream.write(header.binaryblock + bytes(4))
        stream.truncate(352 + int(np.prod(LARGE)))


def test_a_scan_beyond_the_limit_is_lost_alone_and_done_when_it_fits(one_person, pictures, warm, tmp_path) -> None:
    scan = next((one_person / "derivatives" / "meanface").rglob("*T1w.nii.gz"))
    small = tmp_path / "small.nii"
    nib.save(nib.load(scan), small)
    write_large(scan.with_suffix(""))
    scan.unlink()
    journal = warm / "private" / "templates" / JOURNAL
    before = len(journal.read_text().splitlines())
    script = tmp_path / "limited.py"
    script.write_text(RUN)
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(reid_audit.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, script, one_person, pictures, warm, small, str(MARGIN)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    limited, after = json.loads(done.stdout)
    ((stage, condition, why),) = limited.pop("lost")
    assert stage in {"read", "worker"}
    assert condition == "meanface"
    assert "memory" in why
    assert "fewer workers" in why.lower()
    assert limited == {"done": ["original", "zero"], "not": ["meanface"], "photos": 3}, "lost, and in the count"
    assert after == {"done": ["meanface", "original", "zero"], "not": [], "photos": 3, "lost": []}
    lines = [line.split() for line in journal.read_text().splitlines()[before:]]
    begun, kept = (Counter(words[3] for words in lines if words[2] == what) for what in ("begun", "kept"))
    assert len(kept) == 4, "three photographs, and the scan once it fits"
    assert len(set(begun) - set(kept)) == 1, "the large scan was begun"
    assert {begun[key] for key in kept} == {1}, "nothing finished is done twice"

"""One small phantom cohort for all integration tests, made once a run even when several processes test."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from reid_audit import PhantomSettings, write_cohort

SETTINGS = PhantomSettings(n_subjects=4, sessions=1, photos_per_subject=1, voxel_size=2.5, seed=990)


@pytest.fixture(scope="session")
def shared_people(tmp_path_factory, worker_id="") -> Path:
    base = tmp_path_factory.getbasetemp()
    base = base.parent if base.name.startswith("popen-") else base
    folder, done = base / "people", base / "people.done"
    try:
        (base / "people.making").mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 300
        while not done.exists():
            if time.monotonic() > deadline:
                raise TimeoutError("another process did not finish the cohort") from None
            time.sleep(0.2)
    else:
        write_cohort(SETTINGS, folder)
        done.touch()
    return folder


@pytest.fixture
def people(shared_people, tmp_path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(shared_people, tmp_path / "people"))

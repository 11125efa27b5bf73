"""One small phantom cohort for all integration tests, made once a run even when several processes test."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import quick
from reid_audit import PhantomSettings, Settings, audit, read_cohort, write_cohort

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = Settings(**quick.QUICK)
SETTINGS = PhantomSettings(n_subjects=4, sessions=1, photos_per_subject=1, voxel_size=2.5, seed=990)


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that the first process to ask for it makes; the others wait."""
    base = factory.getbasetemp()
    base = base.parent if base.name.startswith("popen-") else base
    folder, done = base / name, base / f"{name}.done"
    try:
        (base / f"{name}.making").mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 300
        while not done.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process did not finish '{name}'") from None
            time.sleep(0.2)
    else:
        make(folder)
        done.touch()
    return folder


@pytest.fixture(scope="session")
def shared_people(tmp_path_factory) -> Path:
    return _once(tmp_path_factory, "people", lambda folder: write_cohort(SETTINGS, folder))


@pytest.fixture(scope="session")
def shared_templates(tmp_path_factory, shared_people) -> Path:
    """The private folder of an audit at the settings QUICK."""

    def make(folder: Path) -> None:
        cohort, _ = read_cohort(shared_people, photos=shared_people / "photos")
        audit(cohort, settings=QUICK.model_copy(update={"attackers": ("photo-nearest",)}), out=folder)

    return _once(tmp_path_factory, "templates", make) / "private" / "templates"


@pytest.fixture
def warm(shared_templates, tmp_path) -> Path:
    """An output folder in which the templates at the settings QUICK are finished."""
    out = tmp_path / "warm"
    (out / "private").mkdir(mode=0o700, parents=True)
    shutil.copytree(shared_templates, out / "private" / "templates")
    return out


@pytest.fixture
def two_people(people) -> Path:
    """Two of them, six scans: for what enrols them anew."""
    for number in (3, 4):
        for place in people.rglob(f"sub-phantom00{number}"):
            shutil.rmtree(place)
    return people


@pytest.fixture
def people(shared_people, tmp_path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(shared_people, tmp_path / "people"))

"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reid_audit.reconstruct import HeadPopulation

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes start: each would compile every library again

import numpy as np  # noqa: E402 - the variables above must be set first
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# The same examples in every run, so that a failure belongs to a change; a hunt for new ones is asked for by name.
settings.register_profile("same", derandomize=True)
settings.load_profile("default" if os.environ.get("REID_AUDIT_FUZZ_EXAMPLES") else "same")

REAL_DATA = Path(os.environ.get("REID_AUDIT_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture
def rng() -> np.random.Generator:
    """Fixed, and not a seed that anything reports on."""
    return np.random.default_rng(20240501)


@pytest.fixture
def yunet_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """YuNet's file, which no repository may hold, as the user would install it."""
    models = REAL_DATA / "models"
    if not any(models.glob("face_detection_yunet_*.onnx")):
        pytest.skip(f"YUNET NOT TESTED: no file of it in '{models}'; set REID_AUDIT_TEST_DATA to the sample data.")
    monkeypatch.setenv("REID_AUDIT_MODELS", str(models))


@pytest.fixture(scope="session")
def population(tmp_path_factory: pytest.TempPathFactory) -> HeadPopulation:
    """Heads that reconstructions have learnt from: a minute's work, shared by the workers of a run."""
    from tests.reconstruct_heads import learnt_in

    folder = tmp_path_factory.getbasetemp()
    return learnt_in(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real heads and photos, which no repository may hold."""
    if not (REAL_DATA / "heads").is_dir():
        pytest.skip(f"REAL HEADS NOT TESTED: no folder '{REAL_DATA}'; set REID_AUDIT_TEST_DATA to the sample data.")
    return REAL_DATA

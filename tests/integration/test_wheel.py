"""The wheel in a clean environment, without a compiler, from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
CHECK = """
import sys
from pathlib import Path
import reid_audit
heavy = {"vtk", "vtkmodules", "dlib", "_dlib_pybind11", "onnx", "onnxruntime", "torch"}
assert not heavy & set(sys.modules), "importing is light"
from reid_audit import Settings, audit, read_cohort, PhantomSettings, write_cohort
assert "site-packages" in reid_audit.__file__, reid_audit.__file__
people = PhantomSettings(n_subjects=2, conditions=("original",), photos_per_subject=1, voxel_size=3.0, seed=5)
write_cohort(people, "people")
cohort, lost = read_cohort("people", photos="people/photos")
one = Settings(yaws=(0,), pitches=(0,), azimuths=(0,), elevations=(38,), attackers=("photo-nearest",), triangles=20000)
result = audit(cohort, settings=one, failures=lost, out="report")
assert Path("report/report.html").exists() and result.findings.complete
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    no_compiler = {**os.environ, "CC": "false", "CXX": "false"}
    steps = [
        [UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT],
        [UV, "venv", "--quiet", "--python", sys.executable, folder / "env"],
    ]
    for step in steps:
        subprocess.run(step, check=True, env=no_compiler)
    (wheel,) = folder.glob("*.whl")
    install = [UV, "pip", "install", "--quiet", "--python", folder / "env" / "bin" / "python", wheel]
    # The packages are in the cache that `make setup` filled, so no connection is needed; elsewhere they are fetched.
    if subprocess.run([*install, "--offline"], check=False, env=no_compiler, capture_output=True).returncode:
        subprocess.run(install, check=True, env=no_compiler)
    return folder


def test_the_wheel_audits_from_another_folder(environment, tmp_path):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [environment / "env" / "bin" / "python", "-c", CHECK],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_command_is_installed(environment, tmp_path):
    command = environment / "env" / "bin" / "reid-audit"
    done = subprocess.run([command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout

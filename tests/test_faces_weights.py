from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.faces import weights
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, WEIGHTS, weights_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def forgetful():
    weights_file.cache_clear()
    yield
    weights_file.cache_clear()


def _pretend(monkeypatch, folder: Path | None) -> None:
    spec = None
    if folder is not None:
        spec = importlib.machinery.ModuleSpec("face_recognition_models", None, origin=str(folder / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", {"face_recognition_models": spec}.get)


@pytest.mark.parametrize("name", [FACE_ENCODER, FIVE_POINTS])
def test_weights_are_found_and_are_the_recorded_ones(name):
    path = weights_file(name)
    assert path.name == name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == WEIGHTS[name]


def test_every_file_that_ships_is_recorded():
    assert {path.name for path in weights_file(FIVE_POINTS).parent.glob("*.dat")} == set(WEIGHTS)


def test_a_missing_package_says_how_to_get_it(monkeypatch, forgetful):
    _pretend(monkeypatch, None)
    with pytest.raises(MissingResourceError, match="not installed") as caught:
        weights_file(FIVE_POINTS)
    assert "pip install" in caught.value.remedy


def test_a_missing_file_says_how_to_get_it(monkeypatch, forgetful, tmp_path):
    _pretend(monkeypatch, tmp_path)
    with pytest.raises(MissingResourceError, match="without its file") as caught:
        weights_file(FIVE_POINTS)
    assert "pip install" in caught.value.remedy
    assert str(tmp_path) not in str(caught.value)


def test_another_file_under_the_name_is_refused(monkeypatch, forgetful, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FIVE_POINTS).write_bytes(b"something else")
    _pretend(monkeypatch, tmp_path)
    with pytest.raises(MissingResourceError, match="SHA-256"):
        weights_file(FIVE_POINTS)


def test_unknown_weights_are_wrong_usage():
    with pytest.raises(UsageError, match="Known:"):
        weights_file("other.dat")


def test_the_room_loads_no_model_and_never_the_packages_that_it_replaces():
    code = (
        "import sys, reid_audit.faces as faces\n"
        "faces.DlibDetector(); faces.DlibEmbedder().spec, faces.DlibOnnxEmbedder().spec\n"
        "early = [n for n in ('dlib', 'cv2', 'onnx', 'onnxruntime', 'sklearn') if n in sys.modules]\n"
        "faces.weights_file('shape_predictor_5_face_landmarks.dat')\n"
        "late = [n for n in ('face_recognition', 'face_recognition_models', 'pkg_resources') if n in sys.modules]\n"
        "print(early, late)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] []"
    assert weights.__all__

"""dlib's network on onnxruntime: equal to dlib, converted once, and never taken from a file that is not its own."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reid_audit.errors import MissingResourceError, StoreError
from reid_audit.faces import DlibEmbedder, DlibOnnxEmbedder, _onnx
from reid_audit.faces._dlib import face_encoder
from reid_audit.faces._onnx import CONVERTED, TOLERANCE, face_network, templates_of
from reid_audit.faces.folders import cache_folder, models_folder
from reid_audit.types import Face


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and a process that has not loaded the network."""
    monkeypatch.setenv("REID_AUDIT_CACHE", str(tmp_path / "cache"))
    face_network.cache_clear()
    yield tmp_path / "cache"
    face_network.cache_clear()


def _kept(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _never(*_given):
    raise AssertionError("the cached network was to be used")


def _chips(rng, count: int) -> np.ndarray:
    """Noise, and pictures with large smooth patches, in turn."""
    fine = rng.integers(0, 256, (count, 150, 150, 3), dtype=np.uint8)
    coarse = rng.integers(0, 256, (count, 5, 5, 3), dtype=np.uint8).repeat(30, axis=1).repeat(30, axis=2)
    return np.where((np.arange(count) % 2)[:, None, None, None], coarse, fine)


def test_templates_are_those_of_dlib(rng):
    chips = _chips(rng, 6)
    ours = templates_of(face_network(), chips)
    theirs = np.array([face_encoder().compute_face_descriptor(chip) for chip in chips])
    assert ours.dtype == np.float32
    assert np.ptp(theirs, axis=0).max() > 0.1  # they are no constant
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


def test_a_template_does_not_depend_on_the_chips_beside_it(rng):
    chips = _chips(rng, 3)
    alone = np.concatenate([templates_of(face_network(), chip[None]) for chip in chips])
    np.testing.assert_allclose(templates_of(face_network(), chips), alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("box", [(30, 40, 120, 131), (-20, -30, 90, 80), (100, 100, 170.4, 200.6)], ids=str)
def test_the_embedder_gives_the_templates_of_the_reference(rng, box):
    picture = rng.integers(0, 256, (180, 150, 3), dtype=np.uint8)
    face = Face(tuple(map(float, box)), 1.0)
    ours = DlibOnnxEmbedder().embed(picture, face)
    np.testing.assert_allclose(ours, DlibEmbedder().embed(picture, face), rtol=0, atol=2e-6)


def test_the_spec_names_the_weights_of_the_reference_and_the_versions():
    spec, reference = DlibOnnxEmbedder().spec, DlibEmbedder().spec
    assert (spec.name, reference.name) == ("dlib-onnx", "dlib")
    assert (spec.weights_sha256, spec.dimension) == (reference.weights_sha256, reference.dimension)
    assert f"onnxruntime {_onnx.onnxruntime_version()}" in spec.version
    assert CONVERTED[:8] in spec.version


def test_the_network_is_converted_once_and_kept_for_its_owner_alone(cache, monkeypatch):
    face_network()
    (path,) = _kept(cache)
    assert _digest(path) == CONVERTED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    face_network.cache_clear()
    monkeypatch.setattr(_onnx, "to_onnx", _never)
    assert face_network().get_outputs()[0].shape[1] == 128


def test_a_file_that_was_altered_is_replaced(cache):
    face_network()
    (path,) = _kept(cache)
    altered = bytearray(path.read_bytes())
    altered[len(altered) // 2] ^= 1
    for content in (bytes(altered), b""):
        path.write_bytes(content)
        face_network.cache_clear()
        face_network()
        assert _digest(path) == CONVERTED
        assert _kept(cache) == [path]


def test_another_onnxruntime_is_compared_with_dlib_anew(cache, monkeypatch):
    face_network()
    face_network.cache_clear()
    compared = []
    monkeypatch.setattr(_onnx, "onnxruntime_version", lambda: "99.0")
    monkeypatch.setattr(_onnx, "_difference_from_dlib", lambda session: compared.append(session) or 0.0)
    assert compared == [] and face_network() is compared[0]  # noqa: PT018 - the order is what is tested
    assert len(_kept(cache)) == 2


@pytest.mark.parametrize(("difference", "chosen"), [(3e-6, "cuda"), (2e-5, "cpu"), (np.nan, "cpu")])
def test_a_graphics_processor_is_used_where_its_numbers_are_those_of_dlib(cache, monkeypatch, difference, chosen):
    class Runtime:
        @staticmethod
        def get_available_providers():
            return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def session(_content, providers=("CPUExecutionProvider",)):
        return "cuda" if providers[0][0] == "CUDAExecutionProvider" else "cpu"

    monkeypatch.setattr(_onnx, "_runtime", lambda: Runtime)
    monkeypatch.setattr(_onnx, "_session", session)
    monkeypatch.setattr(_onnx, "_difference_from_dlib", {"cpu": 0.0, "cuda": difference}.get)
    assert face_network() == chosen


def test_without_a_folder_to_write_to_the_network_is_made_in_memory(cache, monkeypatch):
    cache.write_text("a file where the folder should be")
    assert face_network().get_inputs()[0].shape[1:] == [150, 150, 3]
    assert cache.is_file()
    cache.unlink()
    face_network.cache_clear()

    def full(_path, _content):
        raise StoreError("Cannot write: no space left on device.")

    monkeypatch.setattr(_onnx, "write_bytes", full)
    assert face_network().get_inputs()[0].shape[1:] == [150, 150, 3]
    assert _kept(cache) == []


@pytest.mark.parametrize("wrong", [2 * TOLERANCE, np.nan])
def test_a_network_that_gives_other_numbers_than_dlib_is_refused_and_not_kept(cache, monkeypatch, wrong):
    right = _onnx.templates_of

    def templates(session, chips):
        found = right(session, chips).copy()
        found[-1, 7] += wrong
        return found

    monkeypatch.setattr(_onnx, "templates_of", templates)
    with pytest.raises(MissingResourceError, match=r"differ from dlib's by .*1e-05 is allowed") as caught:
        face_network()
    assert "'dlib'" in caught.value.remedy
    assert _kept(cache) == []


def test_without_onnxruntime_the_remedy_is_said(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingResourceError, match="cannot be imported") as caught:
        face_network()
    assert "pip install onnxruntime" in caught.value.remedy


def test_processes_that_convert_at_once_do_not_disturb_each_other(cache):
    code = "from reid_audit.faces._onnx import face_network; print(face_network().get_outputs()[0].name)"
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate() for process in running] == [("templates\n", "")] * 3
    (path,) = _kept(cache)
    assert _digest(path) == CONVERTED


def test_folders_follow_the_environment(monkeypatch, tmp_path):
    for name in ("REID_AUDIT_CACHE", "REID_AUDIT_MODELS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "reid_audit"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == tmp_path / ".cache" / "reid_audit"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "reid_audit"
    monkeypatch.setenv("REID_AUDIT_CACHE", str(tmp_path / "mine"))
    assert (cache_folder(), models_folder()) == (tmp_path / "mine", tmp_path / "mine" / "models")
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path / "models"))
    assert models_folder() == tmp_path / "models"


def test_a_user_without_a_home_has_a_folder_all_the_same(monkeypatch):
    for name in ("REID_AUDIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def homeless(_path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert cache_folder().name == f"reid_audit-{os.getuid()}"
    assert cache_folder().is_absolute()


def test_onnxruntime_leaves_no_identifier_and_is_told_to_send_nothing(tmp_path):
    """Without the variable, which must be set before the import, it writes ``.cache/Microsoft`` and sends events."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV") if name in os.environ}
    code = "from reid_audit.faces._onnx import face_network; face_network(); import os; print(os.listdir(os.getcwd()))"
    given = {**kept, "HOME": str(tmp_path), "REID_AUDIT_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); {code}"]
    done = subprocess.run(run, env=given, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "['cache']\n"

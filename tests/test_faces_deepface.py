"""DeepFace's models: run by DeepFace, on weights that are there, without any connection."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from models_making import tiny_graph

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.faces import DeepFaceEmbedder, DlibDetector, DlibEmbedder, OnnxEmbedder, deepface_embedder
from reid_audit.faces.catalogue import CATALOGUE
from reid_audit.faces.deepface_embedder import deepface_models
from reid_audit.faces.installing import add_weights
from reid_audit.faces.weights import FACE_ENCODER, FIVE_POINTS, WEIGHTS, weights_file
from reid_audit.phantom import PhotoSettings, sample_identities, take_photo
from reid_audit.plugins import load_embedder
from reid_audit.testing import check_embedder

installed = importlib.util.find_spec("deepface") is not None
needs_deepface = pytest.mark.skipif(
    not installed, reason="DEEPFACE NOT TESTED: the extra [deepface] is not installed; `make setup` does it."
)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Empty folders of models and cache, and a machine that refuses every connection."""
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("REID_AUDIT_CACHE", str(tmp_path / "cache"))

    def refuse(*_given):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path


def test_an_unknown_model_is_wrong_usage(places):
    with pytest.raises(UsageError, match=r"no model 'dlib' of DeepFace. Known: Dlib, SFace, ArcFace, Facenet512"):
        load_embedder("deepface:dlib")


def test_without_the_extra_the_remedy_is_said(places, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", {}.get)
    with pytest.raises(MissingResourceError, match=r"'deepface'.* not installed") as caught:
        DeepFaceEmbedder("Dlib")
    assert "reid_audit[deepface]" in caught.value.remedy


def test_weights_that_are_not_installed_are_never_asked_for(places, monkeypatch):
    monkeypatch.setattr(deepface_embedder, "_check_installed", lambda: None)
    monkeypatch.setattr(deepface_embedder, "_client", lambda *_given: pytest.fail("DeepFace was asked"))
    for model in deepface_models()[1:]:
        with pytest.raises(MissingResourceError, match=f"weights of DeepFace's {model} are not installed") as caught:
            load_embedder(f"deepface:{model}")
        assert "weights add" in caught.value.remedy


def _install(places, name: str):
    """Install a tiny graph of the right size in place of a model whose digest is not pinned."""
    known = CATALOGUE[name]
    height, width = known.preprocessing["size"]
    path = places / known.file
    path.write_bytes(tiny_graph(layout="NHWC", size=(height, width)).SerializeToString())
    return known, path


@pytest.fixture
def tiny_openface(places, monkeypatch):
    """OpenFace of 48 dimensions, installed."""
    known, path = _install(places, "openface")
    monkeypatch.setitem(known.preprocessing, "dimension", 48)
    add_weights(path)
    return places / "models" / known.file


def test_a_file_that_was_exchanged_or_never_recorded_is_refused(places, tiny_openface, monkeypatch):
    monkeypatch.setattr(deepface_embedder, "_check_installed", lambda: None)
    monkeypatch.setattr(deepface_embedder, "_client", lambda *_given: pytest.fail("DeepFace was asked"))
    recorded = tiny_openface.read_bytes()
    tiny_openface.write_bytes(recorded + b"\0")
    with pytest.raises(MissingResourceError, match=r"has SHA-256 [0-9a-f]{64}; recorded is"):
        load_embedder("deepface:OpenFace")
    tiny_openface.write_bytes(recorded)
    tiny_openface.with_suffix(".json").unlink()
    with pytest.raises(MissingResourceError, match="none was recorded"):
        load_embedder("deepface:OpenFace")


@pytest.fixture(scope="module")
def photographs():
    """Two photographs each of three people who do not exist, each with its face."""
    people = sample_identities(3, np.random.default_rng(404))
    pictures = [
        np.asarray(take_photo(who, PhotoSettings.at(0.0), np.random.default_rng([9, shot])).pixels)
        for who in people
        for shot in range(2)
    ]
    return [(picture, DlibDetector().detect(picture)[0]) for picture in pictures]


@needs_deepface
def test_dlib_needs_no_file_and_keeps_the_contract(places, photographs):
    embedder = load_embedder("deepface:Dlib")
    check_embedder(embedder)
    check_embedder(embedder, image=photographs[0][0], face=photographs[0][1])
    spec = embedder.spec
    assert (spec.name, spec.dimension) == ("deepface:Dlib", 128)
    assert spec.weights_sha256 == (WEIGHTS[FACE_ENCODER], WEIGHTS[FIVE_POINTS])
    assert not (places / "models").exists()


@needs_deepface
def test_deepfaces_dlib_on_dlibs_own_chip_gives_the_templates_of_our_embedder(places, photographs):
    import dlib

    network = deepface_embedder._client("Dlib", weights_file(FACE_ENCODER))
    predictor = dlib.shape_predictor(str(weights_file(FIVE_POINTS)))
    for picture, face in photographs[:3]:
        chip = dlib.get_face_chip(picture, predictor(picture, dlib.rectangle(*map(round, face.box))), 150, 0.25)
        theirs = network.forward(np.ascontiguousarray(chip[None, :, :, ::-1]))
        np.testing.assert_allclose(theirs, DlibEmbedder().embed(picture, face), rtol=0, atol=2e-6)


@needs_deepface
def test_with_deepfaces_own_crop_people_are_told_apart_as_our_embedder_tells_them(places, photographs):
    theirs = np.array([DeepFaceEmbedder("Dlib").embed(*each) for each in photographs])
    ours = np.array([DlibEmbedder().embed(*each) for each in photographs])
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    own = np.einsum("ij,ij->i", theirs, ours)
    others = (theirs @ ours.T)[~np.kron(np.eye(3, dtype=bool), np.ones((2, 2), dtype=bool))]
    assert own.min() > others.max()
    for each in (theirs, ours):
        mated = [each[2 * who] @ each[2 * who + 1] for who in range(3)]
        assert min(mated) > max(each[2 * a] @ each[2 * b] for a in range(3) for b in range(a))


@needs_deepface
def test_a_model_of_deepface_is_the_same_with_and_without_it(places, tiny_openface, photographs):
    by_deepface, by_us = load_embedder("deepface:OpenFace"), OnnxEmbedder("openface")
    for picture, face in photographs[:3]:
        np.testing.assert_allclose(by_deepface.embed(picture, face), by_us.embed(picture, face), rtol=0, atol=1e-6)
    assert by_deepface.spec.weights_sha256 == by_us.spec.weights_sha256


@needs_deepface
def test_the_size_of_every_model_is_the_one_that_deepface_has(places, monkeypatch):
    """So that templates with and without DeepFace are the same; nothing is loaded: no file is there."""
    from deepface.modules import modeling

    monkeypatch.setenv("DEEPFACE_BACKEND_ENGINE", "onnx")
    asked = []
    for known in (model for model in CATALOGUE.values() if model.deepface):
        made = modeling.get_model_class(task="facial_recognition", model_name=known.deepface)
        monkeypatch.setattr(sys.modules[made.__module__], "build_session", lambda **given: asked.append(given))
        client = made()
        assert asked[-1]["file_name"] == known.file
        assert client.input_shape[::-1] == tuple(known.preprocessing["size"])
        assert client.output_shape == known.preprocessing["dimension"]


@needs_deepface
def test_deepface_leaves_the_process_and_the_home_as_they_were(places):
    code = textwrap.dedent("""
        import json, os, sys, warnings
        from reid_audit.plugins import load_embedder
        import cv2, dlib, numpy, onnxruntime, requests
        before, filters = dict(os.environ), list(warnings.filters)
        load_embedder("deepface:Dlib")
        print(json.dumps({
            "environment": dict(os.environ) == before,
            "filters": list(warnings.filters) == filters,
            "heavy": sorted({"tensorflow", "torch", "keras", "flask", "deepface.DeepFace"} & set(sys.modules)),
        }))
    """)
    home = places / "home"
    home.mkdir()
    given = {**os.environ, "HOME": str(home), "OMP_NUM_THREADS": "1"}
    for name in ("DEEPFACE_HOME", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        given.pop(name, None)
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"environment": True, "filters": True, "heavy": []}
    assert list(home.iterdir()) == []
    weights = places / "cache" / "deepface" / ".deepface" / "weights"
    assert [path.is_symlink() for path in weights.iterdir()] == [True]
    assert oct(weights.stat().st_mode)[-3:] == "700"


@needs_deepface
def test_another_engine_is_refused_before_anything_is_looked_for(places, monkeypatch):
    from deepface.commons import backend_utils

    monkeypatch.setattr(backend_utils, "_backend_engine", "tensorflow")
    with pytest.raises(UsageError, match="DeepFace runs on 'tensorflow'"):
        load_embedder("deepface:Dlib")

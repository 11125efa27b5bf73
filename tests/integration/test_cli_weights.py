"""Models of others from the command line: listed, added, verified, refused where they are not what they should be."""

from __future__ import annotations

import hashlib
import json
import stat

import pytest
from models_making import tiny_model, write_declaration
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.errors import MissingResourceError
from reid_audit.faces import catalogue, installing
from reid_audit.faces.catalogue import CATALOGUE, SFACE, YUNET
from reid_audit.faces.weights import WEIGHTS
from reid_audit.plugins import load_detector, load_embedder


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A models folder that does not exist yet."""
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def call(*words: object):
    done = CliRunner().invoke(app, ["weights", *map(str, words)], env={"COLUMNS": "100", "TERM": "dumb"})
    assert "defect" not in done.output, done.output
    return done


def _digest(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_list_tells_each_known_model_and_nothing_is_installed(models):
    done = call("list")
    assert done.exit_code == 0, done.output
    for model in CATALOGUE.values():
        assert f"{model.name}: {model.kind}, not installed" in done.stdout
        assert model.file in done.stdout
        assert model.licence in done.stdout
        assert model.origin in done.stdout
    assert done.stdout.count("not pinned") == sum(not model.sha256 for model in CATALOGUE.values())
    assert all(len(model.sha256) in {0, 64} for model in CATALOGUE.values())
    assert "://" not in done.stdout
    assert not models.exists()


def test_a_declared_model_is_installed_privately_and_can_be_used(models, here):
    file = write_declaration(tiny_model(here))
    done = call("add", file)
    assert done.exit_code == 0, done.output
    assert _digest(file) in done.stdout
    assert "not pinned; recorded now" in done.stdout
    assert (_mode(models), _mode(models / "tiny.onnx"), _mode(models / "tiny.json")) == (0o700, 0o600, 0o600)
    assert json.loads((models / "tiny.json").read_text())["sha256"] == _digest(file)
    assert sorted(path.name for path in models.iterdir()) == ["tiny.json", "tiny.onnx"]
    listed = call("list").stdout
    assert "tiny: embedder, installed, declared by you\n  --embedder onnx:tiny" in listed
    assert load_embedder("onnx:tiny").spec.weights_sha256 == (_digest(file),)


def test_a_model_of_ones_own_may_be_named_otherwise(models, here):
    assert call("add", write_declaration(tiny_model(here)), "--as", "mine").exit_code == 0
    assert json.loads((models / "mine.json").read_text())["name"] == "mine"
    taken = call("add", write_declaration(tiny_model(here), name="sface"))
    assert taken.exit_code == 2
    assert "that of a known model" in taken.stderr
    odd = call("add", here / "tiny.onnx", "--as", "../out")
    assert odd.exit_code == 2
    assert not (models.parent / "out.onnx").exists()


def test_a_file_is_not_replaced_by_another_unless_that_is_asked_for(models, here):
    first = write_declaration(tiny_model(here))
    before = _digest(first)
    assert call("add", first).exit_code == 0
    assert call("add", first).exit_code == 0  # the same content again
    other = write_declaration(tiny_model(here, size=(224, 224)), size=[224, 224])
    refused = call("add", other)
    assert refused.exit_code == 2
    assert before in refused.stderr
    assert "--replace" in refused.stderr
    assert _digest(models / "tiny.onnx") == before
    assert call("add", other, "--replace").exit_code == 0
    assert _digest(models / "tiny.onnx") == _digest(other)
    assert call("verify").exit_code == 0


def _other(here, name: str, content: bytes):
    path = here / name
    path.write_bytes(content)
    return write_declaration(path)


BAD = {
    "declared otherwise": (
        lambda here: write_declaration(tiny_model(here), dimension=512),
        "gives float32 of 48 numbers",
    ),
    "digest declared otherwise": (
        lambda here: write_declaration(tiny_model(here), sha256="1" * 64),
        "The declaration says SHA-256 111",
    ),
    "not declared": (tiny_model, "no declaration"),
    "no ONNX": (lambda here: _other(here, "weights.h5", b"\x89HDF"), "no .onnx file"),
    "empty": (lambda here: _other(here, "tiny.onnx", b""), "empty"),
    "a folder": (lambda here: here, "cannot be read"),
    "absent": (lambda here: here / "absent.onnx", "cannot be read"),
    "not SFace": (lambda here: _other(here, SFACE, b"pointer"), "has SHA-256"),
    "not YuNet": (lambda here: _other(here, YUNET, b"pointer"), "has SHA-256"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_what_it_is_taken_for_is_not_installed(models, here, what):
    make, said = BAD[what]
    done = call("add", make(here))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert not models.exists()


def _known(monkeypatch, **changes):
    """Let a model of this test be a known one."""
    fed = {"size": (112, 112), "layout": "NCHW", "channels": "RGB", "mean": (0, 0, 0), "std": (1, 1, 1)}
    fed |= {"alignment": "crop", "dimension": 48, "metric": "cosine"}
    given = {"kind": "embedder", "file": "known.onnx", "licence": "CC0-1.0", "origin": "here", "preprocessing": fed}
    model = catalogue.KnownModel("known", **(given | changes))
    for module in (catalogue, installing):
        monkeypatch.setattr(module, "CATALOGUE", {"known": model})
    monkeypatch.setattr("reid_audit.faces.onnx_embedder.CATALOGUE", {"known": model})


def test_a_known_model_needs_no_declaration_and_is_known_by_name_or_by_digest(models, here, monkeypatch):
    file = tiny_model(here, "downloaded")
    _known(monkeypatch)
    assert call("add", file, "--as", "known").exit_code == 0
    assert json.loads((models / "known.json").read_text())["sha256"] == _digest(file)
    _known(monkeypatch, sha256=_digest(file))
    done = call("add", file)
    assert done.exit_code == 0
    assert "as pinned" in done.stdout
    other = call("add", file, "--as", "else")
    assert other.exit_code == 2
    assert "is the model 'known'" in other.stderr
    assert "known: embedder, installed" in call("list").stdout


def test_verify_tells_what_is_altered(models, here):
    assert call("verify").exit_code == 0
    assert call("add", write_declaration(tiny_model(here))).exit_code == 0
    fine = call("verify")
    assert fine.exit_code == 0
    assert fine.stdout.splitlines()[-1] == "as recorded: tiny.onnx"
    with (models / "tiny.onnx").open("ab") as file:
        file.write(b"\0")
    done = call("verify")
    assert done.exit_code == 1
    assert f"differs: tiny.onnx\n  is {_digest(models / 'tiny.onnx')}, should be" in done.stderr
    with pytest.raises(MissingResourceError, match="has SHA-256"):
        load_embedder("onnx:tiny")


def test_verify_tells_what_nobody_recorded_or_can_read(models):
    models.mkdir()
    tiny_model(models, "stray")
    (models / "broken.json").write_text("{")
    tiny_model(models, "broken")
    (models / YUNET).write_bytes(b"other")
    done = call("verify")
    assert done.exit_code == 1
    assert "no digest recorded: stray.onnx" in done.stderr
    assert "cannot be read: broken.onnx" in done.stderr
    assert f"differs: {YUNET}" in done.stderr


def test_verify_looks_at_the_weights_that_come_with_a_package(models, monkeypatch):
    monkeypatch.setattr("reid_audit.faces.weights.WEIGHTS", dict.fromkeys(WEIGHTS, "0" * 64))
    done = call("verify")
    assert done.exit_code == 1
    assert "absent or altered: dlib_face_recognition_resnet_model_v1.dat" in done.stderr


def test_a_folder_that_cannot_be_written_to_is_told(here, monkeypatch):
    (here / "file").write_bytes(b"")
    monkeypatch.setenv("REID_AUDIT_MODELS", str(here / "file" / "models"))
    done = call("add", write_declaration(tiny_model(here)))
    assert done.exit_code == 2
    assert "Cannot make the folder" in done.stderr


@pytest.mark.real
def test_yunet_is_known_by_its_digest_whatever_it_is_called(models, here, real_data):
    copy = here / "downloaded.bin"
    copy.write_bytes((real_data / "models" / YUNET).read_bytes())
    done = call("add", copy)
    assert done.exit_code == 0, done.output
    assert "as pinned" in done.stdout
    assert "--detector yunet" in done.stdout
    assert [path.name for path in models.iterdir()] == [YUNET]
    assert call("verify").exit_code == 0
    assert CATALOGUE["yunet"].size == copy.stat().st_size
    assert load_detector("yunet").spec.weights_sha256 == (_digest(copy),)

"""Any ONNX face model as an embedder: what is declared is done, and what does not fit is refused."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from models_making import CELLS, DIMENSION, declared, keep_outside, tiny_model, write_declaration
from onnx import TensorProto

from reid_audit import plugins
from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.faces import OnnxEmbedder, onnx_file
from reid_audit.testing import check_embedder
from reid_audit.types import Face

WHOLE = Face((0.0, 0.0, 112.0, 112.0), 1.0)
LANDMARKS = ((60.0, 70.0), (95.0, 72.0), (78.0, 90.0), (63.0, 110.0), (92.0, 111.0))


def _made(folder, name="tiny", *, layout="NCHW", size=(112, 112), **changes):
    model = tiny_model(folder, name, layout=layout, size=size)
    return OnnxEmbedder(write_declaration(model, layout=layout, size=list(size), **changes))


def _digest(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("alignment", ["five-point", "eyes", "crop"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_contract_is_kept(tmp_path, alignment, metric):
    embedder = _made(tmp_path, alignment=alignment, metric=metric, mean=[100, 110, 120])
    check_embedder(embedder)
    check_embedder(embedder, face=Face((30.0, 40.0, 120.0, 131.0), 1.0, LANDMARKS))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("channels", ["RGB", "BGR"])
def test_colours_are_given_as_declared(tmp_path, layout, channels):
    picture = np.empty((112, 112, 3), np.uint8)
    picture[:] = (10, 100, 200)
    embedder = _made(tmp_path, layout=layout, channels=channels, mean=[1, 2, 3], std=[2, 4, 8])
    ordered = np.array([10, 100, 200])[:: 1 if channels == "RGB" else -1]
    expected = np.repeat((ordered - [1, 2, 3]) / [2, 4, 8], CELLS**2)
    np.testing.assert_allclose(embedder.embed(picture, WHOLE), expected, atol=1e-4)


def test_rows_and_columns_are_not_exchanged(tmp_path):
    picture = np.zeros((112, 112, 3), np.uint8)
    picture[:56] = 200
    template = _made(tmp_path).embed(picture, WHOLE).reshape(3, CELLS, CELLS)
    np.testing.assert_allclose(template[:, 0], 200, atol=1)
    np.testing.assert_allclose(template[:, -1], 0, atol=1)


def test_an_input_that_is_not_square_takes_a_crop(tmp_path):
    picture = np.full((112, 112, 3), 50, np.uint8)
    np.testing.assert_allclose(_made(tmp_path, size=(56, 48)).embed(picture, WHOLE)[[5, 6, 9]], 50, atol=1)


def test_templates_for_cosine_have_unit_length_and_rank_as_cosines_do(tmp_path, rng):
    raw, unit = (_made(tmp_path, name, metric=name) for name in ("euclidean", "cosine"))
    darker = np.arange(1, 6)[:, None, None, None]
    pictures = (rng.integers(0, 256, (5, 112, 112, 3)) // darker).astype(np.uint8)
    raws, units = (np.array([model.embed(each, WHOLE) for each in pictures]) for model in (raw, unit))
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1, atol=1e-6)
    assert np.ptp(np.linalg.norm(raws, axis=1)) > 10
    np.testing.assert_allclose(units, raws / np.linalg.norm(raws, axis=1, keepdims=True), atol=1e-6)


def test_what_has_no_length_gives_no_finite_template(tmp_path):
    assert np.isnan(_made(tmp_path, metric="cosine").embed(np.zeros((112, 112, 3), np.uint8), WHOLE)).all()
    nowhere = Face((5.0, 5.0, 5.0, 9.0), 1.0)
    assert np.isnan(_made(tmp_path).embed(np.zeros((112, 112, 3), np.uint8), nowhere)).all()


def test_a_picture_that_is_not_rgb_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="uint8"):
        _made(tmp_path).embed(np.zeros((9, 8)), WHOLE)


def test_the_spec_names_file_digest_and_preprocessing(tmp_path):
    spec = _made(tmp_path).spec
    assert (spec.name, spec.licence, spec.dimension) == ("onnx:tiny", "CC0-1.0", DIMENSION)
    assert spec.weights_sha256 == (_digest(tmp_path / "tiny.onnx"),)
    assert spec.needs[0] == "tiny.onnx"
    assert "112 x 112 RGB, crop, euclidean" in spec.version
    other = _made(tmp_path, std=[2, 1, 1]).spec
    assert other.version != spec.version  # or templates of another preprocessing would be taken from the store
    assert str(tmp_path) not in repr(spec)
    assert len(_made(tmp_path, alignment="five-point").spec.weights_sha256) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": [112, 96]}, r"takes tensor\(float\) of shape .*112, 112.* declared is NCHW of 112 x 96"),
        ({"layout": "NHWC"}, "declared is NHWC"),
        ({"dimension": 512}, f"gives float32 of {DIMENSION} numbers a face; declared is a dimension of 512"),
        ({"sha256": "0" * 64}, "declared is 0000"),
        ({"alignment": "guess"}, "alignment.*'five-point', 'eyes' or 'crop'.*got 'guess'"),
        ({"size": None}, "size: Field required"),
        ({"colour": "RGB"}, "colour: Extra inputs"),
        ({"std": [1, 0, 1]}, "std.1.*greater than 0"),
        ({"mean": [1, 1]}, "mean"),
        ({"name": "../up"}, "name"),
        ({"size": [112, 96], "alignment": "five-point"}, "square"),
        ({"alignment": "five-point", "margin": 0.2}, "margin"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_declaration_that_does_not_fit_is_refused(tmp_path, changes, said):
    with pytest.raises((UsageError, MissingResourceError), match=said) as caught:
        OnnxEmbedder(write_declaration(tiny_model(tmp_path), **changes))
    assert caught.value.remedy


def test_a_model_without_a_declaration_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no declaration '.*tiny.json'") as caught:
        OnnxEmbedder(tiny_model(tmp_path))
    assert "docs/weights.md" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "{", "[]", "null", json.dumps(declared()) + " " * 70_000], ids=len)
def test_a_declaration_that_is_none_is_refused(tmp_path, content):
    model = tiny_model(tmp_path)
    model.with_suffix(".json").write_text(content)
    with pytest.raises(UsageError, match=r"declaration '.*tiny.json'"):
        OnnxEmbedder(model)


def test_inputs_that_are_no_picture_are_refused(tmp_path):
    two = write_declaration(tiny_model(tmp_path, "two", inputs=2))
    with pytest.raises(UsageError, match="has 2 inputs; one picture is allowed"):
        OnnxEmbedder(two)
    whole = write_declaration(tiny_model(tmp_path, "whole", kind=TensorProto.UINT8))
    with pytest.raises(UsageError, match=r"takes tensor\(uint8\)"):
        OnnxEmbedder(whole)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08" * 40, bytes(range(256)) * 9], ids=len)
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    model = write_declaration(tiny_model(tmp_path))
    model.write_bytes(content)
    with pytest.raises(UsageError, match=r"no ONNX model|cannot load"):
        OnnxEmbedder(model)


def test_a_damaged_model_is_refused(tmp_path):
    model = write_declaration(tiny_model(tmp_path))
    model.write_bytes(model.read_bytes().replace(b"AveragePool", b"AverageFool"))
    with pytest.raises(UsageError, match="onnxruntime cannot load"):
        OnnxEmbedder(model)


def test_a_model_beyond_the_bound_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "LARGEST_MODEL", 100)
    with pytest.raises(UsageError, match="larger than 100 bytes"):
        OnnxEmbedder(write_declaration(tiny_model(tmp_path)))


def test_a_missing_model_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match=r"declaration|no file"):
        OnnxEmbedder(tmp_path / "absent.onnx")
    write_declaration(tmp_path / "absent.onnx")
    with pytest.raises(UsageError, match=r"There is no file '.*absent.onnx'"):
        OnnxEmbedder(tmp_path / "absent.onnx")


def test_numbers_in_the_models_own_folder_are_read_and_hashed(tmp_path):
    model = keep_outside(tiny_model(tmp_path), "numbers.bin", offset=4, length=12)
    (tmp_path / "numbers.bin").write_bytes(b"none" + np.array([2, 3, 4], np.float32).tobytes())
    embedder = OnnxEmbedder(write_declaration(model))
    template = embedder.embed(np.full((112, 112, 3), 10, np.uint8), WHOLE).reshape(3, -1)
    np.testing.assert_allclose(template.mean(axis=1), [20, 30, 40], rtol=1e-5)
    assert embedder.spec.weights_sha256 == (_digest(model), _digest(tmp_path / "numbers.bin"))


@pytest.mark.parametrize("place", ["../numbers.bin", "/etc/passwd", "deep/numbers.bin", "..", "", "link.bin", "a\0b"])
def test_numbers_from_anywhere_else_are_refused(tmp_path, place, monkeypatch):
    folder = tmp_path / "models"
    (folder / "deep").mkdir(parents=True)
    for path in (tmp_path / "numbers.bin", folder / "deep" / "numbers.bin"):
        path.write_bytes(bytes(12))
    (folder / "link.bin").symlink_to(tmp_path / "numbers.bin")
    model = write_declaration(keep_outside(tiny_model(folder), place, length=12))
    with pytest.raises(UsageError, match="not a file of its own folder"):
        OnnxEmbedder(model)


@pytest.mark.parametrize("told", [{"offset": 8, "length": 12}, {"offset": -4, "length": 12}, {"offset": 99}], ids=str)
def test_bytes_that_are_not_there_are_refused(tmp_path, told):
    (tmp_path / "numbers.bin").write_bytes(bytes(12))
    with pytest.raises(UsageError, match="bytes that its file of numbers does not have"):
        OnnxEmbedder(write_declaration(keep_outside(tiny_model(tmp_path), "numbers.bin", **told)))


def test_a_path_names_an_embedder_and_reports_hold_no_folder(tmp_path):
    model = write_declaration(tiny_model(tmp_path))
    assert plugins.load_embedder(f"onnx:{model}").spec.name == "onnx:tiny"
    assert plugins.shareable_name(f"onnx:{model}") == "onnx:tiny.onnx"
    assert plugins.shareable_name("dlib-onnx") == "dlib-onnx"
    with pytest.raises(UsageError, match="onnx:PATH or NAME, deepface:MODEL"):
        plugins.load_embedder("nothing:at-all")
    with pytest.raises(UsageError, match="no detector 'onnx:"):
        plugins.load_detector(f"onnx:{model}")


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("sface", MissingResourceError, "not installed"),
        ("yunet", UsageError, "is a detector"),
        ("nothing", UsageError, "no ONNX model 'nothing'"),
        ("", UsageError, "no ONNX model ''"),
        ("../tiny", UsageError, "no ONNX model"),
    ],
)
def test_names_that_are_not_installed_say_what_to_do(tmp_path, monkeypatch, name, error, said):
    (tmp_path / "models").mkdir()
    write_declaration(tiny_model(tmp_path))
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path / "models"))
    with pytest.raises(error, match=said) as caught:
        plugins.load_embedder(f"onnx:{name}")
    assert caught.value.remedy


def test_an_installed_model_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("REID_AUDIT_MODELS", str(tmp_path))
    write_declaration(tiny_model(tmp_path))
    assert plugins.load_embedder("onnx:tiny").spec.name == "onnx:tiny"

"""A Keras file made by hand, its network written as ONNX, against the same sums done plainly."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from reid_audit.defacers import DeepDefacer
from reid_audit.defacers.keras_network import onnx_from_keras
from reid_audit.errors import HeadError, MissingResourceError
from reid_audit.types import Volume

h5py = pytest.importorskip("h5py", reason="KERAS NETWORKS NOT TESTED: pip install h5py")


def _layer(kind, name, sources, **config):
    inbound = [[[source, 0, 0, {}] for source in sources]] if sources else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": inbound}


def _conv(name, source, kernel, activation="relu"):
    shape = list(kernel.shape[:3])
    return _layer(
        "Conv3D",
        name,
        [source],
        kernel_size=shape,
        strides=[1, 1, 1],
        padding="same",
        data_format="channels_first",
        dilation_rate=[1, 1, 1],
        activation=activation,
    )


def _file(path, layers, weights, output):
    config = {"class_name": "Model", "config": {"layers": layers, "output_layers": [[output, 0, 0]]}}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        group = file.create_group("model_weights")
        for layer in layers:
            name = layer["name"]
            part = group.create_group(name)
            arrays = weights.get(name, [])
            names = [f"{name}/{what}:0".encode() for what in ("kernel", "bias")[: len(arrays)]]
            part.attrs["weight_names"] = names
            for key, values in zip(names, arrays, strict=True):
                part.create_dataset(key.decode(), data=values)
    return path


@pytest.fixture
def network(tmp_path, rng):
    """Down, even kernel, up, joined: all that the network of deepdefacer is made of."""
    first = rng.normal(size=(3, 3, 3, 1, 2)).astype(np.float32), rng.normal(size=2).astype(np.float32)
    even = rng.normal(size=(2, 2, 2, 2, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    last = rng.normal(size=(1, 1, 1, 5, 1)).astype(np.float32), rng.normal(size=1).astype(np.float32)
    layers = [
        _layer("InputLayer", "scan_1", [], batch_input_shape=[None, 1, 8, 8, 8]),
        _conv("first", "scan_1", first[0]),
        _layer(
            "MaxPooling3D",
            "pool",
            ["first"],
            pool_size=[2, 2, 2],
            strides=[2, 2, 2],
            padding="valid",
            data_format="channels_first",
        ),
        _layer("UpSampling3D", "up", ["pool"], size=[2, 2, 2], data_format="channels_first"),
        _layer("Dropout", "drop", ["up"], rate=0.5),
        _conv("even", "drop", even[0]),
        _layer("Concatenate", "joined", ["first", "even"], axis=1),
        _conv("last", "joined", last[0], "sigmoid"),
    ]
    weights = {"first": first, "even": even, "last": last}
    return _file(tmp_path / "model.hdf5", layers, weights, "last"), weights, layers


def _convolved(image, kernel, bias):
    """Cross-correlation with zeros around: of what is missing on one side the odd one is at the end."""
    length = kernel.shape[:3]
    pads = [((n - 1) // 2, n - 1 - (n - 1) // 2) for n in length]
    padded = np.pad(image, [(0, 0), *pads])
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=(1, 2, 3))
    return np.einsum("cijkxyz,xyzco->oijk", windows, kernel) + bias[:, None, None, None]


def _plainly(image, weights):
    first = np.maximum(_convolved(image, *weights["first"]), 0)
    c, i, j, k = first.shape
    pooled = first.reshape(c, i // 2, 2, j // 2, 2, k // 2, 2).max(axis=(2, 4, 6))
    up = pooled.repeat(2, 1).repeat(2, 2).repeat(2, 3)
    even = np.maximum(_convolved(up, *weights["even"]), 0)
    return 1 / (1 + np.exp(-_convolved(np.concatenate([first, even]), *weights["last"])))


def test_the_graph_computes_what_keras_would(network, rng):
    import onnxruntime

    path, weights, _ = network
    session = onnxruntime.InferenceSession(onnx_from_keras(path), providers=["CPUExecutionProvider"])
    image = rng.normal(size=(1, 8, 10, 12)).astype(np.float32)
    (mask,) = session.run(["mask"], {"scan": image[None]})
    np.testing.assert_allclose(mask[0], _plainly(image, weights), atol=2e-5)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("drop", {"class_name": "Lambda"}, "Lambda"),
        ("first", {"activation": "swish"}, "Conv3D"),
        ("first", {"data_format": "channels_last"}, "Conv3D"),
        ("even", {"dilation_rate": [2, 2, 2]}, "Conv3D"),
    ],
)
def test_what_would_come_out_wrong_is_refused(name, change, what, network, tmp_path):
    _, weights, layers = network
    for layer in layers:
        if layer["name"] == name:
            layer["class_name"] = change.get("class_name", layer["class_name"])
            layer["config"].update({key: value for key, value in change.items() if key != "class_name"})
    with pytest.raises(MissingResourceError, match=what):
        onnx_from_keras(_file(tmp_path / "other.hdf5", layers, weights, "last"))


def test_a_file_that_holds_no_network_is_refused(tmp_path):
    path = tmp_path / "model.hdf5"
    path.write_bytes(b"no HDF5 at all")
    with pytest.raises(MissingResourceError, match="no Keras network"):
        onnx_from_keras(path)


def _bright_is_face(tmp_path):
    """A network that keeps what is dark: sigmoid(40 * (0.5 - value))."""
    kernel, bias = np.full((1, 1, 1, 1, 1), -40.0, np.float32), np.full(1, 20.0, np.float32)
    layers = [
        _layer("InputLayer", "scan_1", [], batch_input_shape=[None, 1, 160, 160, 160]),
        _conv("only", "scan_1", kernel, "sigmoid"),
    ]
    path = _file(tmp_path / "model.hdf5", layers, {"only": (kernel, bias)}, "only")
    return DeepDefacer(path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_the_mask_comes_back_to_the_place_that_the_network_saw(tmp_path):
    data = np.zeros((40, 50, 60), np.int16)
    data[5:15, 30:45, 10:25] = 100
    affine = np.array([[0, 0, 2.0, -50], [-2.0, 0, 0, 60], [0, 2.0, 0, -40], [0, 0, 0, 1]])
    altered, footprint = _bright_is_face(tmp_path).deface(Volume(data, affine, "mri", "T1w"))
    assert (footprint.data == (data > 50)).all()
    assert not altered.data.any()
    assert altered.data.dtype == np.int16


def test_a_network_that_takes_everything_is_not_believed(tmp_path):
    data = np.full((40, 50, 60), 100, np.int16)
    data[0, 0, 0] = 0
    with pytest.raises(HeadError, match="would remove"):
        _bright_is_face(tmp_path).deface(Volume(data, np.eye(4), "mri", "T1w"))
    with pytest.raises(HeadError, match="constant"):
        _bright_is_face(tmp_path).deface(Volume(np.ones_like(data), np.eye(4), "mri", "T1w"))

"""A Keras network of plain layers, read from its file and written as ONNX: no Keras, and no code from the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import MissingResourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_h5py", "onnx_from_keras"]

Array = np.ndarray[Any, Any]

_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid"}
_OPSET, _IR = 13, 8


def onnx_from_keras(path: Path) -> bytes:
    """Write a Keras network of three-dimensional convolutions as ONNX.

    Known layers: convolution, pooling by the maximum, upsampling by repetition, concatenation, dropout (nothing at
    run time). Kernels are turned from Keras's order (z, y, x, in, out) to ONNX's (out, in, z, y, x). A kernel of even
    length is padded at the end only where it is padded on one side: that is what ``same`` means in Keras.

    Parameters
    ----------
    path : Path
        HDF5 file with architecture and weights, channels first.

    Returns
    -------
    bytes
        One input ``scan`` of shape (1, channels, I, J, K), one output ``mask``.

    Raises
    ------
    MissingResourceError
        h5py is not installed, or the file holds another kind of network.
    """
    h5py = load_h5py()
    try:
        with h5py.File(path, "r") as file:
            config = json.loads(_text(file.attrs["model_config"]))["config"]
            layers = config["layers"]
            weights = {layer["config"]["name"]: _weights(file["model_weights"], layer) for layer in layers}
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise MissingResourceError(
            f"The file holds no Keras network that can be read: {type(error).__name__}.",
            remedy="Give the model.hdf5 of the package deepdefacer.",
        ) from error
    return _written(layers, weights, config["output_layers"][0][0])


def load_h5py() -> Any:
    """Return the module h5py.

    Raises
    ------
    MissingResourceError
        It is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingResourceError(
            "Networks in HDF5 files are read with h5py, which is not installed.", remedy="Install it: pip install h5py."
        ) from error
    return h5py


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _weights(group: Any, layer: Any) -> list[Array]:
    """Return the arrays of a layer in Keras's order: kernel, bias."""
    name = layer["config"]["name"]
    if name not in group:
        return []
    return [np.asarray(group[name][_text(key)], np.float32) for key in group[name].attrs["weight_names"]]


def _written(layers: list[Any], weights: dict[str, list[Array]], output: str) -> bytes:
    """Return the graph as a file's bytes."""
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []
    tensor: dict[str, str] = {}
    channels = 1
    for layer in layers:
        config, kind = layer["config"], layer["class_name"]
        name = config["name"]
        _check(config, kind)
        given = [tensor[source[0]] for source in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
        if kind == "InputLayer":
            tensor[name], channels = "scan", config["batch_input_shape"][1]
        elif kind == "Conv3D":
            arrays = [weights[name][0].transpose(4, 3, 0, 1, 2), *weights[name][1:]]
            names = [f"{name}.{part}" for part in ("kernel", "bias")[: len(arrays)]]
            constants += [
                numpy_helper.from_array(np.ascontiguousarray(a), n) for a, n in zip(arrays, names, strict=True)
            ]
            nodes.append(helper.make_node("Conv", [*given, *names], [name], **_window(config, "kernel_size")))
            tensor[name] = name
        elif kind == "MaxPooling3D":
            nodes.append(helper.make_node("MaxPool", given, [name], **_window(config, "pool_size")))
            tensor[name] = name
        elif kind == "UpSampling3D":
            factors = np.array([1, 1, *config["size"]], np.float32)
            constants.append(numpy_helper.from_array(factors, f"{name}.factors"))
            nodes.append(
                helper.make_node(
                    "Resize",
                    [given[0], "", f"{name}.factors"],
                    [name],
                    mode="nearest",
                    nearest_mode="floor",
                    coordinate_transformation_mode="asymmetric",
                )
            )
            tensor[name] = name
        elif kind == "Concatenate":
            nodes.append(helper.make_node("Concat", given, [name], axis=config["axis"]))
            tensor[name] = name
        else:  # dropout and plain activations pass on what they get
            tensor[name] = given[0]
        if (activation := config.get("activation", "linear")) != "linear":
            nodes.append(helper.make_node(_ACTIVATIONS[activation], [tensor[name]], [f"{name}.active"]))
            tensor[name] = f"{name}.active"
    nodes.append(helper.make_node("Identity", [tensor[output]], ["mask"]))
    grid = ["I", "J", "K"]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("scan", TensorProto.FLOAT, [1, channels, *grid])],
        [helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, None, *grid])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    checker.check_model(model)
    return bytes(model.SerializeToString())


def _check(config: Any, kind: str) -> None:
    """Refuse what would come out wrong."""
    known = {"InputLayer", "Conv3D", "MaxPooling3D", "UpSampling3D", "Concatenate", "Dropout", "Activation"}
    ordered = config.get("data_format", "channels_first") == "channels_first"
    plain = list(config.get("dilation_rate", [1, 1, 1])) == [1, 1, 1]
    active = config.get("activation", "linear") in {"linear", *_ACTIVATIONS}
    if kind not in known or not ordered or not plain or not active:
        raise MissingResourceError(
            f"The network has a layer '{kind}' of a kind that is not known here; known are {', '.join(sorted(known))}, "
            f"channels first, not dilated, with the activations {', '.join(sorted(_ACTIVATIONS))}.",
            remedy="Give the model.hdf5 of the package deepdefacer.",
        )


def _window(config: Any, size: str) -> dict[str, Any]:
    """Return window, step and padding of a convolution or a pooling."""
    length = [int(n) for n in config[size]]
    step = [int(n) for n in (config["strides"] or length)]
    # With steps of 1 Keras pads by length - 1, the odd one at the end; pooling in steps of its length pads nothing.
    total = [n - s for n, s in zip(length, step, strict=True)] if config["padding"] == "same" else [0, 0, 0]
    pads = [n // 2 for n in total] + [n - n // 2 for n in total]
    return {"kernel_shape": length, "strides": step, "pads": pads}

"""Tiny face models in ONNX form, whose every number can be told beforehand, and their declarations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from pathlib import Path

CELLS = 4
"""The model gives the mean of each colour in a grid of this many cells a side, times a gain of 1."""

DIMENSION = 3 * CELLS**2


def declared(**changes: Any) -> dict[str, Any]:
    """Return a declaration that fits :func:`tiny_model`."""
    return {
        "name": "tiny",
        "licence": "CC0-1.0",
        "size": [112, 112],
        "layout": "NCHW",
        "channels": "RGB",
        "mean": [0, 0, 0],
        "std": [1, 1, 1],
        "alignment": "crop",
        "dimension": DIMENSION,
        "metric": "euclidean",
    } | changes


def tiny_graph(
    *, layout: str = "NCHW", size: tuple[int, int] = (112, 112), kind: int = TensorProto.FLOAT, inputs: int = 1
) -> onnx.ModelProto:
    """Return a model with means of cells as its template."""
    height, width = size
    shape = ["n", 3, height, width] if layout == "NCHW" else ["n", height, width, 3]
    given = [helper.make_tensor_value_info(f"in{number}", kind, shape) for number in range(inputs)]
    cell = [height // CELLS, width // CELLS]
    steps = [
        helper.make_node("Cast", ["in0"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["planes"], perm=[0, 1, 2, 3] if layout == "NCHW" else [0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["cells"], kernel_shape=cell, strides=cell),
        helper.make_node("Mul", ["cells", "gain"], ["gained"]),
        helper.make_node("Flatten", ["gained"], ["template"]),
    ]
    output = helper.make_tensor_value_info("template", TensorProto.FLOAT, ["n", DIMENSION])
    gain = onnx.numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "gain")
    graph = helper.make_graph(steps, "tiny", given, [output], [gain])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def tiny_model(folder: Path, name: str = "tiny", **graph: Any) -> Path:
    """Write a model without a declaration and return its path."""
    path = folder / f"{name}.onnx"
    path.write_bytes(tiny_graph(**graph).SerializeToString())
    return path


def write_declaration(model: Path, **changes: Any) -> Path:
    """Write a declaration beside a model and return the model's path; a field changed to None is left out."""
    fields = {name: value for name, value in declared(**changes).items() if value is not None}
    model.with_suffix(".json").write_text(json.dumps(fields))
    return model


def keep_outside(model: Path, location: str, **told: int) -> Path:
    """Let the model's one constant lie in another file."""
    graph = onnx.load_model_from_string(model.read_bytes())
    (gain,) = graph.graph.initializer
    gain.ClearField("raw_data")
    gain.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **told}.items():
        entry = gain.external_data.add()
        entry.key, entry.value = key, str(value)
    model.write_bytes(graph.SerializeToString())
    return model

"""dlib's face recognition network as an ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.faces.dlib_network import STAGES

if TYPE_CHECKING:
    from reid_audit.faces.dlib_network import Convolution, DlibNetwork

__all__ = ["CHIP", "INPUT", "OUTPUT", "to_onnx"]

CHIP = 150
"""Edge of the network's input in pixels."""

INPUT, OUTPUT = "chips", "templates"
"""Names of the graph's input, shape (N, 150, 150, 3), uint8, RGB, and of its output, shape (N, 128), float32."""

_MEAN = (122.782, 117.001, 104.298)
_SPREAD = 256.0
_OPSET, _IR_VERSION = 17, 8
_HALVED_SIZES = ((17, 17), (8, 8), (3, 4), (1, 2))
"""Edge of the picture behind the convolutions of each halving block, and behind the average pool of its shortcut."""


def to_onnx(network: DlibNetwork) -> bytes:
    """Return the network as the bytes of an ONNX file.

    A 7 x 7 convolution and a 3 x 3 maximum pool, both with stride 2, then the residual blocks, the average over what is
    left of the picture, and the matrix. Convolutions with stride 1 pad by one pixel, those with stride 2 do not.

    Parameters
    ----------
    network : DlibNetwork

    Returns
    -------
    bytes
        The same for the same network; holds no time, host or version.
    """
    return _Graph(network).content()


class _Graph:
    """The nodes and constants of a graph that is being written, each value under a name of its own."""

    def __init__(self, network: DlibNetwork) -> None:
        import onnx

        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        convolutions = iter(network.convolutions)
        value = self._stem(next(convolutions))
        channels, halvings = STAGES[0][0], iter(_HALVED_SIZES)
        for stage, (filters, blocks) in enumerate(STAGES):
            for block in range(blocks):
                two = (next(convolutions), next(convolutions))
                if stage and not block:
                    value = self._halving_block(value, two, filters - channels, next(halvings))
                else:
                    value = self._block(value, two)
            channels = filters
        self._head(value, network.matrix)

    def content(self) -> bytes:
        """Return the finished graph as a file."""
        helper, kind = self._onnx.helper, self._onnx.TensorProto
        graph = helper.make_graph(
            self._nodes,
            "dlib_face_recognition_resnet_model_v1",
            [helper.make_tensor_value_info(INPUT, kind.UINT8, ["n", CHIP, CHIP, 3])],
            [helper.make_tensor_value_info(OUTPUT, kind.FLOAT, ["n", 128])],
            self._constants,
        )
        opset = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION, producer_name="reid_audit")
        return bytes(model.SerializeToString(deterministic=True))

    def _stem(self, convolution: Convolution) -> str:
        pixels = self._node("Cast", INPUT, to=self._onnx.TensorProto.FLOAT)
        centred = self._node("Sub", pixels, self._constant(np.array(_MEAN, np.float32)))
        scaled = self._node("Div", centred, self._constant(np.array(_SPREAD, np.float32)))
        value = self._convolution(self._node("Transpose", scaled, perm=[0, 3, 1, 2]), convolution, stride=2)
        return self._node("MaxPool", self._node("Relu", value), kernel_shape=[3, 3], strides=[2, 2])

    def _block(self, value: str, two: tuple[Convolution, Convolution]) -> str:
        inner = self._convolution(self._node("Relu", self._convolution(value, two[0])), two[1])
        return self._node("Relu", self._node("Add", inner, value))

    def _halving_block(
        self, value: str, two: tuple[Convolution, Convolution], new_channels: int, sizes: tuple[int, int]
    ) -> str:
        """Add a block at half the size; the sum fills what the smaller side lacks, at the end, with zeros."""
        inner_size, outer_size = sizes
        inner = self._convolution(self._node("Relu", self._convolution(value, two[0], stride=2)), two[1])
        outer = self._node("AveragePool", value, kernel_shape=[2, 2], strides=[2, 2])
        inner = self._filled(inner, 0, outer_size - inner_size)
        return self._node("Relu", self._node("Add", inner, self._filled(outer, new_channels, 0)))

    def _head(self, value: str, matrix: np.ndarray[Any, Any]) -> None:
        average = self._node("Flatten", self._node("GlobalAveragePool", value))
        self._nodes.append(self._onnx.helper.make_node("MatMul", [average, self._constant(matrix)], [OUTPUT]))

    def _convolution(self, value: str, convolution: Convolution, *, stride: int = 1) -> str:
        given = (value, self._constant(convolution.weights), self._constant(convolution.bias))
        return self._node("Conv", *given, strides=[stride, stride], pads=[2 - stride] * 4)

    def _filled(self, value: str, channels: int, pixels: int) -> str:
        if not (channels or pixels):
            return value
        ends = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)
        return self._node("Pad", value, self._constant(ends))

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"value{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def _constant(self, values: np.ndarray[Any, Any]) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

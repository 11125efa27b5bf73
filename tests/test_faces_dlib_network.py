from __future__ import annotations

import struct

import numpy as np
import pytest

from reid_audit.errors import MissingResourceError
from reid_audit.faces.dlib_network import read_dlib_network
from reid_audit.faces.weights import FACE_ENCODER, weights_file


@pytest.fixture(scope="module")
def content():
    return weights_file(FACE_ENCODER).read_bytes()


def test_the_network_has_the_layers_that_dlib_describes(content):
    network = read_dlib_network(content)
    shapes = [convolution.weights.shape for convolution in network.convolutions]
    assert shapes[:3] == [(32, 3, 7, 7), (32, 32, 3, 3), (32, 32, 3, 3)]
    assert [shape[:2] for shape in shapes[7:9]] == [(64, 32), (64, 64)]
    assert len(shapes) == 29
    assert sum(np.prod(shape) + shape[0] for shape in shapes) + network.matrix.size == 5_607_488
    assert {shape[0] for shape in shapes[21:]} == {256}
    assert network.matrix.shape == (256, 128)


def test_gain_and_offset_are_folded_into_weights_and_bias(content):
    weights, bias, gain, offset = 4704, 32, 32, 32
    at = content.index(b"\x01\x02\x02\x80\x12\x01\x01\x01\x01\x01\x01") + 11  # version 2; 4736 x 1 x 1 x 1
    values = struct.unpack(f"<{weights + bias}f", content[at : at + 4 * (weights + bias)])
    behind = content.index(b"\x01\x02\x01\x40\x01\x01\x01\x01\x01\x01", at) + 10  # version 2; 64 x 1 x 1 x 1
    affine = struct.unpack(f"<{gain + offset}f", content[behind : behind + 4 * (gain + offset)])
    first = read_dlib_network(content).convolutions[0]
    assert first.weights[31, 2, 6, 6] == pytest.approx(values[4703] * affine[31], rel=1e-6)
    assert first.weights[0, 1, 0, 0] == pytest.approx(values[49] * affine[0], rel=1e-6)
    assert first.bias[5] == pytest.approx(values[weights + 5] * affine[5] + affine[32 + 5], rel=1e-6)


@pytest.mark.parametrize("length", [0, 1_000, 20_000, -600])
def test_a_file_that_is_cut_off_is_refused(content, length):
    with pytest.raises(MissingResourceError, match="hold no tensor of shape") as caught:
        read_dlib_network(content[:length])
    assert "pip install" in caught.value.remedy

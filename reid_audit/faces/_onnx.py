"""dlib's network on onnxruntime: converted and checked against dlib once, loaded once a process."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import MissingResourceError, StoreError
from reid_audit.faces._dlib import face_encoder
from reid_audit.faces.dlib_network import read_dlib_network
from reid_audit.faces.folders import cache_folder
from reid_audit.faces.onnx_network import CHIP, INPUT, OUTPUT, to_onnx
from reid_audit.faces.weights import FACE_ENCODER, weights_file
from reid_audit.store import private_folder, write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["CONVERTED", "TOLERANCE", "cpu_session", "face_network", "onnxruntime_version", "templates_of"]

CONVERTED = "ce4d2d0130a254b08f4e994e9081948c6cf2a652e218cd3b24f68aadcdf127a7"
"""SHA-256 of the converted file; the versions of onnx, protobuf and NumPy do not change it."""

TOLERANCE = 1e-5
"""The most by which a number of a template may differ from dlib's."""

_CHECKED_CHIPS = 3
_CPU = "CPUExecutionProvider"
_CUDA = ("CUDAExecutionProvider", {"use_tf32": "0"})  # TensorFloat-32 has 10 bits, too few for the tolerance
_REMEDY = "Install it with `pip install onnxruntime`, or use the embedder 'dlib'."


def onnxruntime_version() -> str:
    """Return the version of onnxruntime, without importing it."""
    try:
        return importlib.metadata.version("onnxruntime")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingResourceError(
            "The package 'onnxruntime', which embeds faces, is not installed.", remedy=_REMEDY
        ) from error


@functools.cache
def face_network() -> Any:
    """Return the network, ready to run.

    Returns
    -------
    onnxruntime.InferenceSession
        From the cache folder where the converted file lies there as it should; converted from dlib's weights, compared
        with dlib, and kept there otherwise. A folder that cannot be written to costs the conversion in every process,
        half a second. Where onnxruntime has CUDA the network runs there, if it gives dlib's numbers, which is tried in
        every process; else on the processor.

    Raises
    ------
    MissingResourceError
        The weights or onnxruntime are absent, or the converted network gives other numbers than dlib's.
    """
    folder = _private(cache_folder() / "networks")
    # Another onnxruntime or processor computes in another order, and is compared with dlib anew.
    path = folder and folder / f"dlib-resnet-{onnxruntime_version()}-{platform.machine()}.onnx"
    content = _intact(path) if path else None
    if content is not None:
        return _on_cuda(content) or _session(content)
    content = to_onnx(read_dlib_network(weights_file(FACE_ENCODER).read_bytes()))
    session = _session(content)
    _check(_difference_from_dlib(session))
    if path and hashlib.sha256(content).hexdigest() == CONVERTED:
        _keep(path, content)
    return _on_cuda(content) or session


def templates_of(session: Any, chips: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the templates of face chips.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    chips : ndarray, shape (N, 150, 150, 3), uint8
        RGB.

    Returns
    -------
    ndarray, shape (N, 128), float32
    """
    return np.asarray(session.run([OUTPUT], {INPUT: chips})[0])


def cpu_session(content: bytes) -> Any:
    """Return a network on the processor, in one thread, from the bytes of an ONNX file."""
    return _session(content)


def _private(folder: Path) -> Path | None:
    try:
        return private_folder(folder)
    except StoreError:
        return None


def _intact(path: Path) -> bytes | None:
    """Return the file's bytes if they are the ones that it should hold."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == CONVERTED else None


def _keep(path: Path, content: bytes) -> None:
    try:
        write_bytes(path, content)
    except StoreError:
        return  # it works without: every process converts for itself


def _on_cuda(content: bytes) -> Any | None:
    """Return the network on the graphics processor, where there is one and its numbers are dlib's."""
    if _CUDA[0] not in _runtime().get_available_providers():
        return None
    session = _session(content, (_CUDA, _CPU))
    return session if _difference_from_dlib(session) <= TOLERANCE else None


def _runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingResourceError(
            "The package 'onnxruntime', which embeds faces, cannot be imported.", remedy=_REMEDY
        ) from error
    return onnxruntime


def _session(content: bytes, providers: Sequence[Any] = (_CPU,)) -> Any:
    onnxruntime = _runtime()
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: models in older forms make it warn of what is harmless
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return onnxruntime.InferenceSession(content, options, providers=list(providers))


def _difference_from_dlib(session: Any) -> float:
    """Return the most by which a number of a template differs from dlib's."""
    shape = (_CHECKED_CHIPS, CHIP, CHIP, 3)
    chips = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    theirs = np.array([face_encoder().compute_face_descriptor(chip) for chip in chips])
    return float(np.abs(templates_of(session, chips) - theirs).max())


def _check(difference: float) -> None:
    if not difference <= TOLERANCE:  # NaN is no agreement
        raise MissingResourceError(
            f"dlib's network on onnxruntime {onnxruntime_version()} gives templates that differ from dlib's by "
            f"{difference:.1e}; {TOLERANCE:.0e} is allowed.",
            remedy="Install another version of onnxruntime, or use the embedder 'dlib'.",
        )

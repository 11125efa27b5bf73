"""DeepDefacer's network, run here: its own command fails on today's libraries."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import affine_transform

from reid_audit.defacers.filling import emptied
from reid_audit.defacers.keras_network import load_h5py, onnx_from_keras
from reid_audit.defacers.missing import missing_of
from reid_audit.defacers.reorienting import turned_back
from reid_audit.errors import HeadError, MissingResourceError
from reid_audit.inputs import to_ras
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from reid_audit.types import Mask, Volume

__all__ = ["DeepDefacer"]

Array = np.ndarray[Any, Any]

SHA256 = "d92b9e6d3cc2fc936b497d56328a09e621b8243ea4858de712e33862e4d5e747"
"""Of the ``model.hdf5`` in the source package of deepdefacer 2.1.2."""
_VERSION = "2.1.2"
_SIDE = 160
_KEEP = 0.5
_MOST = 0.95
"""Share of a scan that the network may take before the answer is refused."""


@dataclass(frozen=True)
class DeepDefacer:
    """Lets a 3D U-Net trained on T1w scans say what is face.

    The scan is put in RAS order first: on others the network silently leaves half the face.

    Parameters
    ----------
    weights : Path, optional
        The ``model.hdf5``, or the folder in which it lies; by default that of the installed package deepdefacer, which
        is not imported.
    sha256 : str
        Of the file; any other is refused.
    """

    weights: Path | None = None
    sha256: str = SHA256

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hash of the weights."""
        return ModelSpec("deepdefacer", _VERSION, "MIT", (self.sha256,), needs=("model.hdf5 of deepdefacer", "h5py"))

    def missing(self) -> str:
        """Say what is not on this machine; empty where it can run."""
        return missing_of(self._checked, load_h5py)

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan without what the network calls face, and that.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers.
        Mask
            What the network would not keep, labelled ``"footprint"``.

        Raises
        ------
        MissingResourceError
            The weights or h5py are not there, or the file is another one.
        HeadError
            The scan is constant, or the network would remove all of it.
        """
        session = _session(self._checked(), self.sha256)
        turned = to_ras(volume)
        data = np.asarray(turned.data, np.float32)
        # The network sees the whole grid in 160 x 160 x 160 samples, whatever the voxels measure; the middle of the
        # grid falls on sample 80.
        step = (np.asarray(data.shape) - 1.0) / (_SIDE - 1.0)
        first = np.asarray(data.shape) / 2.0 - step * _SIDE / 2.0
        seen = affine_transform(data, step, first, (_SIDE,) * 3, np.float32, order=1, mode="nearest")
        low, high = float(seen.min()), float(seen.max())
        if high <= low:
            raise HeadError("The scan is constant: no face to remove.", remedy="Give a scan of a head.")
        scaled = ((seen - low) / (high - low + 1e-7))[None, None]
        keep = session.run(["mask"], {"scan": scaled})[0][0, 0]
        kept = affine_transform(keep, 1.0 / step, -first / step, data.shape, np.float32, order=1, mode="nearest")
        region = turned_back(kept < _KEEP, volume.affine)
        if region.mean() > _MOST:
            raise HeadError(
                f"The network would remove {100 * region.mean():.0f} % of this scan; at most {100 * _MOST:.0f} % are "
                "believed.",
                remedy="It was trained on T1w scans of whole heads; use another defacer for this one.",
            )
        return emptied(volume, region)

    def _checked(self) -> Path:
        """Return where the weights are, after comparing their SHA-256."""
        remedy = (
            "Install deepdefacer without its dependencies (pip install --no-deps deepdefacer), or give the model.hdf5 "
            f"of its source package, SHA-256 {self.sha256}."
        )
        path = None if self.weights is None else Path(self.weights)
        if path is not None and path.is_dir():
            path = path / "model.hdf5"
        if path is None:
            package = importlib.util.find_spec("deepdefacer")
            path = Path(package.origin).parent / "model.hdf5" if package is not None and package.origin else None
        if path is None or not path.is_file():
            raise MissingResourceError("The network of deepdefacer is not here.", remedy=remedy)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != self.sha256:
            raise MissingResourceError(f"The network of deepdefacer has SHA-256 {digest}.", remedy=remedy)
        return path


@lru_cache(maxsize=1)
def _session(path: Path, sha256: str) -> Any:
    """Return the network, ready to run in one thread; the hash is part of what is remembered."""
    import onnxruntime

    del sha256
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx_from_keras(path), options, providers=["CPUExecutionProvider"])

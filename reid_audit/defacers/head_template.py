"""The mean head and face mask of pydeface, read from the user's copy: nothing of them lies in this repository."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.defacers.placing import place_mean_head
from reid_audit.errors import MissingResourceError
from reid_audit.inputs import read_volume

if TYPE_CHECKING:
    from reid_audit.defacers.placing import Placement
    from reid_audit.types import Volume

__all__ = ["TEMPLATE_SHA256", "HeadTemplate", "TemplateFiles", "start_of"]

Array = np.ndarray[Any, Any]

TEMPLATE_SHA256 = (
    "fdc13571d66293f9919648cd8de9a7b3491b12175e09336353d2c9ce0466ecb6",
    "8cba52c32c02e0cc28dd47606f6ef581b9c9804f1ae9d412da5a4addc57f0068",
)
"""Of ``mean_reg2mean.nii.gz`` and ``facemask.nii.gz`` in pydeface 2.1.0."""
_NAMES = ("mean_reg2mean.nii.gz", "facemask.nii.gz")


@dataclass(frozen=True, eq=False)
class HeadTemplate:
    """A head, what of it to keep, and where the mean head lies in it.

    Parameters
    ----------
    head : Volume
    keep : Volume
        1 where a scan stays, 0 where it is face, on a grid of its own.
    placement : Placement
    """

    head: Volume
    keep: Volume
    placement: Placement


@dataclass(frozen=True)
class TemplateFiles:
    """Where the template lies.

    Parameters
    ----------
    head, keep : Path, optional
        NIfTI files; by default those of the installed package pydeface, which is not imported and needs none of its
        dependencies for this.
    sha256 : tuple of str
        Of both files; any others are refused.
    """

    head: Path | None = None
    keep: Path | None = None
    sha256: tuple[str, str] = TEMPLATE_SHA256

    @classmethod
    def in_folder(cls, folder: Path | str) -> TemplateFiles:
        """Return the files of a folder, under the names that pydeface gives them; :meth:`paths` says what is not there.

        Parameters
        ----------
        folder : path-like
        """
        head, keep = (Path(folder) / name for name in _NAMES)
        return cls(head, keep)

    def paths(self) -> tuple[Path, Path]:
        """Return both files, after comparing their SHA-256.

        Returns
        -------
        tuple of Path

        Raises
        ------
        MissingResourceError
            A file is not there, or is another one.
        """
        remedy = (
            "Install pydeface without its dependencies (pip install --no-deps pydeface), or give its files "
            "mean_reg2mean.nii.gz and facemask.nii.gz."
        )
        package = importlib.util.find_spec("pydeface")
        folder = Path(package.origin).parent / "data" if package is not None and package.origin else None
        found = []
        for given, name, expected in zip((self.head, self.keep), _NAMES, self.sha256, strict=True):
            path = given if given is not None else folder and folder / name
            if path is None or not path.is_file():
                raise MissingResourceError(f"The file '{name}' of pydeface is not here.", remedy=remedy)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest != expected:
                raise MissingResourceError(
                    f"The file '{name}' has SHA-256 {digest}; expected is {expected}.", remedy=remedy
                )
            found.append(path)
        return found[0], found[1]

    def read(self) -> HeadTemplate:
        """Return the template; read once a process.

        Returns
        -------
        HeadTemplate

        Raises
        ------
        MissingResourceError
            A file is not there, or is another one.
        """
        return _read(*self.paths(), self.sha256)


@lru_cache(maxsize=2)
def _read(head: Path, keep: Path, sha256: tuple[str, str]) -> HeadTemplate:
    """Read both files; the hashes are part of what is remembered."""
    del sha256
    volume = replace(read_volume(head), kind="mri", modality="T1w")
    return HeadTemplate(volume, replace(read_volume(keep), kind="mri"), place_mean_head(volume))


def start_of(scan: Placement, template: Placement) -> Array:
    """Return the map from a scan to a template that lays the mean head of the one onto that of the other.

    Parameters
    ----------
    scan, template : Placement

    Returns
    -------
    ndarray, shape (4, 4), float64
        RAS mm of the scan to mm of the template: a rigid motion and one scale.
    """
    return np.asarray(np.linalg.inv(_to_mean(template)) @ _to_mean(scan))


def _to_mean(placement: Placement) -> Array:
    """Return RAS mm to mm of the mean head."""
    return np.asarray(np.diag([*np.full(3, 1.0 / placement.scale), 1.0]) @ placement.to_head)

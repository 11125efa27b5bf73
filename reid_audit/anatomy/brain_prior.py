"""Where the brain lies in the mean head."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from reid_audit.types import frozen_array

__all__ = ["BrainPrior", "load_brain_prior"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class BrainPrior:
    """The hull of the mean head's brain: cerebrum, cerebellum and brain stem, folds and ventricles filled.

    Parameters
    ----------
    depth : ndarray, shape (I, J, K), float32
        Mm below the hull; negative outside, down to -30.
    affine : ndarray, shape (4, 4), float64
        Voxel index to the frame of the mean head, mm.
    """

    depth: Array
    affine: Array


@functools.cache
def load_brain_prior() -> BrainPrior:
    """Return the prior that the package carries; made by ``tools/make_brain_prior.py``.

    Returns
    -------
    BrainPrior
        The same object at each call; its arrays are read-only.
    """
    with (
        resources.files(__package__).joinpath("brain_prior.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as store,
    ):
        depth = store["depth"].astype(np.float32) * float(store["unit"])
        affine = np.diag([*np.full(3, float(store["spacing"])), 1.0])
        affine[:3, 3] = store["origin"]
    return BrainPrior(frozen_array(depth, np.float32), frozen_array(affine, np.float64))

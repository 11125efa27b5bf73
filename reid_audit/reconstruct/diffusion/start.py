"""Where each network begins: what is known of a face before it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.diffusion.crops import MOST
from reid_audit.reconstruct.diffusion.extra import need
from reid_audit.reconstruct.posterior import PENALTIES, condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid_audit.reconstruct.posterior import Posterior

__all__ = ["LinearStart", "learn_start", "upsampled"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class LinearStart:
    """What ridge regression says of a face when the rest of the head is known: the coarse network learns what is left.

    A regression first and a diffusion model for what it leaves is what few examples allow [1]_: a network that has
    learnt nothing draws what regression says.

    Parameters
    ----------
    people : ndarray, shape (N, I, J, K), float32
        Faces that are learnt from, as brightness.
    penalty : float
        Of the regression, as a share of the mean square of what is known.

    References
    ----------
    .. [1] M. Mardani et al., "Residual corrective diffusion modeling for km-scale atmospheric downscaling", Commun.
       Earth Environ. 6, 2025, doi:10.1038/s43247-025-02042-5
    """

    people: Array
    penalty: float

    def of(self, face: Array, region: Array) -> Array:
        """Return a face whose region is predicted from what is known of it.

        Parameters
        ----------
        face : ndarray, shape (I, J, K)
            Brightness; what it holds in the region is not looked at.
        region : ndarray, shape (I, J, K), bool

        Returns
        -------
        ndarray, shape (I, J, K), float32
        """
        made = np.array(face, np.float32)
        if region.any():
            made[region] = np.clip(self._given(face, region).mean, 0.0, MOST)
        return made

    def left_out(self, which: Sequence[int], region: Array) -> Array:
        """Return people whose region is predicted by the others.

        Parameters
        ----------
        which : sequence of int
        region : ndarray, shape (I, J, K), bool

        Returns
        -------
        ndarray, shape (len(which), I, J, K), float32
        """
        made = np.array(self.people[list(which)], np.float32)
        if region.any():
            errors = self._given(self.people[0], region).errors[list(which)]
            made[:, region] = np.clip(made[:, region] - errors, 0.0, MOST)
        return made

    def tensors(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it."""
        torch = need("torch")
        kept = {
            "people": torch.from_numpy(self.people).half(),
            "penalty": torch.tensor(self.penalty, dtype=torch.float64),
        }
        return {f"start.{name}": value for name, value in kept.items()}

    @staticmethod
    def of_tensors(tensors: Mapping[str, Any]) -> LinearStart:
        """Return it from the part ``start`` of a checkpoint."""
        return LinearStart(np.asarray(tensors["people"].float().numpy()), float(tensors["penalty"]))

    def _given(self, face: Array, region: Array) -> Posterior:
        known = ~region
        return condition(self.people[:, known], self.people[:, region], face[known], penalties=(self.penalty,))


def learn_start(people: Array, region: Array) -> LinearStart:
    """Choose the penalty with which people predict each other best.

    Parameters
    ----------
    people : ndarray, shape (N, I, J, K)
        At least two.
    region : ndarray, shape (I, J, K), bool

    Returns
    -------
    LinearStart
    """
    # Half precision is what checkpoints keep: learning and drawing begin at the same place.
    held = np.asarray(people, np.float16).astype(np.float32)
    tried = [LinearStart(held, share) for share in PENALTIES]
    return max(tried, key=lambda one: one._given(held[0], region).explained)  # noqa: SLF001 - its own class


def upsampled(values: Array, factor: int) -> Array:
    """Return values on a finer grid, linear between the voxels; shape (..., I, J, K)."""
    torch = need("torch")
    *rest, i, j, k = values.shape
    flat = torch.from_numpy(np.ascontiguousarray(values, np.float32).reshape(-1, 1, i, j, k))
    wide = np.asarray(torch.nn.functional.interpolate(flat, scale_factor=factor, mode="trilinear").numpy(), np.float32)
    return wide.reshape(*rest, *wide.shape[2:])

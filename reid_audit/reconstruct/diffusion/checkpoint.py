"""Checkpoints: weights, their mean, the optimiser's state and the curve, in one file without pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reid_audit.errors import StoreError
from reid_audit.reconstruct.diffusion.extra import need
from reid_audit.store import private_folder, write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reid_audit.reconstruct.diffusion.presets import Stage

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

_VERSION = "3"
_ENTRY = 4
"""Numbers of an entry of the curve."""
_PARTS = ("weights", "mean", "best", "face")
"""Kinds of tensors that every checkpoint has."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network in the middle of learning, or at its end.

    Parameters
    ----------
    step : int
        Steps that are done.
    finished : bool
    tensors : mapping of str to torch.Tensor
        ``weights.*``, ``mean.*`` (over steps), ``best.*`` (that mean where it was judged best), ``first.*`` and
        ``second.*`` (of the optimiser), ``face.*`` (the scale), ``start.*`` (of the coarse network).
    curve : list of [int, float, float, float]
        Step, loss of training since the last entry, loss of validation, and that where nothing but noise is seen.
    """

    step: int
    finished: bool
    tensors: Mapping[str, Any]
    curve: list[list[float]] = field(default_factory=list)

    def part(self, name: str) -> dict[str, Any]:
        """Return the tensors of one kind by the name of their parameter."""
        return {
            key.removeprefix(f"{name}."): value for key, value in self.tensors.items() if key.startswith(f"{name}.")
        }


def write_checkpoint(path: Path, checkpoint: Checkpoint, stage: Stage, seed: int) -> None:
    """Write a checkpoint 0600, whole or not at all.

    Raises
    ------
    StoreError
        If the disk refuses; what stood there before is untouched.
    """
    facts = {
        "version": _VERSION,
        "architecture": json.dumps(stage.architecture),
        "seed": str(seed),
        "step": str(checkpoint.step),
        "finished": str(int(checkpoint.finished)),
        "curve": json.dumps(checkpoint.curve, allow_nan=False),
    }
    tensors = {name: value.detach().cpu().contiguous() for name, value in checkpoint.tensors.items()}
    private_folder(path.parent)
    write_bytes(path, need("safetensors.torch").save(tensors, metadata=facts))


def read_checkpoint(path: Path, stage: Stage, seed: int | None = None) -> Checkpoint:
    """Read a checkpoint.

    Parameters
    ----------
    path : Path
    stage : Stage
        What it must have been made for.
    seed : int, optional
        That it must have been made with, where learning goes on.

    Returns
    -------
    Checkpoint

    Raises
    ------
    StoreError
        It is missing, truncated, damaged, or of another architecture, version or seed.
    """
    safetensors = need("safetensors")
    try:
        with safetensors.safe_open(str(path), framework="pt", device="cpu") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, safetensors.SafetensorError) as error:
        raise StoreError(
            f"The checkpoint '{path.name}' cannot be read: it is missing, truncated or none.",
            remedy="Remove it and train again: what other checkpoints hold is kept.",
        ) from error
    wanted = json.loads(json.dumps(stage.architecture))
    try:
        found = json.loads(facts.get("architecture", "null"))
    except ValueError as error:
        raise _damaged(path) from error
    if facts.get("version") != _VERSION or found != wanted:
        raise StoreError(
            f"The checkpoint '{path.name}' is of another architecture: {found}; wanted is {wanted}.",
            remedy="Name the preset that it was trained with, or another folder.",
        )
    if seed is not None and facts.get("seed") != str(seed):
        raise StoreError(
            f"The checkpoint '{path.name}' was trained with seed {facts.get('seed')}, and this run has {seed}.",
            remedy="Give the same seed, or another folder.",
        )
    try:
        curve = [[int(step), *map(float, losses)] for step, *losses in json.loads(facts["curve"])]
        kept = Checkpoint(int(facts["step"]), facts["finished"] == "1", tensors, curve)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    whole = all(kept.part(name) for name in _PARTS) and _sizes(kept, "first") == _sizes(kept, "second")
    if not whole or any(len(entry) != _ENTRY for entry in curve):
        raise _damaged(path)
    return kept


def _sizes(kept: Checkpoint, part: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of one kind."""
    return {name: tuple(value.shape) for name, value in kept.part(part).items()}


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"The checkpoint '{path.name}' is damaged: what it says of itself is no checkpoint's.",
        remedy="Remove it and train again: what other checkpoints hold is kept.",
    )

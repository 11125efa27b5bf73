"""How large the networks are, and how long they learn."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BOX_LOW", "BOX_SIZE", "PRESETS", "Preset", "Stage", "preset_of"]

BOX_LOW = (-88.0, -14.0, -132.0)
BOX_SIZE = (176.0, 144.0, 208.0)
"""Mm of the mean head: the box around the face that is rebuilt, right, front, up."""


@dataclass(frozen=True)
class Stage:
    """One network.

    Parameters
    ----------
    spacing : float
        Mm of the mean head between voxels; divides the box.
    channels : tuple of int
        Of each level; the box is halved between levels.
    attention : tuple of bool
        Levels with self-attention.
    blocks : int
        Residual blocks a level.
    groups : int
        Of group normalisation; divides every number of channels.
    head_channels : int
        Channels of one head of attention; the coarsest level always has it.
    steps : int
        Of the optimiser, at most.
    batch : int
    rate : float
        Learning rate.
    """

    spacing: float
    channels: tuple[int, ...]
    attention: tuple[bool, ...]
    blocks: int
    groups: int
    head_channels: int
    steps: int
    batch: int
    rate: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the box."""
        x, y, z = (round(side / self.spacing) for side in BOX_SIZE)
        return x, y, z

    @property
    def architecture(self) -> dict[str, Any]:
        """What a checkpoint must share to be read."""
        names = ("spacing", "channels", "attention", "blocks", "groups", "head_channels")
        return {name: value for name, value in asdict(self).items() if name in names}


@dataclass(frozen=True)
class Preset:
    """Both networks, and what they share.

    Parameters
    ----------
    name : str
    coarse, fine : Stage
    timesteps : int
        Of the noise that is learnt.
    sampling : int
        Steps in which a face is drawn; divides ``timesteps``.
    decay : float
        Of the mean of the weights over steps, which is what faces are drawn with.
    validate_every : int
        Steps.
    patience : int
        Validations without gain after which a stage ends.
    mixed : bool
        Networks count in bfloat16 where the hardware does so itself: half of the time on such a CPU.
    """

    name: str
    coarse: Stage
    fine: Stage
    timesteps: int
    sampling: int
    decay: float
    validate_every: int
    patience: int
    mixed: bool


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "tiny": Preset(
            name="tiny",
            coarse=Stage(8.0, (8, 16), (False, False), 1, 4, 8, steps=60, batch=2, rate=2e-3),
            fine=Stage(4.0, (8, 16, 16), (False, False, False), 1, 4, 8, steps=16, batch=1, rate=2e-3),
            timesteps=100,
            sampling=5,
            decay=0.95,
            validate_every=12,
            patience=50,
            mixed=False,
        ),
        "small": Preset(
            name="small",
            coarse=Stage(4.0, (8, 32, 64), (False,) * 3, 1, 8, 32, steps=10_000, batch=2, rate=1e-3),
            fine=Stage(2.0, (8, 8, 16, 32), (False,) * 4, 1, 8, 32, steps=10_000, batch=1, rate=1e-3),
            timesteps=1000,
            sampling=10,
            decay=0.995,
            validate_every=200,
            patience=5,
            mixed=True,
        ),
        "full": Preset(
            name="full",
            coarse=Stage(4.0, (64, 128, 256), (False, False, True), 2, 32, 64, steps=100_000, batch=16, rate=1e-4),
            fine=Stage(
                1.0, (32, 64, 128, 192, 256), (False,) * 4 + (True,), 2, 32, 64, steps=200_000, batch=1, rate=5e-5
            ),
            timesteps=1000,
            sampling=100,
            decay=0.9999,
            validate_every=1000,
            patience=20,
            mixed=True,
        ),
    }
)
"""Name to preset: ``tiny`` for tests, ``small`` for a night of a CPU or a small GPU, ``full`` for a large one."""


def preset_of(name: str) -> Preset:
    """Return a preset by name.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    if name not in PRESETS:
        raise UsageError(f"There is no preset '{name}'.", remedy=f"Choose one of: {', '.join(PRESETS)}.")
    return PRESETS[name]

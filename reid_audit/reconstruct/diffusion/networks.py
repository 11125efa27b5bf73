"""The networks and the noise that they learn to take away."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reid_audit.errors import StoreError, UsageError
from reid_audit.reconstruct.diffusion.extra import need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reid_audit.reconstruct.diffusion.presets import Preset, Stage

__all__ = [
    "device_of",
    "every_core",
    "give_weights",
    "make_network",
    "mixed_precision",
    "noise_schedule",
    "sampling_schedule",
]

_INPUTS = 5
"""What is drawn, as noisy as it is by then; what of the head is known, where it is not, the mean face, the start."""


def device_of(name: str | None = None) -> Any:
    """Return the device that is asked for, else a GPU where there is one.

    Raises
    ------
    UsageError
        There is no such device here.
    """
    torch = need("torch")
    wanted = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(wanted)
        torch.zeros(1, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(
            f"Nothing can be computed on device '{wanted}' here.",
            remedy="Leave it out, or name one of torch's that this machine has: cpu, cuda, cuda:0.",
        ) from error
    return found


@contextmanager
def every_core(device: Any) -> Iterator[None]:
    """Let torch use the cores that this process may use: what starts it often allows one thread, for many processes."""
    torch = need("torch")
    before = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(max(len(os.sched_getaffinity(0)), 1))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def make_network(stage: Stage, seed: int) -> Any:
    """Return a network with weights drawn from a seed; the process's own random numbers stay as they were.

    Parameters
    ----------
    stage : Stage
    seed : int

    Returns
    -------
    monai.networks.nets.DiffusionModelUNet
    """
    torch, nets = need("torch"), need("monai.networks.nets")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nets.DiffusionModelUNet(
            spatial_dims=3,
            in_channels=_INPUTS,
            out_channels=1,
            num_res_blocks=(stage.blocks,) * len(stage.channels),
            channels=stage.channels,
            attention_levels=stage.attention,
            norm_num_groups=stage.groups,
            num_head_channels=(stage.head_channels,) * len(stage.channels),
        )


def mixed_precision(preset: Preset, device: Any) -> Any:
    """Return the context in which networks count in bfloat16 where preset and hardware allow it, else in float32.

    Weights, losses and the mean of the weights stay float32; bfloat16 has the range of float32, so that no loss needs
    scaling. On a CPU without such instructions it would be slower, and is left.

    Parameters
    ----------
    preset : Preset
    device : torch.device

    Returns
    -------
    torch.autocast
    """
    torch = need("torch")
    able = torch.cuda.is_bf16_supported() if device.type == "cuda" else _counts_in_bfloat16()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=preset.mixed and able)


def _counts_in_bfloat16() -> bool:
    """Tell whether this CPU has instructions for bfloat16."""
    can = need("torch").cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def give_weights(network: Any, weights: Mapping[str, Any]) -> None:
    """Give a network the weights of a checkpoint.

    Raises
    ------
    StoreError
        They are of another network, as another version of MONAI may build it, or no numbers.
    """
    if any(value.is_floating_point() and not bool(value.isfinite().all()) for value in weights.values()):
        raise StoreError("Weights in a checkpoint are no numbers.", remedy="Train again in a new folder.")
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise StoreError(
            f"A checkpoint's {len(weights)} tensors do not fit the network that MONAI builds here, which has "
            f"{len(network.state_dict())}.",
            remedy="Install the version of MONAI that it was trained with, or train again in a new folder.",
        ) from error


def noise_schedule(preset: Preset) -> Any:
    """Return the noise of training: what is left is predicted, on the cosine schedule [1]_.

    References
    ----------
    .. [1] A. Nichol, P. Dhariwal, "Improved denoising diffusion probabilistic models", ICML 2021, arXiv:2102.09672
    """
    schedulers = need("monai.networks.schedulers")
    return schedulers.DDPMScheduler(
        num_train_timesteps=preset.timesteps, schedule="cosine", prediction_type="sample", clip_sample=False
    )


def sampling_schedule(preset: Preset) -> Any:
    """Return the steps in which a face is drawn [1]_, from noise alone to no noise at all.

    References
    ----------
    .. [1] J. Song, C. Meng, S. Ermon, "Denoising diffusion implicit models", ICLR 2021, arXiv:2010.02502
    """
    schedulers = need("monai.networks.schedulers")
    schedule = schedulers.DDIMScheduler(
        num_train_timesteps=preset.timesteps, schedule="cosine", prediction_type="sample", clip_sample=False
    )
    schedule.set_timesteps(preset.sampling)
    step = preset.timesteps // preset.sampling
    schedule.timesteps = need("torch").arange(preset.timesteps - 1, -1, -step)
    return schedule

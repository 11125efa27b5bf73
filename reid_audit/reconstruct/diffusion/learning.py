"""Learns one network of the cascade; a stopped run goes on to the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.reconstruct.diffusion.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from reid_audit.reconstruct.diffusion.crops import drawn_region, pooled
from reid_audit.reconstruct.diffusion.data import Faces
from reid_audit.reconstruct.diffusion.extra import need
from reid_audit.reconstruct.diffusion.networks import (
    COARSE_INPUTS,
    FINE_INPUTS,
    give_weights,
    make_network,
    mixed_precision,
    noise_schedule,
)
from reid_audit.reconstruct.diffusion.scale import FaceScale, learn_scale, mirrored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reid_audit.reconstruct.diffusion.presets import Preset, Stage

__all__ = ["COARSE", "FINE", "Task", "learn_stage", "upsampled"]

Array = np.ndarray[Any, Any]

COARSE, FINE = "coarse", "fine"
_OUTSIDE = 0.05
"""Weight of the voxels outside the region, which are known."""
_BLUNT = 0.1
"""Standard deviation of the noise, in brightness, that the finer network sees on the coarser one's output, which is
never the truth."""
_JUDGED = 4
"""Draws of noise for each person on whom learning is judged."""
_MOST_JUDGED = 16


@dataclass(frozen=True)
class Task:
    """What is learnt.

    Parameters
    ----------
    name : {"coarse", "fine"}
    preset : Preset
    faces : Faces
        At the spacing of the finer network.
    path : Path
        Of the checkpoint.
    seed : int
    """

    name: str
    preset: Preset
    faces: Faces
    path: Path
    seed: int

    @property
    def stage(self) -> Stage:
        """Of the preset."""
        return self.preset.coarse if self.name == COARSE else self.preset.fine

    @property
    def factor(self) -> int:
        """How many voxels of the finer network one of the coarser has along each axis."""
        return round(self.preset.coarse.spacing / self.preset.fine.spacing)

    def rng(self, *which: int) -> np.random.Generator:
        """Return the random numbers of a step: they do not depend on what was done before."""
        return np.random.default_rng([self.seed, 1 if self.name == COARSE else 2, *which])


@dataclass(frozen=True, eq=False)
class _Setting:
    """What every step shares."""

    schedule: Any
    scale: FaceScale
    device: Any


def learn_stage(
    task: Task,
    device: Any,
    *,
    most: int | None = None,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> Checkpoint:
    """Learn a network until its steps are done or learning no longer helps.

    Parameters
    ----------
    task : Task
        What is finished of it is taken from its checkpoint.
    device : torch.device
        What it counts in says :func:`~reid_audit.reconstruct.diffusion.networks.mixed_precision`.
    most : int, optional
        Steps of this call.
    progress : callable

    Returns
    -------
    Checkpoint

    Raises
    ------
    StoreError
        The checkpoint is damaged, or of another architecture or seed.
    """
    torch = need("torch")
    network = make_network(task.stage, COARSE_INPUTS if task.name == COARSE else FINE_INPUTS, task.seed).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=task.stage.rate, foreach=False)
    mean = {name: value.detach().clone() for name, value in network.state_dict().items()}
    done, curve, finished = 0, [], False
    if task.path.is_file():
        kept = read_checkpoint(task.path, task.stage, task.seed)
        done, curve, finished = kept.step, kept.curve, kept.finished
        give_weights(network, kept.part("weights"))
        mean = {name: value.to(device) for name, value in kept.part("mean").items()}
        _resume(optimiser, network, kept)
    scale = learn_scale(task.faces.learnt, task.factor if task.name == COARSE else 1)
    setting = _Setting(noise_schedule(task.preset), scale, device)
    stop = task.stage.steps if most is None else min(done + most, task.stage.steps)
    losses: list[float] = []
    checkpoint = None
    while done < stop and not finished:
        rng = task.rng(done)
        chosen = rng.integers(len(task.faces.learnt), size=task.stage.batch)
        files = [task.faces.learnt[k] for k in chosen]
        loss = _loss(task, setting, network, files, rng)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        done += 1
        losses.append(float(loss.detach()))
        _follow(mean, network, min(task.preset.decay, done / (done + 9.0)))
        progress(f"learning {task.name}", done, task.stage.steps)
        if done % task.preset.validate_every == 0 or done == stop:
            if done % task.preset.validate_every == 0 or done == task.stage.steps:
                curve = [*curve, [done, float(np.mean(losses)), _judged(task, setting, network, mean)]]
                losses = []
            finished = done >= task.stage.steps or _plateau(curve, task.preset.patience)
            checkpoint = _kept(network, mean, optimiser, scale, done, finished=finished, curve=curve)
            write_checkpoint(task.path, checkpoint, task.stage, task.seed)
    return checkpoint or _kept(network, mean, optimiser, scale, done, finished=finished, curve=curve)


def _loss(task: Task, setting: _Setting, network: Any, files: Sequence[Path], rng: np.random.Generator) -> Any:
    """Return how far predicted faces are off, mostly in the region; a tensor with a gradient."""
    torch, scale, schedule = need("torch"), setting.scale, setting.schedule
    truth = np.stack([mirrored(face) if rng.random() < 0.5 else face for face in Faces.read(files)])
    coarse = pooled(truth, task.factor)
    target = scale.to_network(coarse if task.name == COARSE else truth)[:, None]
    region = np.stack([drawn_region(task.stage, rng) for _ in files])[:, None].astype(np.float32)
    noise = rng.standard_normal(target.shape, dtype=np.float32)
    times = rng.integers(task.preset.timesteps, size=len(files))
    usual = np.broadcast_to(scale.beside, target.shape)
    inputs = [np.where(region > 0, 0.0, target).astype(np.float32), region, usual]
    if task.name == FINE:
        blunt = coarse + _BLUNT * rng.standard_normal(coarse.shape, dtype=np.float32)
        inputs.append(scale.to_network(upsampled(blunt[:, None], task.factor)))
    target, noise, region, given = (
        torch.from_numpy(np.ascontiguousarray(part)).to(setting.device)
        for part in (target, noise, region, np.concatenate(inputs, axis=1))
    )
    when = torch.from_numpy(times).to(setting.device)
    noisy = schedule.add_noise(original_samples=target, noise=noise, timesteps=when)
    with mixed_precision(task.preset, setting.device):
        predicted = network(torch.cat([noisy, given], dim=1), timesteps=when)
    weight = _OUTSIDE + (1.0 - _OUTSIDE) * region
    return (weight * (predicted.float() - target) ** 2).sum() / weight.sum()


def upsampled(values: Array, factor: int) -> Array:
    """Return values on a finer grid, linear between the voxels; shape (N, 1, I, J, K)."""
    torch = need("torch")
    wide = torch.nn.functional.interpolate(torch.from_numpy(values), scale_factor=factor, mode="trilinear")
    return np.asarray(wide.numpy(), np.float32)


def _judged(task: Task, setting: _Setting, network: Any, mean: dict[str, Any]) -> float:
    """Return the loss of the mean weights on people who are not learnt from, with the same noise every time."""
    torch = need("torch")
    current = {name: value.detach().clone() for name, value in network.state_dict().items()}
    network.load_state_dict(mean)
    network.eval()
    files = (task.faces.validated * _JUDGED)[:_MOST_JUDGED]
    with torch.no_grad():
        losses = [float(_loss(task, setting, network, [file], task.rng(10**9, k))) for k, file in enumerate(files)]
    network.load_state_dict(current)
    network.train()
    return float(np.mean(losses))


def _follow(mean: dict[str, Any], network: Any, decay: float) -> None:
    """Move the mean of the weights a little towards the weights."""
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            mean[name].mul_(decay).add_(value.detach(), alpha=1.0 - decay)
        else:
            mean[name].copy_(value)


def _plateau(curve: Sequence[Sequence[float]], patience: int) -> bool:
    """Tell whether the last validations brought nothing."""
    judged = [entry[2] for entry in curve]
    return len(judged) > patience and min(judged[-patience:]) >= min(judged[:-patience])


def _kept(
    network: Any,
    mean: dict[str, Any],
    optimiser: Any,
    scale: FaceScale,
    done: int,
    *,
    finished: bool,
    curve: list[list[float]],
) -> Checkpoint:
    tensors = {f"weights.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"mean.{name}": value for name, value in mean.items()} | scale.tensors()
    for name, parameter in network.named_parameters():
        state = optimiser.state.get(parameter)
        if state:
            tensors[f"first.{name}"], tensors[f"second.{name}"] = state["exp_avg"], state["exp_avg_sq"]
    return Checkpoint(done, finished, tensors, curve)


def _resume(optimiser: Any, network: Any, kept: Checkpoint) -> None:
    """Give the optimiser the state that it had."""
    torch = need("torch")
    first, second = kept.part("first"), kept.part("second")
    for name, parameter in network.named_parameters():
        if name in first:
            optimiser.state[parameter] = {
                "step": torch.tensor(float(kept.step)),
                "exp_avg": first[name].to(parameter.device),
                "exp_avg_sq": second[name].to(parameter.device),
            }

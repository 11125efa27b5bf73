"""Learns one network of the cascade; a stopped run goes on to the same weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.errors import StoreError
from reid_audit.reconstruct.diffusion.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from reid_audit.reconstruct.diffusion.examples import CoarseExamples, FineExamples
from reid_audit.reconstruct.diffusion.extra import need
from reid_audit.reconstruct.diffusion.networks import give_weights, make_network, mixed_precision, noise_schedule
from reid_audit.reconstruct.diffusion.scale import LEAST_SPREAD, FaceScale, learn_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from reid_audit.reconstruct.diffusion.data import Faces
    from reid_audit.reconstruct.diffusion.examples import Example
    from reid_audit.reconstruct.diffusion.presets import Preset, Stage

__all__ = ["COARSE", "FINE", "Task", "learn_stage"]

Array = np.ndarray[Any, Any]

COARSE, FINE = "coarse", "fine"
_OUTSIDE = 0.05
"""Weight of the voxels outside the region, which are known."""
_JUDGED = 4
"""Draws of noise for each person on whom learning is judged."""
_MOST_JUDGED = 16
_JUDGING, _AT_FIRST = 10**9, 10**9 + 1
"""Instead of a step's number, where random numbers are drawn for neither."""
_MEASURED = 32
"""People, at most, on whom is measured how much is left between faces and where the network begins."""


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
    examples: CoarseExamples | FineExamples
    scale: FaceScale
    device: Any

    @staticmethod
    def of(task: Task, device: Any) -> _Setting:
        """Read what a stage needs of the faces that are learnt from: the same whenever it is asked for."""
        files = task.faces.learnt
        coarse = task.name == COARSE
        examples = CoarseExamples.of(files, task.preset) if coarse else FineExamples(task.preset)
        scale = learn_scale(files, task.factor if coarse else 1)
        left = [_left(examples.of_people([file], task.rng(_AT_FIRST, k))) for k, file in enumerate(files[:_MEASURED])]
        scale = replace(scale, left=max(float(np.sqrt(np.mean(left))), LEAST_SPREAD))
        return _Setting(noise_schedule(task.preset), examples, scale, device)

    def tensors(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it."""
        begins = self.examples.start.tensors() if isinstance(self.examples, CoarseExamples) else {}
        return {**self.scale.tensors(), **begins}


@dataclass(eq=False)
class _Run:
    """A network in the middle of learning."""

    task: Task
    setting: _Setting
    network: Any
    optimiser: Any
    mean: dict[str, Any]
    best: dict[str, Any]
    done: int
    curve: list[list[float]]
    finished: bool = False

    def kept(self) -> Checkpoint:
        """Return what a checkpoint keeps of it."""
        tensors = {f"weights.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"mean.{name}": value for name, value in self.mean.items()}
        # A file holds no tensor twice: the best may be the last.
        tensors |= {f"best.{name}": value.clone() for name, value in self.best.items()} | self.setting.tensors()
        for name, parameter in self.network.named_parameters():
            state = self.optimiser.state.get(parameter)
            if state:
                tensors[f"first.{name}"], tensors[f"second.{name}"] = state["exp_avg"], state["exp_avg_sq"]
        return Checkpoint(self.done, self.finished, tensors, self.curve)


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
        The checkpoint is damaged, or of another architecture or seed; or the loss is no number any more.
    """
    run = _begun(task, device)
    stop = task.stage.steps if most is None else min(run.done + most, task.stage.steps)
    losses: list[float] = []
    while run.done < stop and not run.finished:
        losses.append(_stepped(run))
        progress(f"learning {task.name}", run.done, task.stage.steps)
        due = run.done % task.preset.validate_every == 0
        if due or run.done == task.stage.steps:
            _validate(run, float(np.mean(losses)))
            losses = []
        if due or run.done == stop:
            write_checkpoint(task.path, run.kept(), task.stage, task.seed)
    return run.kept()


def _begun(task: Task, device: Any) -> _Run:
    """Return a run where its checkpoint left it, else a new one."""
    torch = need("torch")
    network = make_network(task.stage, task.seed).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=task.stage.rate, foreach=False)
    fresh = {name: value.detach().clone() for name, value in network.state_dict().items()}
    run = _Run(task, _Setting.of(task, device), network, optimiser, mean=fresh, best=fresh, done=0, curve=[])
    if task.path.is_file():
        kept = read_checkpoint(task.path, task.stage, task.seed)
        run.done, run.curve, run.finished = kept.step, kept.curve, kept.finished
        give_weights(network, kept.part("weights"))
        run.mean, run.best = (
            {name: value.to(device) for name, value in kept.part(part).items()} for part in ("mean", "best")
        )
        _resume(optimiser, network, kept)
    return run


def _stepped(run: _Run) -> float:
    """Take one step, and return its loss."""
    torch, task = need("torch"), run.task
    rng = task.rng(run.done)
    chosen = rng.integers(len(task.faces.learnt), size=task.stage.batch)
    example = run.setting.examples.of_people([task.faces.learnt[k] for k in chosen], rng)
    loss = _loss(task, run.setting, run.network, example, rng)
    if not torch.isfinite(loss):
        raise StoreError(
            f"Learning the {task.name} network lost its way at step {run.done + 1}: the loss is {float(loss)}.",
            remedy="Train again in a new folder with another seed.",
        )
    run.optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
    run.optimiser.step()
    run.done += 1
    run.mean = _followed(run.mean, run.network, min(task.preset.decay, run.done / (run.done + 9.0)))
    return float(loss.detach())


def _validate(run: _Run, loss: float) -> None:
    """Judge the mean of the weights on people who are not learnt from, and keep it where it is the best so far.

    The best is the nearest where nothing but noise is seen: the expected face, which attackers go by. A network that
    never adds anything to where it begins is kept as it was made.
    """
    seen, blind = _judged(run.task, run.setting, run.network, run.mean)
    if blind < min([1.0, *(entry[3] for entry in run.curve)]):
        run.best = run.mean
    run.curve = [*run.curve, [run.done, loss, seen, blind]]
    run.finished = run.done >= run.task.stage.steps or _plateau(run.curve, run.task.preset.patience)


def _left(example: Example) -> float:
    """Return the mean square, in the region, of what is left between a face and where the network begins."""
    return float(np.square(example.face - example.start)[example.region > 0].mean())


def _loss(
    task: Task,
    setting: _Setting,
    network: Any,
    example: Example,
    rng: np.random.Generator,
    *,
    blind: bool = False,
) -> Any:
    """Return how far predicted faces are off, mostly in the region; a tensor with a gradient.

    ``blind``: at the last of all times, where the network sees nothing but noise of what it predicts.
    """
    torch, scale, schedule = need("torch"), setting.scale, setting.schedule
    target = scale.to_network(example.face, example.start)[:, None]
    noise = rng.standard_normal(target.shape, dtype=np.float32)
    times = rng.integers(task.preset.timesteps - 1 if blind else 0, task.preset.timesteps, size=len(target))
    parts = (target, noise, example.region[:, None], scale.given(example.face, example.region, example.start))
    target, noise, region, given = (torch.from_numpy(np.ascontiguousarray(part)).to(setting.device) for part in parts)
    when = torch.from_numpy(times).to(setting.device)
    noisy = schedule.add_noise(original_samples=target, noise=noise, timesteps=when)
    with mixed_precision(task.preset, setting.device):
        predicted = network(torch.cat([noisy, given], dim=1), timesteps=when)
    return _weighted((predicted.float() - target) ** 2, region)


def _weighted(values: Any, region: Any) -> Any:
    """Return a mean over voxels that is mostly of the region."""
    weight = _OUTSIDE + (1.0 - _OUTSIDE) * region
    return (weight * values).sum() / weight.sum()


def _judged(task: Task, setting: _Setting, network: Any, mean: dict[str, Any]) -> tuple[float, float]:
    """Return the loss of the mean weights on people who are not learnt from, with the same noise every time.

    Over all times, and where nothing but noise is seen: there 1 is a network that adds nothing to where it begins.
    """
    torch = need("torch")
    current = {name: value.detach().clone() for name, value in network.state_dict().items()}
    network.load_state_dict(mean)
    network.eval()
    losses = []
    with torch.no_grad():
        for k, file in enumerate((task.faces.validated * _JUDGED)[:_MOST_JUDGED]):
            rng = task.rng(_JUDGING, k)
            example = setting.examples.of_people([file], rng)
            found = [float(_loss(task, setting, network, example, rng, blind=last)) for last in (False, True)]
            left = setting.scale.to_network(example.face, example.start)
            losses.append([*found, float(_weighted(left**2, example.region))])
    network.load_state_dict(current)
    network.train()
    seen, blind, ignorant = np.mean(losses, axis=0)
    return float(seen), float(blind / max(ignorant, 1e-12))


def _followed(mean: Mapping[str, Any], network: Any, decay: float) -> dict[str, Any]:
    """Return the mean of the weights, moved a little towards the weights."""
    return {
        name: mean[name] * decay + value.detach() * (1.0 - decay) if value.is_floating_point() else value.clone()
        for name, value in network.state_dict().items()
    }


def _plateau(curve: Sequence[Sequence[float]], patience: int) -> bool:
    """Tell whether the last validations brought nothing, neither over all times nor where nothing but noise is seen."""
    if len(curve) <= patience:
        return False
    judged = np.array(curve)[:, 2:]
    return bool((judged[-patience:].min(axis=0) >= judged[:-patience].min(axis=0)).all())


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

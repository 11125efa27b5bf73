"""The attacker who draws faces by a cascade of diffusion models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from scipy.ndimage import map_coordinates

from reid_audit.anatomy.resampling import resample
from reid_audit.errors import StoreError, UsageError
from reid_audit.reconstruct.average import AverageFace
from reid_audit.reconstruct.diffusion.checkpoint import Checkpoint, read_checkpoint
from reid_audit.reconstruct.diffusion.crops import box_affine, crop_of, pooled
from reid_audit.reconstruct.diffusion.extra import EXTRA, need
from reid_audit.reconstruct.diffusion.learning import COARSE, FINE
from reid_audit.reconstruct.diffusion.networks import (
    device_of,
    give_weights,
    make_network,
    mixed_precision,
    sampling_schedule,
)
from reid_audit.reconstruct.diffusion.presets import Preset, preset_of
from reid_audit.reconstruct.diffusion.scale import FaceScale
from reid_audit.reconstruct.diffusion.start import LinearStart, upsampled
from reid_audit.reconstruct.diffusion.training import POPULATION, read_facts
from reid_audit.reconstruct.filling import fill_values
from reid_audit.reconstruct.gain import gain_of
from reid_audit.reconstruct.population import HeadPopulation, read_population
from reid_audit.reconstruct.prepared import prepare
from reid_audit.store import bytes_key
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reid_audit.types import Mask, Volume

__all__ = ["CascadedDiffusion"]

Array = np.ndarray[Any, Any]
Made = TypeVar("Made")


@dataclass(frozen=True)
class CascadedDiffusion:
    """Draws faces that go with the rest of a head, coarse first, then fine; what is known stays known at every step.

    Parameters
    ----------
    folder : path-like
        That ``train_diffusion`` made.
    samples : int
        Coarse faces drawn of each scan. A single one is as far off as what nobody can know of it; the mean of N has an
        N-th of that.
    keep : {"mean", "likeliest"}
        The mean of the samples, or the one that lies nearest to all others; the fine network goes on from it.
    device : str, optional
        Of torch; a GPU where there is one.
    """

    folder: Path | str
    samples: int = 8
    keep: Literal["mean", "likeliest"] = "mean"
    device: str | None = None

    def __post_init__(self) -> None:
        if self.samples < 1 or self.keep not in ("mean", "likeliest"):
            raise UsageError(
                f"A face is the 'mean' or the 'likeliest' of 1 sample or more, got {self.keep!r} of {self.samples}.",
                remedy="Give for example samples=8, keep='mean'.",
            )

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of the weights and of the heads that scans are laid on.

        Raises
        ------
        StoreError
            There is no trained model in the folder.
        """
        try:
            digests = tuple(bytes_key(file) for file in _files(Path(self.folder)))
        except OSError as error:
            raise _no_model() from error
        return ModelSpec("diffusion", "1", "Apache-2.0", digests, needs=(f"extra: {EXTRA}",))

    def check(self) -> None:
        """Load the model once, to see before any scan is attacked whether it can be.

        Raises
        ------
        MissingResourceError
            The extra is not installed.
        StoreError
            There is no model in the folder, or a checkpoint of it is damaged or of another architecture.
        """
        _read(Path(self.folder), "cpu")

    def reconstruct(self, volume: Volume, region: Mask, rng: np.random.Generator) -> Volume:
        """Return the scan with a drawn face in the region.

        Parameters
        ----------
        volume : Volume
        region : Mask
        rng : numpy.random.Generator

        Returns
        -------
        Volume
            As the protocol :class:`~reid_audit.protocols.Reconstructor` says.

        Raises
        ------
        MissingResourceError
            The extra is not installed.
        StoreError
            There is no model in the folder, or a checkpoint of it is damaged or of another architecture.
        UsageError
            It learnt from scans of another kind.
        VolumeError
            The region does not fit the scan.
        HeadError
            No head is found, or it cannot be laid on the template.
        """
        model = _loaded(str(self.folder), self.device, _state(Path(self.folder)))
        found = prepare(volume, region, model.population)
        to_grid, fine = found.placed.similar, model.preset.fine
        unknown = resample(
            found.altered.astype(np.float32), to_grid @ volume.affine, fine.shape, box_affine(fine.spacing)
        )
        gain = gain_of(volume, found.placed.affine, model.population.mean, found.altered)
        crop = crop_of(volume, to_grid, fine, gain)
        face = self._drawn(model, crop, unknown > 0.02, rng)
        matrix = np.linalg.inv(box_affine(fine.spacing)) @ to_grid @ volume.affine
        index = np.argwhere(found.altered) @ matrix[:3, :3].T + matrix[:3, 3]
        values = gain[0] + gain[1] * map_coordinates(face, index.T, order=1, mode="nearest")
        # Beyond its box the cascade has learnt nothing: there the average face stands.
        beyond = ((index < -0.5) | (index > np.array(fine.shape) - 0.5)).any(axis=1)
        if beyond.any():
            average = AverageFace(model.population).reconstruct(volume, region, rng)
            values[beyond] = np.asarray(average.data)[found.altered][beyond]
        return fill_values(volume, found.altered, values)

    def _drawn(self, model: _Model, crop: Array, unknown: Array, rng: np.random.Generator) -> Array:
        """Draw one face; shape of the crop, brightness."""
        factor = round(model.preset.coarse.spacing / model.preset.fine.spacing)
        wide = pooled(unknown.astype(np.float32), factor) > 0
        small = pooled(crop, factor)
        start = model.start.of(small, wide)
        drawn = _denoised(model, model.coarse, small, wide, start=start, samples=self.samples, rng=rng)
        rough = drawn.mean(axis=0) if self.keep == "mean" else drawn[_middle(drawn)]
        start = np.where(unknown, upsampled(rough, factor), crop)
        (fine,) = _denoised(model, model.fine, crop, unknown, start=start, samples=1, rng=rng)
        return np.asarray(fine)


@dataclass(frozen=True, eq=False)
class _Network:
    """One that has learnt, and the scale on which it sees."""

    weights: Any
    scale: FaceScale


@dataclass(frozen=True, eq=False)
class _Model:
    preset: Preset
    population: HeadPopulation
    start: LinearStart
    coarse: _Network
    fine: _Network
    device: Any


@lru_cache(maxsize=2)
def _loaded(folder: str, device: str | None, state: tuple[tuple[int, ...], ...]) -> _Model:
    """Return a model, read again after its files were written again."""
    del state
    return _read(Path(folder), device)


def _files(place: Path) -> tuple[Path, ...]:
    return (*(place / f"{name}.safetensors" for name in (COARSE, FINE)), place / POPULATION)


def _state(place: Path) -> tuple[tuple[int, ...], ...]:
    """Return what changes when a file of a model is replaced."""
    try:
        found = [file.stat() for file in _files(place)]
    except OSError as error:
        raise _no_model() from error
    return tuple((one.st_ino, one.st_size, one.st_mtime_ns) for one in found)


def _read(place: Path, device: str | None) -> _Model:
    need("torch")
    preset = preset_of(read_facts(place)["preset"])
    where = device_of(device)
    networks: list[_Network] = []
    kept: dict[str, Checkpoint] = {}
    for name, stage in ((COARSE, preset.coarse), (FINE, preset.fine)):
        network = make_network(stage, 0)
        kept[name] = read_checkpoint(place / f"{name}.safetensors", stage)
        if not kept[name].finished:
            raise StoreError(
                f"The {name} network in the folder is not trained to its end: {kept[name].step} steps.",
                remedy="Give the command that trains it again: it goes on.",
            )
        give_weights(network, kept[name].part("best"))
        networks.append(_Network(network.to(where).eval(), _of_part(FaceScale.of, kept[name], "face")))
    start = _of_part(LinearStart.of_tensors, kept[COARSE], "start")
    return _Model(preset, read_population(place / POPULATION), start, networks[0], networks[1], where)


def _of_part(make: Callable[[Mapping[str, Any]], Made], kept: Checkpoint, name: str) -> Made:
    try:
        return make(kept.part(name))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise StoreError(
            f"The part '{name}' of a checkpoint is damaged or missing.",
            remedy="Train again in a new folder: reid-audit reconstruct train.",
        ) from error


def _no_model() -> StoreError:
    return StoreError(
        "There is no trained diffusion model in the folder.", remedy="Train one: reid-audit reconstruct train."
    )


def _denoised(
    model: _Model,
    network: _Network,
    truth: Array,
    unknown: Array,
    *,
    start: Array,
    samples: int,
    rng: np.random.Generator,
) -> Array:
    """Take noise away step by step; at every step the known voxels are set to what they are, as noisy as the rest.

    Shape of what is returned: samples, then that of the face.
    """
    torch = need("torch")
    schedule, scale = sampling_schedule(model.preset), network.scale
    region = unknown[None].astype(np.float32)
    shape = (samples, 1, *unknown.shape)
    given = torch.from_numpy(scale.given(truth[None], region, start[None])).expand(samples, -1, -1, -1, -1)
    given, inside = given.to(model.device), torch.from_numpy(region[None]).to(model.device)
    noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(model.device)
    # Where a head is known nothing is left between it and where the network begins.
    face, fixed = noise.clone(), torch.zeros_like(noise)
    with torch.no_grad(), mixed_precision(model.preset, model.device):
        for now in schedule.timesteps.tolist():
            face = inside * face + (1.0 - inside) * _noisy(schedule, fixed, noise, now)
            when = torch.full((samples,), now, device=model.device)
            predicted = network.weights(torch.cat([face, given], dim=1), timesteps=when)
            face, _ = schedule.step(predicted.float(), now, face)
    drawn = scale.from_network(np.asarray(face[:, 0].cpu().numpy()), start)
    return np.asarray(np.where(unknown, drawn, truth), np.float32)


def _noisy(schedule: Any, values: Any, noise: Any, when: int) -> Any:
    torch = need("torch")
    return schedule.add_noise(
        original_samples=values, noise=noise, timesteps=torch.tensor([when], device=values.device)
    )


def _middle(drawn: Array) -> int:
    """Return which sample lies nearest to all others."""
    flat = drawn.reshape(len(drawn), -1).astype(np.float64)
    square = np.square(flat).sum(axis=1)
    return int((square[:, None] + square - 2 * flat @ flat.T).clip(0).sum(axis=1).argmin())

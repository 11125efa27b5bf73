"""Learns a cascade from originals, resumably, in one private folder."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.errors import StoreError, UsageError
from reid_audit.reconstruct.diffusion.data import lay_faces
from reid_audit.reconstruct.diffusion.extra import need
from reid_audit.reconstruct.diffusion.learning import COARSE, FINE, Task, learn_stage
from reid_audit.reconstruct.diffusion.networks import device_of, every_core
from reid_audit.reconstruct.diffusion.presets import preset_of
from reid_audit.reconstruct.population import learn_population, read_population, write_population
from reid_audit.store import LOCK, alone_in, private_folder, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reid_audit.reconstruct.diffusion.presets import Preset
    from reid_audit.types import Volume

__all__ = ["MODEL", "POPULATION", "Trained", "learnt_from", "learnt_people", "read_facts", "train_diffusion"]

MODEL = "model.json"
POPULATION = "population.npz"
_VERSION = 2
_FACTS = {"preset": str, "learnt_from": list, "salt": str, "people": list}


@dataclass(frozen=True)
class Trained:
    """A cascade and how its learning went.

    Parameters
    ----------
    folder : Path
    finished : bool
        False where this call's steps ran out before the learning was done.
    curves : mapping of str to tuple
        ``"coarse"`` and ``"fine"`` to rows of step, loss of training, loss of validation, and
        what is left, where nothing but noise is seen, of the mean square between faces and where the network begins.
    people : int
        Learnt from or held back for validation.
    lost : int
        People whose face could not be laid on the others: nothing is learnt from them.
    """

    folder: Path
    finished: bool
    curves: dict[str, tuple[tuple[float, ...], ...]]
    people: int
    lost: int


def train_diffusion(
    originals: Sequence[Volume],
    keys: Sequence[str],
    out: Path | str,
    *,
    people: Sequence[str] = (),
    preset: str = "small",
    seed: int = 1,
    device: str | None = None,
    most: int | None = None,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> Trained:
    """Learn a cascade of diffusion models from heads with their faces.

    Parameters
    ----------
    originals : sequence of Volume
        One a person, none of a person who is attacked; may be read when asked for.
    keys : sequence of str
        SHA-256 of the file of each: two runs on the same files are the same run.
    out : path-like
        Private folder. A call with the same arguments goes on where the last one stopped.
    people : sequence of str
        Labels of those people: kept as salted hashes, so that no attack with this model is measured on another scan of
        theirs (:func:`learnt_people`). Without them the files alone tell whom it learnt from.
    preset : {"tiny", "small", "full"}
    seed : int
    device : str, optional
        Of torch; a GPU where there is one.
    most : int, optional
        Steps of each network in this call.
    progress : callable
        Takes a stage, how much is done, and how much there is.

    Returns
    -------
    Trained

    Raises
    ------
    MissingResourceError
        The extra is not installed.
    UsageError
        There are too few people, no such preset, the folder holds a model of other people, preset or seed, or another
        run is at work in it.
    HeadError
        Too few of the scans show a head.
    StoreError
        A checkpoint is damaged.
    """
    chosen = preset_of(preset)
    for package in ("torch", "monai.networks.nets", "monai.networks.schedulers", "safetensors.torch"):
        need(package)
    wanted = {"version": _VERSION, "preset": preset, "seed": seed, "learnt_from": sorted(keys)}
    with alone_in(out) as folder:
        _claim(folder, wanted, people)
        return _trained(originals, keys, folder, chosen, seed=seed, device=device, most=most, progress=progress)


def _trained(
    originals: Sequence[Volume],
    keys: Sequence[str],
    folder: Path,
    chosen: Preset,
    *,
    seed: int,
    device: str | None,
    most: int | None,
    progress: Callable[[str, int, int], None],
) -> Trained:
    """Learn both networks in a folder that is held."""
    if not (folder / POPULATION).is_file():
        write_population(learn_population(originals, progress=progress), folder / POPULATION)
    population = read_population(folder / POPULATION)
    faces = lay_faces(originals, keys, population, chosen.fine, folder=folder / "faces", progress=progress)
    where = device_of(device)
    curves, finished = {}, True
    for name in (COARSE, FINE):
        task = Task(name, chosen, faces, folder / f"{name}.safetensors", seed)
        with every_core(where):
            made = learn_stage(task, where, most=most, progress=progress)
        curves[name] = tuple(tuple(entry) for entry in made.curve)
        finished = finished and made.finished
        rows = [
            "step\ttraining\tvalidation\tnoise_alone",
            *("\t".join(f"{value:.6g}" for value in row) for row in made.curve),
        ]
        write_text(folder / f"{name}.tsv", "\n".join(rows) + "\n")
    return Trained(folder, finished, curves, len(faces.learnt) + len(faces.validated), faces.lost)


def learnt_from(folder: Path | str) -> tuple[str, ...]:
    """Return the SHA-256 of every file that the model in a folder has learnt from; needs no extra.

    Raises
    ------
    StoreError
        There is no model in the folder.
    """
    return tuple(map(str, read_facts(Path(folder))["learnt_from"]))


def learnt_people(folder: Path | str, labels: Sequence[str]) -> tuple[str, ...]:
    """Return which of these labels the model in a folder has learnt from; needs no extra.

    Parameters
    ----------
    folder : path-like
    labels : sequence of str
        Of people. Those of another data set may be alike by chance.

    Returns
    -------
    tuple of str
        None where the model was trained without labels.

    Raises
    ------
    StoreError
        There is no model in the folder.
    """
    facts = read_facts(Path(folder))
    known = set(facts["people"])
    return tuple(label for label in labels if _hashed(label, facts["salt"]) in known)


def _hashed(label: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}\0{label}".encode("utf-8", "surrogateescape")).hexdigest()


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what the model in a folder says of itself: preset, seed, whom it learnt from.

    Raises
    ------
    StoreError
        There is no model in the folder, or what it says is damaged.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        whole = all(isinstance(facts[name], kind) for name, kind in _FACTS.items())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _none(folder) from error
    if not whole:
        raise _none(folder)
    return facts


def _none(folder: Path) -> StoreError:
    if (folder / MODEL).is_file():
        return StoreError(
            f"The file '{MODEL}' of a trained diffusion model is damaged, or of another version.",
            remedy="Train again in a new folder: reid-audit reconstruct train.",
        )
    return StoreError(
        "There is no trained diffusion model in the folder.", remedy="Train one: reid-audit reconstruct train."
    )


def _claim(folder: Path, wanted: dict[str, object], people: Sequence[str]) -> None:
    """Take a folder for a model, or refuse it as it is."""
    note = folder / MODEL
    kept = read_facts(folder) if note.is_file() else None
    if kept is None and any(entry.name != LOCK for entry in folder.iterdir()):
        raise UsageError(f"'{folder}' is not empty.", remedy="Name a new folder.")
    salt = secrets.token_hex(16) if kept is None else str(kept["salt"])
    wanted = {**wanted, "salt": salt, "people": sorted(_hashed(label, salt) for label in people)}
    if kept not in (None, wanted):
        raise UsageError(
            f"'{folder}' holds a model of other people, another preset or another seed.",
            remedy="Name another folder, or remove this one.",
        )
    private_folder(folder)
    if kept is None:
        write_json(note, wanted)

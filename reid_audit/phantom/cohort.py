"""People who do not exist, on disk as a BIDS data set with photographs."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.defacers import DEFACERS, MeanFaceDefacer, PartialDefacer, Placement, ZeroDefacer, place_mean_head
from reid_audit.errors import ReidAuditError, StoreError, UsageError
from reid_audit.inputs import write_volume
from reid_audit.phantom.acquisition import ScanSettings, acquire
from reid_audit.phantom.contrast import CONTRASTS, Tumour
from reid_audit.phantom.dataset import (
    BIDS_IGNORE,
    MUSCLE_SIDECAR,
    PARTICIPANTS_SIDECAR,
    derivative_description,
    participants_table,
    raw_description,
    readme,
    scan_name,
    scan_sidecar,
)
from reid_audit.phantom.identity import sample_identities, sample_session_change
from reid_audit.phantom.photo import take_photo
from reid_audit.store import LOCK, code_key, one_at_a_time, private_folder, write_bytes, write_json, write_text
from reid_audit.types import ORIGINAL
from reid_audit.workers import WorkerLost, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from reid_audit.phantom.acquisition import PhantomScan
    from reid_audit.phantom.identity import Identity
    from reid_audit.phantom.settings import PhantomSettings
    from reid_audit.protocols import Defacer
    from reid_audit.types import Volume

__all__ = ["cohort_identities", "write_cohort"]

_IDENTITY, _CHANGE, _SCAN, _PHOTO, _CUT, _MUSCLE = range(6)
"""Streams of random numbers of one person; adding photos or sessions leaves the other streams as they are."""

_WHAT = {
    "zero": "Sham defacer: the face region of the mean head set to air.",
    "partial": "Sham defacer: eyes, brows and forehead of the mean head set to air, the rest of the face left.",
    "meanface": "Sham defacer: the face region of the mean head filled with the mean head's face.",
}


@one_at_a_time("folder")
def write_cohort(
    settings: PhantomSettings,
    folder: Path | str,
    *,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Write a phantom cohort as a valid BIDS data set with photographs.

    Scans lie in ``sub-*``, defaced ones in ``derivatives/<condition>``, true masks in ``derivatives/truth``,
    photographs in ``photos`` with ``photos.tsv``. The same settings give the same files; a stopped run goes
    on where it stopped.

    Parameters
    ----------
    settings : PhantomSettings
    folder : path-like
        New, empty, or one that a run with the same settings began.
    workers : int
        Processes.
    progress : callable, optional
        Takes a stage, how many people are done, and how many there are.

    Raises
    ------
    UsageError
        If the folder holds something else, or another run is at work in it.
    StoreError
        If a file cannot be written, or a process was killed.
    """
    root = Path(folder)
    _claim(root, settings)
    people = cohort_identities(settings)
    _write_frame(root, settings, people)
    place = str(root.absolute())  # workers may have been started elsewhere
    tasks = [(settings, place, index) for index in range(len(people)) if not _mark(root, index).exists()]
    done = len(people) - len(tasks)
    tell = progress or (lambda _stage, _done, _total: None)
    tell("phantoms", done, len(people))
    for _, answer in run_tasks(_write_subject, tasks, workers=workers):
        if isinstance(answer, WorkerLost):
            raise StoreError(
                "A process that made a phantom was killed, probably for want of memory.",
                remedy="Run it again with fewer workers: what is written stays.",
            )
        done += 1
        tell("phantoms", done, len(people))


def cohort_identities(settings: PhantomSettings) -> tuple[Identity, ...]:
    """Return the people of a cohort, without writing anything.

    Parameters
    ----------
    settings : PhantomSettings

    Returns
    -------
    tuple of Identity
        With labels ``phantom001``, ...
    """
    return tuple(_identity(settings, index) for index in range(settings.n_subjects))


def _identity(settings: PhantomSettings, index: int) -> Identity:
    return sample_identities(
        1,
        _rng(settings, index, _IDENTITY),
        population=settings.population,
        spread=settings.spread,
        predictable_share=settings.predictable_share,
        ages=settings.ages,
        labels=(f"phantom{index + 1:03d}",),
    )[0]


def _rng(settings: PhantomSettings, index: int, *stream: int) -> np.random.Generator:
    """Return the random numbers of one stream of one person: what SeedSequence.spawn would give, by name."""
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(index, *stream)))


def _claim(root: Path, settings: PhantomSettings) -> None:
    """Take a folder for these settings, or refuse it."""
    wanted = json.loads(json.dumps({"settings": asdict(settings), "code": code_key("anatomy", "phantom", "defacers")}))
    note = root / "code" / "phantom.json"
    if note.is_file():
        if json.loads(note.read_text(encoding="utf-8")) == wanted:
            return
        raise UsageError(
            f"'{root}' holds a phantom cohort made with other settings or another version.",
            remedy="Name another folder, or remove this one.",
        )
    if root.exists() and not _is_new(root):
        raise UsageError(f"'{root}' is not an empty folder.", remedy="Name a new folder.")
    private_folder(root)
    private_folder(root / "code")
    write_json(note, wanted)


def _is_new(root: Path) -> bool:
    """Tell whether nothing lies in a folder but what a run leaves that was killed before it had written anything."""
    if not root.is_dir():
        return False
    names = {entry.name for entry in root.iterdir()} - {LOCK, "code"}
    return not names and not ((root / "code").exists() and any((root / "code").iterdir()))


def _mark(root: Path, index: int) -> Path:
    """Return the file that says that a person is written."""
    return root / "code" / f"phantom{index + 1:03d}.done"


def _write_frame(root: Path, settings: PhantomSettings, people: tuple[Identity, ...]) -> None:
    """Write what is there once for all people."""
    write_json(root / "dataset_description.json", raw_description(f"{len(people)} people who do not exist"))
    write_text(root / "README", readme(len(people), settings.seed))
    write_text(root / ".bidsignore", BIDS_IGNORE)
    muscle = [_muscle(settings, index) for index in range(len(people))] if settings.muscle_spread else None
    write_text(root / "participants.tsv", participants_table(people, muscle))
    write_json(root / "participants.json", PARTICIPANTS_SIDECAR | (MUSCLE_SIDECAR if muscle else {}))
    for name in [c for c in settings.conditions if c != ORIGINAL] + ["truth"]:
        place = _private(root / "derivatives" / name)
        what = _WHAT.get(name, "True masks, known because the heads were made.")
        write_json(place / "dataset_description.json", derivative_description(name, what))
        write_text(place / ".bidsignore", BIDS_IGNORE)
    if settings.photos_per_subject:
        place = private_folder(root / "photos")
        lines = [f"{who.label}\t{_photo_name(who, k)}" for who in people for k in range(settings.photos_per_subject)]
        write_text(place / "photos.tsv", "\n".join(["subject\tpath", *lines]) + "\n")
        write_text(place / "README", readme(len(people), settings.seed))


def _photo_name(who: Identity, index: int) -> str:
    return f"sub-{who.label}_photo-{index + 1:02d}.png"


def _write_subject(task: tuple[PhantomSettings, str, int]) -> None:
    """Write the scans and photographs of one person."""
    settings, folder, index = task
    root = Path(folder)
    who = _identity(settings, index)
    for session in range(settings.sessions):
        change = sample_session_change(_rng(settings, index, _CHANGE, session)) if session else None
        for modality in settings.modalities:
            rng = _rng(settings, index, _SCAN, session, list(CONTRASTS).index(modality))
            how = _draw_scan(settings, index, modality, rng)
            cut = _draw_cut(settings, _rng(settings, index, _CUT, session, list(CONTRASTS).index(modality)))
            how = replace(how, cut=cut)
            scan = acquire(who, how, rng, session=change)
            name = f"{session + 1:02d}" if settings.sessions > 1 else ""
            _write_scan(root, settings, (who.label, name), how, scan)
    for number in range(settings.photos_per_subject):
        picture = _photograph(settings, who, _rng(settings, index, _PHOTO, number))
        write_bytes(root / "photos" / _photo_name(who, number), picture)
    write_text(_mark(root, index), "")


def _draw_scan(settings: PhantomSettings, index: int, modality: str, rng: np.random.Generator) -> ScanSettings:
    """Draw how one scan is made; fillings and tumours stay with the person."""
    body = _rng(settings, index, _SCAN)
    has_fillings, has_tumour = body.random() < settings.dental_share, body.random() < settings.tumour_share
    side = 1.0 if body.random() < 0.5 else -1.0
    tumour = Tumour((side * float(body.uniform(22, 40)), float(body.uniform(-40, 40)), float(body.uniform(50, 75))))
    turn = settings.tilt * rng.normal(size=3) * (1.0, 0.6, 0.6)
    shift = settings.offset * rng.normal(size=3)
    grid = rng.uniform(-settings.oblique, settings.oblique, 3)
    return ScanSettings(
        modality=modality,
        voxel_size=settings.voxel_sizes,
        noise=float(rng.uniform(*settings.noise)) * (4.0 if modality == "PET" else 1.0),
        bias=float(rng.uniform(*settings.bias)),
        pitch=float(turn[0]),
        yaw=float(turn[1]),
        roll=float(turn[2]),
        offset=(float(shift[0]), float(shift[1]), float(shift[2])),
        oblique=(float(grid[0]), float(grid[1]), float(grid[2])),
        orientation=settings.orientations[int(rng.integers(len(settings.orientations)))],
        dental=float(rng.uniform(0.3, 1.0)) if has_fillings else 0.0,
        left_marker=settings.left_marker,
        tumour=tumour if has_tumour else None,
        muscle=_muscle(settings, index),
    )


def _muscle(settings: PhantomSettings, index: int) -> float:
    """Return the factor on the signal of a person's muscle: 1 where none was planted."""
    drawn = np.clip(_rng(settings, index, _MUSCLE).normal(), -2.5, 2.5)
    return float(np.exp(settings.muscle_spread * drawn))


def _draw_cut(settings: PhantomSettings, rng: np.random.Generator) -> dict[str, float]:
    """Draw what the field of view lacks: nothing, the crown, or chin and neck."""
    if rng.random() >= settings.cut_share:
        return {}
    side, most = ("superior", 30.0) if rng.random() < 0.5 else ("inferior", 45.0)
    return {side: float(rng.uniform(most / 3, most))}


def _write_scan(
    root: Path, settings: PhantomSettings, place_of: tuple[str, str], how: ScanSettings, scan: PhantomScan
) -> None:
    """Write one scan, its defaced forms and its truth."""
    facts = json.loads(json.dumps(asdict(how)))
    sidecar = scan_sidecar(how.modality, scan.volume.kind, facts)
    place, name = scan_name(*place_of, how.modality)
    _write(root / place, name, scan.volume, sidecar)
    source = f"bids::{place}/{name}.nii.gz"
    if len(settings.conditions) > 1:
        placement, found = _placement(scan)
        for condition in settings.conditions:
            if condition != ORIGINAL:
                altered, _ = _defacer(condition, placement).deface(scan.volume)
                place, name = scan_name(*place_of, how.modality, entities="desc-defaced")
                more = {
                    "SkullStripped": False,
                    "DeidentificationMethod": [f"reid_audit {condition}"],
                    "Sources": [source],
                    "HeadFoundBySham": found,
                }
                _write(root / "derivatives" / condition / place, name, altered, sidecar | more)
    for mark, mask in scan.masks.items():
        entities = f"label-{mark}_desc-{how.modality}"
        place, name = scan_name(*place_of, how.modality, entities=entities, suffix="mask")
        truth = {"Type": "Brain" if mark == "brain" else "Face", "Sources": [source]}
        if mark == "brain":
            truth["ScanToHead"] = np.asarray(scan.to_head).round(6).tolist()
        _write(root / "derivatives" / "truth" / place, name, mask, truth)


def _private(folder: Path) -> Path:
    """Make a folder, and those above it that are not there, each for its owner alone."""
    if not folder.parent.is_dir():
        _private(folder.parent)
    return private_folder(folder)


def _write(folder: Path, name: str, volume: Any, sidecar: dict[str, Any]) -> None:
    _private(folder)
    write_volume(volume, folder / f"{name}.nii.gz")
    write_json(folder / f"{name}.json", sidecar)


def _placement(scan: PhantomScan) -> tuple[Placement, bool]:
    """Find the mean head as any defacer must; where that fails take the truth, and the sidecar says so."""
    try:
        return place_mean_head(scan.volume), True
    except ReidAuditError:
        return Placement(scan.to_head), False


def _defacer(condition: str, placement: Placement) -> Defacer:
    """Return a sham that need not look for the head again."""

    def known(_volume: Volume) -> Placement:
        return placement

    defacer = DEFACERS[condition]()
    return (
        replace(defacer, place=known)
        if isinstance(defacer, ZeroDefacer | PartialDefacer | MeanFaceDefacer)
        else defacer
    )


def _photograph(settings: PhantomSettings, who: Identity, rng: np.random.Generator) -> bytes:
    """Return one photograph as PNG, taken on another day than the scan."""
    from PIL import Image

    change = sample_session_change(rng)
    stream = io.BytesIO()
    Image.fromarray(np.asarray(take_photo(who, settings.photos, rng, session=change).pixels)).save(stream, "PNG")
    return stream.getvalue()

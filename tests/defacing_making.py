"""A defacer that takes the front of a scan or fails as it is told, and what a folder holds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.defacers import DEFACERS
from reid_audit.errors import HeadError
from reid_audit.plugins import load_defacer
from reid_audit.store import JOURNAL, file_key
from reid_audit.types import Mask, ModelSpec

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Front:
    """A defacer for tests: takes the front, unless told to fail."""

    brain: Any = None
    mode: str = "ok"
    calls: Any = None

    @property
    def spec(self) -> ModelSpec:
        return ModelSpec("front", "2", "MIT")

    def deface(self, volume):
        if self.calls is not None:
            self.calls.append(volume.data.shape)
        fail(self.mode, volume)
        data = np.array(volume.data)
        if self.brain is not None:
            data[~np.asarray(self.brain(volume).data)] = 0
            return replace(volume, data=data), Mask(data == 0, volume.affine, "footprint")
        spoil = {"gone": (slice(None), 0), "nan": (0, np.nan), "same": (slice(0, 0), 0)}
        where, value = spoil.get(self.mode, (slice(0, 6), 0))
        data[where] = value
        affine = volume.affine + np.eye(4, k=3) * 4 if self.mode == "shift" else volume.affine
        altered = replace(volume, data=data, affine=affine)
        return None if self.mode == "nothing" else (altered, Mask(np.ones(data.shape, bool), affine, "footprint"))


def fail(mode: str, volume) -> None:
    """Do what defacers should not do before they return."""
    if mode == "dim" and volume.data.max() < 300:
        raise HeadError("There is no head.", remedy="Look.")
    if mode == "raise":
        raise ZeroDivisionError("sub-SECRET")
    if mode == "memory":
        raise MemoryError
    if mode == "sleep":
        time.sleep(30)
    if mode == "tamper":
        inside = volume.data
        inside.flags.writeable = True
        inside[0, 0, 0] += 99


def put_front(monkeypatch, mode: str = "ok", calls: list | None = None) -> None:
    """Register the defacer under its name, with a way to fail."""

    def make(brain=None):
        return Front(brain, mode, calls)

    monkeypatch.setitem(DEFACERS, "front", make)
    monkeypatch.setattr(
        "reid_audit.defacing.choosing.load_defacer", lambda name: make() if name == "front" else load_defacer(name)
    )


def keys(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != JOURNAL]
    return {str(path.relative_to(folder)): file_key(path) for path in files}

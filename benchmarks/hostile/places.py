"""Things in the place of a scan that are no file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks.hostile.cases import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PLACES"]


def _link(target: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.symlink_to(target)

    return write


def _loop_of_folders(path: Path) -> None:
    path.mkdir()
    (path / "again").symlink_to(path)
    (path / "text").write_text("no image")


PLACES = (
    Hostile("pipe.nii.gz", os.mkfifo, "neither a file nor a folder|it is no file"),
    Hostile("device.nii.gz", _link("/dev/zero"), "neither a file nor a folder|it is no file"),
    Hostile("annex.nii.gz", _link(".git/annex/objects/absent"), "does not exist"),
    Hostile("loop.nii.gz", _link("loop.nii.gz"), "does not exist|cannot be read|symbolic"),
    Hostile("empty-folder", lambda path: path.mkdir(), "No DICOM series"),
    Hostile("loop-of-folders", _loop_of_folders, "No DICOM series"),
)
"""Each is lost with its reason; none is waited for."""

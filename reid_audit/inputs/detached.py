"""Headers whose voxels lie in another file (``.mhd``, ``.nhdr``): which file, and that it lies beside the header."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from reid_audit.errors import VolumeError
from reid_audit.store import content_key, file_key

__all__ = ["data_files", "scan_key"]

_MAX_HEADER = 2**20
_META = re.compile(rb"^\s*ElementDataFile\s*[=:]\s*(.+?)\s*$", re.MULTILINE)
_NRRD = re.compile(rb"^(?:data ?file):\s*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_SEVERAL = re.compile(r"LIST(\s|$)|.*%")


def data_files(path: Path) -> tuple[Path, ...]:
    """Return the files beside a scan's header that hold its voxels.

    Parameters
    ----------
    path : Path
        Of any scan.

    Returns
    -------
    tuple of Path
        Empty where the voxels lie in the file itself, or in a folder.

    Raises
    ------
    VolumeError
        If the header names a file outside its own folder, or a list or a pattern of files.
    OSError
        If the header cannot be read.
    """
    pattern = {".mhd": _META, ".mha": _META, ".nhdr": _NRRD, ".nrrd": _NRRD}.get(path.suffix.lower())
    if pattern is None or not path.is_file():
        return ()
    with path.open("rb") as stream:
        start = stream.read(_MAX_HEADER)
    header = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0] if pattern is _NRRD else start
    found = pattern.search(header)
    if found is None and len(header) == _MAX_HEADER:
        raise VolumeError("The header has more than 1 MiB: it is damaged.", remedy="Copy or export the file again.")
    name = found[1].decode(errors="surrogateescape").strip("\"'") if found else "LOCAL"
    if name.upper() == "LOCAL":
        return ()
    if _SEVERAL.match(name):
        raise VolumeError(
            "The header names several files of voxels; one is needed.", remedy="Save the scan as one file, as NIfTI."
        )
    if {"..", "/"} & set(PurePosixPath(name).parts) or PureWindowsPath(name).drive or "\\" in name or "\0" in name:
        raise VolumeError(
            "The header names a file of voxels that lies elsewhere; it must lie in the folder of the header.",
            remedy="Put both into one folder, and the bare name into the header.",
        )
    return (path.parent / name,)


def scan_key(path: Path | str) -> str:
    """Return a SHA-256 over all bytes of a scan, those of a file that its header names included.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    str

    Raises
    ------
    VolumeError, OSError
        As :func:`data_files` and :func:`~reid_audit.store.file_key`. Who reads it says that a data file is absent.
    """
    files = data_files(Path(path))
    own = file_key(path)
    return content_key(own, [file_key(file) for file in files if file.exists()]) if files else own

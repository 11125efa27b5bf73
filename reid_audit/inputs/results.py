"""Take in what a defacer has made already: pair each scan with its defaced file by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.inputs.names import parse_image_name, split_extension
from reid_audit.inputs.walk import MAX_FILES, walk_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["ResultName", "find_result", "read_result_name", "result_files"]

_MASKS = re.compile(
    r"(_face_?mask|_mod-[A-Za-z0-9]+(_desc-[A-Za-z0-9]+)?_defacemask|_defacemask|\.face(_plus)?|_mask)$", re.IGNORECASE
)
_AFNI = re.compile(r"\.(deface|reface|reface_plus)$", re.IGNORECASE)
_MAYO = re.compile(r"[_.\-]?defaced(?:[_.\-]?(?:warp|render).*)?$", re.IGNORECASE)
_DESC = re.compile(r"_desc-(?:defaced|refaced|deidentified)", re.IGNORECASE)
_TAIL = re.compile(r"[_.\-](?:defaced|refaced|deid|de-?identified|anonymi[sz]ed)$", re.IGNORECASE)
_OTHER = re.compile(r"warp$|_xfm$|\.mat$|_no_deid$", re.IGNORECASE)


@dataclass(frozen=True)
class ResultName:
    """What the name of a file says.

    Parameters
    ----------
    stem : str
        The scan's name without what the defacer added.
    variant : str
        ``"deface" "reface" "reface_plus"`` where AFNI says so, else empty.
    marked : bool
        True where the name says that the scan is defaced; False where it is the original's own name.
    """

    stem: str
    variant: str
    marked: bool


def read_result_name(name: str) -> ResultName | None:
    """Read the name of a file that a defacer may have written.

    Parameters
    ----------
    name : str
        Without folders.

    Returns
    -------
    ResultName or None
        None for a mask, a warp, an original that was set aside (``*_no_deid``), or no image.
    """
    stem, extension = split_extension(name)
    if not extension or _OTHER.search(stem) or (_MASKS.search(stem) and not _AFNI.search(stem)):
        return None
    if match := _AFNI.search(stem):
        return ResultName(stem[: match.start()], match[1].lower(), marked=True)
    if _DESC.search(stem):
        return ResultName(_DESC.sub("", stem), "", marked=True)
    if stem.lower().startswith("anon_"):
        return ResultName(stem[5:], "", marked=True)
    for pattern in (_TAIL, _MAYO):
        if (match := pattern.search(stem)) and match.start():
            return ResultName(stem[: match.start()], "", marked=True)
    return ResultName(stem, "", marked=False)


def result_files(folder: Path) -> tuple[tuple[Path, ResultName], ...]:
    """Return the files under a folder that may be defaced scans, with what their names say.

    Raises
    ------
    UsageError
        There is no such folder, it holds none, or far too many files.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder '{folder}' of defaced scans.", remedy="Correct the path.")
    tree = walk_files(folder)
    if not tree.complete:
        raise UsageError(f"'{folder}' holds more than {MAX_FILES:,} files.", remedy="Name a smaller folder.")
    found = tuple((file, name) for file in tree.files if (name := read_result_name(file.name)) is not None)
    if not found:
        raise UsageError(f"No image was found under '{folder}'.", remedy="Name the folder that the defacer wrote to.")
    return found


def find_result(scan: Path, files: Sequence[tuple[Path, ResultName]], *, defacer: str = "") -> Path | None:
    """Return the defaced file of a scan.

    Parameters
    ----------
    scan : Path
        The original.
    files : sequence of (Path, ResultName)
        From :func:`result_files`; the scan itself is never taken.
    defacer : str
        Chooses among AFNI's variants: ``"afni-reface-plus"`` takes ``*.reface_plus.nii.gz``.

    Returns
    -------
    Path or None
        None where no name fits, or several do and neither their folders nor the defacer's name tell them apart.
    """
    own, key = scan.absolute(), _key(split_extension(scan.name)[0])
    fitting = [(file, name) for file, name in files if _key(name.stem) == key and file.absolute() != own]
    wanted = defacer.lower().removeprefix("afni-").replace("-", "_")
    of_variant = [item for item in fitting if item[1].variant == wanted]
    fitting = of_variant or [item for item in fitting if not item[1].variant] or fitting
    fitting = [item for item in fitting if item[1].marked] or fitting
    if len(fitting) > 1:
        alike = [_shared_folders(own, file.absolute()) for file, _ in fitting]
        fitting = [item for item, count in zip(fitting, alike, strict=True) if count == max(alike)]
    return fitting[0][0] if len(fitting) == 1 else None


def _key(stem: str) -> tuple[str, ...]:
    """Return what identifies a scan in its name: BIDS entities in any order, or the name itself."""
    bare = re.sub(r"_0000$", "", stem)  # nnU-Net's channel
    name = parse_image_name(f"{bare}.nii.gz")
    if name is None or name.variant:
        return (bare.lower(),)
    return (*sorted(f"{key}-{value}" for key, value in name.entities.items() if key != "desc"), name.suffix)


def _shared_folders(one: Path, two: Path) -> int:
    """Return how many folders above two files have the same names, counted from the files."""
    count = 0
    for a, b in zip(reversed(one.parent.parts), reversed(two.parent.parts), strict=False):
        if a != b:
            break
        count += 1
    return count

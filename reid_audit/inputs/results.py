"""Take in what a defacer has made already: pair each scan with its defaced file by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.inputs.names import deface_variant, parse_image_name, split_extension
from reid_audit.inputs.walk import MAX_FILES, walk_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["ResultFile", "ResultName", "find_results", "read_result_name", "result_files"]

_MASKS = re.compile(
    r"(_face_?mask|_mod-[A-Za-z0-9]+(_desc-[A-Za-z0-9]+)?_defacemask|_defacemask|\.face(_plus)?|_mask)$", re.IGNORECASE
)
_AFNI = re.compile(r"\.(deface|reface|reface_plus)$", re.IGNORECASE)
_MAYO = re.compile(r"[_.\-]?defaced(?:[_.\-]?(?:warp|render).*)?$", re.IGNORECASE)
_DESC = re.compile(r"_desc-([A-Za-z0-9+]+)", re.IGNORECASE)
_TAIL = re.compile(r"[_.\-](?:defaced|refaced|deid|de-?identified|anonymi[sz]ed)$", re.IGNORECASE)
_OTHER = re.compile(r"warp$|_xfm$|\.mat$|_no_deid$", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_LABEL = re.compile(r"(sub|ses)-.+")


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


@dataclass(frozen=True)
class ResultFile:
    """A file that may be a defaced scan.

    Parameters
    ----------
    path : Path
    name : ResultName
    place : str
        Name of the folder that was looked through, in small letters.
    folders : frozenset of str
        Names of the folders below it that the file lies in, in small letters.
    """

    path: Path
    name: ResultName
    place: str
    folders: frozenset[str]


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
    if (match := _DESC.search(stem)) and deface_variant(match[1]):
        return ResultName(_DESC.sub("", stem), "", marked=True)
    if stem.lower().startswith("anon_"):
        return ResultName(stem[5:], "", marked=True)
    for pattern in (_TAIL, _MAYO):
        if (match := pattern.search(stem)) and match.start():
            return ResultName(stem[: match.start()], "", marked=True)
    return ResultName(stem, "", marked=False)


def result_files(folder: Path) -> tuple[ResultFile, ...]:
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
    found = tuple(
        ResultFile(file, name, folder.absolute().name.lower(), _small(file.relative_to(folder).parent.parts))
        for file in tree.files
        if (name := read_result_name(file.name)) is not None
    )
    if not found:
        raise UsageError(f"No image was found under '{folder}'.", remedy="Name the folder that the defacer wrote to.")
    return found


def find_results(scans: Sequence[Path], files: Sequence[ResultFile], *, defacer: str = "") -> dict[Path, Path]:
    """Return the defaced file of each scan whose name and folders leave no doubt.

    A file is a scan's by its name. What its folders say must not speak against it: the number or label of another
    person or session than the scan's, or a folder that tells another of the scans from this one. A file that is
    nobody's alone is nobody's: one that lies in no person's folder, where several scans have its name, and one in
    a folder that none of the scans knows, where folders tell the scans apart.

    Parameters
    ----------
    scans : sequence of Path
        The originals that are to be defaced, all of them; none of them is ever taken for a result.
    files : sequence of ResultFile
        From :func:`result_files`.
    defacer : str
        Chooses among AFNI's variants: ``"afni-reface-plus"`` takes ``*.reface_plus.nii.gz``.

    Returns
    -------
    dict of Path to Path
        The scans that have one result, never two scans the same. Missing is a scan without one, and a scan with
        several that neither their folders nor the defacer's name tell apart.
    """
    originals = {scan.absolute() for scan in scans}
    results = [file for file in files if file.path.absolute() not in originals]
    said = {scan: _said(scan) for scan in scans}
    telling = _differing(said.values())
    folders = [file.folders for file in results]
    strange = _differing(folders if len(folders) > 1 else [frozenset(), *folders])  # a single file may lie anywhere
    alike: dict[tuple[str, ...], dict[Path, frozenset[str]]] = {}
    for scan, words in said.items():
        alike.setdefault(_key(split_extension(scan.name)[0]), {})[scan] = words
    own: dict[Path, list[ResultFile]] = {}
    for file in results:
        fitting = _fitting(file, alike.get(_key(file.name.stem), {}), telling, strange)
        if len(fitting) == 1:
            own.setdefault(fitting[0], []).append(file)
    chosen = {scan: _chosen(fitting, said[scan], defacer) for scan, fitting in own.items()}
    return {scan: file for scan, file in chosen.items() if file is not None}


def _fitting(
    file: ResultFile, scans: Mapping[Path, frozenset[str]], telling: frozenset[str], strange: frozenset[str]
) -> list[Path]:
    """Return the scans of a file's name that its folders do not speak against.

    Parameters
    ----------
    file : ResultFile
    scans : mapping of Path to frozenset of str
        Scans of this name, and the words of their paths.
    telling, strange : frozenset of str
        The words that tell the scans apart, and those that tell the files apart.
    """
    words = file.folders | {file.place}
    named = words & telling
    unknown = not named and file.folders & strange and not any(part.startswith("sub-") for part in _key(file.name.stem))
    return [
        scan
        for scan, said in scans.items()
        if named <= said and not (unknown and said & telling) and not _contradict(words, said)
    ]


def _chosen(files: Sequence[ResultFile], said: frozenset[str], defacer: str) -> Path | None:
    """Return the one of several files that is meant: by its variant, by a name that says so, by its folders."""
    wanted = defacer.lower().removeprefix("afni-").replace("-", "_")
    fitting = [file for file in files if file.name.variant == wanted]
    fitting = fitting or [file for file in files if not file.name.variant] or list(files)
    fitting = [file for file in fitting if file.name.marked] or fitting
    if len(fitting) > 1:
        differing = _differing(file.folders for file in fitting)
        fitting = [file for file in fitting if file.folders & differing <= said]
    return fitting[0].path if len(fitting) == 1 else None


def _said(scan: Path) -> frozenset[str]:
    """Return the words of a path that may tell people and sessions apart: its folders, and the entities of its name."""
    name = parse_image_name(scan.name)
    entities = () if name is None else (f"{key}-{value}" for key, value in name.entities.items())
    return _small((*scan.absolute().parent.parts, *entities))


def _small(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def _differing(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the words that not all sets have."""
    every = list(sets)
    return frozenset[str]().union(*every) - every[0].intersection(*every) if every else frozenset()


def _contradict(one: frozenset[str], two: frozenset[str]) -> bool:
    """Tell whether two paths give one thing different numbers: ``pat1`` and ``pat2``, ``ses-a`` and ``ses-b``."""
    numbered = _numbered(one), _numbered(two)
    return any(not numbered[0][kind] & numbered[1][kind] for kind in numbered[0].keys() & numbered[1].keys())


def _numbered(words: Iterable[str]) -> dict[str, set[str]]:
    """Return the words with a number or a label of BIDS, by what is numbered."""
    found: dict[str, set[str]] = {}
    for word in words:
        label = _LABEL.fullmatch(word)
        kind = label[1] if label else _NUMBER.sub("#", word)
        if label or kind != word:
            found.setdefault(kind, set()).add(word)
    return found


def _key(stem: str) -> tuple[str, ...]:
    """Return what identifies a scan in its name: BIDS entities in any order, or the name itself."""
    bare = re.sub(r"_0000$", "", stem)  # nnU-Net's channel
    name = parse_image_name(f"{bare}.nii.gz")
    if name is None or name.variant:
        return (bare.lower(),)
    return (*sorted(f"{key}-{value}" for key, value in name.entities.items()), name.suffix)

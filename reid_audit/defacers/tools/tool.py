"""What every adapter of an installed tool shares: hand the scan over, run the tool, take back what it made.

An adapter is a description (:class:`Tool`) and one method that builds the command. The tool gets a copy of the scan
under a name that says nothing, in a folder of its own, with the axes in RAS order: several tools deface the wrong part
of a scan that is stored otherwise. What comes back is checked and turned back.
"""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reid_audit.defacers.checking import Stored, accept, read_stored
from reid_audit.defacers.containers import Container
from reid_audit.defacers.meant import region_meant
from reid_audit.defacers.reorienting import turned_back
from reid_audit.defacers.running import private_workspace, run_command
from reid_audit.defacers.tools.handing import as_handed_over
from reid_audit.defacers.tools.version import version_of
from reid_audit.errors import DefacingError, MissingResourceError
from reid_audit.inputs.volume import write_volume
from reid_audit.store import file_key
from reid_audit.types import Mask, ModelSpec, Volume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.defacers.running import Finished
    from reid_audit.types import Kind

__all__ = ["Call", "Tool", "ToolDefacer"]

Array = np.ndarray[Any, Any]

_INSIDE = "/scan"
"""Where the private folder appears inside a container."""


@dataclass(frozen=True)
class Tool:
    """What is known of a tool without running it.

    Parameters
    ----------
    name : str
        Of the defacer.
    programs : tuple of str
        Names of its command on PATH; the first that is there is used.
    licence : str
    needs : tuple of str
        What a user must install, in words.
    results : tuple of str
        Patterns of the defaced scan, relative to the folder, best first; empty where the tool writes only a mask.
    masks : tuple of str
        Patterns of its mask.
    given : str
        Name under which it gets the scan.
    made : tuple of str
        Folders that it expects to be there.
    kinds : tuple of str
        Kinds of scan that it is made for.
    minutes : float
        Time limit where none is given.
    beside : tuple of str
        Other programs that it calls, on PATH too.
    variables : tuple of str
        Environment variables that it needs.
    version_arguments : tuple of str
        Make it print its version; empty where nothing does.
    version_file : tuple of str
        Environment variable and file below it that holds the version.
    image : str
        Container image that its authors publish.
    inside : str
        Its command inside an image, if it has another name there; ``"-"`` for what the image itself starts.
    folders : mapping of str to str
        Folders of the private folder to where an image wants them; by default the whole folder at one place.
    as_root : bool
        True for an image that works only as root.
    linked : tuple of str
        Files needed that must lie in the folder of the scan under their own names.
    """

    name: str
    programs: tuple[str, ...]
    licence: str
    needs: tuple[str, ...]
    results: tuple[str, ...]
    masks: tuple[str, ...] = ()
    given: str = "scan.nii.gz"
    made: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("mri",)
    minutes: float = 30.0
    beside: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    version_arguments: tuple[str, ...] = ("--version",)
    version_file: tuple[str, ...] = ()
    image: str = ""
    inside: str = ""
    folders: tuple[tuple[str, str], ...] = ()
    as_root: bool = False
    linked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """What a command is built from; every name is as the tool sees it.

    Parameters
    ----------
    program : str
    volume : Volume
        The scan, without its voxels being needed.
    at : mapping of str to str
        ``at[""]`` is the folder; other keys are the names of :meth:`ToolDefacer.files_needed`.
    given : str
        Path of the scan.
    here : bool
        True where the program runs on this machine and not in a container.
    """

    program: str
    volume: Volume
    at: Mapping[str, str]
    given: str
    here: bool = True

    def path(self, name: str) -> str:
        """Return the path of a file in the folder."""
        return f"{self.at['']}/{name}"


class ToolDefacer(ABC):
    """A defacer that is somebody else's program.

    Parameters
    ----------
    timeout : float, optional
        Seconds for one scan; the tool's own default otherwise.
    image : str, optional
        Container image to run it in: a name (docker, podman) or a ``.sif`` file (apptainer). Without it the program is
        looked for on PATH, then the image that its authors publish is taken.
    engine : str, optional
        ``"docker" "podman" "apptainer" "singularity"``; the first that is installed otherwise.
    files : path-like, optional
        Folder with files of the tool that lie nowhere where they could be found.
    """

    tool: ClassVar[Tool]

    def __init__(
        self,
        *,
        timeout: float | None = None,
        image: str | None = None,
        engine: str | None = None,
        files: Path | str | None = None,
    ) -> None:
        self._seconds = timeout if timeout is not None else 60.0 * self.tool.minutes
        self._image = image
        self._engine = engine
        self._files = Path(files).absolute() if files is not None else None

    @abstractmethod
    def command(self, call: Call) -> list[str]:
        """Return the arguments after the program."""

    def files_needed(self) -> Mapping[str, Path | None]:
        """Return files of the tool that the command names, None for one that was not found."""
        return {}

    def assumed(self, volume: Volume) -> tuple[str, ...]:
        """Return sentences on what the command says of a scan that nobody said."""
        del volume
        return ()

    def meant(self, mask: Array | None, altered: Array) -> Array:
        """Return the region that the tool meant to alter, from its own mask where that can be believed."""
        return region_meant(mask, altered)

    def program(self) -> str | None:
        """Return the path of the tool's command on this machine, None where it is not on PATH."""
        return next((found for name in self.tool.programs if (found := shutil.which(name))), None)

    def take(self, folder: Path, volume: Volume) -> Stored:
        """Return what the tool made of the scan in the folder."""
        del volume
        found = self._found(folder, self.tool.results)
        if found is None:
            raise self._no_output()
        return read_stored(found)

    @cached_property
    def _container(self) -> Container | None:
        """Return how the tool runs in an image, None where it runs on this machine."""
        image = self._image or ("" if self.program() else self.tool.image)
        return Container.of(image, self._engine) if image else None

    @cached_property
    def spec(self) -> ModelSpec:
        """Name, version (of the program or the image), licence, what must be installed."""
        return ModelSpec(self.tool.name, self._version(), self.tool.licence, needs=self.tool.needs)

    def missing(self) -> str:
        """Say what is missing on this machine, empty where the tool can run.

        Raises
        ------
        UsageError
            The engine does not run such images.
        """
        try:
            container = self._container
        except MissingResourceError as error:
            return error.message.rstrip(".")
        lost = [name for name, path in self.files_needed().items() if path is None]
        if lost:
            return f"no file {', '.join(lost)}"
        unknown = f"no program {' or '.join(self.tool.programs)} on PATH"
        if container is not None:
            reason = container.missing()
            return f"{unknown}, and {reason}" if reason and self.tool.programs and not self._image else reason
        if self.program() is None:
            return unknown
        absent = [name for name in self.tool.beside if not shutil.which(name)]
        if absent:
            return f"no program {', '.join(absent)} on PATH"
        unset = [name for name in self.tool.variables if not os.environ.get(name)]
        return f"the variable {', '.join(unset)} is not set" if unset else ""

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan as the tool defaced it, and the region that it meant to alter.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape and affine; what the tool did not alter has the scan's own values.
        Mask
            The tool's own mask where it writes one, else the altered voxels; label ``"footprint"``.

        Raises
        ------
        MissingResourceError
            The tool, its image or one of its files is not on this machine.
        DefacingError
            The tool did not finish, failed, or what it made is refused; the outcome says which.
        """
        altered, meant, _ = self.deface_noted(volume)
        return altered, meant

    def deface_noted(self, volume: Volume) -> tuple[Volume, Mask, tuple[str, ...]]:
        """Return what :meth:`deface` does, and what is worth knowing of it.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
        Mask
        tuple of str
            Sentences: what the check of the tool's file noted, and what the tool was told without anybody knowing it.

        Raises
        ------
        MissingResourceError, DefacingError
            As :meth:`deface`.
        """
        tool = self.tool
        if volume.kind not in tool.kinds:
            raise DefacingError(
                f"{tool.name} is made for {' and '.join(tool.kinds).upper()}; the scan is {volume.kind.upper()}.",
                outcome="not for this scan",
                remedy="Choose another defacer (`reid-audit deface --defacer list`).",
            )
        if reason := self.missing():
            raise MissingResourceError(
                f"{tool.name} is not ready on this machine: {reason}.", remedy=f"Install {'; '.join(tool.needs)}."
            )
        turned = as_handed_over(volume)
        with private_workspace() as folder:
            given = folder / tool.given
            for place in (given.parent, *(folder / name for name in tool.made)):
                place.mkdir(mode=0o700, exist_ok=True)
            write_volume(turned, given)
            before = file_key(given)
            finished = self._run(folder, turned)
            self._check_end(finished, given, before)
            stored = self.take(folder, turned)
            mask = self._mask(folder)
        defaced, footprint, findings = accept(turned, stored)
        meant = self.meant(mask, np.asarray(footprint.data))
        data = turned_back(np.asarray(defaced.data), volume.affine)
        return (
            replace(volume, data=data.astype(np.float32, copy=False)),
            Mask(turned_back(meant, volume.affine), volume.affine, "footprint"),
            (*self.assumed(turned), *(finding.text for finding in findings)),
        )

    def _run(self, folder: Path, volume: Volume) -> Finished:
        container = self._container
        if container is None:
            program = self.program() or self.tool.programs[0]
            at = {"": str(folder)}
            for name, path in self._files_there().items():
                at[name] = str(path)
                if name in self.tool.linked:
                    (folder / name).symlink_to(path)
            words = self.command(Call(program, volume, at, f"{folder}/{self.tool.given}"))
            return run_command([program, *words], folder=folder, seconds=self._seconds)
        at = {"": _INSIDE}
        for name, path in self._files_there().items():
            if path.is_dir():
                shutil.copytree(path, folder / name)
            else:
                shutil.copyfile(path, folder / name)
            at[name] = f"{_INSIDE}/{name}"
        inside = self.tool.inside or self.tool.programs[0]
        words = self.command(Call(inside, volume, at, f"{_INSIDE}/{self.tool.given}", here=False))
        command = container.command(
            words,
            mounts={folder / name: place for name, place in self.tool.folders} or {folder: _INSIDE},
            folder=self.tool.folders[0][1] if self.tool.folders else _INSIDE,
            program="" if inside == "-" else inside,
            as_root=self.tool.as_root,
        )
        return run_command(command, folder=folder, seconds=self._seconds, abort=container.end)

    def _files_there(self) -> dict[str, Path]:
        return {name: path for name, path in self.files_needed().items() if path is not None}

    def _check_end(self, finished: Finished, given: Path, before: str) -> None:
        said = f" It said last: {finished.last_words}" if finished.last_words else ""
        if finished.status:
            how = f"exit status {finished.status}" if finished.status > 0 else f"signal {-finished.status}"
            raise DefacingError(
                f"{self.tool.name} failed with {how}.{said}",
                outcome="crashed",
                remedy="Run it by hand on this scan to see all that it prints.",
            )
        if not given.is_file() or file_key(given) != before:
            raise DefacingError(
                f"{self.tool.name} altered the scan that it was given (a copy) instead of writing a new one.",
                outcome="input altered",
                remedy="Use a version of the tool that leaves its input alone.",
            )
        if self._found(given.parents[self.tool.given.count("/")], (*self.tool.results, *self.tool.masks)) is None:
            raise self._no_output(said)

    def _no_output(self, said: str = "") -> DefacingError:
        return DefacingError(
            f"{self.tool.name} reported success and wrote nothing.{said}",
            outcome="no output",
            remedy="Run it by hand on this scan to see all that it prints.",
        )

    def _found(self, folder: Path, patterns: tuple[str, ...]) -> Path | None:
        """Return the first file of the folder that fits; a link out of the folder is none."""
        root = folder.resolve()
        for pattern in patterns:
            for path in sorted(folder.glob(pattern)):
                own = path != folder / self.tool.given and path.is_file() and path.resolve().is_relative_to(root)
                if own:
                    return path
        return None

    def _mask(self, folder: Path) -> Array | None:
        """Return the tool's own mask in the axes of the scan that it was given; None where there is none to read."""
        found = self._found(folder, self.tool.masks)
        if found is None:
            return None
        try:
            return read_stored(found).data
        except DefacingError:
            return None

    def _version(self) -> str:
        try:
            container = self._container
        except MissingResourceError:
            return "not installed"
        if container is not None:
            return container.version()
        program = self.program()
        if program is None:
            return "not installed"
        return version_of(self.tool, program)

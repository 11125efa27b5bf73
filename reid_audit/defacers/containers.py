"""Commands that run a tool inside a container: no network, and nothing of this machine but one folder."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from reid_audit.errors import MissingResourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ENGINES", "Container", "Engine", "find_engine"]

Engine = Literal["docker", "podman", "apptainer", "singularity"]

ENGINES: tuple[Engine, ...] = get_args(Engine)
"""In the order in which they are looked for."""

_FILE_ENGINES = ("apptainer", "singularity")
_LOOK_SECONDS = 30.0


def find_engine(image: str, wanted: str | None = None) -> Engine:
    """Return the program that can run an image on this machine.

    Parameters
    ----------
    image : str
        A name such as ``freesurfer/synthstrip:1.8`` (docker, podman), or the path of a ``.sif`` or ``.simg`` file
        (apptainer, singularity).
    wanted : str, optional
        One of :data:`ENGINES`.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        There is no engine of that name, or it does not run such images.
    MissingResourceError
        None is on PATH.
    """
    of_file = image.lower().endswith((".sif", ".simg"))
    fitting = tuple(engine for engine in ENGINES if (engine in _FILE_ENGINES) == of_file)
    if wanted is not None and wanted not in fitting:
        raise UsageError(
            f"The image '{image}' is run by {' or '.join(fitting)}, got '{wanted}'.",
            remedy="Give a .sif file to apptainer or singularity, and the name of an image to docker or podman.",
        )
    for engine in fitting:
        if wanted in (None, engine) and shutil.which(engine):
            return engine
    raise MissingResourceError(
        f"The image '{image}' needs {' or '.join((wanted,) if wanted else fitting)}, which is not on PATH.",
        remedy="Install it, or install the tool itself.",
    )


@dataclass(frozen=True)
class Container:
    """One run of an image.

    Parameters
    ----------
    engine : {"docker", "podman", "apptainer", "singularity"}
    image : str
    name : str
        Of the run, so that it can be ended.
    """

    engine: Engine
    image: str
    name: str = ""

    @classmethod
    def of(cls, image: str, engine: str | None = None) -> Container:
        """Return a container with a name of its own; errors as :func:`find_engine`."""
        return cls(find_engine(image, engine), image, f"reid-audit-{os.getpid()}-{secrets.token_hex(4)}")

    def command(
        self,
        arguments: Sequence[str],
        *,
        mounts: Mapping[Path, str],
        folder: str,
        program: str = "",
        environment: Mapping[str, str] | None = None,
        as_root: bool = False,
    ) -> list[str]:
        """Return the words that run the image.

        Parameters
        ----------
        arguments : sequence of str
        mounts : mapping of Path to str
            Folders of this machine to where they appear inside; nothing else of this machine does.
        folder : str
            Inside: where the program starts, and its home.
        program : str
            Inside; empty for what the image itself starts.
        environment : mapping, optional
        as_root : bool
            True for an image that works only as its own root user: of docker and podman. Podman's root is, without its
            ``keep-id``, the user who called it; Docker's is this machine's. Apptainer has the user alone.

        Returns
        -------
        list of str
        """
        known = {"HOME": folder, "TMPDIR": folder, **(environment or {})}
        if self.engine in _FILE_ENGINES:
            words = [self.engine, "exec" if program else "run", "--containall", "--net", "--network", "none"]
            words += [part for host, inside in mounts.items() for part in ("--bind", f"{host}:{inside}:rw")]
            words += [part for key, value in known.items() for part in ("--env", f"{key}={value}")]
            return [*words, "--pwd", folder, self.image, *([program] if program else []), *arguments]
        words = [self.engine, "run", "--rm", "--name", self.name, "--network", "none", "--pull", "never"]
        words += ["--security-opt", "no-new-privileges"]
        words += [part for host, inside in mounts.items() for part in ("--volume", f"{host}:{inside}:rw")]
        words += [part for key, value in known.items() for part in ("--env", f"{key}={value}")]
        if not as_root:
            own = ["--userns", "keep-id"] if self.engine == "podman" else ["--user", f"{os.getuid()}:{os.getgid()}"]
            words += own
        words += ["--entrypoint", program] if program else []
        return [*words, "--workdir", folder, self.image, *arguments]

    def end(self) -> None:
        """End the run: the engine's daemon keeps it alive when its command line is ended."""
        if self.engine not in _FILE_ENGINES:
            _asked([self.engine, "rm", "--force", self.name])

    def missing(self) -> str:
        """Say why the image cannot be run, empty where it can."""
        if self.engine in _FILE_ENGINES:
            return "" if Path(self.image).is_file() else f"there is no image file '{self.image}'"
        status, _ = _asked([self.engine, "image", "inspect", self.image])
        return "" if status == 0 else f"{self.engine} does not have the image '{self.image}', or does not answer"

    def version(self) -> str:
        """Return the image's name and, where the engine tells it, the digest of its content."""
        name = Path(self.image).name if self.engine in _FILE_ENGINES else self.image
        if self.engine in _FILE_ENGINES:
            return f"image {name}"
        status, said = _asked([self.engine, "image", "inspect", "--format", "{{.Id}}", self.image])
        digest = said.strip().removeprefix("sha256:")[:12] if status == 0 else ""
        return f"image {name} ({digest})" if digest else f"image {name}"


def _asked(command: Sequence[str]) -> tuple[int, str]:
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            list(command), capture_output=True, text=True, timeout=_LOOK_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        return done.returncode, done.stdout
    return 1, ""

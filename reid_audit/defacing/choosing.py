"""Make a defacer by its name, with what somebody gave for it, and say which are ready on this machine."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.defacers import DEFACERS, TemplateFiles
from reid_audit.errors import ReidAuditError, UsageError
from reid_audit.plugins import available, load_defacer
from reid_audit.protocols import Defacer, InstalledDefacer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Readiness", "make_defacer", "readiness", "takes"]

_PARAMETERS: dict[str, tuple[str, ...]] = {
    "brain": ("brain",),
    "seconds": ("timeout", "seconds"),
    "image": ("image",),
    "engine": ("engine",),
    "files": ("files", "weights"),
}
_OPTIONS = {"brain": "--brain-mask", "image": "--image", "engine": "--engine", "files": "--files"}
_FILES: Mapping[str, Callable[[Any], Any]] = {"TemplateFiles": TemplateFiles.in_folder}
"""How a defacer's own description of its files, by the name of its type, is made of a folder."""


@dataclass(frozen=True)
class Readiness:
    """Whether a defacer can run on this machine.

    Parameters
    ----------
    name : str
    needs : tuple of str
        What it needs, in words.
    missing : str
        What is not there; empty where it is ready.
    """

    name: str
    needs: tuple[str, ...]
    missing: str


def takes(name: str, option: str) -> str:
    """Return the parameter by which a defacer takes an option, empty where it takes none.

    Parameters
    ----------
    name : str
    option : {"brain", "seconds", "image", "engine", "files"}
    """
    make = DEFACERS.get(name)
    known = inspect.signature(make).parameters if make is not None else {}
    fitting = [parameter for parameter in _PARAMETERS[option] if parameter in known]
    if option == "files":  # what describes its files by something else cannot be given a path
        fitting = [name for name in fitting if "Path" in (kind := str(known[name].annotation)) or kind in _FILES]
    return next(iter(fitting), "")


def make_defacer(name: str, options: Mapping[str, Any] | None = None) -> Defacer:
    """Make a defacer.

    Parameters
    ----------
    name : str
        One of ``available("defacers")``.
    options : mapping, optional
        ``brain`` (callable from Volume to Mask), ``seconds``, ``image``, ``engine``, ``files``. A time limit that the
        defacer does not take is left to the caller; any other option that it does not take is refused.

    Returns
    -------
    Defacer

    Raises
    ------
    UsageError
        There is none of that name, or it does not take an option.
    MissingResourceError
        It could not be imported or made.
    """
    given = {option: value for option, value in (options or {}).items() if value is not None}
    for option in given:
        if option != "seconds" and not takes(name, option) and name in available("defacers"):
            raise UsageError(
                f"The defacer '{name}' does not take {_OPTIONS[option]}.",
                remedy="Leave it out, or choose another defacer (`--defacer list`).",
            )
    arguments = {takes(name, option): value for option, value in given.items() if takes(name, option)}
    if "files" in given and "files" in arguments:
        kind = str(inspect.signature(DEFACERS[name]).parameters["files"].annotation)
        arguments["files"] = _FILES.get(kind, lambda path: path)(given["files"])
    return DEFACERS[name](**arguments) if arguments else load_defacer(name)


def readiness() -> tuple[Readiness, ...]:
    """Say of each defacer what it needs and whether it is ready on this machine.

    Returns
    -------
    tuple of Readiness
        In the order of ``available("defacers")``; nothing is run on a scan for it.
    """
    return tuple(_look(name) for name in available("defacers"))


def _look(name: str) -> Readiness:
    try:
        defacer = make_defacer(name)
        missing = defacer.missing() if isinstance(defacer, InstalledDefacer) else ""
        needs = defacer.spec.needs
    except ReidAuditError as error:
        return Readiness(name, (), error.message)
    return Readiness(name, needs, missing)

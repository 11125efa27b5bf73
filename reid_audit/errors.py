"""Every exception that the package raises on purpose.

::

    ReidAuditError                 catch this to catch all of them
    ├── UsageError                 the caller asked for something that does not exist or does not fit (exit status 2)
    │   ├── ManifestError          the manifest or the BIDS tree cannot be audited as it is
    │   └── SettingsError          a setting has a value that is not allowed
    ├── InputError                 a file came in that cannot be used; the other files go on
    │   ├── VolumeError            ... a scan: truncated, not an image, 4D, bad affine
    │   │   └── EmptyScanError     ... all of its voxels have one value: it shows nothing
    │   ├── PhotoError             ... a photo: not an image, too small, no face, several faces
    │   └── HeadError              ... a scan that holds no head, or none that can be rendered
    ├── DefacingError              a defacer did not finish a scan, or what it returned is refused; the others go on
    ├── MissingResourceError       a file of weights or an optional package is absent; says which command supplies it
    └── StoreError                 a result on disk is damaged, of another version, or cannot be written
        └── DiskFullError          ... because there is no room: the run ends, and goes on when there is

A message says what, what came in, what is allowed, and the remedy. It holds no subject label and no path that
the user did not type.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "DefacingError",
    "DiskFullError",
    "EmptyScanError",
    "Fault",
    "HeadError",
    "InputError",
    "ManifestError",
    "MissingResourceError",
    "PhotoError",
    "ReidAuditError",
    "SettingsError",
    "StoreError",
    "UsageError",
    "VolumeError",
    "fault_of",
]


class ReidAuditError(Exception):
    """Base of every exception raised on purpose.

    Parameters
    ----------
    message : str
        What happened, what came in, what is allowed.
    remedy : str, optional
        What to do about it: one sentence, imperative.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole between processes."""
        return _remade, (type(self), self.message, self.remedy)


def _remade(kind: type[ReidAuditError], message: str, remedy: str) -> ReidAuditError:
    return kind(message, remedy=remedy)


class UsageError(ReidAuditError):
    """The caller asked for something that does not exist or does not fit."""


class ManifestError(UsageError):
    """The manifest, or the BIDS tree it was to be drawn from, cannot be audited as it is."""


class SettingsError(UsageError):
    """A setting has a value that is not allowed."""


class InputError(ReidAuditError):
    """A file came in that cannot be used; the other files go on."""


class VolumeError(InputError):
    """A scan that cannot be read as one three-dimensional image of finite numbers with a valid affine."""


class EmptyScanError(VolumeError):
    """A scan whose voxels all have one value: it shows nothing."""


class PhotoError(InputError):
    """A photo that cannot be read, or that holds no face or several."""


class HeadError(InputError):
    """A scan in which no head, or none that can be rendered, was found."""


class DefacingError(ReidAuditError):
    """A defacer did not finish a scan, or what it returned is refused; the other scans go on.

    Parameters
    ----------
    message : str
    outcome : str
        One word or two for a table: ``"hung"``, ``"crashed"``, ``"no output"``, ``"returned unchanged"`` ...
    remedy : str, optional
    """

    def __init__(self, message: str, *, outcome: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.outcome = outcome

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole between processes."""
        return _defacing_error, (self.message, self.outcome, self.remedy)


def _defacing_error(message: str, outcome: str, remedy: str) -> DefacingError:
    return DefacingError(message, outcome=outcome, remedy=remedy)


class MissingResourceError(ReidAuditError):
    """A file of weights or an optional package is absent."""


class StoreError(ReidAuditError):
    """A result on disk is damaged, of another version, or cannot be written."""


class DiskFullError(StoreError):
    """There is no room for a result: no other could be written either, so the run ends."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one file.

    Parameters
    ----------
    stage : {"read", "surface", "detect", "embed", "worker"}
    what, remedy : str
    """

    stage: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()


def fault_of(error: Exception) -> Fault:
    """Say what an exception that was met on one file means, so that the other files go on.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    Fault

    Raises
    ------
    ReidAuditError
        The same one, where it would stop every other file as well: missing weights, a full disk, a setting.
    """
    if isinstance(error, InputError):
        return Fault("surface" if isinstance(error, HeadError) else "read", error.message, error.remedy)
    if isinstance(error, ReidAuditError):
        raise error
    if isinstance(error, FileNotFoundError):
        remedy = "Correct the path; fetch the content if the file is a link of git-annex or DataLad."
        return Fault("read", "The file does not exist.", remedy)
    if isinstance(error, OSError):
        what = f"The file cannot be read: {error.strerror or type(error).__name__}."
        return Fault("read", what, "Check the path and its permissions.")
    if isinstance(error, MemoryError):
        return Fault("read", "Not enough memory for this image.", "Resample it to 1 mm, or use fewer workers.")
    what = f"Unexpected {type(error).__name__} inside the library; this is a defect, not a property of the scan."
    return Fault("worker", what, "Please report it.")

"""Records read back from OUT, where anything may stand: bounded, checked, and never half read."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from reid_audit.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_BYTES", "read_bounded", "read_record"]

MOST_BYTES = 2**30
"""A longer record is none of ours: a million files take less."""

Model = TypeVar("Model", bound=BaseModel)


def read_bounded(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of a plain file; a link is not followed.

    Parameters
    ----------
    path : Path
    most : int
        Bytes.

    Returns
    -------
    bytes

    Raises
    ------
    StoreError
        If there is none, it is no plain file, too long, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            state = os.fstat(stream.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > most:
                raise StoreError(f"'{path.name}' is no file of at most {most:,} bytes.", remedy="Run the audit again.")
            return stream.read(most + 1)
    except FileNotFoundError:
        raise StoreError(f"There is no '{path.name}'.", remedy="Finish the audit first.") from None
    except OSError as error:
        raise StoreError(
            f"'{path.name}' cannot be read: {error.strerror or type(error).__name__}.", remedy="Run the audit again."
        ) from error


def read_record(path: Path, kind: type[Model]) -> tuple[Model, str]:
    """Read a record.

    Parameters
    ----------
    path : Path
    kind : type

    Returns
    -------
    record
        Of that kind.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    StoreError
        If it is missing, damaged, of another version, or holds what it may not.
    """
    content = read_bounded(path)
    try:
        record = kind.model_validate_json(content)
    except (ValidationError, RecursionError) as error:
        raise StoreError(
            f"'{path.name}' is damaged or of another version: {_first_fault(error)}.",
            remedy="Run again with this version; nothing finished is done twice.",
        ) from error
    return record, hashlib.sha256(content).hexdigest()


def _first_fault(error: ValidationError | RecursionError) -> str:
    """Return where the first fault is and what it is, without the value: it may be anything."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])

"""Models that do not come with a package: the user puts the file into a folder, and it is checked before use."""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from reid_audit.errors import MissingResourceError
from reid_audit.faces.catalogue import CATALOGUE, YUNET
from reid_audit.faces.folders import models_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INSTALLED_MODELS", "YUNET", "installed_model"]

INSTALLED_MODELS: Mapping[str, str] = MappingProxyType({YUNET: CATALOGUE["yunet"].sha256})
"""File name to SHA-256."""


def installed_model(name: str) -> bytes:
    """Return the bytes of a model that the user installed, after checking its SHA-256.

    Parameters
    ----------
    name : str
        One of :data:`INSTALLED_MODELS`.

    Returns
    -------
    bytes

    Raises
    ------
    MissingResourceError
        The file is absent, cannot be read, or is another one; says which file, which SHA-256 and which folder.
    """
    folder, expected = models_folder(), INSTALLED_MODELS[name]
    remedy = (
        f"Put '{name}' with SHA-256 {expected} into '{folder}' (`reid-audit weights add FILE`), or name its folder: "
        "`reid-audit --models DIR ...`."
    )
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise MissingResourceError(f"The model '{name}' is not installed.", remedy=remedy) from error
    except OSError as error:
        raise MissingResourceError(f"The model '{name}' cannot be read: {error.strerror}.", remedy=remedy) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != expected:
        raise MissingResourceError(f"The installed model '{name}' has SHA-256 {digest}.", remedy=remedy)
    return content

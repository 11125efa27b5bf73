"""The packages of the extra ``reconstruct``."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import Any

from reid_audit.errors import MissingResourceError

__all__ = ["EXTRA", "missing_packages", "need"]

EXTRA = "reconstruct"
_PACKAGES = ("torch", "monai", "einops", "safetensors")


def missing_packages() -> tuple[str, ...]:
    """Return which packages of the extra are not installed; none of them is imported for it."""
    return tuple(name for name in _PACKAGES if importlib.util.find_spec(name) is None)


def need(module: str) -> Any:
    """Return a module of the extra.

    Parameters
    ----------
    module : str
        ``"torch"``, ``"monai.networks.nets"``, ``"safetensors.torch"`` ...

    Raises
    ------
    MissingResourceError
        A package of the extra is not installed, or does not load.
    """
    lacking = missing_packages()
    if lacking:
        raise MissingResourceError(
            f"Reconstruction by diffusion needs {', '.join(_PACKAGES)}; not installed: {', '.join(lacking)}.",
            remedy=f"Install the extra: pip install 'reid_audit[{EXTRA}]' (for a processor alone, torch's CPU build).",
        )
    try:
        with warnings.catch_warnings():
            # What these packages say of each other's old names is nothing that a user here could act on.
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except (ImportError, OSError) as error:
        raise MissingResourceError(
            f"The package {module.split('.', maxsplit=1)[0]} does not load: {type(error).__name__}: {error}.",
            remedy=f"Install the extra again: pip install 'reid_audit[{EXTRA}]'.",
        ) from error

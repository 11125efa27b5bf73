"""The scripts of a page: our own, and one packed copy of Plotly, each allowed by its hash and by nothing else."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Scripts", "page_scripts"]

_NOTHING = hashlib.sha256(b"").digest()


@dataclass(frozen=True)
class Scripts:
    """What a page with charts carries.

    Parameters
    ----------
    own : str
        JavaScript; holds nothing from outside.
    library : str
        Plotly, gzip in base64: a third of its size. The page unpacks it when a chart comes near the window.
    allowed : tuple of str
        Hashes of both, for the content security policy.
    empty_style : str
        Hash of the empty style sheet that Plotly makes to add its rules to.
    """

    own: str
    library: str
    allowed: tuple[str, ...]
    empty_style: str


@cache
def page_scripts() -> Scripts:
    """Return the scripts; the same bytes whenever they are asked for."""
    from plotly.offline import get_plotlyjs

    own = resources.files("reid_audit.report").joinpath("templates/figures.js").read_text(encoding="utf-8")
    library = get_plotlyjs().encode()
    packed = base64.b64encode(gzip.compress(library, 9, mtime=0)).decode()
    hashes = (hashlib.sha256(text).digest() for text in (own.encode(), library))
    return Scripts(own, packed, tuple(map(_policy, hashes)), _policy(_NOTHING))


def _policy(digest: bytes) -> str:
    return f"sha256-{base64.b64encode(digest).decode()}"

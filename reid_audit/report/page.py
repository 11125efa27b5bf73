"""HTML pages: one file that opens from disk, its style within, everything from outside escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources
from typing import Any

from reid_audit.inputs.printable import printable

__all__ = ["render_page"]


def render_page(package: str, template: str, **content: Any) -> str:
    """Fill a template that a package carries.

    Parameters
    ----------
    package : str
        Its folder ``templates`` holds the template.
    template : str
        It finds the style as ``style`` and, for the content security policy, its hash as ``style_hash``.
    **content
        What the template asks for; a name that it asks for in vain is an error.

    Returns
    -------
    str
        HTML 5; everything in ``content`` is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        finalize=_unbroken,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("reid_audit.report").joinpath("templates/report.css").read_text()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own file, in which nothing from outside stands
        style_hash=Markup(f"sha256-{digest}"),  # noqa: S704 - base64 of a hash
        **content,
    )


def _unbroken(value: Any) -> Any:
    """Keep a number and its percent sign on one line, and n and its number; escape what a browser would obey."""
    if type(value) is not str:
        return value
    return re.sub(r"(?<=\d) (?=%)|(?<=\bn) (?==)|(?<=\bn =) (?=\d)", "\N{NO-BREAK SPACE}", printable(value))

"""Settings in a YAML file: read by a safe loader within limits, written with every default."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_audit.errors import SettingsError

if TYPE_CHECKING:
    from yaml import Node

    from reid_audit.settings import Settings

__all__ = ["MAX_BYTES", "read_settings_file", "settings_text"]

MAX_BYTES = 65_536
"""A file of settings has a few hundred."""

_MAX_DEPTH = 4
_REMEDY = "Write one with `reid-audit run ... --dump-config`, and change what is to be otherwise."


def read_settings_file(path: Path | str) -> dict[str, Any]:
    """Read settings that are to hold in place of the defaults.

    Parameters
    ----------
    path : path-like
        YAML: one mapping of names of :class:`~reid_audit.settings.Settings` to values. Settings that are left out keep
        their default.

    Returns
    -------
    dict
        Not checked yet: :func:`~reid_audit.settings.make_settings` does that, with what flags say on top.

    Raises
    ------
    SettingsError
        No such file; too large; no mapping; a name twice; tags, anchors or aliases, which settings do not need and
        which can make a small file large.
    """
    import yaml

    file = Path(path)
    try:
        if not file.is_file():
            raise SettingsError("The file of settings does not exist, or is no file.", remedy="Correct the path.")
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"The file of settings cannot be read: {error.strerror}.", remedy=_REMEDY) from error
    if len(raw) > MAX_BYTES:
        raise SettingsError(f"The file of settings has more than {MAX_BYTES:,} bytes.", remedy=_REMEDY)
    try:
        text = raw.decode("utf-8-sig")
        _check_events(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = None if node is None else yaml.load(text, Loader=yaml.SafeLoader)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where is not None else ""
        raise SettingsError(f"The file of settings is no YAML{line}.", remedy=_REMEDY) from error
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise SettingsError("The file of settings is no mapping of names to values.", remedy=_REMEDY)
    _check_once(node)
    return value


def _check_events(text: str) -> None:
    """Refuse what makes YAML dangerous: tags, anchors, aliases, deep nesting, several documents."""
    import yaml

    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        if getattr(event, "tag", None) is not None:
            raise SettingsError(f"Line {line} of the settings has a YAML tag; none is allowed.", remedy="Remove it.")
        if getattr(event, "anchor", None) is not None:
            raise SettingsError(
                f"Line {line} of the settings has an anchor or alias; none is allowed.", remedy="Write the value out."
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH or documents > 1:
            raise SettingsError(
                f"Line {line} of the settings is nested deeper than {_MAX_DEPTH} levels, or begins a second document.",
                remedy=_REMEDY,
            )


def _check_once(node: Node | None) -> None:
    """Refuse a setting that stands twice: the last would win in silence."""
    seen: set[str] = set()
    for key, _ in getattr(node, "value", ()):
        if key.value in seen:
            raise SettingsError(f"The setting '{key.value}' stands twice in the file.", remedy="Remove one of them.")
        seen.add(key.value)


def settings_text(settings: Settings) -> str:
    """Return settings as YAML that :func:`read_settings_file` reads, every one of them, in their order.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    str
    """
    import yaml

    values = settings.model_dump(mode="json")
    return str(yaml.safe_dump(values, sort_keys=False, default_flow_style=None, allow_unicode=True, width=100))

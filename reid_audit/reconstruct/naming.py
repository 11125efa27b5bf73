"""What attackers are called in reports, which name no folder."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.plugins import shareable_name

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["shareable_names"]


def shareable_names(attackers: Sequence[str]) -> dict[str, str]:
    """Return the name of each attacker without the folder of what it names.

    Parameters
    ----------
    attackers : sequence of str

    Returns
    -------
    dict of str to str

    Raises
    ------
    UsageError
        Two would have one name: their numbers and scans would be taken for those of one attacker.
    """
    names = [shareable_name(name) for name in attackers]
    if alike := sorted(name for name, n in Counter(names).items() if n > 1):
        raise UsageError(
            f"Two attackers would be called '{alike[0]}' in reports: nobody could tell them apart.",
            remedy="Give each once, and folders of models names of their own.",
        )
    return dict(zip(attackers, names, strict=True))

"""Labels as BIDS Apps take them: ``--participant-label 01 02 03``, one flag and several words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["spread_labels"]

_FLAGS = {"--participant-label", "--participant_label", "--session-label", "--session_label"}
_PLACES = {"run": 2, "validate": 1}
"""How many places each command that takes labels needs: after these, words behind a label are labels too."""


def spread_labels(words: Sequence[str]) -> list[str]:
    """Give every label a flag of its own.

    Parameters
    ----------
    words : sequence of str
        Of a command line, without the program.

    Returns
    -------
    list of str
        As they came, where the places do not stand in front: then a word behind a label may be one of them.
    """
    command = next((number for number, word in enumerate(words) if not word.startswith("-")), None)
    if command is None or words[command] not in _PLACES:
        return list(words)
    first = command + 1
    places = next((number for number, word in enumerate(words[first:]) if word.startswith("-")), len(words) - first)
    if places < _PLACES[words[command]]:
        return list(words)
    spread: list[str] = []
    flag = ""
    for word in words:
        if word.startswith("-"):
            flag = word if word in _FLAGS else ""
            spread.append(word)
        elif flag and spread[-1] != flag:
            spread += [flag, word]
        else:
            spread.append(word)
    return spread

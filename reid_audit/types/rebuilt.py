"""Scans that nobody releases: an attacker made them of released ones."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rebuilt"]


@dataclass(frozen=True)
class Rebuilt:
    """Where the scans of a condition come from whose faces an attacker rebuilt.

    Parameters
    ----------
    condition : str
        Of the released scans that they were made of.
    attacker : str
        Who rebuilt the faces; a name that may be shared.
    control : bool
        True where everybody's head bears another person's rebuilt face: what is found there was not rebuilt.
    """

    condition: str
    attacker: str
    control: bool = False

    @property
    def words(self) -> str:
        """What the condition is called in a sentence or a table."""
        if self.control:
            return f"control: {self.condition}, faces of others rebuilt by {self.attacker}"
        return f"{self.condition}, faces rebuilt by {self.attacker}"

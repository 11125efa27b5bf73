"""What an audit is given on the command line, and where its results may not lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Cohort, Failure

__all__ = ["Inputs"]


@dataclass(frozen=True)
class Inputs:
    """The places that an audit reads.

    Parameters
    ----------
    source : Path
        BIDS data set or manifest.
    photos, distractors, originals : Path, optional
    asked : tuple of three tuples of str
        Participants, sessions, and entities (``KEY=VALUE``) that alone are taken.
    """

    source: Path
    photos: Path | None = None
    distractors: Path | None = None
    originals: Path | None = None
    asked: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())

    @property
    def participants(self) -> tuple[str, ...]:
        """People who alone are taken, as they were asked for; empty for everybody."""
        return self.asked[0]

    def cohort(self) -> tuple[Cohort, tuple[Failure, ...]]:
        """Read the cohort; no image is opened.

        Raises
        ------
        UsageError
            As :func:`reid_audit.inputs.read_cohort` and :func:`reid_audit.inputs.make_selection` do.
        """
        from reid_audit.inputs import make_selection, read_cohort

        selection = make_selection(*self.asked)
        return read_cohort(self.source, self.photos, originals=self.originals, selection=selection)

    def check(self, out: Path) -> None:
        """Refuse a source that is not there, and an OUT in which private files would lie among the data.

        Raises
        ------
        UsageError
        """
        if not self.source.exists():
            raise UsageError(f"There is no '{self.source}' to audit.", remedy="Correct the path.")
        if _lies_in(out, self.source):
            raise UsageError(
                f"OUT '{out}' is, or lies in, the data that are audited: templates and keys would be released with "
                "them.",
                remedy="Name a folder elsewhere.",
            )
        kept = {"photographs": self.photos, "distractors": self.distractors, "originals": self.originals}
        for what, place in kept.items():
            if place is not None and _lies_in(out, place):
                raise UsageError(
                    f"OUT '{out}' is, or lies in, the place of the {what}: templates and keys would be kept with them.",
                    remedy="Name a folder elsewhere.",
                )


def _lies_in(out: Path, data: Path) -> bool:
    """Return True where OUT is a folder of data, or in it, or is the folder in which a table of data stands."""
    if data.is_dir():
        return out.resolve().is_relative_to(data.resolve())
    return out.resolve() == data.parent.resolve()

"""Which picture stands for a side of a match: the render, or photograph, that is most like the other side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.types import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reid_audit.appendix.matches import Candidate, Side
    from reid_audit.enrolment import Enrolled
    from reid_audit.types import Templates

__all__ = ["Shot", "ShotFinder"]

_VIEW = ["yaw", "pitch", "light_azimuth", "light_elevation"]


@dataclass(frozen=True)
class Shot:
    """One picture that can be made.

    Parameters
    ----------
    sample : str
        Of a scan or photograph.
    view : View or None
        None for a photograph.
    """

    sample: str
    view: View | None


class ShotFinder:
    """Finds the pictures behind the matches of one score table.

    The embedder's own templates decide, by their cosine: where a score is a mean over renders, or an SVM's, that is the
    pair of pictures that tells most of it.

    Parameters
    ----------
    enrolled : Enrolled
    condition : str
        Of the scans under attack.
    placed : bool
        Whether the attacker places the face where no detector found one.
    """

    def __init__(self, enrolled: Enrolled, condition: str, *, placed: bool = False) -> None:
        scans = enrolled.placed if placed and enrolled.placed is not None else enrolled.scans
        self._scans, self._photos = _Pool(scans), _Pool(enrolled.photos)
        self._condition = condition

    def shots(self, candidate: Candidate) -> tuple[Shot | None, Shot | None]:
        """Return the pictures of probe and reference; None of a side of which there is nothing to show."""
        one, first = self._rows(candidate.probe, probe=True)
        other, second = self._rows(candidate.reference, probe=False)
        if not first.size or not second.size:
            return one.shot(one.plainest(first)), other.shot(other.plainest(second))
        with np.errstate(invalid="ignore"):
            alike = one.vectors[first] @ other.vectors[second].T
        alike = np.where(np.isfinite(alike), alike, -np.inf)
        if np.isneginf(alike).all():
            return one.shot(one.plainest(first)), other.shot(other.plainest(second))
        left, right = np.unravel_index(int(alike.argmax()), alike.shape)
        return one.shot(int(first[left])), other.shot(int(second[right]))

    def alone(self, side: Side) -> Shot | None:
        """Return the plainest picture of a probe that was like nobody."""
        pool, rows = self._rows(side, probe=True)
        return pool.shot(pool.plainest(rows))

    def _rows(self, side: Side, *, probe: bool) -> tuple[_Pool, NDArray[np.intp]]:
        """Return where a side's pictures are: of a person, of one sample, or one render."""
        if side.sample == side.subject:
            photos = self._photos.where(subject=side.subject)
            if probe and photos.size:
                return self._photos, photos
            return self._scans, self._scans.where(subject=side.subject, condition=self._condition)
        photos = self._photos.where(sample=side.sample)
        if photos.size:
            return self._photos, photos
        return self._scans, self._scans.where(sample=side.sample, view=side.view)


class _Pool:
    """Templates of scans, or of photographs, with what is asked of them."""

    def __init__(self, templates: Templates | None) -> None:
        self._table = None if templates is None else templates.table
        vectors = np.zeros((0, 1)) if templates is None else np.asarray(templates.vectors, dtype=np.float64)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors = np.divide(vectors, length, out=np.full(vectors.shape, np.nan), where=length > 0)

    def where(self, *, view: tuple[float, ...] | None = None, **wanted: str) -> NDArray[np.intp]:
        if self._table is None:
            return np.zeros(0, dtype=np.intp)
        kept = np.ones(len(self._table), dtype=bool)
        for name, value in wanted.items():
            kept &= (self._table[name].astype(str) == value).to_numpy()
        if view is not None:
            kept &= (self._table[_VIEW].to_numpy(dtype=float) == np.asarray(view)).all(axis=1)
        return np.flatnonzero(kept)

    def plainest(self, rows: NDArray[np.intp]) -> int | None:
        """Return the row nearest to a view from the front."""
        if not rows.size or self._table is None:
            return None
        turned = self._table[["yaw", "pitch"]].iloc[rows].fillna(0.0).abs().sum(axis=1).to_numpy()
        return int(rows[turned.argmin()])

    def shot(self, row: int | None) -> Shot | None:
        if row is None or self._table is None:
            return None
        facts: Any = self._table.iloc[row]
        angles = [float(facts[name]) for name in _VIEW]
        return Shot(str(facts["sample"]), View(*angles) if np.isfinite(angles).all() else None)

"""Scores of people who do not exist, with what is true of them in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from reid_audit.types import ScoreTable

__all__ = ["World", "table_of"]


@dataclass(frozen=True)
class World:
    """Normal scores; people differ in how easy they are and in how alike they are to others.

    A score is the sum of a level of the probe's person, a level of the reference's person, one of the photograph, one
    of the scan, and noise; a mated one is higher by ``shift`` and by how easy the person is.

    Parameters
    ----------
    people, photos, scans : int
        Photographs (probes) and scans (references) are each person's.
    shift : float
        In standard deviations of the noise.
    ease, level, picture : float
        Standard deviations: between people in the mated shift, in level (probe and reference alike), and of each
        photograph and scan.
    """

    people: int
    photos: int = 1
    scans: int = 1
    shift: float = 1.5
    ease: float = 0.7
    level: float = 0.4
    picture: float = 0.3

    @property
    def sigmas(self) -> tuple[float, float]:
        """Standard deviations of mated and of non-mated scores."""
        other = 1.0 + 2 * self.level**2 + 2 * self.picture**2
        return float(np.sqrt(other + self.ease**2)), float(np.sqrt(other))

    def effects(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw the people: level as a probe, level as a reference, and ease; each of shape (people,)."""
        drawn = rng.normal(size=(3, self.people))
        return self.level * drawn[0], self.level * drawn[1], self.ease * drawn[2]

    def scores(self, rng: np.random.Generator, effects: tuple[np.ndarray, ...] | None = None) -> np.ndarray:
        """Draw a study; shape (people * photos, people * scans), people in order on both sides."""
        probe, reference, ease = self.effects(rng) if effects is None else effects
        asked, known = np.repeat(np.arange(self.people), self.photos), np.repeat(np.arange(self.people), self.scans)
        made = rng.normal(size=(len(asked), len(known)))
        made += (probe[asked] + self.picture * rng.normal(size=len(asked)))[:, None]
        made += (reference[known] + self.picture * rng.normal(size=len(known)))[None, :]
        own = asked[:, None] == known[None, :]
        return made + own * (self.shift + ease[asked])[:, None]

    def table(self, rng: np.random.Generator, **named: str) -> ScoreTable:
        """Draw a study as a score table."""
        return table_of(self.scores(rng), self.photos, self.scans, **named)

    def truth(self) -> dict[str, float]:
        """Return what is true of endless studies, by name of the metric."""
        mated, other = self.sigmas
        both = float(np.hypot(mated, other))
        true = {
            "auc": float(norm.cdf(self.shift / both)),
            "eer": float(norm.cdf(-self.shift / (mated + other))),
            "d_prime": self.shift / (both / np.sqrt(2)),
            "linkability": self._linkability(),
        }
        for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
            true[f"score_{name}_mated"] = float(norm.ppf(share, self.shift, mated))
            true[f"score_{name}_nonmated"] = float(norm.ppf(share, 0.0, other))
        for fmr in (0.1, 0.01, 0.001):
            threshold = norm.isf(fmr, 0.0, other)
            true[f"fnmr_at_fmr_{fmr:g}"] = float(norm.cdf(threshold, self.shift, mated))
            true[f"fmr_realised_{fmr:g}"] = fmr
        return true

    def _linkability(self) -> float:
        mated, other = self.sigmas
        reach = 9 * mated
        grid = np.linspace(min(0.0, self.shift) - reach, max(0.0, self.shift) + reach, 40_001)
        same, others = norm.pdf(grid, self.shift, mated), norm.pdf(grid, 0.0, other)
        sum_of = same + others
        local = np.divide(same - others, sum_of, out=np.zeros_like(grid), where=sum_of > 0)
        return float(np.trapezoid(np.maximum(local, 0.0) * same, grid))

    def rank_1_among(self, size: int) -> float:
        """Return rank 1 in a gallery of that many people, for worlds without levels of references."""
        if self.level or self.picture or self.scans > 1:
            raise ValueError("rank 1 has a closed form only without levels, pictures and several scans")
        grid = np.linspace(-12, 12 + max(0.0, self.shift) + 8 * self.ease, 200_001)
        own = norm.pdf(grid, self.shift, float(np.hypot(1.0, self.ease)))
        return float(np.trapezoid(own * np.exp((size - 1) * norm.logcdf(grid)), grid))


def table_of(scores: np.ndarray, photos: int = 1, scans: int = 1, **named: str) -> ScoreTable:
    """Return a table of scores; ``named`` are its attacker, matcher and condition where they matter."""
    words = {"attacker": "photo-nearest", "matcher": "nearest", "condition": "original"} | named
    frames = [
        pd.DataFrame(
            {
                "subject": [f"s{at // times:04d}" for at in range(size)],
                "sample": [f"{side}{at:05d}" for at in range(size)],
            }
        )
        for side, size, times in (("p", scores.shape[0], photos), ("r", scores.shape[1], scans))
    ]
    return ScoreTable(
        attacker=words["attacker"],
        matcher=words["matcher"],
        embedder="made",
        condition=words["condition"],
        probes=frames[0],
        references=frames[1],
        scores=scores,
        compared=np.ones(scores.shape, dtype=bool),
    )

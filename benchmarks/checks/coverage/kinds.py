"""The kinds of interval that an audit reports, and what the handbook says of how often each holds the truth."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "OWN", "Kind", "kind_of"]

OWN = " (its own mean)"
"""How the name of a metric ends that is held against what such studies give on average."""


@dataclass(frozen=True)
class Kind:
    """Intervals that are made alike.

    Parameters
    ----------
    metrics : tuple of str
        How the names of the metrics begin.
    low, high : float
        Between what the coverage of nominal 95 % intervals lies in all studies: 0.93 and 0.97, within two points, or
        what decision 0006 says.
    own : bool
        Held against what such studies give on average, and not against the truth of endless ones.
    """

    metrics: tuple[str, ...]
    low: float = 0.93
    high: float = 0.97
    own: bool = False

    @property
    def within(self) -> bool:
        """Whether that is within two points of 0.95."""
        return self.low >= 0.93 and self.high <= 0.97


KINDS = {
    "rank k, failure policies, people ever found": Kind(("rank 1", "rank 5", "rank_failures", "people_found_ever")),
    "rank 1 in a part of the gallery": Kind(("rank measured",)),
    "one-sided limit of the 0.09 rule": Kind(("rank_upper_limit",)),
    "failure rates": Kind(("failure_to_", "comparisons_failed")),
    "detection rate": Kind(("detection_rate",)),
    "FNIR at FPIR": Kind(("fnir_at_",)),
    "FPIR realised": Kind(("fpir_realised",)),
    "AUC": Kind(("auc",)),
    "EER": Kind(("eer",)),
    "d'": Kind(("d_prime",)),
    "median and quartiles of scores": Kind(("score_",)),
    "D_sys, about the truth": Kind(("linkability",)),
    "D_sys, about its own mean": Kind(("linkability",), own=True),
    "FNMR at FMR": Kind(("fnmr_at_",)),
    "FMR realised": Kind(("fmr_realised",)),
    "accuracy": Kind(("accuracy",)),
    "biometric information, about its own mean": Kind(("biometric_information",)),
    "gallery models at 1,000, about the truth": Kind(("rank_gallery_1000_",)),
    "gallery models at 100,000, about the truth": Kind(("rank_gallery_100000_",)),
    "gallery models, about their own mean": Kind(("rank_gallery_1000_", "rank_gallery_100000_"), own=True),
    "difference in rank 1": Kind(("difference in rank",)),
    "difference in AUC": Kind(("difference in auc",)),
    "rank 1 of an assignment": Kind(("assignment: rank 1",)),
    "one-sided limit of an assignment": Kind(("assignment: rank_upper_limit",)),
}


def kind_of(metric: str) -> str:
    """Return the name of the kind that a metric of a study belongs to."""
    own = metric.endswith(OWN)
    (found,) = [name for name, kind in KINDS.items() if kind.own == own and metric.startswith(kind.metrics)]
    return found

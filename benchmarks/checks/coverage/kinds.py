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
    "rank k, failure policies, people ever found": Kind(
        ("rank 1", "rank 5", "rank_failures", "people_found_ever"), 0.94, 1
    ),
    "rank 1 in a part of the gallery": Kind(("rank measured",), 0.94, 1),
    "one-sided limit of the 0.09 rule": Kind(("rank_upper_limit",), 0.94, 1),
    "failure rates": Kind(("failure_to_", "comparisons_failed"), 0.93, 1),
    "detection rate": Kind(("detection_rate",), 0.93, 1),
    "FNIR at FPIR": Kind(("fnir_at_",), 0.9, 1),
    "FPIR realised": Kind(("fpir_realised",), 0.97, 1),
    "AUC": Kind(("auc",), 0.92, 0.99),
    "EER": Kind(("eer",), 0.92, 0.99),
    "d'": Kind(("d_prime",), 0.91, 0.98),
    "median and quartiles of scores": Kind(("score_",), 0.91, 0.98),
    "D_sys, about the truth": Kind(("linkability",), 0.92, 1),
    "D_sys, about its own mean": Kind(("linkability",), 0.95, 1, own=True),
    "FNMR at FMR": Kind(("fnmr_at_",), 0.95, 1),
    "FMR realised": Kind(("fmr_realised",), 0.98, 1),
    "accuracy": Kind(("accuracy",), 0.95, 1),
    "biometric information, about its own mean": Kind(("biometric_information",), 0.94, 0.99),
    "gallery models at 1,000, about the truth": Kind(("rank_gallery_1000_",), 0.82, 0.97),
    "gallery models at 100,000, about the truth": Kind(("rank_gallery_100000_",), 0.55, 0.93),
    "gallery models, about their own mean": Kind(("rank_gallery_1000_", "rank_gallery_100000_"), 0.92, 0.99, own=True),
    "difference in rank 1": Kind(("difference in rank",), 0.95, 1),
    "difference in AUC": Kind(("difference in auc",), 0.92, 0.98),
    "rank 1 of an assignment": Kind(("assignment: rank 1",), 0.95, 1),
    "one-sided limit of an assignment": Kind(("assignment: rank_upper_limit",), 0.93, 1),
}


def kind_of(metric: str) -> str:
    """Return the name of the kind that a metric of a study belongs to."""
    own = metric.endswith(OWN)
    (found,) = [name for name, kind in KINDS.items() if kind.own == own and metric.startswith(kind.metrics)]
    return found

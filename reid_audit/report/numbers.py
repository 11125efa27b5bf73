"""How numbers are written: percentages with intervals, never a bare one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from reid_audit.types import Result

__all__ = [
    "METRIC_NAMES",
    "MISSING",
    "format_interval",
    "format_value",
    "is_share",
    "metric_name",
    "percent",
    "plain",
    "with_interval",
]

MISSING = "–"

METRIC_NAMES = {
    "auc": "ROC-AUC",
    "accuracy": "Accuracy",
    "accuracy_mixed_folds": "Accuracy, folds that share people (leaks)",
    "auc_folds": "ROC-AUC, mean of folds",
    "eer": "Equal error rate",
    "d_prime": "d′",
    "linkability": "Linkability D_sys",
    "biometric_information": "Biometric information (bits)",
    "detection_rate": "Heads with a face found",
    "render_detection_rate": "Renders with a face found",
    "failure_to_acquire_rate": "Failure to acquire",
    "failure_to_enrol_rate": "Failure to enrol",
    "comparisons_failed_share": "Failed comparisons",
    "rank_failures_as_chance": "Rank 1, failures as chance",
    "rank_failures_excluded": "Rank 1, failures excluded",
    "rank_by_group": "Rank by group",
    "rank_upper_limit": "Rank 1, one-sided 95 % limit",
    "worst_person_rank1": "Worst person: own searches at rank 1",
    "people_found_ever": "People found by any search",
    "protected_below_threshold_share": "Protected releases below threshold",
}

_AT_RATES = {
    "fnmr_at_fmr_": "False non-match rate at a false match rate of {:g} %",
    "fmr_realised_": "False match rate realised for {:g} %",
}
_SHARES = {
    "rank",
    "rank_by_group",
    "rank_failures_as_chance",
    "rank_failures_excluded",
    "rank_upper_limit",
    "accuracy",
    "accuracy_mixed_folds",
    "eer",
    "worst_person_rank1",
    "people_found_ever",
}
_OPEN_SET = ("fnir_at_fpir_", "fpir_realised_")
_GALLERY = "rank_gallery_"


def is_share(metric: str) -> bool:
    """Return True for a metric that is a share of people or pictures and reads best in percent."""
    starts = (*_OPEN_SET, _GALLERY, *_AT_RATES)
    return metric in _SHARES or metric.endswith(("_rate", "_share")) or metric.startswith(starts)


def percent(value: float | None) -> str:
    """Write a share as a percentage: whole, halves up; only exactly 0 and 1 give ``0 %`` and ``100 %``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if 0 < value <= 0.005:
        return f"{max(100 * value, 0.001):.1g} %"
    if 0.995 <= value < 1:
        return f"{min(100 * value, 99.9):.1f} %"
    return f"{math.floor(100 * value + 0.5)} %"


def format_value(metric: str, value: float | None) -> str:
    """Write a value in the unit of its metric."""
    if value is None or not math.isfinite(value):
        return MISSING
    return percent(value) if is_share(metric) else f"{value:.2f}"


def format_interval(metric: str, low: float | None, high: float | None) -> str:
    """Write confidence limits: ``54–96 %`` or ``0.71–0.92``."""
    if low is None or high is None:
        return MISSING
    if is_share(metric):
        return f"{percent(low).removesuffix(' %')}–{percent(high)}"
    return f"{format_value(metric, low)} to {format_value(metric, high)}"


def with_interval(result: Result) -> str:
    """Write a value that is no share with its limits, or why there is none: ``1.96 (1.80 to 2.11)``."""
    if result.value is None:
        return f"{MISSING} ({result.note})"
    if result.low is None or result.high is None:
        return f"{result.value:.2f}"
    return f"{result.value:.2f} ({result.low:.2f} to {result.high:.2f})"


def metric_name(metric: str, k: int | None = None) -> str:
    """Return what a reader calls a metric: ``Rank 1``, ``ROC-AUC``, ``Cosine median mated``."""
    if metric == "rank":
        return f"Rank {k}"
    for start, words in _AT_RATES.items():
        if metric.startswith(start):
            return words.format(float(metric.removeprefix(start)) * 100)
    if metric.startswith(_OPEN_SET):
        what, rate = metric.rsplit("_", 1)
        if what == "fpir_realised":
            return f"FPIR realised for {percent(float(rate))}"
        return f"FNIR at FPIR {percent(float(rate))}, {f'rank {k}' if k else 'any rank'}"
    if metric.startswith(_GALLERY):
        size, model = metric.removeprefix(_GALLERY).split("_", 1)
        return f"Rank 1 among {int(size):,}, extrapolated ({model.replace('_', ' ')})"
    return METRIC_NAMES.get(metric, metric.replace("_", " ").replace("nonmated", "non-mated").capitalize())


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: no NaN, no array, no path.

    Parameters
    ----------
    value : object
        Mappings and sequences are walked; what is not finite becomes None; a path becomes ``"(path withheld)"``.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, PurePath):
        return "(path withheld)"
    return str(value)

"""The quick measures of one scan, within the user's masks or an estimated brain; every gap is a row with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.brain import estimate_brain
from reid_audit.errors import ReidAuditError
from reid_audit.inputs import read_volume
from reid_audit.inputs.brain_masks import inside
from reid_audit.types import Mask
from reid_audit.utility import MEASURES, Measure, centile, movement, quick_measures
from reid_audit.utility.template import to_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reid_audit.quality import Reference
    from reid_audit.types import Volume
    from reid_audit.utility import GrowthChart

__all__ = ["NO_ANCHOR", "Anchor", "Given", "ScanTask", "anchor_of", "measured", "read_mask"]

_LABELS = ("brain", "tumour", "temporalis")


@dataclass(frozen=True)
class Given:
    """One file of a scan, and the masks that the user has for it.

    Parameters
    ----------
    condition, sample, path : str
        ``path`` is empty where the defacer gave nothing.
    masks : mapping of str to str
        ``"brain"``, ``"tumour"``, ``"temporalis"`` to a path.
    """

    condition: str
    sample: str
    path: str
    masks: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class ScanTask:
    """An original with its defaced forms.

    Parameters
    ----------
    subject, session, modality : str
    age : float
        Years; NaN where unknown.
    sex : str
    original : Given
    defaced : tuple of Given
    store : str or None
        Folder of finished records.
    chart : GrowthChart or None
        Of the temporalis' cross-section.
    """

    subject: str
    session: str
    modality: str
    age: float
    sex: str
    original: Given
    defaced: tuple[Given, ...]
    store: str | None = None
    chart: GrowthChart | None = None


def read_mask(label: str, given: Given, volume: Volume) -> tuple[Mask | None, str]:
    """Read a mask of the user's on the grid of a scan, or say why there is none."""
    path = given.masks.get(label)
    if path is None:
        return None, "no mask was given"
    try:
        image = read_volume(path, modality="mask")
    except ReidAuditError as error:
        return None, f"the mask cannot be read: {error}"
    if image.data.shape != volume.data.shape or not np.allclose(image.affine, volume.affine, atol=1e-2):
        return None, "the mask is not on the grid of the scan"
    return Mask(inside(image.data), volume.affine, label), ""


@dataclass(frozen=True, eq=False)
class Anchor:
    """Masks and pose of a scan, each with the reason where there is none."""

    masks: Mapping[str, Mask]
    why: Mapping[str, str]
    pose: np.ndarray[Any, Any] | None
    why_no_pose: str


NO_ANCHOR = Anchor({}, {}, None, "")
"""Of a scan that cannot be read."""


def anchor_of(given: Given, volume: Volume | None, reference: Reference | None = None) -> Anchor:
    """Find the masks and the pose of a scan.

    Parameters
    ----------
    given : Given
    volume : Volume or None
        None where it cannot be read.
    reference : Reference, optional
        What was found about the scan before: its pose and its brain are taken from there.

    Returns
    -------
    Anchor
    """
    if volume is None:
        return NO_ANCHOR
    masks: dict[str, Mask] = {}
    reasons: dict[str, str] = {}
    for label in _LABELS:
        mask, why = read_mask(label, given, volume)
        if label == "brain" and label not in given.masks:
            mask, why = _brain(volume, reference)
        if mask is not None:
            masks[label] = mask
        elif label == "brain" or label in given.masks:
            reasons[label] = why
    pose, why = (reference.surface.to_head, "") if reference else _tried(lambda: to_template(volume))
    return Anchor(masks, reasons, pose, why)


def _brain(volume: Volume, reference: Reference | None) -> tuple[Mask | None, str]:
    """Return the brain that was found before, or estimate it: what is left of it after defacing."""
    if reference is not None and reference.brain is not None:
        return Mask(reference.brain.mask, volume.affine, "brain"), ""
    return _tried(lambda: estimate_brain(volume))


def _tried(make: Callable[[], Any]) -> tuple[Any, str]:
    try:
        return make(), ""
    except ReidAuditError as error:
        return None, str(error)


def _names(label: str) -> list[str]:
    """Return the measures that a mask is for."""
    return [name for name in MEASURES if label in name or (label == "brain" and name == "SNR")]


def measured(
    task: ScanTask, given: Given, volume: Volume | None, *, own: Anchor, known: Anchor, lost: str
) -> list[dict[str, Any]]:
    """Return one row a measure that was asked for: those of a mask that nobody gave are not."""
    if volume is None:
        labels = [label for label in _LABELS if label == "brain" or label in given.masks]
        made = [Measure(name, None, lost) for label in labels for name in _names(label)]
        made.append(Measure("template shift", None, lost))
    else:
        try:
            made = list(quick_measures(volume, own.masks))
        except ValueError as error:
            made = [Measure("brain volume", None, str(error))]
        made += [*_centile(task, made), *_shift(own, known)]
        made += [Measure(name, None, why) for label, why in own.why.items() for name in _names(label)]
    rows = {"subject": task.subject, "session": task.session, "modality": task.modality, "condition": given.condition}
    return [
        {**rows, "measure": each.name, "unit": MEASURES[each.name], "value": _finite(each.value), "why": each.why}
        for each in made
    ]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _centile(task: ScanTask, made: list[Measure]) -> list[Measure]:
    area = next((each.value for each in made if each.name == "temporalis cross-section"), None)
    if area is None:
        return []
    if task.chart is None:
        return [Measure("temporalis centile", None, "no growth chart was given")]
    if math.isnan(task.age):
        return [Measure("temporalis centile", None, "the age is not known")]
    return [Measure("temporalis centile", *centile(area, task.age, task.sex, task.chart))]


def _shift(own: Anchor, anchor: Anchor) -> list[Measure]:
    if own.pose is None or anchor.pose is None or "brain" not in anchor.masks:
        why = own.why_no_pose or anchor.why_no_pose or "the original has no brain mask"
        return [Measure("template shift", None, why)]
    if not anchor.masks["brain"].data.any():
        return [Measure("template shift", None, "the brain mask of the original is empty")]
    return [Measure("template shift", movement(anchor.pose, own.pose, anchor.masks["brain"]))]

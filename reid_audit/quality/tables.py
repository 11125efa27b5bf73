"""Verdicts as a table and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from reid_audit.quality.limits import CALIBRATION, LIMITS
from reid_audit.types import QUALITY_REGIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.quality.limits import Limits
    from reid_audit.types import Result, ScanQuality

__all__ = ["quality_document", "quality_table"]


def quality_table(judged: Sequence[ScanQuality]) -> pd.DataFrame:
    """Return one row a scan.

    Parameters
    ----------
    judged : sequence of ScanQuality

    Returns
    -------
    pandas.DataFrame
        ``row`` counts from 1; names of the scan; verdicts ``face, ears, brain, both``; by region the verdict, the share
        of skin left and mm2; ml of brain lost with its limits, tolerance and place; ml altered, ml of untouched
        tissue changed, ml of signal behind the head; renders with a face; where the pose came from; failure and its
        remedy. None where there is no number.
    """
    return pd.DataFrame([_row(number, one) for number, one in enumerate(judged, start=1)])


def _row(number: int, one: ScanQuality) -> dict[str, Any]:
    brain, voxels = one.brain, one.voxels
    row: dict[str, Any] = {
        "row": number,
        "sample": one.sample,
        "subject": one.subject,
        "session": one.session,
        "condition": one.condition,
        "modality": one.modality,
        "face": one.face,
        "ears": one.ears,
        "brain": brain.verdict,
        "face_and_brain": one.both,
    }
    for name in QUALITY_REGIONS:
        region = one.region(name)
        row |= {
            f"{name}_verdict": region.verdict,
            f"{name}_left_share": region.share,
            f"{name}_left_mm2": region.residual_mm2,
            f"{name}_standing_share": region.standing,
            f"{name}_copied_share": region.copied,
            f"{name}_evidence": region.evidence,
        }
    return row | {
        "brain_mask": brain.mask,
        "brain_mask_error_mm": brain.error_mm,
        "brain_ml": brain.brain_ml,
        "brain_lost_voxels": brain.lost_voxels,
        "brain_lost_ml": brain.lost_ml,
        "brain_lost_low_ml": brain.low_ml,
        "brain_lost_high_ml": brain.high_ml,
        "brain_tolerance_ml": brain.tolerance_ml,
        "brain_lost_where": "; ".join(f"{name} {ml:.2f} ml" for name, ml in brain.where.items()),
        "brain_evidence": brain.evidence,
        "altered_ml": voxels.altered_ml,
        "untouched_changed_ml": voxels.untouched_changed_ml,
        "untouched_changed_voxels": voxels.untouched_changed_voxels,
        "rescaled": voxels.rescaled,
        "behind": one.behind.verdict,
        "behind_ml": one.behind.bright_ml,
        "behind_evidence": one.behind.evidence,
        "renders": one.n_views,
        "renders_with_face": one.n_detected,
        "pose": one.pose,
        "pose_error_mm": one.pose_error_mm,
        "original_likeness": one.likeness,
        "notes": "; ".join(one.notes),
        "failure": "" if one.failure is None else one.failure.what,
        "remedy": "" if one.failure is None else one.failure.remedy,
    }


def quality_document(
    judged: Sequence[ScanQuality],
    *,
    agreement: Sequence[Result] = (),
    notes: Sequence[str] = (),
    limits: Limits = LIMITS,
) -> dict[str, Any]:
    """Return everything that JSON holds.

    Parameters
    ----------
    judged : sequence of ScanQuality
    agreement : sequence of Result
    notes : sequence of str
    limits : Limits

    Returns
    -------
    dict
        ``scans, agreement, notes, limits, calibration``.
    """
    scans = [{**asdict(one), "face": one.face, "ears": one.ears, "face_and_brain": one.both} for one in judged]
    return {
        "scans": scans,
        "agreement": [asdict(result) for result in agreement],
        "notes": list(notes),
        "limits": asdict(limits),
        "calibration": CALIBRATION,
    }

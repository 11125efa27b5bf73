"""Heads of people who do not exist: who they are, how they are scanned and photographed, on disk as a BIDS data set.

Identity (who) is separate from acquisition (how): one identity gives many scans and photographs, with known truth. The
population is calibrated; nothing measured on it is evidence of real-world risk.
"""

from __future__ import annotations

from reid_audit.phantom.acquisition import PhantomScan, ScanSettings, acquire
from reid_audit.phantom.cohort import cohort_identities, write_cohort
from reid_audit.phantom.contrast import CONTRASTS, Contrast, Tumour
from reid_audit.phantom.dataset import NOTE
from reid_audit.phantom.identity import (
    HeadMesh,
    Identity,
    SessionChange,
    head_mesh,
    sample_identities,
    sample_session_change,
)
from reid_audit.phantom.labels import BRAIN_TISSUES, FACE_REGIONS, Tissue
from reid_audit.phantom.marker import left_marker, with_left_marker
from reid_audit.phantom.photo import PhotoSettings, take_photo
from reid_audit.phantom.settings import PhantomSettings
from reid_audit.phantom.tissue import TissueVolume, tissue_volume

__all__ = [
    "BRAIN_TISSUES",
    "CONTRASTS",
    "FACE_REGIONS",
    "NOTE",
    "Contrast",
    "HeadMesh",
    "Identity",
    "PhantomScan",
    "PhantomSettings",
    "PhotoSettings",
    "ScanSettings",
    "SessionChange",
    "Tissue",
    "TissueVolume",
    "Tumour",
    "acquire",
    "cohort_identities",
    "head_mesh",
    "left_marker",
    "sample_identities",
    "sample_session_change",
    "take_photo",
    "tissue_volume",
    "with_left_marker",
    "write_cohort",
]

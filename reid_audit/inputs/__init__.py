"""Scans, photos and manifests, from files to frozen values.

Whatever convention a file follows, a :class:`~reid_audit.types.Volume` comes out in RAS millimetres, and what was done
or doubted on the way stands in its notes. A file that cannot be used is one clear error without an identifier in it;
a cohort goes on without it.
"""

from __future__ import annotations

from reid_audit.inputs.cohort import read_cohort
from reid_audit.inputs.dicom import read_dicom
from reid_audit.inputs.distractors import as_distractors, read_distractors
from reid_audit.inputs.draft import draft_manifest
from reid_audit.inputs.folders import cohort_of_folders
from reid_audit.inputs.photo import read_photo
from reid_audit.inputs.selection import Selection, make_selection
from reid_audit.inputs.volume import read_volume, to_ras, write_volume
from reid_audit.inputs.withheld import check_names, without_labels

__all__ = [
    "Selection",
    "as_distractors",
    "check_names",
    "cohort_of_folders",
    "draft_manifest",
    "make_selection",
    "read_cohort",
    "read_dicom",
    "read_distractors",
    "read_photo",
    "read_volume",
    "to_ras",
    "without_labels",
    "write_volume",
]

"""Distractors: scans of people who are not in the release, and of whom nobody has a photograph."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from reid_audit.errors import ManifestError
from reid_audit.inputs.cohort import read_cohort

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Cohort, Failure

__all__ = ["as_distractors", "read_distractors"]


def read_distractors(path: Path | str, cohort: Cohort) -> tuple[Cohort, tuple[Failure, ...]]:
    """Read the distractors of a cohort from a BIDS tree or a manifest.

    Condition and modality of each are what the tree or the manifest declares; nothing checks them.

    Parameters
    ----------
    path : path-like
        As for :func:`~reid_audit.inputs.read_cohort`.
    cohort : Cohort
        What is audited.

    Returns
    -------
    Cohort
        As :func:`as_distractors` makes it.
    tuple of Failure
        As for :func:`~reid_audit.inputs.read_cohort`.

    Raises
    ------
    ManifestError
        As :func:`~reid_audit.inputs.read_cohort` and :func:`as_distractors` do.
    """
    found, failures = read_cohort(path)
    return as_distractors(found, cohort), failures


def as_distractors(found: Cohort, cohort: Cohort) -> Cohort:
    """Return the scans of a cohort as distractors of another.

    Parameters
    ----------
    found, cohort : Cohort

    Returns
    -------
    Cohort
        Without photographs; every ``sample`` begins with ``distractor_``.

    Raises
    ------
    ManifestError
        There is no scan, or somebody, or a file, is in both.
    """
    if not len(found.scans):
        raise ManifestError("There is no scan among the distractors.", remedy="Give scans of people, or leave it out.")
    known = {*cohort.scans["subject"], *cohort.photos["subject"]}
    both = len(known & set(found.scans["subject"]))
    if both:
        raise ManifestError(
            f"{both} subject {'label' if both == 1 else 'labels'} of the distractors {'is' if both == 1 else 'are'} "
            "in the cohort as well; a distractor is nobody who has a scan or a photograph in it.",
            remedy="Leave these people out; where they are others of the same label, give them other labels in a "
            "manifest (`reid-audit manifest DIR`).",
        )
    files = {os.path.realpath(path) for path in cohort.scans["path"]}
    shared = sum(os.path.realpath(path) in files for path in found.scans["path"])
    if shared:
        raise ManifestError(
            f"{shared} of the {len(found.scans)} scans of the distractors {'is' if shared == 1 else 'are'} in the "
            "cohort as well, under another label.",
            remedy="Leave them out.",
        )
    samples = [f"distractor_{sample}" for sample in found.scans["sample"]]
    return replace(found, scans=found.scans.assign(sample=samples), photos=found.photos.iloc[:0])

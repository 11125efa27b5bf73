"""Names of models that the user gave: the report shows them, so that none may name a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.enrolment.tasks import specs_of
from reid_audit.inputs import check_names
from reid_audit.plugins import BUILT_IN, shareable_name

if TYPE_CHECKING:
    from reid_audit.settings import Settings
    from reid_audit.types import Cohort

__all__ = ["check_shown"]


def check_shown(cohort: Cohort, settings: Settings) -> None:
    """Refuse models of the user's own whose name, as it was given or as they declare it, holds the label of a person.

    Raises
    ------
    UsageError
        The message says which model, and no label.
    MissingResourceError
        An embedder of the user's own cannot be made.
    """
    given = {
        "detector": settings.detector,
        "detector of photographs": settings.photo_detector,
        "embedder": settings.embedder,
    }
    own = {*BUILT_IN["detectors"], *BUILT_IN["embedders"]}
    asked = {what: shareable_name(name) for what, name in given.items() if name not in own}
    if "embedder" in asked:
        asked["embedder"] += f" {specs_of(settings.detector, settings.embedder)[-1].name}"
    check_names(cohort, asked)

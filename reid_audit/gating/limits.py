"""What the gate asks of a release, with its defaults and what is allowed."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reid_audit.errors import SettingsError
from reid_audit.statistics import RELEASE_THRESHOLD

__all__ = ["FEWEST_PEOPLE", "FPIR", "GateLimits", "check_floor", "laxer", "make_limits"]

FPIR = 0.01
"""False positive identification rate at which identification with a threshold is gated."""

FPIR_IN_WORDS = "one false alarm in 100 searches for people who are not there"
"""What it says, for who has not met the word."""

FEWEST_PEOPLE = 100
"""People searched for without their own scans, below whom no threshold for that rate can be read off."""


LEAST_POWER = 0.8
"""Probability with which a release that gives nothing away must lie below; more may be asked, and no less."""


class GateLimits(BaseModel):
    """What a release must show.

    Parameters
    ----------
    max_risk : float
        The one-sided upper bound of every gated share of people must lie below it.
    confidence : float
        Of that bound, and of the lower bound of the positive control; one-sided.
    control_floor : float
        The lower bound of what an attacker identifies in the originals must lie above it.
    power : float
        A release that gives nothing away must lie below ``max_risk`` with at least this probability: else there are
        too few people to say anything. At least 0.8.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_risk: Annotated[float, Field(gt=0, lt=1)] = RELEASE_THRESHOLD
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    control_floor: Annotated[float, Field(gt=0, lt=1)] = 0.25
    power: Annotated[float, Field(ge=LEAST_POWER, lt=1)] = LEAST_POWER


def make_limits(**values: Any) -> GateLimits:
    """Check values and make limits of them.

    Raises
    ------
    SettingsError
        For a value that is not allowed.
    """
    try:
        return GateLimits(**values)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]} = {fault.get('input')!r}: {fault['msg']}" for fault in error.errors())
        raise SettingsError(f"Limits that are not allowed: {faults}.", remedy="Give shares such as 0.09.") from error


def laxer(limits: GateLimits) -> tuple[str, ...]:
    """Return each limit that lets more through than its default does, in words, with the default.

    Parameters
    ----------
    limits : GateLimits

    Returns
    -------
    tuple of str
        Empty where none does.
    """
    usual = GateLimits()
    compared = (
        ("risk", limits.max_risk, usual.max_risk, limits.max_risk > usual.max_risk),
        ("confidence", limits.confidence, usual.confidence, limits.confidence < usual.confidence),
        ("floor of the control", limits.control_floor, usual.control_floor, limits.control_floor < usual.control_floor),
    )
    return tuple(f"{name} {value:g} instead of {default:g}" for name, value, default, is_laxer in compared if is_laxer)


def check_floor(limits: GateLimits) -> None:
    """Refuse a positive control that an attacker who finds next to nobody would meet.

    Raises
    ------
    SettingsError
        If its floor does not lie above the risk.
    """
    if limits.control_floor <= limits.max_risk:
        people = math.floor(math.log(1.0 - limits.confidence) / math.log(limits.max_risk)) + 1
        raise SettingsError(
            f"The floor of the positive control, {limits.control_floor:g}, must lie above the risk, "
            f"{limits.max_risk:g}: else an attacker who finds nobody would do for a control.",
            remedy=f"Raise --control-floor. A lower limit above {limits.max_risk:g} takes {people} people at least, "
            "all identified by their originals.",
        )

"""Who the attackers are: one list of names, used by settings, command line, report and gate."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reid_audit.errors import UsageError
from reid_audit.types import Attacker

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ATTACKERS", "LOCAL_FEATURES", "OPEN_SET", "get_attacker", "holds_photos"]

LOCAL_FEATURES = "local-features"
"""The attacker who works on pictures and not on templates."""

OPEN_SET = "open-set"
"""The attacker whose gallery may be padded with distractors."""

_PHOTO_HOLDS = (
    "photographs of people who may be in the release, and the released scans of one condition: all of them where "
    "everyone has equally many, else one of each person"
)
_PHOTO_WANTS = "to tell whose scan is whose, by searching each photograph in all released scans"

_ALL = (
    Attacker(
        name="photo-nearest",
        holds=_PHOTO_HOLDS,
        knows="how to render a scan from many sides and lights, and an open face recogniser",
        wants=_PHOTO_WANTS,
        matcher="nearest",
    ),
    Attacker(
        name="photo-set",
        holds=_PHOTO_HOLDS,
        knows="the same, and that a set of renders says more than the best one: their mean, or the mean of the k best",
        wants=_PHOTO_WANTS,
        matcher="mean, topk",
    ),
    Attacker(
        name="photo-svm",
        holds=_PHOTO_HOLDS,
        knows="the same, and trains a classifier on the renders of every person before asking it about a photograph",
        wants=_PHOTO_WANTS,
        matcher="svm",
    ),
    Attacker(
        name=LOCAL_FEATURES,
        holds=_PHOTO_HOLDS,
        knows="how to render a scan from many sides, and ORB and SIFT keypoints of whole heads; no face need be found",
        wants=_PHOTO_WANTS,
        matcher="orb, sift",
    ),
    Attacker(
        name="scan-to-scan",
        holds="released scans of one condition, of several data sets perhaps, and no photograph",
        knows="how to render a scan, and an open face recogniser",
        wants="to tell whether two scans show one person, and so to join what is known about them",
        matcher="cosine",
    ),
    Attacker(
        name="original-to-released",
        holds="unaltered scans of the people in the release, from a hospital's archive or an earlier release",
        knows="whose each of these is, how to render a scan, and an open face recogniser",
        wants=(
            "to find each person's released scan among equally many of every other person; another session is the "
            "risk, the same scan its upper bound"
        ),
        matcher="nearest",
    ),
    Attacker(
        name=OPEN_SET,
        holds=(
            "photographs of people most of whom are not in the release, and the released scans of one condition, as "
            "photo-nearest does, among scans of other people where distractors are given"
        ),
        knows="how to render a scan, an open face recogniser, and how seldom a stranger may be taken for somebody",
        wants="to name the owner of a scan where the score is high enough, and nobody where the owner is not there",
        matcher="nearest",
    ),
    Attacker(
        name="assignment",
        holds="the list of participants with photographs of all, and the released scans as above",
        knows="how to render a scan, an open face recogniser, and that each person of the list is in the release once",
        wants="to tell whose scan is whose for all at once, by assigning people to pseudonyms one to one",
        matcher="assignment",
    ),
    Attacker(
        name="fusion",
        holds=(
            "all photographs of each person, and the released scans of one condition, equally many of everyone, those "
            "of a person linked by their pseudonym"
        ),
        knows="the same, and how to make one score of many photographs, sessions, sequences and views",
        wants="to tell which pseudonym is whose, by all that there is of both at once",
        matcher="score-fusion, template-fusion",
    ),
    Attacker(
        name="adapted",
        holds=(
            "photographs and released scans as above, and for half of the people the knowledge which scan of the "
            "condition is whose; which half is changed several times, and rates are means"
        ),
        knows=(
            "where the face must be in a render, found by a detector or not, and how to learn on those people what "
            "defacing and rendering do to a face"
        ),
        wants="to tell whose scan is whose among the other half of the people",
        matcher="topk, centred, adapted",
    ),
)

ATTACKERS: Mapping[str, Attacker] = MappingProxyType({attacker.name: attacker for attacker in _ALL})
"""Name to threat model, in the order in which reports show them."""


_HOLD_SCANS = ("scan-to-scan", "original-to-released")


def holds_photos(name: str | None) -> bool:
    """Return whether the probes of the attacker of that name are photographs."""
    return name in ATTACKERS and name not in _HOLD_SCANS


def get_attacker(name: str) -> Attacker:
    """Return the attacker of that name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Attacker

    Raises
    ------
    UsageError
        There is none of that name.
    """
    if name not in ATTACKERS:
        raise UsageError(f"There is no attacker '{name}'. Known: {', '.join(ATTACKERS)}.")
    return ATTACKERS[name]

"""From what was seen in a volume to an answer; where the limits come from: ``docs/decisions/0013-triage.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.quality.limits import LIMITS
from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.triage.heads import HeadEvidence
    from reid_audit.types import RegionVerdict, ScanQuality

__all__ = ["told_by_evidence", "told_by_quality"]

_STANDS = 0.75
"""Share of a part's expected skin from which on it stands."""
_GONE = {"eyes": 0.6, "nose": 0.4, "mouth": 0.4}
"""Share below which a part is gone: what lies behind removed lids comes near to where they were."""
_EARS = 0.8
"""Share from which on the ears stand: cut down to the bone, up to half of the places have skin near by."""
_EARS_LEFT = 0.6
"""The same of the person's own skin, where the original is at hand: cut down to the bone, up to 0.43 lies near by."""
_NEARLY_COPIED = 0.7
"""Share of the face's form from which on a face that replaced it may be a copy; from 0.8 on it is one."""
_DOUBTFUL = 6.0
"""Mm from the mean head from which on its places say nothing."""
_TRACES_ML, _TRACES_MM2, _SIGNAL_MM2 = 1.0, 100.0, 400.0
"""Signal behind the head, and at the rear edge of the field of view, from which on it is worth a word, and a find."""


def told_by_evidence(seen: HeadEvidence) -> Told:
    """Answer for a volume whose original is not at hand.

    Parameters
    ----------
    seen : HeadEvidence

    Returns
    -------
    Told
    """
    if not seen.shown:
        if seen.black and not seen.large:
            return nothing("no head", "nothing in the volume has the size of a head")
        return cannot_tell("no surface", f"no skin could be drawn to look at ({seen.why.rstrip('.')})")
    return worst([_front(seen), _behind(seen.behind_ml, seen.edge_mm2), _ears(seen)])


def _front(seen: HeadEvidence) -> Told:
    """Answer for eyes, nose and mouth."""
    views = f"a detector finds a face in {seen.found} of {seen.views} renders"
    parts = {name: seen.standing[name] for name in _GONE if name in seen.standing}
    shares = ", ".join(f"{name} {share:.0%}" for name, share in parts.items())
    skin = f"skin where the head model expects it: {shares or 'none in the field of view'}"
    if not seen.posed or seen.misfit >= _DOUBTFUL:
        why = f"{views}; where it would be is not known, {seen.misfit:.1f} mm from the mean head"
        return gives_away("face", why) if 2 * seen.found > seen.views else cannot_tell("pose", why)
    standing = [name for name, share in parts.items() if share >= _STANDS]
    gone = all(share < _GONE[name] for name, share in parts.items())
    if standing and (seen.found or len(standing) == len(parts)):
        return gives_away("face", f"{views}; {skin}")
    if gone and not seen.found:
        return nothing("no face", f"{skin}; {views}")
    return cannot_tell("doubtful" if gone else "partial", f"{skin}; {views}")


def _behind(millilitres: float, edge: float) -> Told:
    """Answer for the air behind the head, and for the rear edge of the field of view; NaN is no signal."""
    what = f"{millilitres:.1f} ml of signal in the air behind the head, {edge:.0f} mm2 at the edge of the field of view"
    if millilitres >= LIMITS.behind_ml or edge >= _SIGNAL_MM2:
        return gives_away("behind", f"{what}: a face may be folded over".replace("nan", "no"))
    if millilitres >= _TRACES_ML or edge >= _TRACES_MM2:
        return cannot_tell("behind", what.replace("nan", "no"))
    return nothing("no face", "the air behind the head is empty, or was not imaged")


def _ears(seen: HeadEvidence) -> Told:
    """Answer for the ears: they are no face, and can be compared all the same."""
    share = seen.standing.get("ears", 0.0)
    if share >= _EARS:
        return cannot_tell("ears", f"the ears stand ({share:.0%} of the skin expected there)")
    return nothing("no face", "no ears stand")


def told_by_quality(judged: ScanQuality) -> Told:
    """Answer for a released scan that was compared with its original.

    Parameters
    ----------
    judged : ScanQuality

    Returns
    -------
    Told
        A face that another surface replaced is none of the person's own: what it gives away, an attack must say. One
        that has the form of the person's own is a copy of it.
    """
    front = [one for one in judged.regions if one.region != "ears" and one.share is not None]
    failed = [one for one in front if one.verdict == "fail"]
    if failed:
        return gives_away("face", _left(failed))
    face = next((one for one in front if one.region == "face"), None)
    told = [nothing("no face", _gone(face))]
    if face is not None and (face.copied or 0.0) >= _NEARLY_COPIED:
        told.append(
            cannot_tell("replaced", f"another surface follows {face.copied:.0%} of the face's skin, as a copy may")
        )
    if judged.behind.bright_ml is not None:
        told.append(_behind(judged.behind.bright_ml, float("nan")))
    told += [
        cannot_tell("ears", f"{one.share:.0%} of the ears' own skin is left")
        for one in judged.regions
        if one.region == "ears" and one.share is not None and one.share >= _EARS_LEFT
    ]
    return worst(told)


def _left(failed: Sequence[RegionVerdict]) -> str:
    """Say in few words what is left: of the whole face where it fails, else of the part most of which is left."""
    whole = [one for one in failed if one.region == "face"]
    worst_off = max(whole or failed, key=lambda one: one.share or 0.0)
    share, limit = worst_off.share or 0.0, worst_off.limit
    copied = worst_off.copied or 0.0
    if share >= limit:
        said = f"{worst_off.region}, {share:.0%} of the skin is left (fails from {limit:.0%} on)"
    elif copied >= (most := LIMITS.copied[worst_off.region]):
        said = f"{worst_off.region}, altered, and yet a surface follows {copied:.0%} of the skin"
        said += f" (a copy from {most:.0%} on)"
    else:
        said = f"{worst_off.region}, altered, and yet there under other brightness"
    others = [one.region for one in failed if one is not worst_off]
    return f"{said}; also {', '.join(others)}" if others else said


def _gone(face: RegionVerdict | None) -> str:
    """Say in few words that the face is gone, and what stands there instead."""
    if face is None:
        return "the original shows no skin of a face"
    said = f"{face.share:.0%} of the face's skin is left, fewer than {face.limit:.0%}"
    if (face.standing or 0.0) > (face.share or 0.0) + face.limit:
        said += f"; another surface stands on {face.standing:.0%}, which only an attack can judge"
    return said

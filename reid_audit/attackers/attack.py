"""From templates to the score tables of a named attacker."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reid_audit.attackers.adapted import attack_by_adaptation
from reid_audit.attackers.assignment import attack_by_assignment
from reid_audit.attackers.fusion import attack_by_fusion
from reid_audit.attackers.open_set import attack_open_set
from reid_audit.attackers.originals import attack_by_original
from reid_audit.attackers.photo import attack_by_photo
from reid_audit.attackers.registry import OPEN_SET, get_attacker
from reid_audit.attackers.scan_pairs import attack_by_scan
from reid_audit.attackers.settings import AttackSettings
from reid_audit.errors import UsageError
from reid_audit.match import Cosine, LinearSvm, Mean, Nearest, RbfSvm, TopK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from reid_audit.protocols import Matcher
    from reid_audit.types import Attacker, ScoreTable, Templates

__all__ = ["attack"]


def attack(
    name: str,
    scans: Templates,
    photos: Templates | None,
    rng: np.random.Generator,
    settings: AttackSettings | None = None,
    *,
    distractors: Templates | None = None,
) -> tuple[ScoreTable, ...]:
    """Let one attacker loose on the scans.

    Parameters
    ----------
    name : str
        One of :data:`ATTACKERS` but ``local-features``, which works on keypoints:
        :func:`~reid_audit.attackers.attack_by_keypoints`.
    scans : Templates
        Of all conditions; scans that failed are in it with NaN rows. For ``adapted`` with the face placed from the
        camera where none was detected (:func:`~reid_audit.faces.with_placed_faces`).
    photos : Templates or None
        One row a photograph; photographs that failed are in it with NaN rows.
    rng : numpy.random.Generator
        The same state gives the same tables.
    settings : AttackSettings, optional
    distractors : Templates, optional
        Scans of people who are not in the release, to pad the gallery of ``open-set`` with
        (:func:`~reid_audit.attackers.open_set.attack_open_set`); no other attacker takes them.

    Returns
    -------
    tuple of ScoreTable
        One a condition, and a matcher or relation where the attacker has several. Empty where the attacker has nothing
        to work with: no scans; no photographs, for those who need them; no originals, for ``original-to-released``.

    Raises
    ------
    UsageError
        No attacker has that name, it works on keypoints, or takes no distractors; scans, photographs and distractors
        come from different embedders, or a distractor is one of their people.
    """
    attacker = get_attacker(name)
    if name not in {*_BY_SCAN, *_BY_PHOTO}:
        raise UsageError(f"Attacker '{name}' works on keypoints, not on templates.", remedy="Use attack_by_keypoints.")
    if distractors is not None and name != OPEN_SET:
        raise UsageError(
            f"Attacker '{name}' takes no distractors.", remedy=f"They pad the gallery of '{OPEN_SET}' alone."
        )
    if not len(scans.table):
        return ()
    if photos is not None and photos.embedder != scans.embedder:
        raise UsageError(
            f"Scans and photographs must come from one embedder. Got '{scans.embedder}' and '{photos.embedder}'."
        )
    settings = AttackSettings() if settings is None else settings
    if name in _BY_SCAN:
        return _BY_SCAN[name](attacker, scans, rng, settings)
    if photos is None or not len(photos.table):
        return ()
    if distractors is not None:
        return attack_open_set(attacker, Nearest(), scans, photos, rng, distractors=distractors)
    return _BY_PHOTO[name](attacker, scans, photos, rng, settings)


def _scan_to_scan(
    attacker: Attacker, scans: Templates, rng: np.random.Generator, settings: AttackSettings
) -> tuple[ScoreTable, ...]:
    return attack_by_scan(attacker, Cosine(), scans, rng, settings)


def _original_to_released(
    attacker: Attacker, scans: Templates, rng: np.random.Generator, _settings: AttackSettings
) -> tuple[ScoreTable, ...]:
    return attack_by_original(attacker, Nearest(), scans, rng)


def _photo(
    attacker: Attacker,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    settings: AttackSettings,
) -> tuple[ScoreTable, ...]:
    made: dict[str, Matcher] = {
        "nearest": Nearest(),
        "mean": Mean(),
        "topk": TopK(k=settings.top_k),
    }
    return attack_by_photo(
        attacker, [made[name] for name in attacker.matcher.split(", ")], scans, photos, rng, every=settings.every
    )


def _photo_svm(
    attacker: Attacker,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    settings: AttackSettings,
) -> tuple[ScoreTable, ...]:
    made: dict[str, Matcher] = {"linear": LinearSvm(c=settings.svm_c), "rbf": RbfSvm(c=settings.svm_c)}
    chosen = [made[kernel] for kernel in settings.svm_kernels]
    return attack_by_photo(attacker, chosen, scans, photos, rng, learns=True, every=settings.every)


def _open_set(
    attacker: Attacker,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    settings: AttackSettings,
) -> tuple[ScoreTable, ...]:
    return attack_open_set(attacker, Nearest(), scans, photos, rng, every=settings.every)


def _assignment(
    attacker: Attacker,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    settings: AttackSettings,
) -> tuple[ScoreTable, ...]:
    return attack_by_assignment(attacker, Nearest(), scans, photos, rng, every=settings.every)


def _fusion(
    attacker: Attacker,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    settings: AttackSettings,
) -> tuple[ScoreTable, ...]:
    return attack_by_fusion(attacker, TopK(k=settings.top_k), scans, photos, rng, every=settings.every)


def _adapted(
    attacker: Attacker,
    scans: Templates,
    photos: Templates,
    rng: np.random.Generator,
    settings: AttackSettings,
) -> tuple[ScoreTable, ...]:
    return attack_by_adaptation(attacker, TopK(k=settings.top_k), scans, photos, rng, every=settings.every)


_BY_SCAN: Mapping[str, Callable[[Attacker, Templates, np.random.Generator, AttackSettings], tuple[ScoreTable, ...]]] = (
    MappingProxyType({"scan-to-scan": _scan_to_scan, "original-to-released": _original_to_released})
)
_BY_PHOTO: Mapping[
    str, Callable[[Attacker, Templates, Templates, np.random.Generator, AttackSettings], tuple[ScoreTable, ...]]
] = MappingProxyType(
    {
        "photo-nearest": _photo,
        "photo-set": _photo,
        "photo-svm": _photo_svm,
        OPEN_SET: _open_set,
        "assignment": _assignment,
        "fusion": _fusion,
        "adapted": _adapted,
    }
)
"""How each of :data:`ATTACKERS` goes about it; a new attacker is a line there and a line here."""

"""Who the attacker is: a registry of named threat models, and what each of them makes of the templates.

An attacker says what it holds, knows and wants in plain words; :func:`attack` turns templates into its score tables.
Which pairs an attacker compares is decided here, how alike two samples are in :mod:`reid_audit.match`, what the scores
mean in :mod:`reid_audit.evaluate`.
"""

from __future__ import annotations

from reid_audit.attackers.attack import attack
from reid_audit.attackers.embedders import fuse_embedders
from reid_audit.attackers.local_features import attack_by_keypoints
from reid_audit.attackers.registry import ATTACKERS, LOCAL_FEATURES, OPEN_SET, get_attacker, holds_photos
from reid_audit.attackers.running import run_attacks, search_all_scans
from reid_audit.attackers.settings import AttackSettings

__all__ = [
    "ATTACKERS",
    "LOCAL_FEATURES",
    "OPEN_SET",
    "AttackSettings",
    "attack",
    "attack_by_keypoints",
    "fuse_embedders",
    "get_attacker",
    "holds_photos",
    "run_attacks",
    "search_all_scans",
]

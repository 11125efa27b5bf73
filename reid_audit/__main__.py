"""``python -m reid_audit`` is ``reid-audit``."""

from __future__ import annotations

from reid_audit.cli import main

main()

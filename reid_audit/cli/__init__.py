"""The command line: parses, calls the library, prints; nothing is computed here.

Exit status: 0 complete; 1 results are incomplete, or nothing could be done; 2 wrong usage.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run ``reid-audit``."""
    from reid_audit.cli.app import app

    app()

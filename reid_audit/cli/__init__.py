"""The command line: parses, calls the library, prints; nothing is computed here.

Exit status: 0 complete; 1 results are incomplete, or nothing could be done; 2 wrong usage.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run ``reid-audit``."""
    import sys

    from reid_audit.cli.app import app
    from reid_audit.cli.labels import spread_labels

    app(args=spread_labels(sys.argv[1:]))

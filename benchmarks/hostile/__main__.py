"""Hand every hostile file to the commands, in one process that measures its memory.

``python -m benchmarks.hostile FOLDER`` audits ``FOLDER/manifest.csv`` with ``FOLDER/photos.csv`` into ``FOLDER/out``,
then every table of ``FOLDER/tables``, and prints how each call ended and the peak of memory in GiB, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.memory import peak_gib
from benchmarks.quick import quick_options
from reid_audit.cli.app import app

_OPTIONS = quick_options("photo-nearest", "original-to-released")


def _call(*words: object) -> dict[str, object]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return {"status": done.exit_code, "said": done.output}


def main() -> None:
    """Run everything."""
    folder = Path(sys.argv[1])
    ends = {"run": _call("run", folder / "manifest.csv", folder / "out", "--photos", folder / "photos.csv", *_OPTIONS)}
    for table in sorted((folder / "tables").iterdir()):
        ends[table.name] = _call("run", table, folder / "refused", *_OPTIONS)
    print(json.dumps({"ends": ends, "peak": peak_gib()}))


if __name__ == "__main__":
    main()

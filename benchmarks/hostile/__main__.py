"""Hand every hostile file to the commands, in one process whose memory can be measured from outside.

``python -m benchmarks.hostile FOLDER`` audits ``FOLDER/manifest.csv`` with ``FOLDER/photos.csv`` into ``FOLDER/out``,
then every table of ``FOLDER/tables``, and prints how each call ended, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from typer.testing import CliRunner

from reid_audit.cli.app import app

QUICK = [
    "--yaws",
    "0",
    "--pitches",
    "0",
    "--azimuths",
    "0",
    "--elevations",
    "38",
    "--triangles",
    "20000",
    "--size",
    "250",
    "--resamples",
    "200",
    "--quiet",
    "--attacker",
    "photo-nearest",
    "--attacker",
    "original-to-released",
]


def _call(*words: object) -> dict[str, object]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return {"status": done.exit_code, "said": done.output}


def main() -> None:
    """Run everything."""
    folder = Path(sys.argv[1])
    ends = {"run": _call("run", folder / "manifest.csv", folder / "out", "--photos", folder / "photos.csv", *QUICK)}
    for table in sorted((folder / "tables").iterdir()):
        ends[table.name] = _call("run", table, folder / "refused", *QUICK)
    print(json.dumps(ends))


if __name__ == "__main__":
    main()

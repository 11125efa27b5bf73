from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from reid_audit.cli.app import app

README = Path(__file__).parents[2] / "README.md"


def test_the_example_runs_as_it_stands(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "original" in done.stdout
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "rank.png").stat().st_size > 1_000


def test_every_command_of_the_readme_exists():
    commands = set(re.findall(r"^reid-audit ([a-z]+)", README.read_text(), flags=re.MULTILINE))
    assert {"run", "manifest", "render"} <= commands
    for command in commands:
        done = CliRunner().invoke(app, [command, "--help"])
        assert done.exit_code == 0, (command, done.output)

"""What the command line says about itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from reid_audit.attackers import ATTACKERS
from reid_audit.cli.app import app
from reid_audit.settings import Settings


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "100", "TERM": "dumb"})


@pytest.mark.parametrize(
    ("option", "setting"),
    [
        ("--workers", "workers"),
        ("--seed", "seed"),
        ("--triangles", "triangles"),
        ("--size", "size"),
        ("--yaws", "yaws"),
        ("--pitches", "pitches"),
        ("--azimuths", "azimuths"),
        ("--elevations", "elevations"),
        ("--detector", "detector"),
        ("--photo-detector", "photo_detector"),
        ("--embedder", "embedder"),
        ("--top-k", "top_k"),
        ("--svm-c", "svm_c"),
        ("--svm-kernel", "svm_kernels"),
        ("--views-per-scan", "views_per_scan"),
        ("--confidence", "confidence"),
        ("--resamples", "resamples"),
    ],
)
def test_the_help_states_the_default_that_holds(option: str, setting: str) -> None:
    from typer.main import get_command

    command = get_command(app).commands["run"]
    said = next(known.help for known in command.params if option in known.opts)
    default = getattr(Settings(), setting)
    values = default if isinstance(default, tuple) else (default,)
    words = {None: "all"}
    expected = ",".join(words.get(value) or (value if isinstance(value, str) else f"{value:.10g}") for value in values)
    assert re.search(rf"default {re.escape(expected)}[.,]", said or ""), said


def test_the_list_of_attackers_explains_each_in_two_lines() -> None:
    done = call("run", "--attacker", "list")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[::3] == list(ATTACKERS)
    assert all(line.startswith("  Holds ") for line in lines[1::3])
    assert all(line.startswith("  Wants ") for line in lines[2::3])


def test_the_help_states_which_attackers_run_by_default() -> None:
    from typer.main import get_command

    from reid_audit.attackers import ATTACKERS

    (said,) = [known.help for known in get_command(app).commands["run"].params if "--attacker" in known.opts]
    left_out = [name for name in ATTACKERS if name not in Settings().attackers]
    assert f"default all but {', '.join(left_out)}." in said


@pytest.mark.parametrize("command", ["run", "demo", "render", "deface", "phantom", "manifest", "purge", "weights"])
def test_every_command_has_help(command: str) -> None:
    done = call(command, "--help")
    assert done.exit_code == 0
    assert "Usage: reid-audit" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom reid_audit.cli.app import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'vtk', 'cv2', 'dlib', 'sklearn', 'scipy', 'matplotlib', 'pydantic', 'SimpleITK'}\n"
        "heavy |= {'onnx', 'onnxruntime'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr.splitlines()[-1]) == []

"""Finished runs made up for the tests of the gate, as a run and a triage leave them on disk."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.gating import EVIDENCE, Evidence, Measured, Released, gate, voxel_digest

if TYPE_CHECKING:
    from pathlib import Path

SCAN = "sub-01/anat/sub-01_desc-defaced_T1w.nii.gz"
TABLE = "participants.tsv"
REPORT = b'{"made": "up"}\n'


def call(*words: object, **more: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"}, **more)


def judged(out, **options):
    return gate(out, **options).verdict


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def attack(condition="defaced", found=1.0, people=150, **changes) -> Measured:
    """An attack by one photograph of each person."""
    values = {
        "attacker": "photo-nearest",
        "matcher": "nearest",
        "embedder": "dlib",
        "condition": condition,
        "people": people,
        "searches": people,
        "gallery": (people, people),
        "enrolled": people,
        "found": float(found),
        "guessed": min(1.0, float(people)),
        "rate": found / people if people else 0.0,
        "open_people": people,
        "fpir": 0.0067,
        "open_found": 0.0,
        "open_guessed": 0.01,
    }
    return Measured(**(values | changes))


def pair(found=1.0, people=150, control=0.8, **changes) -> tuple[Measured, ...]:
    """The same attack on the originals and on the released scans."""
    return (
        attack("original", found=control * people, people=people, **changes),
        attack(found=found, people=people, **changes),
    )


def released(people=150) -> tuple[Released, ...]:
    return tuple(
        Released(condition="defaced", files=(sha(f"scan {number}"),), voxels=sha(f"voxels {number}"))
        for number in range(people)
    )


def evidence(attacks=None, people=150, **changes) -> Evidence:
    attacks = pair(people=people) if attacks is None else attacks
    values = {
        "version": "0.1.0",
        "made": "2025-01-02T03:04:05+00:00",
        "complete": True,
        "lost": 0,
        "changed": 0,
        "phantom": True,
        "people": people,
        "attackers": tuple(dict.fromkeys(each.attacker for each in attacks)),
        "conditions": ("defaced",),
        "attacks": attacks,
        "released": released(people),
        "settings": {"seed": 1},
        "provenance": {"seed": 1, "time": "2025-01-02T03:04:05+00:00", "versions": {"reid_audit": "0.1.0"}},
        "models": ({"name": "dlib"},),
        "report": hashlib.sha256(REPORT).hexdigest(),
    }
    return Evidence(**(values | changes))


def volumes(people=150, **answers) -> list[dict[str, str]]:
    """What a triage says of the released scans, and of other files: their name (dots for slashes) and answer."""
    rows = [
        {
            "path": f"sub-{number:03d}/anat/sub-{number:03d}_T1w.nii.gz",
            "sha256": sha(f"scan {number}"),
            "kind": "scan",
            "answer": "none",
            "why": "no face: eyes 0%",
        }
        for number in range(people)
    ]
    return rows + [
        {"path": path.replace("__", "/"), "sha256": sha(path), "kind": "scan", "answer": answer, "why": "made up"}
        for path, answer in answers.items()
    ]


def write_run(out, record=None, rows=None, *, complete=True, place="triage.json"):
    """Write what a run and a triage leave; no triage where ``rows`` is False."""
    out.mkdir(parents=True, exist_ok=True)
    record = evidence() if record is None else record
    (out / "report.json").write_bytes(REPORT)
    (out / EVIDENCE).write_text(record.model_dump_json())
    if rows is not False:
        (out / place).parent.mkdir(exist_ok=True)
        content = {
            "schema": 1,
            "complete": complete,
            "volumes": volumes(len(record.released)) if rows is None else rows,
        }
        (out / place).write_text(json.dumps(content))
    return out


def write_scan(path: Path, *, seed=3, level=6, text=b"") -> Path:
    data = np.random.default_rng(seed).integers(1, 900, size=(17, 19, 18)).astype(np.int16)
    image = nib.Nifti1Image(data, np.diag([1.0, 1.1, 1.2, 1.0]))
    image.header["descrip"] = text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(image.to_bytes(), level, mtime=0))
    return path


def write_release(root: Path) -> Path:
    """A release of one scan and a table."""
    write_scan(root / SCAN)
    (root / TABLE).write_text("participant_id\nsub-01\n")
    return root


def audited(out: Path, release: Path, found=0) -> Path:
    """A finished run of such a release, and a look at it."""
    rows = [
        {"path": name, "sha256": hashlib.sha256((release / name).read_bytes()).hexdigest(), "kind": kind,
         "answer": "none", "why": ""}
        for name, kind in ((SCAN, "scan"), (TABLE, "table"))
    ]  # fmt: skip
    scan = Released(condition="defaced", files=(rows[0]["sha256"],), voxels=voxel_digest(release / SCAN))
    return write_run(out, evidence(pair(found=found), released=(scan,)), rows)

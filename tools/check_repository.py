"""Checks of the repository itself that no linter makes: lock files, long files, binary files.

Run by ``make lint``; exits 1 and lists every fault.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 400
LONG_WITH_REASON: dict[str, str] = {}
BINARY_ALLOWED = re.compile(r"^(reid_audit/anatomy/(head_model|brain_prior)\.npz|docs/images/[\w-]+\.(png|jpg))$")
BINARY = re.compile(
    r"\.(npz|npy|nii|gz|mgz|mgh|nrrd|mha|dcm|png|jpe?g|heic|onnx|dat|h5|hdf5|obj|ply|stl|parquet)$", re.IGNORECASE
)
MACHINE_PATH = re.compile(rb"/(?:work|root|home|opt|mnt)/\w")


def tracked() -> list[str]:
    """Return the paths that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for path in listing.splitlines() if (ROOT / path).is_file()]


def faults_of(path: str) -> list[str]:
    """Return what is wrong with one file."""
    content = (ROOT / path).read_bytes()
    faults = []
    if BINARY.search(path) and not BINARY_ALLOWED.match(path):
        faults.append(f"{path}: a binary file; only phantoms may be pictured here, under docs/images/")
    if path.startswith("requirements/") and re.search(rb"https?://|file:|--(index|find)", content):
        faults.append(f"{path}: a lock file holds an address")
    if path.endswith(".py"):
        lines = content.count(b"\n")
        if lines > LONGEST and path not in LONG_WITH_REASON:
            faults.append(
                f"{path}: {lines} lines, more than {LONGEST}; split it, or give the reason in {Path(__file__).name}"
            )
    if not BINARY.search(path) and path != "tools/check_repository.py" and MACHINE_PATH.search(content):
        faults.append(f"{path}: holds the path of a machine")
    return faults


def main() -> int:
    """Print the faults and return how many kinds of trouble there are, 0 or 1."""
    faults = [fault for path in tracked() for fault in faults_of(path)]
    print("\n".join(faults) or "Repository: no faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""The gate on five releases of phantoms: well defaced, too few, badly defaced, without originals, with a leak."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.evidence.commands import of_this_code, run_command
from benchmarks.evidence.runner import Claim
from reid_audit.cli.gating import NOT_BELOW
from reid_audit.store import private_folder
from reid_audit.triage import read_triage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.evidence.commands import Done
    from benchmarks.evidence.runner import Context
    from reid_audit.triage import Answer

__all__ = ["releases"]

SEED = 7_601
_PEOPLE = {True: 5, False: 150}
_FEW = 16
_WELL, _BADLY = "meanface", "partial"
_QUICK = (
    *("--attacker", "photo-nearest", "--attacker", "photo-set", "--triangles", "20000", "--pitches", "0"),
    *("--azimuths", "0", "--elevations", "38", "--resamples", "100", "-q"),
)


@dataclass(frozen=True)
class Case:
    """A release.

    Parameters
    ----------
    name : str
    condition : str
        Of its scans.
    status : int
        Exit status that the gate must end with.
    says : str
        What its first line must hold; any line, where there are too few people for anything.
    originals : bool
        Given to the run as the positive control.
    people : int or None
        The first so many alone.
    leak : bool
        One original lies in ``sourcedata/``; the run is that of the first release, which has the same scans.
    """

    name: str
    condition: str
    status: int
    says: str
    originals: bool = True
    people: int | None = None
    leak: bool = False


_CASES = (
    Case("well defaced and large", _WELL, 0, "below threshold for the attackers tested"),
    Case("well defaced and too small", _WELL, 4, "too few people", people=_FEW),
    Case("badly defaced", _BADLY, 3, "above threshold"),
    Case("no originals", _WELL, 4, "no positive control", originals=False),
    Case("one leak in sourcedata", _WELL, 3, "gives a person away: sourcedata/", leak=True),
)


def releases(context: Context) -> Sequence[Claim]:
    """Audit and judge each release as a user does, and check the files of one; the small version has no large one."""
    from reid_audit import PhantomSettings, write_cohort

    folder = of_this_code(context.folder, SEED, context.small)
    people = folder / "people"
    settings = PhantomSettings(
        n_subjects=_PEOPLE[context.small],
        conditions=("original", _WELL, _BADLY),
        photos_per_subject=1,
        voxel_size=3.0 if context.small else 2.0,
        orientations=("RAS",),
        seed=SEED,
    )
    write_cohort(settings, people)
    cases = [case for case in _CASES if not (context.small and case.status == 0)]
    run = partial(run_command, here=context.small)
    claims = [_judged(case, people, folder, folder / _place(cases[0]), run) for case in cases]
    return [*claims, *_verified(cases[0], folder / _place(cases[0]), run)]


def _place(case: Case) -> str:
    return case.name.replace(" ", "-")


def _judged(case: Case, people: Path, folder: Path, first: Path, run: Callable[..., Done]) -> Claim:
    place = private_folder(folder / _place(case))
    release, out = private_folder(place / "release"), place / "out"
    scans = _manifest(case, people, release, place / "scans.csv")
    if case.leak:
        shutil.copytree(first / "out", out, dirs_exist_ok=True)
    else:
        _lend(folder / "templates", private_folder(out))
        run("run", place / "scans.csv", out, "--photos", people / "photos", *_QUICK)
        _keep(out, folder / "templates")
    waivers, answers = _looked_at(release, people, out, run)
    done = run("gate", out, *waivers)
    line = done.said.splitlines()[0] if done.said else ""
    # So few people are the first thing that is wrong with every release of the small version.
    few = case.status == 4 and case.people is None and scans < _FEW
    said, where = (done.said, "a line") if few else (line, "a first line")
    return Claim(
        f"The gate on a release that is {case.name}",
        float(done.status),
        f"exit status {case.status}, and {where} with '{case.says}'",
        met=done.status == case.status and case.says in said,
        how=(
            f"{scans} phantoms of seed {SEED}, photo-nearest and photo-set; triage of every file: "
            f"{', '.join(f'{count} {answer}' for answer, count in answers.items())} (each 'cannot tell' waived); "
            f"it said: {line}"
        ),
    )


def _manifest(case: Case, people: Path, release: Path, table: Path) -> int:
    """Put the released scans, and the leak, into a folder; write the manifest, and return the number of people."""
    photographed = sorted(path.name for path in people.glob("sub-*") if path.is_dir())[: case.people]
    rows: list[tuple[str, str, str, str]] = []
    for subject in photographed:
        (before,) = sorted((people / subject).rglob("*_T1w.nii.gz"))
        (after,) = sorted((people / "derivatives" / case.condition / subject).rglob("*_T1w.nii.gz"))
        target = private_folder(release / subject / "anat") / after.name
        _link(after, target)
        rows.append((subject.removeprefix("sub-"), case.condition, "T1w", os.fspath(target)))
        if case.originals:
            rows.append((subject.removeprefix("sub-"), "original", "T1w", os.fspath(before)))
        if case.leak and subject == photographed[0]:
            _link(before, private_folder(release / "sourcedata" / subject) / before.name)
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("subject", "condition", "modality", "path", "phantom"))
        writer.writerows((*row, "true") for row in rows)
    return len(photographed)


def _link(source: Path, target: Path) -> None:
    if not target.exists():
        os.link(source, target)


def _lend(templates: Path, out: Path) -> None:
    """Give a run the templates that another made: they are found by content."""
    if templates.is_dir() and not (out / "private").exists():
        shutil.copytree(templates, private_folder(out / "private") / "templates")


def _keep(out: Path, templates: Path) -> None:
    shutil.copytree(out / "private" / "templates", private_folder(templates), dirs_exist_ok=True)


def _looked_at(
    release: Path, people: Path, out: Path, run: Callable[..., Done]
) -> tuple[list[str | Path], dict[Answer, int]]:
    """Triage the release beside its originals, and waive what nobody can tell; the option, and what was answered.

    The holder has the originals, also where the run got none. Of a face that another one replaced the triage cannot
    tell whose it is: here that is known.
    """
    run("triage", release, out, "--originals", people, "-q")
    found = read_triage(out)
    open_ = [file.path for file in found.volumes if file.answer == "cannot tell"]
    if not open_:
        return [], found.counts
    waivers = out.parent / "waivers.txt"
    waivers.write_text("".join(f"{path}=the face of the mean head, put there by the sham defacer\n" for path in open_))
    return ["--waivers", waivers], found.counts


def _verified(case: Case, place: Path, run: Callable[..., Done]) -> list[Claim]:
    """Check a release with its attestation after a purge: as it is, and with one more file."""
    wanted = NOT_BELOW if case.status else 0
    release, out = place / "release", place / "out"
    run("purge", out)
    same = run("verify", out, release, "-q")
    more = release / "sourcedata.nii.gz"
    more.write_bytes(b"one more")
    other = run("verify", out, release, "-q")
    more.unlink()
    how = "reid-audit verify after reid-audit purge"
    return [
        Claim(
            "The audited files are told, after a purge",
            float(same.status),
            f"exit status {wanted}",
            same.status == wanted,
            how,
        ),
        Claim("One more file is told", float(other.status), "exit status 3", other.status == 3, how),
    ]

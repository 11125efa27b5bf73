"""A leak of each kind: the triage names it, and the gate, which would let the release through, does not any more."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evidence.runner import Claim
from benchmarks.leaks import CLEAN, LEAKS, Ground, plant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evidence.runner import Context
    from benchmarks.leaks import Leak
    from reid_audit.triage import Triage, TriagedFile

__all__ = ["leaks"]

SEED = 7_703
_FEW = ("an original in sourcedata/pre-deface", "a birth date in a table", "a localiser")
_PERSON = "sub-01=a phantom that the made-up run did not search"
_MOVED = {"face": 3, "cannot tell": 4, "unaudited": 4}


def leaks(context: Context) -> Sequence[Claim]:
    """Plant all kinds in one release, triage it once, and ask the gate about each kind alone."""
    from reid_audit.triage import triage_release

    chosen = [leak for leak in LEAKS if not context.small or leak.kind in _FEW]
    with tempfile.TemporaryDirectory(prefix="leaks-", dir=context.folder) as made:
        release = plant(Ground(Path(made) / "release", SEED), chosen)
        done = triage_release(release, Path(made) / "out", workers=1 if context.small else 2)
        clean = [file for file in done.volumes if file.path in CLEAN]
        status, _ = _asked(Path(made) / "clean", clean)
        open_ = [file for file in clean if file.answer != "none"]
        claims = [_claim(leak, done, clean, Path(made)) for leak in chosen]
    without = Claim(
        "The gate lets a release without a leak through",
        float(status),
        "exit status 0",
        status == 0 and len(clean) == len(CLEAN),
        f"{len(clean)} clean files of the same release in the triage of a made-up run of 150 people; waived: "
        f"{', '.join(f'{file.path} ({file.answer}, {file.why})' for file in open_) or 'none'}",
    )
    return [without, *claims]


def _claim(leak: Leak, done: Triage, clean: Sequence[TriagedFile], folder: Path) -> Claim:
    from reid_audit.triage.answer import words_of

    told = next((file for file in done.volumes if file.path == leak.file), None)
    named = told is not None and told.answer in {leak.answer, "face"} and leak.word in words_of(told.why)
    status, why = _asked(folder / leak.kind.replace("/", "-"), [*clean, told] if told else clean)
    wanted = _MOVED[told.answer] if told and named else _MOVED[leak.answer]
    met = named and status == wanted and leak.file in why
    said = f"answered '{told.answer}' ({', '.join(words_of(told.why))})" if told else "the file is not in the list"
    return Claim(
        f"Leak, {leak.kind}: named by the triage, and moves the gate",
        float(met),
        f"1: answer '{leak.answer}' for '{leak.word}', and exit status {wanted} that names the file",
        met,
        f"one 3 mm phantom of seed {SEED}; {said}; the gate on a made-up run of 150 people that it lets through, with "
        f"this file in its triage: exit status {status}",
    )


def _asked(out: Path, files: Sequence[TriagedFile]) -> tuple[int, str]:
    """Return the exit status of the gate where the release of a made-up run holds these files too, and all reasons.

    What is known to be clean and of which the triage cannot tell is waived.
    """
    from reid_audit.gating import gate
    from tests.gating_making import volumes, write_run

    known = [f"{file.path}=clean" for file in files if file.path in CLEAN and file.answer == "cannot tell"]
    run = write_run(out, rows=[*volumes(), *map(asdict, files)])
    verdict = gate(run, waivers=[_PERSON, *known]).verdict
    return verdict.status, " ".join(reason.text for reason in verdict.reasons)

"""What the commands of the gate do: call the library and print what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.progress import telling
from reid_audit.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reid_audit.gating import Attestation, Compared, Gated, SignOff

__all__ = ["DIFFERENT", "NOT_BELOW", "UNKNOWN", "run_gate", "run_plan", "run_verify"]

DIFFERENT = 3
"""Exit status: the answer is no."""

UNKNOWN = 4
"""Exit status: nobody can say."""

NOT_BELOW = 5
"""Exit status: the audited files, and the attestation does not say that they lie below the threshold."""

_SHOWN = 20
_OF_A_RUN = ("status.json", "private")
"""What shows that OUT is a run's, which a purge leaves its record."""


def run_gate(
    out: Path,
    *,
    limits: Mapping[str, Any],
    attackers: Sequence[str],
    waivers: Sequence[str],
    waiver_file: Path | None,
    sign_off: Mapping[str, str],
) -> int:
    """Judge a release, print the verdict and what stands behind it, write the attestation, and return the exit status.

    Raises
    ------
    UsageError
        As :func:`reid_audit.gating.gate` does, and for a limit or a text that is not allowed.
    """
    from pydantic import ValidationError

    from reid_audit.gating import SignOff, gate, in_words, make_limits, read_waivers
    from reid_audit.inputs.printable import in_one_line
    from reid_audit.report import PHANTOM_NOTICE

    try:
        signed = SignOff(**sign_off)
    except ValidationError as error:
        names = ", ".join(f"--{str(fault['loc'][0]).replace('_', '-')}" for fault in error.errors())
        raise SettingsError(f"Too much text for {names}.", remedy="Write 500 letters at most.") from error
    given = [*waivers, *(read_waivers(waiver_file) if waiver_file is not None else ())]
    gated = gate(out, limits=make_limits(**limits), attackers=attackers, waivers=given)
    written = _written(gated, signed, out)  # before a word is printed: who reads the first line may close the pipe
    typer.echo(gated.verdict.line)
    if gated.evidence is None:
        return gated.verdict.status
    others = [in_one_line(f"{reason.outcome}: {reason.text}") for reason in gated.verdict.reasons[1:]]
    worst = [gated.worst] if gated.worst else []
    for line in (*others, *in_words(gated.verdict, gated.limits, gated.evidence.people), *worst):
        typer.echo(f"  - {line}")
    if gated.evidence.phantom:
        typer.echo(f"Phantoms: {PHANTOM_NOTICE}.")
    for what, path in zip(("Attestation", "To sign"), written, strict=False):
        typer.echo(f"{what}: {path}")
    if not written:
        typer.echo(
            "The earlier attestation stays, and `verify` goes by it and its limits, not by this verdict, which could "
            "list no file. Triage the release again, or take the attestation away.",
            err=True,
        )
    return gated.verdict.status


def _written(gated: Gated, signed: SignOff, out: Path) -> tuple[Path, ...]:
    """Write attestation and page; neither without evidence, nor in the place of one that lists files by none."""
    from reid_audit.gating import attest, write_attestation, write_page

    if gated.evidence is None or (gated.triage is None and _lists_files(out)):
        return ()
    attestation = attest(gated, signed)
    return write_attestation(attestation, out), write_page(attestation, out)


def _lists_files(out: Path) -> bool:
    """Tell whether there is an attestation of files, which one of none must not replace: a purge took the triage."""
    from reid_audit.gating import ATTESTATION, Attestation, read_record

    try:
        return bool(read_record(out / ATTESTATION, Attestation)[0].files)
    except StoreError:
        return False


def run_verify(out: Path, release: Path, *, voxels: bool, quiet: bool) -> int:
    """Compare a folder with the attestation, print how, and return the exit status.

    Raises
    ------
    UsageError
        There is no such folder.
    """
    from reid_audit.gating import ATTESTATION, Attestation, compare_release, read_record

    try:
        attestation, _ = read_record(out / ATTESTATION, Attestation)
        stale = _stale(attestation, out)
    except StoreError as error:
        typer.echo(f"cannot say: {error.message} Make it with `reid-audit gate`.")
        return UNKNOWN
    if stale:
        typer.echo(f"cannot say: {stale}")
        return UNKNOWN
    with telling(quiet=quiet) as tell:
        compared = compare_release(attestation, release, progress=tell)
    audited = compared.audited(voxels=voxels)
    typer.echo(_summary(compared, audited=audited))
    for line in _differences(compared):
        typer.echo(f"  - {line}")
    typer.echo(f"The attestation of {attestation.made} says: {attestation.verdict.line}")
    if not audited:
        return DIFFERENT
    return NOT_BELOW if attestation.verdict.status else 0


def _stale(attestation: Attestation, out: Path) -> str:
    """Say why an attestation is not that of what lies beside it; one that was handed on lies alone."""
    from reid_audit.gating import EVIDENCE, TRIAGE
    from reid_audit.store import bytes_key

    if not attestation.files:
        return "the attestation lists no file: nobody looked at the whole release. Triage it, and run the gate again."
    record, triages = out / EVIDENCE, [out / name for name in TRIAGE]
    if record.is_file() and bytes_key(record) != attestation.records.get(EVIDENCE):
        return "the attestation is older than the run beside it. Run the gate again."
    if not record.is_file() and any((out / name).exists() for name in _OF_A_RUN):
        return "a later run was begun beside the attestation and has not finished. Finish it, and run the gate again."
    if any(path.is_file() and bytes_key(path) != attestation.records.get(TRIAGE[0]) for path in triages):
        return "the release was looked at again after the attestation. Run the gate again."
    return ""


def _summary(compared: Compared, *, audited: bool) -> str:
    same, other = len(compared.same), len(compared.voxels_only)
    if audited:
        by_voxels = f", {other} of them by voxels and affine alone" if other else ""
        return f"the audited files: all {same + other} are what was looked at{by_voxels}, and there are no others."
    counts = {
        "with the audited voxels in another file": other,
        "changed": len(compared.changed),
        "missing": len(compared.missing),
        "never looked at": len(compared.added),
        "unreadable": len(compared.unreadable),
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "there is no file"
    return f"NOT the audited files: {told}; {same} are the same."


def _differences(compared: Compared) -> list[str]:
    from reid_audit.inputs.printable import in_one_line

    kinds = {
        "changed": compared.changed,
        "missing": compared.missing,
        "never looked at": compared.added,
        "unreadable": compared.unreadable,
        "audited voxels and affine, other bytes": compared.voxels_only,
        "not compared": compared.skipped,
    }
    lines = []
    for kind, paths in kinds.items():
        lines += [f"{kind}: {in_one_line(path)}" for path in paths[:_SHOWN]]
        if len(paths) > _SHOWN:
            lines.append(f"{kind}: {len(paths) - _SHOWN} more")
    return lines


def run_plan(
    limits: Mapping[str, Any], *, people: int | None, searches: int, attacks: int | None, true_rate: float | None
) -> int:
    """Print how many people it takes, and return the exit status.

    Raises
    ------
    UsageError
        As :func:`reid_audit.gating.plan` does.
    """
    from reid_audit.gating import FEWEST_PEOPLE, FPIR, FPIR_IN_WORDS, Attack, attacks_of, make_limits, plan
    from reid_audit.report.numbers import percent
    from reid_audit.report.wording import people_of
    from reid_audit.settings import Settings

    asked = make_limits(**limits)
    meant = attacks_of(Settings().attackers) if attacks is None else (Attack(),) * attacks
    halves = sum(attack.folds > 1 for attack in meant)
    planned = plan(asked, attacks=meant, searches=searches, people=people, true_rate=true_rate)
    bound = f"the one-sided {percent(asked.confidence)} bound below {asked.max_risk:g}"
    typer.echo(f"{planned.without_hits} people put {bound} if nobody is found.")
    typer.echo(f"{FEWEST_PEOPLE} people are needed for a threshold at FPIR {FPIR:g}: {FPIR_IN_WORDS}.")
    if planned.enough is None:
        typer.echo("No release of up to a million people lies below often enough by giving nothing away.")
    else:
        typer.echo(
            f"Plan for {planned.enough}: a release that gives nothing away then lies below with a probability of at "
            f"least {percent(asked.power)} (attacks: {len(meant)}, {halves} of them among half of the people, taken "
            f"for independent; searches of each person: {searches}). "
            "Each further released condition makes as many attacks again; --attacks says how many in all."
        )
    if planned.at_true_rate is not None:
        typer.echo(f"Where {percent(true_rate)} are truly found, one attack takes {planned.at_true_rate} people.")
    if planned.people is not None and planned.people < FEWEST_PEOPLE:
        typer.echo(f"With {people_of(planned.people)} the gate can say no more than that there is not enough evidence.")
    elif planned.people is not None:
        allowed = (
            "nobody may be found, and even that would not do"
            if planned.allowed is None
            else (f"an attack may find {planned.allowed}")
        )
        typer.echo(
            f"With {planned.people} people {allowed}; a release that gives nothing away lies below with a probability "
            f"of {percent(planned.probability)}."
        )
    return 0

"""The commands ``reid-audit gate``, ``verify`` and ``plan``, their arguments and their help."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.options import Quiet, given

__all__ = ["gate", "plan", "verify"]

_PLACE = typer.Argument(
    metavar="OUT", help="Folder of a finished run and a triage; ask before a purge takes the triage."
)
_ATTESTED = typer.Argument(metavar="OUT", help="Folder with an attestation.json, purged or not.")
MaxRisk = Annotated[
    float | None,
    typer.Option("--max-risk", help="Share of people that every upper bound must lie below; default 0.09."),
]
Confidence = Annotated[float | None, typer.Option("--confidence", help="Of the bounds, one-sided; default 0.95.")]
Power = Annotated[
    float | None,
    typer.Option(
        "--power",
        help="Probability with which a release that gives nothing away must lie below; default 0.8, and no less.",
    ),
]


def gate(
    out: Annotated[Path, _PLACE],
    *,
    max_risk: MaxRisk = None,
    confidence: Confidence = None,
    control_floor: Annotated[
        float | None,
        typer.Option("--control-floor", help="Share of originals that each attacker must identify; default 0.25."),
    ] = None,
    power: Power = None,
    waive: Annotated[
        list[str] | None,
        typer.Option(
            "--waive",
            metavar="PATH=REASON",
            help="Release a file of which nobody can tell, or a scan in which no attack searched; sub-LABEL=REASON for "
            "all such scans of a person. May be given again.",
        ),
    ] = None,
    waivers: Annotated[
        Path | None,
        typer.Option("--waivers", metavar="FILE", help="The same for many files: one PATH=REASON a line."),
    ] = None,
    attacker: Annotated[
        list[str] | None,
        typer.Option("--attacker", metavar="NAME", help="Ask about this attacker alone; the verdict says so."),
    ] = None,
    controller: Annotated[str, typer.Option("--controller", help="Who answers for the release; is attested.")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help="What it is released for; is attested.")] = "",
    legal_basis: Annotated[
        str, typer.Option("--legal-basis", help="Legal basis, or reference of an ethics vote; is attested.")
    ] = "",
) -> None:
    """Decide by exit status whether an audited release lies below a threshold, and write OUT/attestation.json.

    0: below, for the attackers tested. 3: above. 4: not enough evidence to say. The first line says why, and which
    attackers were left out and which limits are laxer than their defaults.
    """
    from reid_audit.cli.gating import run_gate

    limits = given(max_risk=max_risk, confidence=confidence, control_floor=control_floor, power=power)
    sign_off = {"controller": controller, "purpose": purpose, "legal_basis": legal_basis}
    done = run_gate(
        out, limits=limits, attackers=attacker or (), waivers=waive or (), waiver_file=waivers, sign_off=sign_off
    )
    raise typer.Exit(done)


def verify(
    out: Annotated[Path, _ATTESTED],
    release: Annotated[Path, typer.Argument(metavar="BIDS_DIR", help="The folder about to be released.")],
    *,
    voxels: Annotated[
        bool,
        typer.Option(
            "--voxels",
            help="Take a scan with the audited voxels and affine for the audited one, whatever its header, in which a "
            "name may stand.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Say whether the files about to be released are those of OUT/attestation.json, and no others.

    Exit status: 0 they are, and the attestation says below threshold; 3 they are not; 4 nobody can say; 5 they are, and
    the attestation says something else.
    """
    from reid_audit.cli.gating import run_verify

    raise typer.Exit(run_verify(out, release, voxels=voxels, quiet=quiet))


def plan(
    *,
    max_risk: MaxRisk = None,
    confidence: Confidence = None,
    power: Power = None,
    people: Annotated[int | None, typer.Option("--people", min=1, help="Of a release that there is already.")] = None,
    searches: Annotated[int, typer.Option("--searches", min=1, help="Photographs or scans to search each by.")] = 1,
    attacks: Annotated[
        int | None,
        typer.Option(
            "--attacks",
            min=1,
            max=1000,
            help="Attacks among all people that must all lie below; default: those with photographs that `run` makes.",
        ),
    ] = None,
    true_rate: Annotated[
        float | None, typer.Option("--true-rate", help="Share of people that an attack truly finds.")
    ] = None,
) -> None:
    """Say how many people a release must have before it can be shown to lie below a risk."""
    from reid_audit.cli.gating import run_plan

    limits = given(max_risk=max_risk, confidence=confidence, power=power)
    raise typer.Exit(run_plan(limits, people=people, searches=searches, attacks=attacks, true_rate=true_rate))

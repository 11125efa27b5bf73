"""The attestation: what was audited, file by file, with what verdict; kept, signed, and held against the release."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from reid_audit.errors import UsageError
from reid_audit.gating.gate import Verdict  # noqa: TC001 - pydantic reads the annotations
from reid_audit.gating.limits import GateLimits  # noqa: TC001 - pydantic reads the annotations
from reid_audit.gating.records import MOST_FILES, Digest, Name, Record, Released, ReleasedPath, Triage
from reid_audit.gating.series import AttestedSeries, attested_series
from reid_audit.report import PHANTOM_NOTICE
from reid_audit.store import provenance, write_text

if TYPE_CHECKING:
    from reid_audit.gating.gate import Gated

__all__ = [
    "ATTESTATION",
    "ATTESTATION_VERSION",
    "Attestation",
    "AttestedFile",
    "SignOff",
    "attest",
    "attestation_schema",
    "write_attestation",
]

ATTESTATION = "attestation.json"
ATTESTATION_VERSION = "1.4"
"""The second number grows when keys are added, the first when one changes its meaning."""

STATEMENT = (
    "This states what named attackers achieved in a test on the listed files. It is neither a determination under any "
    "law nor legal advice, and says nothing of attackers who were not tested."
)


class SignOff(Record):
    """Who answers for the release, as somebody wrote it down; empty where nobody did.

    Parameters
    ----------
    controller, purpose, legal_basis : str
        The last is a legal basis or the reference of an ethics vote.
    """

    controller: Name = ""
    purpose: Annotated[str, Field(max_length=2_000)] = ""
    legal_basis: Annotated[str, Field(max_length=2_000)] = ""


class AttestedFile(Record):
    """One file of the release.

    Parameters
    ----------
    path : str
        Relative to the release, with ``/``.
    sha256 : str or None
        Of its bytes, of a link without content of what it says; None where there was neither.
    voxels : str or None
        SHA-256 of voxels and affine, of the scans that were audited and are one file.
    kind : str
    answer : str
        Whether a face is in it.
    """

    path: ReleasedPath
    sha256: Digest | None
    voxels: Digest | None = None
    kind: Name = ""
    answer: Literal["face", "none", "cannot tell", "unaudited"]


class Attestation(Record):
    """What was audited and with what verdict.

    Parameters
    ----------
    schema_version, kind : str
    made, version : str
        When, and by which version of this package.
    population : str
        ``"real"``, or that these people do not exist.
    verdict : Verdict
    limits : GateLimits
    sign_off : SignOff
    people : int
        With a released scan.
    audited : str
        When the run ended.
    settings, provenance : mapping
        Of the run.
    models : tuple of mapping
    records : mapping of str to str
        SHA-256 of the records that the verdict rests on.
    files : tuple of AttestedFile
        Everything that is to be released, by path; never the originals.
    series : tuple of AttestedSeries
        Audited scans that are a folder of files; since 1.1.
    statement : str
    """

    schema_version: Literal["1.0", "1.1", "1.2", "1.3", "1.4"] = "1.4"
    kind: Literal["attestation of a re-identification audit"] = "attestation of a re-identification audit"
    made: Name
    version: Name
    population: Name
    verdict: Verdict
    limits: GateLimits
    sign_off: SignOff
    people: int
    audited: Name
    settings: dict[str, Any]
    provenance: dict[str, Any]
    models: tuple[dict[str, Any], ...]
    records: dict[str, Digest]
    files: Annotated[tuple[AttestedFile, ...], Field(max_length=MOST_FILES)]
    series: Annotated[tuple[AttestedSeries, ...], Field(max_length=MOST_FILES)] = ()
    statement: str = STATEMENT


def attest(gated: Gated, sign_off: SignOff | None = None) -> Attestation:
    """Write down what the gate said, and of which files.

    Parameters
    ----------
    gated : Gated
        With evidence.
    sign_off : SignOff, optional

    Returns
    -------
    Attestation
        The same but for the time, whenever it is made again.

    Raises
    ------
    UsageError
        If there is no evidence: nothing was audited.
    """
    evidence = gated.evidence
    if evidence is None:
        raise UsageError("There is no finished run to attest.", remedy="Finish the audit first.")
    return Attestation(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        version=str(provenance(0)["versions"]["reid_audit"]),
        population=f"phantom: {PHANTOM_NOTICE}" if evidence.phantom else "real",
        verdict=gated.verdict,
        limits=gated.limits,
        sign_off=sign_off or SignOff(),
        people=evidence.people,
        audited=evidence.made,
        settings=evidence.settings,
        provenance=evidence.provenance,
        models=evidence.models,
        records={**gated.digests, "report.json": evidence.report},
        files=_files(gated.triage, evidence.released),
        series=attested_series(gated.triage, evidence.released) if gated.triage else (),
    )


def _files(triage: Triage | None, released: tuple[Released, ...]) -> tuple[AttestedFile, ...]:
    """Return every file that was looked at; voxels are known of single files that were audited."""
    voxels = {scan.files[0]: scan.voxels for scan in released if len(scan.files) == 1}
    return tuple(
        AttestedFile(
            path=volume.path,
            sha256=volume.sha256 or None,
            voxels=voxels.get(volume.sha256 or ""),
            kind=volume.kind,
            answer=volume.answer,
        )
        for volume in sorted(triage.volumes if triage else (), key=lambda volume: volume.path)
    )


def write_attestation(attestation: Attestation, out: Path | str) -> Path:
    """Write ``attestation.json`` to the OUT of a run, 0600.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    return write_text(Path(out) / ATTESTATION, attestation.model_dump_json(indent=1) + "\n")


def attestation_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``attestation.json``."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return schema | Attestation.model_json_schema()

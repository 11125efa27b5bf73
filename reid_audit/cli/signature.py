"""Signatures of an attestation: making a key, signing, checking."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from reid_audit.cli.errors import guarded

__all__ = ["signature"]

signature = typer.Typer(
    name="signature",
    help="Sign an attestation with Ed25519, detached, and check such a signature (extra: sign).",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_OUT = typer.Argument(metavar="OUT", help="Folder with an attestation.json, purged or not.")


@signature.command("new-key")
@guarded
def new_key(
    key: Annotated[Path, typer.Argument(metavar="KEY", help="File for the private key; the public one ends in .pub.")],
    *,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase that locks the key.")] = False,
) -> None:
    """Make a pair of keys: KEY, readable by you alone, and KEY.pub to hand on."""
    from reid_audit.gating import make_key

    said = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True) if passphrase else ""
    private, public = make_key(key, said)
    typer.echo(f"Private key: {private}\nPublic key: {public}")


@signature.command()
@guarded
def sign(
    out: Annotated[Path, _OUT],
    *,
    key: Annotated[Path, typer.Option("--key", metavar="KEY", help="Your private key, which nobody else may read.")],
) -> None:
    """Write OUT/attestation.json.sig: 64 bytes over the attestation as it stands, whatever its verdict."""
    from reid_audit.gating import ATTESTATION, Attestation, needs_passphrase, read_record, sign_file

    attestation, _ = read_record(out / ATTESTATION, Attestation)
    said = typer.prompt("Passphrase", hide_input=True) if needs_passphrase(key) else ""
    made = sign_file(out / ATTESTATION, key, said)
    typer.echo(f"Signature: {made}\nWhat it signs: {attestation.verdict.line}")


@signature.command()
@guarded
def check(
    out: Annotated[Path, _OUT],
    *,
    public: Annotated[
        Path, typer.Option("--key", metavar="KEY.pub", help="Public key of whoever is said to have signed.")
    ],
) -> None:
    """Say whether OUT/attestation.json.sig is the signature of that key over the attestation as it stands.

    Exit status: 0 it is, 3 it is not, 4 nobody can say.
    """
    from reid_audit.cli.gating import DIFFERENT, UNKNOWN
    from reid_audit.errors import StoreError
    from reid_audit.gating import ATTESTATION, Attestation, is_signed_by, read_record

    try:
        attestation, _ = read_record(out / ATTESTATION, Attestation)
        genuine = is_signed_by(out / ATTESTATION, public)
    except StoreError as error:
        typer.echo(f"cannot say: {error}")
        raise typer.Exit(UNKNOWN) from None
    if not genuine:
        typer.echo("NOT signed by that key, or changed since.")
        raise typer.Exit(DIFFERENT)
    typer.echo(f"Signed by that key. What it signs: {attestation.verdict.line}")

"""Detached Ed25519 signatures of an attestation: a file beside it, which OpenSSL can check as well."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import MissingResourceError, StoreError, UsageError
from reid_audit.gating.reading import MOST_BYTES, read_bounded
from reid_audit.store import write_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["SIGNATURE_ENDING", "is_signed_by", "make_key", "needs_passphrase", "sign_file"]

SIGNATURE_ENDING = ".sig"
"""Follows the name of what was signed. The file holds the 64 bytes of the signature (RFC 8032)."""

_PUBLIC_ENDING = ".pub"
_LONGEST_KEY = 10_000
_SIGNATURE_BYTES = 64


def make_key(path: Path | str, passphrase: str = "") -> tuple[Path, Path]:
    """Make a pair of keys.

    Parameters
    ----------
    path : path-like
        For the private key (PEM, PKCS 8), 0600; the public one goes beside it, ending in ``.pub``.
    passphrase : str
        Locks the private key where it is not empty.

    Returns
    -------
    tuple of Path
        Private and public key.

    Raises
    ------
    UsageError
        If one of the two files exists.
    MissingResourceError
        If the package ``cryptography`` is not installed.
    StoreError
        If the disk refuses.
    """
    _check_installed()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private, public = Path(path), Path(f"{path}{_PUBLIC_ENDING}")
    for file in (private, public):
        if file.exists() or file.is_symlink():
            raise UsageError(f"'{file}' exists: a key is never replaced.", remedy="Name another file.")
    key = Ed25519PrivateKey.generate()
    locked = form.BestAvailableEncryption(passphrase.encode()) if passphrase else form.NoEncryption()
    write_bytes(private, key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked))
    shown = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return private, write_bytes(public, shown)


def needs_passphrase(path: Path | str) -> bool:
    """Tell whether a private key is locked.

    Raises
    ------
    UsageError
        If it cannot be read.
    """
    return b"ENCRYPTED PRIVATE KEY" in _key_bytes(Path(path))


def sign_file(path: Path | str, key: Path | str, passphrase: str = "") -> Path:
    """Sign a file.

    Parameters
    ----------
    path : path-like
    key : path-like
        A private Ed25519 key (PEM) that nobody else may read.
    passphrase : str

    Returns
    -------
    Path
        Of the signature, beside the file.

    Raises
    ------
    UsageError
        If the key can be read by others, is no Ed25519 key, or the passphrase is wrong.
    StoreError
        If the file cannot be read, or the disk refuses.
    MissingResourceError
        If the package ``cryptography`` is not installed.
    """
    content = read_bounded(Path(path), MOST_BYTES)
    signature = _private_key(Path(key), passphrase).sign(content)
    return write_bytes(Path(f"{path}{SIGNATURE_ENDING}"), signature)


def is_signed_by(path: Path | str, public: Path | str) -> bool:
    """Tell whether the signature beside a file is that of a key over the very bytes of the file.

    Parameters
    ----------
    path, public : path-like

    Returns
    -------
    bool

    Raises
    ------
    StoreError
        If the file or its signature cannot be read.
    UsageError
        If the public key is none.
    MissingResourceError
        If the package ``cryptography`` is not installed.
    """
    key = _public_key(Path(public))
    from cryptography.exceptions import InvalidSignature

    content = read_bounded(Path(path), MOST_BYTES)
    signature = read_bounded(Path(f"{path}{SIGNATURE_ENDING}"), _SIGNATURE_BYTES)
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _check_installed() -> None:
    try:
        import cryptography.exceptions  # noqa: F401
    except ImportError as error:
        raise MissingResourceError(
            "Signatures need the package 'cryptography', which is not installed.",
            remedy="Install it with `pip install 'reid_audit[sign]'`.",
        ) from error


def _private_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    _check_installed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _key_bytes(path)
    if path.stat().st_mode & 0o077:
        raise UsageError(f"The key '{path}' can be read by others.", remedy=f"Make it yours alone: chmod 600 {path}.")
    try:
        key = load_pem_private_key(content, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"'{path}' is no private key in PEM form, or the passphrase is not its own.",
            remedy="Make one with `reid-audit signature new-key`.",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"'{path}' is a key of another kind than Ed25519.", remedy="Make one with `new-key`.")
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    _check_installed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_key_bytes(path))
    except ValueError as error:
        raise UsageError(
            f"'{path}' is no public key in PEM form.", remedy="Name the file that ends in .pub."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"'{path}' is a key of another kind than Ed25519.", remedy="Ask the signer for theirs.")
    return key


def _key_bytes(path: Path) -> bytes:
    try:
        return read_bounded(Path(os.path.realpath(path)), _LONGEST_KEY)
    except StoreError as error:
        raise UsageError(f"The key '{path}' cannot be read.", remedy="Correct the path.") from error

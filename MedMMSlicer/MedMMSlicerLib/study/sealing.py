"""Encryption of what a reader must not see yet: AES-256-GCM under keys derived for one name each.

The key that all others are derived from lies in the reader's package, because a reader works without a
network. Sealing keeps output of AI, arms and reports out of sight of everybody who opens files; it can not
stop a person who takes the program apart. What no reader ever needs (truth, case ids, names of arms) is not
in a package at all.
"""

from __future__ import annotations

import secrets

from ..errors import InputError

__all__ = ["SEAL_KEY_BYTES", "new_seal_key", "seal", "unseal"]

SEAL_KEY_BYTES = 32
_NONCE = 12
_LENGTH = 8


def new_seal_key() -> bytes:
    """A fresh key."""
    return secrets.token_bytes(SEAL_KEY_BYTES)


def seal(key: bytes, name: str, data: bytes, multiple_of: int = 1) -> bytes:
    """Encrypt, so that the length tells no more than the next multiple of ``multiple_of`` bytes."""
    padded = len(data).to_bytes(_LENGTH, "big") + data
    padded += b"\0" * (-len(padded) % multiple_of)
    nonce = secrets.token_bytes(_NONCE)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return nonce + AESGCM(_derived(key, name)).encrypt(nonce, padded, name.encode("utf-8"))


def unseal(key: bytes, name: str, sealed: bytes) -> bytes:
    """Decrypt what was sealed under this key and name.

    Raises
    ------
    InputError
        If it was not, or was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        padded = AESGCM(_derived(key, name)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode("utf-8"))
    except (InvalidTag, ValueError) as error:
        raise InputError(
            f"{name} of the study package is damaged and can not be opened. Get the package again."
        ) from error
    length = int.from_bytes(padded[:_LENGTH], "big")
    return padded[_LENGTH : _LENGTH + length]


def _derived(key: bytes, name: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=b"medmm-study\0" + name.encode("utf-8")).derive(key)

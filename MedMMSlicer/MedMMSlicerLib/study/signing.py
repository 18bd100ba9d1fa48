"""Ed25519 keys of a machine: one for the study team's packages, one for a reader's results.

A key is made when it is first needed, is readable by its user alone, and never leaves the machine. What
others know is its public key, and what people compare is its fingerprint.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..dicom.deidentify_key import default_key_path, load_key
from ..errors import InputError, SignatureError
from ..files import atomic_write
from .codec import parse_json_object

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KeyStore", "SigningKey", "fingerprint_of", "verify_signature"]

_FINGERPRINT = 20


def fingerprint_of(public_key: bytes) -> str:
    """What people compare: 100 bits of the hash of a public key, such as ``ABCD-EFGH-2345-...``."""
    text = base64.b32encode(hashlib.sha256(public_key).digest()).decode("ascii")[:_FINGERPRINT]
    return "-".join(text[place : place + 4] for place in range(0, _FINGERPRINT, 4))


def verify_signature(public_key: bytes, signature: bytes, message: bytes, where: str) -> None:
    """Check a signature.

    Raises
    ------
    SignatureError
        If it is not of this key over this message.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(
            f"The signature of {where} is not valid: the file was changed or forged. "
            "Get it again from its sender."
        ) from error


@dataclass(frozen=True)
class SigningKey:
    """A private key; it is never shown or written anywhere else."""

    seed: bytes = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """32 bytes that everybody may know."""
        return self._private().public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """See `fingerprint_of`."""
        return fingerprint_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)


class KeyStore:
    """The keys of this user on this machine, and the noted ends of their reading logs.

    Parameters
    ----------
    folder : Path, optional
        The user's data folder when None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_key_path().parent if folder is None else folder

    def team_key(self) -> SigningKey:
        """Signs packages of studies that are led from here."""
        return self._key("study-team.key")

    def reader_key(self) -> SigningKey:
        """Signs what is read here."""
        return self._key("study-reader.key")

    def noted_head(self, log_id: str) -> tuple[int, str]:
        """Number and hash of the last event of a log that was noted; (0, "") where none was.

        Raises
        ------
        InputError
            If the note can not be read.
        """
        path = self._note(log_id)
        if not path.exists():
            return 0, ""
        try:
            value = parse_json_object(path.read_bytes(), str(path))
        except OSError as error:
            raise InputError(f"{path} can not be read ({error.strerror}). Check its rights.") from error
        number, digest = value.get("events"), value.get("head")
        if not isinstance(number, int) or not isinstance(digest, str):
            raise InputError(f"{path} is damaged. Tell the study team, and remove it.")
        return number, digest

    def note_head(self, log_id: str, number: int, sha256: str) -> None:
        """Remember where a log ended, so that an older copy of it can not take its place unnoticed.

        Raises
        ------
        OutputError, DiskFullError
            If it can not be written.
        """
        with atomic_write(self._note(log_id)) as temporary:
            temporary.write_text(json.dumps({"events": number, "head": sha256}) + "\n", encoding="utf-8")

    def _note(self, log_id: str) -> Path:
        # A file for each log: a log has one owner at a time, so nobody else writes it.
        return self.folder / "reading-logs" / f"{log_id}.json"

    def _key(self, name: str) -> SigningKey:
        return SigningKey(load_key(self.folder / name, "signing"))

"""Seals secrets that pass through databases and topics, with keys that are destroyed early.

A sealed text is kept wherever its row and its event are kept: in backups, in a topic for its
retention. It is unreadable everywhere once its key is destroyed. Keys are files of one folder,
`<UTC time of creation>.key` with 64 hexadecimal digits. The newest key seals. Another process adds
and destroys them (`waybill_toolkit.platform.token_keys`, or a scheduled job).
https://csrc.nist.gov/glossary/term/cryptographic_erase
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from waybill.key_files import KEY_BYTES, SUFFIX, SealingError

__all__ = ["SealingError", "Seals"]

_PREFIX: Final = "sealed.v1."
_NONCE_BYTES: Final = 12


class Seals:
    """Seals and unseals with the keys of a folder, which is read again when it has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed_ns = -1
        self._keys: dict[str, AESGCM] = {}
        self._newest = ""

    async def check(self) -> None:
        """Check that there is a key, for readiness. Raises SealingError."""
        self._refresh()

    def newest(self) -> str:
        """Return the name of the key that seals. Raises SealingError."""
        self._refresh()
        return self._newest

    @staticmethod
    def key_of(sealed: str) -> str:
        """Return the name of the key that a text was sealed with."""
        return sealed.removeprefix(_PREFIX).partition(".")[0]

    def seal(self, text: str, subject: bytes) -> str:
        """Encrypt a text for a subject, the only one for which it can be unsealed.

        Raises SealingError if the folder has no key or cannot be read.
        """
        self._refresh()
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._keys[self._newest].encrypt(nonce, text.encode(), subject)
        return f"{_PREFIX}{self._newest}.{urlsafe_b64encode(sealed).decode()}"

    def unseal(self, sealed: str, subject: bytes) -> str:
        """Decrypt a sealed text. A text that is not sealed is returned as it is.

        Raises SealingError if its key is destroyed, or if it was sealed for another subject.
        """
        if not sealed.startswith(_PREFIX):
            return sealed  # from a row or an event of an earlier release
        name, _, data = sealed.removeprefix(_PREFIX).partition(".")
        self._refresh()
        key = self._keys.get(name)
        if key is None:
            raise SealingError(f"the key {name} is not in {self._folder}")
        try:
            raw = urlsafe_b64decode(data)
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], subject).decode()
        except (InvalidTag, ValueError) as error:
            raise SealingError("it was changed, or sealed for something else") from error

    def _refresh(self) -> None:
        try:
            changed_ns = self._folder.stat().st_mtime_ns
            if changed_ns != self._changed_ns:
                paths = sorted(self._folder.glob(f"*{SUFFIX}"))
                self._keys = {path.stem: AESGCM(_read(path)) for path in paths}
                self._newest = max(self._keys, default="")
                self._changed_ns = changed_ns
        except (OSError, ValueError) as error:
            raise SealingError(f"the keys of {self._folder} cannot be read: {error}") from error
        if not self._keys:
            raise SealingError(f"there is no {SUFFIX} file in {self._folder}")


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path.name} needs {2 * KEY_BYTES} hexadecimal digits")
    return key

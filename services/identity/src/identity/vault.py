"""Encrypts columns, so that a copy of the database alone gives nobody a key or an address.

The key-encryption keys are files (see `waybill.sealing`). They encrypt private signing keys, and a
key for each user, which encrypts what names the user (see `waybill.data_keys`). What was encrypted
for one column of one row cannot be decrypted for another: table, column and row are authenticated.
"""

import hashlib
import hmac
from pathlib import Path

from waybill.data_keys import DataKeys, FolderWrapper
from waybill.sealing import Seals

_SEALED = "sealed."


class Vault:
    """Seals columns, and makes the index by which an encrypted address is found."""

    def __init__(self, keys: Path, index_key: str) -> None:
        self._seals = Seals(keys)
        self.people = DataKeys("identity", FolderWrapper("identity", self._seals))
        self._index_key = index_key.encode()
        self.check = self._seals.check

    def seal(self, text: str, place: str, row: object) -> str:
        """Encrypt a text for `place`, such as "signing_keys.private". Raises SealingError."""
        return self._seals.seal(text, _subject(place, row))

    def unseal(self, sealed: str, place: str, row: object) -> str:
        """Decrypt what `seal` returned for the same place and row. Raises SealingError."""
        if not sealed.startswith(_SEALED):
            raise ValueError(f"{place} of {row} is not encrypted")
        return self._seals.unseal(sealed, _subject(place, row))

    def index(self, kind: str, text: str) -> bytes:
        """Return what finds a text again without telling it; the same for the same text."""
        return hmac.digest(self._index_key, f"{kind}|{text}".encode(), hashlib.sha256)


def _subject(place: str, row: object) -> bytes:
    return f"identity|{place}|{row}".encode()

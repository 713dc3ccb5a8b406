"""A key for each person: columns that it encrypts are unreadable everywhere once it is destroyed.

Each service that keeps personal data has a table of these keys:

    create table data_keys (
        subject text primary key, -- whose key it is: an id, never a name
        key_cipher text not null, -- the key, encrypted by a key-encryption key
        wrapped_by text not null -- the name of that key
    );
    create index on data_keys (wrapped_by);

Erasing a person deletes the row. Copies of what it encrypted, in the write-ahead log, events, dead
letters or files, cannot be read any more, except with a copy of the row and the key-encryption key.
https://csrc.nist.gov/glossary/term/cryptographic_erase
"""

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import override

from waybill.key_files import KEY_BYTES, SealingError
from waybill.postgres import Connection, Transaction
from waybill.sealing import Seals

_PREFIX: Final = "personal.v1."
_NONCE_BYTES: Final = 12

_INSERT: Final = "insert into data_keys (subject, key_cipher, wrapped_by) values ($1, $2, $3)"
_FIND: Final = "select key_cipher from data_keys where subject = $1"
_DESTROY: Final = "delete from data_keys where subject = $1"
_OLD: Final = """
    select subject, key_cipher from data_keys where wrapped_by < $1
    order by wrapped_by limit $2 for update skip locked
"""
_REWRAP: Final = "update data_keys set key_cipher = $2, wrapped_by = $3 where subject = $1"


class Place(NamedTuple):
    """A column that is encrypted."""

    table: str
    column: str


class Wrapped(NamedTuple):
    """An encrypted key, and the name of the key-encryption key."""

    cipher: str
    wrapped_by: str


class KeyWrapper(Protocol):
    """Encrypts data keys with a key-encryption key.

    It is called inside of transactions, so it calls nothing itself: one that uses a key management
    system lets it decrypt the key-encryption keys when the process starts. Names of keys sort by
    their age.
    """

    def newest(self) -> str:
        """Return the name of the key that `wrap` uses. Raises SealingError."""
        ...

    def wrap(self, key: bytes, subject: str) -> Wrapped:
        """Encrypt a key of a subject. Raises SealingError."""
        ...

    def unwrap(self, cipher: str, subject: str) -> bytes:
        """Decrypt what `wrap` returned for the same subject. Raises SealingError."""
        ...


class FolderWrapper(KeyWrapper):
    """Wraps with the keys of a folder, see `waybill.sealing`; the newest file wraps."""

    def __init__(self, service: str, seals: Seals) -> None:
        self._service = service
        self._seals = seals

    @override
    def newest(self) -> str:
        return self._seals.newest()

    @override
    def wrap(self, key: bytes, subject: str) -> Wrapped:
        cipher = self._seals.seal(b64encode(key).decode(), self._place(subject))
        return Wrapped(cipher, Seals.key_of(cipher))

    @override
    def unwrap(self, cipher: str, subject: str) -> bytes:
        return b64decode(self._seals.unseal(cipher, self._place(subject)))

    def _place(self, subject: str) -> bytes:
        return f"{self._service}|data_keys|key_cipher|{subject}".encode()


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one person in one service."""

    service: str
    subject: str
    key: bytes = field(repr=False)

    def seal(self, text: str, place: Place, row: object) -> str:
        """Encrypt a text for a column of one row, the only one where it can be decrypted."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + AESGCM(self.key).encrypt(nonce, text.encode(), self._where(place, row))
        return _PREFIX + b64encode(sealed).decode()

    def unseal(self, sealed: str, place: Place, row: object) -> str:
        """Decrypt what `seal` returned for the same column and row. Raises SealingError."""
        if not is_sealed(sealed):
            raise SealingError(f"{place.table}.{place.column} of {row} is not encrypted")
        try:
            raw = b64decode(sealed.removeprefix(_PREFIX), validate=True)
            nonce, cipher = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return AESGCM(self.key).decrypt(nonce, cipher, self._where(place, row)).decode()
        except (InvalidTag, ValueError) as error:
            raise SealingError(
                f"{place.table}.{place.column} of {row} was changed, or is encrypted with another"
                " key or for another column or row"
            ) from error

    def _where(self, place: Place, row: object) -> bytes:
        return f"{self.service}|{place.table}|{place.column}|{row}".encode()


class DataKeys:
    """The keys of all people in the database of one service."""

    def __init__(self, service: str, wrapper: KeyWrapper) -> None:
        self._service = service
        self._wrapper = wrapper

    def generate(self, subject: str) -> DataKey:
        """Return a new key; `insert` it in the transaction that inserts what it encrypts."""
        return DataKey(self._service, subject, os.urandom(KEY_BYTES))

    async def insert(self, tx: Transaction, key: DataKey) -> None:
        """Insert the key of a subject that has none. Raises SealingError."""
        await tx.execute(_INSERT, key.subject, *self._wrapper.wrap(key.key, key.subject))

    async def find(self, connection: Connection, subject: str) -> DataKey | None:
        """Return the key of a subject; None when it was erased. Raises SealingError."""
        cipher = await connection.fetchval(_FIND, subject)
        if cipher is None:
            return None
        return DataKey(self._service, subject, self._wrapper.unwrap(cipher, subject))

    async def ensure(self, tx: Transaction, subject: str) -> DataKey:
        """Return the key of a subject, a new one if it has none. Raises SealingError.

        The caller holds a lock without which nobody inserts or destroys the key of this subject.
        """
        key = await self.find(tx, subject)
        if key is None:
            key = self.generate(subject)
            await self.insert(tx, key)
        return key

    async def rewrap(self, tx: Transaction, _now: datetime, limit: int) -> int:
        """Wrap up to `limit` keys with the newest key-encryption key; return how many.

        For a timer: what is encrypted with the keys does not change. Raises SealingError.
        """
        rows = await tx.fetch(_OLD, self._wrapper.newest(), limit)
        for row in rows:
            subject = row["subject"]
            key = self._wrapper.unwrap(row["key_cipher"], subject)
            await tx.execute(_REWRAP, subject, *self._wrapper.wrap(key, subject))
        return len(rows)


async def destroy_data_key(tx: Transaction, subject: str) -> bool:
    """Delete the key of a subject; return False when there is none."""
    return await tx.execute(_DESTROY, subject) == "DELETE 1"


def is_sealed(text: str) -> bool:
    """Whether a text is one that `DataKey.seal` returned."""
    return text.startswith(_PREFIX)

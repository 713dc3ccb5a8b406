"""Columns that name a user or are its secret: encrypted with the key of the user.

Rows of an earlier release are encrypted with a key-encryption key. They can be read, and a timer
encrypts them anew.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from identity.vault import Vault
from waybill.data_keys import DataKey, Place, is_sealed
from waybill.postgres import Connection, Transaction

EMAIL: Final = Place("users", "email")
TOTP_SECRET: Final = Place("totp", "secret")

_OLD_USERS: Final = """
    select user_id, email_cipher from users where email_cipher like 'sealed.%'
    order by user_id limit $1 for no key update skip locked
"""
_SET_EMAIL: Final = "update users set email_cipher = $2 where user_id = $1"
_OLD_TOTP: Final = """
    select secret_cipher from totp where user_id = $1 and secret_cipher like 'sealed.%' for update
"""
_SET_TOTP: Final = "update totp set secret_cipher = $2 where user_id = $1"


async def seal(tx: Transaction, vault: Vault, user_id: UUID, text: str, place: Place) -> str:
    """Encrypt a text of a user that the caller has locked and that is not erased.

    Raises SealingError.
    """
    key = await vault.people.ensure(tx, str(user_id))
    return key.seal(text, place, user_id)


async def unseal(
    connection: Connection, vault: Vault, user_id: UUID, sealed: str, place: Place
) -> str | None:
    """Decrypt what `seal` returned; None when the user was erased. Raises SealingError."""
    if not sealed:
        return None
    if not is_sealed(sealed):
        return vault.unseal(sealed, ".".join(place), user_id)
    key = await vault.people.find(connection, str(user_id))
    return None if key is None else key.unseal(sealed, place, user_id)


class Reseal:
    """Encrypts the rows of an earlier release with keys of their users: the work of a timer."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def __call__(self, tx: Transaction, _now: datetime, limit: int) -> int:
        """Encrypt up to `limit` users anew; return how many. Raises SealingError."""
        rows = await tx.fetch(_OLD_USERS, limit)
        for row in rows:
            user_id: UUID = row["user_id"]
            key = await self._vault.people.ensure(tx, str(user_id))
            email = self._anew(key, row["email_cipher"], EMAIL, user_id)
            await tx.execute(_SET_EMAIL, user_id, email)
            secret = await tx.fetchval(_OLD_TOTP, user_id)
            if secret is not None:
                sealed = self._anew(key, secret, TOTP_SECRET, user_id)
                await tx.execute(_SET_TOTP, user_id, sealed)
        return len(rows)

    def _anew(self, key: DataKey, sealed: str, place: Place, user_id: UUID) -> str:
        return key.seal(self._vault.unseal(sealed, ".".join(place), user_id), place, user_id)

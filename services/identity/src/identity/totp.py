"""One-time passwords (RFC 6238): a code is used once, and a recovery code in place of one.

The time step of each code is stored, because a code is valid for half a minute and more: whoever
reads it over a shoulder could use it a second time.
"""

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp

from identity.opaque_tokens import digest
from identity.personal_columns import TOTP_SECRET, seal, unseal
from identity.vault import Vault
from waybill.postgres import Connection, Transaction

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_ISSUER: Final = "Waybill"
_RECOVERY_BYTES: Final = 10

_PUT: Final = """
    insert into totp (user_id, secret_cipher) values ($1, $2)
    on conflict (user_id) do update set secret_cipher = excluded.secret_cipher, last_step = 0
    where totp.confirmed_at is null
"""
_OF_USER: Final = "select secret_cipher from totp where user_id = $1 "
_SECRET_TO_CONFIRM: Final = _OF_USER + "and confirmed_at is null"
_SECRET: Final = _OF_USER + "and confirmed_at is not null"
_IS_ON: Final = "select exists (select from totp where user_id = $1 and confirmed_at is not null)"
_USE_STEP: Final = "update totp set last_step = $2 where user_id = $1 and last_step < $2"
_CONFIRM: Final = "update totp set confirmed_at = $2 where user_id = $1 and confirmed_at is null"
_DELETE_CODES: Final = "delete from recovery_codes where user_id = $1"
_ADD_CODES: Final = """
    insert into recovery_codes (digest, user_id) select unnest($2::bytea[]), $1
"""
_USE_CODE: Final = "delete from recovery_codes where digest = $2 and user_id = $1"


class Totp:
    """The one-time passwords of all users."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def enrol(self, tx: Transaction, user_id: UUID) -> str | None:
        """Store and return a new secret of a locked user; None when a confirmed one exists."""
        secret = pyotp.random_base32()
        sealed = await seal(tx, self._vault, user_id, secret, TOTP_SECRET)
        done = await tx.execute(_PUT, user_id, sealed)
        return secret if done == "INSERT 0 1" else None

    async def is_on(self, connection: Connection, user_id: UUID) -> bool:
        """Whether a user has to give a code."""
        return bool(await connection.fetchval(_IS_ON, user_id))

    async def confirm(
        self, tx: Transaction, user_id: UUID, code: str, now: datetime
    ) -> list[str] | None:
        """Switch the secret on and return new recovery codes; None when the code is wrong.

        Raises LookupError when there is no secret to confirm.
        """
        cipher = await tx.fetchval(_SECRET_TO_CONFIRM, user_id)
        if cipher is None:
            raise LookupError("there is no secret to confirm")
        if not await self._use(tx, user_id, cipher, code, now):
            return None
        await tx.execute(_CONFIRM, user_id, now)
        codes = [_grouped(secrets.token_hex(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
        await tx.execute(_DELETE_CODES, user_id)
        await tx.execute(_ADD_CODES, user_id, [digest(each) for each in codes])
        return codes

    async def use(self, tx: Transaction, user_id: UUID, code: str, now: datetime) -> bool:
        """Whether a code, or a recovery code, is right; it is used up."""
        cipher = await tx.fetchval(_SECRET, user_id)
        if cipher is not None and await self._use(tx, user_id, cipher, code, now):
            return True
        return await tx.execute(_USE_CODE, user_id, digest(code.strip().lower())) == "DELETE 1"

    async def _use(
        self, tx: Transaction, user_id: UUID, cipher: str, code: str, now: datetime
    ) -> bool:
        secret = await unseal(tx, self._vault, user_id, cipher, TOTP_SECRET)
        if secret is None:
            return False  # the user was erased
        totp = pyotp.TOTP(secret)
        step = int(now.timestamp()) // STEP_SECONDS
        for each in (step - 1, step, step + 1):  # clocks differ
            if pyotp.utils.strings_equal(totp.generate_otp(each), code):
                return await tx.execute(_USE_STEP, user_id, each) == "UPDATE 1"
        return False


def provisioning_uri(secret: str, email: str) -> str:
    """Return the address that an authenticator application reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))

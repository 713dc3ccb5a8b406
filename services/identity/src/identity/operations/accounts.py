"""Accounts: registration, verified addresses, passwords."""

import asyncio
from uuid import UUID

from identity import mail_tokens
from identity.attempts import WINDOW, Attempts
from identity.commands import register_user as registering
from identity.commands.erase_user import erase_user, require_recent_login
from identity.contract import api, models
from identity.contract.problems import TooManyAttempts, UserNotFound
from identity.mail import Mail
from identity.parts import Operations, Parts
from waybill.http import Call, Owner
from waybill.http.problems import Problem
from waybill.postgres import Transaction

_ACCEPTED = models.Accepted()


class AccountOperations(Operations):
    """The operations of accounts."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._mails = Attempts(parts.vault, "mail")

    async def register_user(self, _call: Call, body: models.RegisterUser) -> api.RegisterUserResult:
        """Send a mail to the address, whoever has it."""
        if refused := await self._refuse_mail(body.email):
            return refused
        hashed = await self._passwords.hash(body.password)

        async def run(tx: Transaction) -> Mail:
            return await registering.register_user(
                tx, self._vault, body.email, hashed, self._base, now=self._clock.now()
            )

        await self._send(await self._database.run(run))
        return api.RegisterUser202(body=_ACCEPTED)

    async def verify_email(self, call: Call, body: models.VerifyEmail) -> api.VerifyEmailResult:
        """Make the account of a link usable, for whoever knows its password."""
        now = self._clock.now()
        async with self._database.connection() as connection:
            hashed = await mail_tokens.find_password_hash(connection, body.token, now)
        if hashed is None or not await self._passwords.verify(hashed, body.password):
            return registering.invalid_link()

        async def run(tx: Transaction) -> api.VerifyEmailResult:
            verified = await registering.verify_email(tx, body.token, hashed, now=now)
            if isinstance(verified, Problem):
                return verified
            return api.VerifyEmail200(body=_ACCEPTED)

        return await call.transact(self._database, run)

    async def request_password_reset(
        self, _call: Call, body: models.RequestPasswordReset
    ) -> api.RequestPasswordResetResult:
        """Send a link to the address if it is registered."""
        if refused := await self._refuse_mail(body.email):
            return refused

        async def run(tx: Transaction) -> Mail | None:
            return await registering.request_password_reset(
                tx, self._vault, body.email, self._base, now=self._clock.now()
            )

        await self._send(await self._database.run(run))
        return api.RequestPasswordReset202(body=_ACCEPTED)

    async def set_password(self, call: Call, body: models.SetPassword) -> api.SetPasswordResult:
        """Set the password of the user of a link."""
        hashed = await self._passwords.hash(body.password)

        async def run(tx: Transaction) -> api.SetPasswordResult:
            done = await registering.set_password(tx, body.token, hashed, now=self._clock.now())
            return done if isinstance(done, Problem) else api.SetPassword200(body=_ACCEPTED)

        return await call.transact(self._database, run)

    async def remove_user(self, call: Call, *, owner: Owner, user_id: UUID) -> api.RemoveUserResult:
        """Erase the caller, who has just logged in, or anybody for an administrator."""
        now = self._clock.now()

        async def run(tx: Transaction) -> api.RemoveUserResult:
            is_permitted = owner.owns(str(user_id))
            if is_permitted and owner.ref is not None:
                await require_recent_login(tx, call.principal, user_id, now=now)
            if not is_permitted or not await erase_user(tx, user_id, now=now):
                return UserNotFound(detail=f"There is no user {user_id}.")
            return api.RemoveUser200(body=models.RemovedUser(user_id=user_id))

        return await call.transact(self._database, run)

    async def _refuse_mail(self, email: str) -> TooManyAttempts | None:
        """Refuse another mail to an address that has got several within a minute."""
        subjects = self._mails.subjects(email)

        async def run(tx: Transaction) -> bool:
            return await self._mails.begin(tx, subjects, self._clock.now())

        return None if await self._database.run(run) else too_many_attempts()

    async def _send(self, mail: Mail | None) -> None:
        if mail is not None:
            await asyncio.to_thread(self._mail.send, mail)


def too_many_attempts() -> TooManyAttempts:
    """Return the refusal of an attempt; it tells nothing about the account."""
    seconds = int(WINDOW.total_seconds())
    detail = f"There were too many attempts; try again in {seconds} seconds."
    return TooManyAttempts(detail=detail, retry_after_seconds=seconds)

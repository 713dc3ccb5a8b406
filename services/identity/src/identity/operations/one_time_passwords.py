"""One-time passwords: a secret, and the first code that confirms it."""

from typing import NoReturn
from uuid import UUID

from identity import users
from identity.attempts import Attempts
from identity.contract import api, models
from identity.contract.problems import TotpCodeWrong, TotpInUse, TotpNotEnrolled
from identity.operations.accounts import too_many_attempts
from identity.parts import Operations, Parts
from identity.totp import Totp, provisioning_uri
from waybill.http import Call
from waybill.http.problems import Forbidden, ProblemError
from waybill.postgres import Transaction
from waybill.security_log import record


class OneTimePasswordOperations(Operations):
    """The operations of one-time passwords, for the caller itself."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._totp = Totp(parts.vault)
        self._codes = Attempts(parts.vault, "totp")

    async def enrol_totp(self, call: Call) -> api.EnrolTotpResult:
        """Return a new secret."""
        user_id = _user_of(call)

        async def run(tx: Transaction) -> api.EnrolTotpResult:
            await _lock(tx, user_id)
            secret = await self._totp.enrol(tx, user_id)
            if secret is None:
                return TotpInUse(detail="One-time passwords are in use already.")
            email = await users.read_email(tx, self._vault, user_id)
            uri = provisioning_uri(secret, email or str(user_id))
            return api.EnrolTotp200(body=models.TotpSecret(secret=secret, uri=uri))

        return await call.transact(self._database, run)

    async def confirm_totp(self, call: Call, body: models.ConfirmTotp) -> api.ConfirmTotpResult:
        """Switch the secret on with its first code."""
        user_id, now = _user_of(call), self._clock.now()
        subjects = self._codes.subjects(str(user_id))

        async def begin(tx: Transaction) -> bool:
            return await self._codes.begin(tx, subjects, now)

        async def run(tx: Transaction) -> api.ConfirmTotpResult:
            await _lock(tx, user_id)
            try:
                codes = await self._totp.confirm(tx, user_id, body.code, now)
            except LookupError:
                return TotpNotEnrolled(detail="Ask for a secret first: POST /v1/totp.")
            if codes is None:
                return TotpCodeWrong(detail="The code is wrong, or was used before.")
            await self._codes.succeed(tx, subjects, now)
            await record(tx, "totp.confirmed", target=str(user_id))
            return api.ConfirmTotp200(body=models.RecoveryCodes(codes=codes))

        if not await self._database.run(begin):
            return too_many_attempts()
        return await call.transact(self._database, run)


async def _lock(tx: Transaction, user_id: UUID) -> None:
    """Lock the user, so that it is not erased meanwhile. Raises ProblemError(Forbidden)."""
    user = await users.lock_user(tx, user_id)
    if user is None or user.status == "removed":
        _refuse()


def _user_of(call: Call) -> UUID:
    user_id = call.principal.claims.get("user_id")
    return _refuse() if user_id is None else UUID(user_id)


def _refuse() -> NoReturn:
    raise ProblemError(Forbidden(detail="Only a user has one-time passwords."))

"""Devices without a browser: their codes, and the page on which a user decides (RFC 8628)."""

from typing import Any
from urllib.parse import urlencode

from pydantic import MISSING

from identity import device_codes
from identity.attempts import WINDOW, Attempts
from identity.clients import authenticate, find_client
from identity.consents import add_consent
from identity.contract import api, models
from identity.contract.problems import InvalidScope, TooManyAttempts, UnauthorizedClient
from identity.device_codes import DeviceCode
from identity.domain import PROTOCOL_SCOPES, GrantType, Session, split_scopes
from identity.opaque_tokens import new_token
from identity.pages import PageOperations, Visitor
from identity.parts import Parts
from identity.sessions import lock_session
from waybill.http import Call, Credentials
from waybill.http.problems import ProblemError
from waybill.postgres import Transaction

_UNKNOWN = "The code is wrong or has expired. Compare it with what the device shows."


class DevicePages(PageOperations):
    """The operations of devices."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._device_attempts = Attempts(parts.vault, "device")

    async def authorize_device(
        self, _call: Call, body: models.DeviceRequest, *, credentials: Credentials | None
    ) -> api.AuthorizeDeviceResult:
        """Return codes for a device and its user."""
        async with self._database.connection() as connection:
            client = await authenticate(
                connection, credentials, _text(body.client_id), _text(body.client_secret)
            )
        if GrantType.DEVICE_CODE not in client.grants:
            return UnauthorizedClient(detail="The client may not use device codes.")
        asked = _text(body.scope)
        scopes = client.scopes if asked is None else split_scopes(asked)
        if not scopes <= client.scopes | PROTOCOL_SCOPES:
            return InvalidScope(detail="The client may not ask for one of these scopes.")
        code, expires_at = new_token(), self._clock.now() + device_codes.LIFETIME

        async def run(tx: Transaction) -> str:
            while True:
                user_code = device_codes.new_user_code()
                if await device_codes.insert_device_code(
                    tx,
                    code,
                    user_code,
                    client_id=client.client_id,
                    scopes=scopes,
                    expires_at=expires_at,
                ):
                    return user_code

        user_code = await self._database.run(run)
        address = f"{self._signer.issuer.rstrip('/')}/device"
        codes = models.DeviceCodes(
            device_code=code,
            user_code=user_code,
            verification_uri=address,
            verification_uri_complete=f"{address}?{urlencode({'user_code': user_code})}",
            expires_in=int(device_codes.LIFETIME.total_seconds()),
            interval=int(device_codes.INTERVAL.total_seconds()),
        )
        return api.AuthorizeDevice200(body=codes, cache_control="no-store")

    async def show_device(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        *,
        user_code: str | None,
        **cookies: str | None,
    ) -> api.ShowDeviceResult:
        """Ask for the code that the device shows."""
        visitor = self._visitor(cookies)
        if await self._session_of(visitor) is None:
            return api.ShowDevice303(location=_login(user_code or ""), set_cookie=None)
        page = self._page("device", visitor, user_code=user_code or "", error="")
        return api.ShowDevice200(**page)

    async def approve_device(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        body: models.DeviceApproval,
        **cookies: str | None,
    ) -> api.ApproveDeviceResult:
        """Show what the device asks for, then store what the user decides."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        session = await self._session_of(visitor)
        if session is None:
            return api.ApproveDevice303(location=_login(body.user_code), set_cookie=None)
        asked = await self._find(session, body.user_code)
        if asked is None:
            page = self._page("device", visitor, user_code=body.user_code, error=_UNKNOWN)
            return api.ApproveDevice200(**page)
        if body.decision is MISSING:
            return api.ApproveDevice200(**await self._question(visitor, body.user_code, asked))
        is_allowed = body.decision == models.DeviceApprovalDecision.ALLOW
        done = await self._decide(session, asked, body.user_code, is_allowed=is_allowed)
        page = self._page("device-done", visitor, is_allowed=is_allowed and done)
        return api.ApproveDevice200(**page)

    async def _find(self, session: Session, user_code: str) -> DeviceCode | None:
        """Return what a device asks for; guesses are counted. Raises ProblemError."""
        subjects = self._device_attempts.subjects(str(session.user_id))
        now = self._clock.now()

        async def run(tx: Transaction) -> DeviceCode | TooManyAttempts | None:
            if not await self._device_attempts.begin(tx, subjects, now):
                detail = "There were too many wrong codes; try again in a minute."
                seconds = int(WINDOW.total_seconds())
                return TooManyAttempts(detail=detail, retry_after_seconds=seconds)
            found = await device_codes.find_undecided(tx, user_code, now)
            if found is not None:
                await self._device_attempts.succeed(tx, subjects, now)
            return found

        found = await self._database.run(run)
        if isinstance(found, TooManyAttempts):
            raise ProblemError(found)
        return found

    async def _question(
        self, visitor: Visitor, user_code: str, asked: DeviceCode
    ) -> dict[str, Any]:
        async with self._database.connection() as connection:
            client = await find_client(connection, asked.client_id)
        name = asked.client_id if client is None else client.name
        scopes = sorted(asked.scopes)
        return self._page("device-consent", visitor, name=name, scopes=scopes, user_code=user_code)

    async def _decide(
        self, session: Session, asked: DeviceCode, user_code: str, *, is_allowed: bool
    ) -> bool:
        now = self._clock.now()

        async def run(tx: Transaction) -> bool:
            if await lock_session(tx, session.session_id, now) is None:
                return False
            if is_allowed:
                await add_consent(tx, session.user_id, asked.client_id, asked.scopes, now)
            return await device_codes.decide(
                tx, user_code, session.session_id, now, is_allowed=is_allowed
            )

        return await self._database.run(run)


def _login(user_code: str) -> str:
    return f"/login?{urlencode({'user_code': user_code})}" if user_code else "/login"


def _text(value: str | MISSING) -> str | None:
    return None if value is MISSING else value

"""The authorization endpoint, and the page that asks for permission (OAuth 2.1)."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from identity.authorization import AuthorizationRequest, fault_of, form_target, is_registered
from identity.clients import find_client
from identity.commands.issue_code import issue_code
from identity.consents import add_consent, permitted_scopes
from identity.contract import api, models
from identity.contract.problems import AuthorizationInvalid
from identity.domain import Client, Session
from identity.pages import PageOperations
from identity.sessions import lock_session
from waybill.http import Call
from waybill.http.problems import ProblemError
from waybill.postgres import Transaction

FRESH: Final = timedelta(minutes=1)
"""With prompt=login, a login of the last minute is the one that was asked for."""


class AuthorizationPages(PageOperations):
    """The operations by which a user gives an application access."""

    async def authorize(self, call: Call, **given: str | None) -> api.AuthorizeResult:  # noqa: ARG002
        """Lead the browser on: to log in, to permit, or back to the application."""
        visitor = self._visitor(given)
        asked = AuthorizationRequest(
            **{name: each or None for name, each in given.items() if not name.endswith(_COOKIES)}
        )
        client = await self._trusted_client(asked)
        if (fault := fault_of(asked, client)) is not None:
            return self._refuse(asked, *fault)
        session = await self._session_of(visitor)
        if session is None or self._must_log_in(asked, session):
            if "none" in asked.prompts:
                return self._refuse(asked, "login_required", "The user is not logged in.")
            return _to("/login", asked)
        async with self._database.connection() as connection:
            permitted = await permitted_scopes(connection, session.user_id, client.client_id)
        if asked.scopes(client) <= permitted and "consent" not in asked.prompts:
            return _back(await self._issue(asked, client, session))
        if "none" in asked.prompts:
            return self._refuse(asked, "consent_required", "The user has to permit it.")
        return _to("/consent", asked)

    async def show_consent(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        *,
        request: str | None,
        **cookies: str | None,
    ) -> api.ShowConsentResult:
        """Show what an application asks for."""
        visitor = self._visitor(cookies)
        asked = _read(request)
        client = await self._trusted_client(asked)
        if fault_of(asked, client) is not None or await self._session_of(visitor) is None:
            return api.ShowConsent303(location=_address(asked), set_cookie=None)
        target = form_target(asked.redirect_uri or "")
        return api.ShowConsent200(
            **self._page(
                "consent",
                visitor,
                *([target] if target else []),
                name=client.name,
                host=target,
                scopes=sorted(asked.scopes(client)),
                request=asked.query(),
            )
        )

    async def give_consent(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        body: models.Consent,
        **cookies: str | None,
    ) -> api.GiveConsentResult:
        """Bring the application a code, or the refusal."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        asked = _read(body.request)
        client = await self._trusted_client(asked)
        session = await self._session_of(visitor)
        if fault_of(asked, client) is not None or session is None:
            return api.GiveConsent303(location=_address(asked), set_cookie=None)
        if body.decision != models.ConsentDecision.ALLOW:
            detail = "The user does not permit it."
            return _given(self._refuse(asked, "access_denied", detail))
        return _given(_back(await self._issue(asked, client, session)))

    async def _trusted_client(self, asked: AuthorizationRequest) -> Client:
        """Return the client, if the browser may be redirected to it. Raises ProblemError."""
        async with self._database.connection() as connection:
            client = (
                None if asked.client_id is None else await find_client(connection, asked.client_id)
            )
        if client is None or not is_registered(asked.redirect_uri, client.redirect_uris):
            detail = "The client_id is not known, or the redirect_uri is not registered for it."
            raise ProblemError(AuthorizationInvalid(detail=detail))
        return client

    def _must_log_in(self, asked: AuthorizationRequest, session: Session) -> bool:
        return "login" in asked.prompts and session.auth_time < self._clock.now() - FRESH

    async def _issue(self, asked: AuthorizationRequest, client: Client, session: Session) -> str:
        """Return the answer with a code, or /login when the session has just ended."""
        scopes, now = asked.scopes(client), self._clock.now()

        async def run(tx: Transaction) -> str | None:
            if await lock_session(tx, session.session_id, now) is None:
                return None
            await add_consent(tx, session.user_id, client.client_id, scopes, now)
            return await issue_code(
                tx,
                client_id=client.client_id,
                session_id=session.session_id,
                redirect_uri=asked.redirect_uri or "",
                scopes=scopes,
                challenge=asked.code_challenge or "",
                nonce=asked.nonce,
                now=now,
            )

        code = await self._database.run(run)
        return _address(asked) if code is None else asked.answer(self._signer.issuer, code=code)

    def _refuse(self, asked: AuthorizationRequest, error: str, detail: str) -> api.Authorize303:
        return _back(asked.answer(self._signer.issuer, error=error, error_description=detail))


_COOKIES: Final = ("waybill_session", "waybill_form")


def _read(request: str | None) -> AuthorizationRequest:
    return AuthorizationRequest.from_query(request or "") or AuthorizationRequest()


def _address(asked: AuthorizationRequest) -> str:
    return f"/oauth/authorize?{asked.query()}"


def _to(page: str, asked: AuthorizationRequest) -> api.Authorize303:
    return _back(f"{page}?{urlencode({'request': asked.query()})}")


def _back(location: str) -> api.Authorize303:
    return api.Authorize303(location=location, set_cookie=None)


def _given(answer: api.Authorize303) -> api.GiveConsent303:
    return api.GiveConsent303(location=answer.location, set_cookie=answer.set_cookie)

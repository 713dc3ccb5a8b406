"""Pages to log in and out."""

from typing import Any, Final
from urllib.parse import urlencode

from pydantic import MISSING

from identity import users
from identity.attempts import WINDOW
from identity.authorization import AuthorizationRequest, form_target, is_registered
from identity.clients import find_client
from identity.commands.end_sessions import end_session
from identity.commands.log_in import LogIn, Login, Opened, open_session
from identity.contract import api, models
from identity.contract.problems import TooManyAttempts
from identity.demo_users import DEMO_USERS
from identity.pages import PageOperations, Visitor
from identity.parts import Parts
from waybill.http import Call
from waybill.postgres import Transaction

_WRONG: Final = "The address, the password or the one-time password is wrong."
_CODE_NEEDED: Final = "Enter a one-time password of your authenticator too."
_DEMO: Final = {each.name: each for each in DEMO_USERS}


class LoginPages(PageOperations):
    """The operations of logging in and out."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._log_in = LogIn(parts.database, parts.vault, parts.passwords)
        self._demo = parts.has_demo_users

    async def show_login(
        self,
        call: Call,  # noqa: ARG002 - by name, or the cookies would take it
        *,
        request: str | None,
        user_code: str | None,
        **cookies: str | None,
    ) -> api.ShowLoginResult:
        """Show the form, or who is logged in."""
        visitor = self._visitor(cookies)
        session = await self._session_of(visitor)
        if session is not None and request is None and user_code is None:
            async with self._database.connection() as connection:
                email = await users.read_email(connection, self._vault, session.user_id)
            if email is not None:  # otherwise the user has just been erased
                return api.ShowLogin200(**self._page("logged-in", visitor, email=email))
        form = models.Login(form="", request=request or "", user_code=user_code or "")
        return api.ShowLogin200(**await self._form(visitor, form))

    async def log_in(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        body: models.Login,
        **cookies: str | None,
    ) -> api.LogInResult:
        """Open a session, with a cookie that the browser did not have before."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        if _text(body.demo):
            opened = await self._continue_as(_text(body.demo))
        else:
            login = Login(
                _text(body.email), _text(body.password), _text(body.code) or None, address=None
            )
            opened = await self._log_in(login, now=self._clock.now())
        if opened == "too many attempts":
            seconds = int(WINDOW.total_seconds())
            detail = "There were too many attempts for this account; try again in a minute."
            return TooManyAttempts(detail=detail, retry_after_seconds=seconds)
        if not isinstance(opened, Opened):
            error = _CODE_NEEDED if opened == "code needed" else _WRONG
            return api.LogIn200(**await self._form(visitor, body, error))
        return api.LogIn303(
            location=next_page(_text(body.request), _text(body.user_code)),
            set_cookie=[self._session_cookie(opened.cookie)],
        )

    async def show_logout(self, call: Call, **cookies: str | None) -> api.ShowLogoutResult:  # noqa: ARG002
        """Ask whether to log out: another site may have led here."""
        return api.ShowLogout200(**self._page("logout", self._visitor(cookies)))

    async def log_out(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        body: models.FormOnly,
        **cookies: str | None,
    ) -> api.LogOutResult:
        """End the session of the browser."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        session = await self._session_of(visitor)

        async def run(tx: Transaction) -> None:
            if session is not None:
                await end_session(tx, session.session_id, None, now=self._clock.now())

        await self._database.run(run)
        return api.LogOut303(location="/login", set_cookie=[self._no_session_cookie()])

    async def _form(self, visitor: Visitor, sent: models.Login, error: str = "") -> dict[str, Any]:
        request = _text(sent.request)
        return self._page(
            "login",
            visitor,
            *await self._targets(request),
            error=error,
            email=_text(sent.email),
            request=request,
            user_code=_text(sent.user_code),
            demo=tuple(_DEMO) if self._demo else (),
        )

    async def _targets(self, request: str) -> list[str]:
        """Return the application that a login for `request` leads to."""
        asked = AuthorizationRequest.from_query(request)
        if asked is None or asked.client_id is None or asked.redirect_uri is None:
            return []
        async with self._database.connection() as connection:
            client = await find_client(connection, asked.client_id)
        if client is None or not is_registered(asked.redirect_uri, client.redirect_uris):
            return []
        target = form_target(asked.redirect_uri)
        return [target] if target else []

    async def _continue_as(self, name: str) -> Opened | str:
        """Log in a principal of a demonstration, without a password."""
        if not self._demo or name not in _DEMO:
            return "wrong"

        async def run(tx: Transaction) -> Opened | str:
            user = await users.lock_user(tx, _DEMO[name].user_id)
            if user is None or user.status != "active":
                return "wrong"
            return await open_session(tx, user, ("demo",), now=self._clock.now())

        return await self._database.run(run)


def next_page(request: str, user_code: str) -> str:
    """Return where a browser goes on after a login: only ever one of these pages."""
    asked = AuthorizationRequest.from_query(request) if request else None
    if asked is not None:
        return f"/oauth/authorize?{asked.query()}"
    return f"/device?{urlencode({'user_code': user_code})}" if user_code else "/login"


def _text(value: str | MISSING) -> str:
    return "" if value is MISSING else value

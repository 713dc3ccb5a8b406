"""Pages of accounts: to register, to confirm an address, and to set a new password."""

from typing import Any

from pydantic import MISSING

from identity.attempts import WINDOW
from identity.contract import api, models
from identity.contract.problems import MailLinkInvalid, TooManyAttempts
from identity.operations.accounts import AccountOperations
from identity.pages import PageOperations, Visitor
from waybill.http import Call

_SENT = "Look into your mail: it has a link."


class AccountPages(AccountOperations, PageOperations):
    """The operations of these pages; what they do is that of AccountOperations."""

    async def show_registration(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        **cookies: str | None,
    ) -> api.ShowRegistrationResult:
        """Show the form."""
        return api.ShowRegistration200(**self._page("register", self._visitor(cookies)))

    async def send_registration(
        self, call: Call, body: models.Registration, **cookies: str | None
    ) -> api.SendRegistrationResult:
        """Send a mail to the address, whoever has it."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        account = models.RegisterUser(email=body.email, password=body.password)
        if isinstance(await self.register_user(call, account), TooManyAttempts):
            return _too_many()
        page = self._page("message", visitor, title="Confirm your address", text=_SENT)
        return api.SendRegistration200(**page)

    async def show_verification(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        *,
        token: str | None,
        **cookies: str | None,
    ) -> api.ShowVerificationResult:
        """Ask to confirm: programs that look into mails follow links too."""
        page = self._page("verify-email", self._visitor(cookies), token=token or "")
        return api.ShowVerification200(**page)

    async def confirm_email(
        self, call: Call, body: models.Confirmation, **cookies: str | None
    ) -> api.ConfirmEmailResult:
        """Make the account of a link usable."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        done = await self.verify_email(
            call, models.VerifyEmail(token=body.token, password=body.password)
        )
        return api.ConfirmEmail200(**self._after(visitor, done, "Your address is confirmed"))

    async def show_reset(
        self,
        call: Call,  # noqa: ARG002 - named by the interface
        *,
        token: str | None,
        **cookies: str | None,
    ) -> api.ShowResetResult:
        """Ask for an address, or, with a link, for the new password."""
        page = self._page("reset", self._visitor(cookies), token=token or "")
        return api.ShowReset200(**page)

    async def send_reset(
        self, call: Call, body: models.Reset, **cookies: str | None
    ) -> api.SendResetResult:
        """Send a mail to the address, or set the password."""
        visitor = self._visitor(cookies)
        self._check_form(visitor, body.form)
        if body.token is not MISSING and body.password is not MISSING:
            new = models.SetPassword(token=body.token, password=body.password)
            done = await self.set_password(call, new)
            return api.SendReset200(**self._after(visitor, done, "Your password is changed"))
        email = "" if body.email is MISSING else body.email
        asked = models.RequestPasswordReset(email=email)
        if isinstance(await self.request_password_reset(call, asked), TooManyAttempts):
            return _too_many()
        page = self._page("message", visitor, title="Set a new password", text=_SENT)
        return api.SendReset200(**page)

    def _after(self, visitor: Visitor, done: object, title: str) -> dict[str, Any]:
        """Return the page after a link was used, or was not valid."""
        if isinstance(done, MailLinkInvalid):
            return self._page("message", visitor, title="The link is not valid", text=done.detail)
        return self._page("message", visitor, title=title, text="You can log in now.")


def _too_many() -> TooManyAttempts:
    detail = "There were too many mails to this address; try again in a minute."
    return TooManyAttempts(detail=detail, retry_after_seconds=int(WINDOW.total_seconds()))

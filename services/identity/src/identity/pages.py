"""Pages for a browser: templates, cookies, and forms that only these pages make.

A form has a token that belongs to two cookies: one that every browser gets with its first form, and
that of the session. So no other site can make the form, and a form from before a login is refused
after it.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jinja2
from markupsafe import Markup

from identity.contract.problems import FormNotOurs
from identity.domain import Session
from identity.opaque_tokens import new_token
from identity.parts import Operations, Parts
from identity.sessions import find_session
from waybill.http.cookies import HOST_PREFIX, set_cookie
from waybill.http.html import STYLE, policy
from waybill.http.problems import ProblemError

_SESSION: Final = "waybill_session"
_FORM: Final = "waybill_form"

_templates: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("identity"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The cookies of a browser."""

    session: str | None = field(default=None, repr=False)
    form: str | None = field(default=None, repr=False)


class PageOperations(Operations):
    """Operations that answer with pages."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._is_secure = self._signer.issuer.startswith("https:")

    def _visitor(self, cookies: Mapping[str, str | None]) -> Visitor:
        """Read the cookies of a request. Without TLS, on loopback, their names have no prefix."""
        prefix = "host_" if self._is_secure else ""
        return Visitor(cookies[f"{prefix}{_SESSION}"], cookies[f"{prefix}{_FORM}"])

    async def _session_of(self, visitor: Visitor) -> Session | None:
        if visitor.session is None:
            return None
        async with self._database.connection() as connection:
            return await find_session(connection, visitor.session, self._clock.now())

    def _page(
        self, template: str, visitor: Visitor, /, *targets: str, **context: object
    ) -> dict[str, Any]:
        """Return the fields of an answer with a page; its forms may lead to `targets` too."""
        cookies: list[str] = []
        if visitor.form is None:
            visitor = Visitor(visitor.session, new_token())
            cookies.append(self._cookie(_FORM, visitor.form or ""))
        token = self._form_token(visitor)
        body = _templates.get_template(f"{template}.html.jinja").render(
            style=Markup(STYLE),  # noqa: S704 (ours)
            form=token,
            **context,
        )
        return {
            "body": body,
            "content_security_policy": policy(*targets),
            "set_cookie": cookies or None,
        }

    def _check_form(self, visitor: Visitor, token: str) -> None:
        """Raise ProblemError for a form that these pages did not make for this browser."""
        if visitor.form is None or not _is_same(self._form_token(visitor), token):
            detail = "Open the page again, and send its form. Cookies have to be permitted."
            raise ProblemError(FormNotOurs(detail=detail))

    def _form_token(self, visitor: Visitor) -> str:
        return self._vault.index("form", f"{visitor.form}|{visitor.session or ''}").hex()

    def _session_cookie(self, value: str) -> str:
        return self._cookie(_SESSION, value)

    def _no_session_cookie(self) -> str:
        return self._cookie(_SESSION, "", max_age_seconds=0)

    def _cookie(self, name: str, value: str, max_age_seconds: int | None = None) -> str:
        prefix = HOST_PREFIX if self._is_secure else ""
        return set_cookie(
            prefix + name, value, secure=self._is_secure, max_age_seconds=max_age_seconds
        )


def _is_same(one: str, other: str) -> bool:
    # As bytes: text outside ASCII is a TypeError.
    return hmac.compare_digest(one.encode(), other.encode())

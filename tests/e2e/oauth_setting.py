"""What a test of an OAuth client needs: a registered application, and a user at a browser."""

from typing import Final, NamedTuple, Self
from urllib.parse import urljoin

import httpx

from identity.testing.browser import form_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token

ADMINISTRATOR: Final = "erin"
REDIRECT_URI: Final = "https://shop.example/callback"
SCOPES: Final = ("openid", "orders:read", "orders:write")
_PAGES_MAX: Final = 8
"""A login and a consent are five pages with their redirects."""


class Account(NamedTuple):
    """A client that was registered."""

    client_id: str
    client_secret: str


def register(platform: Platform, name: str, **fields: list[str]) -> Account:
    """Register a client at the running platform, as an administrator."""
    answer = httpx.post(
        f"{platform.addresses[GATEWAY]}/v1/service-accounts",
        json={"name": name, **fields},
        headers={"Authorization": f"Bearer {fetch_token(platform, ADMINISTRATOR)}"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    created = answer.json()
    return Account(created["client_id"], created["client_secret"])


def application(platform: Platform, name: str) -> Account:
    """Register an application that asks users for access."""
    return register(platform, name, scopes=list(SCOPES), redirect_uris=[REDIRECT_URI])


class UserAtBrowser:
    """A principal of the demonstration, who logs in and permits what is asked for."""

    def __init__(self, gateway: str, name: str) -> None:
        self._gateway = gateway
        self._name = name
        self._http = httpx.Client(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def open(self, url: str) -> str:
        """Open an address, send the forms that come, and return where they lead.

        That is an address of an application, or the last page itself.
        """
        page = self._http.get(url)
        for _ in range(_PAGES_MAX):
            if page.is_redirect:
                target = urljoin(str(page.url), page.headers["location"])
                if not target.startswith(f"{self._gateway}/") or "?code=" in target:
                    return target
                page = self._http.get(target)
            elif "Continue as" in page.text:
                page = self._send(page, demo=self._name)
            elif "Permit" in page.text:
                page = self._send(page, decision="allow")
            elif "Code that the device shows" in page.text:
                page = self._send(page, user_code=page.url.params["user_code"])
            elif "The device is connected" in page.text:
                return str(page.url)
            else:
                break
        raise AssertionError(f"{page.url} answers {page.status_code}: {page.text}")

    def _send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        return self._http.post(page.url.copy_with(query=None), data={**form_of(page), **fields})

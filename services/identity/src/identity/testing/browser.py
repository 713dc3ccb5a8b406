"""What tests do with a browser: read forms, log in, permit, exchange codes, read mails."""

import re
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID

import httpx

from identity import passwords
from identity.domain import challenge_of
from identity.passwords import Passwords
from identity.testing.people import REDIRECT_URI, SECRET, VERIFIER, People

PASSWORD = "correct horse battery"  # noqa: S105 (of users that only tests create)
REQUEST = {
    "client_id": "shop",
    "redirect_uri": REDIRECT_URI,
    "response_type": "code",
    "scope": "openid orders:read",
    "state": "s t&te",
    "nonce": "n",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


async def set_password(people: People, user_id: UUID) -> None:
    hashes = Passwords()
    hashed = await hashes.hash(PASSWORD)
    async with people.database.transaction() as tx:
        await passwords.set_hash(tx, user_id, hashed)
    await hashes.close()


def form_of(page: httpx.Response) -> dict[str, str]:
    """Return the hidden fields of the first form of a page."""
    first = page.text.split("</form>")[0]
    return {name: unescape(value) for name, value in _FIELD.findall(first)}


async def log_in(
    browser: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    fields = form_of(await browser.get("/login", params=more))
    return await browser.post("/login", data={**fields, "email": email, "password": password})


async def ask(browser: httpx.AsyncClient, **changes: str | None) -> httpx.Response:
    parameters = {name: each for name, each in {**REQUEST, **changes}.items() if each is not None}
    return await browser.get("/oauth/authorize", params=parameters)


async def code_of(browser: httpx.AsyncClient, email: str) -> dict[str, str]:
    """Log in, permit, and return the parameters of the answer."""
    await log_in(browser, email)
    consent = await browser.get((await ask(browser)).headers["location"])
    fields = {**form_of(consent), "decision": "allow"}
    return answer_of(await browser.post("/consent", data=fields))


def answer_of(response: httpx.Response) -> dict[str, str]:
    location = response.headers.get("location", "")
    if response.status_code != 303 or not location.startswith(f"{REDIRECT_URI}?"):
        raise AssertionError(f"{response.status_code} {location} {response.text}")
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


async def exchange(browser: httpx.AsyncClient, code: str, **changes: str) -> httpx.Response:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        **changes,
    }
    return await browser.post("/oauth/token", data=fields, auth=("shop", SECRET))


def link_of(folder: Path, address: str) -> dict[str, list[str]]:
    """Return the parameters of the link in the newest mail to an address."""
    paths = sorted(folder.glob("*.eml"), reverse=True)
    mails = (message_from_bytes(path.read_bytes(), policy=default) for path in paths)
    mail = next(str(each.get_content()) for each in mails if each["To"] == address)
    link = re.search(r"http\S+\?\S+", mail)
    if link is None:
        raise AssertionError(mail)
    return parse_qs(urlsplit(link[0]).query)

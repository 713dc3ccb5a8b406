"""What a browser gets, and what attackers get who use one."""

import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from identity import passwords
from identity.domain import Client, challenge_of
from identity.passwords import Passwords
from identity.settings import IdentitySettings
from identity.testing.people import REDIRECT_URI, SECRET, VERIFIER, People
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.ids import uuid7
from waybill.postgres import Database

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


@pytest_asyncio.fixture
async def people(its_database: Database, vault: Vault) -> People:
    return People(its_database, vault, SystemClock().now())


@pytest_asyncio.fixture(autouse=True)
async def shop(people: People) -> Client:
    return await people.client()


@pytest_asyncio.fixture
async def browser(stranger: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies and follows no redirect."""
    yield stranger


@pytest_asyncio.fixture
async def email(people: People) -> str:
    """The address of a new user with a password."""
    address = f"{uuid7().hex}@example.com"
    user_id = await people.user(email=address)
    await set_password(people, user_id)
    return address


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
    assert response.status_code == 303, response.text
    location = response.headers["location"]
    assert location.startswith(REDIRECT_URI + "?")
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


async def test_a_user_logs_in_permits_and_the_application_gets_tokens(
    browser: httpx.AsyncClient, email: str, settings: IdentitySettings
) -> None:
    to_login = await ask(browser)
    assert to_login.status_code == 303
    login = await browser.get(to_login.headers["location"])
    assert "https://shop.example" in login.headers["content-security-policy"]
    logged_in = await browser.post(
        "/login", data={**form_of(login), "email": email, "password": PASSWORD}
    )
    assert logged_in.status_code == 303
    to_consent = await browser.get(logged_in.headers["location"])
    consent = await browser.get(to_consent.headers["location"])
    assert "<h1>Permit shop?</h1>" in consent.text
    assert "<code>orders:read</code>" in consent.text
    fields = {**form_of(consent), "decision": "allow"}

    answer = answer_of(await browser.post("/consent", data=fields))

    assert (answer["state"], answer["iss"]) == (REQUEST["state"], settings.public_url)
    tokens = (await exchange(browser, answer["code"])).json()
    assert set(tokens["scope"].split()) == {"openid", "orders:read"}
    again = answer_of(await ask(browser))
    assert again["code"] != answer["code"]


async def test_the_application_is_told_when_the_user_does_not_permit_it(
    browser: httpx.AsyncClient, email: str
) -> None:
    await log_in(browser, email)
    consent = await browser.get((await ask(browser)).headers["location"])
    fields = {**form_of(consent), "decision": "deny"}
    answer = answer_of(await browser.post("/consent", data=fields))
    assert (answer["error"], answer["state"]) == ("access_denied", REQUEST["state"])


@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "",
        REDIRECT_URI + "x",
        REDIRECT_URI[:-1],
        REDIRECT_URI + "/",
        REDIRECT_URI + "?a=1",
        REDIRECT_URI + "#a",
        REDIRECT_URI.replace("https", "http"),
        REDIRECT_URI.replace("shop.example", "shop.example:8443"),
        REDIRECT_URI.replace("shop.example", "shop.example@evil.example"),
        REDIRECT_URI.replace("/callback", "/a/../callback"),
        "http://127.0.0.1:1/callback",
        "javascript:alert(1)",
    ],
)
async def test_nobody_is_redirected_when_the_address_is_not_registered(
    browser: httpx.AsyncClient, email: str, redirect_uri: str | None
) -> None:
    await log_in(browser, email)
    refused = await ask(browser, redirect_uri=redirect_uri)
    assert refused.status_code == 400
    assert "location" not in refused.headers
    assert "The application cannot be trusted" in refused.text


async def test_nobody_is_redirected_when_the_client_is_unknown(browser: httpx.AsyncClient) -> None:
    for client_id in (None, "nobody"):
        refused = await ask(browser, client_id=client_id, response_type="token")
        assert refused.status_code == 400
        assert "location" not in refused.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": "orders:read identity:admin"}, "invalid_scope"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_the_application_gets_the_error_of_its_request(
    browser: httpx.AsyncClient, settings: IdentitySettings, changes: dict[str, str], error: str
) -> None:
    answer = answer_of(await ask(browser, **changes))
    assert (answer["error"], answer["iss"]) == (error, settings.public_url)
    assert answer["state"] == REQUEST["state"]
    assert "code" not in answer


async def test_an_unknown_parameter_is_ignored_and_a_repeated_one_refused(
    browser: httpx.AsyncClient,
) -> None:
    assert (await ask(browser, resource="https://x.example")).status_code == 303
    twice = await browser.get(f"/oauth/authorize?{urlencode(REQUEST)}&state=2")
    assert twice.status_code == 422


async def test_a_code_is_for_its_client_address_and_verifier_once(
    browser: httpx.AsyncClient, people: People, email: str
) -> None:
    await people.client("other")
    code = (await code_of(browser, email))["code"]
    foreign = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    stolen = await browser.post(
        "/oauth/token", data={**foreign, "code_verifier": VERIFIER}, auth=("other", SECRET)
    )
    assert stolen.json()["error"] == "invalid_grant"
    tokens = (await exchange(browser, code)).json()
    assert (await exchange(browser, code)).json()["error"] == "invalid_grant"
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    revoked = await browser.post("/oauth/token", data=refresh, auth=("shop", SECRET))
    assert revoked.json()["error"] == "invalid_grant"
    for changes in ({"code_verifier": "x" * 43}, {"redirect_uri": REDIRECT_URI + "x"}):
        code = answer_of(await ask(browser))["code"]
        assert (await exchange(browser, code, **changes)).json()["error"] == "invalid_grant"
        assert (await exchange(browser, code)).json()["error"] == "invalid_grant"


async def test_a_login_makes_a_new_session_whatever_the_browser_had(
    browser: httpx.AsyncClient, email: str
) -> None:
    browser.cookies.set("waybill_session", "fixed-by-an-attacker")
    answer = await log_in(browser, email)
    (cookie,) = answer.headers.get_list("set-cookie")
    first = cookie.partition(";")[0].partition("=")[2]
    assert first != "fixed-by-an-attacker"
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    browser.cookies.clear()
    second = (await log_in(browser, email)).headers["set-cookie"].partition(";")[0]
    assert second.partition("=")[2] != first


async def test_a_form_of_another_site_is_refused(browser: httpx.AsyncClient, email: str) -> None:
    fields = form_of(await browser.get("/login"))
    login = {**fields, "email": email, "password": PASSWORD}
    for changed in ({**login, "form": "0" * 64}, {**login, "form": ""}):
        assert (await browser.post("/login", data=changed)).status_code == 403
    browser.cookies.clear()
    assert (await browser.post("/login", data=login)).status_code == 403


async def test_a_form_from_before_a_login_is_refused_after_it(
    browser: httpx.AsyncClient, email: str
) -> None:
    before = form_of(await browser.get("/logout"))
    await log_in(browser, email)
    assert (await browser.post("/logout", data=before)).status_code == 403


async def test_whoever_logs_out_has_no_session_and_its_tokens_are_gone(
    browser: httpx.AsyncClient, email: str
) -> None:
    tokens = (await exchange(browser, (await code_of(browser, email))["code"])).json()
    cookie = browser.cookies["waybill_session"]
    done = await browser.post("/logout", data=form_of(await browser.get("/logout")))
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    browser.cookies.set("waybill_session", cookie)
    assert urlsplit((await ask(browser)).headers["location"]).path == "/login"
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = await browser.post("/oauth/token", data=refresh, auth=("shop", SECRET))
    assert refused.json()["error"] == "invalid_grant"


async def test_guesses_of_a_password_are_limited_and_sessions_stay(
    browser: httpx.AsyncClient, email: str
) -> None:
    await log_in(browser, email)
    session = browser.cookies["waybill_session"]
    browser.cookies.clear()
    for address in (email, f"nobody-{email}"):
        pages = [await log_in(browser, address, "wrong password") for _ in range(5)]
        assert {page.status_code for page in pages} == {200}
        assert all("The address, the password or" in page.text for page in pages)
        refused = await log_in(browser, address)
        assert refused.status_code == 429
    browser.cookies.set("waybill_session", session)
    assert email in (await browser.get("/login")).text


@pytest.mark.parametrize("request_", ["https://evil.example/", "//evil.example", "x=1", "\\evil"])
async def test_a_login_leads_to_these_pages_only(
    browser: httpx.AsyncClient, email: str, request_: str
) -> None:
    answer = await log_in(browser, email, request=request_)
    assert answer.headers["location"] == "/login"


@pytest.mark.parametrize("path", ["/login", "/register", "/reset", "/verify-email", "/logout"])
async def test_a_page_is_protected_and_accessible(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert page.text.count("<h1>") == 1
    assert "<script" not in page.text
    assert '<html lang="en">' in page.text
    inputs = re.findall(r'<input id="([^"]+)"', page.text)
    assert all(f'<label for="{each}">' in page.text for each in inputs)


async def test_the_answer_with_a_code_tells_no_referrer(
    browser: httpx.AsyncClient, email: str
) -> None:
    await code_of(browser, email)
    answer = await ask(browser)
    assert "code=" in answer.headers["location"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_an_account_is_made_with_a_mail_and_tells_nobody_who_has_one(
    browser: httpx.AsyncClient, settings: IdentitySettings
) -> None:
    address = f"{uuid7().hex}@example.com"
    for _ in range(2):
        fields = form_of(await browser.get("/register"))
        sent = await browser.post(
            "/register", data={**fields, "email": address, "password": PASSWORD}
        )
        assert "Look into your mail" in sent.text
    assert (await log_in(browser, address)).status_code == 200
    token = link_of(settings.mail_folder, address)["token"][0]
    page = await browser.get("/verify-email", params={"token": token})
    fields = form_of(page)
    done = await browser.post("/verify-email", data={**fields, "password": PASSWORD})
    assert "Your address is confirmed" in done.text
    again = await browser.post("/verify-email", data={**fields, "password": PASSWORD})
    assert "The link is not valid" in again.text
    assert (await log_in(browser, address)).status_code == 303


async def test_a_role_in_a_registration_is_refused(browser: httpx.AsyncClient) -> None:
    fields = {**form_of(await browser.get("/register")), "email": "a@example.com"}
    for name in ("role", "scope", "customer_ref"):
        more = {**fields, "password": PASSWORD, name: "clerk"}
        assert (await browser.post("/register", data=more)).status_code == 422


async def test_a_new_password_ends_all_sessions(
    browser: httpx.AsyncClient, email: str, settings: IdentitySettings
) -> None:
    await log_in(browser, email)
    await browser.post("/reset", data={**form_of(await browser.get("/reset")), "email": email})
    token = link_of(settings.mail_folder, email)["token"][0]
    page = await browser.get("/reset", params={"token": token})
    new = {**form_of(page), "password": "another good password"}
    assert "Your password is changed" in (await browser.post("/reset", data=new)).text
    assert email not in (await browser.get("/login")).text
    assert (await log_in(browser, email, "another good password")).status_code == 303


async def test_a_demonstration_needs_its_setting(browser: httpx.AsyncClient) -> None:
    login = await browser.get("/login")
    assert "Continue as" not in login.text
    refused = await browser.post("/login", data={**form_of(login), "demo": "alice"})
    assert refused.status_code == 200
    assert "set-cookie" not in refused.headers


class TestDevices:
    async def codes(self, browser: httpx.AsyncClient) -> dict[str, str]:
        answer = await browser.post(
            "/oauth/device_authorization", data={"scope": "orders:read"}, auth=("shop", SECRET)
        )
        codes: dict[str, str] = answer.json()
        return codes

    async def poll(self, browser: httpx.AsyncClient, code: str) -> httpx.Response:
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": code,
        }
        return await browser.post("/oauth/token", data=fields, auth=("shop", SECRET))

    async def decide(
        self, browser: httpx.AsyncClient, user_code: str, decision: str
    ) -> httpx.Response:
        page = await browser.get("/device", params={"user_code": user_code})
        asked = await browser.post(
            "/device", data={"form": form_of(page)["form"], "user_code": user_code.lower()}
        )
        assert "Permit shop?" in asked.text
        return await browser.post("/device", data={**form_of(asked), "decision": decision})

    async def test_a_device_gets_tokens_once_when_its_user_permits_it(
        self, browser: httpx.AsyncClient, email: str
    ) -> None:
        codes = await self.codes(browser)
        pending = await self.poll(browser, codes["device_code"])
        assert pending.json()["error"] == "authorization_pending"
        assert (await self.poll(browser, codes["device_code"])).json()["error"] == "slow_down"
        await log_in(browser, email)
        done = await self.decide(browser, codes["user_code"], "allow")
        assert "The device is connected" in done.text
        tokens = (await self.poll(browser, codes["device_code"])).json()
        assert tokens["scope"] == "orders:read"
        again = await self.poll(browser, codes["device_code"])
        assert again.json()["error"] == "invalid_grant"

    async def test_a_device_is_refused_when_its_user_does_not_permit_it(
        self, browser: httpx.AsyncClient, email: str
    ) -> None:
        codes = await self.codes(browser)
        await log_in(browser, email)
        done = await self.decide(browser, codes["user_code"], "deny")
        assert "The device is not connected" in done.text
        refused = await self.poll(browser, codes["device_code"])
        assert refused.json()["error"] == "access_denied"

    async def test_guesses_of_a_code_are_limited(
        self, browser: httpx.AsyncClient, email: str
    ) -> None:
        await log_in(browser, email)
        form = form_of(await browser.get("/device"))
        guesses = [
            await browser.post("/device", data={**form, "user_code": "BCDF-GHJK"}) for _ in range(6)
        ]
        assert [each.status_code for each in guesses] == [200] * 5 + [429]


def link_of(folder: Path, address: str) -> dict[str, list[str]]:
    """Return the parameters of the link in the newest mail to an address."""
    paths = sorted(folder.glob("*.eml"), reverse=True)
    mails = (message_from_bytes(path.read_bytes(), policy=default) for path in paths)
    mail = next(str(each.get_content()) for each in mails if each["To"] == address)
    link = re.search(r"http\S+\?\S+", mail)
    assert link is not None, mail
    return parse_qs(urlsplit(link[0]).query)

"""Pages of accounts and sessions, and what attackers get from them."""

import re
from urllib.parse import urlsplit

import httpx
import pytest

from identity.settings import IdentitySettings
from identity.testing.browser import (
    PASSWORD,
    ask,
    code_of,
    exchange,
    form_of,
    link_of,
    log_in,
)
from identity.testing.people import SECRET
from waybill.ids import uuid7

pytestmark = pytest.mark.usefixtures("shop")


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
    browser.cookies.set("waybill_session", "fixed-by-an-attacker")
    assert email not in (await browser.get("/login")).text
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


async def test_a_form_leads_on_without_being_sent_again(
    browser: httpx.AsyncClient, email: str
) -> None:
    """With 307 the browser would send the password to where the answer leads."""
    logged_in = await log_in(browser, email)
    consent = await browser.get((await ask(browser)).headers["location"])
    permitted = await browser.post("/consent", data={**form_of(consent), "decision": "allow"})
    logged_out = await browser.post("/logout", data=form_of(await browser.get("/logout")))
    form = form_of(await browser.get("/login"))["form"]
    device = await browser.post("/device", data={"form": form, "user_code": "BCDF-GHJK"})
    answers = [logged_in, permitted, logged_out, device]
    assert [each.status_code for each in answers] == [303] * len(answers)


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

"""Applications ask users for permission, and attackers pretend to be one."""

from urllib.parse import urlencode

import httpx
import pytest

from identity.settings import IdentitySettings
from identity.testing.browser import (
    PASSWORD,
    REQUEST,
    answer_of,
    ask,
    code_of,
    exchange,
    form_of,
    log_in,
)
from identity.testing.people import REDIRECT_URI, SECRET, VERIFIER, People

pytestmark = pytest.mark.usefixtures("shop")


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


async def test_the_answer_with_a_code_tells_no_referrer(
    browser: httpx.AsyncClient, email: str
) -> None:
    await code_of(browser, email)
    answer = await ask(browser)
    assert "code=" in answer.headers["location"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_no_page_of_others_frames_the_consent(browser: httpx.AsyncClient, email: str) -> None:
    await log_in(browser, email)
    consent = await browser.get((await ask(browser)).headers["location"])
    assert "<h1>Permit shop?</h1>" in consent.text
    assert "frame-ancestors 'none'" in consent.headers["content-security-policy"]
    assert consent.headers["x-frame-options"] == "DENY"

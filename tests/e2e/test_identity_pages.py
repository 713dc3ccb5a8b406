"""The pages of identity behind the gateway, as the browser of a new customer opens them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from identity.testing.browser import PASSWORD, form_of, link_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY

EMAIL = "new.customer@example.com"


@pytest.fixture
def browser(guarded_platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded_platform.addresses[GATEWAY], timeout=30) as browser:
        yield browser


def send(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Open a page and send its first form."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    address = urlsplit(path).path
    return browser.post(address, data={**form_of(page), **fields})


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/login", "Log in"),
        ("/logout", "Log out"),
        ("/register", "Create an account"),
        ("/reset", "Set a new password"),
        ("/verify-email?token=unknown", "Confirm your address"),
    ],
)
def test_each_page_comes_through_the_gateway(browser: httpx.Client, path: str, title: str) -> None:
    page = browser.get(path)

    assert page.status_code == 200
    assert title in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "httponly" in page.headers["set-cookie"].lower()


@pytest.mark.parametrize("path", ["/consent", "/oauth/authorize?client_id=nobody"])
def test_a_page_says_so_when_no_application_has_led_to_it(browser: httpx.Client, path: str) -> None:
    page = browser.get(path)

    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")


def test_a_device_page_leads_to_the_login(browser: httpx.Client) -> None:
    page = browser.get("/device")
    assert (page.status_code, page.headers["location"]) == (303, "/login")


def test_a_new_customer_registers_verifies_logs_in_and_out(
    guarded_platform: Platform, browser: httpx.Client
) -> None:
    registered = send(browser, "/register", email=EMAIL, password=PASSWORD)
    link = link_of(guarded_platform.folder / "mail", EMAIL)
    token = link["token"][0]
    verified = send(browser, f"/verify-email?token={token}", password=PASSWORD)
    wrong = send(browser, "/login", email=EMAIL, password=PASSWORD[::-1])
    logged_in = send(browser, "/login", email=EMAIL, password=PASSWORD)
    page = browser.get("/login")
    logged_out = send(browser, "/logout")

    answers = [registered, verified, wrong, logged_in, logged_out]
    assert [each.status_code for each in answers] == [200, 200, 200, 303, 303]
    assert EMAIL in page.text
    assert EMAIL not in browser.get("/login").text

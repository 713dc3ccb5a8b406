"""Forms, pages, redirects, cookies, streams and OAuth errors: generated, then served."""

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from waybill.http.error_forms import status_in
from waybill_toolkit.contracts.generate import media

CONTRACTS = Path(__file__).with_name("browser") / "contracts"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


class TestForms:
    async def test_fields_become_the_model_of_the_contract(
        self, client: httpx.AsyncClient, api: Any
    ) -> None:
        data = {"grant_type": "a b+c", "level": "3", "code": "3", "more": "ü"}
        response = await client.post("/oauth/token", data=data)

        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "no-store"
        body, credentials = api.given[0]
        assert (body.grant_type, body.level, body.code) == ("a b+c", 3, "3")
        assert credentials is None

    async def test_blank_fields_of_oauth_count_as_absent(
        self, client: httpx.AsyncClient, api: Any
    ) -> None:
        await client.post("/oauth/token", content="grant_type=a&code=", headers=FORM)
        assert api.given[0][0].model_dump() == {"grant_type": "a"}

    @pytest.mark.parametrize(
        "content",
        [
            "grant_type=a&grant_type=a",
            "grant_type=a&%67rant_type=b",
            "",
            "grant_type=%ff",
            "grant_type=a%00",
            "grant_type=ü",
            "grant_type",
            "grant_type=a&level=0",
            "grant_type=a&level=x",
            "grant_type=a&level= 1",
            "&".join(f"x{number}=1" for number in range(101)),
            "grant_type=" + "a" * 2000,
        ],
    )
    async def test_oauth_error_when_a_form_is_wrong(
        self, client: httpx.AsyncClient, content: str
    ) -> None:
        response = await client.post("/oauth/token", content=content.encode(), headers=FORM)
        assert_oauth(response, 400, "invalid_request")

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "multipart/form-data; boundary=x",
            "",
            FORM["content-type"] + "; charset=latin-1",
        ],
    )
    async def test_oauth_error_when_the_body_has_another_media_type(
        self, client: httpx.AsyncClient, content_type: str
    ) -> None:
        headers = {"content-type": content_type}
        response = await client.post("/oauth/token", content=b"grant_type=a", headers=headers)
        assert_oauth(response, 400, "invalid_request")

    async def test_oauth_error_when_a_query_has_parameters(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/oauth/token?client_secret=s", data={"grant_type": "a"})
        assert_oauth(response, 400, "invalid_request")

    async def test_unknown_field_is_refused_when_the_schema_does_not_allow_it(
        self, client: httpx.AsyncClient
    ) -> None:
        response = await client.post("/login", data={"name": "a", "password": "b", "role": "x"})
        assert_page(response, 422, "The body does not match the contract")


class TestOAuthErrors:
    async def test_problem_of_a_handler_is_named_by_its_slug(
        self, client: httpx.AsyncClient
    ) -> None:
        response = await client.post("/oauth/token", data={"grant_type": "wrong"})
        assert_oauth(response, 400, "invalid_grant")
        assert response.json()["error_description"] == "The code is 'spent'."

    async def test_client_error_asks_for_basic_authentication(
        self, client: httpx.AsyncClient
    ) -> None:
        response = await client.post("/oauth/token", data={"grant_type": "stranger"})
        assert_oauth(response, 401, "invalid_client")
        assert response.headers["www-authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("status", range(400, 600))
    def test_generator_knows_the_status_of_each_problem(self, status: int) -> None:
        assert media.status_in("oauth", status) == status_in("oauth", status)

    async def test_server_error_shows_nothing(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/oauth/token", data={"grant_type": "bug"})
        assert_oauth(response, 500, "server_error")
        assert "hunter2" not in response.text


class TestCredentials:
    async def test_name_and_secret_are_decoded(self, client: httpx.AsyncClient, api: Any) -> None:
        form = {"grant_type": "a"}
        await client.post("/oauth/token", data=form, headers=basic("my%3Aclient:s+%25:x"))
        credentials = api.given[0][1]
        assert (credentials.name, credentials.secret) == ("my:client", "s %:x")
        assert "s %" not in repr(credentials)

    @pytest.mark.parametrize(
        "headers",
        [
            {"authorization": "Bearer abc"},
            {"authorization": "Basic !"},
            basic("no-colon"),
            basic(":secret"),
            basic("a:%00"),
            basic("a:%ff"),
        ],
    )
    async def test_invalid_client_when_they_cannot_be_read(
        self, client: httpx.AsyncClient, headers: dict[str, str]
    ) -> None:
        response = await client.post("/oauth/token", data={"grant_type": "a"}, headers=headers)
        assert_oauth(response, 401, "invalid_client")


class TestPages:
    async def test_page_has_the_headers_that_protect_it(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/login")
        assert_page(response, 200, "Wer?")

    async def test_redirect_has_no_content_and_each_cookie_its_own_header(
        self, client: httpx.AsyncClient
    ) -> None:
        response = await client.get("/login", headers={"cookie": "club_session=known"})
        assert (response.status_code, response.content) == (303, b"")
        assert response.headers["location"] == "/"
        assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "content-type" not in response.headers

    @pytest.mark.parametrize(
        ("cookie", "given"),
        [
            ("a=1; club_session=x; b=2", (None, "x")),
            ("club_session=x; club_session=y", (None, "x")),
            ("__Host-club_session=h;club_session=x", ("h", "x")),
            ("nothing; =; ;", (None, None)),
        ],
    )
    async def test_cookie_becomes_an_argument(
        self,
        client: httpx.AsyncClient,
        api: Any,
        cookie: str,
        given: tuple[str | None, str | None],
    ) -> None:
        await client.get("/login", headers={"cookie": cookie})
        assert api.given == [given]

    async def test_problem_is_a_page_that_escapes_its_text(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/login", data={"name": "<b>", "password": "b"})
        assert_page(response, 403, "Open &lt;b&gt; again.")
        assert response.headers["x-trace-id"] in response.text

    async def test_header_cannot_end_early(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/login", headers={"cookie": "club_session=liar"})
        assert_page(response, 500, "An internal error occurred")
        assert "set-cookie" not in response.headers


def assert_oauth(response: httpx.Response, status: int, error: str) -> None:
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.json().keys() == {"error", "error_description"}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


def assert_page(response: httpx.Response, status: int, text: str) -> None:
    assert response.status_code == status, response.text
    assert text in response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy

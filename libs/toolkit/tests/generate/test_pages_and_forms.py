"""Forms, pages, redirects, cookies, streams and OAuth errors: generated, then served."""

import asyncio
import base64
import re
import shutil
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from waybill.app import Application
from waybill.http import mount
from waybill.http.access import OpenAccess
from waybill.http.error_forms import status_in
from waybill_toolkit.contracts.generate import media
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.mock.generated import load
from waybill_toolkit.contracts.repository import Repository

CONTRACTS = Path(__file__).with_name("browser") / "contracts"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The generated code of a club that people log in to."""
    tree = Repository(tmp_path_factory.mktemp("tree"))
    shutil.copytree(CONTRACTS, tree.root / "contracts")
    files = tree.generate(["club"])
    return load("club", {path.name: text for path, text in files.items() if path.suffix == ".py"})


class Club:
    """Answers with what it was given."""

    def __init__(self, code: ModuleType) -> None:
        self.api, self.models, self.problems = code.api, code.models, code.problems
        self.given: list[Any] = []
        self.source: AsyncIterator[str] | None = None

    async def create_token(self, _call: object, body: Any, *, credentials: Any) -> Any:
        self.given.append((body, credentials))
        if body.grant_type == "wrong":
            return self.problems.InvalidGrant(detail='The code is "spent".')
        if body.grant_type == "stranger":
            return self.problems.InvalidClient(detail="The secret is another one.")
        if body.grant_type == "bug":
            raise LookupError("hunter2")
        token = self.models.Token(access_token="t", expires_in=300)  # noqa: S106
        return self.api.CreateToken200(body=token, cache_control="no-store")

    async def show_login(
        self, _call: object, *, host_club_session: str | None, club_session: str | None
    ) -> Any:
        self.given.append((host_club_session, club_session))
        if club_session == "known":
            return self.api.ShowLogin303(location="/", set_cookie=["a=1; Path=/", "b=2; Path=/"])
        if club_session == "liar":
            return self.api.ShowLogin303(location="/\r\nSet-Cookie: a=1", set_cookie=None)
        return self.api.ShowLogin200(body="<p>Wer?</p>", set_cookie=None)

    async def log_in(self, _call: object, body: Any) -> Any:
        self.given.append(body)
        if body.name == "<b>":
            return self.problems.FormExpired(detail="Open <b> again.")
        return self.api.LogIn303(location="/", set_cookie=None)

    async def follow_news(self, _call: object) -> Any:
        assert self.source is not None
        return self.api.FollowNews200(body=self.source)


@pytest.fixture
def api(club: ModuleType) -> Club:
    return Club(club)


@pytest.fixture
def app(api: Club) -> Application:
    app = Application("club")
    mount(app.router, api, api.api.OPERATIONS, OpenAccess())
    return app


@pytest.fixture
def client(app: Application) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://club.test")


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


class TestForms:
    async def test_fields_become_the_model_of_the_contract(
        self, client: httpx.AsyncClient, api: Club
    ) -> None:
        data = {"grant_type": "a b+c", "level": "3", "code": "3", "more": "ü"}
        response = await client.post("/oauth/token", data=data)

        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "no-store"
        body, credentials = api.given[0]
        assert (body.grant_type, body.level, body.code) == ("a b+c", 3, "3")
        assert credentials is None

    async def test_blank_fields_of_oauth_count_as_absent(
        self, client: httpx.AsyncClient, api: Club
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
    async def test_name_and_secret_are_decoded(self, client: httpx.AsyncClient, api: Club) -> None:
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
        api: Club,
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


class TestStreams:
    async def test_events_arrive_one_by_one(self, client: httpx.AsyncClient, api: Club) -> None:
        async def source() -> AsyncIterator[str]:
            yield "data: 1\n\n"
            yield "data: ü\n\n"

        api.source = source()
        response = await client.get("/v1/news")
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.text == "data: 1\n\ndata: ü\n\n"

    @pytest.mark.parametrize("waits_for", ["the source", "the client"])
    async def test_source_is_closed_when_the_client_leaves(
        self, app: Application, api: Club, waits_for: str
    ) -> None:
        closed, sent = asyncio.Event(), asyncio.Event()

        async def source() -> AsyncIterator[str]:
            try:
                yield "data: 1\n\n"
                await asyncio.Event().wait()
            finally:
                closed.set()

        async def receive() -> dict[str, Any]:
            await sent.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message.get("body"):
                sent.set()
                if waits_for == "the client":
                    await asyncio.Event().wait()

        api.source = source()
        async with asyncio.timeout(5):
            await app(scope("GET"), receive, send)
            assert closed.is_set()

    async def test_head_has_no_events(self, client: httpx.AsyncClient, api: Club) -> None:
        async def source() -> AsyncIterator[str]:
            await asyncio.Event().wait()
            yield ""

        api.source = source()
        response = await asyncio.wait_for(client.head("/v1/news"), 5)
        assert (response.status_code, response.content) == (200, b"")


def scope(method: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/v1/news",
        "raw_path": b"/v1/news",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"club.test")],
        "client": ("127.0.0.1", 1),
        "server": ("club.test", 80),
    }


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


FAULTS = [
    (
        "two media types",
        "{application/x-www-form-urlencoded: {schema",
        "{application/json: {}, application/x-www-form-urlencoded: {schema",
        "a body has one media type here, not 2",
    ),
    (
        "an unknown media type",
        "{application/x-www-form-urlencoded: {schema",
        "{multipart/form-data: {schema",
        "multipart/form-data is not served; use one of",
    ),
    (
        "a page that is no text",
        "'200': {description: The form again., content: *html}",
        "'200': {description: The form again., content: {text/html: {schema: {type: object}}}}",
        "the body of text/html is text",
    ),
    ("another redirect", "'303': *on", "'307': *on", "307 is not served; 303 leads"),
    (
        "a redirect to nowhere",
        "Location: {required: true, schema: {type: string}}",
        "Location: {schema: {type: string}}",
        "a redirect has the required header Location and no content",
    ),
    (
        "two schemes",
        "[{client: []}, {}]",
        "[{client: []}, {oauth2: ['club:read']}]",
        "alternatives and combinations of schemes are not served",
    ),
    (
        "two schemes together",
        "[{client: []}, {}]",
        "[{client: [], oauth2: ['club:read']}]",
        "alternatives and combinations of schemes are not served",
    ),
    (
        "an optional token",
        "[{oauth2: ['club:read']}]",
        "[{oauth2: ['club:read']}, {}]",
        "a token cannot be optional",
    ),
    ("an undeclared scheme", "[{client: []}, {}]", "[{key: []}]", "key is not declared"),
    (
        "an unknown form of errors",
        "x-errors: oauth",
        "x-errors: xml",
        "problems are sent as one of",
    ),
    (
        "problems in another form",
        "content: &html {text/html: {schema: {type: string}}}}",
        "content: &html {text/plain: {schema: {type: string}}}}",
        "the content of an error is text/html here",
    ),
    (
        "a status that OAuth lacks",
        "'400':\n          description: The request is wrong.\n          x-problems:",
        "'422':\n          description: The request is wrong.\n          x-problems:",
        "has status 400, not 422",
    ),
    (
        "no credentials",
        "x-problems: [unauthenticated, invalid-client]",
        "x-problems: [invalid-client]",
        "the runtime can answer unauthenticated here",
    ),
    (
        "a stream of a command",
        "  /v1/news:\n    get:",
        "  /v1/news:\n    delete:",
        "a stream is the answer to a GET",
    ),
    (
        "a way to handle parameters",
        "x-errors: oauth",
        "x-errors: oauth\n      x-unknown-parameters: no",
        "unless this is ignore",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "message"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS]
)
def test_fault_says_what_to_do_when_a_contract_has(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    path = tmp_path / "contracts" / "club" / "openapi.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    with pytest.raises(ContractError, match=re.escape(message)):
        Repository(tmp_path).generate(["club"])


def test_unknown_query_parameter_is_ignored_when_the_contract_says_so(tmp_path: Path) -> None:
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    path = tmp_path / "contracts" / "club" / "openapi.yaml"
    ignoring = "x-errors: html\n      x-unknown-parameters: ignore\n      parameters:"
    path.write_text(path.read_text().replace("x-errors: html\n      parameters:", ignoring))

    files = Repository(tmp_path).generate(["club"])

    (text,) = (text for each, text in files.items() if each.name == "api.py")
    assert "ignores_unknown=True" in text

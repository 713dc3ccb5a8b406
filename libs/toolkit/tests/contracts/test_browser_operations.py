"""Each tool copes with forms, pages, redirects, cookies, streams and OAuth errors."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from waybill.conformance.answers import CheckedAnswers, PathContract
from waybill.conformance.findings import Findings
from waybill.conformance.schemas import Schemas
from waybill.http.reply import HTML, JSON, Reply
from waybill_toolkit.contracts.diff.judgement import judge
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.mock.access import access_of
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.reference.pages import render_pages
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.lab.conformance.exclusions import Exclusions
from waybill_toolkit.lab.conformance.shop import Shop
from waybill_toolkit.lab.conformance.trial import Plan, try_service
from waybill_toolkit.testing.bad_input import bad_requests, good_request, refused_callers
from waybill_toolkit.testing.contract_check import Contract, ContractViolationError
from waybill_toolkit.testing.serving import serving

CONTRACTS = Path(__file__).parents[1] / "generate" / "browser" / "contracts"
EXAMPLES = CONTRACTS / "club" / "examples"


@pytest.fixture
def club(tmp_path: Path) -> Repository:
    """The contract of a club that people log in to."""
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    return Repository(tmp_path)


@pytest.fixture
def document(club: Repository) -> dict[str, Any]:
    """Its published document."""
    text = club.generate(["club"])[club.package("club") / "openapi.json"]
    document: dict[str, Any] = json.loads(text)
    return document


def change(repository: Repository, old: str, new: str) -> None:
    path = repository.root / "contracts" / "club" / "openapi.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_lint_finds_nothing_wrong(club: Repository) -> None:
    assert lint(club) == []


def test_lint_asks_for_an_example_of_a_form(club: Repository) -> None:
    (club.root / "contracts/club/examples/Login/invalid-no-password.json").unlink()
    (fault,) = lint(club)
    assert "Login is a whole body or event; write examples/Login/invalid" in fault.message


def test_lint_asks_for_the_owner_that_a_form_names(club: Repository) -> None:
    change(club, "        code: {", "        customer_ref: {")
    assert any("this resource has an owner (customer_ref)" in each.message for each in lint(club))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("x-errors: oauth", "x-errors: html", "sends errors in the form html now, not oauth"),
        (
            "      x-errors: html\n      parameters:",
            "      x-errors: html\n      x-unknown-parameters: ignore\n      parameters:",
            "ignores unknown parameters now",
        ),
        ("club_session, in: cookie, schema", "club_sid, in: cookie, schema", "club_sid"),
        ("[{client: []}, {}]", "[{client: []}]", "is for client, was for client or everybody"),
        ("content: {text/html: {schema", "content: {text/event-stream: {schema", "text/html"),
    ],
)
def test_diff_names_a_change(club: Repository, old: str, new: str, message: str) -> None:
    change(club, old, new)
    changes = judge(CONTRACTS, club.root / "contracts").changes
    assert any(message in each.change.message for each in changes), changes


def test_reference_shows_forms_errors_and_credentials(club: Repository) -> None:
    html = render_pages(club)["club/reference.html"]
    text = " ".join(re.sub(r"<[^>]*>", " ", html).split())
    assert "HTTP Basic or none errors are OAuth errors (RFC 6749)" in text
    assert "Form: TokenRequest" in text
    assert "-u &#34;$CLIENT_ID:$CLIENT_SECRET&#34;" in html
    assert "-d grant_type=authorization_code" in text
    assert "text/html" in text
    assert "__Host-club_session cookie" in text


def test_sdks_leave_operations_of_browsers_and_of_oauth_out(club: Repository) -> None:
    path = club.root / "contracts" / "club" / "openapi.yaml"
    text = path.read_text()
    news = text[text.index("  /v1/news:") : text.index("components:")]
    members = news.replace("follow_news", "list_members").replace("/v1/news", "/v1/members")
    members = members.replace(
        "text/event-stream: {schema: {type: string}}",
        "application/json: {schema: {$ref: '#/components/schemas/Member'}}",
    )
    members = members.replace("&problem ", "")
    member = "    Member: {type: object, required: [name], properties: {name: {type: string}}}\n"
    path.write_text(text.replace("components:\n", members + "components:\n", 1) + member)

    contract = read_public_contract(club)

    assert [each.id for each in contract.operations] == ["list_members"]
    assert {"Member", "Problem"} <= contract.schemas.keys()
    assert not {"Login", "OAuthError", "Token", "TokenRequest"} & contract.schemas.keys()


@pytest_asyncio.fixture
async def mock(club: Repository, document: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    club.write(club.generate(["club"]))
    with serving(mock_of(club, "club", access_of("any-token"))) as address:
        async with Contract(document).client(
            base_url=address, headers={"Authorization": "Bearer any"}
        ) as client:
            yield client


async def test_mock_answers_as_the_contract_says(
    mock: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    for operation in Contract(document).operations:
        request = good_request(Contract(document), operation, EXAMPLES)
        headers = {**request.headers}
        if operation.id == "create_token":
            headers["Authorization"] = "Basic YTpi"
        for status in operation.written["responses"]:
            response = await mock.request(
                request.method,
                request.path,
                headers={**headers, "Prefer": f"code={status}"},
                content=request.content,
            )
            assert response.status_code == int(status), (operation.id, response.text)


def test_requests_of_our_tests_leave_other_errors_out(document: dict[str, Any]) -> None:
    contract = Contract(document)
    assert {each.operation for each in bad_requests(contract, EXAMPLES)} == {
        "follow_news",
        "(none)",
    }
    refused = refused_callers(contract, EXAMPLES, "powerless")
    assert {each.operation for each in refused} == {"follow_news"}


@pytest.mark.parametrize(
    ("media_type", "body", "cookie"),
    [(HTML, "<p>", "a=1"), (JSON, "{}", "a=1"), ("text/html", "<p>", "a=1")],
)
async def test_page_is_checked_by_its_media_type(
    document: dict[str, Any], media_type: str, body: str, cookie: str
) -> None:
    headers = (("content-type", media_type), ("set-cookie", cookie), ("set-cookie", "b=2"))
    reply = Reply(200, headers, body.encode())
    findings = Findings()

    async def app(_scope: object, _receive: object, send: Any) -> None:
        await reply.send(send)

    checked = CheckedAnswers(app, PathContract(Schemas(document), "/login"), findings)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(checked), base_url="http://club.test")
    response = await client.get("/login")

    found = findings.registry.get_sample_value(
        "waybill_contract_violations_total",
        {"part": "media type", "side": "answer", "subject": "show_login"},
    )
    assert bool(found) is (media_type != HTML)
    if media_type == HTML:
        Contract(document).check(response)
    else:
        with pytest.raises(ContractViolationError, match="is not declared"):
            Contract(document).check(response)


def test_conformance_test_sends_forms_and_expects_pages(club: Repository, tmp_path: Path) -> None:
    club.write(club.generate(["club"]))
    plan = Plan(token="any", seed=1, examples=5, seconds=20)  # noqa: S106 - of a test
    with serving(mock_of(club, "club", access_of("any-token"))) as address:
        verdict = try_service(
            "club",
            club.package("club") / "openapi.json",
            address,
            plan,
            shop=Shop(),
            exclusions=Exclusions(()),
        )
    assert verdict.operations == 3
    assert verdict.failures == []

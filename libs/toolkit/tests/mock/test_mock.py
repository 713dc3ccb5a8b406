"""Mocks of this repository's contracts; the client checks each response."""

import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio

from waybill_toolkit.contracts.generate.schemas import GATEWAY
from waybill_toolkit.contracts.mock.access import access_of
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.bad_input import (
    BadRequest,
    bad_requests,
    good_request,
    refused_callers,
)
from waybill_toolkit.testing.contract_check import Contract, DeclaredOperation
from waybill_toolkit.testing.serving import serving

TREE: Final = Repository(Path(__file__).parents[4])
CONTRACTS: Final = {
    each: Contract.load(TREE.package(each) / "openapi.json") for each in TREE.packages
}
AUTHORIZED: Final = {"Authorization": "Bearer everything"}
BASIC: Final = f"Basic {b64encode(b'shop:secret').decode()}"
ORDER: Final = TREE.root / "contracts/orders/examples/PlaceOrder/valid-two-lines.json"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token file: one caller has all scopes, another none."""
    operations = CONTRACTS[GATEWAY].operations
    ways = [way for each in operations for way in each.written["security"]]
    scopes = sorted({scope for way in ways for held in way.values() for scope in held})
    everybodys = [f"{service}:any" for service in TREE.services]
    grants = {
        hashlib.sha256(token.encode()).hexdigest(): {"subject": token, "scopes": held}
        for token, held in {"everything": [*scopes, *everybodys], "powerless": []}.items()
    }
    path = tmp_path_factory.mktemp("access") / "tokens.json"
    path.write_text(json.dumps(grants), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=TREE.packages)
def package(request: pytest.FixtureRequest) -> str:
    """Each service, and the gateway."""
    return str(request.param)


@pytest.fixture(scope="module")
def address(package: str, tokens: Path) -> Iterator[str]:
    with serving(mock_of(TREE, package, access_of(str(tokens)))) as address:
        yield address


@pytest_asyncio.fixture
async def client(package: str, address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with CONTRACTS[package].client(base_url=address, headers=AUTHORIZED) as client:
        yield client


@pytest.fixture
def services(package: str) -> list[str]:
    """The services whose operations the mock has."""
    return TREE.services if package == GATEWAY else [package]


@pytest.fixture(scope="module")
def orders_address() -> Iterator[str]:
    with serving(mock_of(TREE, "orders", access_of("open"))) as address:
        yield address


@pytest_asyncio.fixture
async def orders(orders_address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A mock of orders with open access."""
    async with CONTRACTS["orders"].client(base_url=orders_address) as client:
        yield client


def _place(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key, "Content-Type": "application/json"}


def _examples(service: str) -> Path:
    return TREE.root / "contracts" / service / "examples"


def _good(services: list[str]) -> list[BadRequest]:
    return [
        _good_request(service, operation)
        for service in services
        for operation in CONTRACTS[service].operations
    ]


def _good_request(service: str, operation: DeclaredOperation) -> BadRequest:
    """Return a request, with the credentials of a client where they take the place of a token."""
    request = good_request(CONTRACTS[service], operation, _examples(service))
    if not any(way and "bearer" not in way for way in operation.written["security"]):
        return request
    return replace(request, headers={**request.headers, "Authorization": BASIC})


async def _send(client: httpx.AsyncClient, request: BadRequest, **headers: str) -> httpx.Response:
    return await client.request(
        request.method,
        request.path,
        headers={**request.headers, **headers},
        content=request.content,
    )


IN_OTHER_FORMS: Final = {
    operation.id for operation in CONTRACTS[GATEWAY].operations if "x-errors" in operation.written
}
OF_THE_GATEWAY: Final = ("408", "429", "502", "504")


async def test_every_operation_is_answered_with_success(
    client: httpx.AsyncClient, services: list[str]
) -> None:
    requests = _good(services)

    answers = [await _send(client, each) for each in requests]

    refused = [
        (request.operation, answer.status_code)
        for request, answer in zip(requests, answers, strict=True)
        if not (answer.is_success or answer.is_redirect)
    ]
    assert refused == []


async def test_every_declared_answer_can_be_asked_for(
    client: httpx.AsyncClient, package: str, services: list[str]
) -> None:
    declared = {each.id: each.written["responses"] for each in CONTRACTS[package].operations}
    for request in _good(services):
        own = declared[request.operation]
        if request.operation in IN_OTHER_FORMS:
            # What the gateway adds is a problem; the mock sends all in the form of the operation.
            own = {status: each for status, each in own.items() if status not in OF_THE_GATEWAY}
        for status, written in own.items():
            for slug in CONTRACTS[package].resolve(written).get("x-problems", [""]):
                wanted = f"code={status}, example={slug}"
                # The runtime answers 304 as it does in the service.
                asked = {"If-None-Match": "*"} if status == "304" else {"Prefer": wanted}
                answer = await _send(client, _keyed(request, wanted), **asked)
                assert (request.operation, answer.status_code) == (request.operation, int(status))
                assert not slug or _shows(answer, slug)


def _shows(answer: httpx.Response, slug: str) -> bool:
    """Whether an answer is this problem: as JSON, as an error of OAuth, or as a page."""
    match answer.headers["content-type"].partition(";")[0]:
        case "application/problem+json":
            return bool(answer.json()["type"] == f"urn:waybill:problem:{slug}")
        case "application/json":
            return set(answer.json()) == {"error", "error_description"}
        case media_type:
            return media_type == "text/html"


def _keyed(request: BadRequest, wanted: str) -> BadRequest:
    """Return a new key, as a known key returns its first response."""
    key = {name: wanted.replace(" ", "") for name in request.headers if name == "Idempotency-Key"}
    return replace(request, headers={**request.headers, **key})


async def test_every_bad_request_is_refused_as_the_service_would(
    client: httpx.AsyncClient, services: list[str]
) -> None:
    for service in services:
        for bad in bad_requests(CONTRACTS[service], _examples(service)):
            await bad.send(client)


async def test_callers_without_token_or_scope_are_refused(
    address: str, package: str, services: list[str]
) -> None:
    async with CONTRACTS[package].client(base_url=address) as client:
        for service in services:
            for each in refused_callers(CONTRACTS[service], _examples(service), "powerless"):
                await each.send(client)


async def test_any_token_will_do_when_no_token_file_is_given() -> None:
    with serving(mock_of(TREE, "payments", access_of("any-token"))) as address:
        async with CONTRACTS["payments"].client(base_url=address) as client:
            request = _good(["payments"])[0]
            assert (await _send(client, request)).status_code == 401
            assert (await _send(client, request, Authorization="Basic x")).status_code == 401
            assert (await _send(client, request, Authorization="Bearer x")).is_success


async def test_the_same_key_gets_the_same_answer_and_another_request_is_refused(
    orders: httpx.AsyncClient,
) -> None:
    body = ORDER.read_bytes()
    other = json.dumps({**json.loads(body), "reference": "another"})

    first = await orders.post("/v1/orders", headers=_place("same"), content=body)
    again = await orders.post("/v1/orders", headers=_place("same"), content=body)
    reused = await orders.post("/v1/orders", headers=_place("same"), content=other)

    assert first.status_code == again.status_code == 201
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content
    assert reused.json()["type"] == "urn:waybill:problem:idempotency-key-reused"


async def test_a_key_is_free_after_a_problem(orders: httpx.AsyncClient) -> None:
    body = ORDER.read_bytes()

    refused = await orders.post(
        "/v1/orders", headers={**_place("free"), "Prefer": "code=503"}, content=body
    )
    placed = await orders.post("/v1/orders", headers=_place("free"), content=body)

    assert (refused.status_code, placed.status_code) == (503, 201)


async def test_what_was_made_can_be_read_where_location_says(orders: httpx.AsyncClient) -> None:
    made = await orders.post("/v1/orders", headers=_place("made"), content=ORDER.read_bytes())

    found = await orders.get(made.headers["location"])

    assert found.json() == made.json()


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("example=rejected", "rejected"),
        ("code=200; example=rejected", "rejected"),
        ('respond-async, EXAMPLE="rejected"', "rejected"),
        ("dynamic=true", "confirmed"),
        ("code=200", "confirmed"),
        ("code=200, code=404", "confirmed"),
    ],
)
async def test_an_example_is_chosen_by_its_name(
    orders: httpx.AsyncClient, prefer: str, status: str
) -> None:
    path = "/v1/orders/019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"

    answer = await orders.get(path, headers={"Prefer": prefer})

    assert answer.json()["status"] == status


@pytest.mark.parametrize("prefer", ["code=418", "example=nothing", "code=404,example=confirmed"])
async def test_undeclared_request_is_refused_with_the_declared_ones(
    orders: httpx.AsyncClient, prefer: str
) -> None:
    path = "/v1/orders/019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"

    answer = await orders.get(path, headers={"Prefer": prefer})

    assert answer.status_code == 400
    assert "200 confirmed, 200 rejected, 400 malformed-request" in answer.json()["detail"]


async def test_the_contract_and_its_page_are_served(
    client: httpx.AsyncClient, package: str
) -> None:
    contract = await client.get("/openapi.json")
    page = await client.get("/docs")

    written = json.loads((TREE.package(package) / "openapi.json").read_bytes())
    assert contract.json()["paths"] == written["paths"]
    assert "swagger-ui" in page.text

"""Requests are written, and responses read, as the contract of the called service says."""

import orjson
import pytest

from waybill import trace
from waybill.calls import RefusedError
from waybill.calls.attempt import ANSWER_BYTES_MAX
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

from .conftest import Client
from .thing import CREATE, GET, CreateThing201, GetThing200, Thing, ThingNotFound


def response(status: int, body: object, *fields: str) -> bytes:
    content = orjson.dumps(body)
    kind = "application/problem+json" if status >= 400 else "application/json"
    head = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(content)}"]
    return "\r\n".join([*head, *fields, "", ""]).encode() + content


def answer(service: FakeHttpService, *responses: bytes) -> None:
    """Let a service send these responses; the last one again and again."""
    waiting = list(responses)

    async def send(exchange: Exchange) -> None:
        await exchange.read_body()
        await exchange.write(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    service.handler = send


THING = response(200, {"name": "a", "size": 1, "new": True}, 'ETag: "1"', "Age: 3")
CREATED = response(201, {"name": "a", "size": 1}, "Location: /v1/things/a")


async def test_a_read_gets_its_typed_answer(service: FakeHttpService, client_of: Client) -> None:
    answer(service, THING)

    found = await client_of(service.address).call(
        GET, thing_id="a/ä", size=[1, 2], is_new=True, accept_language=None
    )

    # Fields that the contract of this caller does not know yet are ignored.
    assert found == GetThing200(body=Thing(name="a", size=1), etag='"1"', age=3)
    asked = service.asked[0]
    assert (asked.method, asked.target) == (
        "GET",
        "/v1/things/a%2F%C3%A4?size=1&size=2&is_new=true",
    )
    assert asked.header("authorization") == []


async def test_a_write_has_key_body_token_and_trace(
    service: FakeHttpService, client_of: Client
) -> None:
    answer(service, CREATED)

    with trace.within(trace.begin().traceparent) as context:
        made = await client_of(service.address).call(
            CREATE, body=Thing(name="a", size=1), key="order-1"
        )

    assert made == CreateThing201(body=Thing(name="a", size=1), location="/v1/things/a")
    asked = service.asked[0]
    assert asked.body == b'{"name":"a","size":1}'
    assert asked.header("content-type") == ["application/json"]
    assert asked.header("idempotency-key") == ["order-1"]
    assert asked.header("authorization") == ["Bearer secret"]
    assert asked.header("traceparent") == [context.traceparent]


async def test_an_operation_with_scopes_needs_a_token(
    service: FakeHttpService, client_of: Client
) -> None:
    client = client_of(service.address, token=None)

    with pytest.raises(RuntimeError, match="create_thing of things needs a token"):
        await client.call(CREATE, body=Thing(name="a", size=1), key="1")

    assert service.asked == []


async def test_a_declared_problem_is_an_answer(service: FakeHttpService, client_of: Client) -> None:
    problem = {"type": "urn:waybill:problem:thing-not-found", "detail": "No.", "thing_id": "b"}
    answer(service, response(404, {**problem, "trace_id": "0" * 32}))

    found = await client_of(service.address).call(GET, thing_id="b")

    assert found == ThingNotFound(detail="No.", thing_id="b")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (response(403, {"type": "urn:waybill:problem:forbidden"}), "status 403"),
        (response(500, {"type": "urn:waybill:problem:internal"}), "status 500"),
        (response(418, []), "get_thing, status 418"),
        (response(202, {}), "status 202"),
        (response(200, {"name": "a"}, 'ETag: "1"'), "get_thing, status 200: .*size"),
        (response(200, {"name": "a", "size": 1}), "get_thing, status 200"),
    ],
)
async def test_what_the_contract_does_not_declare_is_refused_and_not_repeated(
    service: FakeHttpService, client_of: Client, given: bytes, reason: str
) -> None:
    answer(service, given)

    with pytest.raises(RefusedError, match=reason) as refused:
        await client_of(service.address).call(GET, thing_id="b")

    assert (refused.value.service, refused.value.problem.status) == ("things", 500)
    assert len(service.asked) == 1


async def test_an_answer_without_end_is_not_read(
    service: FakeHttpService, client_of: Client
) -> None:
    async def flood(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n")
        sent = 0
        while sent <= 2 * ANSWER_BYTES_MAX:
            await exchange.write(b"x" * 65_536)
            sent += 65_536

    service.handler = flood
    client = client_of(service.address)

    with pytest.raises(Exception, match=f"more than {ANSWER_BYTES_MAX} bytes"):
        await client.call(GET, thing_id="b")

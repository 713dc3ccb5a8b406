"""The whole service: commands and answers over the broker, the results over HTTP."""

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import payments
from payments.sandbox import TOK_APPROVE
from waybill.ids import uuid7
from waybill.postgres import connect
from waybill.sealing import Seals
from waybill_toolkit.testing.bad_input import bad_requests
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_service import FakeService, ReceivedEvent

EXAMPLES = Path(__file__).parents[4] / "contracts" / "payments" / "examples"
CONTRACT_FILE = Path(payments.__file__).with_name("contract") / "openapi.json"
BAD_REQUESTS = bad_requests(Contract.load(CONTRACT_FILE), EXAMPLES)

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
AUTHORIZE = "payments.authorize-payment.v1"
CAPTURE = "payments.capture-payment.v1"
REVERSE = "payments.reverse-payment.v1"
GBP_1530 = {"amount_minor": 1530, "currency": "GBP"}
NOTHING = {"amount_minor": 0, "currency": "GBP"}


def wanted(order: str, token: str = TOK_APPROVE) -> dict[str, Any]:
    return {"order_id": order, "amount": GBP_1530, "token": token}


def kinds(events: Sequence[ReceivedEvent]) -> list[str]:
    return [each.type.split(".")[1] for each in events]


async def payment_of(client: httpx.AsyncClient, order: str) -> Any:
    answer = await client.get("/v1/payments", params={"order_id": order})
    [payment] = answer.json()["items"]
    return payment


@pytest.mark.usefixtures("service")
async def test_an_encrypted_token_authorizes_its_own_order_only(
    orders: FakeService, token_keys: Path
) -> None:
    own, other = uuid7(), uuid7()
    sealed = Seals(token_keys).seal(TOK_APPROVE, own.bytes)
    seen = []
    for order in (own, other):
        command = {"order_id": str(order), "amount": GBP_1530, "sealed_token": sealed}
        await orders.send("payments.authorize-payment.v2", command)
        seen += kinds(await orders.receive(str(order), 1))
    assert seen == ["payment-authorized", "payment-declined"]


async def test_an_order_is_authorized_captured_and_refunded(
    client: httpx.AsyncClient, orders: FakeService
) -> None:
    order = str(uuid7())
    seen = []
    for count, command in enumerate((AUTHORIZE, CAPTURE, REVERSE), start=1):
        await orders.send(command, wanted(order) if count == 1 else {"order_id": order})
        await orders.receive(order, count)
        payment = await payment_of(client, order)
        seen.append((payment["status"], payment["captured"], payment["refunded"]))

    events = await orders.receive(order, 3)
    assert kinds(events) == ["payment-authorized", "payment-captured", "payment-refunded"]
    assert [each.data["amount"] for each in events] == [GBP_1530] * 3
    assert seen == [
        ("authorized", NOTHING, NOTHING),
        ("captured", GBP_1530, NOTHING),
        ("refunded", GBP_1530, GBP_1530),
    ]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("tok_decline", "card_declined"),
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_unknown", "unknown_token"),
    ],
)
async def test_a_declined_payment_has_the_decline_code(
    client: httpx.AsyncClient, orders: FakeService, token: str, code: str
) -> None:
    order = str(uuid7())

    await orders.send(AUTHORIZE, wanted(order, token))

    [declined] = await orders.receive(order, 1)
    assert (declined.type, declined.data["decline_code"]) == ("payments.payment-declined.v1", code)
    payment = await payment_of(client, order)
    assert (payment["status"], payment["decline_code"]) == ("declined", code)


@pytest.mark.parametrize("token", ["tok_slow", "tok_timeout_then_approved", "tok_error_once"])
async def test_a_payment_is_authorized_when_the_first_call_of_the_provider_fails(
    orders: FakeService, token: str
) -> None:
    order = str(uuid7())

    await orders.send(AUTHORIZE, wanted(order, token))

    assert kinds(await orders.receive(order, 1)) == ["payment-authorized"]


async def test_commands_of_one_batch_are_handled_in_order(
    client: httpx.AsyncClient, orders: FakeService
) -> None:
    reversed_order, unknown = str(uuid7()), str(uuid7())

    await asyncio.gather(
        orders.send(AUTHORIZE, wanted(reversed_order, "tok_slow")),
        orders.send(REVERSE, {"order_id": reversed_order}),
        orders.send(REVERSE, {"order_id": unknown}),
        orders.send(AUTHORIZE, wanted(unknown)),
    )

    assert kinds(await orders.receive(reversed_order, 1)) == ["payment-voided"]
    assert kinds(await orders.receive(unknown, 2)) == ["payment-voided"] * 2
    assert (await payment_of(client, reversed_order))["status"] == "voided"


async def test_a_command_that_is_delivered_twice_is_answered_once(orders: FakeService) -> None:
    order = str(uuid7())

    event_id = await orders.send(AUTHORIZE, wanted(order))
    await orders.receive(order, 1)
    await orders.send(AUTHORIZE, wanted(order), event_id=event_id)
    await orders.send(CAPTURE, {"order_id": order})

    assert kinds(await orders.receive(order, 2)) == ["payment-authorized", "payment-captured"]


async def test_an_answer_has_the_trace_of_its_command(orders: FakeService) -> None:
    order = str(uuid7())

    await orders.send(AUTHORIZE, wanted(order), traceparent=TRACEPARENT)

    [answer] = await orders.receive(order, 1)
    assert answer.traceparent.split("-")[1] == TRACEPARENT.split("-")[1]


async def test_a_second_amount_for_an_order_becomes_a_dead_letter(
    orders: FakeService, module_database_url: str
) -> None:
    order = str(uuid7())
    await orders.send(AUTHORIZE, wanted(order))
    await orders.receive(order, 1)

    await orders.send(AUTHORIZE, wanted(order) | {"amount": NOTHING})

    sql = "select state from dead_letters where key = $1"
    async with connect(module_database_url, name="test") as connection:
        fetch_state = partial(connection.fetchval, sql, order)
        state = await eventually(
            f"a dead letter of {order}", fetch_state, lambda state: state is not None
        )
    assert state == "dead"


async def test_pages_list_every_payment_once_newest_first(
    client: httpx.AsyncClient, orders: FakeService
) -> None:
    placed = [str(uuid7()) for _ in range(5)]
    for order in placed:
        await orders.send(AUTHORIZE, wanted(order))
        await orders.receive(order, 1)

    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await client.get("/v1/payments", params=query)).json()
        seen += [item["order_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen[:5] == placed[::-1]
    assert len(seen) == len(set(seen))


async def test_a_payment_is_read_by_id_without_its_token(
    client: httpx.AsyncClient, orders: FakeService
) -> None:
    order = str(uuid7())
    await orders.send(AUTHORIZE, wanted(order))
    [authorized] = await orders.receive(order, 1)

    answer = await client.get(f"/v1/payments/{authorized.data['payment_id']}")

    assert answer.json() == await payment_of(client, order)
    assert "tok_" not in answer.text


async def test_an_unknown_payment_is_not_found(client: httpx.AsyncClient) -> None:
    missing = await client.get(f"/v1/payments/{uuid7()}")
    assert missing.status_code == 404
    assert missing.json()["type"].endswith(":payment-not-found")
    none = await client.get("/v1/payments", params={"order_id": str(uuid7())})
    assert none.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "filters",
    [{}, {"order_id": "01990000-0000-7000-8000-000000000001"}],
    ids=["all", "of an order"],
)
async def test_an_invalid_cursor_is_refused(
    client: httpx.AsyncClient, filters: dict[str, str]
) -> None:
    refused = await client.get("/v1/payments", params={"cursor": "AAAA", **filters})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_bad_input_gets_the_problem_that_the_contract_names(
    client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in BAD_REQUESTS:
        with subtests.test(str(bad)):
            await bad.send(client)


async def test_the_contract_names_the_address_of_this_instance(
    client: httpx.AsyncClient,
) -> None:
    published = json.loads(CONTRACT_FILE.read_bytes())
    served = (await client.get("/openapi.json")).json()
    assert served["servers"] == [{"url": str(client.base_url).rstrip("/")}]
    assert "securitySchemes" not in served["components"]  # access is open here
    assert (served["info"], list(served["paths"])) == (published["info"], list(published["paths"]))

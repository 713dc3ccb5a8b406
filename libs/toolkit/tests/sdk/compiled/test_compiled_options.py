"""The options of the clients for Go and Java, and of their calls.

A program is compiled for each language (`programs/`). For Java it also calls without waiting.
"""

import json
import re

import pytest

from waybill_toolkit.contracts.sdk.orders_api import ORDER, ORDER_ID, OrdersApi
from waybill_toolkit.contracts.sdk.orders_api import TRACE_ID as API_TRACE
from waybill_toolkit.contracts.sdk.programs import CallingProgram
from waybill_toolkit.contracts.sdk.tomorrow import (
    RETRY_AFTER_SECONDS,
    TomorrowProxy,
)

BEARER = "tok_of_the_caller"


def test_retry_after_is_waited_for(client: CallingProgram, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("busy"), "place")

    assert [each["status"] for each in seen["events"]] == [429, 201]
    assert len({each.headers["idempotency-key"] for each in proxy.received}) == 1
    assert RETRY_AFTER_SECONDS > 0


def test_a_change_that_cannot_be_repeated_is_sent_once(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("html"), "set_price")

    assert (seen["attempts"], seen["key"], len(proxy.received)) == (1, "", 1)
    assert proxy.received[0].path == "/v1/variants/A%20B%2FC/price"


def test_each_call_has_its_own_key_when_the_client_has_such_a_header(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    for scenario in ("place", "place", "read"):
        client.call(proxy.at("today"), scenario)

    keys = [each.headers.get("idempotency-key") for each in proxy.received]
    assert keys[2:] == [None, None]
    assert len({*keys[:2], "of all calls"}) == 3


def test_a_call_has_its_own_timeout(client: CallingProgram, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("slow"), "hurry")

    assert (seen["kind"], seen["attempts"]) == ("no answer", 1)


def test_options_are_sent_and_the_response_is_available(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("today"), "options")

    assert (seen["status"], seen["http"], seen["trace"]) == ("confirmed", 200, API_TRACE)
    assert seen["type"] == "application/json"
    assert json.loads(seen["body"]) == {**ORDER, "status": "confirmed"}
    [received] = proxy.received
    assert re.search(r"/\d+\.\d+\.\d+ shop/2\.1$", received.headers["user-agent"])
    assert (received.headers["x-shop"], received.headers["x-call"]) == ("north", "7")
    assert seen["events"] == [
        {
            "method": "GET", "path": f"/v1/orders/{ORDER_ID}", "attempt": 1, "status": 200,
            "trace": API_TRACE, "failed": False, "took": True,
        }
    ]  # fmt: skip


def test_address_and_token_come_from_the_environment_and_the_token_is_in_no_text(
    client: CallingProgram, proxy: TomorrowProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_BASE_URL", proxy.at("html"))
    monkeypatch.setenv("WAYBILL_TOKEN", BEARER)

    seen = client.call_in_new_process("", "read")

    assert {each.headers["authorization"] for each in proxy.received} == {f"Bearer {BEARER}"}
    assert seen["kind"] == "unreadable"
    assert BEARER not in json.dumps(seen)


@pytest.mark.parametrize("token", ["a\nb", "tok\x7f"])
def test_a_token_that_no_header_can_have_is_refused_without_showing_it(
    client: CallingProgram, proxy: TomorrowProxy, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("WAYBILL_TOKEN", token)

    seen = client.call_in_new_process(proxy.at("today"), "read")

    assert seen["text"].endswith("the token has a character that a header cannot have")
    assert not proxy.received


def test_a_client_without_an_address_says_what_to_do(
    client: CallingProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAYBILL_BASE_URL", raising=False)

    assert "set WAYBILL_BASE_URL" in client.call_in_new_process("", "read")["text"]


def test_a_key_is_refused_by_an_operation_that_takes_none(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    assert "takes no idempotency key" in client.call(proxy.at("today"), "wrong_key")["text"]
    assert not proxy.received


def test_an_own_http_client_sends_the_requests(client: CallingProgram, api: OrdersApi) -> None:
    assert client.call(api.address, "own_client")["http"] == 200

"""The clients for Go and Java with an API of tomorrow, and their errors.

A program is compiled for each language (`programs/`). For Java it also calls without waiting.
"""

import json

import pytest

from waybill_toolkit.contracts.sdk.orders_api import ORDER, ORDER_ID, SHIPPING, TOTALS, OrdersApi
from waybill_toolkit.contracts.sdk.programs import CallingProgram
from waybill_toolkit.contracts.sdk.tomorrow import (
    CODE,
    FIELD,
    HTML,
    PROBLEM,
    STATUS,
    TRACE_ID,
    VALUE,
    TomorrowProxy,
)


def test_unknown_values_and_fields_are_passed_on(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("newer"), "read")

    assert (seen["status"], seen["known"], seen["listed"]) == (STATUS, False, [STATUS])
    assert seen["extra"] == seen["totals_extra"] == {FIELD: VALUE}
    assert json.loads(seen["written"]) == {
        **ORDER,
        "status": STATUS,
        "totals": {**TOTALS, "shipping": {**SHIPPING, FIELD: VALUE}, FIELD: VALUE},
        FIELD: VALUE,
    }


def test_a_known_value_is_known(client: CallingProgram, proxy: TomorrowProxy) -> None:
    seen = client.call(proxy.at("today"), "read")

    assert (seen["status"], seen["known"], seen["listed"]) == ("confirmed", True, ["confirmed"])
    assert not seen["extra"]


def test_following_goes_on_after_an_unknown_status(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    assert client.call(proxy.at("later"), "follow")["status"] == "confirmed"
    assert len(proxy.received) == 3


def test_following_ends_with_the_last_state_after_the_timeout(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("newer"), "follow")

    assert (seen["kind"], seen["state"], seen["last"]) == ("not final", STATUS, STATUS)
    assert seen.get("deadline", True)
    assert (seen["method"], seen["path"], seen["status"]) == ("GET", f"/v1/orders/{ORDER_ID}", 200)
    assert json.loads(seen["body"])["status"] == STATUS


def test_an_unknown_code_of_a_refusal_is_the_base_class(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("refused"), "follow")

    assert (seen["kind"], seen["code"], seen["extra"]) == ("refused", CODE, {FIELD: VALUE})
    assert "moon_phase: Not tonight. (status 200" in seen["text"]
    assert json.loads(seen["body"])["rejection"]["code"] == CODE


def test_an_unknown_problem_type_is_the_base_class_with_its_fields(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("problem"), "place_once")

    assert (seen["kind"], seen["slug"], seen["detail"]) == ("problem", "gift-wrapped", "D")
    assert seen["extra"] == {"wrap": VALUE}
    assert json.loads(seen["body"])["type"] == PROBLEM


def test_a_problem_with_missing_and_wrong_fields_is_an_error_with_everything(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("incomplete"), "place_once")

    assert (seen["kind"], seen["slug"], seen["status"]) == ("problem", "unknown-sku", 422)
    assert seen["extra"] == {"sku": 5}
    assert (seen["method"], seen["path"], seen["key"]) == ("POST", "/v1/orders", "mine")
    assert seen["type"] == "application/problem+json"
    for part in ("unknown-sku", "status 422", f"trace {TRACE_ID}", "idempotency key mine"):
        assert part in seen["text"]


def test_an_answer_of_a_proxy_is_an_error_with_everything(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("html"), "place")

    assert (seen["kind"], seen["attempts"], seen["status"]) == ("unreadable", 3, 502)
    assert (seen["type"], seen["body"], seen["trace"]) == ("text/html", HTML.decode(), TRACE_ID)
    assert {each.headers["idempotency-key"] for each in proxy.received} == {seen["key"]}
    assert f"status 502, trace {TRACE_ID}, idempotency key {seen['key']}" in seen["text"]


@pytest.mark.parametrize("mode", ["cut", "garbled"])
def test_one_order_is_placed_when_a_call_is_repeated_with_the_key_of_its_error(
    client: CallingProgram, api: OrdersApi, proxy: TomorrowProxy, mode: str
) -> None:
    seen = client.call(proxy.at(mode), "place_twice")

    assert (seen["status"], seen["failed"]) == ("placed", True)
    assert len(proxy.received) == 2
    assert len(api.keys) == 1


def test_an_order_with_an_unknown_status_is_placed_at_the_first_attempt(
    client: CallingProgram, api: OrdersApi, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("newer"), "place_twice")

    assert (seen["status"], seen["failed"]) == (STATUS, False)
    assert len(api.keys) == len(proxy.received) == 1


def test_an_error_without_an_answer_has_the_key(
    client: CallingProgram, proxy: TomorrowProxy
) -> None:
    seen = client.call(proxy.at("cut"), "place_once")

    assert (seen["kind"], seen["key"], seen["attempts"]) == ("no answer", "mine", 1)
    assert (seen["status"], seen["body"]) == (0, "")
    assert [(each["status"], each["failed"]) for each in seen["events"]] == [(0, True)]

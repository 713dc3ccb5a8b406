"""A program that uses the Python client with a later version of the API: ADDRESS OF THE PROXY.

`test_sdk_python.py` runs it before the platform, with the modes of
`waybill_toolkit.contracts.sdk.tomorrow`. Checked by mypy against the package.
"""

import sys
from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID, uuid4

from waybill_client import NO_RETRIES, CallOptions, Client, errors, models, response

SOLD: Final = "0 SDK SOLD"
E = TypeVar("E", bound=errors.WaybillError)


def at(mode: str) -> Client:
    return Client(f"{sys.argv[1]}/{mode}")


def wanted(reference: str) -> models.PlaceOrder:
    return models.PlaceOrder(
        customer_ref="sdk",
        reference=reference,
        currency="GBP",
        lines=[models.PlaceOrderLine(sku=SOLD, quantity=1)],
        payment=models.PaymentMethod(token="tok_approve"),  # noqa: S106 (a test card)
    )


def placed() -> UUID:
    with at("today") as waybill:
        order_id: UUID = waybill.orders.place_order(wanted(f"sdk-{uuid4()}")).order_id
    return order_id


def count(reference: str) -> int:
    with at("today") as waybill:
        return len(list(waybill.orders.list_orders(reference=reference)))


def unknown_values_and_fields_are_passed_on() -> None:
    reference = f"sdk-{uuid4()}"
    with at("newer") as waybill:
        order = waybill.orders.place_order(wanted(reference))
        assert order.status == "shipped"
        assert order.model_extra == {"tomorrow": {"colours": ["red", None], "layers": 3}}
        assert order.totals.model_extra == order.model_extra
        assert waybill.orders.get_order(order.order_id).status == "shipped"
        assert [each.status for each in waybill.orders.list_orders(reference=reference)] == [
            "shipped"
        ]
        assert response(order).status == 201
        assert b"shipped" in response(order).body


def a_loop_around_placing_places_one_order() -> None:
    """The loop of `double-order.py`: a program that tries again after every error."""
    reference = f"sdk-{uuid4()}"
    with at("newer") as waybill:
        for _ in range(2):
            try:
                waybill.orders.place_order(wanted(reference))
                break
            except errors.WaybillError:
                continue
    assert count(reference) == 1


def an_order_whose_answer_cannot_be_read_is_found_by_its_key() -> None:
    reference = f"sdk-{uuid4()}"
    with at("garbled") as waybill:
        failed = raised(
            errors.UnexpectedAnswerError, lambda: waybill.orders.place_order(wanted(reference))
        )
        assert (failed.status, failed.method, failed.path) == (201, "POST", "/v1/orders")
        assert failed.trace_id
        assert failed.body.startswith(b"{")
        waybill.orders.place_order(wanted(reference), idempotency_key=failed.idempotency_key)
    assert count(reference) == 1


def following_goes_on_after_an_unknown_status() -> None:
    order_id = placed()
    with at("later") as waybill:
        assert waybill.orders.follow_order(order_id).status == "confirmed"
    with at("newer") as waybill:
        late = raised(
            errors.NotSettledError,
            lambda: waybill.orders.follow_order(order_id, timeout_seconds=0.3),
        )
    assert isinstance(late.last, models.Order)
    assert late.last.status == "shipped"
    assert (late.status, late.path, bool(late.trace_id)) == (200, f"/v1/orders/{order_id}", True)


def an_unknown_code_of_a_refusal_is_the_base_class() -> None:
    order_id = placed()
    with at("refused") as waybill:
        refused = raised(errors.OrderRefused, lambda: waybill.orders.follow_order(order_id))
    assert type(refused) is errors.OrderRefused
    assert (refused.code, refused.detail) == ("moon_phase", "Not tonight.")
    assert refused.last.rejection is not None
    assert "tomorrow" in (refused.last.rejection.model_extra or {})


def unknown_and_incomplete_problems_are_the_base_class_with_all_fields() -> None:
    with at("problem") as waybill:
        unknown = raised(errors.Problem, lambda: waybill.orders.place_order(wanted("a")))
    assert type(unknown) is errors.Problem
    assert unknown.type == "urn:waybill:problem:gift-wrapped"
    assert unknown.document["wrap"] == {"colours": ["red", None], "layers": 3}
    assert unknown.idempotency_key
    with at("incomplete") as waybill:
        incomplete = raised(errors.Problem, lambda: waybill.orders.place_order(wanted("a")))
    assert (incomplete.status, incomplete.document["sku"], incomplete.title) == (422, 5, "")
    assert incomplete.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


def an_error_page_is_an_error_with_everything() -> None:
    with at("html") as waybill:
        once = CallOptions(retries=NO_RETRIES)
        failed = raised(
            errors.UnexpectedAnswerError,
            lambda: waybill.orders.place_order(wanted("a"), options=once),
        )
    assert (failed.status, failed.headers["content-type"]) == (502, "text/html")
    assert failed.body.startswith(b"<html>")
    assert f"Idempotency-Key {failed.idempotency_key}, trace id {failed.trace_id}" in str(failed)


def a_busy_server_and_a_cut_connection_place_one_order() -> None:
    for mode in ("busy", "cut"):
        reference = f"sdk-{uuid4()}"
        with at(mode) as waybill:
            waybill.orders.place_order(wanted(reference))
        assert count(reference) == 1


def a_call_has_its_own_timeout() -> None:
    hasty = CallOptions(timeout_seconds=0.1, retries=NO_RETRIES)
    with at("slow") as waybill:
        raised(errors.NoAnswerError, lambda: waybill.orders.get_order(uuid4(), options=hasty))


def raised(kind: type[E], action: Callable[[], object]) -> E:
    """Return the error of an action, which has this class."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"it did not end with {kind.__name__}")


if __name__ == "__main__":
    unknown_values_and_fields_are_passed_on()
    a_loop_around_placing_places_one_order()
    an_order_whose_answer_cannot_be_read_is_found_by_its_key()
    following_goes_on_after_an_unknown_status()
    an_unknown_code_of_a_refusal_is_the_base_class()
    unknown_and_incomplete_problems_are_the_base_class_with_all_fields()
    an_error_page_is_an_error_with_everything()
    a_busy_server_and_a_cut_connection_place_one_order()
    a_call_has_its_own_timeout()

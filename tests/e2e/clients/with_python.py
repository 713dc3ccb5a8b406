"""A program that uses the Python client. `test_sdk_python.py` runs it: ADDRESS SCENARIO...

Checked by mypy against the package, like a program of anybody's.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Final, TypeVar
from uuid import uuid4

from waybill_client import NO_RETRIES, AsyncClient, Client, errors, headers, models

SOLD: Final = "0 SDK SOLD"
SCARCE: Final = "0 SDK SCARCE"
E = TypeVar("E", bound=Exception)

APPROVED: Final = models.PaymentMethod(token="tok_approve")  # noqa: S106 (a test card)


def wanted(
    sku: str, *, quantity: int = 1, customer_ref: str = "sdk", reference: str | None = None
) -> models.PlaceOrder:
    return models.PlaceOrder(
        customer_ref=customer_ref,
        reference=reference,
        currency="GBP",
        lines=[models.PlaceOrderLine(sku=sku, quantity=quantity)],
        payment=APPROVED,
    )


def an_order_is_followed_to_confirmed(address: str) -> None:
    with Client(address) as waybill:
        placed = waybill.orders.place_order(wanted(SOLD, quantity=2))
        assert placed.status == "placed"
        assert headers(placed)["location"] == f"/v1/orders/{placed.order_id}"
        assert placed.reference is None

        order = waybill.orders.follow_order(placed.order_id)

        assert order.status == "confirmed"
        assert (order.totals.gross_minor, order.totals.currency) == (510, "GBP")
        assert waybill.orders.get_order_history(order.order_id).transitions[0].number == 1


def all_orders_come_page_by_page(address: str) -> None:
    customer = f"sdk-{uuid4()}"
    with Client(address) as waybill:
        placed = [
            waybill.orders.place_order(wanted(SOLD, customer_ref=customer)).order_id
            for _ in range(5)
        ]
        orders = waybill.orders.list_orders(customer_ref=customer, limit=2)

        assert [each.order_id for each in orders] == placed[::-1]
        assert [len(page.items) for page in orders.pages()] == [2, 2, 1]


def a_refusal_for_lack_of_stock_has_its_class(address: str) -> None:
    with Client(address) as waybill:
        placed = waybill.orders.place_order(wanted(SCARCE, quantity=2))

        refusal = raised(
            errors.OrderOutOfStock, lambda: waybill.orders.follow_order(placed.order_id)
        )

        assert isinstance(refusal, errors.OrderRefused)
        assert refusal.code == "out_of_stock"
        assert refusal.last.status == "rejected"
        assert refusal.last.order_id == placed.order_id


def a_repeated_post_places_one_order(address: str) -> None:
    reference = f"sdk-{uuid4()}"
    with Client(address) as waybill:
        placed = waybill.orders.place_order(wanted(SOLD, reference=reference))
        found = waybill.orders.list_orders(reference=reference)

        assert [each.order_id for each in found] == [placed.order_id]


def a_cut_request_was_done_all_the_same(address: str) -> None:
    reference = f"sdk-{uuid4()}"
    with Client(address, retries=NO_RETRIES) as waybill:
        raised(
            errors.NoAnswerError,
            lambda: waybill.orders.place_order(wanted(SOLD, reference=reference)),
        )

        assert len(list(waybill.orders.list_orders(reference=reference))) == 1


def problems_have_classes_and_fields(address: str) -> None:
    with Client(address) as waybill:
        unknown = raised(
            errors.UnknownSku, lambda: waybill.orders.place_order(wanted("0 SDK NOWHERE"))
        )
        assert (unknown.sku, unknown.pointer) == ("0 SDK NOWHERE", "/lines/0/sku")
        assert unknown.status == 422
        assert len(unknown.trace_id or "") == 32

        invalid = raised(
            errors.InvalidBody, lambda: waybill.orders.place_order(wanted("not a sku!"))
        )
        assert [fault.pointer for fault in invalid.errors] == ["/lines/0/sku"]

        missing = raised(errors.Problem, lambda: waybill.orders.get_order(uuid4()))
        assert type(missing) is errors.OrderNotFound


def a_change_is_based_on_what_was_read(address: str) -> None:
    with Client(address) as waybill:
        variant = waybill.catalog.get_variant(SCARCE)
        read = headers(variant)["etag"]
        price = models.SetPrice(price=models.PriceInput(amount_minor=256, currency="GBP"))

        changed = waybill.catalog.set_price(SCARCE, price, if_match=read)

        assert changed.version == variant.version + 1
        raised(
            errors.VersionMismatch,
            lambda: waybill.catalog.set_price(SCARCE, price, if_match=read),
        )


def all_of_it_goes_with_async(address: str) -> None:
    asyncio.run(_all_of_it(address))


async def _all_of_it(address: str) -> None:
    customer = f"sdk-{uuid4()}"
    async with AsyncClient(address) as waybill:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(waybill.orders.place_order(wanted(SOLD, customer_ref=customer)))
                for _ in range(3)
            ]
        placed = {task.result().order_id for task in tasks}
        for each in placed:
            assert (await waybill.orders.follow_order(each)).status == "confirmed"
        orders = waybill.orders.list_orders(customer_ref=customer, limit=2)
        assert {each.order_id async for each in orders} == placed
        scarce = await waybill.orders.place_order(wanted(SCARCE, quantity=2))
        try:
            await waybill.orders.follow_order(scarce.order_id)
        except errors.OrderOutOfStock:
            return
        raise AssertionError("it was not refused")


def raised(kind: type[E], action: Callable[[], object]) -> E:
    """Return the error of an action, which has this class."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"it did not end with {kind.__name__}")


SCENARIOS: Final[tuple[Callable[[str], None], ...]] = (
    an_order_is_followed_to_confirmed,
    all_orders_come_page_by_page,
    a_refusal_for_lack_of_stock_has_its_class,
    a_repeated_post_places_one_order,
    a_cut_request_was_done_all_the_same,
    problems_have_classes_and_fields,
    a_change_is_based_on_what_was_read,
    all_of_it_goes_with_async,
)

if __name__ == "__main__":
    for scenario in SCENARIOS:
        if scenario.__name__ in sys.argv[2:]:
            scenario(sys.argv[1])

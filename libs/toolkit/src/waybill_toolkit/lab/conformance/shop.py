"""Test data: products, stock and orders, and their ids.

Random requests hardly ever use the id of an existing order. So half of the ids are taken from the
test data, and the others are random.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from waybill_toolkit.operations.workload.client import FINAL

Value = str | int

PROBABILITY: Final = 0.5
SETTLE_SECONDS_MAX: Final = 60.0
PRICED: Final = {"85123A": "GBP", "BANK CHARGES": "GBP", "22423": "EUR"}
"""Currency by SKU: the SKUs of the contracts' examples, and one in another currency."""
CURRENCIES: Final = ("GBP", "EUR", "JPY")
CUSTOMER: Final = "17850"
UNITS: Final = 1_000_000
TOKENS: Final = ("tok_approve", "tok_decline", "tok_error_once")

_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Shop:
    """Existing values by parameter or location in a body."""

    known: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    """The customers of orders and payments, by their ids."""

    def config(self) -> dict[str, Any]:
        """Return the configuration of Schemathesis."""
        return {
            "dictionaries": {name: {"values": list(self.known[name])} for name in self.known},
            "parameters": {
                name: {"dictionary": name, "probability": PROBABILITY} for name in self.known
            },
        }


def open_shop(
    addresses: Mapping[str, str], token: str, customers: Sequence[str] = (CUSTOMER,)
) -> Shop:
    """Create products, stock and orders on a new platform, and wait until orders are final.

    Each of the `customers` has an order for each payment token.

    Raises httpx.HTTPError, TimeoutError.
    """
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=addresses["gateway"], headers=headers, timeout=30) as client:
        product = _post(client, "/v1/products", "shop", _product())
        for sku in PRICED:
            _post(
                client, f"/v1/stock/{sku}/adjustments", f"stock {sku}".replace(" ", "-"), _stock()
            )
        _wait(lambda: len(_items(client, "/v1/prices")) == len(PRICED))
        for number, order in enumerate(_orders(customers)):
            _post(client, "/v1/orders", f"shop-{number}", order)
        _wait(lambda: all(each["status"] in FINAL for each in _items(client, "/v1/orders")))
        _wait(lambda: len(_items(client, "/v1/payments")) >= len(TOKENS) * len(customers))
        placed, paid = _items(client, "/v1/orders"), _items(client, "/v1/payments")
    orders = [each["order_id"] for each in placed]
    payments = [each["payment_id"] for each in paid]
    owners = {each["order_id"]: each["customer_ref"] for each in placed}
    owners |= {each["payment_id"]: owners[each["order_id"]] for each in paid}
    return Shop(
        {
            "path.product_id": [product["product_id"]],
            "path.sku": list(PRICED),
            "header.If-Match": ['"1"', '"2"', '"3"'],
            "path.order_id": orders,
            "query.order_id": orders,
            "path.payment_id": payments,
            "body.currency": ["GBP"],
            "body.expected_total.currency": ["GBP"],
            "body.price.currency": list(CURRENCIES),
            "body.prices[*].currency": list(CURRENCIES),
            "body.variants[*].price.currency": list(CURRENCIES),
            "body.lines[*].sku": list(PRICED),
            "body.lines[*].quantity": [1, 2, 10_000],
            "body.payment.token": list(TOKENS),
        },
        owners,
    )


def _product() -> dict[str, Any]:
    variants = [
        {"sku": sku, "price": {"amount_minor": 255, "currency": currency}}
        for sku, currency in PRICED.items()
    ]
    return {"name": "Teapots", "variants": variants}


def _stock() -> dict[str, Any]:
    return {"delta": UNITS, "reason": "received"}


def _orders(customers: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "reference": f"shop-{number}",
            "customer_ref": customer,
            "currency": "GBP",
            "lines": [{"sku": "85123A", "quantity": 1 + number}],
            "payment": {"token": token},
        }
        for customer in customers
        for number, token in enumerate(TOKENS)
    ]


def _post(client: httpx.Client, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post(path, json=body, headers={"Idempotency-Key": key})
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def _items(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    response = client.get(path)
    response.raise_for_status()
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("the first orders did not become final; see `waybill logs`")
        time.sleep(_LOOK_SECONDS)

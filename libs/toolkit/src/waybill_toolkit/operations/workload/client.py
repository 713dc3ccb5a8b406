"""The operations of catalog, inventory and orders that the commands need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from waybill_toolkit.operations.workload.service import PATIENCE_SECONDS, Service

VARIANTS_MAX: Final = 500  # per request, by the contract
APPROVED: Final = "tok_approve"  # the test token of a valid card
FINAL: Final = frozenset({"confirmed", "rejected", "cancelled"})


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order as a client sends it; the reference is the client's own identifier."""

    reference: str
    customer_ref: str
    currency: str
    lines: Sequence[Line]
    payment_token: str

    @property
    def idempotency_key(self) -> str:
        """The reference, encoded for a header."""
        return f"order-{quote(self.reference, safe='')}"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the API; `rejection_code` is set only when it is rejected."""

    order_id: str
    status: str
    rejection_code: str | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Variant:
    sku: str
    name: str
    amount_minor: int
    currency: str


class Client:
    """A client of the platform, which retries while services are unavailable.

    All operations raise UnreachableError and RefusedError.
    """

    def __init__(
        self, catalog: str, inventory: str, orders: str, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._catalog = Service("catalog", catalog, patience_seconds)
        self._inventory = Service("inventory", inventory, patience_seconds)
        self._orders = Service("orders", orders, patience_seconds)

    def close(self) -> None:
        """Close all connections."""
        for service in (self._catalog, self._inventory, self._orders):
            service.close()

    async def create_product(self, name: str, variants: Iterable[Variant], key: str) -> None:
        body = {"name": name, "variants": [_new_variant(variant) for variant in variants]}
        await self._catalog.post("/v1/products", body, key)

    async def catalogued_skus(self) -> set[str]:
        return {item["sku"] async for item in self._catalog.items("/v1/variants")}

    async def priced_skus(self) -> set[str]:
        """Return the SKUs whose price the orders service knows."""
        return {item["sku"] async for item in self._orders.items("/v1/prices")}

    async def units_on_hand(self) -> dict[str, int]:
        return {item["sku"]: item["on_hand"] async for item in self._inventory.items("/v1/stock")}

    async def add_stock(self, sku: str, units: int, key: str) -> None:
        path = f"/v1/stock/{quote(sku, safe='')}/adjustments"
        await self._inventory.post(path, {"delta": units, "reason": "received"}, key)

    async def place_order(self, wanted: WantedOrder) -> Order:
        body = {
            "reference": wanted.reference,
            "customer_ref": wanted.customer_ref,
            "currency": wanted.currency,
            "lines": [{"sku": line.sku, "quantity": line.quantity} for line in wanted.lines],
            "payment": {"token": wanted.payment_token},
        }
        return _order(await self._orders.post("/v1/orders", body, wanted.idempotency_key))

    async def get_order(self, order_id: str) -> Order:
        return _order(await self._orders.get(f"/v1/orders/{order_id}"))

    async def cancel_order(self, order_id: str) -> Order:
        """Cancel an order; it is `cancelled` after its saga is compensated."""
        path = f"/v1/orders/{order_id}/cancellation"
        return _order(await self._orders.post(path, None, f"cancel-{order_id}"))

    async def find_order(self, reference: str, customer_ref: str) -> Order | None:
        """Return the newest order that this customer placed under this reference, if any."""
        query = {"reference": reference, "customer_ref": customer_ref, "limit": 1}
        items = (await self._orders.get("/v1/orders", query))["items"]
        return _order(items[0]) if items else None


def _new_variant(variant: Variant) -> dict[str, object]:
    price = {"amount_minor": variant.amount_minor, "currency": variant.currency}
    named = {"name": variant.name} if variant.name else {}
    return {"sku": variant.sku, "price": price, **named}


def _order(body: dict[str, Any]) -> Order:
    rejection = body.get("rejection")
    return Order(body["order_id"], body["status"], rejection["code"] if rejection else None)

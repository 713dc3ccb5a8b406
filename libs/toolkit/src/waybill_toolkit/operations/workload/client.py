"""The operations of catalog, inventory and orders that the commands need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from waybill.clock import SystemClock
from waybill_toolkit.contracts.sdk.python.runtime.tokens import AsyncTokenProvider
from waybill_toolkit.operations.workload.service import PATIENCE_SECONDS, Service

VARIANTS_MAX: Final = 500  # per request, by the contract
FOUND_MAX: Final = 5  # orders of one reference; an import places one
APPROVED: Final = "tok_approve"  # the test token of a valid card
_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
FINAL: Final = frozenset({"confirmed", "rejected", "cancelled"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order. It is only accepted at the expected price, if it has one."""

    sku: str
    quantity: int
    unit_price_minor: int | None = None

    def to_json(self, currency: str) -> dict[str, object]:
        body: dict[str, object] = {"sku": self.sku, "quantity": self.quantity}
        if self.unit_price_minor is not None:
            body["expected_unit_price"] = _money(self.unit_price_minor, currency)
        return body


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order as a client sends it; the reference is the client's own identifier."""

    reference: str
    customer_ref: str
    currency: str
    lines: Sequence[Line]
    payment_token: str
    key: str | None = None

    @property
    def idempotency_key(self) -> str:
        """The key, or else the reference, encoded for a header."""
        return self.key or f"order-{quote(self.reference, safe='')}"


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
class PlacedOrder:
    """An order of the API with its content; every line has its price."""

    order: Order
    currency: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit, in the smallest unit of the currency."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class CataloguedPrices:
    """The prices of a variant, and the version of the variant, which increases with each change."""

    now: Mapping[str, Price]
    """By currency, those that are valid at the moment."""
    version: int


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
        self,
        catalog: str,
        inventory: str,
        orders: str,
        patience_seconds: float = PATIENCE_SECONDS,
        tokens: AsyncTokenProvider | None = None,
    ) -> None:
        self._catalog = Service("catalog", catalog, patience_seconds, tokens)
        self._inventory = Service("inventory", inventory, patience_seconds, tokens)
        self._orders = Service("orders", orders, patience_seconds, tokens)

    @property
    def failures(self) -> list[str]:
        """Why requests were repeated, of all services."""
        services = (self._catalog, self._inventory, self._orders)
        return [each for service in services for each in service.failures]

    def close(self) -> None:
        """Close all connections."""
        for service in (self._catalog, self._inventory, self._orders):
            service.close()

    async def create_product(self, name: str, variants: Iterable[Variant], key: str) -> None:
        body = {"name": name, "variants": [_new_variant(variant) for variant in variants]}
        await self._catalog.post("/v1/products", body, key)

    async def catalogue(self) -> dict[str, CataloguedPrices]:
        """Return the prices of all variants by SKU."""
        items = self._catalog.items("/v1/variants")
        return {item["sku"]: _catalogued(item) async for item in items}

    async def catalogued_prices(self, sku: str) -> CataloguedPrices:
        return _catalogued(await self._catalog.get(f"/v1/variants/{quote(sku, safe='')}"))

    async def set_price(self, sku: str, price: Price, version: int) -> CataloguedPrices:
        """Set the price in a currency if the variant still has this version."""
        path = f"/v1/variants/{quote(sku, safe='')}/price"
        body = {"price": _money(price.amount_minor, price.currency)}
        return _catalogued(await self._catalog.put(path, body, f'"{version}"'))

    async def known_prices(self) -> dict[str, Mapping[str, Price]]:
        """Return the prices that orders uses at the moment, by SKU and currency."""
        return {
            item["sku"]: _valid_now(item["prices"])
            async for item in self._orders.items("/v1/prices")
        }

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
            "lines": [line.to_json(wanted.currency) for line in wanted.lines],
            "payment": {"token": wanted.payment_token},
        }
        return _order(await self._orders.post("/v1/orders", body, wanted.idempotency_key))

    async def get_order(self, order_id: str) -> Order:
        return _order(await self._orders.get(f"/v1/orders/{order_id}"))

    async def cancel_order(self, order_id: str) -> Order:
        """Cancel an order; it is `cancelled` after its saga is compensated."""
        path = f"/v1/orders/{order_id}/cancellation"
        return _order(await self._orders.post(path, None, f"cancel-{order_id}"))

    async def find_orders(self, reference: str, customer_ref: str) -> list[PlacedOrder]:
        """Return the newest orders that this customer placed under this reference."""
        query = {"reference": reference, "customer_ref": customer_ref, "limit": FOUND_MAX}
        page = await self._orders.get("/v1/orders", query)
        return [_placed_order(item) for item in page["items"]]


def _new_variant(variant: Variant) -> dict[str, object]:
    price = _money(variant.amount_minor, variant.currency)
    named = {"name": variant.name} if variant.name else {}
    return {"sku": variant.sku, "price": price, **named}


def _money(amount_minor: int, currency: str) -> dict[str, object]:
    return {"amount_minor": amount_minor, "currency": currency}


def _valid_now(prices: Iterable[dict[str, Any]]) -> dict[str, Price]:
    now = SystemClock().now()
    return {
        each["currency"]: Price(each["amount_minor"], each["currency"])
        for each in prices
        if _instant(each, "valid_from", _ALWAYS) <= now < _instant(each, "valid_until", _NEVER)
    }


def _instant(price: dict[str, Any], field: str, default: datetime) -> datetime:
    return datetime.fromisoformat(price[field]) if field in price else default


def _catalogued(body: dict[str, Any]) -> CataloguedPrices:
    return CataloguedPrices(_valid_now(body["prices"]), body["version"])


def _placed_order(body: dict[str, Any]) -> PlacedOrder:
    lines = [
        Line(line["sku"], line["quantity"], line["unit_price"]["amount_minor"])
        for line in body["lines"]
    ]
    return PlacedOrder(_order(body), body["totals"]["currency"], lines)


def _order(body: dict[str, Any]) -> Order:
    rejection = body.get("rejection")
    return Order(body["order_id"], body["status"], rejection["code"] if rejection else None)

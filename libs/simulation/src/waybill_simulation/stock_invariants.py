"""What must hold for the stock, in one database or several, at the end of a history of orders."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from waybill_simulation.scenario import SKUS
from waybill_simulation.world import World

Row = Mapping[str, Any]

_EXPIRED: Final = "inventory.reservation-expired.v1"


def stock_violations(world: World) -> Iterator[str]:
    """Yield what is wrong with stock, reservations and their expiry."""
    yield from _units(world)
    yield from _parts(world)
    yield from _expiries(world)


def _units(world: World) -> Iterator[str]:
    """Find units that are lost, sold twice, or kept by an order that is not confirmed."""
    sold, held = _sold(world), _held(world)
    levels: dict[str, list[Row]] = defaultdict(list)
    for level in world.rows("inventory", "stock"):
        levels[level["sku"]].append(level)
    for sku in SKUS:
        if len(levels[sku]) != 1:
            yield f"{sku} is in {len(levels[sku])} databases"
            continue
        [level] = levels[sku]
        whole = level["on_hand"] + level["reserved"] + level["committed"]
        if whole != world.scenario.stock:
            yield f"{sku}: {world.scenario.stock} units have become {whole}"
        if sold[sku] > world.scenario.stock:
            yield f"{sku} is oversold: {sold[sku]} of {world.scenario.stock}"
        if level["committed"] != sold[sku] or level["committed"] != held["committed", sku]:
            yield f"{sku}: {level['committed']} units are sold, confirmed orders have {sold[sku]}"
        if level["reserved"] != held["reserved", sku]:
            yield f"{sku}: {level['reserved']} units are reserved without a reservation"


def _sold(world: World) -> Counter[str]:
    """Count the units of confirmed orders, by SKU."""
    status_of = {order["order_id"]: order["status"] for order in world.rows("orders", "orders")}
    sold: Counter[str] = Counter()
    for line in world.rows("orders", "order_lines"):
        if status_of[line["order_id"]] == "confirmed":
            sold[line["sku"]] += line["quantity"]
    return sold


def _held(world: World) -> Counter[tuple[str, str]]:
    """Count the units of reservations, by status and SKU."""
    held: Counter[tuple[str, str]] = Counter()
    for database in world.databases["inventory"]:
        status_of = {r["order_id"]: r["status"] for r in world.rows_in(database, "reservations")}
        for line in world.rows_in(database, "reservation_lines"):
            held[status_of[line["order_id"]], line["sku"]] += line["quantity"]
    return held


def _parts(world: World) -> Iterator[str]:
    """Compare the reservations of an order in several databases."""
    if len(world.databases["inventory"]) == 1:
        return
    found: dict[UUID, list[Row]] = defaultdict(list)
    for reservation in world.rows("inventory", "reservations"):
        found[reservation["order_id"]].append(reservation)
    is_calm = not world.scenario.faults and not world.scenario.parked_share
    for parts in found.values():
        statuses = {part["status"] for part in parts}
        if "committed" in statuses:
            if statuses != {"committed"}:
                yield f"the parts of an order are {' and '.join(sorted(statuses))}"
            if any(len(parts) != part["parts"] for part in parts):
                yield "an order is committed in a part of its databases"
        # After a crash in between, a part may expire before the command is delivered again.
        if is_calm and statuses == {"refused", "expired"}:
            yield "an order was refused, and a part of it reserved until it expired"


def _expiries(world: World) -> Iterator[str]:
    """Count the events of expiries: one for each order whose reservation has expired."""
    expired = {
        str(reservation["order_id"])
        for reservation in world.rows("inventory", "reservations")
        if reservation["status"] == "expired"
    }
    published = Counter(
        event["key"] for event in world.rows("inventory", "outbox") if event["type"] == _EXPIRED
    )
    for order_id in expired | published.keys():
        if published[order_id] != (order_id in expired):
            yield f"an expiry was published {published[order_id]} times"

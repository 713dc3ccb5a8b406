"""Places the orders of a history that do not exist yet."""

from collections.abc import Mapping, Sequence

from waybill_toolkit.operations.workload.client import Client, Order, Variant, WantedOrder
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import Outcome, place_all
from waybill_toolkit.operations.workload.seeding import seed, units_wanted
from waybill_toolkit.operations.workload.tasks import Progress, Step, for_each, no_progress


async def replay(
    client: Client,
    orders: Sequence[WantedOrder],
    variants: Mapping[str, Variant],
    *,
    concurrency: int,
    progress: Progress = no_progress,
) -> list[Outcome]:
    """Create missing products and stock, place the new orders, and follow all orders.

    An order exists when its customer has placed one with its reference. This is queried, because
    Idempotency-Keys expire; the key, derived from the reference, handles concurrent replays. Raises
    UnreachableError.
    """
    with progress("Looking up orders", len(orders)) as step:
        known = await _find(client, orders, concurrency, step)
    # An order in progress may not have its stock yet.
    open_orders = [each for each in orders if not _is_final(known.get(each.reference))]
    units = units_wanted(open_orders)
    await seed(client, {sku: variants[sku] for sku in units}, units, progress)
    with progress("Placing orders", len(orders)) as step:
        return await place_all(
            client,
            orders,
            Poller(client).follow,
            concurrency=concurrency,
            known=known,
            on_final=step,
        )


async def _find(
    client: Client, orders: Sequence[WantedOrder], concurrency: int, step: Step
) -> dict[str, Order]:
    known: dict[str, Order] = {}

    async def look_up(wanted: WantedOrder) -> None:
        order = await client.find_order(wanted.reference, wanted.customer_ref)
        if order:
            known[wanted.reference] = order
        step()

    await for_each(orders, look_up, concurrency)
    return known


def _is_final(order: Order | None) -> bool:
    return order is not None and order.is_final

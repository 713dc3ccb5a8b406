"""Placing the orders of a history, those that are not there yet."""

from collections.abc import Mapping, Sequence

from waybill_toolkit.operations.workload.client import Client, Order, Variant, WantedOrder
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import Outcome, place_all
from waybill_toolkit.operations.workload.seeding import seed, units_wanted
from waybill_toolkit.operations.workload.tasks import Stage, Step, for_each, unseen


async def replay(
    client: Client,
    orders: Sequence[WantedOrder],
    variants: Mapping[str, Variant],
    *,
    concurrency: int,
    stage: Stage = unseen,
) -> list[Outcome]:
    """Create what the orders need and does not exist, place those that are new, follow all.

    An order is there already when its customer placed one under its reference. That is looked up,
    because services forget their Idempotency-Keys after a time; the key, made of the reference,
    is there for two replays at the same time. Raises UnreachableError.
    """
    with stage("Looking up orders", len(orders)) as step:
        known = await _find(client, orders, concurrency, step)
    # One that is still moving may not have its stock yet.
    open_orders = [each for each in orders if not _is_final(known.get(each.reference))]
    units = units_wanted(open_orders)
    await seed(client, {sku: variants[sku] for sku in units}, units, stage)
    with stage("Placing orders", len(orders)) as step:
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

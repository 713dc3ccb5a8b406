"""Places the orders of a spool that do not exist yet.

An order exists when its customer has placed one with its reference. This is queried, because
Idempotency-Keys expire; the key, derived from the content of the order, handles concurrent imports.
An import that was interrupted is continued by running it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from waybill_toolkit.operations.order_import.catalogue import Catalogue, OrderRefusedError
from waybill_toolkit.operations.order_import.spool import Spool, SpooledOrder
from waybill_toolkit.operations.workload.client import Client, PlacedOrder, WantedOrder
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import place_all
from waybill_toolkit.operations.workload.seeding import add_units, batches, units_wanted
from waybill_toolkit.operations.workload.tasks import Progress, Step, for_each, no_progress

BATCH_LINES: Final = 10_000  # in memory at once: some megabytes


async def import_orders(
    client: Client,
    spool: Spool,
    *,
    sets_prices: bool,
    concurrency: int,
    progress: Progress = no_progress,
) -> None:
    """Create missing variants and stock, place the new orders, and follow all of them.

    The outcomes are recorded in the spool. Raises UnreachableError, RefusedError.
    """
    spool.fail_orders_with_two_prices()
    with progress("Looking up orders", spool.open_count()) as step:
        for batch in _batches(spool.open_orders()):
            await _find(client, spool, batch, concurrency, step)
    catalogue = Catalogue(client, sets_prices=sets_prices)
    await catalogue.load()
    with progress("Placing orders", spool.open_count()) as step:
        while spool.open_count():
            catalogue.begin_round()
            for batch in _batches(_round(spool, catalogue, step)):
                placeable = await _placeable(catalogue, spool, batch, step)
                await _place(client, spool, placeable, concurrency, step)
    if sets_prices:
        for prices in batches(spool.findings.newest_prices(), BATCH_LINES):
            await catalogue.set_prices(prices)


async def _find(
    client: Client, spool: Spool, orders: Sequence[SpooledOrder], concurrency: int, step: Step
) -> None:
    """Record the orders that exist. An order with other content under its reference fails."""

    async def look_up(order: SpooledOrder) -> None:
        wanted = order.wanted
        found = await client.find_orders(wanted.reference, wanted.customer_ref)
        same = next((each for each in found if _is_same(each, wanted)), None)
        if same:
            final = await Poller(client).follow(same.order)
            spool.record(order.order_id, final, is_new=False)
        elif found:
            spool.fail(
                order.order_id,
                f"{wanted.customer_ref} already has an order {wanted.reference} with other lines "
                f"or prices, {found[0].order.order_id}; to place this one too, rename it",
            )
        step()

    await for_each(orders, look_up, concurrency)


def _round(spool: Spool, catalogue: Catalogue, step: Step) -> Iterator[SpooledOrder]:
    """Yield the orders of a round, and fail those that fit into none."""
    for order in spool.open_orders():
        try:
            if catalogue.take(order):
                yield order
        except OrderRefusedError as error:
            spool.fail(order.order_id, str(error))
            step()


async def _placeable(
    catalogue: Catalogue, spool: Spool, orders: Sequence[SpooledOrder], step: Step
) -> dict[str, SpooledOrder]:
    """Prepare the catalogue; return the orders that it has not refused, by reference."""
    await catalogue.prepare(orders, spool.name_of)
    placeable = {order.wanted.reference: order for order in orders}
    for order in orders:
        try:
            catalogue.check(order)
        except OrderRefusedError as error:
            spool.fail(order.order_id, str(error))
            del placeable[order.wanted.reference]
            step()
    return placeable


async def _place(
    client: Client,
    spool: Spool,
    placeable: Mapping[str, SpooledOrder],
    concurrency: int,
    step: Step,
) -> None:
    wanted = [order.wanted for order in placeable.values()]
    await add_units(client, units_wanted(wanted))
    for outcome in await place_all(
        client, wanted, Poller(client).follow, concurrency=concurrency, on_final=step
    ):
        order_id = placeable[outcome.wanted.reference].order_id
        if outcome.order:
            spool.record(order_id, outcome.order, is_new=True)
        else:
            spool.fail(order_id, outcome.refusal)


def _batches(orders: Iterator[SpooledOrder]) -> Iterator[list[SpooledOrder]]:
    """Yield orders in lists of at least BATCH_LINES lines, but for the last."""
    batch: list[SpooledOrder] = []
    line_count = 0
    for order in orders:
        batch.append(order)
        line_count += len(order.wanted.lines)
        if line_count >= BATCH_LINES:
            yield batch
            batch, line_count = [], 0
    if batch:
        yield batch


def _is_same(placed: PlacedOrder, wanted: WantedOrder) -> bool:
    return placed.currency == wanted.currency and list(placed.lines) == list(wanted.lines)

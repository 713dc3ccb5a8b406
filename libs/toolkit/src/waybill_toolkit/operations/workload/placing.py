"""Places orders concurrently, and follows each until it is final."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from waybill_toolkit.operations.workload.client import Client, Order, WantedOrder
from waybill_toolkit.operations.workload.service import RefusedError
from waybill_toolkit.operations.workload.tasks import for_each

CONCURRENCY: Final = 16

Follow: TypeAlias = Callable[[Order], Awaitable[Order]]
"""Returns an order when it is final, or its last state after a timeout."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an order; `order` is None when it was refused."""

    wanted: WantedOrder
    order: Order | None
    is_new: bool
    refusal: str = ""
    accept_seconds: float | None = None
    confirm_seconds: float | None = None


async def place_all(
    client: Client,
    orders: Iterable[WantedOrder],
    follow: Follow,
    *,
    concurrency: int = CONCURRENCY,
    known: Mapping[str, Order] | None = None,
    on_final: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """Place orders concurrently, follow each until it is final, and return all outcomes.

    Orders in `known`, by reference, are only followed. Raises UnreachableError.
    """
    outcomes: list[Outcome] = []

    async def place(wanted: WantedOrder) -> None:
        order = known.get(wanted.reference) if known else None
        if order:
            outcomes.append(Outcome(wanted, await follow(order), is_new=False))
        else:
            outcomes.append(await _place(client, wanted, follow))
        on_final()

    await for_each(orders, place, concurrency)
    return outcomes


async def _place(client: Client, wanted: WantedOrder, follow: Follow) -> Outcome:
    began = time.monotonic()
    try:
        order = await client.place_order(wanted)
    except RefusedError as error:
        return Outcome(wanted, None, is_new=False, refusal=str(error))
    accepted = time.monotonic()
    order = await follow(order)
    return Outcome(
        wanted,
        order,
        is_new=True,
        accept_seconds=accepted - began,
        confirm_seconds=time.monotonic() - began if order.status == "confirmed" else None,
    )

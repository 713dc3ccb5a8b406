"""Handles the commands that inventory receives from orders, in batches."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final, assert_never
from uuid import UUID

from pydantic import MISSING
from typing_extensions import override

from inventory.contract import events, received, sent
from inventory.contract.events import send
from inventory.domain import Request, Reservation, Status
from inventory.metrics import count
from inventory.stock import Stock
from waybill.clock import Clock
from waybill.events import Event
from waybill.postgres import Transaction

_GRANTED: Final = ("reserved", "committed")


class EventHandlers(events.EventHandlers):
    """Answers each command with an event, also a repeated one."""

    def __init__(self, stock: Stock, clock: Clock, reservation_time: timedelta) -> None:
        self._stock = stock
        self._clock = clock
        self._reservation_time = reservation_time

    @override
    async def reserve_stock(
        self, tx: Transaction, events: Sequence[Event[received.ReserveStock]]
    ) -> None:
        now = self._clock.now()
        requests = [_request(event.data) for event in events]
        expires_at = now + self._reservation_time
        after = await self._stock.reserve(tx, requests, now=now, expires_at=expires_at)
        for event in events:
            send(tx, _reserved(after[event.data.order_id]), cause=event)
        granted = sum(each.status in _GRANTED for each in after.values())
        tx.after_commit(partial(count, reserved=granted, refused=len(after) - granted))

    @override
    async def commit_stock(
        self, tx: Transaction, events: Sequence[Event[received.CommitStock]]
    ) -> None:
        order_ids = [event.data.order_id for event in events]
        after = await self._stock.commit(tx, order_ids, now=self._clock.now())
        for event in events:
            order_id = event.data.order_id
            send(tx, _committed(order_id, after.get(order_id)), cause=event)
        committed = sum(status == "committed" for status in after.values())
        refused = len(set(order_ids)) - committed
        tx.after_commit(partial(count, committed=committed, commit_refused=refused))

    @override
    async def release_stock(
        self, tx: Transaction, events: Sequence[Event[received.ReleaseStock]]
    ) -> None:
        order_ids = [event.data.order_id for event in events]
        await self._stock.release(tx, order_ids, now=self._clock.now())
        for event in events:
            send(tx, sent.StockReleased(order_id=event.data.order_id), cause=event)
        tx.after_commit(partial(count, released=len(events)))


def _request(wanted: received.ReserveStock) -> Request:
    lines = ((line.sku, line.quantity) for line in wanted.lines)
    customer_ref = None if wanted.customer_ref is MISSING else wanted.customer_ref
    return Request.of(wanted.order_id, lines, customer_ref)


def _reserved(reservation: Reservation) -> sent.StockReserved | sent.StockRefused:
    match reservation.status:
        case "reserved" | "committed":
            return sent.StockReserved(
                order_id=reservation.order_id, expires_at=reservation.expires_at
            )
        case "refused" | "released" | "expired":
            return sent.StockRefused(
                order_id=reservation.order_id,
                shortages=[
                    sent.Shortage(sku=each.sku, wanted=each.wanted, on_hand=each.on_hand)
                    for each in reservation.shortages
                ],
            )
        case never:
            assert_never(never)


def _committed(order_id: UUID, status: Status | None) -> sent.StockCommitted | sent.CommitRefused:
    match status:
        case "committed":
            return sent.StockCommitted(order_id=order_id)
        case "expired" | "released" | "refused":
            reason = sent.CommitRefusedStatus(status)
            return sent.CommitRefused(order_id=order_id, status=reason)
        case "reserved" | None:
            reason = sent.CommitRefusedStatus.UNKNOWN
            return sent.CommitRefused(order_id=order_id, status=reason)
        case never:
            assert_never(never)

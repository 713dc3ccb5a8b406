"""Measures orders; see `metrics`. Each call is for what is committed."""

from collections.abc import Sequence
from datetime import datetime

from orders.contract.models import OrderStatus
from orders.domain import Order
from orders.metrics import CONFIRMED_VALUE, PLACED, PLACED_VALUE, SETTLED, SETTLED_SECONDS
from orders.store import StatusChange

_SETTLED = (OrderStatus.CONFIRMED, OrderStatus.REJECTED, OrderStatus.CANCELLED)


def count_placed(orders: Sequence[Order]) -> None:
    """Count accepted orders."""
    for order in orders:
        PLACED.labels(order.currency).inc()
        PLACED_VALUE.labels(order.currency).inc(order.total_minor)


def count_settled(changes: Sequence[tuple[Order, StatusChange]], now: datetime) -> None:
    """Count orders whose status has changed to an outcome, and measure how long it took."""
    for order, change in changes:
        if change.status not in _SETTLED:
            continue
        reason = change.rejection.code if change.rejection else "none"
        SETTLED.labels(change.status, reason).inc()
        seconds = max(0.0, (now - order.placed_at).total_seconds())
        SETTLED_SECONDS.labels(change.status).observe(seconds)
        if change.status is OrderStatus.CONFIRMED:
            CONFIRMED_VALUE.labels(order.currency).inc(order.total_minor)

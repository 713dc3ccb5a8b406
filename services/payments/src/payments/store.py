"""Writes of the payments service. The number of statements does not grow with the batch.

Each statement locks payments in the order of their ids, so two statements cannot deadlock. Two
transactions of several statements can. PostgreSQL then aborts one of them, and its caller retries
it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from payments.announce import announce
from payments.claims import Claims
from payments.contract.models import DeclineCode
from payments.contract.models import PaymentStatus as Status
from payments.domain import Payment, Step
from payments.ledger import Account, PostedOperation
from waybill.ids import uuid7
from waybill.postgres import Connection, Transaction
from waybill.postgres.rows import Rows


class _EntryRow(NamedTuple):
    entry_id: UUID
    payment_id: UUID
    operation: PostedOperation
    account: Account
    amount_minor: int
    currency: str


class _ChangeRow(NamedTuple):
    """The changed columns of a payment, and the expected state before the change."""

    payment_id: UUID
    status: Status
    captured_minor: int
    refunded_minor: int
    decline_code: DeclineCode | None
    provider_reference: str | None
    sealed_token: str | None
    reverse_wanted: bool
    attempts: int
    due_at: datetime | None
    traceparent: str
    actor: str | None
    status_before: Status
    attempts_before: int
    reverse_wanted_before: bool


_PAYMENTS: Final = Rows(Payment)
_CHANGES: Final = Rows(_ChangeRow)
_ENTRIES: Final = Rows(_EntryRow)

_DUE: Final = "payments_due"
_INSERT: Final = _PAYMENTS.write("""
    insert into payments ({columns}, created_at, updated_at)
    select {columns}, $1, $1 from {rows} as opened ({columns})
    order by order_id
""")
_KNOWN: Final = "select order_id from payments where order_id = any($1)"
_LOCK: Final = _PAYMENTS.statement("""
    select {columns} from payments where payment_id = any($1) order by payment_id for update
""")
_LOCK_BY_ORDER: Final = _PAYMENTS.statement("""
    select {columns} from payments where order_id = any($1) order by payment_id for update
""")
_CLAIM: Final = _PAYMENTS.statement("""
    update payments set due_at = $1::timestamptz + $2::interval, attempts = attempts + 1
    where payment_id = any(array(
        select payment_id from payments where due_at <= $1
        order by due_at limit $3 for update skip locked
    ))
    returning {columns}
""")
_UPDATE: Final = _CHANGES.write("""
    update payments set status = case
            when payments.status = step.status_before
                and payments.attempts = step.attempts_before
                and payments.reverse_wanted = step.reverse_wanted_before
            then step.status
        end, captured_minor = step.captured_minor,
        refunded_minor = step.refunded_minor, decline_code = step.decline_code,
        provider_reference = step.provider_reference, sealed_token = step.sealed_token,
        reverse_wanted = step.reverse_wanted, attempts = step.attempts, due_at = step.due_at,
        traceparent = step.traceparent, actor = step.actor,
        updated_at = case when payments.status = step.status then payments.updated_at else $1 end
    from {rows} as step ({columns})
    where payments.payment_id = step.payment_id
""")
_POST: Final = _ENTRIES.write("""
    insert into ledger_entries ({columns}, at) select {columns}, $1 from {rows} as new ({columns})
""")


async def insert_opened(
    tx: Transaction, steps: Sequence[Step], now: datetime, claims: Claims
) -> set[UUID]:
    """Insert new payments and publish their facts; returns the orders that had no payment.

    An optimistic transaction assumes that no order has one. Raises ConcurrencyConflictError if
    another transaction has inserted a payment of a returned order.
    """
    by_order: dict[UUID, Step] = {}
    for step in steps:
        by_order.setdefault(step.payment.order_id, step)
    for row in [] if tx.optimistic else await tx.fetch_outside(_KNOWN, list(by_order)):
        del by_order[row["order_id"]]
    opened = list(by_order.values())
    payments = [claims.claim(step.payment) for step in opened]
    await tx.enqueue(*_INSERT.bind(payments, now), claims="payments_order_id_key")
    claims.written(payments)
    announce(tx, opened)
    return set(by_order)


async def lock(tx: Transaction, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """Lock payments until the transaction ends; returns them by id."""
    rows = await tx.fetch(_LOCK, payment_ids)
    return {row["payment_id"]: _payment(row) for row in rows}


async def lock_by_order(tx: Transaction, order_ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """Lock the payments of orders until the transaction ends; returns them by order."""
    rows = await tx.fetch(_LOCK_BY_ORDER, order_ids)
    return {row["order_id"]: _payment(row) for row in rows}


async def claim(
    connection: Connection, now: datetime, lease: timedelta, limit: int
) -> list[Payment]:
    """Claim payments whose call is due, for the duration of the lease.

    The attempt is counted before the call. Outside of a transaction it is committed immediately.
    """
    return [_payment(row) for row in await connection.fetch(_CLAIM, now, lease, limit)]


async def listen_for_due(connection: Connection, notify: Callable[[], None]) -> None:
    """Call `notify` when calls have become due, until the connection is closed."""
    await connection.listen(_DUE, notify)


async def notify_due(tx: Transaction, _due: Sequence[Payment]) -> None:
    """Notify the workers of due calls when this transaction commits.

    PostgreSQL serializes commits that notify, so this is called once for a batch.
    """
    await tx.execute("select pg_notify($1, '')", _DUE)


async def save(
    tx: Transaction,
    before: Iterable[Payment],
    steps: Sequence[Step],
    now: datetime,
    claims: Claims,
) -> None:
    """Write the new states of payments, post to the ledger and publish the facts.

    The payments are locked or, if optimistic, expected to be in the state `before`. Raises
    ConcurrencyConflictError if one of them has changed.
    """
    if not steps:
        return
    # Sorted: an optimistic transaction takes its row locks here, in the common lock order.
    by_id = {step.payment.payment_id: step.payment for step in steps}
    latest = [claims.claim(by_id[payment_id]) for payment_id in sorted(by_id)]
    previous = {payment.payment_id: payment for payment in before}
    changes = [_change(payment, previous[payment.payment_id]) for payment in latest]
    await tx.enqueue(*_UPDATE.bind(changes, now), guards="payments.status")
    claims.written(latest)
    await _post(tx, steps, now)
    announce(tx, steps)


def _change(payment: Payment, before: Payment) -> _ChangeRow:
    return _ChangeRow(
        payment_id=payment.payment_id,
        status=payment.status,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        decline_code=payment.decline_code,
        provider_reference=payment.provider_reference,
        sealed_token=payment.sealed_token,
        reverse_wanted=payment.reverse_wanted,
        attempts=payment.attempts,
        due_at=payment.due_at,
        traceparent=payment.traceparent,
        actor=payment.actor,
        status_before=before.status,
        attempts_before=before.attempts,
        reverse_wanted_before=before.reverse_wanted,
    )


async def _post(tx: Transaction, steps: Sequence[Step], now: datetime) -> None:
    entries = [
        _EntryRow(
            entry_id=uuid7(),
            payment_id=step.payment.payment_id,
            operation=entry.operation,
            account=entry.account,
            amount_minor=entry.amount_minor,
            currency=entry.currency,
        )
        for step in steps
        for entry in step.entries
    ]
    if entries:
        await tx.enqueue(*_POST.bind(entries, now))


def _payment(row: asyncpg.Record) -> Payment:
    return Payment(**_PAYMENTS.read(row))

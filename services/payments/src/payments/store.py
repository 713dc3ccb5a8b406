"""Writes of the payments service. The number of statements does not grow with the batch.

Each statement locks payments in the order of their ids, so two of them never wait for each other in
a circle. Two transactions of several such statements may; PostgreSQL then ends one of them, and
whoever runs it does it again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from payments.announce import announce
from payments.claims import Claims
from payments.contract.models import DeclineCode, PaymentStatus
from payments.domain import Payment, Step
from waybill.ids import uuid7
from waybill.postgres.database import Connection, Transaction

_DUE: Final = "payments_due"
_INSERT: Final = """
    insert into payments (payment_id, order_id, status, amount_minor, currency, captured_minor,
        refunded_minor, token, reverse_wanted, attempts, due_at, traceparent,
        created_at, updated_at)
    select payment_id, order_id, status, amount_minor, currency, 0, 0, token, false, attempts,
        due_at, traceparent, $10, $10
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                $7::int[], $8::timestamptz[], $9::text[])
        as opened (payment_id, order_id, status, amount_minor, currency, token, attempts, due_at,
            traceparent)
    order by order_id
"""
_KNOWN: Final = "select order_id from payments where order_id = any($1)"
_LOCK: Final = """
    select payment_id, order_id, status, amount_minor, currency, captured_minor, refunded_minor,
        decline_code, provider_reference, token, reverse_wanted, attempts, due_at, traceparent
    from payments where payment_id = any($1) order by payment_id for update
"""
_LOCK_BY_ORDER: Final = """
    select payment_id, order_id, status, amount_minor, currency, captured_minor, refunded_minor,
        decline_code, provider_reference, token, reverse_wanted, attempts, due_at, traceparent
    from payments where order_id = any($1) order by payment_id for update
"""
_CLAIM: Final = """
    update payments set due_at = $1::timestamptz + $2::interval, attempts = attempts + 1
    where payment_id = any(array(
        select payment_id from payments where due_at <= $1
        order by due_at limit $3 for update skip locked
    ))
    returning payment_id, order_id, status, amount_minor, currency, captured_minor, refunded_minor,
        decline_code, provider_reference, token, reverse_wanted, attempts, due_at, traceparent
"""
_UPDATE: Final = """
    update payments set status = step.status, captured_minor = step.captured_minor,
        refunded_minor = step.refunded_minor, decline_code = step.decline_code,
        provider_reference = step.provider_reference, token = step.token,
        reverse_wanted = step.reverse_wanted, attempts = step.attempts, due_at = step.due_at,
        traceparent = step.traceparent,
        updated_at = case when payments.status = step.status then payments.updated_at else $12 end
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                $7::text[], $8::bool[], $9::int[], $10::timestamptz[], $11::text[])
        as step (payment_id, status, captured_minor, refunded_minor, decline_code,
            provider_reference, token, reverse_wanted, attempts, due_at, traceparent)
    where payments.payment_id = step.payment_id
"""
_POST: Final = """
    insert into ledger_entries (entry_id, payment_id, operation, account, amount_minor, currency,
        at)
    select *, $7
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
"""


async def insert_opened(
    tx: Transaction, steps: Sequence[Step], now: datetime, claims: Claims
) -> set[UUID]:
    """Write new payments and tell what is known of them; returns the orders that had none yet.

    ConcurrencyConflictError when one of those has got one meanwhile.
    """
    by_order: dict[UUID, Step] = {}
    for step in steps:
        by_order.setdefault(step.payment.order_id, step)
    for row in await tx.fetch_outside(_KNOWN, list(by_order)):
        del by_order[row["order_id"]]
    opened = list(by_order.values())
    payments = [claims.claim(step.payment) for step in opened]
    await tx.enqueue(
        _INSERT,
        [payment.payment_id for payment in payments],
        [payment.order_id for payment in payments],
        [payment.status for payment in payments],
        [payment.amount_minor for payment in payments],
        [payment.currency for payment in payments],
        [payment.token for payment in payments],
        [payment.attempts for payment in payments],
        [payment.due_at for payment in payments],
        [payment.traceparent for payment in payments],
        now,
        claims="payments_order_id_key",
    )
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
    """Take payments whose call is due, so that nobody else takes them until the lease ends.

    The attempt is counted before it is made: committed at once, when this is no transaction.
    """
    return [_payment(row) for row in await connection.fetch(_CLAIM, now, lease, limit)]


async def listen_for_due(connection: Connection, heard: Callable[[], None]) -> None:
    """Call `heard` when calls have come due, as long as the connection lasts."""
    await connection.listen(_DUE, heard)


async def notify_due(tx: Transaction, _due: Sequence[Payment]) -> None:
    """Tell the workers, when this transaction is committed, that calls have come due.

    Commits that notify happen one at a time, so this is for whole batches.
    """
    await tx.execute("select pg_notify($1, '')", _DUE)


async def save(tx: Transaction, steps: Sequence[Step], now: datetime, claims: Claims) -> None:
    """Write what became of locked payments, post it to the ledger, and tell it."""
    if not steps:
        return
    by_id = {step.payment.payment_id: step.payment for step in steps}
    latest = [claims.claim(payment) for payment in by_id.values()]
    await tx.enqueue(
        _UPDATE,
        [payment.payment_id for payment in latest],
        [payment.status for payment in latest],
        [payment.captured_minor for payment in latest],
        [payment.refunded_minor for payment in latest],
        [payment.decline_code for payment in latest],
        [payment.provider_reference for payment in latest],
        [payment.token for payment in latest],
        [payment.reverse_wanted for payment in latest],
        [payment.attempts for payment in latest],
        [payment.due_at for payment in latest],
        [payment.traceparent for payment in latest],
        now,
    )
    claims.written(latest)
    await _post(tx, steps, now)
    announce(tx, steps)


async def _post(tx: Transaction, steps: Sequence[Step], now: datetime) -> None:
    entries = [(step.payment.payment_id, entry) for step in steps for entry in step.entries]
    if not entries:
        return
    await tx.enqueue(
        _POST,
        [uuid7() for _ in entries],
        [payment_id for payment_id, _ in entries],
        [entry.operation for _, entry in entries],
        [entry.account for _, entry in entries],
        [entry.amount_minor for _, entry in entries],
        [entry.currency for _, entry in entries],
        now,
    )


def _payment(row: asyncpg.Record) -> Payment:
    code = row["decline_code"]
    return Payment(
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        status=PaymentStatus(row["status"]),
        token=row["token"],
        decline_code=None if code is None else DeclineCode(code),
        captured_minor=row["captured_minor"],
        refunded_minor=row["refunded_minor"],
        provider_reference=row["provider_reference"],
        reverse_wanted=row["reverse_wanted"],
        attempts=row["attempts"],
        due_at=row["due_at"],
        traceparent=row["traceparent"],
    )

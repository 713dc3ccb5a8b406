"""Reads payments as the contract represents them, without the token."""

from typing import Final
from uuid import UUID

import asyncpg
from pydantic import MISSING

from payments.contract.models import DeclineCode, Payment, PaymentStatus
from payments.contract.shared import Money
from waybill.http import Owner
from waybill.postgres import Connection

_PAYMENTS: Final = """
    select payment_id, order_id, customer_ref, status, decline_code, amount_minor, currency,
        captured_minor, refunded_minor, provider_reference, created_at, updated_at
    from payments
"""
_OWN: Final = " and ($2::text is null or customer_ref = $2)"
_GET: Final = _PAYMENTS + "where payment_id = $1" + _OWN
_GET_BY_ORDER: Final = _PAYMENTS + "where order_id = $1" + _OWN
_LIST: Final = _PAYMENTS + "where payment_id < $1" + _OWN + " order by payment_id desc limit $3"

_BEFORE_THE_FIRST: Final = UUID(int=2**128 - 1)
"""Greater than any id: the cursor of the first page."""


async def get_payment(connection: Connection, payment_id: UUID, owner: Owner) -> Payment | None:
    row = await connection.fetchrow(_GET, payment_id, owner.ref)
    return None if row is None else _payment(row)


async def get_payment_of_order(
    connection: Connection, order_id: UUID, customer_ref: str | None
) -> Payment | None:
    row = await connection.fetchrow(_GET_BY_ORDER, order_id, customer_ref)
    return None if row is None else _payment(row)


async def list_payments(
    connection: Connection, after: UUID | None, customer_ref: str | None, limit: int
) -> list[Payment]:
    """Return the payments after `after`, newest first (the ids are ordered by time)."""
    before = _BEFORE_THE_FIRST if after is None else after
    rows = await connection.fetch(_LIST, before, customer_ref, limit)
    return [_payment(row) for row in rows]


def _payment(row: asyncpg.Record) -> Payment:
    code, reference, currency = row["decline_code"], row["provider_reference"], row["currency"]
    customer_ref = row["customer_ref"]
    return Payment(
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        customer_ref=MISSING if customer_ref is None else customer_ref,
        status=PaymentStatus(row["status"]),
        decline_code=MISSING if code is None else DeclineCode(code),
        amount=Money(amount_minor=row["amount_minor"], currency=currency),
        captured=Money(amount_minor=row["captured_minor"], currency=currency),
        refunded=Money(amount_minor=row["refunded_minor"], currency=currency),
        provider_reference=MISSING if reference is None else reference,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )

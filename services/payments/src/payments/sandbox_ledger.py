"""The ledger of the sandbox: operations by idempotency key, committed before the response.

Calls that arrive while a statement runs share the next statement (group commit), so hundreds of
calls a second need few commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from payments.contract.models import DeclineCode
from payments.domain import Operation
from waybill.group_commit import GroupCommit
from waybill.postgres import Database
from waybill.postgres.rows import Rows


class _ChargeRow(NamedTuple):
    idempotency_key: str
    operation: Operation
    payment_id: UUID
    reference: str
    amount_minor: int
    currency: str
    decline_code: DeclineCode | None


_CHARGES: Final = Rows(_ChargeRow)

# A capture requires an authorization of the same amount and no void; a void requires the same and
# no capture; a refund requires a capture. A charge that is missing from the result was refused.
# The CTE is materialized: without it PostgreSQL may scan the whole table for each row.
_ENTER: Final = _CHARGES.write("""
    with known as materialized (
        select payment_id, operation, amount_minor, currency
        from sandbox.charges where payment_id = any($1) and outcome = 'approved'
    )
    insert into sandbox.charges (idempotency_key, operation, payment_id, reference, amount_minor,
        currency, outcome, decline_code, attempts, at)
    select idempotency_key, operation, payment_id, reference, amount_minor, currency,
        case when decline_code is null then 'approved' else 'declined' end, decline_code, 1, now()
    from {rows} as wanted ({columns})
    where operation = 'authorize'
        or exists (
            select from known as before
            where before.payment_id = wanted.payment_id
                and before.operation =
                    case wanted.operation when 'refund' then 'capture' else 'authorize' end
                and before.amount_minor = wanted.amount_minor
                and before.currency = wanted.currency)
        and not exists (
            select from known as other
            where other.payment_id = wanted.payment_id
                and other.operation =
                    case wanted.operation when 'capture' then 'void' when 'void' then 'capture' end)
    order by idempotency_key
    on conflict (idempotency_key) do update set attempts = charges.attempts + 1
    returning idempotency_key, reference, decline_code, attempts
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A charge to enter, unless its key has an entry."""

    idempotency_key: str
    operation: Operation
    payment_id: UUID
    amount_minor: int
    currency: str
    decline_code: DeclineCode | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry of the ledger; `attempts` counts the calls with its key."""

    reference: str
    decline_code: DeclineCode | None
    attempts: int


class SandboxLedger:
    """Enters charges, each key once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group_commit = GroupCommit(self._write)

    async def enter(self, charge: Charge) -> Entered | None:
        """Enter a charge or return the entry of its key; None if the charge is not possible.

        Raises DatabaseUnavailableError; the outcome is then unknown.
        """
        return await self._group_commit.do(charge)

    async def _write(self, requested: Sequence[Charge]) -> list[Entered | None]:
        by_key = {charge.idempotency_key: charge for charge in requested}
        charges = [
            _ChargeRow(
                idempotency_key=charge.idempotency_key,
                operation=charge.operation,
                payment_id=charge.payment_id,
                reference=f"sandbox-{charge.idempotency_key}",
                amount_minor=charge.amount_minor,
                currency=charge.currency,
                decline_code=charge.decline_code,
            )
            for charge in by_key.values()
        ]
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                *_ENTER.bind(charges, [each.payment_id for each in charges])
            )
        entered = {row["idempotency_key"]: _entered(row) for row in rows}
        return [entered.get(charge.idempotency_key) for charge in requested]


def _entered(row: asyncpg.Record) -> Entered:
    code = row["decline_code"]
    return Entered(row["reference"], None if code is None else DeclineCode(code), row["attempts"])

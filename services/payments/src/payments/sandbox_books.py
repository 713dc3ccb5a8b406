"""The books of the sandbox: what it did, under which idempotency key, on disk before it answers.

Calls that come while a statement runs are taken together into the next one, so that hundreds of
calls a second need few commits: the first of those that wait writes for all of them. (Databases
call it group commit.)
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from payments.contract.models import DeclineCode
from payments.domain import Operation
from waybill.database import Database
from waybill.ids import uuid7

# A capture or void needs an authorization of the same amount, and not the other of the two; a
# refund needs a capture. What is missing from the rows returned was refused.
_ENTER: Final = """
    insert into sandbox.charges (idempotency_key, operation, payment_id, reference, amount_minor,
        currency, outcome, decline_code, attempts, at)
    select idempotency_key, operation, payment_id, reference, amount_minor, currency,
        case when decline_code is null then 'approved' else 'declined' end, decline_code, 1, now()
    from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[],
                $7::text[])
        as wanted (idempotency_key, operation, payment_id, reference, amount_minor, currency,
            decline_code)
    where operation = 'authorize'
        or exists (
            select from sandbox.charges as before
            where before.payment_id = wanted.payment_id
                and before.operation =
                    case wanted.operation when 'refund' then 'capture' else 'authorize' end
                and before.outcome = 'approved'
                and before.amount_minor = wanted.amount_minor
                and before.currency = wanted.currency)
        and not exists (
            select from sandbox.charges as other
            where other.payment_id = wanted.payment_id
                and other.operation =
                    case wanted.operation when 'capture' then 'void' when 'void' then 'capture' end)
    order by idempotency_key
    on conflict (idempotency_key) do update set attempts = charges.attempts + 1
    returning idempotency_key, reference, decline_code, attempts
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is to be entered, unless there is an entry under the key already."""

    idempotency_key: str
    operation: Operation
    payment_id: UUID
    amount_minor: int
    currency: str
    decline_code: DeclineCode | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """What is in the books; `attempts` counts how often it was asked for."""

    reference: str
    decline_code: DeclineCode | None
    attempts: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    charge: Charge
    entered: asyncio.Future[Entered | None]


_Batch: TypeAlias = dict[str, _Waiting]


class Books:
    """Enters charges, each key once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: _Batch = {}
        self._turn = asyncio.Lock()

    async def enter(self, charge: Charge) -> Entered | None:
        """Enter a charge, or find the entry of its key; None when no such charge can be made.

        Raises DatabaseUnavailableError; whether it was entered is then not known.
        """
        fresh = _Waiting(charge, asyncio.get_running_loop().create_future())
        mine = self._waiting.setdefault(charge.idempotency_key, fresh)
        async with self._turn:
            if not mine.entered.done():
                await self._enter_waiting()
        return mine.entered.result()

    async def _enter_waiting(self) -> None:
        batch, self._waiting = self._waiting, {}
        try:
            entered = await self._write([waiting.charge for waiting in batch.values()])
        except asyncio.CancelledError:
            self._waiting = {**batch, **self._waiting}  # the next of them writes for the others
            raise
        except Exception as error:  # noqa: BLE001 (each caller gets it)
            _fail(batch, error)
            return
        for key, waiting in batch.items():
            waiting.entered.set_result(entered.get(key))

    async def _write(self, charges: Sequence[Charge]) -> dict[str, Entered]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                _ENTER,
                [charge.idempotency_key for charge in charges],
                [charge.operation for charge in charges],
                [charge.payment_id for charge in charges],
                [f"sandbox-{uuid7().hex}" for _ in charges],
                [charge.amount_minor for charge in charges],
                [charge.currency for charge in charges],
                [charge.decline_code for charge in charges],
            )
        return {
            row["idempotency_key"]: Entered(
                row["reference"],
                None if row["decline_code"] is None else DeclineCode(row["decline_code"]),
                row["attempts"],
            )
            for row in rows
        }


def _fail(batch: _Batch, error: Exception) -> None:
    for waiting in batch.values():
        waiting.entered.set_exception(error)
        waiting.entered.exception()  # seen: a caller that has gone away does not fetch it

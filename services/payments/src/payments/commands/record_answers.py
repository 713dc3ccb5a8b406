"""Record what the provider answered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from payments import store
from payments.claims import Claims
from payments.domain import Operation, Payment, Step, approve, call_again, decline
from payments.provider import Approved, Declined
from waybill.postgres.database import Transaction

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallAgain:
    """The outcome is not known; the call is to be made again at `due_at`."""

    due_at: datetime


Answer: TypeAlias = Approved | Declined | CallAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that was made: which attempt at which operation on which payment, and its answer."""

    payment_id: UUID
    operation: Operation
    attempt: int
    answer: Answer


async def record_answers(
    tx: Transaction, calls: Sequence[Call], now: datetime, claims: Claims
) -> None:
    """Move the payments on; of some the next operation is due at once.

    An answer that another worker recorded already changes nothing.
    """
    payments = await store.lock(tx, [call.payment_id for call in calls])
    steps: list[Step] = []
    for call in calls:
        step = _step(payments[call.payment_id], call, now)
        if step is None:
            _log.info("answer was recorded before", extra={"payment_id": call.payment_id})
            continue
        payments[call.payment_id] = step.payment
        steps.append(step)
    await store.save(tx, steps, now, claims)


def _step(payment: Payment, call: Call, now: datetime) -> Step | None:
    match call.answer:
        case Approved(reference):
            return approve(payment, call.operation, reference, now)
        case Declined(code):
            return decline(payment, code)
        case CallAgain(due_at):
            return call_again(payment, call.operation, call.attempt, due_at)

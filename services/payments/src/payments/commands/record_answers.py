"""Record the responses of the provider."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

from payments import store
from payments.claims import Claims
from payments.domain import Operation, Payment, Step, approve, call_again, decline
from payments.memory import Memory
from payments.metrics import AMOUNTS, DECLINED, PAYMENTS
from payments.provider import Approved, Declined
from waybill.postgres import Transaction

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallAgain:
    """The outcome is unknown; the call is retried at `due_at`."""

    due_at: datetime


Answer: TypeAlias = Approved | Declined | CallAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for a payment, the payment as it was claimed, and the answer."""

    payment: Payment
    operation: Operation
    answer: Answer


async def record_answers(
    tx: Transaction, calls: Sequence[Call], now: datetime, claims: Claims, memory: Memory
) -> None:
    """Apply the answers to the payments. For some, the next operation is due immediately.

    An answer that another worker has recorded changes nothing. An optimistic transaction assumes
    that the payments are as they were claimed.
    """
    payments = {call.payment.payment_id: call.payment for call in calls}
    if not tx.optimistic or len(payments) < len(calls):
        payments = await store.lock(tx, list(payments))
    before = list(payments.values())
    steps: list[Step] = []
    recorded: list[Call] = []
    for call in calls:
        payment_id = call.payment.payment_id
        step = _step(payments[payment_id], call, now)
        if step is None:
            _log.info("answer already recorded by another worker", extra={"payment_id": payment_id})
            continue
        payments[payment_id] = step.payment
        steps.append(step)
        recorded.append(call)
    await store.save(tx, before, steps, now, claims)
    memory.keep(tx, payments.values())
    tx.after_commit(partial(_count, recorded))


def _count(calls: Sequence[Call]) -> None:
    for each in calls:
        match each.answer:
            case Approved():
                PAYMENTS.labels(each.operation, "done").inc()
                amounts = AMOUNTS.labels(each.operation, each.payment.currency)
                amounts.inc(each.payment.amount_minor)
            case Declined(code):
                PAYMENTS.labels(each.operation, "declined").inc()
                DECLINED.labels(code).inc()
            case CallAgain():
                pass


def _step(payment: Payment, call: Call, now: datetime) -> Step | None:
    match call.answer:
        case Approved(reference):
            return approve(payment, call.operation, reference, now)
        case Declined(code):
            return decline(payment, code)
        case CallAgain(due_at):
            return call_again(payment, call.operation, call.payment.attempts, due_at)

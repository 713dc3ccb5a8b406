"""Planted bugs of the services."""

from typing import Final

from waybill_simulation.planting import Edit, Mutant

SERVICES: Final = (
    Mutant(
        "remembered-reservation-not-checked",
        "units are sold although their reservation has expired",
        Edit(
            "inventory.optimistic",
            "set status = case when reservations.status = 'reserved' then 'committed' end,",
            "set status = 'committed',",
        ),
    ),
    Mutant(
        "stock-not-checked",
        "units are reserved that are not on hand",
        Edit(
            "inventory.optimistic",
            "when on_hand >= taken.units then on_hand - taken.units",
            "when on_hand >= taken.units then on_hand - taken.units else on_hand",
        ),
    ),
    Mutant(
        "compensation-forgotten",
        "a saga that compensates does not release the stock",
        Edit(
            "orders.saga",
            """
            deadline=ANSWER_WITHIN,
            compensation=_RELEASE,
            """,
            "deadline=ANSWER_WITHIN,",
        ),
    ),
    Mutant(
        "actor-of-another-request",
        "the events of all orders of a batch have the actor of its first request",
        Edit(
            "orders.commands.place_orders",
            "send(tx, _placed(each), request)",
            "send(tx, _placed(each), accepted[0][1])",
        ),
    ),
    Mutant(
        "actor-of-the-first-command",
        "a payment that is reversed reports the actor who placed the order",
        Edit(
            "payments.commands.reverse_payments",
            "payment = payments[order_id].caused_by(command.traceparent, command.actor)",
            """
            payment = payments[order_id]
            payment = payment.caused_by(command.traceparent, payment.actor)
            """,
        ),
    ),
    Mutant(
        "timer-fired-twice",
        "a retried call to the payment provider has a new idempotency key",
        Edit(
            "payments.calls",
            "key = idempotency_key(payment.payment_id, operation)",
            'key = f"{idempotency_key(payment.payment_id, operation)}:{payment.attempts}"',
        ),
    ),
    Mutant(
        "stock-without-book",
        "reservations are changed without the lock of the stock book",
        Edit(
            "inventory.store",
            "await tx.execute(_LOCK_BOOK)",
            "pass",
        ),
    ),
    Mutant(
        "expired-reservation-sold",
        "an expired reservation is committed",
        Edit(
            "inventory.domain",
            'return "committed" if status == "reserved" else status',
            'return "committed" if status in ("reserved", "expired") else status',
        ),
    ),
    Mutant(
        "sold-units-not-released",
        "a cancelled order keeps units that were committed",
        Edit(
            "inventory.domain",
            'return "released" if status in ("reserved", "committed") else status',
            'return "released" if status == "reserved" else status',
        ),
    ),
    Mutant(
        "void-reported-too-early",
        "a payment is reported as voided before the payment provider has confirmed it",
        Edit(
            "payments.domain",
            """
            case Status.AUTHORIZED:
                return _begin(payment, Status.VOIDING, now)
            """,
            """
            case Status.AUTHORIZED:
                return _settle(payment, Status.VOIDED, Fact.VOIDED)
            """,
        ),
    ),
)

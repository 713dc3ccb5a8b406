"""Invariants in the database of payments, and between it and the ledger of the sandbox.

The sandbox writes its ledger on its own connections before payments records the response. So a
snapshot may have a charge whose payment is still in progress, never the reverse. Payments in
progress are not compared.
"""

from typing import Final

from waybill_toolkit.operations.audit.invariant import Invariant

PAYMENTS: Final = (
    Invariant(
        name="payment-is-within-its-amount",
        meaning="No payment has more captured than authorized, or more refunded than captured.",
        where="payments",
        sql="""
            select order_id, payment_id, status, amount_minor, captured_minor, refunded_minor
            from payments
            where captured_minor not between 0 and amount_minor
                or refunded_minor not between 0 and captured_minor
        """,
    ),
    Invariant(
        name="ledger-balances",
        meaning="The entries of every posting sum to zero.",
        where="payments",
        sql="""
            select payment_id, operation, currency, sum(amount_minor) as sum_minor
            from ledger_entries
            group by payment_id, operation, currency
            having sum(amount_minor) <> 0
        """,
    ),
    Invariant(
        name="ledger-follows-payments",
        meaning="The ledger has the captures and refunds of all payments, and nothing else.",
        where="payments",
        sql="""
            with posted as (
                select payment_id, currency,
                    coalesce(sum(amount_minor) filter (where operation = 'capture'), 0) as captured,
                    coalesce(-sum(amount_minor) filter (where operation = 'refund'), 0) as refunded
                from ledger_entries
                where account = 'provider_balance'
                group by payment_id, currency
            )
            select order_id, payment_id, captured_minor, posted.captured as captured_in_ledger,
                refunded_minor, posted.refunded as refunded_in_ledger
            from payments full join posted using (payment_id, currency)
            where captured_minor is distinct from coalesce(posted.captured, 0)
                or refunded_minor is distinct from coalesce(posted.refunded, 0)
        """,
    ),
    Invariant(
        name="provider-agrees",
        meaning="The provider's ledger matches every payment that is not in progress.",
        where="payments",
        sql="""
            with charged as (
                select payment_id, currency,
                    coalesce(sum(amount_minor) filter (where operation = 'authorize'), 0) as held,
                    coalesce(sum(amount_minor) filter (where operation = 'void'), 0) as voided,
                    coalesce(sum(amount_minor) filter (where operation = 'capture'), 0) as captured,
                    coalesce(sum(amount_minor) filter (where operation = 'refund'), 0) as refunded
                from sandbox.charges
                where outcome = 'approved'
                group by payment_id, currency
            )
            select order_id, payment_id, status, amount_minor,
                charged.held as held_by_provider, charged.voided as voided_by_provider,
                captured_minor, charged.captured as captured_by_provider,
                refunded_minor, charged.refunded as refunded_by_provider
            from payments full join charged using (payment_id, currency)
            where payments.payment_id is null
                or due_at is null and (
                    captured_minor <> coalesce(charged.captured, 0)
                    or refunded_minor <> coalesce(charged.refunded, 0)
                    or coalesce(charged.held - charged.voided, 0) <>
                        case when status in ('authorized', 'captured', 'refunded')
                            then amount_minor else 0 end)
        """,
    ),
    Invariant(
        name="provider-charged-once",
        meaning="The provider executed no operation twice for a payment.",
        where="payments",
        sql="""
            select payment_id, operation, count(*) as times, array_agg(idempotency_key) as keys
            from sandbox.charges
            where outcome = 'approved'
            group by payment_id, operation
            having count(*) > 1
        """,
    ),
)

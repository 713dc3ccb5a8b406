"""Invariants in the database of orders."""

from typing import Final

from waybill_toolkit.operations.audit.invariant import Invariant

ORDERS: Final = (
    Invariant(
        name="order-follows-its-saga",
        meaning="Every order has a saga and a status that matches the state of the saga.",
        where="orders",
        sql="""
            select coalesce(order_id, saga_id) as order_id, status, direction
            from orders full join (select * from sagas where definition = 'place-order') as sagas
                on saga_id = order_id
            where (direction, status) in (
                ('forward', 'placed'), ('forward', 'confirmed'), ('completed', 'confirmed'),
                ('compensating', 'placed'), ('compensated', 'rejected'),
                ('compensating', 'cancelling'), ('compensated', 'cancelled')) is not true
        """,
    ),
    Invariant(
        name="no-order-is-stuck",
        meaning="Every order is final or in progress: the deadline of its saga is not long past.",
        where="orders",
        # A deadline that passed while the server was down is handled soon after its start.
        sql="""
            select saga_id as order_id, direction, position, deadline_at
            from sagas
            where direction in ('forward', 'compensating')
                and coalesce(greatest(deadline_at, pg_postmaster_start_time()), '-infinity')
                    < now() - current_setting('audit.grace')::interval
        """,
    ),
    Invariant(
        name="history-is-whole",
        meaning="Every transition of a saga is in its history, numbered from 1 without a gap.",
        where="orders",
        sql="""
            select saga_id as order_id, transitions, recorded, last_number
            from sagas left join (
                select saga_id, count(*) as recorded, min(number) as first_number,
                    max(number) as last_number
                from saga_transitions group by saga_id) as history using (saga_id)
            where (first_number = 1 and last_number = transitions and recorded = transitions)
                is not true
        """,
    ),
    Invariant(
        name="totals-are-sums",
        meaning="Every order has lines; with shipping they sum to its total and to its tax.",
        where="orders",
        # `paid` contains the tax or not, as the prices do; so net amounts sum up, too.
        sql="""
            select order_id, total_minor, tax_minor,
                paid + shipping_net_minor + shipping_tax_minor
                    + case when prices_include_tax then 0 else tax end as summed_minor,
                tax + shipping_tax_minor as summed_tax_minor
            from orders left join (
                select order_id, sum(quantity * unit_price_minor - discount_minor) as paid,
                    sum(tax_minor) as tax
                from order_lines group by order_id) as summed using (order_id)
            where paid + shipping_net_minor + shipping_tax_minor
                    + case when prices_include_tax then 0 else tax end is distinct from total_minor
                or tax + shipping_tax_minor is distinct from tax_minor
        """,
    ),
    Invariant(
        name="lines-are-within-their-price",
        meaning="No line has a discount or a tax above what is paid, or tax without a rate.",
        where="orders",
        sql="""
            select order_id, line_number, quantity * unit_price_minor as price_minor,
                discount_minor, tax_rate_ppm, order_lines.tax_minor
            from order_lines join orders using (order_id)
            where discount_minor not between 0 and quantity * unit_price_minor
                or order_lines.tax_minor < 0
                or prices_include_tax
                    and order_lines.tax_minor > quantity * unit_price_minor - discount_minor
                or tax_rate_ppm = 0 and order_lines.tax_minor > 0
        """,
    ),
    Invariant(
        name="one-key-one-order",
        meaning="Every order is the stored response of exactly one Idempotency-Key.",
        where="orders",
        # Responses have a retention period: an order older than all of them is not checked. The
        # order and its key are written together, with two clocks that may differ a little.
        sql="""
            with kept as (
                select key, created_at,
                    substring(header from '^/v1/orders/([0-9a-f-]{36})$')::uuid as order_id
                from idempotency_keys, unnest(headers) as header
                where operation = 'place_order' and header like '/v1/orders/%'
            ), answered as (
                select order_id, array_agg(key) as keys from kept group by order_id
            )
            select coalesce(orders.order_id, answered.order_id) as order_id, keys, placed_at
            from orders full join answered using (order_id)
            where orders.order_id is null
                or cardinality(keys) > 1
                or keys is null
                    and placed_at > (select min(created_at) + interval '1 s' from kept)
        """,
    ),
    Invariant(
        name="order-is-announced-once",
        meaning="No order has two events placed, confirmed, rejected or cancelled.",
        where="orders",
        sql="""
            select key as order_id, type, count(*) as times
            from outbox
            where topic = 'orders.order-events.v1'
            group by key, type
            having count(*) > 1
        """,
    ),
)

MOVING: Final = "select count(*) from sagas where direction in ('forward', 'compensating')"

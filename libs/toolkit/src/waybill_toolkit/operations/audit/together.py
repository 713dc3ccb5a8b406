"""Invariants across the databases, checked in the audit's own store.

`settled` has the orders that were final before the other services were read and had the same status
afterwards; `orders` has all orders as they were afterwards. An order never returns to a status that
it has left, so a settled order had its status when the other services were read. Quantities and
total of an order never change and are compared for every order.

An order with lines in several databases has a reservation in each, which change one by one. Until
the order is settled, its reservations are compared when they are older than `grace`.

`promised` has the orders that were confirmed and not captured yet when orders was read first. Their
payments were authorized before that.
"""

from typing import Final

from waybill_toolkit.operations.audit.invariant import TOGETHER, Invariant

TOGETHER_ALL: Final = (
    Invariant(
        name="units-belong-to-an-order",
        meaning="Reserved and sold units are exactly those of an order.",
        where=TOGETHER,
        sql="""
            select order_id, orders.status, holdings.status as reservation,
                orders.units as ordered, holdings.units as held
            from holdings left join orders using (order_id)
            where (orders.order_id is null or orders.units is not holdings.units)
                and (not is_recent or order_id in (select order_id from settled))
        """,
    ),
    Invariant(
        name="confirmed-orders-have-their-units",
        meaning="The units of every confirmed order are sold.",
        where=TOGETHER,
        sql="""
            select order_id, holdings.status as reservation
            from settled left join holdings using (order_id)
            where settled.status = 'confirmed' and holdings.status is not 'committed'
        """,
    ),
    Invariant(
        name="failed-orders-hold-nothing",
        meaning="No rejected or cancelled order has units reserved or sold.",
        where=TOGETHER,
        sql="""
            select order_id, settled.status, holdings.status as reservation, holdings.units as held
            from settled join holdings using (order_id)
            where settled.status <> 'confirmed'
        """,
    ),
    Invariant(
        name="confirmed-orders-are-authorized",
        meaning="Every confirmed order has an authorized or captured payment of its total.",
        where=TOGETHER,
        sql="""
            select order_id, promised.total_minor, promised.currency, paid.status as payment,
                paid.amount_minor, paid.currency as payment_currency
            from promised join orders using (order_id) left join paid using (order_id)
            where orders.status = 'confirmed' and (
                coalesce(paid.status, '') not in ('authorized', 'capturing', 'captured')
                or paid.amount_minor is not promised.total_minor
                or paid.currency is not promised.currency)
        """,
    ),
    Invariant(
        name="prices-come-from-the-catalog",
        meaning="Every price that orders knows is one that the catalog has or had.",
        where=TOGETHER,
        sql="""
            select sku, known_prices.version, known_prices.prices,
                catalog_prices.version as catalog_version, catalog_prices.prices as catalog_prices
            from known_prices left join catalog_prices using (sku)
            where catalog_prices.version is null
                or known_prices.version > catalog_prices.version
                or known_prices.version = catalog_prices.version
                    and known_prices.prices is not catalog_prices.prices
        """,
    ),
    Invariant(
        name="paid-is-what-is-owed",
        meaning="For each settled order captured less refunded is its total, or 0 if it failed.",
        where=TOGETHER,
        sql="""
            select order_id, settled.status, settled.currency,
                case settled.status when 'confirmed' then total_minor else 0 end as owed_minor,
                captured_minor - refunded_minor as paid_minor, paid.status as payment,
                paid.currency as payment_currency
            from settled left join paid using (order_id)
            where case settled.status
                when 'confirmed' then paid.currency is not settled.currency
                    or captured_minor - refunded_minor is not total_minor
                else paid.status = 'authorized' or captured_minor <> refunded_minor end
        """,
    ),
    Invariant(
        name="never-charged-more-than-the-total",
        meaning="No payment exceeds the total of its order, and every payment has an order.",
        where=TOGETHER,
        sql="""
            select order_id, orders.status, orders.currency, total_minor,
                amount_minor, captured_minor, paid.currency as payment_currency
            from paid left join orders using (order_id)
            where (paid.amount_minor > 0 or paid.captured_minor > 0)
                and (orders.order_id is null
                    or paid.currency <> orders.currency
                    or max(paid.amount_minor, paid.captured_minor) > total_minor)
        """,
    ),
)

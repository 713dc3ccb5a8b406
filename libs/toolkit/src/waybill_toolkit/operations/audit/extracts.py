"""The rows that the audit copies into its own database, and in which pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Extract:
    """Copies rows of a service's database (PostgreSQL) into a table of the store (SQLite)."""

    select: str
    insert: str


_PRICES: Final = """
    jsonb_agg(
        jsonb_build_array(currency, amount_minor, valid_from at time zone 'utc',
            valid_until at time zone 'utc')
        order by priced.number) filter (where currency is not null)::text
"""
"""The prices of a SKU in their order, as a text that is the same in both databases."""

FIRST_LOOK: Final[Mapping[str, Sequence[Extract]]] = {
    "orders": (
        Extract(
            select="""
                select order_id::text, status, total_minor, currency
                from orders join sagas on saga_id = order_id
                where direction in ('completed', 'compensated')
            """,
            insert="insert into settled values (?, ?, ?, ?)",
        ),
        Extract(
            select="""
                select order_id::text, total_minor, currency
                from orders join sagas on saga_id = order_id
                where status = 'confirmed' and direction = 'forward'
            """,
            insert="insert into promised values (?, ?, ?)",
        ),
        Extract(
            select=f"""
                select sku, version, {_PRICES}
                from price_lists left join unit_prices as priced using (sku) group by sku
            """,  # noqa: S608 - constants
            insert="insert into known_prices values (?, ?, ?)",
        ),
    ),
    # Read after orders: the version of a price never decreases.
    "catalog": (
        Extract(
            select=f"""
                select sku, version, {_PRICES}
                from variants left join prices as priced using (sku) group by sku
            """,  # noqa: S608 - constants
            insert="insert into catalog_prices values (?, ?, ?)",
        ),
    ),
    "inventory": (
        Extract(
            select="""
                select order_id::text, status,
                    jsonb_object_agg(sku, quantity) filter (where sku is not null),
                    (parts is not null
                        and updated_at > now() - current_setting('audit.grace')::interval)::int
                from reservations left join reservation_lines using (order_id)
                where status in ('reserved', 'committed')
                group by order_id
            """,
            # An order with lines in several databases has a reservation in each of them.
            insert="""
                insert into holdings values (?, ?, ?, ?)
                on conflict (order_id) do update set
                    status = joined_status(status, excluded.status),
                    units = joined_units(units, excluded.units),
                    is_recent = max(is_recent, excluded.is_recent)
            """,
        ),
    ),
    "payments": (
        Extract(
            select="""
                select order_id::text, status, amount_minor, currency, captured_minor,
                    refunded_minor
                from payments
            """,
            insert="insert into paid values (?, ?, ?, ?, ?, ?)",
        ),
    ),
}

SECOND_LOOK: Final[Mapping[str, Sequence[Extract]]] = {
    "orders": (
        Extract(
            select="""
                select order_id::text, status, total_minor, currency, units
                from orders left join (
                    select order_id, jsonb_object_agg(sku, quantity) as units
                    from (
                        select order_id, sku, sum(quantity) as quantity
                        from order_lines group by order_id, sku
                    ) as line
                    group by order_id
                ) as asked using (order_id)
            """,
            insert="insert into orders values (?, ?, ?, ?, ?)",
        ),
    ),
}

# Of every service: the sent events in the first pass, the processed ones in the second.
# $1 is the service, $2 the event types that any service receives.
SENT: Final = Extract(
    select="""
        select event_id::text, $1::text, type, topic, partition, "offset",
            extract(epoch from published_at)::float8
        from outbox
        where "offset" is not null and type = any($2::text[])
    """,
    insert="insert into sent values (?, ?, ?, ?, ?, ?, ?)",
)
TAKEN: Final = Extract(
    select="select $1::text, event_id::text, extract(epoch from received_at)::float8 from inbox",
    insert="insert into taken values (?, ?, ?)",
)

-- All rows of one order with one line in all databases, in one statement and one transaction.
\set article random(0, 99)
with ids as materialized (
    select uuidv7() as order_id, uuidv7() as payment_id, now() as at,
        'BENCH-' || lpad(:article::text, 4, '0') as sku
), placed as (
    insert into orders (order_id, reference, customer_ref, status, currency, total_minor,
        placed_at, updated_at)
    select order_id, 'limit', 'bench', 'confirmed', 'GBP', 255, at, at from ids
), lines as (
    insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor)
    select order_id, 1, sku, 1, 255 from ids
), answer as (
    insert into idempotency_keys (principal, operation, key, fingerprint, status, headers, body)
    select 'anybody', 'place_order', order_id::text, sha256(sku::bytea), 201,
        array['location', '/v1/orders/' || order_id, 'content-type', 'application/json'],
        convert_to(rpad('', 350, ' '), 'UTF8') from ids
), saga as (
    insert into sagas (saga_id, definition, version, direction, position, transitions, updated_at)
    select order_id, 'place-order', 1, 'completed', 4, :transitions, at from ids
), history as (
    insert into saga_transitions (saga_id, number, at, state, detail, event_id)
    select order_id, number, at, 'authorize-payment', 'inventory.stock-reserved.v1', order_id
    from ids, generate_series(1, :transitions) as number
), reservation as (
    insert into reservations (order_id, status, expires_at, updated_at)
    select order_id, 'committed', at, at from ids
), reserved as (
    insert into reservation_lines (order_id, sku, quantity) select order_id, sku, 1 from ids
), sold as (
    update stock set on_hand = on_hand - 1, committed = committed + 1, updated_at = at
    from ids where stock.sku = ids.sku
), payment as (
    insert into payments (payment_id, order_id, status, amount_minor, currency, captured_minor,
        refunded_minor, provider_reference, reverse_wanted, attempts, traceparent, created_at, updated_at)
    select payment_id, order_id, 'captured', 255, 'GBP', 255, 0, 'sandbox', false, 0,
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', at, at from ids
), ledger as (
    insert into ledger_entries (entry_id, payment_id, operation, account, amount_minor, currency, at)
    select uuidv7(), payment_id, 'capture',
        case number % 2 when 0 then 'provider_balance' else 'customer_payments' end,
        case number % 2 when 0 then 255 else -255 end, 'GBP', at
    from ids, generate_series(1, :ledger_entries) as number
), charges as (
    insert into sandbox.charges (idempotency_key, operation, payment_id, reference, amount_minor, currency,
        outcome, attempts, at)
    select payment_id || ':' || number, 'capture', payment_id, 'sandbox', 255, 'GBP', 'approved', 1, at
    from ids, generate_series(1, :charges) as number
), received as (
    insert into inbox (event_id, received_at)
    select uuidv7(), at from ids, generate_series(1, :received)
)
insert into outbox (event_id, topic, key, type, source, time, traceparent, payload, published_at, partition,
    "offset")
select uuidv7(), 'orders.order-events.v1', order_id::text, 'orders.order-placed.v1', 'orders', at,
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    convert_to(rpad('', :payload_bytes, ' '), 'UTF8'), at, 0, number
from ids, generate_series(1, :events) as number;

insert into orders (order_id, reference, customer_ref, status, currency, total_minor,
    placed_at, updated_at)
select order_id, 'bulk-' || n, 'customer-' || n % 10000, 'confirmed', 'GBP', 255, at, at
from pg_temp.wanted;

insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor)
select order_id, 1, sku, 1, 255 from pg_temp.wanted;

insert into sagas (saga_id, definition, version, direction, position, transitions, updated_at)
select order_id, 'place-order', 1, 'completed', 4, 5, at from pg_temp.wanted;

insert into saga_transitions (saga_id, number, at, state, detail, event_id)
select order_id, number, at, state, detail, case when number > 1 then pg_temp.id(n, 10 + number) end
from pg_temp.wanted, (values
    (1, 'reserve-stock', 'started'),
    (2, 'authorize-payment', 'inventory.stock-reserved.v1'),
    (3, 'commit-stock', 'payments.payment-authorized.v1'),
    (4, 'capture-payment', 'inventory.stock-committed.v1'),
    (5, 'completed', 'payments.payment-captured.v1')) as move (number, state, detail);

insert into inbox (event_id, received_at)
select pg_temp.id(n, 10 + number), at from pg_temp.wanted, generate_series(2, 5) as number;

-- Responses are kept for 7 days.
insert into idempotency_keys (principal, operation, key, fingerprint, status, headers, body, created_at)
select 'anybody', 'place_order', 'bulk-' || n, sha256(n::text::bytea), 201,
    array['location', '/v1/orders/' || order_id, 'content-type', 'application/json'],
    convert_to(rpad('{"order_id":"' || order_id || '"', 350, ' ') || '}', 'UTF8'), at
from pg_temp.wanted
where at > current_setting('bulk.now')::timestamptz - interval '6 days 20 hours';

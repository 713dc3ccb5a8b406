insert into orders (order_id, reference, customer_ref, status, rejection_code, rejection_detail,
    currency, total_minor, sealed_token, placed_at, updated_at)
values
    ('00000000-0000-7000-8000-000000000001', 'confirmed', 'c', 'confirmed', null, null,
        'GBP', 610, null, now() - interval '11 min', now() - interval '9 min'),
    ('00000000-0000-7000-8000-000000000002', 'refused', 'c', 'rejected', 'out_of_stock', 'B',
        'GBP', 500, null, now() - interval '10 min', now() - interval '9 min'),
    ('00000000-0000-7000-8000-000000000003', 'declined', 'c', 'rejected', 'payment_declined', '',
        'GBP', 255, null, now() - interval '10 min', now() - interval '9 min'),
    ('00000000-0000-7000-8000-000000000004', 'cancelled', 'c', 'cancelled', null, null,
        'GBP', 255, null, now() - interval '10 min', now() - interval '9 min'),
    ('00000000-0000-7000-8000-000000000005', 'moving', 'c', 'placed', null, null,
        'GBP', 100, 'tok_approve', now(), now());

-- The second price of B has not arrived yet.
insert into price_lists (sku, version) values ('A', 1), ('B', 1);
insert into unit_prices (sku, number, currency, amount_minor, valid_until)
values ('A', 1, 'GBP', 255, null), ('A', 2, 'EUR', 300, '2026-11-27T00:00:00Z'), ('B', 1, 'GBP', 90, null);

insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor)
values
    ('00000000-0000-7000-8000-000000000001', 1, 'A', 1, 255),
    ('00000000-0000-7000-8000-000000000001', 2, 'A', 1, 255),
    ('00000000-0000-7000-8000-000000000001', 3, 'B', 1, 100),
    ('00000000-0000-7000-8000-000000000002', 1, 'B', 5, 100),
    ('00000000-0000-7000-8000-000000000003', 1, 'A', 1, 255),
    ('00000000-0000-7000-8000-000000000004', 1, 'A', 1, 255),
    ('00000000-0000-7000-8000-000000000005', 1, 'B', 1, 100);

insert into sagas (saga_id, definition, version, direction, position, transitions, deadline_at,
    updated_at)
select order_id, 'place-order', 1,
    case status when 'confirmed' then 'completed' when 'placed' then 'forward' else 'compensated' end,
    0, 2, case status when 'placed' then now() + interval '1 day' end, updated_at
from orders;

insert into saga_transitions (saga_id, number, at, state, detail)
select saga_id, number, updated_at, 'somewhere', 'something'
from sagas, generate_series(1, transitions) as number;

insert into idempotency_keys (principal, operation, key, fingerprint, status, headers, body,
    created_at)
select 'open', 'place_order', reference, '', 201,
    array['content-type', 'application/json', 'location', '/v1/orders/' || order_id], '{}',
    placed_at
from orders;

insert into outbox (event_id, topic, key, type, source, time, traceparent, payload,
    published_at, partition, "offset")
select gen_random_uuid(), 'orders.order-events.v1', order_id::text, 'orders.order-placed.v1',
    'orders', placed_at, '', '{}', placed_at, 0, row_number() over (order by order_id) - 1
from orders;

-- Commands: two to inventory, taken; one to payments, in flight however long the tests take.
insert into outbox (event_id, topic, key, type, source, time, traceparent, payload,
    published_at, partition, "offset")
values
    ('00000000-0000-7000-8000-00000000c001', 'inventory.commands.v1',
        '00000000-0000-7000-8000-000000000001', 'inventory.reserve-stock.v1', 'orders',
        now() - interval '10 min', '', '{}', now() - interval '10 min', 3, 7),
    ('00000000-0000-7000-8000-00000000c002', 'inventory.commands.v1',
        '00000000-0000-7000-8000-000000000001', 'inventory.commit-stock.v1', 'orders',
        now() - interval '10 min', '', '{}', now() - interval '10 min', 3, 8),
    ('00000000-0000-7000-8000-00000000c003', 'payments.commands.v1',
        '00000000-0000-7000-8000-000000000005', 'payments.authorize-payment.v1', 'orders',
        now(), '', '{}', now() + interval '1 day', 0, 0);

insert into inbox (event_id, received_at)
values
    ('00000000-0000-7000-8000-0000000ca001', now() - interval '1 hour'),
    ('00000000-0000-7000-8000-0000000ca002', now() - interval '1 hour');

insert into stock (sku, on_hand, reserved, committed, updated_at)
values ('A', 8, 0, 2, now()), ('B', 1, 1, 1, now());

insert into stock_adjustments (adjustment_id, sku, delta, reason, at)
values
    (gen_random_uuid(), 'A', 12, 'received', now()),
    (gen_random_uuid(), 'A', -2, 'damaged', now()),
    (gen_random_uuid(), 'B', 3, 'received', now());

insert into reservations (order_id, status, expires_at, updated_at)
values
    ('00000000-0000-7000-8000-000000000001', 'committed', now(), now()),
    ('00000000-0000-7000-8000-000000000002', 'refused', now(), now()),
    ('00000000-0000-7000-8000-000000000003', 'released', now(), now()),
    ('00000000-0000-7000-8000-000000000004', 'released', now(), now()),
    ('00000000-0000-7000-8000-000000000005', 'reserved', now() + interval '15 min', now());

insert into reservation_lines (order_id, sku, quantity, on_hand_when_refused)
values
    ('00000000-0000-7000-8000-000000000001', 'A', 2, null),
    ('00000000-0000-7000-8000-000000000001', 'B', 1, null),
    ('00000000-0000-7000-8000-000000000002', 'B', 5, 2),
    ('00000000-0000-7000-8000-000000000003', 'A', 1, null),
    ('00000000-0000-7000-8000-000000000004', 'A', 1, null),
    ('00000000-0000-7000-8000-000000000005', 'B', 1, null);

insert into inbox (event_id, received_at)
values
    ('00000000-0000-7000-8000-00000000c001', now() - interval '10 min'),
    ('00000000-0000-7000-8000-00000000c002', now() - interval '10 min');

insert into products (product_id, name, created_at)
values ('00000000-0000-7000-8000-0000000000a1', 'fruit', now());

insert into variants (sku, product_id, number, version, updated_at)
values
    ('A', '00000000-0000-7000-8000-0000000000a1', 1, 1, now()),
    ('B', '00000000-0000-7000-8000-0000000000a1', 2, 2, now());

insert into prices (sku, number, currency, amount_minor, valid_until)
values ('A', 1, 'GBP', 255, null), ('A', 2, 'EUR', 300, '2026-11-27T00:00:00Z'), ('B', 1, 'GBP', 100, null);

insert into outbox (event_id, topic, key, type, source, time, traceparent, payload,
    published_at, partition, "offset")
values
    ('00000000-0000-7000-8000-0000000ca001', 'catalog.variant-events.v1', 'A',
        'catalog.variant-added.v1', 'catalog', now() - interval '1 hour', '', '{}',
        now() - interval '1 hour', 0, 0),
    ('00000000-0000-7000-8000-0000000ca002', 'catalog.variant-events.v1', 'B',
        'catalog.variant-added.v1', 'catalog', now() - interval '1 hour', '', '{}',
        now() - interval '1 hour', 0, 1);

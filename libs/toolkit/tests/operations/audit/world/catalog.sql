insert into outbox (event_id, topic, key, type, source, time, traceparent, payload,
    published_at, partition, "offset")
values
    ('00000000-0000-7000-8000-0000000ca001', 'catalog.variant-events.v1', 'A',
        'catalog.variant-added.v1', 'catalog', now() - interval '1 hour', '', '{}',
        now() - interval '1 hour', 0, 0),
    ('00000000-0000-7000-8000-0000000ca002', 'catalog.variant-events.v1', 'B',
        'catalog.variant-added.v1', 'catalog', now() - interval '1 hour', '', '{}',
        now() - interval '1 hour', 0, 1);

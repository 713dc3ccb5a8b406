insert into payments (payment_id, order_id, status, amount_minor, currency, captured_minor,
    refunded_minor, decline_code, provider_reference, sealed_token, reverse_wanted, attempts, due_at,
    traceparent, created_at, updated_at)
values
    ('00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-000000000001', 'captured',
        610, 'GBP', 610, 0, null, 'r1', null, false, 0, null, '', now(), now()),
    ('00000000-0000-7000-8000-0000000000f3', '00000000-0000-7000-8000-000000000003', 'declined',
        255, 'GBP', 0, 0, 'card_declined', null, null, false, 0, null, '', now(), now()),
    ('00000000-0000-7000-8000-0000000000f4', '00000000-0000-7000-8000-000000000004', 'refunded',
        255, 'GBP', 255, 255, null, 'r4', null, false, 0, null, '', now(), now()),
    ('00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-000000000005',
        'authorizing', 100, 'GBP', 0, 0, null, null, 'tok_approve', false, 1, now(), '', now(),
        now());

insert into ledger_entries (entry_id, payment_id, operation, account, amount_minor, currency, at)
values
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000f1', 'capture', 'provider_balance',
        610, 'GBP', now()),
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000f1', 'capture', 'customer_payments',
        -610, 'GBP', now()),
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000f4', 'capture', 'provider_balance',
        255, 'GBP', now()),
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000f4', 'capture', 'customer_payments',
        -255, 'GBP', now()),
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000f4', 'refund', 'provider_balance',
        -255, 'GBP', now()),
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000f4', 'refund', 'customer_payments',
        255, 'GBP', now());

insert into sandbox.charges (idempotency_key, operation, payment_id, reference, amount_minor,
    currency, outcome, decline_code, attempts, at)
values
    ('f1-authorize', 'authorize', '00000000-0000-7000-8000-0000000000f1', 'r1', 610, 'GBP',
        'approved', null, 1, now()),
    ('f1-capture', 'capture', '00000000-0000-7000-8000-0000000000f1', 'r1', 610, 'GBP',
        'approved', null, 1, now()),
    ('f3-authorize', 'authorize', '00000000-0000-7000-8000-0000000000f3', 'r3', 255, 'GBP',
        'declined', 'card_declined', 1, now()),
    ('f4-authorize', 'authorize', '00000000-0000-7000-8000-0000000000f4', 'r4', 255, 'GBP',
        'approved', null, 1, now()),
    ('f4-capture', 'capture', '00000000-0000-7000-8000-0000000000f4', 'r4', 255, 'GBP',
        'approved', null, 1, now()),
    ('f4-refund', 'refund', '00000000-0000-7000-8000-0000000000f4', 'r4', 255, 'GBP',
        'approved', null, 1, now()),
    -- The provider has held it; payments has not written that down yet.
    ('f5-authorize', 'authorize', '00000000-0000-7000-8000-0000000000f5', 'r5', 100, 'GBP',
        'approved', null, 1, now());

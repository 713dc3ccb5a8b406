insert into payments (payment_id, order_id, status, amount_minor, currency, captured_minor,
    refunded_minor, provider_reference, reverse_wanted, attempts, traceparent, created_at, updated_at)
select pg_temp.id(n, 2), order_id, 'captured', 255, 'GBP', 255, 0, 'sandbox-' || pg_temp.id(n, 3), false, 0,
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', at, at
from pg_temp.wanted;

insert into ledger_entries (entry_id, payment_id, operation, account, amount_minor, currency, at)
select pg_temp.id(n, 4 + side), pg_temp.id(n, 2), 'capture', account, amount_minor, 'GBP', at
from pg_temp.wanted,
    (values (0, 'provider_balance', 255), (1, 'customer_payments', -255)) as entry (side, account, amount_minor);

insert into sandbox.charges (idempotency_key, operation, payment_id, reference, amount_minor, currency,
    outcome, attempts, at)
select pg_temp.id(n, 2) || ':' || operation, operation, pg_temp.id(n, 2), 'sandbox-' || pg_temp.id(n, 3),
    255, 'GBP', 'approved', 1, at
from pg_temp.wanted, (values ('authorize'), ('capture')) as called (operation);

insert into inbox (event_id, received_at)
select pg_temp.id(n, 30 + number), at from pg_temp.wanted, generate_series(1, 2) as number;

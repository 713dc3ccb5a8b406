-- Order n (from 1) of bulk.total, equal in every database: its id, its time, its contents.
-- Placed between 13 and 4 days ago: after the retention of the outbox (3 days), before that of the
-- inbox (14 days). So the rows are those that retention would have kept.
-- All functions are "stable", like the settings that they read. PostgreSQL does not inline a function
-- wrongly declared "immutable", and calling it for every row took most of the time.
create or replace function pg_temp.placed_at(n bigint) returns timestamptz language sql stable as $$
    select current_setting('bulk.now')::timestamptz - interval '13 days'
        + interval '9 days' * (n::float8 / current_setting('bulk.total')::float8)
$$;

-- A UUIDv7 of that time; `kind` distinguishes the ids of one order.
create or replace function pg_temp.id(n bigint, kind integer) returns uuid language sql stable as $$
    select (lpad(to_hex(floor(extract(epoch from pg_temp.placed_at(n)) * 1000)::bigint), 12, '0')
        || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid
$$;

create or replace function pg_temp.sku(n bigint) returns text language sql stable as $$
    select 'BENCH-' || lpad((n % 100)::text, 4, '0')
$$;

create or replace view pg_temp.wanted as
    select n, pg_temp.id(n, 0) as order_id, pg_temp.placed_at(n) as at, pg_temp.sku(n) as sku
    from generate_series(current_setting('bulk.first')::bigint, current_setting('bulk.last')::bigint) as n;

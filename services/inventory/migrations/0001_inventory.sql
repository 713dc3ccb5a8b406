-- SKUs use the collation "C", so pages and locks have the same order on every server.

-- Every reservation updates the same few rows. The low fillfactor allows HOT updates.
create table stock (
    sku text collate "C" primary key,
    on_hand bigint not null check (on_hand >= 0),
    reserved bigint not null check (reserved >= 0),
    committed bigint not null check (committed >= 0),
    updated_at timestamptz not null
) with (fillfactor = 50);

-- The changes whose sum is on_hand + reserved + committed. Append-only.
create table stock_adjustments (
    adjustment_id uuid primary key,
    sku text collate "C" not null,
    delta bigint not null check (delta <> 0),
    reason text not null check (reason in ('received', 'returned', 'counted', 'damaged')),
    at timestamptz not null
);

create index stock_adjustments_by_sku on stock_adjustments (sku, adjustment_id);

create table reservations (
    order_id uuid primary key, -- UUIDv7: new ones are appended
    status text not null
        check (status in ('reserved', 'committed', 'released', 'expired', 'refused')),
    expires_at timestamptz not null, -- if it was never 'reserved': the time of the insert
    updated_at timestamptz not null
);

create index reservations_open on reservations (expires_at) where status = 'reserved';

-- The requested units, in every status. No foreign keys: only StockBook writes here, each line in the
-- transaction of its reservation, and a check for each line has a cost.
create table reservation_lines (
    order_id uuid not null,
    sku text collate "C" not null,
    quantity bigint not null check (quantity > 0),
    -- Set if the stock was insufficient.
    on_hand_when_refused bigint check (on_hand_when_refused >= 0 and on_hand_when_refused < quantity),
    primary key (order_id, sku)
);

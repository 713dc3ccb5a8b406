-- SKUs compare byte by byte, so that pages and locks have one order on every server.

-- Every reservation rewrites the same few rows: the room left in a page keeps the new version in it.
create table stock (
    sku text collate "C" primary key,
    on_hand bigint not null check (on_hand >= 0),
    reserved bigint not null check (reserved >= 0),
    committed bigint not null check (committed >= 0),
    updated_at timestamptz not null
) with (fillfactor = 50);

-- Why on_hand + reserved + committed is what it is. Never changed, only added to.
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
    expires_at timestamptz not null, -- of one that was never 'reserved': when it was written
    updated_at timestamptz not null
);

create index reservations_open on reservations (expires_at) where status = 'reserved';

-- What the order asked for, whatever became of it. Without foreign keys: StockBook alone writes here,
-- each line in the statement that writes its reservation, and a check per line is not for free.
create table reservation_lines (
    order_id uuid not null,
    sku text collate "C" not null,
    quantity bigint not null check (quantity > 0),
    -- Set where it fell short.
    on_hand_when_refused bigint check (on_hand_when_refused >= 0 and on_hand_when_refused < quantity),
    primary key (order_id, sku)
);

-- Stock that is divided by SKU over several databases: docs/scale.md.

-- Which part of the stock this database holds. No row: all of it, or it was never asked.
create table stock_part (
    is_only boolean primary key default true check (is_only),
    part integer not null check (part >= 0 and part < parts),
    parts integer not null check (parts > 1)
);

-- The number of databases with lines of this order, if the stock is divided: each has a reservation
-- of its own lines. Null: all lines are here.
alter table reservations add column parts integer;

-- In the first database: orders whose reservations are being expired in all of them. The row is deleted
-- in the transaction that publishes the expiry.
create table expiring_reservations (
    order_id uuid primary key
);

create table orders (
    order_id uuid primary key, -- UUIDv7: its order is the order of placing
    reference text,
    customer_ref text not null,
    status text not null
        check (status in ('placed', 'confirmed', 'rejected', 'cancelling', 'cancelled')),
    rejection_code text,
    rejection_detail text,
    currency text not null,
    total_minor bigint not null check (total_minor >= 0),
    payment_token text not null,
    placed_at timestamptz not null,
    updated_at timestamptz not null,
    check ((status = 'rejected') = (rejection_code is not null))
);

create index orders_by_customer on orders (customer_ref, order_id);
create index orders_by_reference on orders (reference) where reference is not null;
create index orders_moving on orders (order_id) where status in ('placed', 'cancelling');

create table order_lines (
    order_id uuid not null references orders,
    line_number integer not null,
    sku text not null,
    quantity integer not null check (quantity > 0),
    unit_price_minor bigint not null check (unit_price_minor >= 0),
    primary key (order_id, line_number)
);

-- A copy of the catalogue's prices, updated by its events. A higher version is newer.
create table prices (
    sku text primary key,
    amount_minor bigint not null check (amount_minor >= 0),
    currency text not null,
    version integer not null
);

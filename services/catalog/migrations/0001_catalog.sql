create table products (
    product_id uuid primary key, -- UUIDv7: its order is the order of creation
    name text not null,
    description text,
    created_at timestamptz not null
);

-- SKUs compare byte by byte, so that pages and locks have one order on every server.
create table variants (
    sku text collate "C" primary key,
    product_id uuid not null references products,
    number integer not null, -- its place in the product
    name text,
    amount_minor bigint not null check (amount_minor >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    version integer not null check (version >= 1),
    updated_at timestamptz not null,
    unique (product_id, number)
);

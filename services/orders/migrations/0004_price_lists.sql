-- A copy of the catalogue's prices, updated by its events. A higher version is newer.
create table price_lists (
    sku text primary key,
    version integer not null
);

create table unit_prices (
    sku text not null references price_lists,
    number integer not null, -- its place among the prices of the SKU
    currency text not null,
    amount_minor bigint not null check (amount_minor >= 0),
    valid_from timestamptz, -- null: there is no first instant
    valid_until timestamptz, -- null: there is no end; otherwise exclusive
    primary key (sku, number)
);

insert into price_lists (sku, version) select sku, version from prices;
insert into unit_prices (sku, number, currency, amount_minor)
select sku, 1, currency, amount_minor from prices;

drop table prices;

-- A variant has prices in several currencies, each from an instant and until another one, which is exclusive.
create table prices (
    sku text collate "C" not null references variants,
    number integer not null, -- its place among the prices of the variant
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint not null check (amount_minor >= 0),
    valid_from timestamptz, -- null: there is no first instant
    valid_until timestamptz, -- null: there is no end
    check (valid_from < valid_until),
    primary key (sku, number)
);

insert into prices (sku, number, currency, amount_minor)
select sku, 1, currency, amount_minor from variants;

alter table variants drop column amount_minor, drop column currency;

-- What an order costs is data: discounts and tax by line, shipping and tax by order. `total_minor` is the gross amount.
alter table orders
    add column tax_minor bigint not null default 0,
    add column shipping_net_minor bigint not null default 0,
    add column shipping_tax_minor bigint not null default 0,
    add column prices_include_tax boolean not null default true;
alter table order_lines
    add column discount_minor bigint not null default 0,
    add column tax_rate_ppm integer not null default 0,
    add column tax_minor bigint not null default 0;

alter table orders add constraint tax_is_within_the_total
    check (tax_minor >= 0 and tax_minor <= total_minor) not valid;
alter table orders add constraint shipping_is_within_the_total
    check (shipping_net_minor >= 0 and shipping_tax_minor >= 0
        and shipping_net_minor + shipping_tax_minor <= total_minor) not valid;
alter table order_lines add constraint discount_is_within_the_line
    check (discount_minor >= 0 and discount_minor <= quantity * unit_price_minor) not valid;
alter table order_lines add constraint tax_is_a_part
    check (tax_minor >= 0 and tax_rate_ppm >= 0 and tax_rate_ppm <= 1000000) not valid;

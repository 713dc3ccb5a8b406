insert into reservations (order_id, status, expires_at, updated_at)
select order_id, 'committed', at + interval '15 minutes', at from pg_temp.wanted;

insert into reservation_lines (order_id, sku, quantity)
select order_id, sku, 1 from pg_temp.wanted;

-- Adjustments for the sold units.
insert into stock_adjustments (adjustment_id, sku, delta, reason, at)
select pg_temp.id(min(n), 1), sku, count(*), 'received', min(at) from pg_temp.wanted group by sku;

update stock set committed = committed + sold.units
from (select sku, count(*) as units from pg_temp.wanted group by sku) as sold
where stock.sku = sold.sku;

insert into inbox (event_id, received_at)
select pg_temp.id(n, 20 + number), at from pg_temp.wanted, generate_series(1, 2) as number;

-- Who owns a reservation. Those of earlier releases, and those of orders that were cancelled before, have none:
-- only callers with the scope inventory:any reach them.
alter table reservations add column customer_ref text;

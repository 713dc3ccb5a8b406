-- Who owns a payment. Payments of earlier releases, and those of orders that were cancelled before, have none:
-- only callers with the scope payments:any reach them.
alter table payments add column customer_ref text;

create index payments_by_customer on payments (customer_ref, payment_id) where customer_ref is not null;

-- A payment token is encrypted from here on, and deleted when the outcome of its authorization is known.
-- Orders in progress keep the plain token of the earlier release until then.
alter table orders rename column payment_token to sealed_token;
alter table orders alter column sealed_token drop not null;
update orders set sealed_token = null where status not in ('placed', 'cancelling');
alter table orders add constraint token_is_kept_no_longer_than_needed
    check (sealed_token is null or status in ('placed', 'cancelling'));

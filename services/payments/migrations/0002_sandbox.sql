-- The books of the built-in provider. They stand for another company's database: they are written
-- by the sandbox alone, on a connection of its own, never in a transaction of payments.
create schema sandbox;

-- Nothing here holds a payment back from being charged twice under two keys. A provider would do
-- it, so an audit of these books shows whether we ever ask for it.
create table sandbox.charges (
    idempotency_key text primary key,
    operation text not null check (operation in ('authorize', 'capture', 'void', 'refund')),
    payment_id uuid not null,
    reference text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null,
    outcome text not null check (outcome in ('approved', 'declined')),
    decline_code text,
    attempts integer not null check (attempts > 0),
    at timestamptz not null,
    check ((outcome = 'declined') = (decline_code is not null))
);

create index charges_of_payment on sandbox.charges (payment_id, operation);

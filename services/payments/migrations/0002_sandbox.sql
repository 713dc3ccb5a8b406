-- The ledger of the built-in provider. It represents another company's database: only the sandbox
-- writes it, on its own connection, never in a transaction of payments.
create schema sandbox;

-- Nothing here prevents two charges of one payment under two keys: a real provider would make both.
-- An audit of this table therefore shows whether payments ever requests a second charge.
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

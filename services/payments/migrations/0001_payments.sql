-- One payment per order. due_at is the time of the next call of the provider; during a call it is the
-- end of the caller's lease. The constraints define each status.
create table payments (
    payment_id uuid primary key,
    order_id uuid not null unique,
    status text not null check (status in (
        'authorizing', 'authorized', 'declined', 'capturing', 'captured',
        'voiding', 'voided', 'refunding', 'refunded'
    )),
    amount_minor bigint not null check (amount_minor >= 0),
    currency text not null,
    captured_minor bigint not null,
    refunded_minor bigint not null,
    decline_code text,
    provider_reference text,
    token text,
    reverse_wanted boolean not null,
    attempts integer not null check (attempts >= 0),
    due_at timestamptz,
    traceparent text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,

    constraint captured_is_all_or_nothing check (captured_minor =
        case when status in ('captured', 'refunding', 'refunded') then amount_minor else 0 end),
    constraint refunded_is_all_or_nothing check (refunded_minor =
        case when status = 'refunded' then amount_minor else 0 end),
    constraint declined_has_a_code check ((status = 'declined') = (decline_code is not null)),
    constraint money_has_a_reference check (
        status in ('authorizing', 'declined', 'voided')
        or amount_minor = 0 or provider_reference is not null),
    constraint token_is_kept_no_longer_than_needed check (
        (status = 'authorizing') = (token is not null)),
    constraint call_is_due check (
        (status in ('authorizing', 'capturing', 'voiding', 'refunding')) = (due_at is not null)),
    constraint reverse_waits_for_an_outcome check (
        not reverse_wanted or status in ('authorizing', 'capturing'))
)
-- Rows enter and leave the index of due calls constantly, so vacuum the table early.
with (autovacuum_vacuum_scale_factor = 0.02);

create index payments_due on payments (due_at) where due_at is not null;

-- Double entry, append-only. A posting consists of the entries of one operation on one payment and
-- sums to zero. The unique constraint prevents a second capture or refund of a payment.
create table ledger_entries (
    entry_id uuid primary key,
    payment_id uuid not null references payments,
    operation text not null check (operation in ('capture', 'refund')),
    account text not null check (account in ('provider_balance', 'customer_payments')),
    amount_minor bigint not null check (amount_minor <> 0),
    currency text not null,
    at timestamptz not null,
    unique (payment_id, operation, account)
);

create function refuse_unbalanced_posting() returns trigger language plpgsql as $$
begin
    if exists (
        select from added group by payment_id, operation, currency having sum(amount_minor) <> 0
    ) then
        raise exception 'a posting must sum to zero' using errcode = 'check_violation';
    end if;
    return null;
end $$;

create trigger posting_sums_to_zero after insert on ledger_entries
    referencing new table as added
    for each statement execute function refuse_unbalanced_posting();

create function refuse_ledger_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: correct it with a further posting'
        using errcode = 'restrict_violation';
end $$;

create trigger ledger_is_append_only before update or delete or truncate on ledger_entries
    for each statement execute function refuse_ledger_change();

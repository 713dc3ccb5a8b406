-- A signing key that was stolen: it is not published, and what it signed is refused.
alter table signing_keys drop constraint signing_keys_state_check;
alter table signing_keys add constraint signing_keys_state_check
    check (state in ('next', 'current', 'retired', 'revoked'));
drop index signing_keys_algorithm_state_idx;
create unique index signing_keys_algorithm_state_idx on signing_keys (algorithm, state)
    where state in ('next', 'current');

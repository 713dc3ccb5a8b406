insert into users (user_id, email_cipher, email_index, customer_ref, status, created_at)
values
    ('00000000-0000-7000-8000-0000000000e1', 'personal.v1.', 'ann', 'cus_e1', 'active', now()),
    ('00000000-0000-7000-8000-0000000000e2', '',
        'removed '::bytea || uuid_send('00000000-0000-7000-8000-0000000000e2'),
        'cus_e2', 'removed', now());

insert into data_keys (subject, key_cipher, wrapped_by)
values ('00000000-0000-7000-8000-0000000000e1', 'sealed', '20261130T060000Z');

insert into passwords (user_id, hash, changed_at)
values ('00000000-0000-7000-8000-0000000000e1', '$argon2id$', now());

insert into role_members (user_id, role)
values ('00000000-0000-7000-8000-0000000000e1', 'customer');

insert into clients (client_id, service_id, name, redirect_uris, scopes, grants, created_at)
values ('shop', '00000000-0000-7000-8000-0000000000ec', 'Shop', '{}', '{}', '{}', now());

-- Of the erased user, until they are deleted as expired.
insert into sessions (session_id, digest, user_id, auth_time, amr, expires_at, ended_at)
values ('00000000-0000-7000-8000-0000000000e5', 'cookie', '00000000-0000-7000-8000-0000000000e2',
    now(), '{pwd}', now() + interval '12 hours', now());

insert into families (family_id, client_id, user_id, session_id, scopes, expires_at, revoked_at)
values ('00000000-0000-7000-8000-0000000000ef', 'shop', '00000000-0000-7000-8000-0000000000e2',
    '00000000-0000-7000-8000-0000000000e5', '{}', now() + interval '30 days', now());

insert into api_keys (key_id, digest, user_id, name, scopes, created_at, expires_at, revoked_at)
values ('00000000-0000-7000-8000-0000000000e8', 'key', '00000000-0000-7000-8000-0000000000e2', '',
    '{}', now(), now() + interval '1 year', now());

-- A key for each user, which encrypts what names the user; see waybill/data_keys.py.
create table data_keys (
    subject text primary key, -- the user_id
    key_cipher text not null, -- encrypted with a key-encryption key
    wrapped_by text not null -- the name of that key
);
create index on data_keys (wrapped_by);

-- What an earlier release encrypted with a key-encryption key itself.
create index users_sealed on users (user_id) where email_cipher like 'sealed.%';

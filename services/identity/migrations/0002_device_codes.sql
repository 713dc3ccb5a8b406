-- What a device without a browser asks for (RFC 8628), until its user decides.
create table device_codes (
    digest bytea primary key, -- of what the device has
    user_code_digest bytea not null unique, -- of what the user enters
    client_id text not null references clients,
    scopes text[] not null,
    expires_at timestamptz not null,
    polled_at timestamptz,
    session_id uuid references sessions, -- of the user who has decided
    is_allowed boolean
);
create index on device_codes (expires_at);

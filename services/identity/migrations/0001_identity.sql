-- Secrets are stored as SHA-256 (256 random bits), as Argon2id (passwords), or sealed with the key-encryption key.

create table users (
    user_id uuid primary key,
    email_cipher text not null,
    email_index bytea not null unique, -- HMAC-SHA-256 of the address in lower case
    customer_ref text unique, -- null: a member of staff, who buys nothing
    status text not null check (status in ('unverified', 'active', 'removed')),
    created_at timestamptz not null
);

create table passwords (
    user_id uuid primary key references users,
    hash text not null, -- in PHC format, with its parameters
    changed_at timestamptz not null
);

-- Of a link in a mail: it verifies an address, or permits to set a new password.
create table mail_tokens (
    digest bytea primary key,
    user_id uuid not null references users,
    purpose text not null check (purpose in ('verify', 'reset')),
    expires_at timestamptz not null,
    password_hash text -- what verifying sets; each request to register has its own
);
create index on mail_tokens (user_id);

create table totp (
    user_id uuid primary key references users,
    secret_cipher text not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0 -- a code of this time step or an earlier one is refused
);

create table recovery_codes (
    digest bytea primary key,
    user_id uuid not null references users
);
create index on recovery_codes (user_id);

-- Guesses of a password or a code: counted per account and per address, for a minute.
create table login_failures (
    subject bytea not null, -- HMAC of the e-mail address or of the client's address
    failed_at timestamptz not null
);
create index on login_failures (subject, failed_at);
create index on login_failures (failed_at);

create table sessions (
    session_id uuid primary key,
    digest bytea not null unique, -- of the cookie
    user_id uuid not null references users,
    auth_time timestamptz not null,
    amr text[] not null, -- RFC 8176: pwd, otp
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index on sessions (user_id) where ended_at is null;

-- Sessions, API keys and grants whose tokens are refused from now on, until the last of them expires.
create table denied_sessions (
    sid uuid primary key,
    denied_at timestamptz not null
);
create index on denied_sessions (denied_at);

create table roles (
    role text primary key,
    scopes text[] not null
);

create table role_members (
    user_id uuid not null references users,
    role text not null references roles,
    primary key (user_id, role)
);

create table clients (
    client_id text primary key,
    service_id uuid not null unique, -- sub: service:<service_id>
    name text not null,
    secret_digest bytea, -- null: a public client
    redirect_uris text[] not null,
    scopes text[] not null,
    grants text[] not null,
    created_by text, -- the sub of who created it
    created_at timestamptz not null,
    removed_at timestamptz
);

create table consents (
    user_id uuid not null references users,
    client_id text not null references clients,
    scopes text[] not null,
    given_at timestamptz not null,
    primary key (user_id, client_id)
);

-- What one authorization gives: all refresh tokens of it are revoked together.
create table families (
    family_id uuid primary key,
    client_id text not null references clients,
    user_id uuid not null references users,
    session_id uuid not null references sessions,
    scopes text[] not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    reason text
);
create index on families (session_id);
create index on families (expires_at);

create table refresh_tokens (
    digest bytea primary key,
    family_id uuid not null references families on delete cascade,
    generation integer not null,
    used_at timestamptz,
    successor_seed bytea, -- with the token itself it gives the successor, see refresh_tokens.py
    unique (family_id, generation)
);

create table codes (
    digest bytea primary key,
    client_id text not null references clients,
    session_id uuid not null references sessions,
    redirect_uri text not null,
    scopes text[] not null,
    challenge text not null, -- PKCE, S256
    nonce text,
    expires_at timestamptz not null,
    used_at timestamptz,
    family_id uuid
);
create index on codes (expires_at);

create table api_keys (
    key_id uuid primary key,
    digest bytea not null,
    user_id uuid not null references users,
    name text not null,
    scopes text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_on date,
    revoked_at timestamptz
);
create index on api_keys (user_id);

-- A key is published as next, signs as current, and verifies as retired until its last token has expired.
create table signing_keys (
    kid text primary key,
    algorithm text not null check (algorithm in ('ES256', 'RS256')),
    state text not null check (state in ('next', 'current', 'retired')),
    public_jwk text not null,
    private_cipher text not null,
    since timestamptz not null -- of this state
);
create unique index on signing_keys (algorithm, state) where state <> 'retired';

insert into roles (role, scopes) values
    ('customer', '{catalog:read,identity:read,identity:write,inventory:read,orders:read,orders:write,payments:read}'),
    ('clerk', '{catalog:read,catalog:write,identity:read,identity:write,inventory:any,inventory:read,inventory:write,orders:any,orders:read,orders:write,payments:any,payments:read}'),
    ('administrator', '{identity:admin,identity:any,identity:read,identity:write}');

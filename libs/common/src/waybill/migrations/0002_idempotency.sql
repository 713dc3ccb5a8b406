-- Responses stored under Idempotency-Keys: written in the transaction of their request, replayed when
-- the same caller retries the request.
CREATE TABLE idempotency_keys (
    principal   text        NOT NULL,
    operation   text        NOT NULL,
    key         text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint bytea       NOT NULL, -- SHA-256 over method, path and input
    status      smallint    NOT NULL,
    headers     text[]      NOT NULL, -- name, value, name, value ...
    body        bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, operation, key)
);

-- For retention, which deletes the oldest rows first.
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

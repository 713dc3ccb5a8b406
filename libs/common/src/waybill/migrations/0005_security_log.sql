-- Acts that matter for security, each written in the transaction of the act. The chainer numbers committed rows in
-- batches: hash is the SHA-256 of prev, the hash of the row before, and of this row. detail is JSON.
CREATE TABLE security_log (
    position bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text        NOT NULL,
    action   text        NOT NULL,
    target   text,
    detail   text        NOT NULL,
    number   bigint      UNIQUE,
    prev     bytea,
    hash     bytea,
    CHECK ((number IS NULL) = (prev IS NULL) AND (number IS NULL) = (hash IS NULL))
);

-- Contains only rows without a number: a row is found however late its transaction commits.
CREATE INDEX security_log_unchained ON security_log (position) WHERE number IS NULL;

CREATE FUNCTION refuse_security_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the security log is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER security_log_is_kept BEFORE DELETE OR TRUNCATE ON security_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_security_log_change();

CREATE TRIGGER security_log_is_only_numbered BEFORE UPDATE ON security_log
    FOR EACH ROW
    WHEN (
        OLD.number IS NOT NULL
        OR (OLD.position, OLD.at, OLD.actor, OLD.action, OLD.target, OLD.detail)
            IS DISTINCT FROM (NEW.position, NEW.at, NEW.actor, NEW.action, NEW.target, NEW.detail)
    )
    EXECUTE FUNCTION refuse_security_log_change();

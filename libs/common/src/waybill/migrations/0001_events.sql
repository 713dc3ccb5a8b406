-- Events to publish: written in the transaction that caused them, published by the relay. A row
-- whose "offset" is null is not published yet, or must be published again because the broker has
-- lost it; published_at is the time of the first publication. Consumers receive the events of one
-- key of a topic in the order of their positions.
CREATE TABLE outbox (
    position     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid        NOT NULL,
    topic        text        NOT NULL,
    key          text        NOT NULL,
    type         text        NOT NULL,
    source       text        NOT NULL,
    time         timestamptz NOT NULL,
    traceparent  text        NOT NULL,
    payload      bytea       NOT NULL,
    published_at timestamptz,
    partition    integer,
    "offset"     bigint
);

-- Contains unpublished rows only, so the polls of the relay are cheap.
CREATE INDEX outbox_unpublished ON outbox (position) WHERE "offset" IS NULL;

-- Every row is updated once, soon after its insert: vacuum its old version early.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02);

-- The logs that the relay has published to, and the offset of the last batch. If the topic has
-- another topic_id, or the log ends at or before that offset, the broker has lost records.
CREATE TABLE published_logs (
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    topic_id     uuid    NOT NULL,
    batch_offset bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Received events: each has taken effect once, or is in dead_letters.
CREATE TABLE inbox (
    event_id    uuid        PRIMARY KEY,
    received_at timestamptz NOT NULL
);

-- For retention. Rows are inserted in the order of time, so a BRIN index finds the old ones.
CREATE INDEX inbox_received_at ON inbox USING brin (received_at);

-- Received events that have not taken effect. id is the order of arrival. Of one key in one topic
-- only the first open event is retried.
--   retrying   failed; is retried at due_at
--   waiting    arrived behind another event of its key; due as soon as it is the first
--   dead       is retried only on request; blocks the events behind it
--   discarded  takes no effect, by decision of an operator; does not block the events behind it
-- An event that takes effect is deleted.
CREATE TABLE dead_letters (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id      uuid        NOT NULL UNIQUE,
    type          text,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    "offset"      bigint      NOT NULL,
    key           text        NOT NULL,
    header_names  text[]      NOT NULL,
    header_values bytea[]     NOT NULL,
    value         bytea,
    error         text,
    attempts      integer     NOT NULL CHECK (attempts >= 0),
    state         text        NOT NULL CHECK (state IN ('retrying', 'waiting', 'dead', 'discarded')),
    due_at        timestamptz NOT NULL,
    parked_at     timestamptz NOT NULL
);

CREATE INDEX dead_letters_open ON dead_letters (topic, key, id) WHERE state <> 'discarded';

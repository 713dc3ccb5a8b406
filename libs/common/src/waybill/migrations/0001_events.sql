-- Events on their way out: written in the transaction of what they tell, published by the relay.
-- A row whose "offset" is null is yet to be published, or to be published again because the
-- broker has lost it; published_at keeps the first time. (position, topic, key) says in which
-- order a consumer gets the events of one key.
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

-- As small as the work that is left; all that the relay's polling costs.
CREATE INDEX outbox_unpublished ON outbox (position) WHERE "offset" IS NULL;

-- Every row is updated once, soon: the space of its first version is wanted again early.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02);

-- The logs that the relay has written to, and the offset of the last batch. Another topic_id under
-- the same name, or an end that is not beyond that batch, means that the broker has lost something.
CREATE TABLE published_logs (
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    topic_id     uuid    NOT NULL,
    batch_offset bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Events that were received: what stands here has taken effect, once, or stands in dead_letters.
CREATE TABLE inbox (
    event_id    uuid        PRIMARY KEY,
    received_at timestamptz NOT NULL
);

-- for retention; rows come in the order of time, so a few pages tell where the old ones are
CREATE INDEX inbox_received_at ON inbox USING brin (received_at);

-- Events that were received and have not taken effect. id is the order of arrival; of one key in
-- one topic only the first open one is ever tried.
--   retrying   failed, is tried again when due_at has come
--   waiting    arrived behind another one of its key; due as soon as it is the first
--   dead       is not tried again unless somebody says so; what comes behind it waits
--   discarded  somebody decided that it takes no effect; what comes behind it goes on
-- One that takes effect is deleted.
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

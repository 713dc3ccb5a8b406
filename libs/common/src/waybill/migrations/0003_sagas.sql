-- One row for each saga. position is the index of its step in the definition.
create table sagas (
    saga_id uuid primary key,
    definition text not null,
    version integer not null,
    direction text not null check (direction in ('forward', 'compensating', 'completed', 'compensated')),
    position integer not null,
    reason_code text,
    reason_detail text,
    transitions integer not null,
    deadline_at timestamptz,
    updated_at timestamptz not null,
    check ((deadline_at is null) = (direction in ('completed', 'compensated')))
);

create index sagas_due on sagas (deadline_at) where deadline_at is not null;

-- The history: every transition of a saga, and the event that caused it.
create table saga_transitions (
    saga_id uuid not null,
    number integer not null,
    at timestamptz not null,
    state text not null,
    detail text not null,
    event_id uuid,
    primary key (saga_id, number)
);

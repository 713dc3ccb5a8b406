-- Who caused an event and a transition of a saga, for information. Rows of earlier releases have none.
ALTER TABLE outbox ADD COLUMN actor text;
ALTER TABLE saga_transitions ADD COLUMN actor text;

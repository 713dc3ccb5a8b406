-- phase: index
-- For /metrics, which counts the rows of each state: discarded ones are kept, and carry their payloads.
DROP INDEX CONCURRENTLY IF EXISTS dead_letters_states;
CREATE INDEX CONCURRENTLY dead_letters_states ON dead_letters (state, parked_at);

-- The trace that a saga was started in, as W3C Trace Context writes it. Sagas of earlier releases have none.
ALTER TABLE sagas ADD COLUMN traceparent text;

-- Who caused the last command, for the event that answers it. Payments of earlier releases have none.
alter table payments add column actor text;

-- Finds what is over, to delete it. Least ignores null.
create index on sessions (least(ended_at, expires_at));
create index on families (least(revoked_at, expires_at));
create index on api_keys (least(revoked_at, expires_at));
drop index families_expires_at_idx;

-- A session is deleted when nothing refers to it any more.
create index on codes (session_id);
create index on device_codes (session_id);

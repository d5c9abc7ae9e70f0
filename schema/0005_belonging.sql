-- Whose the history of a memory that is gone was: its DELETE carries the ids that the memory had, so
-- that a scope can be erased, or its old history cleaned up, with what was deleted in it before.

ALTER TABLE event ADD COLUMN user_id  TEXT;
ALTER TABLE event ADD COLUMN agent_id TEXT;
ALTER TABLE event ADD COLUMN app_id   TEXT;
ALTER TABLE event ADD COLUMN run_id   TEXT;

-- Which memories and messages were shown to which run, and when: a row for each that a hook put into
-- a prompt. The ids are those of the run. memory_id has no foreign key: what was shown stays known
-- when the memory is deleted, until it is erased.

CREATE TABLE shown (
  pk        INTEGER PRIMARY KEY,
  memory_id TEXT    NOT NULL,
  user_id   TEXT,
  agent_id  TEXT,
  app_id    TEXT,
  run_id    TEXT,
  event     TEXT    NOT NULL,  -- of the session: 'session-start', 'user-prompt'
  shown_at  INTEGER NOT NULL,
  CHECK (coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL)
);

CREATE INDEX shown_memory ON shown (memory_id);

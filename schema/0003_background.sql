-- Turns that wait: who is at which, how often it was tried, and what became of those of the background.

ALTER TABLE turn ADD COLUMN event_id TEXT;                      -- what add gave when it did not wait
ALTER TABLE turn ADD COLUMN tries    INTEGER NOT NULL DEFAULT 0; -- how often extraction failed
ALTER TABLE turn ADD COLUMN killed   INTEGER NOT NULL DEFAULT 0; -- how often its program ended
ALTER TABLE turn ADD COLUMN tried_at INTEGER;                   -- when that last happened

CREATE UNIQUE INDEX turn_event ON turn (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX turn_session ON turn (session_pk, pk);

-- A turn that somebody is at. The process is known by the boot of its machine, its space of process
-- numbers, its number and when it began; `uptime` and `at` say when it was last heard of.
CREATE TABLE claim (
  turn_pk INTEGER PRIMARY KEY REFERENCES turn ON DELETE CASCADE,
  token   TEXT NOT NULL,     -- of one open Memory
  boot    TEXT NOT NULL,
  space   TEXT NOT NULL,
  pid     INTEGER NOT NULL,
  started INTEGER NOT NULL,  -- 0: not known
  uptime  INTEGER NOT NULL,  -- microseconds of the machine's own clock, which nobody sets
  at      INTEGER NOT NULL
);

-- What became of a turn that was done in the background; only the last 10,000 are kept.
CREATE TABLE finished_turn (
  pk           INTEGER PRIMARY KEY,
  event_id     TEXT NOT NULL UNIQUE,
  results      TEXT NOT NULL DEFAULT '[]',  -- a JSON array of {"id", "event"}
  created_at   INTEGER NOT NULL,
  completed_at INTEGER NOT NULL
);

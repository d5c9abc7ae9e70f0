-- Memories, their vectors, their full text, the message log and the history.
-- Times are integers: microseconds since 1970-01-01 UTC. The view `memories` shows them as text.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE memory (
  pk            INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  content       TEXT NOT NULL,
  hash          BLOB NOT NULL,                      -- MD5 of the content, 16 bytes
  user_id       TEXT,
  agent_id      TEXT,
  app_id        TEXT,
  run_id        TEXT,
  actor_id      TEXT,                               -- the name of the message's speaker
  role          TEXT,                               -- the role of the message, when it is stored as it stood
  attributed_to TEXT,                               -- whom an extracted memory is about: user or assistant
  memory_type   TEXT,
  metadata      TEXT NOT NULL DEFAULT '{}',         -- a JSON object
  categories    TEXT NOT NULL DEFAULT '[]',         -- a JSON array of strings
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  valid_from    INTEGER,                            -- when the fact began to hold; NULL: at created_at
  valid_to      INTEGER,                            -- when it ceased to
  superseded_by TEXT,                               -- the id of the memory that took its place
  expires_at    INTEGER,
  sources       TEXT NOT NULL DEFAULT '[]',         -- a JSON array: message.pk of what it came from
  immutable     INTEGER NOT NULL DEFAULT 0,         -- 1: it may be deleted, but not changed
  CHECK (coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL)
);

-- newest first within each scope, which is how pages are read
CREATE INDEX memory_user  ON memory (user_id, created_at, id)  WHERE user_id IS NOT NULL;
CREATE INDEX memory_agent ON memory (agent_id, created_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX memory_app   ON memory (app_id, created_at, id)   WHERE app_id IS NOT NULL;
CREATE INDEX memory_run   ON memory (run_id, created_at, id)   WHERE run_id IS NOT NULL;
CREATE INDEX memory_hash  ON memory (hash);

-- The canonical vectors: little-endian float32. Everything that searches faster is derived from them.
CREATE TABLE embedding (
  pk     INTEGER PRIMARY KEY REFERENCES memory ON DELETE CASCADE,
  vector BLOB NOT NULL
);

-- The vectors of another embedder, while a reindex is on its way.
CREATE TABLE embedding_next (
  pk     INTEGER PRIMARY KEY REFERENCES memory ON DELETE CASCADE,
  vector BLOB NOT NULL
);

CREATE VIRTUAL TABLE memory_fts USING fts5 (
  content,
  content = 'memory',
  content_rowid = 'pk',
  tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TRIGGER memory_fts_insert AFTER INSERT ON memory BEGIN
  INSERT INTO memory_fts (rowid, content) VALUES (new.pk, new.content);
END;

CREATE TRIGGER memory_fts_delete AFTER DELETE ON memory BEGIN
  INSERT INTO memory_fts (memory_fts, rowid, content) VALUES ('delete', old.pk, old.content);
END;

CREATE TRIGGER memory_fts_update AFTER UPDATE OF content ON memory BEGIN
  INSERT INTO memory_fts (memory_fts, rowid, content) VALUES ('delete', old.pk, old.content);
  INSERT INTO memory_fts (rowid, content) VALUES (new.pk, new.content);
END;

-- Each exact combination of ids that messages came with.
CREATE TABLE session (
  pk       INTEGER PRIMARY KEY,
  user_id  TEXT,
  agent_id TEXT,
  app_id   TEXT,
  run_id   TEXT,
  CHECK (coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL)
);

CREATE UNIQUE INDEX session_ids ON session (
  coalesce(user_id, ''), coalesce(agent_id, ''), coalesce(app_id, ''), coalesce(run_id, '')
);

-- One call of add that still waits for extraction; it is gone when its messages are done.
CREATE TABLE turn (
  pk         INTEGER PRIMARY KEY AUTOINCREMENT,
  session_pk INTEGER NOT NULL REFERENCES session,
  options    TEXT NOT NULL,  -- the call's other arguments, as a JSON object
  error      TEXT,           -- why the last try failed
  created_at INTEGER NOT NULL
);

-- The short-term memory: what was said, in order.
CREATE TABLE message (
  pk         INTEGER PRIMARY KEY,
  session_pk INTEGER NOT NULL REFERENCES session,
  role       TEXT NOT NULL,
  content    TEXT NOT NULL,
  name       TEXT,
  created_at INTEGER NOT NULL,
  turn_pk    INTEGER REFERENCES turn ON DELETE SET NULL  -- while extraction is due
);

CREATE INDEX message_session ON message (session_pk, pk);
CREATE INDEX message_turn ON message (turn_pk) WHERE turn_pk IS NOT NULL;

-- What happened to each memory that was changed or deleted, from its ADD on. It outlives the memory,
-- so it refers to nothing. A memory as it was added has no row here: it is its own ADD, which the
-- view `history` shows (a fifth of the time of an add, and 235 bytes a memory, are saved by that).
CREATE TABLE event (
  pk         INTEGER PRIMARY KEY,
  memory_id  TEXT NOT NULL,
  event      TEXT NOT NULL CHECK (event IN ('ADD', 'UPDATE', 'DELETE')),
  old_memory TEXT,
  new_memory TEXT,
  created_at INTEGER NOT NULL,  -- the memory's own
  updated_at INTEGER,           -- when this happened; NULL for an ADD
  actor_id   TEXT,
  role       TEXT
);

CREATE INDEX event_memory ON event (memory_id);

CREATE VIEW history AS
SELECT pk, memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role
FROM event
UNION ALL
SELECT 0, id, 'ADD', NULL, content, created_at, NULL, actor_id, role
FROM memory
WHERE NOT EXISTS (SELECT 1 FROM event WHERE memory_id = memory.id);

-- What a program said of a memory that it was given; the last word counts.
CREATE TABLE feedback (
  memory_pk  INTEGER PRIMARY KEY REFERENCES memory ON DELETE CASCADE,
  feedback   TEXT NOT NULL CHECK (feedback IN ('POSITIVE', 'NEGATIVE', 'VERY_NEGATIVE')),
  reason     TEXT,
  created_at INTEGER NOT NULL
);

-- What was asked to be exported: a filter, never the memories, which are read when it is fetched.
CREATE TABLE export (
  id         TEXT PRIMARY KEY,
  request    TEXT NOT NULL,  -- a JSON object
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- For people: `SELECT * FROM memories` in any SQLite tool.
CREATE VIEW memories AS
SELECT
  id,
  content AS memory,
  user_id,
  agent_id,
  app_id,
  run_id,
  actor_id,
  role,
  attributed_to,
  memory_type,
  metadata,
  categories,
  strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1e6, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1e6, 'unixepoch') AS updated_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', expires_at / 1e6, 'unixepoch') AS expires_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', valid_to / 1e6, 'unixepoch') AS valid_to,
  superseded_by
FROM memory;

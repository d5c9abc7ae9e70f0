-- What was said is found, whatever extraction made of it: messages have ids and the fields that a
-- filter asks for, and long texts have a vector for each passage.
--
-- In the columns `owner`, a memory is its primary key, and a message is minus its own.

ALTER TABLE message ADD COLUMN id         TEXT;                         -- NULL: never indexed
ALTER TABLE message ADD COLUMN passages   INTEGER;                      -- NULL: waits for them; 0: not to be found
ALTER TABLE message ADD COLUMN yielded    INTEGER NOT NULL DEFAULT 0;   -- 1: a memory came from it, perhaps deleted since
ALTER TABLE message ADD COLUMN metadata   TEXT NOT NULL DEFAULT '{}';   -- as the memories of its turn
ALTER TABLE message ADD COLUMN categories TEXT NOT NULL DEFAULT '[]';
ALTER TABLE message ADD COLUMN expires_at INTEGER;
ALTER TABLE message ADD COLUMN set_aside  TEXT NOT NULL DEFAULT '[]';   -- facts that the model wrote of it and were not kept, with the reason

CREATE UNIQUE INDEX message_id ON message (id) WHERE id IS NOT NULL;
CREATE INDEX message_waiting ON message (pk) WHERE passages IS NULL;

ALTER TABLE memory ADD COLUMN passages INTEGER;                         -- NULL: waits for them

CREATE INDEX memory_waiting ON memory (pk) WHERE passages IS NULL;

CREATE INDEX memory_successor ON memory (superseded_by) WHERE superseded_by IS NOT NULL;

CREATE INDEX session_user  ON session (user_id)  WHERE user_id IS NOT NULL;
CREATE INDEX session_agent ON session (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX session_app   ON session (app_id)   WHERE app_id IS NOT NULL;
CREATE INDEX session_run   ON session (run_id)   WHERE run_id IS NOT NULL;

-- A part of a text that is found by itself. The first part of a memory has its vector in `embedding`
-- and its words in `memory_fts`.
CREATE TABLE passage (
  pk     INTEGER PRIMARY KEY,
  owner  INTEGER NOT NULL,
  start  INTEGER NOT NULL,  -- its first character in the content, from 0
  stop   INTEGER NOT NULL,  -- the first character behind it
  words  TEXT NOT NULL,     -- its words as they are looked for; '' if memory_fts has them
  asks   INTEGER NOT NULL,  -- 1: it contains a question mark
  vector BLOB               -- int8; NULL: it is looked for by words only
);

CREATE INDEX passage_owner ON passage (owner);

CREATE VIRTUAL TABLE passage_fts USING fts5 (
  words,
  content = 'passage',
  content_rowid = 'pk',
  tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TRIGGER passage_fts_insert AFTER INSERT ON passage BEGIN
  INSERT INTO passage_fts (rowid, words) VALUES (new.pk, new.words);
END;

CREATE TRIGGER passage_fts_delete AFTER DELETE ON passage BEGIN
  INSERT INTO passage_fts (passage_fts, rowid, words) VALUES ('delete', old.pk, old.words);
END;

CREATE TRIGGER passage_fts_update AFTER UPDATE OF words ON passage BEGIN
  INSERT INTO passage_fts (passage_fts, rowid, words) VALUES ('delete', old.pk, old.words);
  INSERT INTO passage_fts (rowid, words) VALUES (new.pk, new.words);
END;

-- Which memories came from a message that is found by itself.
CREATE TABLE origin (
  message_pk INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
  memory_pk  INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
  PRIMARY KEY (message_pk, memory_pk)
) WITHOUT ROWID;

CREATE INDEX origin_memory ON origin (memory_pk);

-- The days that a text speaks of.
CREATE TABLE mention (
  owner INTEGER NOT NULL,
  start INTEGER NOT NULL,  -- the first microsecond
  stop  INTEGER NOT NULL,  -- the first microsecond behind it
  PRIMARY KEY (owner, start, stop)
) WITHOUT ROWID;

-- Which texts speak of a day: a span that contains it begins at most 32 days before it, or is long.
CREATE INDEX mention_day ON mention (start, stop);
CREATE INDEX mention_long ON mention (start, stop) WHERE stop - start > 2764800000000;

CREATE TRIGGER memory_passage_delete AFTER DELETE ON memory BEGIN
  DELETE FROM passage WHERE owner = old.pk;
  DELETE FROM mention WHERE owner = old.pk;
END;

CREATE TRIGGER message_passage_delete AFTER DELETE ON message BEGIN
  DELETE FROM passage WHERE owner = -old.pk;
  DELETE FROM mention WHERE owner = -old.pk;
END;

-- Two memories of one scope that may contradict each other.
CREATE TABLE conflict (
  pk         INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  first_pk   INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,  -- the smaller key
  second_pk  INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,  -- when somebody said that both hold; NULL: open
  UNIQUE (first_pk, second_pk)
);

CREATE INDEX conflict_second ON conflict (second_pk);

CREATE TRIGGER memory_conflict_end AFTER UPDATE OF content, superseded_by ON memory
WHEN new.content IS NOT old.content OR new.superseded_by IS NOT NULL
BEGIN
  DELETE FROM conflict WHERE new.pk IN (first_pk, second_pk);
END;

-- Messages that are found by themselves, with the columns of a memory.
CREATE VIEW found_message AS
SELECT
  -message.pk AS pk, message.pk AS message_pk, id, content, user_id, agent_id, app_id, run_id,
  name AS actor_id, role, NULL AS attributed_to, 'message' AS memory_type, metadata, categories,
  created_at, created_at AS updated_at, NULL AS valid_from, NULL AS valid_to,
  NULL AS superseded_by, expires_at, 0 AS immutable, 0 AS repeats, passages, yielded
FROM message
JOIN session ON session.pk = message.session_pk
WHERE passages IS NOT 0;

-- What is there already: messages get ids; those that memories repeat to the letter, and those that
-- deleted memories came from, are not to be found; everything else waits for its passages.

UPDATE message SET id = lower(
  hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
  || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))
);

INSERT OR IGNORE INTO origin (message_pk, memory_pk)
SELECT message.pk, m.pk
FROM memory AS m
JOIN json_each(iif(json_valid(m.sources), m.sources, '[]')) AS source
JOIN message ON message.pk = source.value
JOIN session AS s ON s.pk = message.session_pk
WHERE s.user_id IS m.user_id AND s.agent_id IS m.agent_id
  AND s.app_id IS m.app_id AND s.run_id IS m.run_id;

UPDATE message SET yielded = 1 WHERE pk IN (SELECT message_pk FROM origin);

UPDATE message SET passages = 0
WHERE role = 'system' OR pk IN (
  SELECT message_pk
  FROM origin
  JOIN memory ON memory.pk = memory_pk
  JOIN message AS said ON said.pk = message_pk
  WHERE said.content = memory.content
);

DELETE FROM origin WHERE message_pk IN (SELECT pk FROM message WHERE passages = 0);

-- deleted memories: their DELETE has their sources, or the time at which they were made
UPDATE message SET passages = 0, yielded = 1
WHERE turn_pk IS NULL AND pk NOT IN (SELECT message_pk FROM origin) AND pk IN (
  SELECT said.pk
  FROM event AS e
  JOIN json_each(iif(json_valid(e.sources), e.sources, '[]')) AS source
  JOIN message AS said ON said.pk = source.value
  WHERE e.event = 'DELETE'
  UNION
  SELECT said.pk
  FROM event AS e
  JOIN message AS said ON said.created_at = e.created_at
  WHERE e.event = 'DELETE' AND e.sources IS NULL
);

-- all memories of a scope were deleted: its messages, too
UPDATE message SET passages = 0
FROM (
  SELECT s.pk AS session_pk, max(e.updated_at) AS at, s.user_id, s.agent_id, s.app_id, s.run_id
  FROM event AS e
  JOIN session AS s
    ON coalesce(e.user_id, e.agent_id, e.app_id, e.run_id) IS NULL
    OR coalesce(s.user_id, '') = coalesce(e.user_id, '')
    AND coalesce(s.agent_id, '') = coalesce(e.agent_id, '')
    AND coalesce(s.app_id, '') = coalesce(e.app_id, '')
    AND coalesce(s.run_id, '') = coalesce(e.run_id, '')
  WHERE e.event = 'DELETE'
  GROUP BY s.pk
) AS gone
WHERE message.session_pk = gone.session_pk AND message.turn_pk IS NULL
  AND message.created_at <= gone.at AND message.pk NOT IN (SELECT message_pk FROM origin)
  AND NOT EXISTS (
    SELECT 1 FROM memory AS m
    WHERE m.user_id IS gone.user_id AND m.agent_id IS gone.agent_id
      AND m.app_id IS gone.app_id AND m.run_id IS gone.run_id AND m.created_at <= gone.at
  );

UPDATE memory SET passages = 0  -- the others wait, also those that may speak of a day
WHERE length(content) <= 180 AND NOT content GLOB '*[^' || char(1) || '-' || char(127) || ']*'
  AND NOT content GLOB '*[0-9]*' AND NOT EXISTS (
    SELECT 1
    FROM json_each('["day", "tomorrow", "tonight", "last night", "this ", "week", "month", "year",
      "spring", "summer", "autumn", "fall", "winter", "fortnight", "tmrw", "heute", "gestern", "morgen",
      "montag", "dienstag", "mittwoch", "freitag", "samstag", "sonntag", "woche", "monat", "hier",
      "demain", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "semaine",
      "ayer", "hoy", "lunes", "martes", "jueves", "viernes", "domingo", "semana", "ieri", "oggi",
      "domani", "settimana", "sabato", "domenica", "ontem", "hoje", "vandaag", "gisteren",
      "vrijdag", "maandag", "zaterdag", "zondag", "idag", "imorgon", "fredag", "jutro", "wczoraj",
      "cuma", "hafta", "januar", "mai", "mayo", "maggio", "maio", "mei", "juin", "juli", "agosto", "january", "february", "march", "april",
      " may", "june", "july", "august", "september", "october", "november", "december"]') AS hint
    WHERE instr(lower(content), hint.value) > 0
  );

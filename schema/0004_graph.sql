-- The optional graph: who and what memories name, and how they relate, each in its memories' scope.

-- One name, as it is spelt, in one exact scope. Names that mean the same are one entity: `same_as` is
-- the first of them. Each keeps its row, so that a spelling goes with the last memory that has it.
CREATE TABLE entity (
  pk       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  form     TEXT NOT NULL,                      -- without case, accents, article, possessive
  user_id  TEXT,
  agent_id TEXT,
  app_id   TEXT,
  run_id   TEXT,
  same_as  INTEGER REFERENCES entity,          -- NULL: itself
  vector   BLOB,                               -- float32, of the name; NULL: not yet embedded
  CHECK (coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL)
);

CREATE UNIQUE INDEX entity_name ON entity (
  coalesce(user_id, ''), coalesce(agent_id, ''), coalesce(app_id, ''), coalesce(run_id, ''),
  form, name
);
CREATE INDEX entity_user  ON entity (user_id, form)  WHERE user_id IS NOT NULL;
CREATE INDEX entity_agent ON entity (agent_id, form) WHERE agent_id IS NOT NULL;
CREATE INDEX entity_app   ON entity (app_id, form)   WHERE app_id IS NOT NULL;
CREATE INDEX entity_run   ON entity (run_id, form)   WHERE run_id IS NOT NULL;
CREATE INDEX entity_same  ON entity (same_as) WHERE same_as IS NOT NULL;

CREATE TABLE relation (
  pk             INTEGER PRIMARY KEY,
  source_pk      INTEGER NOT NULL REFERENCES entity,
  relationship   TEXT NOT NULL,                -- lower case, with underscores
  destination_pk INTEGER NOT NULL REFERENCES entity,
  UNIQUE (source_pk, relationship, destination_pk)
);

-- these hold the pk behind their column: the newest relations of an entity are read from the end
CREATE INDEX relation_source ON relation (source_pk);
CREATE INDEX relation_destination ON relation (destination_pk);

-- Which memories say so; a relation that none says is gone.
CREATE TABLE support (
  relation_pk INTEGER NOT NULL REFERENCES relation,
  memory_pk   INTEGER NOT NULL REFERENCES memory,
  PRIMARY KEY (relation_pk, memory_pk)
) WITHOUT ROWID;

CREATE INDEX support_memory ON support (memory_pk);

-- Triggers, not cascades: they also work for tools that leave foreign keys off.
CREATE TRIGGER support_memory_delete AFTER DELETE ON memory BEGIN
  DELETE FROM support WHERE memory_pk = old.pk;
END;

CREATE TRIGGER support_memory_update AFTER UPDATE OF content ON memory
WHEN new.content <> old.content BEGIN
  DELETE FROM support WHERE memory_pk = old.pk;
END;

CREATE TRIGGER relation_unsupported AFTER DELETE ON support
WHEN NOT EXISTS (SELECT 1 FROM support WHERE relation_pk = old.relation_pk) BEGIN
  DELETE FROM relation WHERE pk = old.relation_pk;
END;

CREATE TRIGGER entity_unrelated AFTER DELETE ON relation BEGIN
  DELETE FROM entity
  WHERE pk IN (old.source_pk, old.destination_pk)
    AND NOT EXISTS (SELECT 1 FROM relation WHERE source_pk = entity.pk)
    AND NOT EXISTS (SELECT 1 FROM relation WHERE destination_pk = entity.pk);
END;

-- the next of its names takes the place of the first; that one last, as the others look for it
CREATE TRIGGER entity_first_deleted AFTER DELETE ON entity WHEN old.same_as IS NULL BEGIN
  UPDATE entity
  SET same_as = (SELECT min(pk) FROM entity WHERE same_as = old.pk)
  WHERE same_as = old.pk AND pk > (SELECT min(pk) FROM entity WHERE same_as = old.pk);
  UPDATE entity SET same_as = NULL WHERE same_as = old.pk;
END;

-- For people: every relation with a memory that says so.
CREATE VIEW relations AS
SELECT
  coalesce(one_source.name, source.name) AS source,
  relation.relationship,
  coalesce(one_destination.name, destination.name) AS destination,
  memory.id AS memory_id,
  memory.user_id,
  memory.agent_id,
  memory.app_id,
  memory.run_id
FROM relation
JOIN support ON support.relation_pk = relation.pk
JOIN memory ON memory.pk = support.memory_pk
JOIN entity AS source ON source.pk = relation.source_pk
JOIN entity AS destination ON destination.pk = relation.destination_pk
LEFT JOIN entity AS one_source ON one_source.pk = source.same_as
LEFT JOIN entity AS one_destination ON one_destination.pk = destination.same_as;

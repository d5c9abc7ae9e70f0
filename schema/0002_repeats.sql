-- Facts that are said again, and facts that take the place of others.

-- how often it was said again: what means the same is counted, not stored a second time
ALTER TABLE memory ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;

-- in the UPDATE of a memory that was superseded: the id of the one that took its place
ALTER TABLE event ADD COLUMN superseded_by TEXT;

CREATE INDEX event_superseded ON event (superseded_by) WHERE superseded_by IS NOT NULL;

DROP VIEW history;

-- `superseded_by` stands in the UPDATE of an outdated memory, `supersedes` (a JSON array of ids) in
-- the ADD of the one that took its place.
CREATE VIEW history AS
WITH story AS (
  SELECT
    pk, memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role,
    superseded_by
  FROM event
  UNION ALL
  SELECT 0, id, 'ADD', NULL, content, created_at, NULL, actor_id, role, NULL
  FROM memory
  WHERE NOT EXISTS (SELECT 1 FROM event WHERE memory_id = memory.id)
)
SELECT
  story.*,
  CASE event WHEN 'ADD' THEN (
    SELECT nullif(json_group_array(memory_id), '[]')
    FROM event AS over
    WHERE over.superseded_by = story.memory_id
  ) END AS supersedes
FROM story;

DROP VIEW memories;

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
  strftime('%Y-%m-%dT%H:%M:%fZ', valid_from / 1e6, 'unixepoch') AS valid_from,
  strftime('%Y-%m-%dT%H:%M:%fZ', valid_to / 1e6, 'unixepoch') AS valid_to,
  superseded_by,
  repeats
FROM memory;

"""What is known: the memories of exactly one scope that a new fact meets, and what becomes of them.

"Exactly" is all four ids, an absent one too: a fact of another run, agent or user is never met.
"""

import json
from collections.abc import Sequence

import apsw

from litemem.filters import Condition
from litemem.models import PROCEDURAL, Found, MemoryRecord, Message
from litemem.scope import ID_KEYS, Scope
from litemem.store.queries import session_pk
from litemem.store.rereading import by_id, matching, records
from litemem.store.rows import Row
from litemem.store.vector_index import VectorIndex

# An ADD has no row in `event` before the memory changes for the first time.
WRITE_OUT_ADD = """
INSERT INTO event (memory_id, event, new_memory, created_at, actor_id, role)
SELECT id, 'ADD', content, created_at, actor_id, role
FROM memory
WHERE pk IN (SELECT value FROM json_each(?))
  AND NOT EXISTS (SELECT 1 FROM event WHERE memory_id = memory.id)
"""
_REPEAT = """
UPDATE memory
SET repeats = repeats + 1,
    expires_at = CASE
      WHEN expires_at IS NULL OR ?1 IS NULL THEN NULL
      ELSE max(expires_at, ?1)
    END,
    immutable = max(immutable, ?2)
WHERE pk = ?3
"""
_NAMING = """
m.superseded_by IS NULL
  AND (
    m.content LIKE 'User is called %' OR m.content LIKE 'User is named %'
    OR m.content LIKE 'User%name is %'
  )
"""
_SUPERSEDE = """
UPDATE memory
SET valid_from = coalesce(valid_from, created_at),
    valid_to = max(?1, coalesce(valid_from, created_at)),
    superseded_by = ?2,
    updated_at = max(updated_at, ?1)
WHERE pk = ?3
"""
_WRITE_SUPERSEDED = """
INSERT INTO event
  (memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role,
   superseded_by)
SELECT
  old.id, 'UPDATE', old.content, new.content, old.created_at, ?1, old.actor_id, old.role,
  new.id
FROM memory AS old
JOIN memory AS new ON new.pk = ?2
WHERE old.pk = ?3
"""
_LAST_LOGGED = """
SELECT pk, role, content, name, created_at, turn_pk
FROM message
WHERE session_pk = ?
ORDER BY pk DESC
LIMIT ?
"""
_CAME_FROM = """
SELECT m.pk
FROM memory AS m
WHERE {scope}
  AND EXISTS (
    SELECT 1 FROM json_each(m.sources) WHERE value IN (SELECT value FROM json_each(?))
  )
ORDER BY m.pk
"""


class Known:
    """The memories of one connection; the methods that write belong into a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def neighbours(self, scope: Scope, vector: bytes, limit: int, at: int) -> list[Found]:
        """Return the nearest memories of exactly this scope that hold at `at`, nearest first.

        Those that are superseded or expired are not among them, nor are summaries of runs.
        """
        exact = _exactly(scope, "m")
        condition = Condition(
            f"{exact.sql} AND m.superseded_by IS NULL AND m.memory_type IS NOT ?"
            " AND (m.expires_at IS NULL OR m.expires_at > ?)",
            (*exact.parameters, PROCEDURAL, at),
        )
        nearest = VectorIndex(self._connection).nearest(vector, limit, condition)
        read = records(self._connection, [pk for pk, _ in nearest], condition)
        return [Found(read[pk], cosine, 0.0) for pk, cosine in nearest]

    def naming(self, scope: Scope) -> list[str]:
        """Return what memories of exactly this scope say of the user's name."""
        exact = _exactly(scope, "m")
        naming = Condition(f"{exact.sql} AND {_NAMING}", exact.parameters)
        found = records(self._connection, matching(self._connection, naming), naming)
        return [record.content for record in found.values()]

    def repeat(self, memory_id: str, like: MemoryRecord) -> None:
        """Count that a memory was said again, by a fact with the expiry and fixity of `like`.

        The memory then lasts as long as either would, and is immutable when either is.
        """
        if found := by_id(self._connection, memory_id):
            self._connection.execute(_REPEAT, (like.expires_at, like.immutable, found[0]))

    def supersede(self, old: MemoryRecord, by: str, at: int) -> None:
        """End a memory at `at`; the memory `by` has taken its place, as its history says."""
        ended, successor = by_id(self._connection, old.id), by_id(self._connection, by)
        if ended is None:
            return
        pk, _ = ended
        self._connection.execute(WRITE_OUT_ADD, (json.dumps([pk]),))
        if successor is not None:
            self._connection.execute(_WRITE_SUPERSEDED, (at, successor[0], pk))
        self._connection.execute(_SUPERSEDE, (at, by, pk))

    def said_before(
        self, scope: Scope, messages: Sequence[Message], since: int, until: int
    ) -> list[MemoryRecord]:
        """Return the memories that came of these messages, if they are the last of this scope.

        They have to have been logged from `since` to `until`, and to be done.
        """
        session = session_pk(self._connection, scope)
        rows: list[Row] = self._connection.execute(
            _LAST_LOGGED, (session, len(messages))
        ).fetchall()[::-1]
        is_done = all(since <= at <= until and turn_pk is None for *_, at, turn_pk in rows)
        if not is_done or [Message(*row[1:4]) for row in rows] != list(messages):
            return []
        exact = _exactly(scope, "m")
        found = self._connection.execute(
            _CAME_FROM.format(scope=exact.sql),
            (*exact.parameters, json.dumps([row[0] for row in rows])),
        )
        return list(records(self._connection, [pk for (pk,) in found], exact).values())


def _exactly(scope: Scope, table: str) -> Condition:
    """Return the condition that a memory has these ids and no others."""
    ids = scope.ids()
    parts = [f"{table}.{key} = ?" if key in ids else f"{table}.{key} IS NULL" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(ids.values()))

"""What is known: the memories of exactly one scope that a new fact meets, and what becomes of them.

"Exactly" is all four ids, an absent one too: a fact of another run, agent or user is never met.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import PROCEDURAL, Match, MemoryRecord, Message
from litemem.store.filters import Condition
from litemem.store.sqlite.archive.memories import ArchivedMemory
from litemem.store.sqlite.exact import exactly
from litemem.store.sqlite.queries import session_pk
from litemem.store.sqlite.rereading import by_id, matching, records
from litemem.store.sqlite.rows import Row, id_list
from litemem.store.sqlite.vector_index import VectorIndex

# An ADD has no row in `event` before the memory changes for the first time.
WRITE_OUT_ADD = """
INSERT INTO event (memory_id, event, new_memory, created_at, actor_id, role)
SELECT id, 'ADD', content, created_at, actor_id, role
FROM memory
WHERE pk IN (SELECT value FROM json_each(?))
  AND NOT EXISTS (SELECT 1 FROM event WHERE memory_id = memory.id)
"""
# A memory that is said again lasts as long as either, and is immutable when either is.
LIKE_EITHER = """\
expires_at = CASE
      WHEN memory.expires_at IS NULL OR {expires_at} IS NULL THEN NULL
      ELSE max(memory.expires_at, {expires_at})
    END,
    immutable = max(memory.immutable, {immutable})\
"""
_REPEAT = f"""
UPDATE memory
SET repeats = repeats + 1,
    {LIKE_EITHER.format(expires_at="?1", immutable="?2")}
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
_LAST = """
SELECT (SELECT coalesce(max(pk), 0) FROM memory), (SELECT coalesce(max(pk), 0) FROM event)
"""
# Another index would lead through the whole scope.
_COME_OR_CHANGED = """
SELECT m.id FROM memory AS m NOT INDEXED WHERE m.pk > ? AND {scope}
UNION
SELECT m.id FROM event CROSS JOIN memory AS m ON m.id = event.memory_id
WHERE event.pk > ? AND {scope}
"""
_NEAR_AMONG = """
SELECT m.pk, coalesce(1 - vec_distance_cosine(embedding.vector, ?), 0) AS cosine
FROM json_each(?) AS each
CROSS JOIN memory AS m ON m.id = each.value
CROSS JOIN embedding ON embedding.pk = m.pk
WHERE {scope}
ORDER BY cosine DESC
LIMIT ?
"""
_LAST_LOGGED = """
SELECT pk, role, content, name, created_at, turn_pk
FROM message
WHERE session_pk = ?
ORDER BY pk DESC
LIMIT ?
"""
_OWNERS = """
SELECT memory_id, user_id, agent_id, app_id, run_id
FROM event
WHERE memory_id IN (SELECT value FROM json_each(?)) AND event = 'DELETE'
  AND coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL
ORDER BY pk
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


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in a file's life: the last primary keys of `memory` and of `event`."""

    memory: int
    event: int


class Known:
    """The memories of one connection; the methods that write belong into a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def moment(self) -> Moment:
        """Return by what is known later which memories have come or changed since now."""
        rows: list[Row] = self._connection.execute(_LAST).fetchall()
        return Moment(*rows[0])

    def changed_since(self, moment: Moment, scope: Scope) -> set[str] | None:
        """Return the ids of the memories of exactly this scope that came or changed; None: unknown.

        It is unknown when memories were removed: SQLite gives the primary keys of the last anew.
        """
        now = self.moment()
        removed = "SELECT 1 FROM event WHERE pk > ? AND event = 'DELETE' LIMIT 1"
        if (
            now.memory < moment.memory
            or now.event < moment.event
            or self._connection.execute(removed, (moment.event,)).fetchone()
        ):
            return None
        exact = exactly(scope)
        rows = self._connection.execute(
            _COME_OR_CHANGED.format(scope=exact.sql),
            (moment.memory, *exact.parameters, moment.event, *exact.parameters),
        )
        return {str(memory_id) for (memory_id,) in rows}

    def neighbours(
        self,
        scope: Scope,
        vector: bytes,
        limit: int,
        at: int,
        among: Collection[str] | None = None,
    ) -> list[Match]:
        """Return the nearest memories of exactly this scope that hold at `at`, nearest first.

        Those that are superseded or expired are not among them, nor are summaries of runs. With
        `among` only memories of these ids.
        """
        exact = exactly(scope)
        condition = Condition(
            f"{exact.sql} AND m.superseded_by IS NULL AND m.memory_type IS NOT ?"
            " AND (m.expires_at IS NULL OR m.expires_at > ?)",
            (*exact.parameters, PROCEDURAL, at),
        )
        nearest = self._nearest(vector, limit, condition, among)
        read = records(self._connection, [pk for pk, _ in nearest], condition)
        return [Match(read[pk], cosine, 0.0) for pk, cosine in nearest]

    def _nearest(
        self, vector: bytes, limit: int, condition: Condition, among: Collection[str] | None
    ) -> list[tuple[int, float]]:
        if among is None:
            return VectorIndex(self._connection).nearest(vector, limit, condition)
        rows = self._connection.execute(
            _NEAR_AMONG.format(scope=condition.sql),
            (vector, id_list(among), *condition.parameters, limit),
        )
        return [(pk, cosine) for pk, cosine in rows]

    def naming(self, scope: Scope) -> list[str]:
        """Return what memories of exactly this scope say of the user's name."""
        exact = exactly(scope)
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

    def lacks(self, item: Mapping[str, Any]) -> bool:
        """Tell whether a merge would change the memory that has the id of an archive's line.

        Its sources are left out of it: as what they come, only the import will know.
        """
        return ArchivedMemory(self._connection, item, None).would_change()

    def owners_of_deleted(self, memory_ids: Collection[str]) -> dict[str, Scope]:
        """Return whose the memories of these ids were that were deleted, as far as it is known."""
        rows = self._connection.execute(_OWNERS, (id_list(memory_ids),))
        return {m: Scope(**dict(zip(ID_KEYS, ids, strict=True))) for m, *ids in rows}

    def said_before(
        self, scope: Scope, messages: Sequence[Message], last_pk: int, since: int, until: int
    ) -> list[MemoryRecord]:
        """Return the memories that came of these messages, if they are the last of this scope.

        They have to end with the message `last_pk`, to have been logged from `since` to `until`,
        and to be done.
        """
        session = session_pk(self._connection, scope)
        rows: list[Row] = self._connection.execute(
            _LAST_LOGGED, (session, len(messages))
        ).fetchall()[::-1]
        is_done = all(since <= at <= until and turn_pk is None for *_, at, turn_pk in rows)
        if not is_done or [Message(*row[1:4]) for row in rows] != list(messages):
            return []
        if rows[-1][0] != last_pk:
            return []
        exact = exactly(scope)
        found = self._connection.execute(
            _CAME_FROM.format(scope=exact.sql),
            (*exact.parameters, json.dumps([row[0] for row in rows])),
        )
        return list(records(self._connection, [pk for (pk,) in found], exact).values())

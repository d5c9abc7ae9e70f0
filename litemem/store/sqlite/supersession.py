"""Supersession: the known memories that a new fact repeats or replaces, and validity periods.

Only memories of exactly the fact's scope are compared: all four ids, null ones too.
"""

import json
from collections.abc import Collection
from dataclasses import replace

import apsw

from litemem.core.graph import STATED
from litemem.core.scope import Scope
from litemem.core.types import DOCUMENT, PROCEDURAL, Match, MemoryRecord
from litemem.store.filters import Condition
from litemem.store.protocol import Revision
from litemem.store.sqlite.repeats import link_repeats
from litemem.store.sqlite.rows import (
    Row,
    cosine_of,
    matching_records,
    pk_of,
    read_json,
    readable,
    scope_equals,
)
from litemem.store.sqlite.vector_index import VectorIndex

# An ADD has no row in `event` until the memory changes for the first time.
WRITE_OUT_ADD = """
INSERT INTO event (memory_id, event, new_memory, created_at, actor_id, role)
SELECT id, 'ADD', content, created_at, actor_id, role
FROM memory
WHERE pk IN (SELECT value FROM json_each(?))
  AND NOT EXISTS (SELECT 1 FROM event WHERE memory_id = memory.id)
"""
# A repeated memory expires when the later of both does, and is immutable if either is.
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
    updated_at = max(updated_at, ?3)
WHERE pk = ?4
"""
_NEWEST = "SELECT m.pk FROM memory AS m WHERE {scope} ORDER BY m.pk DESC LIMIT ?"
MADE_FROM = f"""
SELECT m.pk
FROM memory AS m
WHERE {{scope}}
  AND EXISTS (
    SELECT 1 FROM json_each({read_json("m.sources")})
    WHERE value IN (SELECT value FROM json_each(?))
  )
ORDER BY m.pk
"""
_RESTORE = """
UPDATE memory
SET valid_to = NULL, superseded_by = NULL, updated_at = max(updated_at, ?)
WHERE pk = ?
"""
_WRITE_RESTORED = """
INSERT INTO event
  (memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role)
SELECT id, 'UPDATE', content, content, created_at, ?, actor_id, role
FROM memory
WHERE pk = ?
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
_REVISION = """
SELECT (SELECT coalesce(max(pk), 0) FROM memory), (SELECT coalesce(max(pk), 0) FROM event)
"""
# NOT INDEXED: an index of the scope would read all of it.
_ADDED_OR_CHANGED = """
SELECT m.id FROM memory AS m NOT INDEXED WHERE m.pk > ? AND {scope}
UNION
SELECT m.id FROM event CROSS JOIN memory AS m ON m.id = event.memory_id
WHERE event.pk > ? AND {scope}
"""
_NEAR_AMONG = f"""
SELECT m.pk, {cosine_of("embedding.vector")} AS cosine
FROM json_each(?) AS each
CROSS JOIN memory AS m ON m.id = each.value
CROSS JOIN embedding ON embedding.pk = m.pk
WHERE {{scope}}
ORDER BY cosine DESC
LIMIT ?
"""
# What memories superseded, oldest first; only of exactly the same scope.
SUPERSEDED = """
SELECT m.superseded_by, m.id
FROM memory AS m
JOIN memory AS successor ON successor.id = m.superseded_by
WHERE m.superseded_by IN (SELECT value FROM json_each(?))
  AND (m.user_id, m.agent_id, m.app_id, m.run_id)
    IS (successor.user_id, successor.agent_id, successor.app_id, successor.run_id)
ORDER BY m.created_at, m.pk
"""
_MOVE_END = "UPDATE memory SET valid_to = ?, updated_at = max(updated_at, ?) WHERE pk = ?"


class Known:
    """The known memories of one connection; see `KnownReader` and `KnownWriter`."""

    __slots__ = ("_connection", "_index")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._index = VectorIndex(connection)

    def revision(self) -> Revision:
        rows: list[Row] = self._connection.execute(_REVISION).fetchall()
        return Revision(*rows[0])

    def changed_since(self, revision: Revision, scope: Scope) -> set[str] | None:
        now = self.revision()
        deleted = "SELECT 1 FROM event WHERE pk > ? AND event = 'DELETE' LIMIT 1"
        if (  # SQLite reuses the primary keys of deleted last rows
            now.memory < revision.memory
            or now.event < revision.event
            or self._connection.execute(deleted, (revision.event,)).fetchone()
        ):
            return None
        exact = scope_equals(scope)
        rows = self._connection.execute(
            _ADDED_OR_CHANGED.format(scope=exact.sql),
            (revision.memory, *exact.parameters, revision.event, *exact.parameters),
        )
        return {str(memory_id) for (memory_id,) in rows}

    def neighbours(
        self,
        scope: Scope,
        vector: bytes,
        limit: int,
        now: int,
        among: Collection[str] | None = None,
    ) -> list[Match]:
        exact = scope_equals(scope)
        condition = Condition(
            f"{exact.sql} AND m.superseded_by IS NULL"
            f" AND coalesce(m.memory_type, '') NOT IN {(PROCEDURAL, DOCUMENT, *STATED)!r}"
            " AND (m.expires_at IS NULL OR m.expires_at > ?)",
            (*exact.parameters, now),
        )
        nearest = self._nearest(vector, limit, condition, among)
        found, _ = readable(self._connection, [pk for pk, _ in nearest], condition)
        return [Match(found[pk], cosine, 0.0) for pk, cosine in nearest if pk in found]

    def _nearest(
        self, vector: bytes, limit: int, condition: Condition, among: Collection[str] | None
    ) -> list[tuple[int, float]]:
        if among is None:
            return self._index.nearest(vector, limit, condition)
        rows = self._connection.execute(
            _NEAR_AMONG.format(scope=condition.sql),
            (vector, json.dumps(list(among)), *condition.parameters, limit),
        )
        return [(pk, cosine) for pk, cosine in rows]

    def of_scope(self, scope: Scope, limit: int) -> list[MemoryRecord]:
        exact = scope_equals(scope)
        rows: list[Row] = self._connection.execute(
            _NEWEST.format(scope=exact.sql), (*exact.parameters, limit)
        ).fetchall()
        return list(readable(self._connection, [pk for (pk,) in rows], exact)[0].values())

    def made_from(self, scope: Scope, message_keys: Collection[int]) -> list[MemoryRecord]:
        exact = scope_equals(scope)
        rows: list[Row] = self._connection.execute(
            MADE_FROM.format(scope=exact.sql), (*exact.parameters, json.dumps(list(message_keys)))
        ).fetchall()
        return list(readable(self._connection, [pk for (pk,) in rows], exact)[0].values())

    def restore_superseded(self, record: MemoryRecord, now: int) -> None:
        for pk in _superseded_by(self._connection, record, record.id):
            self._connection.execute(_WRITE_RESTORED, (now, pk))
            self._connection.execute(_RESTORE, (now, pk))

    def naming(self, scope: Scope) -> list[str]:
        exact = scope_equals(scope)
        naming = Condition(f"{exact.sql} AND {_NAMING}", exact.parameters)
        found = matching_records(self._connection, naming)
        return [record.content for record in found.values()]

    def repeat(self, memory_id: str, like: MemoryRecord) -> None:
        if pk := pk_of(self._connection, memory_id):
            self._connection.execute(_REPEAT, (like.expires_at, like.immutable, pk))

    def supersede(self, old: MemoryRecord, by: str, at: int, noted_at: int | None = None) -> None:
        pk, successor = pk_of(self._connection, old.id), pk_of(self._connection, by)
        if pk is None:
            return
        self._connection.execute(WRITE_OUT_ADD, (json.dumps([pk]),))
        link_repeats(self._connection, [pk])
        noted_at = at if noted_at is None else noted_at
        if successor is not None:
            self._connection.execute(_WRITE_SUPERSEDED, (noted_at, successor, pk))
        self._connection.execute(_SUPERSEDE, (at, by, noted_at, pk))


def move_validity(
    connection: apsw.Connection, old: MemoryRecord, new: MemoryRecord
) -> MemoryRecord:
    """Move the validity periods that depend on a changed `created_at`; return the new memory.

    `valid_from` moves along. The ends of the memories that it superseded move, and so does its own
    end, unless something else than the supersession has set them. So in a chain of supersessions,
    the last memory that has begun is the valid one at any time.
    """
    successor_start = _successor_start(connection, old)
    before, after = (
        _earliest(old.since, successor_start),
        _earliest(new.created_at, successor_start),
    )
    _move_ends(connection, old, before, after, new.updated_at)
    if old.valid_from is not None:
        new = replace(new, valid_from=new.created_at)
    if successor_start is not None and old.valid_to == max(old.since, successor_start):
        new = replace(new, valid_to=max(new.created_at, successor_start))
    return new


def _successor_start(connection: apsw.Connection, record: MemoryRecord) -> int | None:
    """Return the earliest start among a memory's successors, theirs included, or None."""
    seen = {record.id}
    start = None
    while record.superseded_by is not None and record.superseded_by not in seen:
        known = Condition("m.id = ?", (record.superseded_by,))
        found = matching_records(connection, known)
        if not found:
            break
        (record,) = found.values()
        seen.add(record.id)
        start = _earliest(record.since, start)
    return start


def _move_ends(
    connection: apsw.Connection, record: MemoryRecord, before: int, after: int, now: int
) -> None:
    """Move the ends of the memories that a memory superseded, if they were at `before`."""
    waiting, seen = [(record.id, before, after)], set()
    while waiting:
        successor, before, after = waiting.pop()
        if before == after or successor in seen:  # an archive may contain a circle
            continue
        seen.add(successor)
        for pk, old in _superseded_by(connection, record, successor).items():
            if old.valid_to == max(old.since, before):
                connection.execute(_MOVE_END, (max(old.since, after), now, pk))
            waiting.append((old.id, min(old.since, before), min(old.since, after)))


def _superseded_by(
    connection: apsw.Connection, record: MemoryRecord, successor: str
) -> dict[int, MemoryRecord]:
    """Return the memories of exactly the record's scope that the successor superseded."""
    exact = scope_equals(record.scope)
    superseded = Condition(f"{exact.sql} AND m.superseded_by = ?", (*exact.parameters, successor))
    return matching_records(connection, superseded)


def _earliest(one: int, other: int | None) -> int:
    return one if other is None else min(one, other)

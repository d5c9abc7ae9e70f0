"""Find and mend references that name no row, a row of another scope, or go in a circle.

Declared keys to rows that do not exist are the work of `repair.drop_orphans`, apart from sessions:
a message without its session belongs to nobody.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS
from litemem.store.sqlite.integrity import edited
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, Row, read_field, read_json
from litemem.store.sqlite.values import damage, renamed

_IDS = ", ".join(ID_KEYS)


def _ids(table: str) -> str:
    return ", ".join(f"{table}.{key}" for key in ID_KEYS)


def _same(one: str, other: str) -> str:
    """Return SQL: True if two rows are of exactly the same scope."""
    return f"({_ids(one)}) IS ({_ids(other)})"


def _is_successor(successor: str, old: str) -> str:
    """Return SQL: True if an id may be that of the successor of a row with an id and a scope.

    A deleted memory counts, if its history is there; an old one may lack the scope.
    """
    return f"""(
  {successor} <> {old}.id
  AND (
    EXISTS (SELECT 1 FROM memory AS s WHERE s.id = {successor} AND {_same("s", old)})
    OR NOT EXISTS (SELECT 1 FROM memory AS s WHERE s.id = {successor})
      AND EXISTS (SELECT 1 FROM event AS s WHERE s.memory_id = {successor})
      AND NOT EXISTS (
        SELECT 1 FROM event AS s
        WHERE s.memory_id = {successor} AND s.event = 'DELETE'
          AND coalesce({_ids("s")}) IS NOT NULL AND NOT {_same("s", old)}
      )
  )
)"""


_IS_KNOWN = """(
  EXISTS (SELECT 1 FROM memory AS s WHERE s.id = {0})
  OR EXISTS (SELECT 1 FROM event AS s WHERE s.memory_id = {0})
)"""

# -- what violates an invariant; each names the rows with keys

UNKNOWN_SUCCESSORS = f"""
SELECT m.id FROM memory AS m
WHERE m.superseded_by IS NOT NULL AND NOT {_IS_KNOWN.format("m.superseded_by")}
"""
FOREIGN_SUCCESSORS = f"""
SELECT m.id FROM memory AS m
WHERE m.superseded_by IS NOT NULL AND {_IS_KNOWN.format("m.superseded_by")}
  AND NOT {_is_successor("m.superseded_by", "m")}
"""
UNKNOWN_SUCCESSORS_IN_HISTORY = f"""
SELECT e.pk FROM event AS e
WHERE e.superseded_by IS NOT NULL AND NOT {_IS_KNOWN.format("e.superseded_by")}
"""
FOREIGN_SUCCESSORS_IN_HISTORY = f"""
WITH
  named AS MATERIALIZED (
    SELECT memory_id AS id FROM event WHERE superseded_by IS NOT NULL
    UNION SELECT superseded_by FROM event WHERE superseded_by IS NOT NULL
  ),
  owner AS MATERIALIZED (
    SELECT id, {_IDS} FROM memory WHERE id IN (SELECT id FROM named)
    UNION
    SELECT memory_id, {_IDS} FROM event
    WHERE event = 'DELETE' AND coalesce({_IDS}) IS NOT NULL
      AND memory_id IN (SELECT id FROM named) AND memory_id NOT IN (SELECT id FROM memory)
  )
SELECT e.pk FROM event AS e WHERE e.superseded_by = e.memory_id
UNION
SELECT e.pk
FROM event AS e
JOIN owner AS old ON old.id = e.memory_id
JOIN owner AS new ON new.id = e.superseded_by
WHERE e.superseded_by IS NOT NULL AND NOT {_same("old", "new")}
"""
WRONG_DELETIONS = f"""
SELECT e.pk
FROM event AS e
JOIN memory AS m ON m.id = e.memory_id
WHERE coalesce({_ids("e")}) IS NOT NULL AND NOT {_same("e", "m")}
"""
WRONG_SOURCES_OF_DELETIONS = f"""
SELECT DISTINCT m.pk
FROM event AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.sources <> '[]' AND coalesce({_ids("m")}) IS NOT NULL AND NOT {IN_SCOPE_OF_M}
"""
HISTORIES_WITHOUT_ADD = """
SELECT DISTINCT memory_id FROM event
WHERE memory_id IN (SELECT id FROM memory)
  AND memory_id NOT IN (SELECT memory_id FROM event WHERE event = 'ADD')
"""
WRONG_ORIGINS = f"""
SELECT message_pk
FROM origin
JOIN message ON message.pk = message_pk
JOIN memory AS m ON m.pk = memory_pk
WHERE NOT {IN_SCOPE_OF_M}
"""
LOST_MENTIONS = """
SELECT owner FROM mention
WHERE owner > 0 AND owner NOT IN (SELECT pk FROM memory)
  OR owner <= 0 AND -owner NOT IN (SELECT pk FROM message)
"""
WRONG_ALIASES = f"""
SELECT e.pk FROM entity AS e JOIN entity AS first ON first.pk = e.same_as
WHERE first.same_as IS NOT NULL OR NOT {_same("e", "first")}
"""
# entities of another scope than a memory that states a relation of theirs
_SUPPORTED_ASTRAY = f"""
FROM support
JOIN memory AS m ON m.pk = memory_pk
JOIN relation AS r ON r.pk = relation_pk
JOIN entity AS e ON e.pk IN (r.source_pk, r.destination_pk)
WHERE NOT {_same("m", "e")}
"""
WRONG_SUPPORT = f"SELECT DISTINCT m.id {_SUPPORTED_ASTRAY}"
# a run may be shown what is of no run, or of another one, but not of another user
WRONGLY_SHOWN = """
SELECT shown.pk FROM shown JOIN memory AS m ON m.id = shown.memory_id
WHERE shown.user_id <> m.user_id
UNION ALL
SELECT shown.pk
FROM shown
JOIN message ON message.id = shown.memory_id
JOIN session AS s ON s.pk = message.session_pk
WHERE shown.user_id <> s.user_id
"""
IS_WRONGLY_SHOWN = f"""
WITH shown (pk, memory_id, {_IDS}) AS (VALUES (0, ?, ?, ?, ?, ?))
SELECT EXISTS ({WRONGLY_SHOWN})
"""
# which scope is the right one, no row says
MIXED_RESULTS = f"""
SELECT pk
FROM (
  SELECT DISTINCT finished_turn.pk, {_ids("m")}
  FROM finished_turn
  JOIN json_each({read_json("results")}) AS result
  JOIN memory AS m ON m.id = {read_field("result", "id")}
)
GROUP BY pk
HAVING count(*) > 1
"""

# -- repairs

_CHAINED = """
SELECT m.pk, s.pk
FROM memory AS m
JOIN memory AS s ON s.id = m.superseded_by
WHERE m.superseded_by IS NOT NULL AND s.superseded_by IS NOT NULL
"""
# the last one in the history, for a memory that has ended
_TOLD_SUCCESSOR = f"""
SELECT e.superseded_by
FROM memory AS m
JOIN event AS e ON e.memory_id = m.id
WHERE m.pk = ? AND m.valid_to IS NOT NULL AND e.superseded_by IS NOT NULL
  AND {_is_successor("e.superseded_by", "m")}
ORDER BY e.pk DESC
LIMIT 1
"""
_WRITE_UPDATE = """
INSERT INTO event
  (memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role)
SELECT id, 'UPDATE', ?2, ?2, created_at, ?3, actor_id, role FROM memory WHERE pk = ?1
"""
_SET_SUCCESSOR = """
UPDATE memory SET superseded_by = ?2, updated_at = max(updated_at, ?3) WHERE pk = ?1
"""
# an event with the text after it, and the successor that its memory names and the history does not
_EVENT = f"""
SELECT e.superseded_by, e.old_memory, e.new_memory, coalesce(
  (
    SELECT later.old_memory FROM event AS later
    WHERE later.memory_id = e.memory_id AND later.pk > e.pk
    ORDER BY later.pk LIMIT 1
  ),
  m.content
), (
  SELECT m.superseded_by
  WHERE {_is_successor("m.superseded_by", "m")} AND NOT EXISTS (
    SELECT 1 FROM event AS other
    WHERE other.memory_id = m.id AND other.superseded_by = m.superseded_by
  )
)
FROM event AS e LEFT JOIN memory AS m ON m.id = e.memory_id
WHERE e.pk = ?
"""
_KEEP_TEXT = "UPDATE event SET new_memory = ? WHERE pk = ? AND event = 'UPDATE'"
_FIRST_EVENT = """
SELECT pk, coalesce(old_memory, new_memory), created_at, actor_id, role
FROM event WHERE memory_id = ? ORDER BY pk LIMIT 1
"""
# an ADD of no memory and of no deleted one, with the text with which a history begins
_STRAY_ADD = """
SELECT e.pk, e.memory_id FROM event AS e
WHERE e.event = 'ADD' AND e.pk < ? AND e.new_memory = ? AND e.created_at = ?
  AND NOT EXISTS (SELECT 1 FROM memory WHERE id = e.memory_id)
  AND NOT EXISTS (SELECT 1 FROM event AS o WHERE o.memory_id = e.memory_id AND o.event = 'DELETE')
ORDER BY e.pk DESC
LIMIT 1
"""
_INSERT_ADD = """
INSERT INTO event (pk, memory_id, event, new_memory, created_at, actor_id, role)
VALUES (?, ?, 'ADD', ?, ?, ?, ?)
"""
_FOREIGN_MESSAGES = f"""
SELECT message.pk FROM message WHERE message.pk = value AND NOT {IN_SCOPE_OF_M}
"""
_OWN_SOURCES = f"""
UPDATE event AS m
SET sources = (
  SELECT json_group_array(value) FROM json_each(m.sources)
  WHERE value NOT IN ({_FOREIGN_MESSAGES})
)
WHERE pk = ?
"""
_ASTRAY = f"SELECT DISTINCT e.pk {_SUPPORTED_ASTRAY}"
# the scopes of what an entity is related with, and of the memories that say so
_SCOPES_AROUND = f"""
WITH its AS (SELECT * FROM relation WHERE ?1 IN (source_pk, destination_pk))
SELECT {_ids("m")} FROM its
JOIN support ON relation_pk = its.pk JOIN memory AS m ON m.pk = memory_pk
UNION
SELECT {_ids("e")} FROM its
JOIN entity AS e ON e.pk = iif(source_pk = ?1, destination_pk, source_pk) AND e.pk <> ?1
"""
_MOVE_ENTITY = f"UPDATE OR IGNORE entity SET ({_IDS}) = (?2, ?3, ?4, ?5) WHERE pk = ?1"
_POINT_TO_FIRST = f"""
UPDATE entity AS e
SET same_as = (SELECT first.same_as FROM entity AS first WHERE first.pk = e.same_as)
WHERE EXISTS (
  SELECT 1
  FROM entity AS other
  JOIN entity AS first ON first.pk = other.same_as
  WHERE other.pk = e.same_as AND first.pk <> e.pk AND first.same_as IS NULL
    AND {_same("e", "other")} AND {_same("e", "first")}
)
"""
_DROP_SUPPORT = f"""
DELETE FROM support
WHERE EXISTS (
  SELECT 1
  FROM memory AS m
  JOIN relation AS r ON r.pk = support.relation_pk
  JOIN entity AS e ON e.pk IN (r.source_pk, r.destination_pk)
  WHERE m.pk = support.memory_pk AND NOT {_same("m", "e")}
)
RETURNING relation_pk, memory_pk
"""
_DROP_ORIGINS = f"""
DELETE FROM origin
WHERE EXISTS (
  SELECT 1 FROM message JOIN memory AS m ON m.pk = origin.memory_pk
  WHERE message.pk = origin.message_pk AND NOT {IN_SCOPE_OF_M}
)
RETURNING message_pk, memory_pk
"""
_WITHOUT_SESSION = "session_pk NOT IN (SELECT pk FROM session)"
_SESSION_OF_TURN = f"""
UPDATE message
SET session_pk = (SELECT t.session_pk FROM turn AS t WHERE t.pk = message.turn_pk)
WHERE {_WITHOUT_SESSION} AND turn_pk IN (
  SELECT pk FROM turn WHERE session_pk IN (SELECT pk FROM session)
)
"""
_SESSION_OF_MESSAGES = f"""
UPDATE turn
SET session_pk = (SELECT min(said.session_pk) FROM message AS said WHERE said.turn_pk = turn.pk)
WHERE {_WITHOUT_SESSION} AND (
  SELECT count(DISTINCT session_pk) FROM message WHERE turn_pk = turn.pk
) = 1 AND (
  SELECT min(session_pk) FROM message WHERE turn_pk = turn.pk
) IN (SELECT pk FROM session)
"""
# the scopes of the memories that came from a message without a session
_SCOPES_OF_LOST = f"""
SELECT DISTINCT message.pk, message.session_pk, {_ids("m")}
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE message.{_WITHOUT_SESSION}
"""
# messages of another scope than a memory that names them twice: in its sources and as its origin
_MOVED_MESSAGES = f"""
SELECT message.pk, message.session_pk, {_ids("m")}
FROM origin
JOIN memory AS m ON m.pk = memory_pk
JOIN message ON message.pk = message_pk
WHERE NOT {IN_SCOPE_OF_M}
  AND message_pk IN (SELECT value FROM json_each({read_json("m.sources")}))
"""
_HAS_OWN_MEMORY = f"""
SELECT EXISTS (
  SELECT 1 FROM origin
  JOIN memory AS m ON m.pk = memory_pk
  JOIN message ON message.pk = message_pk
  WHERE message_pk = ? AND {IN_SCOPE_OF_M}
)
"""
_LOST_SESSIONS = f"""
SELECT session_pk FROM message WHERE {_WITHOUT_SESSION}
UNION SELECT session_pk FROM turn WHERE {_WITHOUT_SESSION}
"""


def circles(connection: apsw.Connection) -> list[list[int]]:
    """Return the circles of memories that supersede each other, each as its primary keys."""
    successors: dict[int, int] = dict(_rows(connection, _CHAINED))
    found: list[list[int]] = []
    done: set[int] = set()
    for pk in successors:
        path: dict[int, int] = {}
        at: int | None = pk
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = successors.get(at)
        if at is not None and at in path:
            found.append(list(path)[path[at] :])
        done.update(path)
    return found


def mend(connection: apsw.Connection) -> list[str]:
    """Mend every wrong reference; return one sentence for each, with the old value."""
    return [
        *return_messages(connection),
        *_mend_deletions(connection),
        *_mend_beginnings(connection),
        *_mend_events(connection),
        *_mend_successors(connection),
        *break_circles(connection),
        *_mend_entities(connection),
        *_mend_logs(connection),
    ]


def mend_sessions(connection: apsw.Connection) -> list[str]:
    """Give each message and turn without a session its own again.

    It is that of the turn, that of a memory that came from the message, or of all that came from
    messages without the same session. What is left gets a new scope, which nobody else has.
    """
    sql = "SELECT {0}.pk, session_pk FROM {0} WHERE " + _WITHOUT_SESSION
    lost = [(t, *row) for t in ("message", "turn") for row in connection.execute(sql.format(t))]
    if not lost:
        return []
    connection.execute(_SESSION_OF_TURN)
    connection.execute(_SESSION_OF_MESSAGES)
    of_message: dict[int, set[Row]] = {}
    of_session: dict[int, set[Row]] = {}
    for pk, session, *ids in _rows(connection, _SCOPES_OF_LOST):
        of_message.setdefault(pk, set()).add(tuple(ids))
        of_session.setdefault(session, set()).add(tuple(ids))
    for pk, scopes in of_message.items():
        if len(scopes) == 1:
            session = _session(connection, *scopes)
            connection.execute("UPDATE message SET session_pk = ? WHERE pk = ?", (session, pk))
    connection.execute(_SESSION_OF_MESSAGES)
    for (lost_pk,) in _rows(connection, _LOST_SESSIONS):
        scopes = of_session.get(lost_pk, set())
        nobody = (renamed(f"session {lost_pk}"), None, None, None)
        session = _session(connection, scopes.pop() if len(scopes) == 1 else nobody)
        for table in ("message", "turn"):
            connection.execute(
                f"UPDATE {table} SET session_pk = ? WHERE session_pk IS ?", (session, lost_pk)
            )
    return [
        _sentence(table, pk, "session_pk", old, connection.execute(
            f"SELECT session_pk FROM {table} WHERE pk = ?", (pk,)
        ).get)
        for table, pk, old in lost
    ]  # fmt: skip


def return_messages(connection: apsw.Connection) -> Iterator[str]:
    """Move a message back to the one scope of all memories that came from it."""
    scopes: dict[tuple[int, int], set[Row]] = {}
    for pk, old, *ids in _rows(connection, _MOVED_MESSAGES):
        scopes.setdefault((pk, old), set()).add(tuple(ids))
    for (pk, old), found in scopes.items():
        if len(found) == 1 and not connection.execute(_HAS_OWN_MEMORY, (pk,)).get:
            new = _session(connection, *found)
            connection.execute("UPDATE message SET session_pk = ? WHERE pk = ?", (new, pk))
            yield _sentence("message", pk, "session_pk", old, new)


def _session(connection: apsw.Connection, ids: Row) -> int:
    """Return the primary key of the session with these ids, which may be new."""
    same = " AND ".join(f"{key} IS ?" for key in ID_KEYS)
    found = connection.execute(f"SELECT pk FROM session WHERE {same}", ids).get
    if found is None:
        connection.execute(f"INSERT INTO session ({_IDS}) VALUES (?, ?, ?, ?)", ids)
        found = connection.last_insert_rowid()
    return int(found)


def _mend_deletions(connection: apsw.Connection) -> Iterator[str]:
    """Let the DELETE of a memory that is back have its scope, and no sources of another one."""
    for (pk,) in _rows(connection, WRONG_DELETIONS):
        (old,) = _rows(connection, f"SELECT {_IDS} FROM event WHERE pk = ?", (pk,))
        connection.execute(
            f"UPDATE event SET ({_IDS}) ="
            f" (SELECT {_ids('m')} FROM memory AS m WHERE m.id = event.memory_id) WHERE pk = ?",
            (pk,),
        )
        yield f"{damage('event', pk, 'ids', f'was {old!r}')}; it has the ids of its memory now"
    for (pk,) in _rows(connection, WRONG_SOURCES_OF_DELETIONS):
        before = connection.execute("SELECT sources FROM event WHERE pk = ?", (pk,)).get
        connection.execute(_OWN_SOURCES, (pk,))
        now = connection.execute("SELECT sources FROM event WHERE pk = ?", (pk,)).get
        yield _sentence("event", pk, "sources", before, now)


def _mend_beginnings(connection: apsw.Connection) -> Iterator[str]:
    """Give each history its ADD: the one that names no memory, or else a new one."""
    for (memory_id,) in _rows(connection, HISTORIES_WITHOUT_ADD):
        pk, text, created_at, *speaker = _rows(connection, _FIRST_EVENT, (memory_id,))[0]
        stray = _rows(connection, _STRAY_ADD, (pk, text, created_at))
        if stray:
            ((key, name),) = stray
            connection.execute("UPDATE event SET memory_id = ? WHERE pk = ?", (memory_id, key))
            yield _sentence("event", key, "memory_id", name, memory_id)
            continue
        free = pk - 1
        taken = connection.execute("SELECT count(*) FROM event WHERE pk = ?", (free,)).get
        if taken or free < 1:  # a history is in the order of its keys, so each gets a gap before it
            connection.execute("UPDATE event SET pk = -2 * pk")
            connection.execute("UPDATE event SET pk = -pk")
            free = 2 * pk - 1
        connection.execute(_INSERT_ADD, (free, memory_id, text, created_at, *speaker))
        yield f"{damage('memory', memory_id, 'history', 'had no ADD')}; it begins with {text!r} now"


def _mend_events(connection: apsw.Connection) -> Iterator[str]:
    """Give an event the successor that its memory names, or none.

    Without one, an UPDATE with the text of the successor is one that leaves the text as it was.
    """
    found: set[int] = set()
    for sql in (UNKNOWN_SUCCESSORS_IN_HISTORY, FOREIGN_SUCCESSORS_IN_HISTORY):
        found.update(pk for (pk,) in connection.execute(sql))
    for pk in sorted(found):
        ((old, before, after, following, successor),) = _rows(connection, _EVENT, (pk,))
        if successor is None and after != following:
            connection.execute(_KEEP_TEXT, (before, pk))
        connection.execute("UPDATE event SET superseded_by = ? WHERE pk = ?", (successor, pk))
        yield _sentence("event", pk, "superseded_by", old, successor)


def _mend_successors(connection: apsw.Connection) -> Iterator[str]:
    sql = f"SELECT pk FROM memory WHERE id IN ({UNKNOWN_SUCCESSORS} UNION {FOREIGN_SUCCESSORS})"
    for (pk,) in _rows(connection, f"{sql} ORDER BY pk"):
        yield _set_successor(connection, pk, _told_successor(connection, pk))


def break_circles(connection: apsw.Connection) -> Iterator[str]:
    """End circles of memories that supersede each other; yield a sentence for each change.

    What the history says of a memory counts more than its row, and one that never ended has no
    successor. If that does not help, the newest of those without such a history has none, but stays
    ended.
    """
    tried: set[int] = set()
    while found := circles(connection):
        for circle in found:
            told = {pk: _told_successor(connection, pk) for pk in circle if pk not in tried}
            stray = [pk for pk in told if told[pk] != _successor(connection, pk)]
            sure = [pk for pk in stray if told[pk] is not None or not _has_ended(connection, pk)]
            for pk in sure or [max(stray or circle)]:
                yield _set_successor(connection, pk, told[pk] if pk in sure else None)
            tried.update(sure)


def _has_ended(connection: apsw.Connection, pk: int) -> bool:
    sql = "SELECT valid_to IS NOT NULL FROM memory WHERE pk = ?"
    return bool(connection.execute(sql, (pk,)).get)


def _successor(connection: apsw.Connection, pk: int) -> Any:
    return connection.execute("SELECT superseded_by FROM memory WHERE pk = ?", (pk,)).get


def _told_successor(connection: apsw.Connection, pk: int) -> str | None:
    found = _rows(connection, _TOLD_SUCCESSOR, (pk,))
    return found[0][0] if found else None


def _set_successor(connection: apsw.Connection, pk: int, new: str | None) -> str:
    """Change the successor of a memory, with an UPDATE in the history if that has not the new one.

    When the memory ended is not changed.
    """
    old, now = _successor(connection, pk), clock.now()
    if new is None:
        text = edited.own_text(connection, pk)
        edited.write_out_add(connection, pk, text)
        connection.execute(_WRITE_UPDATE, (pk, text, now))
    connection.execute(_SET_SUCCESSOR, (pk, new, now))
    return _sentence("memory", pk, "superseded_by", old, new)


def _mend_entities(connection: apsw.Connection) -> Iterator[str]:
    """Move an entity to the scope of all that it is related with; drop what still does not agree.

    An entity with relations of several scopes stays: its name would be read in another scope.
    """
    for (pk,) in _rows(connection, _ASTRAY):
        scopes = _rows(connection, _SCOPES_AROUND, (pk,))
        if len(scopes) == 1:
            (old,) = _rows(connection, f"SELECT {_IDS} FROM entity WHERE pk = ?", (pk,))
            connection.execute(_MOVE_ENTITY, (pk, *scopes[0]))
            if connection.changes():
                yield f"{damage('entity', pk, 'ids', f'was {old!r}')}; it is {scopes[0]!r} now"
    for relation, memory in _rows(connection, _DROP_SUPPORT):
        yield f"{damage('support', relation, 'memory_pk', f'was {memory}')}; its row was deleted"
    wrong = _rows(connection, f"SELECT pk, same_as FROM entity WHERE pk IN ({WRONG_ALIASES})")
    connection.execute(_POINT_TO_FIRST)
    connection.execute(f"UPDATE entity SET same_as = NULL WHERE pk IN ({WRONG_ALIASES})")
    for pk, old in wrong:
        now = connection.execute("SELECT same_as FROM entity WHERE pk = ?", (pk,)).get
        yield _sentence("entity", pk, "same_as", old, now)


def _mend_logs(connection: apsw.Connection) -> Iterator[str]:
    """Drop from the logs what is of another scope."""
    for message, memory in _rows(connection, _DROP_ORIGINS):
        yield f"{damage('origin', message, 'memory_pk', f'was {memory}')}; its row was deleted"
    sql = f"SELECT pk, memory_id FROM shown WHERE pk IN ({WRONGLY_SHOWN})"
    for pk, memory_id in _rows(connection, sql):
        connection.execute("DELETE FROM shown WHERE pk = ?", (pk,))
        yield f"{damage('shown', pk, 'memory_id', f'was {memory_id!r}')}; its row was deleted"
    sql = f"SELECT pk, results FROM finished_turn WHERE pk IN ({MIXED_RESULTS})"
    for pk, results in _rows(connection, sql):
        connection.execute("UPDATE finished_turn SET results = '[]' WHERE pk = ?", (pk,))
        yield _sentence("finished_turn", pk, "results", results, "[]")


def _rows(connection: apsw.Connection, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    """Return all rows, so that the table may be changed while they are looked at."""
    return connection.execute(sql, values).fetchall()


def _sentence(table: str, key: object, column: str, old: object, new: object) -> str:
    return f"{damage(table, key, column, f'was {old!r}')}; it is {new!r} now"

"""The reads that are more than one line, each on a connection that sees one moment of the file."""

import json

import apsw

from litemem.filters import Condition
from litemem.models import PROCEDURAL, Entity, MemoryRecord, Message, Overview, Turn
from litemem.scope import ID_KEYS, Scope
from litemem.store.rows import (
    MEMORY_COLUMNS,
    Row,
    RowDamageError,
    check_within,
    memory_record,
    read_message,
    read_object,
    read_scope,
)

_SESSION = """
SELECT pk FROM session
WHERE coalesce(user_id, '') = ? AND coalesce(agent_id, '') = ?
  AND coalesce(app_id, '') = ? AND coalesce(run_id, '') = ?
"""
_LAST_MESSAGES = """
SELECT role, content, name
FROM message
WHERE session_pk = ? AND pk < ?
ORDER BY pk DESC
LIMIT ?
"""
_SOURCES = """
SELECT message.role, message.content, message.name
FROM memory
JOIN json_each(memory.sources) AS source
JOIN message ON message.pk = source.value
WHERE memory.id = ?
ORDER BY message.pk
"""
_TURN = """
SELECT turn.pk, options, event_id, created_at, user_id, agent_id, app_id, run_id
FROM turn
JOIN session ON session.pk = turn.session_pk
WHERE turn.pk = ?
"""
_OVERVIEW = """
SELECT
  (SELECT count(*) FROM memory),
  (SELECT count(*) FROM message),
  (SELECT count(*) FROM turn),
  (SELECT count(DISTINCT user_id) FROM memory),
  (SELECT count(DISTINCT agent_id) FROM memory),
  (SELECT count(DISTINCT app_id) FROM memory),
  (SELECT count(DISTINCT run_id) FROM memory)
"""
_ENTITIES = " UNION ALL ".join(
    f"SELECT '{key[:-3]}', {key}, count(*), min(created_at), max(updated_at)"
    f" FROM memory WHERE {key} IS NOT NULL GROUP BY {key}"
    for key in ID_KEYS
)
_RUN_MEMORY = f"""
SELECT {MEMORY_COLUMNS}
FROM memory
WHERE run_id = ?4 AND user_id IS ?1 AND agent_id IS ?2 AND app_id IS ?3
  AND memory_type = ?5 AND immutable = 0
  AND (expires_at IS NULL OR expires_at > ?6)
  AND (valid_to IS NULL OR valid_to > ?6)
ORDER BY created_at DESC, id DESC
LIMIT 1
"""
LAST = 2**62  # beyond every primary key


def visible(
    condition: Condition, now: int, expired: bool, superseded: bool, as_of: int | None = None
) -> Condition:
    """Narrow a condition to the memories that hold now; `expired` and `superseded` let these in.

    With `as_of` to those that held then, of what is in the file today.
    """
    sql, parameters = condition.sql, condition.parameters
    if as_of is not None:
        now = as_of
        sql += " AND coalesce(m.valid_from, m.created_at) <= ?"
        parameters = (*parameters, as_of)
    if not expired:
        sql += " AND (m.expires_at IS NULL OR m.expires_at > ?)"
        parameters = (*parameters, now)
    if not superseded:
        sql += " AND (m.valid_to IS NULL OR m.valid_to > ?)"
        parameters = (*parameters, now)
    return Condition(sql, parameters, condition.within)


def newest(
    connection: apsw.Connection,
    condition: Condition,
    limit: int | None,
    offset: int,
    after: tuple[int, str] | None,
) -> list[MemoryRecord]:
    """Return the memories that match, newest first, ties by id, from behind the place `after`."""
    sql, parameters = condition.sql, condition.parameters
    if after is not None:
        sql += " AND (m.created_at, m.id) < (?, ?)"
        parameters = (*parameters, *after)
    rows = connection.execute(
        f"SELECT {MEMORY_COLUMNS} FROM memory AS m WHERE {sql}"
        " ORDER BY m.created_at DESC, m.id DESC LIMIT ? OFFSET ?",
        (*parameters, -1 if limit is None else limit, offset),
    )
    found = [memory_record(row) for row in rows]
    for record in found:
        check_within(record, condition)
    return found


def records(connection: apsw.Connection, pks: list[int]) -> dict[int, MemoryRecord]:
    """Return memories by primary key."""
    rows = connection.execute(
        f"SELECT pk, {MEMORY_COLUMNS} FROM memory WHERE pk IN (SELECT value FROM json_each(?))",
        (json.dumps(pks),),
    )
    return {row[0]: memory_record(row[1:]) for row in rows}


def session_pk(connection: apsw.Connection, scope: Scope) -> int | None:
    """Return the primary key of exactly this combination of ids, if messages came with it."""
    row = connection.execute(_SESSION, [value or "" for value in scope.key()]).fetchone()
    return None if row is None else int(row[0])


def last_messages(
    connection: apsw.Connection, scope: Scope, limit: int, before: int | None
) -> list[Message]:
    """Return the last messages of a session, oldest first."""
    pk = session_pk(connection, scope)
    rows = connection.execute(_LAST_MESSAGES, (pk, before or LAST, limit)).fetchall()
    return [read_message(row) for row in reversed(rows)]


def sources(connection: apsw.Connection, memory_id: str) -> list[Message]:
    """Return the messages that a memory came from, in order."""
    return [read_message(row) for row in connection.execute(_SOURCES, (memory_id,))]


def run_memory(connection: apsw.Connection, scope: Scope, at: int) -> MemoryRecord | None:
    """Return the newest memory of exactly this run that can be extended; None without `run_id`."""
    values = (*scope.key(), PROCEDURAL, at)
    row = connection.execute(_RUN_MEMORY, values).fetchone()
    return None if row is None else memory_record(row)


def pending_turns(connection: apsw.Connection) -> list[Turn]:
    """Return the turns that wait for extraction, oldest first."""
    rows: list[Row] = connection.execute("SELECT pk FROM turn ORDER BY pk").fetchall()
    return [turn(connection, pk) for (pk,) in rows]


def turn(connection: apsw.Connection, turn_pk: int) -> Turn:
    """Return a turn that waits."""
    row = connection.execute(_TURN, (turn_pk,)).fetchone()
    if row is None:
        raise RowDamageError(f"the turn {turn_pk} that was just seen is not there")
    pk, options, event_id, created_at, *ids = row
    rows: list[Row] = connection.execute(
        "SELECT pk, role, content, name FROM message WHERE turn_pk = ? ORDER BY pk", (pk,)
    ).fetchall()
    return Turn(
        pk,
        read_scope(*ids),
        tuple(read_message(row[1:]) for row in rows),
        tuple(row[0] for row in rows),
        read_object(options),
        event_id,
        created_at,
    )


def entities(connection: apsw.Connection) -> list[Entity]:
    """Return everyone that memories belong to: users, agents, apps, runs, each kind by name."""
    rows = connection.execute(f"SELECT * FROM ({_ENTITIES})")  # GROUP BY sorts each kind
    return [
        Entity(kind=kind, name=name, memories=memories, created_at=created, updated_at=updated)
        for kind, name, memories, created, updated in rows
    ]


def overview(connection: apsw.Connection) -> Overview:
    """Count what the file holds."""
    counts = connection.execute(_OVERVIEW).fetchone()
    assert counts is not None, "a SELECT of scalars gives one row"
    memories, messages, turns, users, agents, apps, runs = counts
    return Overview(
        memories=memories,
        messages=messages,
        pending_turns=turns,
        users=users,
        agents=agents,
        apps=apps,
        runs=runs,
        bytes=connection.pragma("page_count") * connection.pragma("page_size"),
        schema_version=connection.pragma("user_version"),
    )

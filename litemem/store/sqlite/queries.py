"""The reads that are more than one line, each on a connection that sees one moment of the file."""

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import (
    PROCEDURAL,
    Entity,
    HistoryEntry,
    MemoryRecord,
    Message,
    Overview,
    Turn,
)
from litemem.store.filters import Condition
from litemem.store.sqlite.exact import exactly, keyed
from litemem.store.sqlite.rereading import by_id, check_rows, matching, records
from litemem.store.sqlite.rows import (
    HISTORY_COLUMNS,
    SAID_THERE,
    Row,
    RowDamageError,
    history_entry,
    read_message,
    read_object,
    read_scope,
    read_time,
)

_LAST_MESSAGES = """
SELECT pk, role, content, name
FROM message
WHERE session_pk = ? AND pk < ?
ORDER BY pk DESC
LIMIT ?
"""
_SOURCES = f"""
SELECT message.role, message.content, message.name
FROM memory AS m
JOIN json_each(m.sources) AS source
JOIN message ON message.pk = source.value
WHERE m.pk = ? AND {SAID_THERE}
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
    return Condition(sql, parameters)


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
    rows: list[Row] = connection.execute(
        f"SELECT m.pk FROM memory AS m WHERE {sql}"
        " ORDER BY m.created_at DESC, m.id DESC LIMIT ? OFFSET ?",
        (*parameters, -1 if limit is None else limit, offset),
    ).fetchall()
    pks = [pk for (pk,) in rows]
    read = records(connection, pks, Condition(sql, parameters))
    return [read[pk] for pk in pks]


def session_pk(connection: apsw.Connection, scope: Scope) -> int | None:
    """Return the primary key of exactly this combination of ids, if messages came with it."""
    key = keyed(scope)
    row = connection.execute(
        f"SELECT pk FROM session AS m WHERE {key.sql}", key.parameters
    ).fetchone()
    if row is None:
        return None
    check_rows(connection, "session", row, exactly(scope))
    return int(row[0])


def last_messages(
    connection: apsw.Connection, scope: Scope, limit: int, before: int | None
) -> list[Message]:
    """Return the last messages of a session, oldest first."""
    pk = session_pk(connection, scope)
    rows: list[Row] = connection.execute(_LAST_MESSAGES, (pk, before or LAST, limit)).fetchall()
    said_in = Condition("m.session_pk = ?", (pk,))
    check_rows(connection, "message", [row[0] for row in rows], said_in)
    return [read_message(row[1:]) for row in reversed(rows)]


def sources(connection: apsw.Connection, memory_id: str) -> list[Message]:
    """Return the messages that a memory came from, in order."""
    found = by_id(connection, memory_id)
    pk = None if found is None else found[0]
    return [read_message(row) for row in connection.execute(_SOURCES, (pk,))]


def history(connection: apsw.Connection, memory_id: str) -> list[HistoryEntry]:
    """Return what happened to a memory, oldest first."""
    rows: list[Row] = connection.execute(
        f"SELECT {HISTORY_COLUMNS} FROM history WHERE memory_id = ? ORDER BY pk", (memory_id,)
    ).fetchall()
    pks = [row[0] for row in rows if row[0]]
    check_rows(connection, "event", pks, Condition("m.memory_id = ?", (memory_id,)))
    if len(pks) < len(rows):  # the ADD is the memory itself
        by_id(connection, memory_id)
    return [history_entry(row) for row in rows]


def run_memory(connection: apsw.Connection, scope: Scope, at: int) -> MemoryRecord | None:
    """Return the newest memory of exactly this run that can be extended; None without `run_id`."""
    if scope.run_id is None:
        return None
    exact = exactly(scope)
    extendable = Condition(
        f"{exact.sql} AND m.memory_type = ? AND m.immutable = 0", (*exact.parameters, PROCEDURAL)
    )
    holding = visible(extendable, at, expired=False, superseded=False)
    return next(iter(newest(connection, holding, 1, 0, None)), None)


def has_hash(connection: apsw.Connection, scope: Scope, value: bytes, at: int) -> bool:
    """Tell whether a memory of exactly this scope has this hash, and holds at `at`."""
    exact = exactly(scope)
    same = Condition(f"m.hash = ? AND {exact.sql}", (value, *exact.parameters))
    return bool(matching(connection, visible(same, at, expired=False, superseded=False)))


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
    check_rows(connection, "message", [r[0] for r in rows], Condition("m.turn_pk = ?", (pk,)))
    return Turn(
        pk,
        read_scope(*ids),
        tuple(read_message(row[1:]) for row in rows),
        tuple(row[0] for row in rows),
        read_object(options),
        event_id,
        read_time(created_at),
    )


def entities(connection: apsw.Connection) -> list[Entity]:
    """Return everyone that memories belong to: users, agents, apps, runs, each kind by name."""
    rows = connection.execute(f"SELECT * FROM ({_ENTITIES})")  # GROUP BY sorts each kind
    return [
        Entity(kind=kind, name=name, memories=n, created_at=read_time(at), updated_at=read_time(to))
        for kind, name, n, at, to in rows
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

"""Conditions on a scope's ids, the row of a scope, and counts of the whole file."""

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import Entity, Overview
from litemem.store.filters import Condition
from litemem.store.sqlite.rows import check_rows, read_time

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


def scope_equals(scope: Scope) -> Condition:
    """Return the condition that a row `m` has exactly the ids of a scope.

    It can use the indexes memory_user, … of `memory`: `= ?` implies that the id is not null, which
    `IS ?` would not.
    """
    ids = scope.ids()
    parts = [f"m.{key} = ?" if key in ids else f"m.{key} IS NULL" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(ids.values()))


def scope_unique_key(scope: Scope) -> Condition:
    """Return the same for `session` and `entity`, with '' for a null id in their unique indexes.

    In a unique index two NULLs are different, so these index `coalesce(user_id, '')`, ….
    """
    parts = [f"coalesce(m.{key}, '') = ?" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(value or "" for value in scope.key()))


def session_pk(connection: apsw.Connection, scope: Scope) -> int | None:
    """Return the primary key of exactly this scope in `session`, or None without messages."""
    key = scope_unique_key(scope)
    row = connection.execute(
        f"SELECT pk FROM session AS m WHERE {key.sql}", key.parameters
    ).fetchone()
    if row is None:
        return None
    check_rows(connection, "session", row, scope_equals(scope))
    return int(row[0])


def ensure_session(connection: apsw.Connection, scope: Scope) -> int:
    """Return the primary key of exactly this scope in `session`, inserting its row if needed."""
    pk = session_pk(connection, scope)
    if pk is not None:
        return pk
    connection.execute(
        "INSERT INTO session (user_id, agent_id, app_id, run_id) VALUES (?, ?, ?, ?)", scope.key()
    )
    return connection.last_insert_rowid()


def entities(connection: apsw.Connection) -> list[Entity]:
    """Return the users, agents, apps and runs that memories belong to, each kind by name."""
    rows = connection.execute(f"SELECT * FROM ({_ENTITIES})")  # GROUP BY sorts each kind
    return [
        Entity(kind=kind, name=name, memories=n, created_at=read_time(at), updated_at=read_time(to))
        for kind, name, n, at, to in rows
    ]


def overview(connection: apsw.Connection) -> Overview:
    """Return counts of the file's rows, its size and its version."""
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

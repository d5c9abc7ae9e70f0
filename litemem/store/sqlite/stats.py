"""Counts, sizes and entities of a file, and the source messages of a memory."""

import apsw

from litemem.core.scope import ID_KEYS
from litemem.core.types import Entity, Overview
from litemem.store.protocol import Census, FileStats
from litemem.store.sqlite import settings
from litemem.store.sqlite.connection import opened_as_is, read_transaction
from litemem.store.sqlite.rows import Row
from litemem.store.sqlite.turns import unreadable_turns
from litemem.store.sqlite.values import check_values

DAY = 86_400_000_000  # microseconds

_OVERVIEW = """
SELECT
  (SELECT count(*) FROM memory),
  (SELECT count(*) FROM message),
  (SELECT count(*) FROM turn),
  (SELECT count(DISTINCT user_id) FROM memory WHERE user_id IS NOT NULL),
  (SELECT count(DISTINCT agent_id) FROM memory WHERE agent_id IS NOT NULL),
  (SELECT count(DISTINCT app_id) FROM memory WHERE app_id IS NOT NULL),
  (SELECT count(DISTINCT run_id) FROM memory WHERE run_id IS NOT NULL)
"""
_ENTITIES = " UNION ALL ".join(
    f"SELECT '{key[:-3]}', {key}, count(*), min(created_at), max(updated_at)"
    f" FROM memory WHERE {key} IS NOT NULL GROUP BY {key}"
    for key in ID_KEYS
)
# without `updated_at`, so that the index of the id has all of it
_OWNERS = """
SELECT {0}, count(*) AS number, min(created_at), max(created_at)
FROM memory
WHERE {0} IS NOT NULL
GROUP BY {0}
ORDER BY number DESC, {0}
LIMIT ?
"""
_COUNTS = {
    "superseded": "memory WHERE superseded_by IS NOT NULL",
    "expired": "memory WHERE expires_at <= :now",
    "immutable": "memory WHERE immutable",
    "procedural": "memory WHERE memory_type = 'procedural_memory'",
    "history_entries": "event",
    "deleted": "(SELECT DISTINCT memory_id FROM event"
    " WHERE memory_id NOT IN (SELECT id FROM memory))",
    "feedback": "feedback",
    "conflicts": "conflict WHERE settled_at IS NULL",
    "sessions": "session",
    "entities": "entity",
    "relations": "relation",
    "shown": "shown",
}
SCAN_CACHE = 512  # kB
SINCE_PASSAGES = 7  # the version of the schema
_WAITING = """
SELECT (SELECT count(*) FROM memory WHERE passages IS NULL)
  + (SELECT count(*) FROM message WHERE passages IS NULL)
"""
_GROWTH = """
SELECT created_at / $day - (created_at < 0 AND created_at % $day <> 0) AS day, count(*)
FROM memory
WHERE {}
GROUP BY day
ORDER BY day
""".replace("$day", str(DAY))
_SIZES = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC, name"


def entities(connection: apsw.Connection) -> list[Entity]:
    """Return the users, agents, apps and runs that memories belong to, each kind by name."""
    found = []
    for kind, name, number, at, to in connection.execute(f"SELECT * FROM ({_ENTITIES})"):
        check_values("memory", name, **{f"{kind}_id": name}, created_at=at, updated_at=to)
        found.append(Entity(kind=kind, name=name, memories=number, created_at=at, updated_at=to))
    return found  # GROUP BY sorts each kind


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


def census(connection: apsw.Connection, limit: int) -> Census:
    """Return the counts of the data, with the owners of most memories.

    The `updated_at` of an owner is the time of its newest memory.
    """
    cache = connection.pragma("cache_size")
    connection.pragma("cache_size", -SCAN_CACHE)  # the pages of whole indexes are read once
    try:
        return _census(connection, limit)
    finally:
        connection.pragma("cache_size", cache)
        connection.pragma("shrink_memory")


def _census(connection: apsw.Connection, limit: int) -> Census:
    owners = []
    for key in ID_KEYS:
        for name, number, at, to in connection.execute(_OWNERS.format(key), (limit,)):
            check_values("memory", name, **{key: name}, created_at=at, updated_at=to)
            owners.append(
                Entity(kind=key[:-3], name=name, memories=number, created_at=at, updated_at=to)
            )
    superseded = connection.execute(f"SELECT count(*) FROM {_COUNTS['superseded']}").get
    return Census(overview(connection), int(superseded), tuple(owners), _growth(connection))


def file_stats(path: str, now: int) -> FileStats:
    """Return the counts and sizes of a file without changing it, not even its version.

    Raises:
        SchemaError, CorruptError, StoreError: the file cannot be read.
    """
    with opened_as_is(path) as connection, read_transaction(connection):
        return FileStats(
            overview(connection),
            settings.embedder(connection),
            _counts(connection, now)
            | {"set_aside": len(unreadable_turns(connection)), "waiting": _waiting(connection)},
            _sizes(connection),
            _growth(connection),
        )


def owners(path: str) -> list[Entity]:
    """Return the users, agents, apps and runs with memories, each kind by name."""
    with opened_as_is(path) as connection, read_transaction(connection):
        return entities(connection)


def _counts(connection: apsw.Connection, now: int) -> dict[str, int]:
    """Count rows by kind; a kind without a table in a file of an older version is left out."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    counts = {}
    for label, rows in _COUNTS.items():
        table = rows.split()[0]
        if table.startswith("(") or table in tables:
            counts[label] = int(
                connection.execute(f"SELECT count(*) FROM {rows}", {"now": now}).get
            )
    return counts


def _waiting(connection: apsw.Connection) -> int:
    """Return how many memories and messages wait for their passages."""
    if connection.pragma("user_version") < SINCE_PASSAGES:
        return 0
    return int(connection.execute(_WAITING).get)


def _growth(connection: apsw.Connection) -> dict[int, int]:
    """Return the memories by day; an index has the times if all memories have the same kind of id.

    The whole table of a large file would be read otherwise.
    """
    total = connection.execute("SELECT count(*) FROM memory").get
    named = (f"{key} IS NOT NULL" for key in ID_KEYS)
    each = "SELECT count(*) FROM memory WHERE {}"
    has_all = (where for where in named if connection.execute(each.format(where)).get == total)
    rows: list[Row] = connection.execute(_GROWTH.format(next(has_all, "TRUE"))).fetchall()
    for day, _ in rows:
        check_values("memory", f"of day {day}", created_at=day * DAY)
    return dict(rows)


def _sizes(connection: apsw.Connection) -> dict[str, int]:
    try:
        rows = connection.execute(_SIZES)
        return {str(name): int(size) for name, size in rows}
    except apsw.SQLError:  # SQLite was built without dbstat
        return {}

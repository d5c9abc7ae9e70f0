"""Inspecting: what a file is made of, how it grew, and what was said before a memory was there."""

from collections.abc import Mapping
from dataclasses import dataclass

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.core.types import Entity, Message, Overview
from litemem.store.sqlite import queries, settings
from litemem.store.sqlite.connection import looking_into, one_moment
from litemem.store.sqlite.rows import SAID_THERE, Row, read_message, read_time

DAY = 86_400_000_000  # microseconds

_COUNTS = {
    "superseded": "memory WHERE superseded_by IS NOT NULL",
    "expired": "memory WHERE expires_at <= :now",
    "immutable": "memory WHERE immutable",
    "procedural": "memory WHERE memory_type = 'procedural_memory'",
    "history_entries": "event",
    "deleted": "(SELECT DISTINCT memory_id FROM event"
    " WHERE memory_id NOT IN (SELECT id FROM memory))",
    "feedback": "feedback",
    "sessions": "session",
    "entities": "entity",
    "relations": "relation",
}
_GROWTH = f"""
SELECT created_at / {DAY} - (created_at < 0 AND created_at % {DAY} <> 0) AS day, count(*)
FROM memory
GROUP BY day
ORDER BY day
"""
_SIZES = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC, name"
_SAID = f"""
SELECT message.created_at, message.role, message.content, message.name
FROM memory AS sought
CROSS JOIN memory AS m ON m.pk = sought.pk  -- the row itself: the index may lead to another
CROSS JOIN json_each(m.sources) AS source
CROSS JOIN message ON message.pk = source.value
WHERE sought.id = ?1 AND +m.id = ?1 AND {SAID_THERE}
ORDER BY message.pk
"""


@dataclass(frozen=True, slots=True)
class FileStats:
    """What a file is made of at one moment.

    `counts` are of rows by what they are; `sizes` are bytes by table and index, the largest first,
    empty where this SQLite cannot tell; `growth` is memories by the day on which they were made,
    in days since 1970-01-01 UTC.
    """

    overview: Overview
    embedder: EmbedderIdentity | None
    counts: Mapping[str, int]
    sizes: Mapping[str, int]
    growth: Mapping[int, int]


def file_stats(path: str, now: int) -> FileStats:
    """Look at a file without changing it, not even its version.

    Raises:
        SchemaError, CorruptError, StoreError: it cannot be read.
    """
    with looking_into(path) as connection, one_moment(connection):
        return FileStats(
            queries.overview(connection),
            settings.embedder(connection),
            _counts(connection, now),
            _sizes(connection),
            _growth(connection),
        )


def owners(path: str) -> list[Entity]:
    """Return everyone that memories belong to: users, agents, apps, runs, each kind by name."""
    with looking_into(path) as connection, one_moment(connection):
        return queries.entities(connection)


def source_messages(path: str, memory_id: str) -> list[tuple[int, Message]]:
    """Return the messages that a memory came from, each with its time, in order."""
    with looking_into(path) as connection:
        rows = connection.execute(_SAID, (memory_id,))
        return [(read_time(at), read_message(message)) for at, *message in rows]


def _counts(connection: apsw.Connection, now: int) -> dict[str, int]:
    """Count; a file of an older version has no table for some, and so none of them."""
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    counts = {}
    for label, rows in _COUNTS.items():
        table = rows.split()[0]
        if table.startswith("(") or table in known:
            counts[label] = int(
                connection.execute(f"SELECT count(*) FROM {rows}", {"now": now}).get
            )
    return counts


def _growth(connection: apsw.Connection) -> dict[int, int]:
    rows: list[Row] = connection.execute(_GROWTH).fetchall()
    return {read_time(day * DAY) // DAY: number for day, number in rows}


def _sizes(connection: apsw.Connection) -> dict[str, int]:
    try:
        rows = connection.execute(_SIZES)
        return {str(name): int(size) for name, size in rows}
    except apsw.SQLError:  # an SQLite that was built without dbstat
        return {}

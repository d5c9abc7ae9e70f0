"""Put memories into a real database, and query it with a filter's condition."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw

from helpers import ROOT
from litemem.store.filters import Condition

SCHEMA = ROOT / "schema" / "0001_memory.sql"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIMES = ("created_at", "updated_at", "valid_from", "expires_at")
DEFAULTS: Mapping[str, Any] = {
    **dict.fromkeys(("user_id", "agent_id", "app_id", "run_id")),
    **dict.fromkeys(("actor_id", "role", "attributed_to", "memory_type", *TIMES)),
    "metadata": {},
    "categories": [],
    "event_date": [],
}


def new_database() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute(SCHEMA.read_text(encoding="utf-8"))
    connection.execute("CREATE TABLE mention (owner, start, stop)")
    connection.create_scalar_function("litemem_casefold", _casefold, 1, deterministic=True)
    return connection


def fill(connection: apsw.Connection, memories: Sequence[Mapping[str, Any]]) -> None:
    """Replace all memories; every other one has its JSON in ASCII, to see both spellings."""
    connection.execute("DELETE FROM memory; DELETE FROM mention")
    for index, memory in enumerate(memories):
        row = {**DEFAULTS, **memory, "hash": b""}
        days = row.pop("event_date")
        row["content"] = row.pop("memory")
        for key in ("metadata", "categories"):
            row[key] = json.dumps(row[key], ensure_ascii=index % 2 == 0)
        for key in TIMES:
            row[key] = row[key] and (row[key] - EPOCH) // timedelta(microseconds=1)
        marks = ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO memory ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
        )
        owner = connection.last_insert_rowid()
        spans = [(owner, *((end - EPOCH) // MICROSECOND for end in span)) for span in days]
        connection.executemany("INSERT INTO mention VALUES (?, ?, ?)", spans)


def find(connection: apsw.Connection, condition: Condition) -> list[str]:
    """Return the ids that meet the condition, in the order of writing."""
    sql = f"SELECT m.id FROM memory AS m WHERE {condition.sql} ORDER BY m.pk"
    return [str(memory_id) for (memory_id,) in connection.execute(sql, condition.parameters)]


def plan(connection: apsw.Connection, condition: Condition) -> str:
    """Return how SQLite means to find the rows."""
    sql = f"EXPLAIN QUERY PLAN SELECT m.id FROM memory AS m WHERE {condition.sql}"
    return "\n".join(str(row[3]) for row in connection.execute(sql, condition.parameters))


def _casefold(*values: Any) -> Any:
    (text,) = values
    return text.casefold() if isinstance(text, str) else text

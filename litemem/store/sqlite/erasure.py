"""Erase memories with everything that mentions them, and their bytes from the file.

SQLite keeps the bytes of deleted rows: in freed pages, in the slack of pages, in the write-ahead
log, in segments of the full text until they merge, and in chunks of the vector index until reuse.

Rows are selected by table scans (NOT INDEXED): a damaged index must neither hide a memory from an
erasure nor lead to another scope's. The file is rewritten in any case.
"""

import json
from pathlib import Path
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS
from litemem.errors import MemoryNotFoundError
from litemem.store.protocol import Erasure, Vacuumed
from litemem.store.sqlite.cleanup import drop_empty_sessions, forget_messages
from litemem.store.sqlite.connection import MEMORY
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, id_list

IN_MEMORY = (
    64_000_000  # bytes; a larger file is vacuumed through a temporary file without deleted rows
)

_CHOSEN = "(SELECT value FROM json_each(?))"
_FILLED = ", ".join(f"coalesce({key}, '')" for key in ID_KEYS)
_TABLES = {
    "memories": "memory",
    "history": "event",
    "messages": "message",
    "turns": "turn",
    "relations": "relation",
    "entities": "entity",
    "feedback": "feedback",
    "outcomes": "finished_turn",
    "exports": "export",
}
_SOURCES_OF = f"""
SELECT message.pk
FROM memory AS m NOT INDEXED
JOIN json_each(m.sources) AS source
JOIN message ON message.pk = source.value
WHERE m.id IN (SELECT value FROM json_each(?)) AND {IN_SCOPE_OF_M}
"""
_MESSAGES_IN = """
SELECT pk FROM message NOT INDEXED
WHERE session_pk IN (SELECT m.pk FROM session AS m NOT INDEXED WHERE {})
"""
_TURNS_OF = """
DELETE FROM turn NOT INDEXED
WHERE session_pk IN (SELECT m.pk FROM session AS m NOT INDEXED WHERE {})
"""
_TURNS_WITHOUT = """
DELETE FROM turn
WHERE pk NOT IN (SELECT turn_pk FROM message NOT INDEXED WHERE turn_pk IS NOT NULL)
"""
_DELETED_BEFORE = "SELECT m.memory_id FROM event AS m NOT INDEXED WHERE m.event = 'DELETE' AND {}"
# history of deleted memories with the same text and ids as an erased memory
_DELETED_TWINS = f"""
SELECT memory_id
FROM event NOT INDEXED
WHERE event = 'DELETE' AND (old_memory, {_FILLED}) IN (
  SELECT content, {_FILLED} FROM memory NOT INDEXED WHERE id IN {_CHOSEN}
)
"""
_HISTORY_OF = f"""
DELETE FROM event NOT INDEXED WHERE memory_id IN {_CHOSEN} OR superseded_by IN {_CHOSEN}
"""
_NO_SUCCESSOR = f"UPDATE memory SET superseded_by = NULL WHERE superseded_by IN {_CHOSEN}"
_OUTCOMES = f"""
UPDATE finished_turn
SET results = (
  SELECT json_group_array(json(value)) FROM json_each(results) WHERE value ->> 'id' NOT IN {_CHOSEN}
)
WHERE EXISTS (SELECT 1 FROM json_each(results) WHERE value ->> 'id' IN {_CHOSEN})
"""
_EXPORTS = f"""
DELETE FROM export
WHERE EXISTS (SELECT 1 FROM json_tree(export.request) WHERE atom IN {_CHOSEN})
"""


def erase(connection: apsw.Connection, plan: Erasure) -> dict[str, int]:
    """Delete the rows to erase; return the number by kind.

    Raises:
        MemoryNotFoundError: an id has neither a memory nor a history.
    """
    before = _sizes(connection)
    memories = _memory_ids(connection, plan)
    chosen = id_list(memories)
    messages = _column(connection, _SOURCES_OF, chosen)
    if plan.whole is not None:
        messages += _column(connection, _MESSAGES_IN.format(plan.whole.sql), *plan.whole.parameters)
        connection.execute(_TURNS_OF.format(plan.whole.sql), plan.whole.parameters)
    deleted = [*_deleted_before(connection, plan), *_column(connection, _DELETED_TWINS, chosen)]
    connection.execute(f"DELETE FROM memory NOT INDEXED WHERE id IN {_CHOSEN}", (chosen,))
    chosen = id_list([*memories, *deleted])
    connection.execute(_HISTORY_OF, (chosen, chosen))
    connection.execute(_NO_SUCCESSOR, (chosen,))
    forget_messages(connection, messages)
    connection.execute(_TURNS_WITHOUT)
    drop_empty_sessions(connection)
    connection.execute(_OUTCOMES, (chosen, chosen))
    connection.execute(_EXPORTS, (json.dumps([*json.loads(chosen), *plan.names]),))
    after = _sizes(connection)
    return {name: before[name] - after[name] for name in _TABLES}


def set_secure_delete(connection: apsw.Connection, enabled: bool) -> None:
    """Overwrite deleted bytes, and keep temporary data in memory, until this is disabled again."""
    connection.pragma("secure_delete", enabled)
    connection.pragma("temp_store", "memory" if enabled else "default")


def vacuum(connection: apsw.Connection, path: str) -> Vacuumed:
    """Rewrite the file without free pages, and empty the write-ahead log."""
    before = _bytes(connection, path)
    connection.pragma("temp_store", "memory" if before <= IN_MEMORY else "default")
    try:
        connection.execute("VACUUM")
    finally:
        connection.pragma("temp_store", "default")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    return Vacuumed(before, _bytes(connection, path), bool(busy))


def _memory_ids(connection: apsw.Connection, plan: Erasure) -> list[str]:
    found = []
    if plan.condition is not None:
        sql, values = plan.condition.sql, plan.condition.parameters
        among = f"SELECT m.id FROM memory AS m NOT INDEXED WHERE {sql}"
        found += _column(connection, among, *values)
    for memory_id in plan.memory_ids:
        known = "SELECT EXISTS (SELECT 1 FROM history WHERE memory_id = ?)"
        if not connection.execute(known, (memory_id,)).get:
            raise MemoryNotFoundError(f"no memory has or had the id {memory_id!r}")
    return list(dict.fromkeys([*found, *plan.memory_ids]))


def _deleted_before(connection: apsw.Connection, plan: Erasure) -> list[str]:
    """Return the ids of memories deleted in the scopes before."""
    if plan.whole is None:
        return []
    sql, values = plan.whole.sql, plan.whole.parameters
    return _column(connection, _DELETED_BEFORE.format(sql), *values)


def _column(connection: apsw.Connection, sql: str, *values: Any) -> list[Any]:
    return [row[0] for row in connection.execute(sql, values)]


def _sizes(connection: apsw.Connection) -> dict[str, int]:
    return {
        name: int(connection.execute(f"SELECT count(*) FROM {table}").get)
        for name, table in _TABLES.items()
    }


def _bytes(connection: apsw.Connection, path: str) -> int:
    """Return the size of the file and its log."""
    if path == MEMORY:
        return int(connection.pragma("page_count") * connection.pragma("page_size"))
    files = (Path(path), Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())

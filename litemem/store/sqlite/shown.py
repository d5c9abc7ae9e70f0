"""Which memories and messages were shown to which run, and when."""

from collections.abc import Collection, Sequence
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import Shown
from litemem.store.filters import Condition
from litemem.store.sqlite.rows import LISTED, id_list, read_scope
from litemem.store.sqlite.values import check_values

_IDS = ", ".join(ID_KEYS)
_SAME = " AND ".join(f"{key} IS ?{place}" for place, key in enumerate(ID_KEYS, 2))
_NOTE = f"""
INSERT INTO shown (memory_id, {_IDS}, event, shown_at)
SELECT value, ?2, ?3, ?4, ?5, ?6, ?7
FROM json_each(?1)
WHERE NOT EXISTS (
  SELECT 1 FROM shown WHERE memory_id = value AND {_SAME} AND event = ?6 AND shown_at = ?7
)
GROUP BY value
ORDER BY min(key)
"""
_OF_MEMORY = f"""
SELECT {_IDS}, event, shown_at
FROM shown
WHERE memory_id = ?
ORDER BY shown_at DESC, pk DESC
LIMIT ?
"""
_OF_MESSAGES = f"""
DELETE FROM shown NOT INDEXED
WHERE memory_id IN (SELECT id FROM message NOT INDEXED WHERE pk IN {LISTED})
"""
_LATEST = f"""
SELECT memory_id, {_IDS}, event, shown_at
FROM shown AS m
WHERE {{}}
ORDER BY pk DESC
LIMIT ?
"""


class ShownLog:
    """The log of one connection; see `ShownReader` and `ShownWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def of_memory(self, memory_id: str, *, limit: int) -> list[Shown]:
        rows = self._connection.execute(_OF_MEMORY, (memory_id, limit))
        return [_read(memory_id, row) for row in rows]

    def latest(self, *, limit: int, ids: Condition | None = None) -> list[tuple[str, Shown]]:
        chosen = ids or Condition("TRUE")
        sql = _LATEST.format(chosen.sql)
        rows = self._connection.execute(sql, (*chosen.parameters, limit))
        return [(memory_id, _read(memory_id, row)) for memory_id, *row in rows]

    def note(self, scope: Scope, memory_ids: Collection[str], event: str, at: int) -> None:
        self._connection.execute(_NOTE, (id_list(memory_ids), *scope.key(), event, at))


def _read(memory_id: str, row: Sequence[Any]) -> Shown:
    *ids, event, at = row
    check_values("shown", memory_id, event=event, shown_at=at)
    return Shown(read_scope("shown", memory_id, ids), event, at)


def forget_shown(
    connection: apsw.Connection, ids: str, messages: str, whole: Condition | None
) -> None:
    """Delete the entries of erased memories, erased messages, and those of a whole scope.

    `ids` is a JSON array of ids of memories, `messages` one of primary keys.
    """
    connection.execute(f"DELETE FROM shown NOT INDEXED WHERE memory_id IN {LISTED}", (ids,))
    connection.execute(_OF_MESSAGES, (messages,))
    if whole is not None:
        rows = f"SELECT m.pk FROM shown AS m NOT INDEXED WHERE {whole.sql}"
        connection.execute(f"DELETE FROM shown WHERE pk IN ({rows})", whole.parameters)


def trim_shown(connection: apsw.Connection, ids: Condition, until: int) -> int:
    """Delete the entries of some scopes up to a time; return their number."""
    rows = f"SELECT m.pk FROM shown AS m WHERE m.shown_at <= ? AND {ids.sql}"
    connection.execute(f"DELETE FROM shown WHERE pk IN ({rows})", (until, *ids.parameters))
    return connection.changes()

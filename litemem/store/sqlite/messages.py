"""The log of messages: append to it, read a scope's last ones, and a memory's sources."""

import json
from collections.abc import Iterable, Sequence

import apsw

from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord, Message
from litemem.store.filters import Condition
from litemem.store.protocol import NO_LIMIT
from litemem.store.sqlite.rows import (
    IN_SCOPE_OF_M,
    Row,
    by_id,
    check_rows,
    ensure_session,
    read_message,
    records,
    scope_equals,
    session_pk,
)

_LAST = """
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
WHERE m.pk = ? AND {IN_SCOPE_OF_M}
ORDER BY message.pk
"""
_LAST_LOGGED = """
SELECT pk, role, content, name, created_at, turn_pk
FROM message
WHERE session_pk = ?
ORDER BY pk DESC
LIMIT ?
"""
_MADE_FROM = """
SELECT m.pk
FROM memory AS m
WHERE {scope}
  AND EXISTS (
    SELECT 1 FROM json_each(m.sources) WHERE value IN (SELECT value FROM json_each(?))
  )
ORDER BY m.pk
"""


class Messages:
    """The messages of one connection; see `MessageReader` and `MessageWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def last(self, scope: Scope, *, limit: int, before: int | None = None) -> list[Message]:
        pk = session_pk(self._connection, scope)
        values = (pk, NO_LIMIT if before is None else before, limit)
        rows: list[Row] = self._connection.execute(_LAST, values).fetchall()
        in_session = Condition("m.session_pk = ?", (pk,))
        check_rows(self._connection, "message", [row[0] for row in rows], in_session)
        return [read_message(row[1:]) for row in reversed(rows)]

    def sources(self, memory_id: str) -> list[Message]:
        row = by_id(self._connection, memory_id)
        pk = None if row is None else row[0]
        return [read_message(values) for values in self._connection.execute(_SOURCES, (pk,))]

    def memories_from(
        self, scope: Scope, messages: Sequence[Message], last: int, since: int, until: int
    ) -> list[MemoryRecord]:
        session = session_pk(self._connection, scope)
        rows: list[Row] = self._connection.execute(
            _LAST_LOGGED, (session, len(messages))
        ).fetchall()[::-1]
        is_done = all(since <= at <= until and turn_pk is None for *_, at, turn_pk in rows)
        if not is_done or [Message(*row[1:4]) for row in rows] != list(messages):
            return []
        if rows[-1][0] != last:
            return []
        exact = scope_equals(scope)
        made = self._connection.execute(
            _MADE_FROM.format(scope=exact.sql),
            (*exact.parameters, json.dumps([row[0] for row in rows])),
        )
        return list(records(self._connection, [pk for (pk,) in made], exact).values())

    def log(self, scope: Scope, messages: Iterable[Message], at: int) -> list[int]:
        session = ensure_session(self._connection, scope)
        return insert_messages(self._connection, session, messages, at)


def insert_messages(
    connection: apsw.Connection,
    session: int,
    messages: Iterable[Message],
    at: int,
    turn_pk: int | None = None,
) -> list[int]:
    """Append messages to the log; return their primary keys."""
    pks = []
    for message in messages:
        connection.execute(
            "INSERT INTO message (session_pk, role, content, name, created_at, turn_pk)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (session, message.role, message.content, message.name, at, turn_pk),
        )
        pks.append(connection.last_insert_rowid())
    return pks

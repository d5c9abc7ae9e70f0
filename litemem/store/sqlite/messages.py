"""The log of messages, the memories that came from them, and the messages that can be found."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import (
    DatedMessage,
    Found,
    LoggedMessage,
    MemoryRecord,
    Message,
    SetAside,
    SourceMessage,
    TextIndex,
    content_hash,
)
from litemem.store.filters import Condition
from litemem.store.protocol import NO_LIMIT, Conversation
from litemem.store.sqlite.passages import (
    hide_messages,
    insert_index,
    message_keys,
    messages_where,
    read_messages,
    replace_message,
    with_known_mentions,
)
from litemem.store.sqlite.repeats import repeats_of_messages, without_outdated
from litemem.store.sqlite.rows import (
    IN_SCOPE_OF_M,
    LISTED,
    Row,
    check_rows,
    ensure_session,
    id_list,
    pk_of,
    read_json,
    read_message,
    read_scope,
    readable,
    scope_equals,
    session_pk,
    shown_id,
    split,
    to_json,
)
from litemem.store.sqlite.supersession import MADE_FROM
from litemem.store.sqlite.values import (
    IndexDamageError,
    RowDamageError,
    check_values,
    damage,
    read_value,
)

_LAST = """
SELECT pk
FROM message
WHERE session_pk = ? AND pk < ?
ORDER BY pk DESC
LIMIT ?
"""
# a message that was deleted has an event of its own
_NOT_DELETED = """NOT EXISTS (
  SELECT 1 FROM event WHERE event.memory_id = message.id AND event.event = 'DELETE'
)"""
_LAST_FOUND = f"""
SELECT pk
FROM message
WHERE session_pk = ? AND pk < ? AND {_NOT_DELETED}
ORDER BY pk DESC
LIMIT ?
"""
_SOURCES = f"""
SELECT message.pk
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.pk = ? AND {IN_SCOPE_OF_M}
ORDER BY message.pk
"""
_KNOWN_IDS = "SELECT id FROM message WHERE id IN (SELECT value FROM json_each(?))"
_SOURCE_COLUMNS = ("id", "role", "content", "name", "created_at")
# those that may be quoted: not what another memory that was deleted came from
_SOURCES_OF = f"""
SELECT m.id, message.pk
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.id IN (SELECT value FROM json_each(?)) AND {IN_SCOPE_OF_M} AND (
  message.content = m.content OR EXISTS (
    SELECT 1 FROM origin WHERE message_pk = message.pk AND memory_pk = m.pk
  )
)
ORDER BY message.pk
"""
_KEYS = f"SELECT id, pk FROM message WHERE id IN {LISTED}"
_SOURCE_ROWS = f"SELECT pk, {', '.join(_SOURCE_COLUMNS)} FROM message WHERE pk IN {LISTED}"
_WAITING = f"""
SELECT pk
FROM message
WHERE passages IS NULL AND pk NOT IN {LISTED}
ORDER BY pk DESC
LIMIT ?
"""
_WAITING_ROWS = f"""
SELECT message.pk, role, content, name, message.created_at,
  iif(json_valid(options), options ->> 'said_on', NULL)
FROM message
LEFT JOIN turn ON turn.pk = turn_pk
WHERE message.pk IN {LISTED}
ORDER BY message.pk DESC
"""
_LOGGED = f"""
SELECT message.pk
FROM message
JOIN session AS m ON m.pk = message.session_pk
WHERE {{0}} AND {_NOT_DELETED} AND message.pk NOT IN (
  SELECT source.value  -- what a deleted memory came from
  FROM event AS m
  JOIN json_each({read_json("m.sources")}) AS source
  WHERE m.event = 'DELETE' AND typeof(source.value) = 'integer' AND {{0}}
)
AND message.pk < ?
ORDER BY message.pk DESC
LIMIT ?
"""
_CONVERSATIONS = f"""
SELECT {", ".join(ID_KEYS)}, number, created_at
FROM (SELECT session_pk, max(pk) AS last, count(*) AS number FROM message GROUP BY session_pk)
JOIN message ON message.pk = last
JOIN session ON session.pk = message.session_pk
ORDER BY last DESC
LIMIT ?
"""
_LOGGED_ROWS = f"""
SELECT pk, {", ".join(_SOURCE_COLUMNS)}, set_aside, turn_pk,
  (SELECT CAST(error AS BLOB) FROM turn WHERE turn.pk = message.turn_pk)
FROM message
WHERE pk IN {LISTED}
ORDER BY pk
"""
# `message.pk IN` would read the memories once for each message
_MADE_OF = f"""
SELECT source.value, m.pk
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE {{}} AND source.value IN {LISTED} AND {IN_SCOPE_OF_M}
ORDER BY m.pk
"""
# without the text, which stays in the log: erasing a memory that came from it takes it along
_WRITE_DELETE = f"""
INSERT INTO event
  (memory_id, event, created_at, updated_at, actor_id, role, {", ".join(ID_KEYS)}, sources)
SELECT
  m.id, 'DELETE', m.created_at, ?, m.actor_id, m.role,
  {", ".join(f"m.{key}" for key in ID_KEYS)}, json_array(m.message_pk)
FROM found_message AS m
WHERE m.message_pk IN {LISTED}
"""
_WRITE_DAMAGED_DELETE = f"""
INSERT INTO event
  (memory_id, event, created_at, updated_at, {", ".join(ID_KEYS)}, sources)
SELECT ?1, 'DELETE', ?2, ?2, {", ".join(f"m.{key}" for key in ID_KEYS)}, json_array(m.message_pk)
FROM found_message AS m
WHERE m.message_pk = ?3
"""
_LAST_LOGGED = """
SELECT pk, role, content, name, created_at, turn_pk
FROM message
WHERE session_pk = ?
ORDER BY pk DESC
LIMIT ?
"""
OPEN_TURN = "INSERT INTO turn (session_pk, options, event_id, created_at) VALUES (?, ?, ?, ?)"
_LOG = f"""
INSERT INTO message
  (id, session_pk, role, content, name, created_at, turn_pk, metadata, categories, expires_at,
   passages)
VALUES (?{", ?" * 10})
"""


class Messages:
    """The messages of one connection; see `MessageReader` and `MessageWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def last(
        self, scope: Scope, *, limit: int, before: int | None = None, deleted: bool = True
    ) -> Found[Message]:
        return readable_messages(self._connection, self._last(scope, limit, before, deleted))

    def latest(self, scope: Scope, *, limit: int, before: int) -> list[tuple[int, SourceMessage]]:
        found, _ = split(self._read_sources, self._last(scope, limit, before, deleted=True))
        return sorted(found, key=lambda pair: pair[0])

    def of_scope(self, scope: Scope, limit: int) -> Found[MemoryRecord]:
        return messages_where(self._connection, scope_equals(scope), limit)

    def _last(self, scope: Scope, limit: int, before: int | None, deleted: bool) -> list[int]:
        pk = session_pk(self._connection, scope)
        values = (pk, NO_LIMIT if before is None else before, limit)
        sql = _LAST if deleted else _LAST_FOUND
        pks = [row[0] for row in self._connection.execute(sql, values)]
        check_rows(self._connection, "message", pks, Condition("m.session_pk = ?", (pk,)))
        return pks[::-1]

    def sources(self, memory_id: str) -> Found[Message]:
        pk = pk_of(self._connection, memory_id)
        rows: list[Row] = self._connection.execute(_SOURCES, (pk,)).fetchall()
        return readable_messages(self._connection, [pk for (pk,) in rows])

    def memories_from(
        self, scope: Scope, messages: Sequence[Message], last: int, since: int, until: int
    ) -> list[MemoryRecord]:
        session = session_pk(self._connection, scope)
        try:
            rows: list[Row] = self._connection.execute(
                _LAST_LOGGED, (session, len(messages))
            ).fetchall()[::-1]
        except UnicodeDecodeError:  # nothing that was sent
            return []
        is_done = all(
            isinstance(at, int) and since <= at <= until and turn_pk is None
            for *_, at, turn_pk in rows
        )
        if not is_done or [Message(*row[1:4]) for row in rows] != list(messages):
            return []
        if rows[-1][0] != last:
            return []
        exact = scope_equals(scope)
        made = self._connection.execute(
            MADE_FROM.format(scope=exact.sql),
            (*exact.parameters, json.dumps([row[0] for row in rows])),
        )
        return list(readable(self._connection, [pk for (pk,) in made], exact)[0].values())

    def get(self, message_id: str) -> MemoryRecord | None:
        named, anything = Condition("m.id = ?", (message_id,)), Condition("TRUE")
        pks = message_keys(self._connection, named, 1, anything)
        return read_messages(self._connection, pks)[0] if pks else None

    def select(self, condition: Condition, *, limit: int | None = None) -> Found[MemoryRecord]:
        found = messages_where(self._connection, condition, -1 if limit is None else limit)
        ids = id_list([record.id for record in found])
        keys = dict(self._connection.execute(_KEYS, (ids,)))
        texts = {keys[record.id]: record.content for record in found if record.id in keys}
        cut = without_outdated(self._connection, texts, condition=condition)
        shown = []
        for record in found:
            text = cut.get(keys.get(record.id, 0), record.content)
            if text:
                shown.append(replace(record, content=text, hash=content_hash(text)))
        return Found(shown, found.damaged)

    def sources_of(
        self, memory_ids: Sequence[str], *, quoted: bool = False
    ) -> dict[str, list[SourceMessage]]:
        pairs: list[Row] = self._connection.execute(
            _SOURCES_OF, (json.dumps(memory_ids),)
        ).fetchall()
        read, _ = split(self._read_sources, list({pk for _, pk in pairs}))
        messages_by_pk = dict(read)
        if quoted:
            texts = {pk: message.content for pk, message in read}
            for pk, text in without_outdated(self._connection, texts, memory_ids).items():
                if text:
                    messages_by_pk[pk] = replace(messages_by_pk[pk], content=text)
                else:
                    del messages_by_pk[pk]
        found: dict[str, list[SourceMessage]] = {}
        for memory_id, pk in pairs:
            if pk in messages_by_pk:
                found.setdefault(memory_id, []).append(messages_by_pk[pk])
        return found

    def _read_sources(self, pks: Sequence[int]) -> list[tuple[int, SourceMessage]]:
        found = []
        for pk, *row in self._connection.execute(_SOURCE_ROWS, (json.dumps(list(pks)),)):
            check_values("message", row[0], **dict(zip(_SOURCE_COLUMNS, row, strict=True)))
            found.append((pk, SourceMessage(*row)))
        return found

    def logged(
        self, ids: Condition, *, limit: int, before: int | None = None
    ) -> Found[LoggedMessage]:
        sql, last = _LOGGED.format(ids.sql), NO_LIMIT if before is None else before
        rows: list[Row] = self._connection.execute(
            sql, (*ids.parameters, *ids.parameters, last, limit)
        ).fetchall()
        return self._logged([pk for (pk,) in rows], ids)

    def conversations(self, *, limit: int) -> list[Conversation]:
        found = []
        for *ids, number, at in self._connection.execute(_CONVERSATIONS, (limit,)):
            scope = read_scope("session", f"of {ids}", ids)
            check_values("message", f"of {ids}", created_at=at)
            found.append(Conversation(scope, number, at))
        return found

    def logged_for(self, name: str) -> Found[LoggedMessage]:
        values = (name,)
        pk = self._connection.execute("SELECT pk FROM memory WHERE id = ?", values).get
        if pk is not None:
            rows: list[Row] = self._connection.execute(_SOURCES, (pk,)).fetchall()
            return self._logged([row[0] for row in rows], Condition("m.id = ?", values))
        rows = self._connection.execute(
            "SELECT pk, session_pk FROM message WHERE id = ?", values
        ).fetchall()
        for _, session in rows:
            made = scope_equals(self._scope_of(session))
            return self._logged([pk for pk, _ in rows], made)
        return Found()

    def _scope_of(self, session: int) -> Scope:
        row: Row = self._connection.execute(
            f"SELECT {', '.join(ID_KEYS)} FROM session WHERE pk = ?", (session,)
        ).fetchall()[0]
        return read_scope("session", session, row)

    def _logged(self, pks: Sequence[int], memories: Condition) -> Found[LoggedMessage]:
        """Return these messages, oldest first, with the memories under a condition."""
        read, damaged = split(self._read_logged, pks)
        chosen = json.dumps(list(pks))
        pairs: list[Row] = self._connection.execute(
            _MADE_OF.format(memories.sql), (*memories.parameters, chosen)
        ).fetchall()
        records, _ = readable(self._connection, [pk for _, pk in pairs], memories)
        made: dict[int, list[MemoryRecord]] = {}
        for message, pk in pairs:
            made.setdefault(message, []).extend([records[pk]] if pk in records else ())
        return Found(
            (replace(each, memories=tuple(made.get(pk, ()))) for pk, each in sorted(read, key=_pk)),
            (shown_id(self._connection, "message", pk) for pk in damaged),
        )

    def _read_logged(self, pks: Sequence[int]) -> list[tuple[int, LoggedMessage]]:
        found = []
        chosen = (json.dumps(list(pks)),)
        for pk, *row, aside, turn_pk, error in self._connection.execute(_LOGGED_ROWS, chosen):
            check_values("message", pk, **dict(zip(_SOURCE_COLUMNS, row, strict=True)))
            listed = read_value("message", pk, "set_aside", aside)
            noted = tuple(_set_aside(each) for each in listed)
            failed = None if error is None else error.decode(errors="replace")
            said = SourceMessage(*row)
            logged = LoggedMessage(said, noted, turn_pk is not None, error=failed, key=pk)
            found.append((pk, logged))
        return found

    def note_set_aside(self, noted: Iterable[tuple[int, SetAside]]) -> None:
        by_message: dict[int, list[dict[str, str]]] = {}
        for pk, each in noted:
            by_message.setdefault(pk, []).append(_noted(each))
        self._connection.executemany(
            "UPDATE message SET set_aside = ? WHERE pk = ?",
            [(to_json(listed), pk) for pk, listed in by_message.items()],
        )

    def waiting(self, limit: int) -> list[tuple[int, Message, date]]:
        damaged: list[int] = []
        while True:
            keys = self._connection.execute(_WAITING, (json.dumps(damaged), limit))
            found, wrong = split(self._read_waiting, [pk for (pk,) in keys])
            if not wrong:
                return found
            damaged += wrong

    def _read_waiting(self, pks: Sequence[int]) -> list[tuple[int, Message, date]]:
        rows: list[Row] = self._connection.execute(
            _WAITING_ROWS, (json.dumps(list(pks)),)
        ).fetchall()
        for row in rows:
            check_values("message", row[0], created_at=row[4])
        return [(row[0], read_message(row[:4]), _said_on(*row[4:])) for row in rows]

    def _found(self, condition: Condition) -> list[int]:
        sql = f"SELECT m.message_pk FROM found_message AS m WHERE {condition.sql}"
        return [pk for (pk,) in self._connection.execute(sql, condition.parameters)]

    def index(self, rows: Iterable[tuple[int, str, TextIndex | None]]) -> None:
        for pk, content, index in rows:
            still = "SELECT 1 FROM message WHERE pk = ? AND content = ? AND passages IS NULL"
            if self._connection.execute(still, (pk, content)).fetchone():
                if index is not None:
                    index = with_known_mentions(self._connection, -pk, index)
                replace_message(self._connection, pk, index)

    def delete(self, message_id: str, now: int) -> bool:
        return bool(self._delete(Condition("m.id = ?", (message_id,)), now, repeats=True))

    def delete_matching(self, condition: Condition, now: int) -> int:
        return self._delete(condition, now)

    def hide(self, message_keys: Collection[int], now: int) -> int:
        chosen = json.dumps(list(message_keys))
        condition = Condition(f"m.message_pk IN {LISTED}", (chosen,))
        return self._delete(condition, now, repeats=True)

    def _delete(self, condition: Condition, now: int, *, repeats: bool = False) -> int:
        pks = self._found(condition)
        number = len(pks)
        if repeats:
            pks = [*pks, *repeats_of_messages(self._connection, pks)]
        _, damaged = split(lambda some: read_messages(self._connection, some), pks)
        self._connection.execute(
            _WRITE_DELETE, (now, json.dumps([pk for pk in pks if pk not in damaged]))
        )
        for pk in damaged:  # without the values that may be wrong
            message_id = shown_id(self._connection, "message", pk)
            self._connection.execute(_WRITE_DAMAGED_DELETE, (message_id, now, pk))
        hide_messages(self._connection, pks)
        return number

    def log(self, scope: Scope, messages: Iterable[Message], at: int) -> list[int]:
        session = ensure_session(self._connection, scope)
        return insert_messages(self._connection, session, list(messages), at)

    def known(self, message_ids: Iterable[str]) -> set[str]:
        rows = self._connection.execute(_KNOWN_IDS, (id_list(message_ids),))
        return {message_id for (message_id,) in rows}

    def log_dated(
        self,
        scope: Scope,
        messages: Sequence[DatedMessage],
        indexes: Sequence[TextIndex | None],
        options: Mapping[str, Any],
        *,
        queued_at: int | None = None,
    ) -> None:
        session, turn_pk = ensure_session(self._connection, scope), None
        if queued_at is not None:
            self._connection.execute(OPEN_TURN, (session, to_json(options), None, queued_at))
            turn_pk = self._connection.last_insert_rowid()
        for message, index in zip(messages, indexes, strict=True):
            insert_messages(
                self._connection,
                session,
                [message.message],
                message.created_at,
                turn_pk=turn_pk,
                options=options,
                indexes=[index],
                message_id=message.id,
            )


def _pk(row: tuple[int, LoggedMessage]) -> int:
    return row[0]


def _noted(each: SetAside) -> dict[str, str]:
    """Return what is stored of a fact that was set aside."""
    fields = {
        "fact": each.text,
        "reason": each.reason,
        "replaced_by": each.replaced_by,
        "memory_id": each.memory_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _set_aside(stored: Mapping[str, str]) -> SetAside:
    return SetAside(
        stored["fact"],
        stored["reason"],
        0,
        replaced_by=stored.get("replaced_by"),
        memory_id=stored.get("memory_id"),
    )


def readable_messages(connection: apsw.Connection, pks: Iterable[int]) -> Found[Message]:
    """Return messages; damaged ones are left out and named: they are only context."""
    found: Found[Message] = Found()
    for pk in pks:
        try:
            found.append(read_one(connection, pk))
        except IndexDamageError:
            raise
        except RowDamageError:
            found.damaged += (f"message {pk}",)
    return found


def read_one(connection: apsw.Connection, pk: int) -> Message:
    """Return the message with a primary key.

    Raises:
        RowDamageError: it is not readable.
    """
    try:
        row = connection.execute(
            "SELECT pk, role, content, name FROM message WHERE pk = ?", (pk,)
        ).fetchone()
    except UnicodeDecodeError as error:
        raise damage("message", pk, "content", "is not UTF-8") from error
    if row is None:
        raise IndexDamageError(f"the message {pk} is in an index, but not in its table")
    return read_message(row)


def insert_messages(
    connection: apsw.Connection,
    session: int,
    messages: Sequence[Message],
    at: int,
    *,
    turn_pk: int | None = None,
    options: Mapping[str, Any] | None = None,
    indexes: Sequence[TextIndex | None] | None = None,
    message_id: str | None = None,
) -> list[int]:
    """Append messages to the log, with the fields of their turn's options; return their keys.

    Those of a turn wait for their index if none are given; others are not found by themselves.
    """
    options = options or {}
    fields = (
        to_json(options.get("metadata") or {}),
        to_json(tuple(options.get("categories") or ())),
        options.get("expires_at"),
    )
    pks = []
    for i, message in enumerate(messages):
        index = indexes[i] if indexes else None
        waits = turn_pk is not None and indexes is None
        number = None if waits else len(index.passages) if index else 0
        said = (message.role, message.content, message.name, at)
        connection.execute(
            _LOG, (message_id or clock.new_id(), session, *said, turn_pk, *fields, number)
        )
        pks.append(connection.last_insert_rowid())
        insert_index(connection, -pks[-1], index)
    return pks


def _said_on(created_at: int, said_on: object) -> date:
    """Return the day of a message: that of its pending turn, if that can be read, or in UTC."""
    try:
        return date.fromisoformat(str(said_on))
    except ValueError:
        return date.fromisoformat(clock.to_iso(created_at)[:10])

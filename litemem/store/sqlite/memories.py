"""Memories: insert, update, delete, select, and their history."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.text.periods import Period
from litemem.core.text.words import all_of
from litemem.core.types import (
    PROCEDURAL,
    Annotations,
    Found,
    HistoryEntry,
    MemoryRecord,
    Relation,
    TextIndex,
    content_hash,
)
from litemem.errors import ImmutableError, MemoryNotFoundError
from litemem.store.filters import Condition, valid_now
from litemem.store.protocol import NO_LIMIT, Deleted, Place, Standing
from litemem.store.sqlite.cleanup import delete, mend_damaged
from litemem.store.sqlite.passages import (
    hide_messages,
    hide_sources,
    insert_index,
    is_span,
    link_sources,
    number_of,
    replace_memory,
    replace_mentions,
    with_known_mentions,
)
from litemem.store.sqlite.repeats import link_repeats, repeats_in_other_runs
from litemem.store.sqlite.rows import (
    HISTORY_COLUMNS,
    IN_SCOPE_OF_M,
    MEMORY_COLUMNS,
    Row,
    by_id,
    check_rows,
    history_entry,
    id_list,
    matching,
    matching_records,
    memory_values,
    pk_of,
    read_json,
    read_scope,
    readable,
    scope_equals,
    to_json,
)
from litemem.store.sqlite.supersession import SUPERSEDED, WRITE_OUT_ADD, move_validity
from litemem.store.sqlite.values import check_values, read_value
from litemem.store.sqlite.vector_index import BATCH, GROWTH, VectorIndex

REPLACED = ("created_at", "memory_type", "metadata", "categories", "expires_at")
_INSERT = f"INSERT INTO memory ({MEMORY_COLUMNS}, sources, passages) VALUES (?{', ?' * 22})"
_UPDATE = f"UPDATE memory SET ({MEMORY_COLUMNS}) = (?{', ?' * 20}) WHERE pk = ?"
_WRITE_UPDATE = """
INSERT INTO event
  (memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role, details)
VALUES (?, 'UPDATE', ?, ?, ?, ?, ?, ?, ?)
"""
_WRITE_RESTORED = """
INSERT INTO event (memory_id, event, new_memory, created_at, updated_at, actor_id, role)
VALUES (?, 'ADD', ?, ?, ?, ?, ?)
"""
_REPLACED = "SELECT pk, details FROM event WHERE memory_id = ? ORDER BY pk DESC LIMIT 1"
_WAITING = """
SELECT pk
FROM memory
WHERE passages IS NULL AND pk NOT IN (SELECT value FROM json_each(?))
ORDER BY pk DESC
LIMIT ?
"""
_STANDINGS = f"""
SELECT m.id, feedback.feedback, json_array_length({read_json("m.sources")}), feedback.reason
FROM json_each(?) AS each
CROSS JOIN memory AS m ON m.id = each.value
LEFT JOIN feedback ON feedback.memory_pk = m.pk
"""
# the days that memories and messages speak of
_DAYS = """
SELECT m.id, d.start, d.stop
FROM json_each(?1) AS asked
JOIN memory AS m ON m.id = asked.value
JOIN mention AS d ON d.owner = m.pk
UNION
SELECT said.id, d.start, d.stop
FROM json_each(?1) AS asked
JOIN message AS said ON said.id = asked.value
JOIN mention AS d ON d.owner = -said.pk
ORDER BY 2, 3
"""
_ADD_SOURCES = """
UPDATE memory
SET sources = (
  SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(memory.sources) UNION SELECT value FROM json_each(?) ORDER BY value
  )
)
WHERE pk = ?
"""
_WRITTEN = "SELECT m.pk FROM memory AS m WHERE {} AND m.pk < ? ORDER BY m.pk DESC LIMIT ?"
_FULL_TEXT = """
SELECT m.pk
FROM memory_fts
CROSS JOIN memory AS m ON m.pk = memory_fts.rowid
WHERE memory_fts MATCH ? AND {} AND memory_fts.rowid < ?
ORDER BY memory_fts.rowid DESC
LIMIT ?
"""
_DELETED = f"""
SELECT pk, details, old_memory, created_at, updated_at, actor_id, role, {", ".join(ID_KEYS)}
FROM event
WHERE memory_id = ? AND event = 'DELETE' AND old_memory IS NOT NULL
  AND coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL
ORDER BY pk DESC
LIMIT 1
"""
_DELETED_SOURCES = f"""
SELECT message.pk
FROM event AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.pk = ? AND {IN_SCOPE_OF_M}
ORDER BY message.pk
"""


class Memories:
    """The memories of one connection; see `MemoryReader` and `MemoryWriter`."""

    __slots__ = ("_connection", "_index")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._index = VectorIndex(connection)

    def get(self, memory_id: str) -> MemoryRecord | None:
        row = by_id(self._connection, memory_id)
        return None if row is None else row[1]

    def require(self, memory_id: str) -> MemoryRecord:
        return self._require(memory_id)[1]

    def get_many(self, memory_ids: Sequence[str]) -> Found[MemoryRecord]:
        chosen = Condition("m.id IN (SELECT value FROM json_each(?))", (id_list(memory_ids),))
        pks = matching(self._connection, chosen)
        found, damaged = readable(self._connection, pks, chosen)
        return Found(found.values(), damaged.values())

    def select(
        self,
        condition: Condition,
        *,
        limit: int | None = None,
        offset: int = 0,
        after: Place | None = None,
    ) -> Found[MemoryRecord]:
        if after is not None:
            condition = Condition(
                f"({condition.sql}) AND (m.created_at, m.id) < (?, ?)",
                (*condition.parameters, after.created_at, after.memory_id),
            )
        rows: list[Row] = self._connection.execute(
            f"SELECT m.pk FROM memory AS m WHERE {condition.sql}"
            " ORDER BY m.created_at DESC, m.id DESC LIMIT ? OFFSET ?",
            (*condition.parameters, -1 if limit is None else limit, offset),
        ).fetchall()
        pks = [pk for (pk,) in rows]
        found, damaged = readable(self._connection, pks, condition)
        return Found((found[pk] for pk in pks if pk in found), damaged.values())

    def written(
        self,
        condition: Condition | None = None,
        *,
        limit: int,
        words: Sequence[str] = (),
        before: str | None = None,
    ) -> Found[MemoryRecord]:
        condition = condition or Condition("TRUE")
        query = all_of(words)
        found = _FULL_TEXT if query else _WRITTEN
        last = None if before is None else pk_of(self._connection, before)
        rows: list[Row] = self._connection.execute(
            found.format(condition.sql),
            (
                *((query,) if query else ()),
                *condition.parameters,
                NO_LIMIT if last is None else last,
                limit,
            ),
        ).fetchall()
        pks = [pk for (pk,) in rows]
        read, damaged = readable(self._connection, pks, condition)
        return Found((read[pk] for pk in pks if pk in read), damaged.values())

    def deleted(self, memory_id: str) -> Deleted | None:
        if pk_of(self._connection, memory_id) is not None:
            return None
        values = (memory_id,)
        row = self._connection.execute(_DELETED, values).fetchone()
        if row is None:
            return None
        pk, noted, content, created_at, updated_at, actor_id, role, *ids = row
        check_rows(self._connection, "event", [pk], Condition("m.memory_id = ?", values))
        check_values("memory", memory_id, content=content, actor_id=actor_id, role=role)
        check_values("memory", memory_id, created_at=created_at, updated_at=updated_at)
        details = _details(memory_id, noted)
        feedback = details.pop("feedback", None)
        relations = details.pop("relations", ())
        record = MemoryRecord(
            id=memory_id,
            content=content,
            hash=content_hash(content),
            scope=read_scope("event", memory_id, ids),
            created_at=created_at,
            updated_at=updated_at,
            actor_id=actor_id,
            role=role,
            **details,
        )
        sources = self._connection.execute(_DELETED_SOURCES, (pk,))
        return Deleted(
            record,
            tuple(key for (key,) in sources),
            feedback and (feedback["feedback"], feedback.get("reason"), feedback["created_at"]),
            tuple(Relation(*each) for each in relations),
        )

    def replaced(self, memory_id: str) -> dict[str, Any]:
        row = self._connection.execute(_REPLACED, (memory_id,)).fetchone()
        if row is None:
            return {}
        pk, noted = row
        check_rows(self._connection, "event", [pk], Condition("m.memory_id = ?", (memory_id,)))
        found = _details(memory_id, noted)
        return {name: value for name, value in found.items() if name in REPLACED}

    def count(self, condition: Condition) -> int:
        rows = self._connection.execute(
            f"SELECT count(*) FROM memory AS m WHERE {condition.sql}", condition.parameters
        )
        return int(rows.get)

    def history(self, memory_id: str) -> list[HistoryEntry]:
        rows: list[Row] = self._connection.execute(
            f"SELECT {HISTORY_COLUMNS} FROM history WHERE memory_id = ? ORDER BY pk", (memory_id,)
        ).fetchall()
        pks = [row[0] for row in rows if row[0]]
        check_rows(self._connection, "event", pks, Condition("m.memory_id = ?", (memory_id,)))
        if len(pks) < len(rows):  # an ADD without a row of its own: the memory itself is read
            by_id(self._connection, memory_id)
        return [history_entry(row) for row in rows]

    def annotations(self, ids: Sequence[str]) -> Annotations:
        chosen = (json.dumps(ids),)
        superseded: dict[str, list[str]] = {}
        for successor, memory_id in self._connection.execute(SUPERSEDED, chosen):
            superseded.setdefault(successor, []).append(memory_id)
        days: dict[str, list[Period]] = {}
        for text_id, start, stop in self._connection.execute(_DAYS, chosen):
            if is_span(start, stop):
                days.setdefault(text_id, []).append(Period(start, stop))
        return Annotations(superseded, days)

    def standings(self, memory_ids: Iterable[str]) -> dict[str, Standing]:
        rows = self._connection.execute(_STANDINGS, (id_list(memory_ids),))
        return {memory_id: Standing(*values) for memory_id, *values in rows}

    def run_memory(self, scope: Scope, now: int) -> MemoryRecord | None:
        if scope.run_id is None:
            return None
        exact = scope_equals(scope)
        summaries = Condition(
            f"{exact.sql} AND m.memory_type = ? AND m.immutable = 0",
            (*exact.parameters, PROCEDURAL),
        )
        return next(iter(self.select(valid_now(summaries, now), limit=1)), None)

    def has_hash(self, scope: Scope, value: bytes, now: int) -> bool:
        exact = scope_equals(scope)
        same = Condition(f"m.hash = ? AND {exact.sql}", (value, *exact.parameters))
        return bool(matching_records(self._connection, valid_now(same, now)))

    def insert(
        self,
        records: Sequence[MemoryRecord],
        vectors: Sequence[bytes],
        sources: Sequence[Sequence[int]],
        indexes: Sequence[TextIndex | None] | None = None,
    ) -> None:
        connection, pk = self._connection, 0
        given = indexes or [None] * len(records)
        for record, vector, message_pks, index in zip(
            records, vectors, sources, given, strict=True
        ):
            number = number_of(record.content, index)
            values = (*memory_values(record), json.dumps(message_pks), number)
            connection.execute(_INSERT, values)
            pk = connection.last_insert_rowid()
            connection.execute("INSERT INTO embedding (pk, vector) VALUES (?, ?)", (pk, vector))
            insert_index(connection, pk, index)
            if message_pks:
                link_sources(connection, [pk])
        self._index.grow(pk, GROWTH + len(records) // BATCH)

    def restore(self, deleted: Deleted, vector: bytes, index: TextIndex | None, at: int) -> None:
        record = replace(deleted.record, updated_at=at)
        self.insert([record], [vector], [deleted.sources], [index])
        values = (record.id, record.content, record.created_at, at, record.actor_id, record.role)
        self._connection.execute(_WRITE_RESTORED, values)
        if deleted.feedback is not None:
            self.set_feedback(record.id, *deleted.feedback)

    def update(
        self,
        record: MemoryRecord,
        vector: bytes | None,
        index: TextIndex | None = None,
        said_on: date | None = None,
    ) -> None:
        connection = self._connection
        pk, old = self._require(record.id)
        if old.immutable:
            raise ImmutableError(
                f"the memory {record.id!r} is immutable: delete it and add another instead"
            )
        if record.created_at != old.created_at:
            record = move_validity(connection, old, record)
        connection.execute(WRITE_OUT_ADD, (json.dumps([pk]),))
        connection.execute(_UPDATE, (*memory_values(record), pk))
        if vector is not None:
            connection.execute("UPDATE embedding SET vector = ? WHERE pk = ?", (vector, pk))
            connection.execute("DELETE FROM embedding_next WHERE pk = ?", (pk,))
            self._index.replace(pk, vector)
            replace_memory(connection, pk, record.content, index)
        if record.created_at != old.created_at:
            replace_mentions(connection, pk, record, said_on)
        texts = (old.content, record.content)
        times = (record.created_at, record.updated_at)
        values = (record.id, *texts, *times, record.actor_id, record.role)
        connection.execute(_WRITE_UPDATE, (*values, _changed(old, record)))

    def hide_sources(self, memory_id: str) -> None:
        pk = self._require_pk(memory_id)
        link_repeats(self._connection, [pk], loosely=True)
        hide_messages(self._connection, repeats_in_other_runs(self._connection, pk))
        hide_sources(self._connection, [pk])

    def set_expiry(self, memory_id: str, expires_at: int | None) -> None:
        statement = "UPDATE memory SET expires_at = ? WHERE id = ?"
        self._connection.execute(statement, (expires_at, memory_id))

    def add_sources(self, memory_id: str, message_keys: Sequence[int]) -> None:
        pk = pk_of(self._connection, memory_id)
        if pk is not None:
            self._connection.execute(_ADD_SOURCES, (json.dumps(message_keys), pk))
            link_sources(self._connection, [pk], message_keys)

    def waiting(self, limit: int) -> list[tuple[int, str, int]]:
        damaged: dict[int, str] = {}
        while True:
            keys = self._connection.execute(_WAITING, (json.dumps(list(damaged)), limit))
            pks = [pk for (pk,) in keys]
            found, wrong = readable(self._connection, pks, Condition("m.passages IS NULL"))
            if not wrong:
                return [(pk, found[pk].content, found[pk].created_at) for pk in pks]
            damaged |= wrong

    def index(self, rows: Iterable[tuple[int, str, TextIndex]]) -> None:
        for pk, content, index in rows:
            still = "SELECT 1 FROM memory WHERE pk = ? AND content = ? AND passages IS NULL"
            if self._connection.execute(still, (pk, content)).fetchone():
                known = with_known_mentions(self._connection, pk, index)
                replace_memory(self._connection, pk, content, known)

    def readable(self, memory_id: str) -> MemoryRecord:
        mend_damaged(self._connection, [self._require_pk(memory_id)])
        return self.require(memory_id)

    def delete(self, memory_id: str, now: int) -> None:
        pk = self._require_pk(memory_id)
        link_repeats(self._connection, [pk], loosely=True)
        hide_messages(self._connection, repeats_in_other_runs(self._connection, pk))
        hide_sources(self._connection, [pk])
        delete(self._connection, [pk], now)

    def delete_matching(self, condition: Condition, now: int) -> int:
        pks = matching(self._connection, condition)
        link_repeats(self._connection, pks, loosely=True)
        hide_sources(self._connection, pks)
        return delete(self._connection, pks, now)

    def set_feedback(
        self, memory_id: str, feedback: str | None, reason: str | None, now: int
    ) -> None:
        pk, _ = self._require(memory_id)
        self._connection.execute("DELETE FROM feedback WHERE memory_pk = ?", (pk,))
        if feedback is not None:
            self._connection.execute(
                "INSERT INTO feedback (memory_pk, feedback, reason, created_at)"
                " VALUES (?, ?, ?, ?)",
                (pk, feedback, reason, now),
            )

    def _require_pk(self, memory_id: str) -> int:
        pk = pk_of(self._connection, memory_id)
        if pk is None:
            raise MemoryNotFoundError(f"no memory has the id {memory_id!r}")
        return pk

    def _require(self, memory_id: str) -> tuple[int, MemoryRecord]:
        row = by_id(self._connection, memory_id)
        if row is None:
            raise MemoryNotFoundError(f"no memory has the id {memory_id!r}")
        return row


def _details(memory_id: str, noted: str | None) -> dict[str, Any]:
    """Return the details of an event as values of a record."""
    found = dict(read_value("event", memory_id, "details", noted) or {})
    if "categories" in found:
        found["categories"] = tuple(found["categories"])
    return found


def _changed(old: MemoryRecord, new: MemoryRecord) -> str | None:
    """Return the details of an UPDATE: the fields that it changes, as they were."""
    names = [name for name in REPLACED if getattr(old, name) != getattr(new, name)]
    return to_json({name: getattr(old, name) for name in names}) if names else None

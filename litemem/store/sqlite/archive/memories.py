"""Import one archived memory with its history; import entities and relations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.text import names
from litemem.core.types import content_hash
from litemem.errors import ValidationError
from litemem.store.archive.merge import as_added, merge_versions
from litemem.store.archive.schema import MAX_KEPT
from litemem.store.sqlite.passages import (
    keep_mentions,
    link_sources,
    number_of,
    replace_memory,
    unlink_hidden,
)
from litemem.store.sqlite.rows import (
    IN_SCOPE_OF_M,
    MEMORY_COLUMNS,
    Row,
    pk_of,
    read_json,
    scope_equals,
    scope_unique_key,
    to_json,
    unreadable,
)
from litemem.store.sqlite.values import check_values, read_value
from litemem.store.sqlite.vector_index import VectorIndex

Item = Mapping[str, Any]

_INSERT = f"INSERT INTO memory ({MEMORY_COLUMNS}, sources, pk) VALUES (?{', ?' * 22})"
_REPLACE = f"UPDATE memory SET ({MEMORY_COLUMNS}, sources) = (?{', ?' * 21}) WHERE pk = ?"
_COLUMNS = [*MEMORY_COLUMNS.split(", "), "sources"]
_JSON = ("metadata", "categories", "sources")
_EVENT_COLUMNS = (
    "event, old_memory, new_memory, created_at, updated_at, actor_id, role, superseded_by, "
    "user_id, agent_id, app_id, run_id, details"
)
_EVENT_NAMES = _EVENT_COLUMNS.split(", ")
_NO_CHANGE = ("hash", "number", "kind", "vector", "days")
_FEEDBACK_NAMES = ("feedback", "reason", "created_at")
_INSERT_EVENT = f"INSERT INTO event (memory_id, {_EVENT_COLUMNS}) VALUES (?{', ?' * 13})"
_EVER_KNOWN = """
SELECT
  EXISTS (SELECT 1 FROM memory WHERE id = ?1)
  OR EXISTS (SELECT 1 FROM event WHERE memory_id = ?1)
"""
# of exactly the scope ?3 to ?6, or of any if that is not known; a deleted one may lack its own
_MAY_SUCCEED = """
SELECT ?1 <> ?2 AND (
  EXISTS (
    SELECT 1 FROM memory WHERE id = ?2 AND (
      (user_id, agent_id, app_id, run_id) IS (?3, ?4, ?5, ?6)
      OR coalesce(?3, ?4, ?5, ?6) IS NULL
    )
  )
  OR NOT EXISTS (SELECT 1 FROM memory WHERE id = ?2)
    AND EXISTS (SELECT 1 FROM event WHERE memory_id = ?2)
    AND NOT EXISTS (
      SELECT 1 FROM event
      WHERE memory_id = ?2 AND event = 'DELETE'
        AND coalesce(?3, ?4, ?5, ?6) IS NOT NULL
        AND coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL
        AND (user_id, agent_id, app_id, run_id) IS NOT (?3, ?4, ?5, ?6)
    )
)
"""
_HAS_OTHER_IDS = """
SELECT EXISTS (
  SELECT 1 FROM memory WHERE id = ? AND (user_id, agent_id, app_id, run_id) IS NOT (?, ?, ?, ?)
)
"""
_LINK = """
UPDATE memory SET superseded_by = ?1
WHERE id = ?2 AND superseded_by IS NULL AND valid_to IS ?3 AND updated_at = ?4 AND content = ?5
"""
_LINK_EVENT = """
UPDATE event SET superseded_by = ?1
WHERE memory_id = ?2 AND superseded_by IS NULL AND event = 'UPDATE' AND updated_at IS ?3
  AND new_memory IS ?4
"""
_ENTITIES = "SELECT pk, name, coalesce(same_as, pk) FROM entity AS m WHERE {} AND {} AND form = ?"
_INSERT_ENTITY = """
INSERT INTO entity (pk, name, form, user_id, agent_id, app_id, run_id, same_as, vector)
VALUES (
  (SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM entity WHERE pk = ?1)), ?2, ?3, ?4, ?5, ?6, ?7,
  (SELECT coalesce(same_as, pk) FROM entity WHERE pk = ?8), ?9
)
"""
_INSERT_RELATION = """
INSERT OR IGNORE INTO relation (pk, source_pk, relationship, destination_pk)
VALUES ((SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM relation WHERE pk = ?1)), ?2, ?3, ?4)
"""
_WRITE_DELETED_SOURCES = f"""
UPDATE event AS m
SET sources = (
  SELECT json_group_array(value) FROM json_each(?2) JOIN message ON message.pk = value
  WHERE {IN_SCOPE_OF_M}
)
WHERE memory_id = ?1 AND event = 'DELETE'
"""
# of a memory that comes back: the messages that it came from before it was deleted
_SOURCES_BEFORE = f"""
SELECT message.pk
FROM event AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.memory_id = ? AND m.event = 'DELETE' AND {IN_SCOPE_OF_M}
"""
_UNRELATED = """
DELETE FROM entity
WHERE pk NOT IN (SELECT source_pk FROM relation)
  AND pk NOT IN (SELECT destination_pk FROM relation)
"""


class ArchivedMemory:
    """A memory of an archive; its `sources` are primary keys of the file."""

    def __init__(self, connection: apsw.Connection, item: Item, vector: bytes | None) -> None:
        self._connection = connection
        self._item = item
        self._vector = vector

    def known_pk(self) -> int | None:
        """Return the primary key of the existing memory with this id, or None."""
        return pk_of(self._connection, self._item["id"])

    def insert(self, pk: int) -> int:
        """Add the memory with its vector, history and feedback; return its primary key."""
        item = self._item
        before = [row[0] for row in self._connection.execute(_SOURCES_BEFORE, (item["id"],))]
        self._connection.execute(_INSERT, (*self._values(_with_sources(item, before)), pk))
        self._connection.execute(
            "INSERT INTO embedding (pk, vector) VALUES (?, ?)", (pk, self._vector)
        )
        number = number_of(item["content"], None)
        self._connection.execute("UPDATE memory SET passages = ? WHERE pk = ?", (number, pk))
        keep_mentions(self._connection, pk, item.get("days", ()))
        link_sources(self._connection, [pk])
        unlink_hidden(self._connection, pk)
        write_history(self._connection, item["id"], self._history(), _ids(item))
        self._write_feedback(pk, item)
        return pk

    def resolve(self, pk: int, on_conflict: str) -> str:
        """Resolve the conflict with the existing memory; return the outcome.

        A memory that is damaged stays as it is.

        Raises:
            ValidationError: a conflict is an error, or the two memories have different ids.
        """
        if on_conflict == "error":
            raise ValidationError(f"the memory {self._item['id']!r} exists already")
        if on_conflict == "skip" or unreadable(self._connection, [pk]):
            return "skipped"
        ours = self._read(pk)
        if _ids(ours) != _ids(self._item):  # relations, sources and successors are in one scope
            raise ValidationError(f"the memory {self._item['id']!r} has other ids in the file")
        lacks_vector = self._vector is None and ours["content"] != self._item["content"]
        if ours.get("immutable") or lacks_vector:
            return "skipped"
        if on_conflict == "overwrite":
            self._replace(pk, ours, self._item)
            return "overwritten"
        both = merge_versions(ours, self._item)
        if _plain(both) == _plain(ours):
            return "skipped"
        self._replace(pk, ours, both)
        return "merged"

    def would_change(self) -> bool:
        """Return True if a merge would change the existing memory, apart from its sources."""
        pk = self.known_pk()
        if pk is None:
            return True
        ours = self._read(pk)
        return _plain(merge_versions(ours, {**self._item, "sources": ours["sources"]})) != _plain(
            ours
        )

    def agrees_with(self, pk: int) -> bool:
        """Return True if the existing memory has the same text and ids."""
        same = " AND ".join(f"{name} IS ?" for name in ("content", *ID_KEYS))
        values = (pk, self._item["content"], *_ids(self._item))
        sql = f"SELECT EXISTS (SELECT 1 FROM memory WHERE pk = ? AND {same})"
        return bool(self._connection.execute(sql, values).get)

    def _history(self) -> Sequence[Item]:
        """Return the history to write; a memory deleted in this file gets another ADD."""
        history: Sequence[Item] = self._item.get("history", ())
        is_over = not history or history[-1]["event"] == "DELETE"
        if is_over and _has_events(self._connection, self._item["id"]):
            return [*history, as_added(self._item)]
        return history

    def _replace(self, pk: int, ours: Item, item: Item) -> None:
        connection = self._connection
        both = _with_sources(item, ours["sources"])  # or its old messages would outlive an erasure
        connection.execute(_REPLACE, (*self._values(both), pk))
        link_sources(connection, [pk])
        unlink_hidden(connection, pk)
        if item["content"] != ours["content"]:
            assert self._vector is not None, "without a vector it was skipped"
            connection.execute(
                "REPLACE INTO embedding (pk, vector) VALUES (?, ?)", (pk, self._vector)
            )
            connection.execute("DELETE FROM embedding_next WHERE pk = ?", (pk,))
            VectorIndex(connection).replace(pk, self._vector)
            replace_memory(connection, pk, item["content"], None)
        is_new = item["content"] != ours["content"] or item is self._item
        if is_new and item["content"] == self._item["content"] and "days" in self._item:
            keep_mentions(connection, pk, self._item["days"])
        connection.execute("DELETE FROM event WHERE memory_id = ?", (item["id"],))
        write_history(connection, item["id"], item.get("history", ()), _ids(item))
        connection.execute("DELETE FROM feedback WHERE memory_pk = ?", (pk,))
        self._write_feedback(pk, item)

    def _read(self, pk: int) -> dict[str, Any]:
        """Return the existing memory as a line of an archive."""
        row = self._connection.execute(
            f"SELECT {MEMORY_COLUMNS}, sources FROM memory WHERE pk = ?", (pk,)
        ).fetchone()
        assert row is not None, "the row was found in this transaction"
        key = row[0]
        found = {n: v for n, v in zip(_COLUMNS, row, strict=True) if v is not None}
        found |= {name: read_value("memory", key, name, found[name]) for name in _JSON}
        found["categories"] = list(found["categories"])
        events = self._connection.execute(
            f"SELECT {_EVENT_COLUMNS} FROM event WHERE memory_id = ? ORDER BY pk", (found["id"],)
        )
        found["history"] = []
        for event in events:
            check_values("event", key, **dict(zip(_EVENT_NAMES, event, strict=True)))
            entry = _present(_EVENT_NAMES, event)
            if "details" in entry:
                entry["details"] = read_value("event", key, "details", entry["details"])
            found["history"].append(entry)
        feedback = self._connection.execute(
            "SELECT feedback, reason, created_at FROM feedback WHERE memory_pk = ?", (pk,)
        ).fetchone()
        if feedback is not None:
            check_values("feedback", key, **dict(zip(_FEEDBACK_NAMES, feedback, strict=True)))
            found["feedback"] = _present(_FEEDBACK_NAMES, feedback)
        return found

    def _values(self, item: Item) -> Row:
        """Return the values of `MEMORY_COLUMNS`, and the sources."""
        content = item["content"]
        metadata, categories = item.get("metadata"), item.get("categories")
        return (
            item["id"],
            content,
            content_hash(content),
            *_ids(item),
            item.get("actor_id"),
            item.get("role"),
            item.get("attributed_to"),
            item.get("memory_type"),
            to_json(metadata) if metadata else "{}",
            to_json(tuple(categories)) if categories else "[]",
            item["created_at"],
            item["updated_at"],
            item.get("valid_from"),
            item.get("valid_to"),
            _successor(self._connection, item["id"], item.get("superseded_by"), _ids(item)),
            item.get("expires_at"),
            bool(item.get("immutable")),
            item.get("repeats", 0),
            json.dumps(item.get("sources", [])),
        )

    def _write_feedback(self, pk: int, item: Item) -> None:
        feedback = item.get("feedback")
        if feedback:
            self._connection.execute(
                "INSERT INTO feedback (memory_pk, feedback, reason, created_at)"
                " VALUES (?, ?, ?, ?)",
                (pk, feedback["feedback"], feedback.get("reason"), feedback["created_at"]),
            )


def kept_number(number: int) -> int | None:
    """Return the number of a line if it may be a primary key, or None if it is too large."""
    return number if number <= MAX_KEPT else None


def is_known(connection: apsw.Connection, memory_id: str) -> bool:
    """Return True if the file has or had a memory with this id."""
    return bool(connection.execute(_EVER_KNOWN, (memory_id,)).get)


def _has_events(connection: apsw.Connection, memory_id: str) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM event WHERE memory_id = ?)"
    return bool(connection.execute(sql, (memory_id,)).get)


def write_history(
    connection: apsw.Connection,
    memory_id: str,
    events: Sequence[Item],
    ids: tuple[str | None, ...],
) -> None:
    """Write the events of a memory, in order; `ids` is its scope, all None if that is unknown."""
    for event in events:
        own = dict(zip(ID_KEYS, ids, strict=True)) if any(_ids(event)) else {}
        details = event.get("details")
        values = {
            **event,
            **own,
            "superseded_by": _successor(connection, memory_id, event.get("superseded_by"), ids),
            "details": to_json(details) if details else None,
        }
        connection.execute(_INSERT_EVENT, (memory_id, *(values.get(name) for name in _EVENT_NAMES)))


def write_deleted_sources(connection: apsw.Connection, memory_id: str, pks: Sequence[int]) -> None:
    """Write which messages of its scope a deleted memory came from."""
    chosen = json.dumps(pks)
    connection.execute(_WRITE_DELETED_SOURCES, (memory_id, chosen))
    connection.execute(
        "UPDATE message SET yielded = 1 WHERE pk IN (SELECT value FROM json_each(?))", (chosen,)
    )


def link(connection: apsw.Connection, item: Item) -> None:
    """Set the successor of a memory and of its events, if they are still as in the archive."""
    if connection.execute(_HAS_OTHER_IDS, (item["id"], *_ids(item))).get:
        return
    ids = scope_of(item)
    successor = _successor(connection, item["id"], item.get("superseded_by"), ids)
    if successor is not None:
        place = (item["id"], item.get("valid_to"), item["updated_at"], item["content"])
        connection.execute(_LINK, (successor, *place))
    for event in item.get("history", ()):
        successor = _successor(connection, item["id"], event.get("superseded_by"), ids)
        if successor is not None:
            event_place = (item["id"], event.get("updated_at"), event.get("new_memory"))
            connection.execute(_LINK_EVENT, (successor, *event_place))


def entity(
    connection: apsw.Connection, item: Item, vector: bytes | None, first: int | None
) -> tuple[int, bool]:
    """Return the primary key of an entity in exactly its scope, and True if it was inserted.

    A new entity is the same as an existing one with the same normal form, otherwise as `first`.
    """
    spelling, form, ids = item["name"], names.form(item["name"]), _ids(item)
    scope = Scope(**dict(zip(ID_KEYS, ids, strict=True)))
    exact, key = scope_equals(scope), scope_unique_key(scope)
    known: Sequence[Row] = connection.execute(
        _ENTITIES.format(exact.sql, key.sql), (*exact.parameters, *key.parameters, form)
    ).fetchall()
    for pk, other, _ in known:
        if other == spelling:
            return int(pk), False
    same_as = known[0][2] if known else first
    values = (kept_number(item["number"]), spelling, form, *ids, same_as, vector)
    connection.execute(_INSERT_ENTITY, values)
    return connection.last_insert_rowid(), True


def relate(
    connection: apsw.Connection,
    source: int,
    relationship: str,
    destination: int,
    supporting: Iterable[int],
    number: int,
) -> bool:
    """Store a relation and its supporting memories; return True if it is new."""
    ends = (source, relationship, destination)
    connection.execute(_INSERT_RELATION, (kept_number(number), *ends))
    is_new = bool(connection.changes())
    pk = connection.execute(
        "SELECT pk FROM relation WHERE source_pk = ? AND relationship = ? AND destination_pk = ?",
        ends,
    ).get
    for memory_pk in supporting:
        connection.execute("INSERT OR IGNORE INTO support VALUES (?, ?)", (pk, memory_pk))
    return is_new


def drop_unrelated(connection: apsw.Connection) -> None:
    """Delete entities without a relation."""
    connection.execute(_UNRELATED)


def _successor(
    connection: apsw.Connection, memory_id: str, successor: str | None, ids: tuple[str | None, ...]
) -> str | None:
    """Return the id of a successor if it is known, and another memory of the scope."""
    if successor is None:
        return None
    may_succeed = connection.execute(_MAY_SUCCEED, (memory_id, successor, *ids)).get
    return successor if may_succeed else None


def scope_of(item: Item) -> tuple[str | None, ...]:
    """Return the ids of a memory; of a deleted one those of its last DELETE, if that has any."""
    deleted = [_ids(e) for e in item.get("history", ()) if e["event"] == "DELETE"]
    return next((ids for ids in (_ids(item), *reversed(deleted)) if any(ids)), _ids(item))


def _ids(item: Item) -> tuple[str | None, ...]:
    return tuple(item.get(key) for key in ID_KEYS)


def _with_sources(item: Item, pks: Iterable[int]) -> Item:
    return {**item, "sources": sorted({*item.get("sources", ()), *pks})}


def _present(columns: Sequence[str], row: Row) -> dict[str, Any]:
    return {n: v for n, v in zip(columns, row, strict=True) if v is not None}


def _plain(item: Item) -> dict[str, Any]:
    """Return the fields to compare, without empty ones."""
    return {n: v for n, v in item.items() if v and n not in _NO_CHANGE}

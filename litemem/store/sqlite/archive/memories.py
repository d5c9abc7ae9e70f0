"""Retelling: a memory, its history, its names from an archive, where they may be known already."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.text import names
from litemem.core.types import content_hash
from litemem.errors import ValidationError
from litemem.store.sqlite.archive.merge import as_added, merge_versions
from litemem.store.sqlite.archive.schema import MAX_KEPT
from litemem.store.sqlite.exact import exactly, keyed
from litemem.store.sqlite.rereading import by_id
from litemem.store.sqlite.rows import MEMORY_COLUMNS, Row, to_json
from litemem.store.sqlite.vector_index import VectorIndex

Item = Mapping[str, Any]

_INSERT = f"INSERT INTO memory ({MEMORY_COLUMNS}, sources, pk) VALUES (?{', ?' * 22})"
_REPLACE = f"UPDATE memory SET ({MEMORY_COLUMNS}, sources) = (?{', ?' * 21}) WHERE pk = ?"
_COLUMNS = [*MEMORY_COLUMNS.split(", "), "sources"]
_JSON = ("metadata", "categories", "sources")
_EVENT_COLUMNS = (
    "event, old_memory, new_memory, created_at, updated_at, actor_id, role, superseded_by, "
    "user_id, agent_id, app_id, run_id"
)
_EVENT_NAMES = _EVENT_COLUMNS.split(", ")
_INSERT_EVENT = f"INSERT INTO event (memory_id, {_EVENT_COLUMNS}) VALUES (?{', ?' * 12})"
_KNOWN = """
SELECT
  EXISTS (SELECT 1 FROM memory WHERE id = ?1)
  OR EXISTS (SELECT 1 FROM event WHERE memory_id = ?1)
"""
_IS_ANOTHERS = """
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
_NAMED = "SELECT pk, name, coalesce(same_as, pk) FROM entity AS m WHERE {} AND {} AND form = ?"
_INSERT_NAME = """
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
_UNRELATED = """
DELETE FROM entity
WHERE pk NOT IN (SELECT source_pk FROM relation)
  AND pk NOT IN (SELECT destination_pk FROM relation)
"""


class ArchivedMemory:
    """A memory of an archive, about to be written; its `sources` are primary keys by now."""

    def __init__(self, connection: apsw.Connection, item: Item, vector: bytes | None) -> None:
        self._connection = connection
        self._item = item
        self._vector = vector

    def known_pk(self) -> int | None:
        """Return the primary key of the memory that has the id; None: there is none."""
        found = by_id(self._connection, self._item["id"])
        return None if found is None else found[0]

    def insert(self, pk: int) -> int:
        """Add the memory with its vector, history and feedback; return its primary key."""
        item = self._item
        self._connection.execute(_INSERT, (*self._values(item), pk))
        self._connection.execute(
            "INSERT INTO embedding (pk, vector) VALUES (?, ?)", (pk, self._vector)
        )
        write_history(self._connection, item["id"], self._told_again())
        self._write_feedback(pk, item)
        return pk

    def meet(self, pk: int, on_conflict: str) -> str:
        """Do with a memory that is there already what is wanted; return what was done.

        Raises:
            ValidationError: a conflict was to be an error, or the two are not of the same ids.
        """
        if on_conflict == "error":
            raise ValidationError(f"the memory {self._item['id']!r} is there already")
        if on_conflict == "skip":
            return "skipped"
        ours = self._read(pk)
        if _ids(ours) != _ids(self._item):  # the graph, sources and successors are of the same
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
        """Tell whether a merge would change the memory that is there, its sources left aside."""
        pk = self.known_pk()
        if pk is None:
            return True
        ours = self._read(pk)
        return _plain(merge_versions(ours, {**self._item, "sources": ours["sources"]})) != _plain(
            ours
        )

    def agrees_with(self, pk: int) -> bool:
        """Tell whether the memory in the file says what the archive's says, in its scope."""
        row = self._connection.execute(
            "SELECT content, user_id, agent_id, app_id, run_id FROM memory WHERE pk = ?", (pk,)
        ).fetchone()
        return row == (self._item["content"], *_ids(self._item))

    def _told_again(self) -> Sequence[Item]:
        """Return the history of a memory that comes; one that was deleted here is added again."""
        history: Sequence[Item] = self._item.get("history", ())
        is_over = not history or history[-1]["event"] == "DELETE"
        if is_over and _is_told_of(self._connection, self._item["id"]):
            return [*history, as_added(self._item)]
        return history

    def _replace(self, pk: int, ours: Item, item: Item) -> None:
        connection = self._connection
        connection.execute(_REPLACE, (*self._values(item), pk))
        if item["content"] != ours["content"]:
            assert self._vector is not None, "without one it would have been passed over"
            connection.execute(
                "REPLACE INTO embedding (pk, vector) VALUES (?, ?)", (pk, self._vector)
            )
            connection.execute("DELETE FROM embedding_next WHERE pk = ?", (pk,))
            VectorIndex(connection).replace(pk, self._vector)
        connection.execute("DELETE FROM event WHERE memory_id = ?", (item["id"],))
        write_history(connection, item["id"], item.get("history", ()))
        connection.execute("DELETE FROM feedback WHERE memory_pk = ?", (pk,))
        self._write_feedback(pk, item)

    def _read(self, pk: int) -> dict[str, Any]:
        """Return the memory that is there, as an archive has it."""
        row = self._connection.execute(
            f"SELECT {MEMORY_COLUMNS}, sources FROM memory WHERE pk = ?", (pk,)
        ).fetchone()
        assert row is not None, "it was found in this transaction"
        found = {n: v for n, v in zip(_COLUMNS, row, strict=True) if v is not None}
        found |= {name: json.loads(found[name]) for name in _JSON}
        events = self._connection.execute(
            f"SELECT {_EVENT_COLUMNS} FROM event WHERE memory_id = ? ORDER BY pk", (found["id"],)
        )
        found["history"] = [_present(_EVENT_NAMES, event) for event in events]
        feedback = self._connection.execute(
            "SELECT feedback, reason, created_at FROM feedback WHERE memory_pk = ?", (pk,)
        ).fetchone()
        if feedback is not None:
            found["feedback"] = _present(("feedback", "reason", "created_at"), feedback)
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
            _if_known(self._connection, item.get("superseded_by")),
            item.get("expires_at"),
            bool(item.get("immutable")),
            item.get("repeats", 0),
            json.dumps(item.get("sources", [])),
        )

    def _write_feedback(self, pk: int, item: Item) -> None:
        said = item.get("feedback")
        if said:
            self._connection.execute(
                "INSERT INTO feedback (memory_pk, feedback, reason, created_at)"
                " VALUES (?, ?, ?, ?)",
                (pk, said["feedback"], said.get("reason"), said["created_at"]),
            )


def kept_number(number: int) -> int | None:
    """Return the number of a line if its row may have it; None: it is too great to go on from."""
    return number if number <= MAX_KEPT else None


def is_known(connection: apsw.Connection, memory_id: str) -> bool:
    """Tell whether the file has, or had, a memory of this id."""
    return bool(connection.execute(_KNOWN, (memory_id,)).get)


def _is_told_of(connection: apsw.Connection, memory_id: str) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM event WHERE memory_id = ?)"
    return bool(connection.execute(sql, (memory_id,)).get)


def write_history(connection: apsw.Connection, memory_id: str, events: Iterable[Item]) -> None:
    """Write what happened to a memory, in order."""
    for event in events:
        values = {**event, "superseded_by": _if_known(connection, event.get("superseded_by"))}
        connection.execute(_INSERT_EVENT, (memory_id, *(values.get(name) for name in _EVENT_NAMES)))


def link(connection: apsw.Connection, item: Item) -> None:
    """Say what superseded a memory, if it is still as the archive has it, and of the same ids."""
    if connection.execute(_IS_ANOTHERS, (item["id"], *_ids(item))).get:
        return
    successor = _if_known(connection, item.get("superseded_by"))
    if successor is not None:
        place = (item["id"], item.get("valid_to"), item["updated_at"], item["content"])
        connection.execute(_LINK, (successor, *place))
    for event in item.get("history", ()):
        successor = _if_known(connection, event.get("superseded_by"))
        if successor is not None:
            told = (item["id"], event.get("updated_at"), event.get("new_memory"))
            connection.execute(_LINK_EVENT, (successor, *told))


def name(
    connection: apsw.Connection, item: Item, vector: bytes | None, first: int | None
) -> tuple[int, bool]:
    """Return the primary key of a name in exactly its scope, and whether it had to be inserted.

    One of the same form as a known one is the same as that; else `first` is what it is the same as.
    """
    spelling, form, ids = item["name"], names.form(item["name"]), _ids(item)
    scope = Scope(**dict(zip(ID_KEYS, ids, strict=True)))
    exact, key = exactly(scope), keyed(scope)
    known: Sequence[Row] = connection.execute(
        _NAMED.format(exact.sql, key.sql), (*exact.parameters, *key.parameters, form)
    ).fetchall()
    for pk, other, _ in known:
        if other == spelling:
            return int(pk), False
    same_as = known[0][2] if known else first
    values = (kept_number(item["number"]), spelling, form, *ids, same_as, vector)
    connection.execute(_INSERT_NAME, values)
    return connection.last_insert_rowid(), True


def relate(
    connection: apsw.Connection,
    source: int,
    relationship: str,
    destination: int,
    said_by: Iterable[int],
    number: int,
) -> bool:
    """Note a relation and the memories that say it; tell whether it is new."""
    ends = (source, relationship, destination)
    connection.execute(_INSERT_RELATION, (kept_number(number), *ends))
    is_new = bool(connection.changes())
    pk = connection.execute(
        "SELECT pk FROM relation WHERE source_pk = ? AND relationship = ? AND destination_pk = ?",
        ends,
    ).get
    for memory_pk in said_by:
        connection.execute("INSERT OR IGNORE INTO support VALUES (?, ?)", (pk, memory_pk))
    return is_new


def forget_unrelated(connection: apsw.Connection) -> None:
    """Remove names that no relation has."""
    connection.execute(_UNRELATED)


def _if_known(connection: apsw.Connection, memory_id: str | None) -> str | None:
    return memory_id if memory_id is not None and is_known(connection, memory_id) else None


def _ids(item: Item) -> tuple[str | None, ...]:
    return tuple(item.get(key) for key in ID_KEYS)


def _present(columns: Sequence[str], row: Row) -> dict[str, Any]:
    return {n: v for n, v in zip(columns, row, strict=True) if v is not None}


def _plain(item: Item) -> dict[str, Any]:
    """Return what is to be compared of two versions: without what is empty."""
    return {n: v for n, v in item.items() if v and n not in ("hash", "number", "kind", "vector")}

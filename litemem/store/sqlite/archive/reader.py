"""Import the lines of an archive as rows.

Existing rows are recognised: a memory by its id, a message by its text, time and scope, an entity
by its name. So an interrupted import can be repeated.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import ValidationError
from litemem.store.archive.references import IntMap
from litemem.store.protocol import ArchiveBatch, Conflict, Item
from litemem.store.sqlite import conflicts, settings
from litemem.store.sqlite.archive import memories
from litemem.store.sqlite.archive.memories import ArchivedMemory, kept_number
from litemem.store.sqlite.connection import write_transaction
from litemem.store.sqlite.integrity.references import IS_WRONGLY_SHOWN, break_circles
from litemem.store.sqlite.passages import keep_mentions
from litemem.store.sqlite.rows import (
    scope_equals,
    session_pk,
    to_json,
)
from litemem.store.sqlite.shown import ShownLog
from litemem.store.sqlite.vector_index import VectorIndex

if TYPE_CHECKING:
    from litemem.store.sqlite.transaction import SqliteTransaction

MAX_SESSIONS = 10_000  # primary keys in the cache

_SOURCES = """
SELECT message.pk
FROM json_each(?)
CROSS JOIN message ON message.pk = value
CROSS JOIN session AS m ON m.pk = message.session_pk
WHERE {}
"""
_MEMORIES = "SELECT m.pk FROM json_each(?) CROSS JOIN memory AS m ON m.pk = value WHERE {}"
_INSERT_MESSAGE = """
INSERT INTO message
  (pk, session_pk, role, content, name, created_at, turn_pk, id, metadata, categories, expires_at,
   passages, yielded, set_aside)
VALUES (
  ?1, ?2, ?3, ?4, ?5, ?6, ?7, iif(EXISTS (SELECT 1 FROM message WHERE id = ?8), ?9, ?8), ?10, ?11,
  ?12, ?13, ?14, ?15
)
"""
_INSERT_TURN = """
INSERT INTO turn (pk, session_pk, options, error, created_at, event_id, tries, killed, tried_at)
VALUES (
  ?1, ?2, ?3, ?4, ?5,
  iif(EXISTS (SELECT 1 FROM turn WHERE event_id = ?6)
    OR EXISTS (SELECT 1 FROM finished_turn WHERE event_id = ?6), NULL, ?6),
  ?7, ?8, ?9
)
"""

_KNOWN_MESSAGE = """
SELECT message.pk, message.turn_pk
FROM json_each(?)
CROSS JOIN message ON message.pk = value
WHERE session_pk = ? AND created_at = ? AND role = ? AND content = ? AND name IS ?
ORDER BY message.pk
LIMIT 1
"""


class ArchiveReader:
    """One import: maps each number of the archive to the primary key of its row.

    `counts` has the memories that were "added", "skipped", "overwritten" or "merged", and the new
    "messages", "turns", "deleted", "entities" and "relations".
    """

    def __init__(
        self,
        write: Callable[[], "AbstractContextManager[SqliteTransaction]"],
        on_conflict: Conflict,
    ) -> None:
        self._write = write
        self.counts: Counter[str] = Counter()
        self.on_conflict = on_conflict
        self._messages = IntMap()
        self._memories = IntMap()
        self._entities: dict[int, int] = {}  # primary keys, valid in this transaction
        self._sessions: dict[tuple[str | None, ...], int] = {}
        self._lasts: dict[str, int] = {}
        # set by "begin"; the spill table has the line of a turn, later its primary key
        self._known: KnownMessages
        self._spilled: SpillTable
        self._connection: apsw.Connection

    def take_in(self, batch: ArchiveBatch) -> None:
        """Store the lines of one batch in one transaction."""
        with self._write() as tx:
            self._connection = tx.connection
            self._take_in(batch)

    def _take_in(self, batch: ArchiveBatch) -> None:
        # another program may have deleted rows and reused their primary keys since the last step
        self._lasts.clear()
        self._sessions.clear()
        self._entities.clear()
        if batch.task == "begin":
            self._known, self._spilled = KnownMessages(self._connection), SpillTable()
        elif batch.task == "restore":
            self._restore(batch)
        elif batch.task == "link":
            for item in batch.items:
                memories.link(self._connection, item)
        else:
            self._known.close()
            self._spilled.close()
            memories.drop_unrelated(self._connection)
            list(break_circles(self._connection))  # of two files that were merged

    def _restore(self, batch: ArchiveBatch) -> None:
        if batch.identity is not None:
            settings.bind_embedder(self._connection, batch.identity)
        for place, item in enumerate(batch.items):
            kind = item["kind"]
            if kind == "memory":
                self._memory(item, batch.vectors.get(place))
            elif kind == "entity":
                plain = {name: value for name, value in item.items() if name != "vector"}
                self._spilled.put("entity", item["number"], plain, batch.vectors.get(place))
            else:
                self._importers[kind](self, item)
        VectorIndex(self._connection).grow(self._last("memory"))

    def _memory(self, item: Item, vector: bytes | None) -> None:
        pks = [pk for number in item.get("sources", ()) if (pk := self._messages.get(number))]
        sources = self._of_scope(_SOURCES, pks, item)
        archived = ArchivedMemory(self._connection, {**item, "sources": sources}, vector)
        pk = archived.known_pk()
        if pk is None and vector is None:  # deleted after the batch was embedded
            outcome, pk = "skipped", 0
        elif pk is None:
            outcome, pk = "added", archived.insert(self._next("memory", item["number"]))
        else:
            outcome = archived.resolve(pk, self.on_conflict)
            pk = pk if archived.agrees_with(pk) else 0
        self.counts[outcome] += 1
        self._memories.add(item["number"], pk)

    def _message(self, item: Item) -> None:
        session = self._session(item)
        values = (item["role"], item["content"], item.get("name"))
        known = self._known.take(self._connection, session, item["created_at"], values)
        if known is not None:
            if known[1] is not None and "turn" in item:
                self._spilled.put("turn", item["turn"], known[1])
            return self._messages.add(item["number"], known[0])
        pk = self._next("message", item["number"])
        turn = self._turn(item["turn"]) if "turn" in item else None
        said = (pk, session, *values, item["created_at"], turn)
        self._connection.execute(_INSERT_MESSAGE, (*said, *_message_fields(item)))
        if not _is_hidden(item):
            keep_mentions(self._connection, -pk, item.get("days", ()))
        self._messages.add(item["number"], pk)
        self.counts["messages"] += 1
        return None

    def _note_turn(self, item: Item) -> None:
        """Keep the line of a turn until its first new message."""
        self._spilled.put("turn", item["number"], item)

    def _turn(self, number: int) -> int:
        item, _ = self._spilled.get("turn", number)
        if isinstance(item, int):
            return item
        names = ("error", "created_at", "event_id", "tries", "killed", "tried_at")
        pk = self._next("turn", number)
        self._connection.execute(
            _INSERT_TURN,
            (pk, self._session(item), to_json(item["options"]), *(item.get(n) for n in names)),
        )
        self._spilled.put("turn", number, pk)
        self.counts["turns"] += 1
        return pk

    def _deleted(self, item: Item) -> None:
        if not memories.is_known(self._connection, item["id"]):
            ids = memories.scope_of(item)
            memories.write_history(self._connection, item["id"], item["history"], ids)
            pks = [pk for number in item.get("sources", ()) if (pk := self._messages.get(number))]
            memories.write_deleted_sources(self._connection, item["id"], pks)
            self.counts["deleted"] += 1

    def _project(self, item: Item) -> None:
        known = settings.get(self._connection, settings.PROJECT) or {}
        if known and known != item["settings"] and self.on_conflict == "error":
            raise ValidationError(
                "the file has other project settings: give on_conflict (--on-conflict)"
            )
        if self.on_conflict == "merge":
            merged = {**item["settings"], **known}
        elif self.on_conflict == "skip" and known:
            return
        else:
            merged = item["settings"]
        if merged:
            settings.put(self._connection, settings.PROJECT, to_json(merged))

    def _finished_turn(self, item: Item) -> None:
        results = json.dumps(item["results"], ensure_ascii=False)
        self._connection.execute(
            "INSERT OR IGNORE INTO finished_turn (event_id, results, created_at, completed_at)"
            " VALUES (?, ?, ?, ?)",
            (item["event_id"], results, item["created_at"], item["completed_at"]),
        )

    def _shown(self, item: Item) -> None:
        ids = [item.get(key) for key in ID_KEYS]
        if self._connection.execute(IS_WRONGLY_SHOWN, (item["memory_id"], *ids)).get:
            return
        log = ShownLog(self._connection)
        log.note(_scope(item), [item["memory_id"]], item["event"], item["shown_at"])

    def _conflict(self, item: Item) -> None:
        pks = [pk for number in item["memories"] if (pk := self._memories.get(number))]
        conflicts.restore(
            self._connection, item["id"], pks, item["created_at"], item.get("settled_at")
        )

    def _relation(self, item: Item) -> None:
        pks = [pk for number in item["memories"] if (pk := self._memories.get(number))]
        source, _ = self._spilled.get("entity", item["source"])
        supporting = self._of_scope(_MEMORIES, pks, source)
        if not supporting:
            return
        ends = self._entity(item["source"]), item["relationship"], self._entity(item["destination"])
        self.counts["relations"] += memories.relate(
            self._connection, *ends, supporting, item["number"]
        )

    def _entity(self, number: int) -> int:
        """Return the primary key of an entity; insert the entity if it is new."""
        if number in self._entities:
            return self._entities[number]
        item, vector = self._spilled.get("entity", number)
        same_as = item.get("same_as")
        first = None if same_as is None else self._entity(same_as)
        pk, is_new = memories.entity(self._connection, item, vector, first)
        self._entities[number] = pk
        self.counts["entities"] += is_new
        return pk

    def _of_scope(self, sql: str, pks: Sequence[int], item: Item) -> list[int]:
        """Return the primary keys that are still rows of the item's scope.

        A row noted in an earlier transaction may be deleted, and its primary key reused.
        """
        if not pks:
            return []
        exact = scope_equals(_scope(item))
        rows = self._connection.execute(sql.format(exact.sql), (json.dumps(pks), *exact.parameters))
        return [pk for (pk,) in rows]

    def _session(self, item: Item) -> int:
        key = tuple(item.get(k) for k in ID_KEYS)
        if key in self._sessions:
            return self._sessions[key]
        pk = session_pk(self._connection, _scope(item))
        if pk is None:
            self._connection.execute(
                "INSERT INTO session (user_id, agent_id, app_id, run_id) VALUES (?, ?, ?, ?)", key
            )
            pk = self._connection.last_insert_rowid()
        if len(self._sessions) >= MAX_SESSIONS:
            self._sessions.clear()
        self._sessions[key] = pk
        return pk

    def _next(self, table: str, number: int) -> int:
        """Return a primary key for a new row: its number in the archive if that is free."""
        self._lasts[table] = max(kept_number(number) or 0, self._last(table) + 1)
        return self._lasts[table]

    def _last(self, table: str) -> int:
        if table not in self._lasts:
            self._lasts[table] = self._read_last(table)
        return self._lasts[table]

    def _read_last(self, table: str) -> int:
        """Return the last primary key ever used, as a finished turn's may still be in use."""
        last = int(self._connection.execute(f"SELECT coalesce(max(pk), 0) FROM {table}").get)
        used = self._connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", (table,)
        ).get
        return max(last, int(used))

    _importers: Mapping[str, Callable[["ArchiveReader", Item], None]] = {
        "project": _project,
        "finished_turn": _finished_turn,
        "turn": _note_turn,
        "message": _message,
        "deleted": _deleted,
        "conflict": _conflict,
        "relation": _relation,
        "shown": _shown,
    }


def _scope(item: Item) -> Scope:
    return Scope(**{key: item.get(key) for key in ID_KEYS})


def _message_fields(item: Item) -> tuple[Any, ...]:
    """Return the id of a message, a new one in case it is taken, and the other columns.

    It waits for its passages, unless it is hidden.
    """
    return (
        item.get("id") or clock.new_id(),
        clock.new_id(),
        to_json(item.get("metadata") or {}),
        to_json(tuple(item.get("categories") or ())),
        item.get("expires_at"),
        0 if _is_hidden(item) else None,
        bool(item.get("yielded")),
        to_json(item.get("set_aside") or ()),
    )


def _is_hidden(item: Item) -> bool:
    return bool(item.get("hidden")) or item["role"] == "system"


class KnownMessages:
    """The messages that were in the file when an import began, each to be matched at most once.

    They are noted in a private database, which SQLite keeps in memory or in a temporary file. A
    temporary table of the writer would be shared by all imports of this process, and a vacuum or an
    erasure drops it: they change `temp_store`.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._notes = apsw.Connection("")
        self._notes.pragma("journal_mode", "off")
        self._notes.execute("CREATE TABLE logged (pk INTEGER PRIMARY KEY, session_pk, created_at)")
        with write_transaction(self._notes):
            self._notes.executemany(
                "INSERT INTO logged VALUES (?, ?, ?)",
                connection.execute("SELECT pk, session_pk, created_at FROM message"),
            )
            self._notes.execute("CREATE INDEX logged_at ON logged (session_pk, created_at)")

    def take(
        self, connection: apsw.Connection, session_pk: int, created_at: int, values: Sequence[Any]
    ) -> tuple[int, int | None] | None:
        """Return the primary keys of a message and of its turn, or None; match it only once.

        `values` are the role, the content and the name of the message.
        """
        at = (session_pk, created_at)
        pks = self._notes.execute(
            "SELECT json_group_array(pk) FROM logged WHERE session_pk = ? AND created_at = ?", at
        ).get
        row = connection.execute(_KNOWN_MESSAGE, (pks, *at, *values)).fetchone()
        if row is None:
            return None
        self._notes.execute("DELETE FROM logged WHERE pk = ?", (row[0],))
        return row[0], row[1]

    def close(self) -> None:
        """Drop the private database."""
        self._notes.close()


class SpillTable:
    """Lines that later lines refer to, by kind and number, in a private database on disk."""

    def __init__(self) -> None:
        self._notes = apsw.Connection("")
        self._notes.pragma("journal_mode", "off")
        self._notes.execute(
            "CREATE TABLE line (kind TEXT, number INTEGER, value TEXT, vector BLOB,"
            " PRIMARY KEY (kind, number)) WITHOUT ROWID"
        )

    def put(self, kind: str, number: int, value: Any, vector: bytes | None = None) -> None:
        """Store or replace a JSON value and its vector."""
        row = (kind, number, json.dumps(value), vector)
        self._notes.execute("REPLACE INTO line VALUES (?, ?, ?, ?)", row)

    def get(self, kind: str, number: int) -> tuple[Any, bytes | None]:
        """Return the value and its vector."""
        ((value, vector),) = self._notes.execute(
            "SELECT value, vector FROM line WHERE kind = ? AND number = ?", (kind, number)
        )
        return json.loads(value), vector

    def close(self) -> None:
        """Drop the private database."""
        self._notes.close()

"""Restoring: the lines of an archive become rows again, each with all that belongs to it.

What is there already is recognised: a memory by its id, a message by what, when and where it was
said, a name by its spelling. So the same archive may be taken in again after an interruption.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import ValidationError
from litemem.store.sqlite import settings
from litemem.store.sqlite.archive import memories as memories
from litemem.store.sqlite.archive.memories import ArchivedMemory, kept_number
from litemem.store.sqlite.archive.references import IntMap
from litemem.store.sqlite.connection import one_write
from litemem.store.sqlite.exact import exactly
from litemem.store.sqlite.queries import session_pk
from litemem.store.sqlite.rows import to_json
from litemem.store.sqlite.vector_index import VectorIndex

Conflict = Literal["error", "skip", "overwrite", "merge"]
Item = Mapping[str, Any]

MOST_SESSIONS = 10_000  # whose primary keys are kept at hand

_SOURCES = """
SELECT message.pk
FROM json_each(?)
CROSS JOIN message ON message.pk = value
CROSS JOIN session AS m ON m.pk = message.session_pk
WHERE {}
"""
_SAID_BY = "SELECT m.pk FROM json_each(?) CROSS JOIN memory AS m ON m.pk = value WHERE {}"
_INSERT_MESSAGE = """
INSERT INTO message (pk, session_pk, role, content, name, created_at, turn_pk)
VALUES (?, ?, ?, ?, ?, ?, ?)
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

_SAID_BEFORE = """
SELECT message.pk, message.turn_pk
FROM json_each(?)
CROSS JOIN message ON message.pk = value
WHERE session_pk = ? AND created_at = ? AND role = ? AND content = ? AND name IS ?
ORDER BY message.pk
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that are taken in together, in their order, in one transaction.

    `vectors` are float32 blobs by a line's place, of the embedder `identity`. An import begins
    with the task "begin"; "link" is given again the lines that name a successor; "end" is last.
    """

    task: Literal["begin", "restore", "link", "end"] = "restore"
    items: Sequence[Item] = ()
    vectors: Mapping[int, bytes] = field(default_factory=dict)
    identity: EmbedderIdentity | None = None


class ArchiveReader:
    """One import on its way: what each number of the archive has become in the file.

    `counts` says how many memories were "added", "skipped", "overwritten" or "merged", and how
    many "messages", "turns", "deleted", "entities" and "relations" are new.
    """

    def __init__(self, on_conflict: Conflict) -> None:
        self.counts: Counter[str] = Counter()
        self.on_conflict = on_conflict
        self._messages = IntMap()
        self._memories = IntMap()
        self._named: dict[int, int] = {}  # their primary keys, of this transaction
        self._sessions: dict[tuple[str | None, ...], int] = {}
        self._lasts: dict[str, int] = {}
        # from "begin" on; of a turn what is to be inserted is put aside, then its primary key
        self._logged: KnownMessages
        self._aside: SpillTable
        self._connection: apsw.Connection

    def apply(self, connection: apsw.Connection, batch: Batch) -> None:
        """Do one step of the import."""
        self._connection = connection
        # others may have written since: what they removed, they may have given its key to another
        self._lasts.clear()
        self._sessions.clear()
        self._named.clear()
        if batch.task == "begin":
            self._logged, self._aside = KnownMessages(connection), SpillTable()
        elif batch.task == "restore":
            self._restore(batch)
        elif batch.task == "link":
            for item in batch.items:
                memories.link(connection, item)
        else:
            self._logged.close()
            self._aside.close()
            memories.forget_unrelated(connection)

    def _restore(self, batch: Batch) -> None:
        if batch.identity is not None:
            settings.bind_embedder(self._connection, batch.identity)
        for place, item in enumerate(batch.items):
            kind = item["kind"]
            if kind == "memory":
                self._memory(item, batch.vectors.get(place))
            elif kind == "entity":
                named = {name: value for name, value in item.items() if name != "vector"}
                self._aside.put("entity", item["number"], named, batch.vectors.get(place))
            else:
                self._others[kind](self, item)
        VectorIndex(self._connection).grow(self._last("memory"))

    def _memory(self, item: Item, vector: bytes | None) -> None:
        said = [pk for number in item.get("sources", ()) if (pk := self._messages.get(number))]
        sources = self._of_scope(_SOURCES, said, item)
        told = ArchivedMemory(self._connection, {**item, "sources": sources}, vector)
        pk = told.known_pk()
        if pk is None and vector is None:  # it was there when vectors were made, and is gone since
            outcome, pk = "skipped", 0
        elif pk is None:
            outcome, pk = "added", told.insert(self._next("memory", item["number"]))
        else:
            outcome = told.meet(pk, self.on_conflict)
            pk = pk if told.agrees_with(pk) else 0
        self.counts[outcome] += 1
        self._memories.add(item["number"], pk)

    def _message(self, item: Item) -> None:
        session = self._session(item)
        values = (item["role"], item["content"], item.get("name"))
        known = self._logged.take(self._connection, session, item["created_at"], values)
        if known is not None:
            if known[1] is not None and "turn" in item:
                self._aside.put("turn", item["turn"], known[1])
            return self._messages.add(item["number"], known[0])
        pk = self._next("message", item["number"])
        turn = self._turn(item["turn"]) if "turn" in item else None
        self._connection.execute(_INSERT_MESSAGE, (pk, session, *values, item["created_at"], turn))
        self._messages.add(item["number"], pk)
        self.counts["messages"] += 1
        return None

    def _note_turn(self, item: Item) -> None:
        """Keep a turn until its first message that is not there already."""
        self._aside.put("turn", item["number"], item)

    def _turn(self, number: int) -> int:
        item, _ = self._aside.get("turn", number)
        if isinstance(item, int):
            return item
        names = ("error", "created_at", "event_id", "tries", "killed", "tried_at")
        pk = self._next("turn", number)
        self._connection.execute(
            _INSERT_TURN,
            (pk, self._session(item), to_json(item["options"]), *(item.get(n) for n in names)),
        )
        self._aside.put("turn", number, pk)
        self.counts["turns"] += 1
        return pk

    def _deleted(self, item: Item) -> None:
        if not memories.is_known(self._connection, item["id"]):
            memories.write_history(self._connection, item["id"], item["history"])
            self.counts["deleted"] += 1

    def _project(self, item: Item) -> None:
        known = json.loads(settings.get(self._connection, settings.PROJECT) or "{}")
        if known and known != item["settings"] and self.on_conflict == "error":
            raise ValidationError("the file has other project settings: say --on-conflict")
        if self.on_conflict in ("overwrite", "error"):
            known = {}
        told = item["settings"] if not known else {}
        if self.on_conflict == "merge":
            told = {**item["settings"], **known}
        if told:
            settings.put(self._connection, settings.PROJECT, to_json(told))

    def _export_request(self, item: Item) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO export (id, request, created_at) VALUES (?, ?, ?)",
            (item["id"], to_json(item["request"]), item["created_at"]),
        )

    def _finished_turn(self, item: Item) -> None:
        results = json.dumps(item["results"], ensure_ascii=False)
        self._connection.execute(
            "INSERT OR IGNORE INTO finished_turn (event_id, results, created_at, completed_at)"
            " VALUES (?, ?, ?, ?)",
            (item["event_id"], results, item["created_at"], item["completed_at"]),
        )

    def _relation(self, item: Item) -> None:
        said_by = [pk for number in item["memories"] if (pk := self._memories.get(number))]
        named, _ = self._aside.get("entity", item["source"])
        said_by = self._of_scope(_SAID_BY, said_by, named)
        if not said_by:
            return
        source, destination = self._entity(item["source"]), self._entity(item["destination"])
        self.counts["relations"] += memories.relate(
            self._connection, source, item["relationship"], destination, said_by, item["number"]
        )

    def _entity(self, number: int) -> int:
        """Return the primary key of a name, which is inserted where the file has it not yet."""
        if number in self._named:
            return self._named[number]
        item, vector = self._aside.get("entity", number)
        same_as = item.get("same_as")
        first = None if same_as is None else self._entity(same_as)
        pk, is_new = memories.name(self._connection, item, vector, first)
        self._named[number] = pk
        self.counts["entities"] += is_new
        return pk

    def _of_scope(self, sql: str, pks: Sequence[int], item: Item) -> list[int]:
        """Return those of the rows, noted in an earlier transaction, that are of an item's scope.

        One that was removed meanwhile may have left its primary key to another's.
        """
        if not pks:
            return []
        exact = exactly(_scope(item))
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
        if len(self._sessions) >= MOST_SESSIONS:
            self._sessions.clear()
        self._sessions[key] = pk
        return pk

    def _next(self, table: str, number: int) -> int:
        """Return the primary key for a row: its number where that keeps the order, and may stay."""
        self._lasts[table] = max(kept_number(number) or 0, self._last(table) + 1)
        return self._lasts[table]

    def _last(self, table: str) -> int:
        if table not in self._lasts:
            self._lasts[table] = self._read_last(table)
        return self._lasts[table]

    def _read_last(self, table: str) -> int:
        """Return the last primary key; of turns the last that was given: somebody may be at it."""
        last = int(self._connection.execute(f"SELECT coalesce(max(pk), 0) FROM {table}").get)
        given = self._connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", (table,)
        ).get
        return max(last, int(given))

    _others: Mapping[str, Callable[["ArchiveReader", Item], None]] = {
        "project": _project,
        "export_request": _export_request,
        "finished_turn": _finished_turn,
        "turn": _note_turn,
        "message": _message,
        "deleted": _deleted,
        "relation": _relation,
    }


def _scope(item: Item) -> Scope:
    return Scope(**{key: item.get(key) for key in ID_KEYS})


class KnownMessages:
    """The messages that a file had when an import began, and that the import has not met yet."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._notes = apsw.Connection("")
        self._notes.pragma("journal_mode", "off")
        self._notes.execute("CREATE TABLE logged (pk INTEGER PRIMARY KEY, session_pk, created_at)")
        with one_write(self._notes):
            self._notes.executemany(
                "INSERT INTO logged VALUES (?, ?, ?)",
                connection.execute("SELECT pk, session_pk, created_at FROM message"),
            )
            self._notes.execute("CREATE INDEX logged_at ON logged (session_pk, created_at)")

    def take(
        self, connection: apsw.Connection, session_pk: int, created_at: int, said: Sequence[Any]
    ) -> tuple[int, int | None] | None:
        """Return the primary keys of a message with this role, content and name, and of its turn.

        It is not found again. None when there is none.
        """
        at = (session_pk, created_at)
        found = self._notes.execute(
            "SELECT json_group_array(pk) FROM logged WHERE session_pk = ? AND created_at = ?", at
        ).get
        row = connection.execute(_SAID_BEFORE, (found, *at, *said)).fetchone()
        if row is None:
            return None
        self._notes.execute("DELETE FROM logged WHERE pk = ?", (row[0],))
        return row[0], row[1]

    def close(self) -> None:
        """Forget them."""
        self._notes.close()


class SpillTable:
    """Names and turns by their numbers; a million of them take as much memory as ten."""

    def __init__(self) -> None:
        self._notes = apsw.Connection("")
        self._notes.pragma("journal_mode", "off")
        self._notes.execute(
            "CREATE TABLE line (kind TEXT, number INTEGER, said TEXT, vector BLOB,"
            " PRIMARY KEY (kind, number)) WITHOUT ROWID"
        )

    def put(self, kind: str, number: int, said: Any, vector: bytes | None = None) -> None:
        """Keep what JSON can hold, in place of what was kept under this kind and number."""
        row = (kind, number, json.dumps(said), vector)
        self._notes.execute("REPLACE INTO line VALUES (?, ?, ?, ?)", row)

    def get(self, kind: str, number: int) -> tuple[Any, bytes | None]:
        """Return what was kept, and its vector."""
        ((said, vector),) = self._notes.execute(
            "SELECT said, vector FROM line WHERE kind = ? AND number = ?", (kind, number)
        )
        return json.loads(said), vector

    def close(self) -> None:
        """Forget them."""
        self._notes.close()

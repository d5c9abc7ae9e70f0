"""The store: one SQLite file, read by many at once and written by one at a time."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import apsw

from litemem.errors import StoreError, ValidationError
from litemem.filters import Condition
from litemem.models import Entity, Found, HistoryEntry, MemoryRecord, Message, Overview, Turn
from litemem.protocols import EmbedderIdentity
from litemem.scope import Scope
from litemem.store import queries, reindexing, settings
from litemem.store.faults import translated
from litemem.store.opening import MEMORY, connect, prepare
from litemem.store.rows import HISTORY_COLUMNS, MEMORY_COLUMNS, history_entry, memory_record
from litemem.store.transaction import Transaction
from litemem.store.vector_index import VectorIndex

Durability = Literal["full", "normal"]


class SqliteStore:
    """A litemem file. It is made when it is not there.

    Reads run side by side, also while something is being written, and each sees one moment.
    Writes go one by one, each in a `transaction()`. Every method may be called from any thread;
    `":memory:"` is a file that is gone when it is closed.

    Args:
        path: the file.
        durability: "full" syncs the disk at every commit; "normal" does not, and a power cut may
            then take the last transactions, each as a whole.

    Raises:
        SchemaError, CorruptError, StoreReadOnlyError, StoreBusyError, StoreError: see their texts.
        ValidationError: there is no such durability.
    """

    def __init__(self, path: str | Path, *, durability: Durability = "full") -> None:
        if durability not in get_args(Durability):
            raise ValidationError(f"durability={durability!r}: it is 'full' or 'normal'")
        self.path = str(path)
        self._write_lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._readers: list[apsw.Connection] = []
        self._process = os.getpid()
        with translated(self.path):
            self._writer: apsw.Connection | None = prepare(self.path, durability)

    def close(self) -> None:
        """Close the file; what was committed is in it, and its side files are gone.

        In a forked child it does nothing: the connections are the parent's.
        """
        if os.getpid() != self._process:
            return
        with self._write_lock, self._pool_lock, translated(self.path):
            for connection in (*self._readers, self._writer):
                if connection is not None:
                    connection.close()
            self._readers.clear()
            self._writer = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: what happens inside is committed as one, or not at all.

        Raises:
            StoreBusyError: another program wrote for longer than the busy timeout.
            StoreFullError, StoreError: nothing was changed.
        """
        with self._write_lock, translated(self.path):
            connection = self._open_writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def get(self, memory_id: str) -> MemoryRecord | None:
        """Return one memory, or None."""
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT {MEMORY_COLUMNS} FROM memory AS m WHERE m.id = ?", (memory_id,)
            ).fetchone()
        return None if row is None else memory_record(row)

    def select(
        self,
        condition: Condition,
        *,
        limit: int | None = None,
        offset: int = 0,
        after: tuple[int, str] | None = None,
    ) -> list[MemoryRecord]:
        """Return the memories that match, newest first, ties by id.

        `after` is the `created_at` and the id of a memory, be it deleted by now: only what comes
        behind it is returned, of which `offset` memories are passed over.
        """
        with self._reading() as connection:
            return queries.newest(connection, condition, limit, offset, after)

    def count(self, condition: Condition) -> int:
        """Return how many memories match."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT count(*) FROM memory AS m WHERE {condition.sql}", condition.parameters
            )
            return int(rows.get)

    def search(
        self,
        condition: Condition,
        *,
        vector: bytes,
        words: str | None,
        identity: EmbedderIdentity,
        limit: int,
    ) -> list[Found]:
        """Return what is near: the `limit` nearest by vector and the `limit` best by full text.

        `words` is an FTS5 query, None when there is nothing to look up.

        Raises:
            EmbedderMismatchError: the file's vectors are another embedder's.
        """
        with self._reading() as connection:
            settings.check_embedder(connection, identity)
            semantic = dict(VectorIndex(connection).nearest(vector, limit, condition))
            keyword = queries.by_words(connection, condition, words, limit) if words else {}
            missing = [pk for pk in keyword if pk not in semantic]
            semantic.update(queries.cosines(connection, vector, missing))
            records = queries.records(connection, list(semantic))
        return [Found(record, semantic[pk], keyword.get(pk, 0.0)) for pk, record in records.items()]

    def history(self, memory_id: str) -> list[HistoryEntry]:
        """Return what happened to a memory, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {HISTORY_COLUMNS} FROM history WHERE memory_id = ? ORDER BY pk",
                (memory_id,),
            )
            return [history_entry(row) for row in rows]

    def messages(self, scope: Scope, *, limit: int, before: int | None = None) -> list[Message]:
        """Return the last messages of exactly this scope, oldest first.

        `before` is a message's primary key; only what was said before it is returned.
        """
        with self._reading() as connection:
            return queries.last_messages(connection, scope, limit, before)

    def sources(self, memory_id: str) -> list[Message]:
        """Return the messages that a memory came from, in order."""
        with self._reading() as connection:
            return queries.sources(connection, memory_id)

    def entities(self) -> list[Entity]:
        """Return everyone that memories belong to: users, agents, apps, runs, each kind by name."""
        with self._reading() as connection:
            return queries.entities(connection)

    def export_request(self, export_id: str) -> dict[str, Any] | None:
        """Return what was asked to be exported, or None."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT request FROM export WHERE id = ?", (export_id,)
            ).fetchone()
            return None if row is None else dict(json.loads(row[0]))

    def project(self) -> dict[str, Any]:
        """Return what the project was told; nothing before."""
        with self._reading() as connection:
            return dict(json.loads(settings.get(connection, settings.PROJECT) or "{}"))

    def pending_turns(self) -> list[Turn]:
        """Return the turns that wait for extraction, oldest first."""
        with self._reading() as connection:
            return queries.pending_turns(connection)

    def check_embedder(self, identity: EmbedderIdentity) -> None:
        """Refuse an embedder whose vectors cannot be compared with the file's.

        Raises:
            EmbedderMismatchError: dimensions or fingerprint differ.
        """
        with self._reading() as connection:
            settings.check_embedder(connection, identity)

    def overview(self) -> Overview:
        """Count what the file holds."""
        with self._reading() as connection:
            return queries.overview(connection)

    def unembedded(
        self, identity: EmbedderIdentity, limit: int, *, after: int = 0
    ) -> list[tuple[int, str]]:
        """Return (pk, content) of memories that a reindex to `identity` has not yet embedded.

        In the order of their primary keys, and only those greater than `after`: a reindex that
        looked at the others again for each batch would take time with the square of the file.
        """
        with self._reading() as connection:
            return reindexing.unembedded(connection, identity, limit, after)

    def embedder(self) -> EmbedderIdentity | None:
        """Return whose vectors the file holds; None before the first."""
        with self._reading() as connection:
            return settings.embedder(connection)

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """Lend a connection that sees one moment of the file."""
        if self.path == MEMORY:
            with self._write_lock, translated(self.path):
                yield self._open_writer()
            return
        with translated(self.path):
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._give_back(connection)

    def _borrow(self) -> apsw.Connection:
        with self._pool_lock:
            self._open_writer()
            if self._readers:
                return self._readers.pop()
        connection = connect(self.path)
        connection.pragma("query_only", True)
        return connection

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._pool_lock:
            if self._writer is not None:
                self._readers.append(connection)
                return
        connection.close()

    def _open_writer(self) -> apsw.Connection:
        if os.getpid() != self._process:
            # two processes on one connection would corrupt the file (sqlite.org/howtocorrupt.html)
            raise StoreError(f"{self.path} was opened before a fork: open it anew in this process")
        if self._writer is None:
            raise StoreError(f"{self.path} was closed: open it again")
        return self._writer

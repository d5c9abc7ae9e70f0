"""The store: one SQLite file, read by many at once and written by one at a time."""

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.types import (
    Entity,
    HistoryEntry,
    Match,
    MemoryRecord,
    Message,
    Overview,
    Relation,
    Turn,
    TurnEvent,
)
from litemem.errors import StoreError, StoreReadOnlyError, ValidationError
from litemem.store.filters import Condition
from litemem.store.sqlite import copy as copying
from litemem.store.sqlite import erasure as erasing
from litemem.store.sqlite import finding, graph, queries, settings, turns
from litemem.store.sqlite import reindex as reindexing
from litemem.store.sqlite.archive.writer import ArchiveWriter
from litemem.store.sqlite.connection import MEMORY, located, one_write, prepare
from litemem.store.sqlite.errors import translated
from litemem.store.sqlite.exiting import close_at_exit
from litemem.store.sqlite.finding import Choose, Sought, Survey
from litemem.store.sqlite.integrity import checks
from litemem.store.sqlite.liveness import this_process
from litemem.store.sqlite.readers import Readers
from litemem.store.sqlite.rereading import by_id
from litemem.store.sqlite.supersession import Known
from litemem.store.sqlite.transaction import Transaction

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
        mendable: also open a file whose views, triggers or indexes are not ours, to mend them.
        read_only: open a file that exists, also on read-only media; a transaction is refused.

    Raises:
        SchemaError, CorruptError, StoreReadOnlyError, StoreBusyError, StoreError: see their texts.
        ValidationError: there is no such durability.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        durability: Durability = "full",
        mendable: bool = False,
        read_only: bool = False,
    ) -> None:
        if durability not in get_args(Durability):
            raise ValidationError("durability is 'full' or 'normal', and nothing else")
        self.path = located(path)
        self._write_lock = threading.RLock()
        self._process = os.getpid()
        self._read_only = read_only
        with translated(self.path):
            self._writer: apsw.Connection | None = prepare(
                self.path, durability, mendable=mendable, read_only=read_only
            )
        self._readers = Readers(self.path)
        close_at_exit(self)

    @property
    def is_forked(self) -> bool:
        """Whether this is a forked child of the process that opened the file."""
        return os.getpid() != self._process

    def close(self) -> None:
        """Close the file; what was committed is in it, and its side files are gone.

        In a forked child it does nothing: the connections are the parent's.
        """
        if self.is_forked:
            return
        with self._write_lock, translated(self.path):
            self._readers.close()
            if self._writer is not None:
                self._writer.close()
            self._writer = None

    @contextmanager
    def transaction(self, *, traceless: bool = False) -> Iterator[Transaction]:
        """Write: what happens inside is committed as one, or not at all.

        With `traceless`, what is deleted is overwritten.

        Raises:
            StoreBusyError: another program wrote for longer than the busy timeout.
            StoreFullError, StoreError: nothing was changed.
        """
        self.check_writable()
        with self._write_lock, translated(self.path):
            connection = self._open_writer()
            with erasing.secure_delete(connection, traceless), one_write(connection):
                yield Transaction(connection)

    def vacuum(self) -> erasing.Vacuumed:
        """Write the file anew, without what was deleted and without gaps.

        Raises:
            StoreBusyError: another program writes. StoreFullError: the disk is full.
        """
        self.check_writable()
        with self._write_lock, translated(self.path):
            return erasing.vacuum(self._open_writer(), self.path)

    def get(self, memory_id: str) -> MemoryRecord | None:
        """Return one memory, or None."""
        with self._reading() as connection:
            found = by_id(connection, memory_id)
            return None if found is None else found[1]

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

    def survey(self, condition: Condition) -> Survey:
        """Look at the first memories that match: how many there are, and who speaks."""
        with self._reading() as connection:
            return finding.survey(connection, condition)

    def search(
        self, condition: Condition, sought: Sought, *, identity: EmbedderIdentity, choose: Choose
    ) -> list[Match]:
        """Return what `choose` takes of the memories that match, in its order.

        Raises:
            EmbedderMismatchError: the file's vectors are another embedder's.
        """
        with self._reading() as connection:
            settings.check_embedder(connection, identity)
            return finding.find(connection, condition, sought, choose)

    def relations(self, question: graph.Question) -> list[Relation]:
        """Return the relations one hop from what is asked for, the most relevant first.

        Raises:
            EmbedderMismatchError: the file's vectors are another embedder's.
        """
        with self._reading() as connection:
            settings.check_embedder(connection, question.identity)
            return graph.search(connection, question)

    def relations_of(self, memory_ids: Iterable[str]) -> list[Relation]:
        """Return what these memories say, in the order in which it was found."""
        with self._reading() as connection:
            return graph.of_memories(connection, memory_ids)

    def unembedded_names(self, limit: int) -> list[tuple[int, str]]:
        """Return (pk, name) of the graph's names that have no vector of the file's embedder."""
        with self._reading() as connection:
            return graph.unembedded(connection, limit)

    @contextmanager
    def known(self) -> Iterator[Known]:
        """Lend what is known at one moment, for a new fact to meet; to read only."""
        with self._reading() as connection:
            yield Known(connection)

    def history(self, memory_id: str) -> list[HistoryEntry]:
        """Return what happened to a memory, oldest first."""
        with self._reading() as connection:
            return queries.history(connection, memory_id)

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

    def run_memory(self, scope: Scope, at: int) -> MemoryRecord | None:
        """Return the memory of exactly this run that can be extended at `at`, or None."""
        with self._reading() as connection:
            return queries.run_memory(connection, scope, at)

    def entities(self) -> list[Entity]:
        """Return everyone that memories belong to: users, agents, apps, runs, each kind by name."""
        with self._reading() as connection:
            return queries.entities(connection)

    def project(self) -> dict[str, Any]:
        """Return what the project was told; nothing before."""
        with self._reading() as connection:
            return dict(json.loads(settings.get(connection, settings.PROJECT) or "{}"))

    def pending_turns(self) -> list[Turn]:
        """Return the turns that wait for extraction, oldest first."""
        with self._reading() as connection:
            return queries.pending_turns(connection)

    def waiting_turns(self, choice: turns.Choice) -> int:
        """Count the turns that are chosen, and those that somebody is at, whatever their tries."""
        with self._reading() as connection:
            return turns.waiting(connection, choice)

    def last_turn(self) -> int:
        """Return the primary key of the last turn that waits; 0 when none does."""
        with self._reading() as connection:
            return turns.last(connection)

    def event(self, event_id: str) -> TurnEvent | None:
        """Return what became of a turn that was left to the background; None: not known."""
        with self._reading() as connection:
            return turns.event(connection, event_id, this_process())

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

    def file_id(self) -> str | None:
        """Return the id that the file was given when it was made; None: by an older litemem."""
        with self._reading() as connection:
            return settings.get(connection, settings.FILE_ID)

    def embedder(self) -> EmbedderIdentity | None:
        """Return whose vectors the file holds; None before the first."""
        with self._reading() as connection:
            return settings.embedder(connection)

    def check(self, *, full: bool) -> list[checks.CheckResult]:
        """Look whether the file is sound; `litemem.maintenance.integrity` says how."""
        if self.path != MEMORY:
            return copying.check_file(self.path, full=full)
        with self._write_lock, translated(self.path):
            return checks.check(self._open_writer(), full=full)

    def copy_to(self, target: Path, progress: copying.Progress | None = None) -> None:
        """Write what the file holds at one moment into a new file, while others write.

        Raises:
            StoreFullError, StoreError: the target could not be written, or the file not be read.
        """
        with self._reading() as connection:
            copying.copy(connection, target, progress)

    @contextmanager
    def snapshot(self, condition: Condition | None, *, vectors: bool) -> Iterator[ArchiveWriter]:
        """Lend the lines of an archive as of one moment, however long they are read.

        Of the memories that match and what belongs to them; of the whole file without a condition.
        """
        with self._reading() as connection:
            yield ArchiveWriter(connection, condition, vectors=vectors)

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """Lend a connection that sees one moment of the file."""
        self._check_process()
        if self.path == MEMORY:
            with self._write_lock, translated(self.path):
                yield self._open_writer()
            return
        with translated(self.path), self._readers.one() as connection:
            yield connection

    def check_writable(self) -> None:
        """Refuse a store that may only read.

        Raises:
            StoreReadOnlyError: it was opened with `read_only`.
        """
        self._check_process()
        if self._read_only:
            raise StoreReadOnlyError(
                f"{self.path} was opened with read_only=True: open it again without, to change it"
            )

    def _check_process(self) -> None:
        """Refuse a forked child, before it waits for a lock that nobody there will open."""
        if self.is_forked:
            # two processes on one connection would corrupt the file (sqlite.org/howtocorrupt.html)
            raise StoreError(f"{self.path} was opened before a fork: open it anew in this process")

    def _open_writer(self) -> apsw.Connection:
        if self._writer is None:
            raise StoreError(f"{self.path} was closed: open it again")
        return self._writer

"""The store: one SQLite file, read by many at once and written by one at a time."""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import get_args

from litemem.errors import StoreError, StoreReadOnlyError, ValidationError, quoted
from litemem.store.protocol import CheckResult, Conflict, Durability, Progress, Vacuumed
from litemem.store.sqlite import copy, erasure, settings
from litemem.store.sqlite.archive.reader import ArchiveReader
from litemem.store.sqlite.connection import (
    MEMORY,
    Readers,
    locate,
    open_writer,
)
from litemem.store.sqlite.errors import SQLITE_ERRORS, translate, translated
from litemem.store.sqlite.integrity import checks
from litemem.store.sqlite.integrity import repair as repairing
from litemem.store.sqlite.open_files import close_at_exit
from litemem.store.sqlite.transaction import SqliteTransaction


class _RolledBackError(Exception):
    """Ends a dry run."""


class SqliteStore:
    """A litemem file, which is created if it does not exist; see `FileStore`.

    Reads run side by side, also during a write. Writes run one after another. A store in
    `":memory:"` ends when it is closed.

    Args:
        path: the file.
        durability: "full" syncs the disk at every commit; "normal" does not, and a power cut may
            then take the last transactions, each as a whole.
        repairable: also open a file with views, triggers or indexes that differ from ours.
        read_only: open a file that exists, also on read-only media, and refuse to write.

    Raises:
        SchemaError, CorruptError, StoreReadOnlyError, StoreBusyError, StoreError: the file cannot
            be opened; the message says what to do.
        ValidationError: the durability is unknown.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        durability: Durability = "full",
        repairable: bool = False,
        read_only: bool = False,
    ) -> None:
        if durability not in get_args(Durability):
            given = quoted(durability)
            raise ValidationError(f"durability must be 'full' or 'normal', got {given}")
        self.path = locate(path)
        self._write_lock = threading.RLock()
        self._process = os.getpid()
        self._read_only = read_only
        with translated(self.path):
            connection = open_writer(
                self.path, durability, repairable=repairable, read_only=read_only
            )
        self._writer: SqliteTransaction | None = SqliteTransaction(connection)
        self._readers = Readers(self.path, SqliteTransaction)
        close_at_exit(self)

    @property
    def is_forked(self) -> bool:
        """True in a forked child of the process that opened the file."""
        return os.getpid() != self._process

    @contextmanager
    def read(self) -> Iterator[SqliteTransaction]:
        """Lend one state of the file."""
        self._check_process()
        try:
            if self.path == MEMORY:
                with self._write_lock:
                    yield self._open_writer()
                return
            connection, lent = borrowed = self._readers.borrow()
            try:
                connection.execute("BEGIN")
                yield lent
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._readers.give_back(borrowed)
        except SQLITE_ERRORS as error:
            raise translate(error, self.path) from error

    @contextmanager
    def write(self, *, secure_delete: bool = False) -> Iterator[SqliteTransaction]:
        """Lend a transaction, which is committed at the end of the block."""
        self.check_writable()
        with self._write_lock:
            tx = self._open_writer()
            erasing = erasure.secure_delete(tx.connection) if secure_delete else nullcontext()
            try:
                with erasing:
                    tx.connection.execute("BEGIN IMMEDIATE")
                    try:
                        yield tx
                        if secure_delete:  # deleted values stay in segments of these
                            repairing.repair(tx.connection, ("full text", "vector index"))
                        tx.connection.execute("COMMIT")
                    finally:
                        if tx.connection.in_transaction:
                            tx.connection.execute("ROLLBACK")
            except SQLITE_ERRORS as error:
                raise translate(error, self.path) from error

    @contextmanager
    def dry_run(self) -> Iterator[SqliteTransaction]:
        """Lend a transaction that is rolled back; other writers wait for it."""
        with suppress(_RolledBackError), self.write() as tx:
            yield tx
            raise _RolledBackError

    def new_import(self, on_conflict: Conflict) -> ArchiveReader:
        """Return an import."""
        return ArchiveReader(self.write, on_conflict)

    def file_id(self) -> str | None:
        """Return the id that the file was given when it was created, or None if it is older."""
        with self.read() as reading:
            return settings.get(reading.connection, settings.FILE_ID)

    def copy_to(self, target: Path, progress: Progress | None = None) -> None:
        """Write one state of the file into a new file, while others write."""
        with self.read() as reading:
            copy.copy(reading.connection, target, progress)

    def vacuum(self) -> Vacuumed:
        """Rewrite the file without free pages and deleted bytes."""
        self.check_writable()
        with self._write_lock, translated(self.path):
            return erasure.vacuum(self._open_writer().connection, self.path)

    def check(self, *, full: bool) -> list[CheckResult]:
        """Check the file."""
        if self.path != MEMORY:
            return copy.check_file(self.path, full=full)
        with self._write_lock, translated(self.path):
            return checks.check(self._open_writer().connection, full=full)

    def repair(self, repairs: Iterable[str]) -> None:
        """Rebuild derived data in one transaction."""
        with self.write() as tx:
            repairing.repair(tx.connection, repairs)

    def check_writable(self) -> None:
        """Refuse a store that was opened to read only, or before a fork."""
        self._check_process()
        if self._read_only:
            raise StoreReadOnlyError(
                f"{self.path} was opened with read_only=True: open it again without, to change it"
            )

    def close(self) -> None:
        """Close the file and remove its side files; in a forked child, do nothing."""
        if self.is_forked:
            return
        with self._write_lock, translated(self.path):
            self._readers.close()
            if self._writer is not None:
                self._writer.connection.close()
            self._writer = None

    def _check_process(self) -> None:
        """Refuse a forked child before it waits for a lock that nobody there will release."""
        if self.is_forked:
            # two processes on one connection would corrupt the file (sqlite.org/howtocorrupt.html)
            raise StoreError(f"{self.path} was opened before a fork: open it again in this process")

    def _open_writer(self) -> SqliteTransaction:
        if self._writer is None:
            raise StoreError(f"{self.path} was closed: open it again")
        return self._writer

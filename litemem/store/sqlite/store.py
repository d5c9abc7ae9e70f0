"""The store: one SQLite file, read by many at once and written by one at a time."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import apsw

from litemem.errors import StoreError, StoreReadOnlyError, ValidationError, quoted
from litemem.store.protocol import (
    BUSY_SECONDS,
    CheckResult,
    Conflict,
    Durability,
    ErasedText,
    Progress,
    Traces,
    Vacuumed,
)
from litemem.store.sqlite import erasure, settings
from litemem.store.sqlite.connection import (
    BUSY_MS,
    MEMORY,
    Readers,
    Watch,
    close,
    has_moved,
    least_log_size,
    locate,
    log_cut_error,
    moved_error,
    open_writer,
    roll_back,
)
from litemem.store.sqlite.errors import SQLITE_ERRORS, translate, translated
from litemem.store.sqlite.locks import FORK_SECONDS, GATE, FairLock, WriteQueue, surely
from litemem.store.sqlite.open_files import Inode, close_at_exit, inode_of
from litemem.store.sqlite.transaction import SqliteTransaction

if TYPE_CHECKING:
    from litemem.store.sqlite.archive.reader import ArchiveReader


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
        busy_timeout: seconds that a write waits for other programs before `StoreBusyError`.

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
        busy_timeout: float = BUSY_SECONDS,
    ) -> None:
        if durability not in get_args(Durability):
            given = quoted(durability)
            raise ValidationError(f"durability must be 'full' or 'normal', got {given}")
        self.path = locate(path)
        # reads of `MEMORY` take its lock, too: in turn, they would be slow
        self._memory_lock = threading.RLock()
        self._write_lock = self._memory_lock if self.path == MEMORY else FairLock()
        self._queue = WriteQueue(busy_timeout)
        self._process = os.getpid()
        self._read_only = read_only
        self._open = partial(
            open_writer, self.path, durability, repairable=repairable, read_only=read_only
        )
        with GATE.inside(), translated(self.path):
            self._writer: SqliteTransaction | None = self._new_writer()
            self._readers = Readers(self.path, SqliteTransaction)
        self._watch = Watch(self._readers)
        self._inode = inode_of(self.path)
        self._is_closed = False
        GATE.add(self)
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
                with self._memory_lock:
                    yield self._open_writer()
                return
            with GATE.inside():
                connection, lent = borrowed = self._readers.borrow()
                try:
                    connection.execute("BEGIN")
                    yield lent
                finally:
                    if not self.is_forked and roll_back(connection):
                        self._readers.give_back(borrowed)
        except SQLITE_ERRORS as error:
            raise translate(error, self.path) from error

    @contextmanager
    def write(self, *, secure_delete: bool = False) -> Iterator[SqliteTransaction]:
        """Lend a transaction, which is committed at the end of the block."""
        self.check_writable()
        try:
            with self._writing(), self._transaction(secure_delete) as tx:
                yield tx
        except SQLITE_ERRORS as error:
            raise translate(error, self.path) from error

    def _writing(self) -> AbstractContextManager[object]:
        """Keep the other threads of this program from writing."""
        lock = self._write_lock
        return lock.held() if isinstance(lock, FairLock) else lock

    @contextmanager
    def _transaction(self, secure_delete: bool) -> Iterator[SqliteTransaction]:
        """Begin a transaction and commit it; undo it after an exception, also Ctrl-C."""
        depth, is_inner = GATE.depth(), self._is_in_transaction()
        with surely(lambda: self._end(depth, is_inner, secure_delete)):
            tx = self._begin(depth, secure_delete)
            yield tx
            self._commit(tx)

    def _is_in_transaction(self) -> bool:
        is_inside = self.path == MEMORY or GATE.depth() > 0  # else a fork may close the connection
        return bool(is_inside and self._writer and self._writer.connection.in_transaction)

    def _begin(self, depth: int, secure_delete: bool) -> SqliteTransaction:
        """Start a transaction when it is this process's turn."""
        if self.path == MEMORY:
            return self._try_begin(depth, secure_delete)
        return self._queue.begin(partial(self._try_begin, depth, secure_delete))

    def _try_begin(self, depth: int, secure_delete: bool) -> SqliteTransaction:
        """Start a transaction without waiting; this thread is inside SQLite until `_end`.

        `depth` is how often it was inside before.
        """
        if self.path != MEMORY:
            GATE.enter()
        try:
            tx = self._open_writer()
            if secure_delete:
                erasure.set_secure_delete(tx.connection, True)
            self._lock(tx.connection)
        except apsw.BusyError:
            if self.path != MEMORY:
                GATE.back_to(depth)  # it asks again later; `_end` comes after other errors
            raise
        return tx

    def _lock(self, connection: apsw.Connection) -> None:
        """Start a transaction with a whole log, which no other program can empty from then on."""
        for _ in range(3):
            self._check_log(connection)
            connection.set_busy_timeout(0)
            try:
                connection.execute("BEGIN IMMEDIATE")
            finally:
                connection.set_busy_timeout(BUSY_MS)
            if self.path == MEMORY or self._log_size() >= self._least_log_size:
                return
            connection.execute("ROLLBACK")  # another program emptied it in between: look again
        raise log_cut_error(self.path)

    def _commit(self, tx: SqliteTransaction) -> None:
        if self.is_forked:
            raise StoreError("this process was forked inside a transaction, which is its parent's")
        if self.path != MEMORY:
            self._check_place(tx.connection)
            self._queue.worked()
        tx.connection.execute("COMMIT")

    def _check_place(self, connection: apsw.Connection) -> None:
        """Refuse to write into a file or a log that other programs do not find at the path."""
        is_elsewhere = self.path != MEMORY and (
            has_moved(connection)
            or Path(self.path).is_symlink()
            or self._found_sides() != self._sides
        )
        if is_elsewhere:
            raise moved_error(self.path)
        if self._log_size() < self._least_log_size:
            raise log_cut_error(self.path)

    def _check_log(self, connection: apsw.Connection) -> None:
        """Refuse to write behind pages that are gone: a checkpoint would copy zeros into the file.

        No transaction is open, so other programs may write, or empty the log, at the same time.
        """
        if self.path == MEMORY or connection.in_transaction:
            return
        for _ in range(3):
            self._least_log_size = least_log_size(connection, self._page_bytes)
            if self._log_size() >= self._least_log_size:
                return
        self._check_place(connection)

    def _log_size(self) -> int:
        """Return the bytes of the log, or 0 if there is none."""
        try:
            return Path(self._side_paths[0]).stat().st_size
        except OSError:
            return 0

    def _end(self, depth: int, is_inner: bool, secure_delete: bool) -> None:
        """Roll back what was not committed; no error here hides the one that ended the block."""
        is_inside = self.path == MEMORY or GATE.depth() > depth
        if is_inside and not is_inner and not self.is_forked and self._writer is not None:
            if not roll_back(self._writer.connection):
                self._writer = None  # opened again by the next call
            elif secure_delete:
                erasure.set_secure_delete(self._writer.connection, False)
        if self.path != MEMORY:
            self._queue.end()
            GATE.back_to(depth)

    @contextmanager
    def dry_run(self) -> Iterator[SqliteTransaction]:
        """Lend a transaction that is rolled back; other writers wait for it."""
        from litemem.store.sqlite.cleanup import without_derived_data

        with suppress(_RolledBackError), self.write() as tx:
            without_derived_data(tx.connection)
            yield tx
            raise _RolledBackError

    def new_import(self, on_conflict: Conflict) -> "ArchiveReader":
        """Return an import."""
        from litemem.store.sqlite.archive.reader import ArchiveReader  # imported where it is used

        return ArchiveReader(self.write, on_conflict)

    def changes(self) -> int:
        """Return a number that is another one after a commit, by any program."""
        self._check_process()
        if self.path == MEMORY:
            with self._memory_lock:
                return self._open_writer().connection.total_changes()
        with GATE.inside(), translated(self.path):
            return self._watch.changes()

    def is_moved(self) -> bool:
        """Return True if the opened file is no longer the one under its name."""
        return self.path != MEMORY and inode_of(self.path) != self._inode

    def limit_cache(self, size: int) -> None:
        """Keep at most `size` bytes of files in memory, in all stores of this process."""
        with self.read() as reading:
            reading.connection.pragma("soft_heap_limit", size)

    def file_id(self) -> str | None:
        """Return the id that the file was given when it was created, or None if it is older."""
        with self.read() as reading:
            return settings.text(reading.connection, settings.FILE_ID)

    def copy_to(self, target: Path, progress: Progress | None = None) -> None:
        """Write one state of the file into a new file, while others write."""
        from litemem.store.sqlite import copy

        with GATE.inside(), self.read() as reading:  # the target is open, also of `MEMORY`
            copy.copy(reading.connection, target, progress)

    def vacuum(self) -> Vacuumed:
        """Rewrite the file without free pages and deleted bytes."""
        self.check_writable()
        erased = erasure.scrub(self.read, self.write)

        def attempt() -> Vacuumed:
            with GATE.inside():
                connection = self._open_writer().connection
                self._check_log(connection)
                self._check_place(connection)
                return erasure.vacuum(connection, self.path)

        with self._writing(), translated(self.path):
            vacuumed = self._queue.begin(attempt)
        if erased is not None:
            with self.write(secure_delete=True) as tx:
                erasure.finish(tx.connection, erased)
        return vacuumed

    def traces(self, erased: Sequence[ErasedText]) -> Traces:
        """Look for erased texts."""
        with self._writing(), GATE.inside(), translated(self.path):
            return erasure.find_traces(self._open_writer().connection, self.path, erased)

    def check(self, *, full: bool) -> list[CheckResult]:
        """Check the file."""
        from litemem.store.sqlite import copy
        from litemem.store.sqlite.integrity import checks

        self._check_process()
        if self.path != MEMORY:
            if inode_of(self.path) != self._inode:
                raise moved_error(self.path)
            with GATE.inside():
                return copy.check_file(self.path, full=full)
        with self._writing(), translated(self.path):
            return checks.check(self._open_writer().connection, full=full)

    def repair(self, repairs: Iterable[str]) -> list[str]:
        """Rebuild derived data in one transaction."""
        from litemem.store.sqlite.integrity import repair as repairing

        with self.write() as tx:
            return repairing.repair(tx.connection, repairs)

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
            GATE.after_in_child()  # if no hook was called
            return
        with self._writing(), GATE.inside(), translated(self.path):
            self._is_closed = True
            self._close_connections()
            self._readers.close()

    def suspend(self) -> bool:
        """Prepare for a fork: close every connection, which the next call opens again.

        The data of `MEMORY` would be lost; its lock is kept until `resume` instead, so that no
        thread is inside SQLite. Return False if another thread has it for too long.
        """
        if self.is_forked:
            return True
        if self.path == MEMORY:
            return self._memory_lock.acquire(timeout=FORK_SECONDS)
        self._close_connections()
        return True

    def resume(self) -> None:
        """Go on after a fork, in the parent."""
        if self.path == MEMORY:
            with suppress(RuntimeError):  # Ctrl-C came when it had been released, before
                self._memory_lock.release()

    def _check_process(self) -> None:
        """Refuse a forked child before it waits for a lock that nobody there will release."""
        if self.is_forked:
            # two processes on one connection would corrupt the file (sqlite.org/howtocorrupt.html)
            raise StoreError(f"{self.path} was opened before a fork: open it again in this process")

    def _open_writer(self) -> SqliteTransaction:
        if self._is_closed:
            raise StoreError(f"{self.path} was closed: open it again")
        if self._writer is None:  # a fork has closed it, or a rollback failed
            if inode_of(self.path) != self._inode:
                raise moved_error(self.path)
            self._writer = self._new_writer()
        return self._writer

    def _new_writer(self) -> SqliteTransaction:
        connection = self._open()
        # SQLite opens both with the file, and keeps them while any program has the file open
        self._side_paths = (connection.filename_wal, f"{connection.filename}-shm")
        self._sides = self._found_sides()
        self._page_bytes = int(connection.pragma("page_size"))
        self._least_log_size = 0
        return SqliteTransaction(connection)

    def _found_sides(self) -> tuple[Inode | None, ...]:
        """Return the log and the index of the log that other programs find."""
        return tuple(map(inode_of, self._side_paths))

    def _close_connections(self) -> None:
        """Close every connection.

        The last one copies the log into the file, and removes it by its name. It must not if
        somebody removed ours, and others have theirs under that name by now, or if it was cut.
        """
        keep_log = self.path != MEMORY and not self._is_log_whole()
        self._watch.suspend()
        self._readers.suspend(keep_log=keep_log)
        if self._writer is not None:
            close(self._writer.connection, keep_log=keep_log)
        self._writer = None

    def _is_log_whole(self) -> bool:
        """Return True if the log and its index are ours or gone, and no page is missing."""
        found = zip(self._found_sides(), self._sides, strict=True)
        if not all(side in (None, ours) for side, ours in found):
            return False
        try:
            if self._writer is not None and self._found_sides() == self._sides:
                self._check_log(self._writer.connection)
        except (*SQLITE_ERRORS, StoreError):
            return False
        return True

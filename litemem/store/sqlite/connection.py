"""Open a file: check it, migrate it, configure the connection, and pool connections for reading."""

import ctypes
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from litemem.core import clock
from litemem.core.config import sqlite_path
from litemem.errors import SchemaError, StoreBusyError, StoreError, StoreReadOnlyError
from litemem.store.protocol import BUSY_SECONDS
from litemem.store.sqlite import settings
from litemem.store.sqlite.errors import translated
from litemem.store.sqlite.locks import GATE, WriteQueue
from litemem.store.sqlite.open_files import SIDES, inode_of, register_open
from litemem.store.sqlite.schema import (
    APPLICATION_ID,
    check_schema,
    latest_version,
    migrations,
)

BUSY_MS = 5_000  # for anything but the start of a transaction, which `WriteQueue` waits for
MIN_SQLITE = (3, 51, 3)  # before, resetting a WAL with several connections could corrupt the file
PAGE_BYTES = 8_192  # five 384-d vectors fill one; of 4,096 they leave a quarter empty
MEMORY = ":memory:"
EMPTY = "{} is empty: give the path of a litemem file"
_LOG_HEADER, _FRAME_HEADER = 32, 24  # bytes: sqlite.org/fileformat2.html, "WAL File Format"
_WAL_TRIES = 50  # journal_mode=WAL does not wait for the busy timeout
# KiB: a scope of 1,000 memories stays in it, so that it is searched again in 0.8 of the time
CACHE = 8_192
# idle connections kept: as many as asyncio.to_thread has threads; each is two descriptors
MAX_IDLE = (os.cpu_count() or 1) + 4

T = TypeVar("T")


def open_writer(
    path: str, durability: str, *, repairable: bool = False, read_only: bool = False
) -> apsw.Connection:
    """Open the file for writing, and create or upgrade it as needed.

    If `repairable`, its views, triggers or indexes may differ from ours; if `read_only`, it has to
    exist, and may be on read-only media.

    Raises:
        SchemaError: it is not a litemem file, or a newer litemem wrote it.
        StoreReadOnlyError: it may not be written, or is on read-only media in an older version.
        StoreError: it is a folder, or its folder does not exist.
    """
    check_sqlite(apsw.sqlite_lib_version())
    if read_only:
        _check_exists(path)
        if is_sealed(path) or not os.access(path, os.W_OK):
            return _open_unwritable(path)
    else:
        _make_private(path)
    connection = connect(path)
    if path != MEMORY and connection.readonly("main"):
        connection.close()
        raise StoreReadOnlyError(f"{path}: it or its folder may not be written; check permissions")
    try:
        _upgrade(connection, path, repairable)
        if path != MEMORY and connection.pragma("journal_mode") != "wal":
            _write_ahead(connection)  # a copy that VACUUM INTO made has lost it
        connection.pragma("synchronous", durability)
    except BaseException:
        connection.close()
        raise
    return connection


def locate(path: str | Path) -> str:
    """Return the absolute path of a file, or `MEMORY` unchanged.

    Raises:
        ValidationError: it is not a path.
    """
    return MEMORY if str(path) == MEMORY else str(sqlite_path(path))


@contextmanager
def opened_as_is(path: str | Path) -> Iterator[apsw.Connection]:
    """Lend a connection to a file of any version, as `open_as_is`.

    Raises:
        ValidationError: it is not a path. CorruptError, StoreError: it cannot be read.
    """
    location = locate(path)
    with GATE.inside(), translated(location):
        connection = open_as_is(location)
        try:
            yield connection
        finally:
            connection.close()


def open_as_is(path: str, *, repairable: bool = True) -> apsw.Connection:
    """Open a file of any version without creating, upgrading or writing anything.

    Raises:
        SchemaError: it is not a litemem file, or a newer litemem wrote it.
        StoreError: it does not exist, or is a folder.
    """
    check_sqlite(apsw.sqlite_lib_version())
    if not Path(path).exists():
        raise StoreError(f"{path} is not a file: give the path of one that exists")
    connection = connect(path)
    try:
        version = _version(connection, path)
        check_schema(connection, path, version, repairable=repairable)
    except BaseException:
        connection.close()
        raise
    if not version:
        connection.close()
        raise SchemaError(EMPTY.format(path))
    return connection


def is_sealed(path: str) -> bool:
    """Return True if a file can be read only as one that never changes, as on read-only media.

    SQLite creates a log next to a file even to read it. Where it cannot, and no log has contents
    that would be missed, the file is opened with `immutable=1` (sqlite.org/wal.html, "Read-Only
    Databases").
    """
    if path == MEMORY or os.access(Path(path).absolute().parent, os.W_OK):
        return False
    sides = (Path(f"{path}{side}") for side in ("-wal", "-shm"))
    return Path(path).is_file() and not any(s.exists() and s.stat().st_size for s in sides)


def connect(path: str) -> apsw.Connection:
    """Open an existing file with sqlite-vec and our settings; nothing is created or changed.

    Raises:
        StoreError: it or a side file is not a regular file.
    """
    if path != MEMORY:
        check_regular(path)
    if is_sealed(path):
        uri = f"{Path(path).absolute().as_uri()}?immutable=1"
        connection = apsw.Connection(uri, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    else:
        connection = apsw.Connection(path, apsw.SQLITE_OPEN_READWRITE)
    try:
        register_open(connection, path)
        _set_up(connection)
    except BaseException:
        connection.close()  # else the traceback would keep it open
        raise
    return connection


def connect_exclusively(path: Path) -> apsw.Connection:
    """Open a file that no program has open, in rollback mode, and lock it until it is closed.

    Raises:
        StoreBusyError: a program has it open.
    """
    with translated(str(path)):
        connection = connect(str(path))
        try:
            connection.set_busy_timeout(0)
            # fails while any connection has the file and its log open, even an idle one
            connection.pragma("locking_mode", "exclusive")
            connection.pragma("user_version")
            connection.pragma("journal_mode", "delete")
            # closes the emptied journal, which SQLite keeps in this locking mode
            connection.pragma("journal_mode", "memory")
            connection.execute("BEGIN EXCLUSIVE")
            Path(f"{path}-journal").unlink(missing_ok=True)  # else the rename gives it a new name
        except (apsw.BusyError, apsw.LockedError) as error:
            connection.close()
            raise StoreBusyError(
                f"{path}: another program has it open; end that, then try again"
            ) from error
        except BaseException:
            connection.close()
            raise
    return connection


def _set_up(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_MS)
    connection.enable_load_extension(True)
    connection.load_extension(_sqlite_vec())
    connection.enable_load_extension(False)
    connection.create_scalar_function("litemem_casefold", _casefold, 1, deterministic=True)
    connection.pragma("foreign_keys", True)
    connection.pragma("trusted_schema", False)
    connection.pragma("cell_size_check", True)
    connection.pragma("mmap_size", 0)  # a file that is truncated would crash us
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)  # no statement can corrupt the file


def check_regular(path: str | Path) -> None:
    """Refuse a path or a side file that exists and is not a regular file, before it is touched.

    SQLite would wait for a pipe, read from a device, and give either the mode of a database.

    Raises:
        StoreError: it is a folder, a device, a pipe or a socket; or a side file is, or is a link.
    """
    with suppress(FileNotFoundError):
        try:
            kind = _kind(Path(path).stat().st_mode)
        except (PermissionError, NotADirectoryError):
            return  # SQLite says so
        except OSError as error:  # a link that leads to itself
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
        if kind != "file":
            raise StoreError(f"{path} is a {kind}: give the path of a file")
    for side in SIDES:
        with suppress(FileNotFoundError):
            kind = _kind(os.lstat(f"{path}{side}").st_mode)
            if kind != "file":
                raise StoreError(f"{path}{side} is a {kind}: remove it, then open {path} again")


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFREG: "file",
        stat.S_IFDIR: "folder",
        stat.S_IFIFO: "pipe",
        stat.S_IFSOCK: "socket",
        stat.S_IFLNK: "link",
    }
    return kinds.get(stat.S_IFMT(mode), "device")


def _open_unwritable(path: str) -> apsw.Connection:
    """Open a file that may not be written or is in such a folder, to read it."""
    connection = open_as_is(path, repairable=False)
    if connection.pragma("user_version") < latest_version():
        connection.close()
        raise StoreReadOnlyError(
            f"{path} was written by an older litemem and cannot be upgraded where it may not be "
            "written: copy it to another folder with `litemem backup`"
        )
    return connection


def close(connection: apsw.Connection, *, keep_log: bool) -> None:
    """Close a connection; if `keep_log`, leave the write-ahead log as it is."""
    if keep_log:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close(True)


def has_moved(connection: apsw.Connection) -> bool:
    """Return True if the path of a connection's file has another file by now, or none; 4 µs."""
    moved = ctypes.c_int(0)  # Windows, where an open file cannot be moved, leaves it 0
    connection.file_control("main", apsw.SQLITE_FCNTL_HAS_MOVED, ctypes.addressof(moved))
    return bool(moved.value)


def moved_error(path: str) -> StoreError:
    """Return the error for a file that is no longer at its path."""
    return StoreError(f"{path} was moved or replaced while it was open: open it again")


def least_log_size(connection: apsw.Connection, page_bytes: int) -> int:
    """Return the bytes that the log has to have, from SQLite's index of it; 1 µs.

    The connection must not be in a transaction.
    """
    pages, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
    return _LOG_HEADER + pages * (_FRAME_HEADER + page_bytes) if pages > 0 else 0


def log_cut_error(path: str) -> StoreError:
    """Return the error for a log that lacks pages."""
    return StoreError(
        f"{path}-wal was cut or emptied while it was open, and what it held is lost: close the "
        "file in every program, then run `litemem verify --full`"
    )


@contextmanager
def read_transaction(connection: apsw.Connection) -> Iterator[None]:
    """Let a connection see the file as of its first read inside the block."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def write_transaction(connection: apsw.Connection) -> Iterator[None]:
    """Commit every write inside the block, or none of them if it raises; waits for its turn."""
    WriteQueue(BUSY_SECONDS).begin(lambda: connection.execute("BEGIN IMMEDIATE"))
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            roll_back(connection)


def roll_back(connection: apsw.Connection) -> bool:
    """End a transaction, if one is open; return False if that failed.

    Then the connection is closed, which undoes the transaction. No error hides the one that ended
    the transaction.
    """
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except apsw.Error:
        connection.close(True)
        return False
    return True


def check_sqlite(version: str) -> None:
    """Refuse a version of SQLite that can corrupt a file.

    Raises:
        StoreError: the version is before 3.51.3.
    """
    if tuple(int(part) for part in version.split(".")[:3]) < MIN_SQLITE:
        needed = ".".join(map(str, MIN_SQLITE))
        raise StoreError(
            f"SQLite {version} can corrupt a file that several connections write; "
            f"litemem needs {needed}: pip install -U apsw"
        )


@cache
def _sqlite_vec() -> str:
    """Return the path of sqlite-vec's library; importing its package would load numpy, 80 ms."""
    spec = find_spec("sqlite_vec")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("sqlite-vec is not installed: pip install sqlite-vec")
    return str(Path(spec.submodule_search_locations[0]) / "vec0")


def _make_private(path: str) -> None:
    """Create a new file with mode 0600; SQLite gives its side files the same."""
    if path == MEMORY:
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
    except FileExistsError:
        check_regular(path)
        _check_one_name(path)
        with suppress(OSError):  # another user's file, or a link to itself
            if not Path(path).stat().st_size:  # `touch` leaves it readable by everybody
                Path(path).chmod(stat.S_IRUSR | stat.S_IWUSR)
    except FileNotFoundError:
        raise StoreError(missing_folder(path)) from None
    except PermissionError as error:
        raise StoreReadOnlyError(f"{path}: its folder may not be written ({error})") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be created: {error.strerror}") from error


def _check_one_name(path: str) -> None:
    """Refuse to write a file with a second name: a program that uses that has a log of its own.

    Raises:
        StoreError: the file has a hard link.
    """
    with suppress(OSError):
        if Path(path).stat().st_nlink > 1:
            raise StoreError(
                f"{path} has a second name (a hard link, as of `cp -l`): two programs that write it"
                " under two names destroy it; remove the other name, which `find DIR -samefile` "
                "shows, or copy this file with cp and move the copy here; read_only=True reads it"
            )


def _check_exists(path: str) -> None:
    if path == MEMORY or not Path(path).exists():
        raise StoreError(
            f"{path} does not exist: add a memory without read_only, or give another path"
        )
    check_regular(path)
    if not Path(path).stat().st_size:
        raise SchemaError(EMPTY.format(path))


def missing_folder(path: str | Path) -> str:
    """Return the message for a file in a folder that does not exist."""
    return f"{path}: there is no folder {Path(path).parent}; make it, or give another path"


def _upgrade(connection: apsw.Connection, path: str, repairable: bool) -> None:
    """Migrate the file to the latest schema, once even if several processes open it."""
    with connection:  # another process may be creating the file: read one consistent state
        version = _version(connection, path)
        if path != MEMORY and has_moved(connection):  # while this waited for a restore to finish
            raise moved_error(path)
        check_schema(connection, path, version, repairable=repairable)
    if version < latest_version():
        connection.pragma("page_size", PAGE_BYTES)
        _write_ahead(connection)
        with write_transaction(connection):
            version = _version(connection, path)
            check_schema(connection, path, version, repairable=repairable)
            _migrate(connection, version)


def _migrate(connection: apsw.Connection, version: int) -> None:
    for number, sql in migrations():
        if number > version:
            connection.execute(sql)
    if not version:
        settings.put(connection, settings.FILE_ID, clock.new_id())
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", latest_version())


def _version(connection: apsw.Connection, path: str) -> int:
    """Return the file's schema version; 0 for an empty file."""
    application = connection.pragma("application_id")
    marked = application == APPLICATION_ID
    version = int(connection.pragma("user_version"))
    if marked and version > latest_version():
        raise SchemaError(
            f"{path} was written by a newer litemem (schema {version}, this one knows "
            f"{latest_version()}): pip install -U litemem"
        )
    if marked:
        return version
    if application or version or connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise SchemaError(f"{path} is not a litemem file: give the path of another, or a new one")
    return 0


def _write_ahead(connection: apsw.Connection) -> None:
    for attempt in range(_WAL_TRIES):
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if attempt == _WAL_TRIES - 1:
                raise
            time.sleep(0.02)
        else:
            return


def _casefold(*values: Any) -> Any:
    (text,) = values
    return text.casefold() if isinstance(text, str) else text


class Readers(Generic[T]):
    """A pool of connections that read one file side by side; any thread may borrow one.

    Each connection is kept with the value that `wrap` makes of it. A file that replaces the opened
    one under the same name is not read.
    """

    def __init__(self, path: str, wrap: Callable[[apsw.Connection], T]) -> None:
        self._path = path
        self._wrap = wrap
        self._inode = inode_of(path)
        self._lock = threading.Lock()
        self._idle: list[tuple[apsw.Connection, T]] = []
        self._closed = False

    def borrow(self) -> tuple[apsw.Connection, T]:
        """Return an idle connection, or a new one.

        Raises:
            StoreError: the pool is closed, or another file has replaced this one.
        """
        with self._lock:
            if self._closed:
                raise StoreError(f"{self._path} was closed: open it again")
            if self._idle:
                return self._idle.pop()
        if inode_of(self._path) != self._inode:
            raise moved_error(self._path)
        connection = connect(self._path)
        connection.pragma("query_only", True)
        connection.pragma("cache_size", -CACHE)
        return connection, self._wrap(connection)

    def give_back(self, borrowed: tuple[apsw.Connection, T]) -> None:
        """Keep a connection for the next reader, or close it if enough are idle."""
        with self._lock:
            if not self._closed and len(self._idle) < MAX_IDLE:
                self._idle.append(borrowed)
                return
        borrowed[0].close()

    def suspend(self, *, keep_log: bool = False) -> None:
        """Close the idle connections; the next `borrow` opens a new one."""
        with self._lock:
            for connection, _ in self._idle:
                close(connection, keep_log=keep_log)
            self._idle.clear()

    def close(self) -> None:
        """Close the idle connections; a borrowed one is closed when it is given back."""
        with self._lock:
            self._closed = True
        self.suspend()


class Watch:
    """Counts the commits of all programs, on a connection of its own that never writes.

    SQLite counts commits for each connection (`PRAGMA data_version`).
    """

    def __init__(self, readers: Readers[Any]) -> None:
        self._readers = readers
        self._lock = threading.Lock()
        self._borrowed: tuple[apsw.Connection, Any] | None = None
        self._opened = 0

    def changes(self) -> int:
        """Return a number that is another one after a commit, or after a fork."""
        with self._lock:
            if self._borrowed is None:
                self._borrowed = self._readers.borrow()
                self._opened += 1
            version = int(self._borrowed[0].pragma("data_version"))
            return self._opened << 32 | version

    def suspend(self) -> None:
        """Give the connection back; the next call borrows one."""
        with self._lock:
            if self._borrowed is not None:
                self._readers.give_back(self._borrowed)
                self._borrowed = None


def foreign_rows(path: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of a table of another program's file, in the order in which they were written.

    Nothing in the file is run. `table` and `columns` are names of ours, never a user's.

    Raises:
        StoreError: the file cannot be read, or has no such table. SchemaError: it is not a
            database.
    """
    with GATE.inside(), translated(str(path)):
        if not path.exists():
            raise StoreError(f"{path} is not a file")
        check_regular(path)
        connection = apsw.Connection(locate(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
            connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            connection.pragma("cell_size_check", True)
            _check_table(connection, path, table, columns)
            listed = ", ".join(f'"{column}"' for column in columns)
            yield from connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY rowid')
        finally:
            connection.close()


def _check_table(
    connection: apsw.Connection, path: Path, table: str, columns: Sequence[str]
) -> None:
    """Refuse a view or virtual table of this name, because reading it would run its code."""
    row = connection.execute(
        "SELECT type FROM sqlite_schema WHERE name = ? AND sql NOT LIKE 'CREATE VIRTUAL%'", (table,)
    ).fetchone()
    known = {str(row[1]) for row in connection.execute(f'PRAGMA table_xinfo("{table}")')}
    if row is None or row[0] != "table" or not known.issuperset(columns):
        raise StoreError(f"{path} has no table {table} ({', '.join(columns)})")

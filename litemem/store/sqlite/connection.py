"""Opening a file: what it is, who may, and which version it has; many processes at once."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import apsw

from litemem.core import clock
from litemem.core.config import sqlite_path
from litemem.errors import SchemaError, StoreError, StoreReadOnlyError
from litemem.store.sqlite import open_files as holding
from litemem.store.sqlite import settings
from litemem.store.sqlite.errors import translated
from litemem.store.sqlite.schema import APPLICATION_ID, latest_version, migrations
from litemem.store.sqlite.trusting import check_schema

BUSY_MS = 5_000  # a model never runs inside a lock, so this is ample
MIN_SQLITE = (3, 51, 3)  # before, resetting a WAL with several connections could corrupt the file
PAGE_BYTES = 8_192  # five 384-d vectors fill one; of 4,096 they leave a quarter empty
MEMORY = ":memory:"
EMPTY = "{} is empty: give the path of a litemem file"
_WAL_TRIES = 50  # journal_mode=WAL does not wait for the busy timeout


def prepare(
    path: str, durability: str, *, mendable: bool = False, read_only: bool = False
) -> apsw.Connection:
    """Open the file for writing, making or upgrading it as needed; return the connection.

    With `mendable` also one whose views, triggers or indexes are to be made anew; with
    `read_only` also one that is sealed, to read what it holds, but none that is not there.

    Raises:
        SchemaError: it is not a litemem file, or of a newer litemem.
        StoreReadOnlyError: it may not be written, or is sealed and of an older version.
        StoreError: it is a folder, or its folder does not exist.
    """
    check_sqlite(apsw.sqlite_lib_version())
    if read_only and is_sealed(path):
        return _read_sealed(path)
    if read_only:
        _check_exists(path)
    else:
        _make_private(path)
    connection = connect(path)
    if path != MEMORY and connection.readonly("main"):
        connection.close()
        raise StoreReadOnlyError(f"{path}: it or its folder may not be written; check permissions")
    try:
        _upgrade(connection, path, mendable)
        if path != MEMORY and connection.pragma("journal_mode") != "wal":
            _write_ahead(connection)  # a copy that VACUUM INTO made, say, has lost it
        connection.pragma("synchronous", durability)
    except BaseException:
        connection.close()
        raise
    return connection


def located(path: str | Path) -> str:
    """Return a file's path as it stays the same wherever the program goes; `MEMORY` stays, too.

    Raises:
        ValidationError: it is no path.
    """
    return MEMORY if str(path) == MEMORY else str(sqlite_path(path))


@contextmanager
def looking_into(path: str | Path) -> Iterator[apsw.Connection]:
    """Lend a file as it is, as `look_into`.

    Raises:
        ValidationError: it is no path. CorruptError, StoreError: it cannot be read.
    """
    place = located(path)
    with translated(place):
        connection = look_into(place)
        try:
            yield connection
        finally:
            connection.close()


def look_into(path: str, *, mendable: bool = True) -> apsw.Connection:
    """Open a file as it is, of whatever version: nothing is made, upgraded or written.

    Raises:
        SchemaError: it is not a litemem file, or of a newer litemem.
        StoreError: it is not there, or is a folder.
    """
    check_sqlite(apsw.sqlite_lib_version())
    if not Path(path).is_file():
        raise StoreError(f"{path} is not a file: give the path of one that exists")
    connection = connect(path)
    try:
        version = _version(connection, path)
        check_schema(connection, path, version, mendable=mendable)
    except BaseException:
        connection.close()
        raise
    if not version:
        connection.close()
        raise SchemaError(EMPTY.format(path))
    return connection


def is_sealed(path: str) -> bool:
    """Tell whether a file can only be read as one that never changes, as on read-only media.

    SQLite makes a log beside a file even to read it. Where it may not, and no log is there whose
    contents would be missed, it has to be told `immutable=1` (sqlite.org/wal.html, "Read-Only
    Databases").
    """
    if path == MEMORY or os.access(Path(path).absolute().parent, os.W_OK):
        return False
    sides = (Path(f"{path}{side}") for side in ("-wal", "-shm"))
    return Path(path).is_file() and not any(s.exists() and s.stat().st_size for s in sides)


def connect(path: str) -> apsw.Connection:
    """Open a connection with sqlite-vec and our settings; makes no file, and changes nothing."""
    if is_sealed(path):
        uri = f"{Path(path).absolute().as_uri()}?immutable=1"
        connection = apsw.Connection(uri, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    else:
        connection = apsw.Connection(path, apsw.SQLITE_OPEN_READWRITE)
    try:
        holding.hold(connection, path)
        _set_up(connection)
    except BaseException:
        connection.close()  # whoever keeps the error would keep it open
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
    connection.pragma("mmap_size", 0)  # a file that is cut short meanwhile would end the process
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)  # no statement can corrupt the file


def _read_sealed(path: str) -> apsw.Connection:
    connection = look_into(path, mendable=False)
    if connection.pragma("user_version") < latest_version():
        connection.close()
        raise StoreReadOnlyError(
            f"{path} is of an older litemem, and cannot be upgraded where it may not be written: "
            "copy it to another folder with `litemem backup`"
        )
    return connection


@contextmanager
def one_moment(connection: apsw.Connection) -> Iterator[None]:
    """Let a connection see one moment of the file, from its first read on; it writes nothing."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def one_write(connection: apsw.Connection) -> Iterator[None]:
    """Commit what happens inside as one, or nothing of it; others write before or after."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def check_sqlite(version: str) -> None:
    """Refuse an SQLite that can corrupt a file.

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
    """Return the path of sqlite-vec's library; to import its package would import numpy, 80 ms."""
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
        if Path(path).is_dir():
            raise StoreError(f"{path} is a folder: give the path of a file") from None
        with suppress(OSError):  # another's: it was given to us as it is; a link to itself
            if not Path(path).stat().st_size:  # as `touch` leaves it, for everybody to read
                Path(path).chmod(stat.S_IRUSR | stat.S_IWUSR)
    except FileNotFoundError:
        raise StoreError(missing_folder(path)) from None
    except PermissionError as error:
        raise StoreReadOnlyError(f"{path}: its folder may not be written ({error})") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error


def _check_exists(path: str) -> None:
    if path == MEMORY or not Path(path).exists():
        raise StoreError(f"{path} does not exist: read_only=True opens a file that is there")
    if Path(path).is_dir():
        raise StoreError(f"{path} is a folder: give the path of a file")
    if not Path(path).stat().st_size:
        raise SchemaError(EMPTY.format(path))


def missing_folder(path: str | Path) -> str:
    """Return what to say of a file whose folder is not there."""
    return f"{path}: there is no folder {Path(path).parent}; make it, or give another path"


def _upgrade(connection: apsw.Connection, path: str, mendable: bool) -> None:
    """Bring the file to the latest schema; one process does it, the others find it done."""
    with connection:  # reads one moment: another process may be making the file just now
        version = _version(connection, path)
        check_schema(connection, path, version, mendable=mendable)
    if version < latest_version():
        connection.pragma("page_size", PAGE_BYTES)
        _write_ahead(connection)
        with one_write(connection):
            version = _version(connection, path)
            check_schema(connection, path, version, mendable=mendable)
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

"""Opening a file: what it is, who may, and which version it has; many processes at once."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import apsw

from litemem.errors import SchemaError, StoreError, StoreReadOnlyError
from litemem.migrations import APPLICATION_ID, latest_version, migrations
from litemem.store.trusting import check_schema

BUSY_MS = 5_000  # a model never runs inside a lock, so this is ample
MIN_SQLITE = (3, 51, 3)  # before, resetting a WAL with several connections could corrupt the file
PAGE_BYTES = 8_192  # five 384-d vectors fill one; of 4,096 they leave a quarter empty
MEMORY = ":memory:"
_WAL_TRIES = 50  # journal_mode=WAL does not wait for the busy timeout


def prepare(path: str, durability: str, *, mendable: bool = False) -> apsw.Connection:
    """Open the file for writing, making or upgrading it as needed; return the connection.

    With `mendable` also one whose views, triggers or indexes are to be made anew.

    Raises:
        SchemaError: it is not a litemem file, or of a newer litemem.
        StoreReadOnlyError: it may not be written.
        StoreError: it is a folder, or its folder does not exist.
    """
    check_sqlite(apsw.sqlite_lib_version())
    _make_private(path)
    connection = connect(path)
    if path != MEMORY and connection.readonly("main"):
        connection.close()
        raise StoreReadOnlyError(f"{path}: it may not be written; check its permissions")
    try:
        _upgrade(connection, path, mendable)
        if path != MEMORY and connection.pragma("journal_mode") != "wal":
            _write_ahead(connection)  # a copy that VACUUM INTO made, say, has lost it
        connection.pragma("synchronous", durability)
    except BaseException:
        connection.close()
        raise
    return connection


def look_into(path: str) -> apsw.Connection:
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
        check_schema(connection, path, version, mendable=True)
    except BaseException:
        connection.close()
        raise
    if not version:
        connection.close()
        raise SchemaError(f"{path} is empty: give the path of a litemem file")
    return connection


def connect(path: str) -> apsw.Connection:
    """Open a connection with sqlite-vec and our settings; changes nothing in the file."""
    connection = apsw.Connection(path)
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
    except PermissionError as error:
        raise StoreReadOnlyError(f"{path}: its folder may not be written ({error})") from error
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL character
        raise StoreError(f"{path!r} cannot be made: {error}") from error


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

"""Another program's SQLite file: rows of one of its tables, read without trust in its schema."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from litemem.errors import StoreError
from litemem.store.sqlite.connection import BUSY_MS, located
from litemem.store.sqlite.errors import translated


def foreign_rows(path: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of a table in the order in which they were written; nothing in the file is run.

    `table` and `columns` are names of ours, never a user's.

    Raises:
        StoreError: the file cannot be read, or has no such table. SchemaError: it is no database.
    """
    with translated(str(path)):
        if not path.is_file():
            raise StoreError(f"{path} is not a file")
        connection = apsw.Connection(located(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
            connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            connection.pragma("cell_size_check", True)
            _check(connection, path, table, columns)
            listed = ", ".join(f'"{column}"' for column in columns)
            yield from connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY rowid')
        finally:
            connection.close()


def _check(connection: apsw.Connection, path: Path, table: str, columns: Sequence[str]) -> None:
    """Refuse a view or a virtual table in the place of the table: reading it runs what it says."""
    row = connection.execute(
        "SELECT type FROM sqlite_schema WHERE name = ? AND sql NOT LIKE 'CREATE VIRTUAL%'", (table,)
    ).fetchone()
    known = {str(row[1]) for row in connection.execute(f'PRAGMA table_xinfo("{table}")')}
    if row is None or row[0] != "table" or not known.issuperset(columns):
        raise StoreError(f"{path} has no table {table} ({', '.join(columns)})")

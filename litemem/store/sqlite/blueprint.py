"""The blueprint: what a file of each schema version is made of, read from the migrations."""

import re
from dataclasses import dataclass
from functools import cache

import apsw

from litemem.store.sqlite.schema import latest_version, migrations

_SPACES = re.compile(r"[\s\"]+")  # a table that was renamed has its name in quotes


@dataclass(frozen=True, slots=True)
class Part:
    """A table, index, view or trigger of the schema."""

    kind: str
    name: str
    sql: str

    @property
    def plain(self) -> str:
        """The SQL without what may differ between two files: spaces and quotes."""
        return _SPACES.sub(" ", self.sql).strip()


@cache
def parts(version: int) -> tuple[Part, ...]:
    """Return everything that a file of this version has, in the order in which it is made."""
    connection = blank(version)
    try:
        return read_parts(connection)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; a key is another name for the rowid, and stored as NULL."""

    name: str
    kind: str
    required: bool
    key: bool


@cache
def tables(version: int) -> dict[str, tuple[Column, ...]]:
    """Return the columns of each ordinary table, in the order of a stored record."""
    connection = blank(version)
    try:
        names = [
            part.name
            for part in read_parts(connection)
            if part.kind == "table" and not part.name.startswith(("memory_fts", "sqlite_"))
        ]
        return {name: _columns(connection, name) for name in names}
    finally:
        connection.close()


@cache
def least_columns(version: int) -> dict[str, int]:
    """Return how many columns each table began with: a record may lack those added since."""
    least: dict[str, int] = {}
    for number in range(1, version + 1):
        for name, columns in tables(number).items():
            least[name] = min(len(columns), least.get(name, len(columns)))
    return least


def blank(version: int | None = None) -> apsw.Connection:
    """Return an empty file of this version, in memory."""
    connection = apsw.Connection(":memory:")
    for number, sql in migrations():
        if number <= (latest_version() if version is None else version):
            connection.execute(sql)
    return connection


def read_parts(connection: apsw.Connection) -> tuple[Part, ...]:
    """Return what a file is made of; SQLite's own indexes have no SQL and are left out."""
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
    )
    return tuple(Part(*row) for row in rows)


def _columns(connection: apsw.Connection, table: str) -> tuple[Column, ...]:
    rows = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    single = sum(bool(row[5]) for row in rows) == 1
    return tuple(
        Column(str(name), str(kind), bool(required), bool(key) and single and kind == "INTEGER")
        for _, name, kind, required, _, key in rows
    )

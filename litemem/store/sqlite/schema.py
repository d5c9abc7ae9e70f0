"""The schema: its migrations, what a file of each version contains, and the check of a file's own.

Triggers, views and virtual tables are programs that a file carries. A file from elsewhere may run
none: each part with one of our names has to be our part, and no other program may be present. A
missing part is left for `verify` to report. Other tables and indexes are allowed if they neither
run nor forbid anything: SQLite evaluates the expressions of an index at each write of its table and
those of a table when it checks the file, and keeps rows that a foreign key refers to.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import apsw

from litemem.errors import SchemaError

APPLICATION_ID = 0x6C6D656D  # "lmem": `PRAGMA application_id` marks the file as ours

_SPACES = re.compile(r"[\s\"]+")  # a table that was renamed has its name in quotes
_INDEX = re.compile(
    r"CREATE VIRTUAL TABLE memory_vec USING vec0\s*\(\s*"
    r"vector float\[\d{1,5}\] distance_metric=cosine, chunk_size=\d{1,5}\s*\)"
)
_SHADOW = re.compile(r"memory_vec_(info|chunks|rowids|vector_chunks\d\d)")
_TABLE = re.compile(r"CREATE TABLE\b", re.IGNORECASE)
_NAME = r"""(?:\w+|"[^"]*"|`[^`]*`|\[[^\]]*\])"""
_COLUMN = rf"{_NAME}(?:\s+COLLATE\s+(?:BINARY|NOCASE|RTRIM))?(?:\s+(?:ASC|DESC))?"
_PLAIN_INDEX = re.compile(  # over columns only, and over every row
    rf"CREATE\s+(UNIQUE\s+)?INDEX\s+{_NAME}\s+ON\s+({_NAME})"
    rf"\s*\(\s*{_COLUMN}\s*(?:,\s*{_COLUMN}\s*)*\)\s*",
    re.IGNORECASE,
)
_CHECK = re.compile(r"\bCHECK\b", re.IGNORECASE)
_REFERS = 'SELECT DISTINCT lower("table") FROM pragma_foreign_key_list(?)'
_GENERATED = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden IN (2, 3)"
_MAX_NAMED = 3
_NOT_OURS = ("memory_fts", "passage_fts", "sqlite_")  # beginnings of tables that SQLite makes
# of each version's parts: building a version takes 20 ms, which every start would pay
DIGESTS = {
    1: "92381a82ddd03ba5e50c1ea54c57f253",
    2: "62b568921e93edfca7f367d180ebf6b0",
    3: "bb14acbd9d389b32cdfc05898f2cf3e8",
    4: "d7c854d03b7583f0004850fc25a5e8de",
    5: "1c7034c51be17137764d5b669039ef21",
    6: "33adf18c63ae856bc8fad6bfe9dc5f9f",
    7: "4255b8b62a6aff0fc212fe46c7804304",
    8: "536b1ef1850da0503c7020b2f44954a5",
    9: "a707c4ae5d7e4036c4cec4736e201596",
}


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return (version, SQL) for each migration, in order.

    Raises:
        SchemaError: the files are missing or not numbered 1, 2, 3…
    """
    files = sorted(f for f in _folder().iterdir() if f.name.endswith(".sql"))  # type: ignore[type-var]
    found = tuple((int(f.name[:4]), f.read_text(encoding="utf-8")) for f in files)
    if not found or [version for version, _ in found] != list(range(1, len(found) + 1)):
        raise SchemaError("the SQL files of litemem's schema are missing: install it again")
    return found


def latest_version() -> int:
    """Return the schema version that this litemem writes."""
    return migrations()[-1][0]


def _folder() -> Traversable:
    packaged = resources.files("litemem") / "schema"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "schema"


@dataclass(frozen=True, slots=True)
class Part:
    """A table, index, view or trigger of the schema."""

    kind: str
    name: str
    sql: str

    @property
    def plain(self) -> str:
        """The SQL without spaces and quotes, which may differ between two files."""
        return _SPACES.sub(" ", self.sql).strip()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; a key is another name for the rowid, and stored as NULL."""

    name: str
    kind: str
    required: bool
    key: bool


@cache
def expected_parts(version: int) -> tuple[Part, ...]:
    """Return every part of a file of this version, in the order in which they are created."""
    connection = empty_database(version)
    try:
        return read_parts(connection)
    finally:
        connection.close()


@cache
def expected_tables(version: int) -> dict[str, tuple[Column, ...]]:
    """Return the columns of each ordinary table, in the order of a stored record."""
    connection = empty_database(version)
    try:
        names = [
            part.name
            for part in read_parts(connection)
            if part.kind == "table" and not part.name.startswith(_NOT_OURS)
        ]
        return {name: _columns(connection, name) for name in names}
    finally:
        connection.close()


@cache
def least_columns(version: int) -> dict[str, int]:
    """Return how many columns each table began with: an old record lacks those added since."""
    least: dict[str, int] = {}
    for number in range(1, version + 1):
        for name, columns in expected_tables(number).items():
            least[name] = min(len(columns), least.get(name, len(columns)))
    return least


def key_of(table: str) -> str | None:
    """Return the column that is another name of a table's rowid, or None."""
    columns = expected_tables(latest_version())[table]
    return next((column.name for column in columns if column.key), None)


def empty_database(version: int | None = None) -> apsw.Connection:
    """Return an empty database of this version, by default the latest, in memory."""
    connection = apsw.Connection(":memory:")
    for number, sql in migrations():
        if number <= (latest_version() if version is None else version):
            connection.execute(sql)
    return connection


def read_parts(connection: apsw.Connection) -> tuple[Part, ...]:
    """Return the parts of a file; SQLite's own indexes have no SQL and are left out."""
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


def check_schema(
    connection: apsw.Connection, path: str, version: int, *, repairable: bool = False
) -> None:
    """Refuse a file with a foreign part in its schema.

    If `repairable`, our views, triggers and indexes may differ, because they can be rebuilt.

    Raises:
        SchemaError: the message names the foreign parts.
    """
    parts = read_parts(connection)
    indexing = [part for part in parts if part.name.startswith("memory_vec")]
    others = [part for part in parts if part not in indexing]
    foreign = [part for part in indexing if not _is_index(part)]
    if digest(others) != DIGESTS.get(version):
        expected = {part.name: part for part in expected_parts(version)}
        foreign += [
            part
            for part in others
            if not _is_ours(part, expected.get(part.name), repairable)
            and not _is_harmless(connection, part, expected)
        ]
    if foreign:
        named = [f"{part.kind} {part.name}" for part in foreign[:_MAX_NAMED]]
        more = ["…"] if len(foreign) > _MAX_NAMED else []
        raise SchemaError(
            f"{path} contains parts that litemem did not make ({', '.join(named + more)}), "
            "and is not opened: drop them with another tool if they are yours, repair litemem's "
            "with `litemem verify --fix`, or save the memories with `litemem salvage`"
        )


def digest(parts: Iterable[Part]) -> str:
    """Return a digest that is equal for equal parts, in any order."""
    lines = sorted(f"{part.kind} {part.name} {part.plain}" for part in parts)
    return sha256("\n".join(lines).encode()).hexdigest()[:32]


def _is_ours(part: Part, expected: Part | None, repairable: bool) -> bool:
    if expected is None:
        return False
    may_differ = repairable and part.kind == expected.kind != "table"
    return may_differ or (part.kind, part.plain) == (expected.kind, expected.plain)


def _is_harmless(connection: apsw.Connection, part: Part, ours: Collection[str]) -> bool:
    """Return True if a foreign part runs nothing and cannot block a write to our tables."""
    if part.name in ours:
        return False
    if part.kind == "index":
        match = _PLAIN_INDEX.fullmatch(part.sql)
        return match is not None and not (match[1] and _is_name_of(match[2].strip('"`[]'), ours))
    if part.kind != "table" or not _TABLE.match(part.sql) or _CHECK.search(part.sql):
        return False
    if connection.execute(_GENERATED, (part.name,)).get:
        return False
    refers = connection.execute(_REFERS, (part.name,)).fetchall()
    return not any(_is_name_of(str(table), ours) for (table,) in refers)


def _is_name_of(table: str, ours: Collection[str]) -> bool:
    return table.lower() in ours or table.lower().startswith("memory_vec")


def _is_index(part: Part) -> bool:
    """Return True if it is the vector index, or a table in which sqlite-vec stores it."""
    if part.name == "memory_vec":
        return _INDEX.fullmatch(part.sql) is not None
    is_table = part.kind == "table" and _TABLE.match(part.sql) is not None
    return is_table and _SHADOW.fullmatch(part.name) is not None

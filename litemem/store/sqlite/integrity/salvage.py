"""Salvaging: the rows of a damaged file, written into a new one in which everything agrees."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import ScopeError
from litemem.store.sqlite import blueprint, settings
from litemem.store.sqlite.archive.lines import parse
from litemem.store.sqlite.archive.schema import LINE_TYPES
from litemem.store.sqlite.blueprint import Column
from litemem.store.sqlite.integrity.checks import add_hash_function
from litemem.store.sqlite.integrity.damaged_file import DamagedFile, dimensions
from litemem.store.sqlite.integrity.invariants import WRONG_SOURCES
from litemem.store.sqlite.integrity.repair import UNSAID, drop_orphans
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.vector_index import VectorIndex

# JSON that is not what its column takes would make every read of its table, or an import, fail
_JSON = (
    ("memory", "metadata", "memory", "UPDATE memory SET metadata = '{}' WHERE"),
    ("memory", "categories", "memory", "UPDATE memory SET categories = '[]' WHERE"),
    ("memory", "sources", "memory", "UPDATE memory SET sources = '[]' WHERE"),
    ("turn", "options", "turn", "DELETE FROM turn WHERE"),
    ("finished_turn", "results", "finished_turn", "UPDATE finished_turn SET results = '[]' WHERE"),
    ("export", "request", "export_request", "DELETE FROM export WHERE"),
    ("setting", "value", "project", "DELETE FROM setting WHERE name = 'project' AND"),
)
_TIMES = ("_at", "valid_from", "valid_to")  # how the names of columns that hold one end
_UNKNOWN_SUCCESSOR = """
UPDATE {0} SET superseded_by = NULL
WHERE superseded_by NOT IN (SELECT id FROM memory)
  AND superseded_by NOT IN (SELECT memory_id FROM event)
"""
_UNSAID_TURNS = """
DELETE FROM turn WHERE pk NOT IN (SELECT turn_pk FROM message WHERE turn_pk IS NOT NULL)
"""
_DELETED = """
DELETE FROM memory
WHERE pk IN (SELECT value FROM json_each(?))
  AND (SELECT event FROM event WHERE memory_id = memory.id ORDER BY pk DESC LIMIT 1) = 'DELETE'
"""


def save(connection: apsw.Connection, wreck: DamagedFile) -> tuple[dict[str, int], list[str]]:
    """Write what can be read of a wreck into an empty file, inside a transaction.

    Return how many rows of each table are in it, and what is lost or was changed, a sentence each.
    """
    connection.pragma("defer_foreign_keys", True)  # rows come in the order of their pages
    settings.put(connection, settings.FILE_ID, None)  # it goes on as the file that was damaged
    told, strays = _insert_rows(connection, wreck)
    connection.execute(_DELETED, (json.dumps(strays),))  # these came from pages that were free
    told += _mend_json(connection)
    told += _drop_wrong_sources(connection)
    told += _drop_orphans(connection, wreck.tables)
    told += _drop_unsaid_turns(connection)
    told += _forget_unknown_successors(connection)
    for statement in UNSAID:
        connection.execute(statement)
    told += _compare_hashes(connection)
    told += _settle_vectors(connection)
    known = blueprint.tables(latest_version())
    saved = {name: _count(connection, name) for name in wreck.tables if name in known}
    return saved, wreck.damage() + told


def _insert_rows(connection: apsw.Connection, wreck: DamagedFile) -> tuple[list[str], list[int]]:
    """Write the rows; of two with one key the first stays.

    Return what was not taken, and the primary keys of memories that had lost their table.
    """
    known = blueprint.tables(latest_version())
    statements: dict[tuple[str, int], str] = {}
    refused: Counter[str] = Counter()
    undated: Counter[str] = Counter()
    strays: list[int] = []
    for (name, rowid, values), is_stray in wreck.rows():
        if name not in known:
            continue
        columns = wreck.tables[name][: len(values)]
        key = (name, len(columns))
        if key not in statements:
            statements[key] = _insert(name, columns)
        row = {c.name: rowid if c.key else v for c, v in zip(columns, values, strict=True)}
        if not _can_belong(row):
            refused[name] += 1
            continue
        undated[name] += _date(row, columns)
        connection.execute(statements[key], tuple(row.values()))
        taken = bool(connection.changes())
        refused[name] += not taken
        if name == "memory" and is_stray and taken:
            strays.append(rowid)
    told = [
        f"{_counted(number, 'row')} of {name} not taken: incomplete, there twice, or with wrong ids"
        for name, number in (+refused).items()
    ] + [
        f"a time of {_counted(number, 'row')} of {name} unreadable"
        for name, number in (+undated).items()
    ]
    return told, strays


def _can_belong(row: dict[str, Any]) -> bool:
    """Tell whether the ids of a row can be ids, if it has any."""
    try:
        Scope(**{key: row.get(key) for key in ID_KEYS})
    except ScopeError:
        return False
    return True


def _date(row: dict[str, Any], columns: tuple[Column, ...]) -> bool:
    """Replace times that no calendar has, by 1970 where there must be one; tell whether any was."""
    wrong = [
        column
        for column in columns
        if column.name.endswith(_TIMES) and row[column.name] is not None
        if not clock.is_time(row[column.name])
    ]
    for column in wrong:
        row[column.name] = 0 if column.required else None
    return bool(wrong)


def _insert(name: str, columns: tuple[Column, ...]) -> str:
    listed = ", ".join(column.name for column in columns)
    return f"INSERT OR IGNORE INTO {name} ({listed}) VALUES (?{', ?' * (len(columns) - 1)})"


def _mend_json(connection: apsw.Connection) -> list[str]:
    connection.create_scalar_function("litemem_fits", _fits, 3, deterministic=True)
    told = []
    for table, column, kind, repair in _JSON:
        name = "settings" if kind == "project" else column
        connection.execute(f"{repair} NOT litemem_fits(?, ?, {column})", (kind, name))
        if number := connection.changes():
            told.append(f"{column} of {_counted(number, 'row')} of {table} unreadable")
    return told


def _fits(*values: Any) -> bool:
    """Tell whether a text is JSON of the shape that a line of an archive has under this name."""
    kind, name, text = values
    check, _ = LINE_TYPES[kind][name]
    try:
        check(parse(text))
    except (ValueError, RecursionError):
        return False
    return True


def _drop_wrong_sources(connection: apsw.Connection) -> list[str]:
    connection.execute(f"UPDATE memory SET sources = '[]' WHERE id IN ({WRONG_SOURCES})")
    number = connection.changes()
    return [f"the sources of {_counted(number, 'memory', 'memories')} unreadable"] if number else []


def _drop_orphans(connection: apsw.Connection, tables: Iterable[str]) -> list[str]:
    return [
        f"{_counted(number, 'row')} of {table} belonged to rows of {parent} that are lost"
        for (table, parent), number in drop_orphans(connection, tables).items()
    ]


def _drop_unsaid_turns(connection: apsw.Connection) -> list[str]:
    """Let turns wait no longer of which no message is left."""
    connection.execute(_UNSAID_TURNS)
    number = connection.changes()
    return [f"the messages of {_counted(number, 'turn')} that waited are lost"] if number else []


def _forget_unknown_successors(connection: apsw.Connection) -> list[str]:
    """Let memories that a lost one superseded stay as they are, without its id."""
    told = []
    for table in ("memory", "event"):
        connection.execute(_UNKNOWN_SUCCESSOR.format(table))
        if number := connection.changes():
            told.append(f"what superseded {_counted(number, 'row')} of {table} is lost")
    return told


def _compare_hashes(connection: apsw.Connection) -> list[str]:
    """Say which texts are not what was hashed when they were written."""
    add_hash_function(connection)
    rows = connection.execute(
        "UPDATE memory SET hash = litemem_hash(CAST(content AS BLOB))"
        " WHERE hash IS NOT litemem_hash(CAST(content AS BLOB)) RETURNING id"
    )
    return [f"the text of memory {memory_id} may be damaged" for (memory_id,) in rows]


def _settle_vectors(connection: apsw.Connection) -> list[str]:
    """Drop vectors that cannot be of the file's embedder, and make the index of the others."""
    for name in (settings.NEXT_EMBEDDER, settings.INDEXED_TO):
        settings.put(connection, name, None)
    width = 4 * dimensions(settings.get(connection, settings.EMBEDDER))
    connection.execute(
        "DELETE FROM embedding"
        " WHERE length(vector) <> ? OR vec_distance_l2(vector, vector) IS NULL",
        (width,),
    )
    connection.execute("UPDATE entity SET vector = NULL WHERE length(vector) <> ?", (width,))
    told = []
    lacking = _count(connection, "memory WHERE pk NOT IN (SELECT pk FROM embedding)")
    if width:
        VectorIndex(connection).rebuild()
    else:
        settings.put(connection, settings.EMBEDDER, None)
        told += ["it is lost which embedder the vectors were of"] if lacking else []
    if lacking:
        told.append(f"{_counted(lacking, 'memory', 'memories')} without vector: litemem reindex")
    return told


def _count(connection: apsw.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").get)


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"

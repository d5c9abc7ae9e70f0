"""Write the readable rows of a damaged file into a new, consistent file."""

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

from litemem.core import clock
from litemem.core.checks import is_name
from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import SchemaError, ScopeError
from litemem.store.sqlite import schema, settings
from litemem.store.sqlite.connection import open_writer, write_transaction
from litemem.store.sqlite.errors import translated
from litemem.store.sqlite.integrity import references
from litemem.store.sqlite.integrity.checks import TABLES
from litemem.store.sqlite.integrity.damaged_file import DamagedFile
from litemem.store.sqlite.integrity.edited import edited_texts, rehash, wrong_hashes
from litemem.store.sqlite.integrity.invariants import WRONG_SOURCES
from litemem.store.sqlite.integrity.repair import (
    DROP_UNSUPPORTED,
    DROP_WRONG_CONFLICTS,
    DROP_WRONG_PASSAGES,
    drop_orphans,
    replace_value,
)
from litemem.store.sqlite.schema import Column, latest_version
from litemem.store.sqlite.vector_index import VectorIndex
from litemem.store.sqlite.wrong_values import find_wrong

_TIMES = ("_at", "valid_from", "valid_to")  # suffixes of the columns that hold times
_NAMES = ("id", "memory_id", "event_id")
_UNKNOWN_SUCCESSOR = """
UPDATE {0} SET superseded_by = NULL
WHERE superseded_by NOT IN (SELECT id FROM memory)
  AND superseded_by NOT IN (SELECT memory_id FROM event)
"""
_EMPTY_TURNS = """
DELETE FROM turn WHERE pk NOT IN (SELECT turn_pk FROM message WHERE turn_pk IS NOT NULL)
"""
_DELETED = """
DELETE FROM memory
WHERE pk IN (SELECT value FROM json_each(?))
  AND (SELECT event FROM event WHERE memory_id = memory.id ORDER BY pk DESC LIMIT 1) = 'DELETE'
"""


def salvage_file(source: Path, target: Path) -> tuple[dict[str, int], list[str]]:
    """Write the readable rows of a damaged file into a new file.

    Return the number of rows by table, and one sentence for each loss or change.

    Raises:
        StoreError: this process has the damaged file open, or the target cannot be written.
        SchemaError: the readable part shows that the file belongs to another program.
        OSError: the damaged file cannot be read.
    """
    # a partial target is discarded, so no commit has to reach the disk
    with DamagedFile(source) as damaged, translated(str(target)):
        new = open_writer(str(target), "normal")
        with closing(new), write_transaction(new):
            saved, lost = _save(new, damaged)
        if damaged.is_foreign():
            raise SchemaError(f"{source} is not a litemem file: give the path of another")
    return saved, lost


def _save(connection: apsw.Connection, damaged: DamagedFile) -> tuple[dict[str, int], list[str]]:
    """Write the rows into an empty file, inside a transaction, and make them consistent."""
    connection.pragma("defer_foreign_keys", True)  # rows come in the order of their pages
    settings.put(connection, settings.FILE_ID, None)  # the id comes with the damaged file's rows
    lost, strays = _insert_rows(connection, damaged)
    connection.execute(_DELETED, (json.dumps(strays),))  # strays may come from freed pages
    lost += _replace_wrong_values(connection)
    lost += _drop_wrong_sources(connection)
    lost += _find_sessions(connection)
    lost += _drop_orphans(connection, damaged.tables)
    lost += _drop_empty_turns(connection)
    lost += _drop_unknown_successors(connection)
    lost += _replace_references(connection)
    for statement in (*DROP_UNSUPPORTED, *DROP_WRONG_PASSAGES, DROP_WRONG_CONFLICTS):
        connection.execute(statement)
    lost += _compare_hashes(connection)
    lost += _check_vectors(connection)
    known = schema.expected_tables(latest_version())
    saved = {name: _count(connection, name) for name in damaged.tables if name in known}
    return saved, damaged.damage() + lost


def _insert_rows(connection: apsw.Connection, damaged: DamagedFile) -> tuple[list[str], list[int]]:
    """Insert the rows; of two rows with one key the first is kept.

    Return one sentence for each kind of loss, and the primary keys of stray memories: those on
    pages that no table leads to.
    """
    known = schema.expected_tables(latest_version())
    statements: dict[tuple[str, int], str] = {}
    refused: Counter[str] = Counter()
    undated: Counter[str] = Counter()
    strays: list[int] = []
    for (name, rowid, values), is_stray in damaged.rows():
        if name not in known:
            continue
        columns = damaged.tables[name][: len(values)]
        key = (name, len(columns))
        if key not in statements:
            statements[key] = _insert(name, columns)
        row = {c.name: rowid if c.key else v for c, v in zip(columns, values, strict=True)}
        if not (_has_valid_ids(row) and _has_valid_names(row, columns)):
            refused[name] += 1
            continue
        undated[name] += _date(row, columns)
        connection.execute(statements[key], tuple(row.values()))
        is_new = bool(connection.changes())
        refused[name] += not is_new
        if name == "memory" and is_stray and is_new:
            strays.append(rowid)
    lost = [
        f"{_counted(number, 'row')} of {name} not taken: incomplete, duplicate, or with wrong ids"
        for name, number in (+refused).items()
    ] + [
        f"a time of {_counted(number, 'row')} of {name} unreadable"
        for name, number in (+undated).items()
    ]
    return lost, strays


def _has_valid_ids(row: dict[str, Any]) -> bool:
    """Return True if the scope ids of a row are valid or absent."""
    try:
        Scope(**{key: row.get(key) for key in ID_KEYS})
    except ScopeError:
        return False
    return True


def _has_valid_names(row: dict[str, Any], columns: tuple[Column, ...]) -> bool:
    """Clear invalid optional ids of memories and events; return False if a required is invalid."""
    present = [
        column for column in columns if column.name in _NAMES and row[column.name] is not None
    ]
    wrong = [column for column in present if not is_name(row[column.name])]
    for column in wrong:
        row[column.name] = None
    return not any(column.required for column in wrong)


def _date(row: dict[str, Any], columns: tuple[Column, ...]) -> bool:
    """Clear impossible times, required ones to 1970; return True if there was one."""
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


def _replace_wrong_values(connection: apsw.Connection) -> list[str]:
    """Replace what reads and imports refuse."""
    wrong = list(find_wrong(connection, TABLES))
    for each in wrong:
        replace_value(connection, each)
    numbers = Counter((each.column, each.table) for each in wrong)
    return [
        f"{column} of {_counted(number, 'row')} of {table} unreadable"
        for (column, table), number in numbers.items()
    ]


def _drop_wrong_sources(connection: apsw.Connection) -> list[str]:
    connection.execute(f"UPDATE memory SET sources = '[]' WHERE id IN ({WRONG_SOURCES})")
    number = connection.changes()
    return [f"the sources of {_counted(number, 'memory', 'memories')} unreadable"] if number else []


def _find_sessions(connection: apsw.Connection) -> list[str]:
    """Give messages and turns of lost sessions the ids of their memories, or ids of nobody else."""
    number = len(references.mend_sessions(connection))
    return [f"the session of {_counted(number, 'row')} lost; each has another"] if number else []


def _replace_references(connection: apsw.Connection) -> list[str]:
    number = len(references.mend(connection))
    return [f"{_counted(number, 'reference')} to wrong rows replaced"] if number else []


def _drop_orphans(connection: apsw.Connection, tables: Iterable[str]) -> list[str]:
    return [
        f"{_counted(number, 'row')} of {table} belonged to rows of {parent} that are lost"
        for (table, parent), number in drop_orphans(connection, tables).items()
    ]


def _drop_empty_turns(connection: apsw.Connection) -> list[str]:
    """Drop pending turns without messages."""
    connection.execute(_EMPTY_TURNS)
    number = connection.changes()
    return [f"the messages of {_counted(number, 'pending turn')} are lost"] if number else []


def _drop_unknown_successors(connection: apsw.Connection) -> list[str]:
    """Clear the id of a lost successor; the superseded memory keeps its other fields."""
    lost = []
    for table in ("memory", "event"):
        connection.execute(_UNKNOWN_SUCCESSOR.format(table))
        if number := connection.changes():
            lost.append(f"the successor of {_counted(number, 'row')} of {table} is lost")
    return lost


def _compare_hashes(connection: apsw.Connection) -> list[str]:
    """Report texts that differ from their hash, and correct the hashes of the memories' own texts.

    The others keep their hash: no read takes them for official until somebody accepts them.
    """
    edited = [each.memory_id for each in edited_texts(connection)]
    ids = [*wrong_hashes(connection), *edited]
    rehash(connection)
    return [f"the text of memory {memory_id} may be damaged" for memory_id in ids]


def _check_vectors(connection: apsw.Connection) -> list[str]:
    """Drop vectors of a wrong size or value, and rebuild the vector index from the others."""
    for name in (settings.NEXT_EMBEDDER, settings.INDEXED_TO, settings.ERASING):
        settings.put(connection, name, None)
    embedder = settings.embedder(connection)
    width = 0 if embedder is None else 4 * embedder.dimensions
    connection.execute(
        "DELETE FROM embedding"
        " WHERE length(vector) <> ? OR vec_distance_l2(vector, vector) IS NULL",
        (width,),
    )
    connection.execute("UPDATE entity SET vector = NULL WHERE length(vector) <> ?", (width,))
    lost = []
    lacking = _count(connection, "memory WHERE pk NOT IN (SELECT pk FROM embedding)")
    if width:
        VectorIndex(connection).rebuild()
    else:
        settings.put(connection, settings.EMBEDDER, None)
        lost += ["the name of the embedder of the vectors is lost"] if lacking else []
    if lacking:
        lost.append(f"{_counted(lacking, 'memory', 'memories')} without vector: litemem reindex")
    return lost


def _count(connection: apsw.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").get)


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"

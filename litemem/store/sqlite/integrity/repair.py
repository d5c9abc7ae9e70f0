"""Rebuild derived data and drop orphans, inside a transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import apsw

from litemem.store.sqlite import schema, settings
from litemem.store.sqlite.integrity import wrong_values
from litemem.store.sqlite.integrity.checks import add_hash_function
from litemem.store.sqlite.vector_index import VectorIndex

AFTER_VALUES = frozenset({"orphans", "graph", "hashes", "full text", "vector index"})
# Tables of rows that mean nothing without their parent.
_CHILDREN = ("embedding", "embedding_next", "feedback", "claim", "support", "relation", "entity")


def repair(connection: apsw.Connection, what: Iterable[str]) -> list[str]:
    """Run the named repairs, in the order of `REPAIRS`, as one may need another.

    Return one sentence for each value that was replaced.
    """
    chosen = set(what)
    connection.pragma("defer_foreign_keys", True)  # a row may go before those that refer to it
    replaced: list[str] = []
    if "values" in chosen:
        chosen |= AFTER_VALUES
    with _without_overwriting(connection):
        for name, run in REPAIRS.items():
            if name in chosen:
                replaced += run(connection) or ()
    return replaced


@contextmanager
def _without_overwriting(connection: apsw.Connection) -> Iterator[None]:
    """Keep SQLite from overwriting deleted bytes: after an erasure VACUUM removes them.

    Overwriting takes another second and 150 MB of memory for 100,000 memories.
    """
    before = connection.pragma("secure_delete")
    connection.pragma("secure_delete", False)
    try:
        yield
    finally:
        connection.pragma("secure_delete", before)


def _schema(connection: apsw.Connection) -> None:
    """Replace indexes, views and triggers that differ; tables hold data and stay."""
    found = {part.name: part for part in schema.read_parts(connection)}
    for part in schema.expected_parts(int(connection.pragma("user_version"))):
        present = found.get(part.name)
        if part.kind == "table" or (present and present.plain == part.plain):
            continue
        if present:
            connection.execute(f'DROP {present.kind} "{part.name}"')
        connection.execute(part.sql)
    if "memory_vec" not in found:
        VectorIndex(connection).rebuild()


def _indexes(connection: apsw.Connection) -> None:
    connection.execute("REINDEX")


def _orphans(connection: apsw.Connection) -> None:
    drop_orphans(connection, _CHILDREN)
    connection.execute(
        "UPDATE message SET turn_pk = NULL"
        " WHERE turn_pk IS NOT NULL AND turn_pk NOT IN (SELECT pk FROM turn)"
    )


def _graph(connection: apsw.Connection) -> None:
    """Drop relations without support; triggers do so unless another tool disabled them."""
    for statement in DROP_UNSUPPORTED:
        connection.execute(statement)


def _staged_vectors(connection: apsw.Connection) -> None:
    """Delete staged vectors; the next reindex starts from the beginning."""
    connection.execute("DELETE FROM embedding_next")
    settings.put_embedder(connection, None, settings.NEXT_EMBEDDER)


def _entity_vectors(connection: apsw.Connection) -> None:
    """Delete the vectors of entities; they are embedded again at the next use."""
    connection.execute("UPDATE entity SET vector = NULL")


def _hashes(connection: apsw.Connection) -> None:
    add_hash_function(connection)
    connection.execute(
        "UPDATE memory SET hash = litemem_hash(CAST(content AS BLOB))"
        " WHERE hash <> litemem_hash(CAST(content AS BLOB))"
    )


def _full_text(connection: apsw.Connection) -> None:
    connection.execute("INSERT INTO memory_fts (memory_fts) VALUES ('rebuild')")


def _vector_index(connection: apsw.Connection) -> None:
    VectorIndex(connection).rebuild()


# relations first: entities without one go next
DROP_UNSUPPORTED = (
    "DELETE FROM relation WHERE pk NOT IN (SELECT relation_pk FROM support)",
    "DELETE FROM entity WHERE pk NOT IN (SELECT source_pk FROM relation)"
    " AND pk NOT IN (SELECT destination_pk FROM relation)",
)

REPAIRS: dict[str, Callable[[apsw.Connection], list[str] | None]] = {
    "schema": _schema,
    "values": wrong_values.replace,
    "indexes": _indexes,
    "orphans": _orphans,
    "graph": _graph,
    "staged vectors": _staged_vectors,
    "entity vectors": _entity_vectors,
    "hashes": _hashes,
    "full text": _full_text,
    "vector index": _vector_index,
}


def drop_orphans(connection: apsw.Connection, tables: Iterable[str]) -> Counter[tuple[str, str]]:
    """Delete the orphans of these tables, or clear the reference if it may be NULL.

    Return the number of orphans by table and missing parent table.
    """
    known = schema.expected_tables(int(connection.pragma("user_version")))
    statements = [
        ((name, parent), statement)
        for name in tables
        if name in known
        for parent, statement in _orphan_statements(connection, name, known[name])
    ]
    dropped: Counter[tuple[str, str]] = Counter()
    found = True
    while found:  # deleting an orphan may orphan its children
        found = False
        for key, statement in statements:
            connection.execute(statement)
            if number := connection.changes():
                dropped[key] += number
                found = True
    return dropped


def _orphan_statements(
    connection: apsw.Connection, table: str, columns: tuple[schema.Column, ...]
) -> list[tuple[str, str]]:
    """Return the parent table and the statement that drops orphans, for each foreign key."""
    may_be_null = {column.name for column in columns if not (column.required or column.key)}
    found = []
    for _, _, parent, column, *_ in connection.execute(f'PRAGMA foreign_key_list("{table}")'):
        clear = f"UPDATE {table} SET {column} = NULL" if column in may_be_null else None
        condition = f"{column} IS NOT NULL AND {column} NOT IN (SELECT rowid FROM {parent})"
        found.append((str(parent), f"{clear or f'DELETE FROM {table}'} WHERE {condition}"))
    return found

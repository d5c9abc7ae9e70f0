"""Mending: what is derived from the rest of a file, made anew; called inside a transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import apsw

from litemem.store.sqlite import blueprint, settings
from litemem.store.sqlite.integrity.checks import add_hash_function
from litemem.store.sqlite.vector_index import VectorIndex

# Tables whose rows mean nothing without the row that they belong to; and `message`, whose rows
# may go on without their turn, but never without their session.
_BELONGING = ("embedding", "embedding_next", "feedback", "claim", "support", "relation", "entity")


def repair(connection: apsw.Connection, what: Iterable[str]) -> None:
    """Make these anew, each one of `MENDS`, in the order in which one may need the other."""
    wanted = set(what)
    with _without_overwriting(connection):
        for name, work in REPAIRS.items():
            if name in wanted:
                work(connection)


@contextmanager
def _without_overwriting(connection: apsw.Connection) -> Iterator[None]:
    """Leave the bytes of what is made anew where they are; after an erasure VACUUM removes them.

    To overwrite them takes another second and 150 MB of memory for 100,000 memories.
    """
    before = connection.pragma("secure_delete")
    connection.pragma("secure_delete", False)
    try:
        yield
    finally:
        connection.pragma("secure_delete", before)


def _schema(connection: apsw.Connection) -> None:
    """Replace the indexes, views and triggers that differ; a table holds what nothing replaces."""
    found = {part.name: part for part in blueprint.read_parts(connection)}
    for part in blueprint.parts(int(connection.pragma("user_version"))):
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
    drop_orphans(connection, _BELONGING)
    connection.execute(
        "UPDATE message SET turn_pk = NULL"
        " WHERE turn_pk IS NOT NULL AND turn_pk NOT IN (SELECT pk FROM turn)"
    )


def _graph(connection: apsw.Connection) -> None:
    """Drop what no memory says any more; the triggers do so where nobody has switched them off."""
    for statement in UNSAID:
        connection.execute(statement)


def _gathered(connection: apsw.Connection) -> None:
    """Throw away what a reindex gathered; the next one begins anew."""
    connection.execute("DELETE FROM embedding_next")
    settings.put_embedder(connection, None, settings.NEXT_EMBEDDER)


def _name_vectors(connection: apsw.Connection) -> None:
    """Forget the names' vectors; they are made again before they are next needed."""
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


# relations first: what they leave behind goes next
UNSAID = (
    "DELETE FROM relation WHERE pk NOT IN (SELECT relation_pk FROM support)",
    "DELETE FROM entity WHERE pk NOT IN (SELECT source_pk FROM relation)"
    " AND pk NOT IN (SELECT destination_pk FROM relation)",
)

REPAIRS: dict[str, Callable[[apsw.Connection], None]] = {
    "schema": _schema,
    "indexes": _indexes,
    "orphans": _orphans,
    "graph": _graph,
    "gathered": _gathered,
    "name vectors": _name_vectors,
    "hashes": _hashes,
    "full text": _full_text,
    "vector index": _vector_index,
}


def drop_orphans(connection: apsw.Connection, tables: Iterable[str]) -> Counter[tuple[str, str]]:
    """Delete the orphans of these tables, or let them go on alone where the column may be NULL.

    Return how many there were, by their table and the one that they refer to.
    """
    known = blueprint.tables(int(connection.pragma("user_version")))
    statements = [
        ((name, parent), statement)
        for name in tables
        if name in known
        for parent, statement in _orphan_statements(connection, name, known[name])
    ]
    dropped: Counter[tuple[str, str]] = Counter()
    found = True
    while found:  # what referred to a row that just went is one now
        found = False
        for key, statement in statements:
            connection.execute(statement)
            if number := connection.changes():
                dropped[key] += number
                found = True
    return dropped


def _orphan_statements(
    connection: apsw.Connection, table: str, columns: tuple[blueprint.Column, ...]
) -> list[tuple[str, str]]:
    """Return (the table referred to, what drops the orphans) for each foreign key."""
    may_be_null = {column.name for column in columns if not (column.required or column.key)}
    found = []
    for _, _, parent, column, *_ in connection.execute(f'PRAGMA foreign_key_list("{table}")'):
        work = f"UPDATE {table} SET {column} = NULL" if column in may_be_null else None
        condition = f"{column} IS NOT NULL AND {column} NOT IN (SELECT rowid FROM {parent})"
        found.append((str(parent), f"{work or f'DELETE FROM {table}'} WHERE {condition}"))
    return found

"""Rebuild derived data, drop orphans and replace wrong values, inside a transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import apsw

from litemem.store.protocol import SET_ASIDE
from litemem.store.sqlite import schema, settings
from litemem.store.sqlite.integrity import edited, references
from litemem.store.sqlite.integrity.checks import TABLES
from litemem.store.sqlite.integrity.invariants import WRONG_CONFLICTS
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, read_json
from litemem.store.sqlite.values import DROP, damage
from litemem.store.sqlite.vector_index import VectorIndex
from litemem.store.sqlite.wrong_values import Wrong, find_wrong, find_wrong_of_memory

AFTER_VALUES = frozenset({"orphans", "references", "graph", "hashes", "full text", "vector index"})
# Tables of rows that mean nothing without their parent.
_CHILDREN = (
    *("embedding", "embedding_next", "feedback", "conflict", "origin"),
    *("claim", "support", "relation", "entity"),
)


_VECTORS = {"embedder": "embedding", "next_embedder": "embedding_next"}
_REPAIRED = "the turn was repaired"
# what else has the id of a memory
_REFERENCES = (
    "UPDATE event SET memory_id = ?1 WHERE memory_id IS ?2",
    "UPDATE event SET superseded_by = ?1 WHERE superseded_by IS ?2",
    "UPDATE memory SET superseded_by = ?1 WHERE superseded_by IS ?2",
    "UPDATE shown SET memory_id = ?1 WHERE memory_id IS ?2",
)
# a message with passages was found by its words before its number was damaged
_SHOWN_AGAIN = """
UPDATE message SET passages = NULL
WHERE pk = ? AND EXISTS (SELECT 1 FROM passage WHERE owner = -message.pk)
"""
_EMPTY_TURNS = """
DELETE FROM turn
WHERE pk NOT IN (SELECT turn_pk FROM message WHERE turn_pk IS NOT NULL)
RETURNING pk, options
"""
_FOREIGN = f"""
SELECT message.pk FROM message JOIN session AS of_message ON of_message.pk = session_pk
WHERE message.pk = value AND NOT {IN_SCOPE_OF_M}
"""
# messages of turns of other scopes are of no turn
_STRANGERS = """
UPDATE message SET turn_pk = NULL
WHERE turn_pk IS NOT NULL
  AND session_pk IS NOT (SELECT session_pk FROM turn WHERE pk = message.turn_pk)
"""
# sources that are messages of other scopes; a message that is gone does no harm
_FOREIGN_SOURCES = f"""
UPDATE memory AS m
SET sources = (
  SELECT json_group_array(value) FROM json_each(m.sources)
  WHERE value NOT IN ({_FOREIGN})
)
WHERE EXISTS (
  SELECT 1 FROM json_each({read_json("m.sources")}) WHERE value IN ({_FOREIGN})
)
"""


def repair(connection: apsw.Connection, what: Iterable[str]) -> list[str]:
    """Run the named repairs, in the order of `REPAIRS`, as one may need another.

    Return one sentence for each value that was replaced.
    """
    chosen = set(what)
    edited.add_hash_function(connection)
    connection.pragma("defer_foreign_keys", True)  # a row may go before those that refer to it
    replaced: list[str] = []
    if "values" in chosen:
        chosen |= AFTER_VALUES
    if "references" in chosen:
        chosen.add("graph")
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


def _orphans(connection: apsw.Connection) -> list[str]:
    found = references.mend_sessions(connection)
    drop_orphans(connection, _CHILDREN)
    connection.execute(
        "UPDATE message SET turn_pk = NULL"
        " WHERE turn_pk IS NOT NULL AND turn_pk NOT IN (SELECT pk FROM turn)"
    )
    return found


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
    """Write the hashes of texts that are the memories' own; a text that was changed stays wrong."""
    edited.rehash(connection)


def _full_text(connection: apsw.Connection) -> None:
    for name in ("memory_fts", "passage_fts"):
        connection.execute(f"INSERT INTO {name} ({name}) VALUES ('rebuild')")


def _passages(connection: apsw.Connection) -> None:
    """Drop passages that do not belong to their text; it waits for new ones."""
    for statement in DROP_WRONG_PASSAGES:
        connection.execute(statement)


def _conflicts(connection: apsw.Connection) -> None:
    connection.execute(DROP_WRONG_CONFLICTS)


def _vector_index(connection: apsw.Connection) -> None:
    VectorIndex(connection).rebuild()


def _values(connection: apsw.Connection) -> list[str]:
    """Replace every wrong value, or delete its row; return one sentence for each.

    Each sentence has the whole old value, which is nowhere else afterwards.
    """
    found = list(find_wrong(connection, TABLES))
    done = [replace_value(connection, wrong) for wrong in found]
    for wrong in found:
        if (wrong.table, wrong.column) == ("message", "passages"):
            connection.execute(_SHOWN_AGAIN, (wrong.key,))
    done += references.mend_sessions(connection)
    done += references.return_messages(connection)
    connection.execute(_FOREIGN_SOURCES)
    connection.execute(_STRANGERS)
    for pk, options in connection.execute(_EMPTY_TURNS).fetchall():
        done.append(f"turn {pk}: deleted, it had no messages; its options were {options!r}")
    connection.execute(
        "UPDATE turn SET tries = 0, error = ? WHERE tries = ?", (_REPAIRED, SET_ASIDE)
    )
    return done


def replace_value(connection: apsw.Connection, wrong: Wrong) -> str:
    """Replace a value, or delete its row if nothing can take its place."""
    table, column = wrong.table, wrong.column
    new = wrong.rule.replace(wrong.value)
    is_content = (table, column) == ("memory", "content")
    original = edited.original_text(connection, wrong.key) if is_content else None
    new = original or new
    key = "name" if table == "setting" else schema.key_of(table)
    # a table without such a key is searched for the value
    where = f"CAST({column} AS BLOB) IS CAST(? AS BLOB)" if wrong.key is None else f"{key} = ?"
    at = wrong.value if wrong.key is None else wrong.key
    if new is not DROP:
        sql = f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}"
        connection.execute(sql, (new, at))
    if new is DROP or not connection.changes():  # another row has the new value
        connection.execute(f"DELETE FROM {table} WHERE {where}", (at,))
        new = DROP
    if is_content and original is None and not _is_text(wrong.value):
        edited.set_hash(connection, wrong.key)
    if (table, column) == ("memory", "id") and new is not DROP:
        for sql in _REFERENCES:
            connection.execute(sql, (new, wrong.value))
    if wrong.key in _VECTORS:
        connection.execute(f"DELETE FROM {_VECTORS[wrong.key]}")
    outcome = "its row was deleted" if new is DROP else f"it is {new!r} now"
    return f"{damage(table, wrong.key, column, f'was {wrong.value!r}')}; {outcome}"


def _is_text(value: object) -> bool:
    """Return True if bytes are a text of somebody, which has to be accepted."""
    try:
        return isinstance(value, bytes) and bool(value.decode())
    except UnicodeDecodeError:
        return False


def mend(connection: apsw.Connection, pks: Iterable[int]) -> None:
    """Make damaged memories readable that are about to be deleted, or to get another text.

    Their ADD gets the text that they had, if it is known.
    """
    edited.add_hash_function(connection)
    for pk in pks:
        original = edited.original_text(connection, pk)
        for wrong in list(find_wrong_of_memory(connection, pk)):
            replace_value(connection, wrong)
        connection.execute(f"{_FOREIGN_SOURCES} AND m.pk = ?", (pk,))
        edited.write_out_add(connection, pk, original)
        edited.set_hash(connection, pk)


# relations first: entities without one go next
DROP_UNSUPPORTED = (
    "DELETE FROM relation WHERE pk NOT IN (SELECT relation_pk FROM support)",
    "DELETE FROM entity WHERE pk NOT IN (SELECT source_pk FROM relation)"
    " AND pk NOT IN (SELECT destination_pk FROM relation)",
)

DROP_WRONG_PASSAGES = (
    "DELETE FROM passage WHERE vector IS NOT NULL AND length(vector) IS NOT"
    " (SELECT iif(json_valid(value), value ->> 'dimensions', NULL) FROM setting"
    " WHERE name = 'embedder')",
    "DELETE FROM passage WHERE owner > 0 AND owner NOT IN (SELECT pk FROM memory)"
    " OR owner <= 0 AND -owner NOT IN (SELECT pk FROM message)",
    "DELETE FROM mention WHERE owner > 0 AND owner NOT IN (SELECT pk FROM memory)"
    " OR owner <= 0 AND -owner NOT IN (SELECT pk FROM message)",
    # a hidden message stays hidden: its text may have been deleted
    "DELETE FROM passage WHERE owner < 0 AND -owner IN (SELECT pk FROM message WHERE passages = 0)",
    "UPDATE memory SET passages = NULL WHERE passages IS NOT NULL"
    " AND passages <> (SELECT count(*) FROM passage WHERE owner = memory.pk)",
    "UPDATE message SET passages = NULL WHERE passages IS NOT NULL"
    " AND passages <> (SELECT count(*) FROM passage WHERE owner = -message.pk)",
)

DROP_WRONG_CONFLICTS = f"DELETE FROM conflict WHERE id IN ({WRONG_CONFLICTS})"

REPAIRS: dict[str, Callable[[apsw.Connection], list[str] | None]] = {
    "schema": _schema,
    "values": _values,
    "indexes": _indexes,
    "orphans": _orphans,
    "references": references.mend,
    "graph": _graph,
    "staged vectors": _staged_vectors,
    "entity vectors": _entity_vectors,
    "hashes": _hashes,
    "full text": _full_text,
    "vector index": _vector_index,
    "passages": _passages,
    "conflicts": _conflicts,
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

"""Orphans: rows that refer to a row that is not there."""

from collections import Counter
from collections.abc import Iterable

import apsw

from litemem.store.sqlite import blueprint


def drop(connection: apsw.Connection, tables: Iterable[str]) -> Counter[tuple[str, str]]:
    """Delete the orphans of these tables, or let them go on alone where the column may be NULL.

    Return how many there were, by their table and the one that they refer to.
    """
    known = blueprint.tables(int(connection.pragma("user_version")))
    statements = [
        ((name, parent), statement)
        for name in tables
        if name in known
        for parent, statement in _statements(connection, name, known[name])
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


def _statements(
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

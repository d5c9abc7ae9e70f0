"""Rereading: a row that an index led to is what was asked for by its own values, or it is damage.

SQLite takes the columns that an index holds from the index. So an entry that leads to a wrong row
shows the id that was asked for beside the text of somebody else, and a DELETE would follow it. What
is read by its primary key shows the row's own values.
"""

import json
from collections.abc import Collection, Sequence

import apsw

from litemem.core.types import MemoryRecord
from litemem.store.filters import Condition
from litemem.store.sqlite.rows import MEMORY_COLUMNS, RowDamageError, memory_record


def records(
    connection: apsw.Connection, pks: Sequence[int], condition: Condition
) -> dict[int, MemoryRecord]:
    """Return memories by primary key, which were found under a condition.

    Raises:
        RowDamageError: one is not there, or the condition does not hold of it.
    """
    rows = connection.execute(
        f"SELECT m.pk, {MEMORY_COLUMNS}, ({condition.sql}) IS TRUE FROM memory AS m"
        " WHERE m.pk IN (SELECT value FROM json_each(?))",
        (*condition.parameters, json.dumps(pks)),
    )
    found: dict[int, MemoryRecord] = {}
    for pk, *values, holds in rows:
        if holds:
            found[pk] = memory_record(tuple(values))
    _check(len(found) == len(set(pks)), "memory")
    return found


def by_id(connection: apsw.Connection, memory_id: str) -> tuple[int, MemoryRecord] | None:
    """Return the primary key and the memory of an id; None when there is none.

    Raises:
        RowDamageError: the index leads to another memory.
    """
    row = connection.execute("SELECT pk FROM memory WHERE id = ?", (memory_id,)).fetchone()
    if row is None:
        return None
    return row[0], records(connection, row, Condition("m.id = ?", (memory_id,)))[row[0]]


def matching(connection: apsw.Connection, condition: Condition) -> list[int]:
    """Return the primary keys of the memories under a condition.

    Raises:
        RowDamageError: an index leads to one that is not.
    """
    rows = connection.execute(
        f"SELECT m.pk FROM memory AS m WHERE {condition.sql}", condition.parameters
    )
    pks = [pk for (pk,) in rows]
    check_rows(connection, "memory", pks, condition)
    return pks


def check_rows(
    connection: apsw.Connection, table: str, pks: Collection[int], condition: Condition
) -> None:
    """Make sure that a condition holds of the rows that were found under it.

    Raises:
        RowDamageError: it does not.
    """
    holding = connection.execute(
        f"SELECT count(CASE WHEN {condition.sql} THEN 1 END) FROM {table} AS m"
        " WHERE m.pk IN (SELECT value FROM json_each(?))",
        (*condition.parameters, json.dumps(list(pks))),
    ).get
    _check(holding == len(set(pks)), table)


def _check(holds: bool, table: str) -> None:
    if not holds:
        raise RowDamageError(f"an index of {table!r} leads to other rows than those it names")

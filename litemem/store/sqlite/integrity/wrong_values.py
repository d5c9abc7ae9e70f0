"""Find the values that no litemem writes, in any column, and replace them with the least loss."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from litemem.store.protocol import SET_ASIDE
from litemem.store.sqlite import schema
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, Row, read_json
from litemem.store.sqlite.turns import Turns
from litemem.store.sqlite.values import COLUMNS, DROP, SETTINGS, Column, damage

TABLES = ("setting", *COLUMNS)
SMALL = ("setting", "turn")  # tables that every use of a file reads: the quick check does, too
EMBEDDER_SETTINGS = {"embedder": "embedding", "next_embedder": "embedding_next"}

_REPAIRED = "the turn was repaired"
# what else has the id of a memory
_REFERENCES = (
    "UPDATE event SET memory_id = ?1 WHERE memory_id IS ?2",
    "UPDATE event SET superseded_by = ?1 WHERE superseded_by IS ?2",
    "UPDATE memory SET superseded_by = ?1 WHERE superseded_by IS ?2",
)
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


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong value with its place; `key` is the primary key, or the name of a setting."""

    table: str
    key: Any
    column: str
    value: Any
    reason: str
    rule: Column

    def __str__(self) -> str:
        return str(damage(self.table, self.key, self.column, self.reason))


def find(connection: apsw.Connection, tables: Iterable[str]) -> Iterator[Wrong]:
    """Yield the wrong values of these tables."""
    known = schema.expected_tables(int(connection.pragma("user_version")))
    for table in present(connection, tables):
        if table == "setting":
            yield from _wrong_settings(connection)
        else:
            yield from _wrong_rows(connection, table, known[table])


def present(connection: apsw.Connection, tables: Iterable[str]) -> list[str]:
    """Return those of the tables that are in the file."""
    known = schema.expected_tables(int(connection.pragma("user_version")))
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    return [table for table in tables if table in known and table in there]


def unreadable_turns(connection: apsw.Connection) -> dict[int, str]:
    """Return why pending turns cannot be extracted, by primary key."""
    if connection.pragma("user_version") < schema.latest_version():
        return {}
    return Turns(connection).set_aside()


def replace(connection: apsw.Connection) -> list[str]:
    """Replace every wrong value, or delete its row; return one sentence for each.

    Each sentence has the whole old value, which is nowhere else afterwards.
    """
    done = [replace_value(connection, wrong) for wrong in list(find(connection, TABLES))]
    connection.execute(_FOREIGN_SOURCES)
    connection.execute(_STRANGERS)
    for pk, options in connection.execute(_EMPTY_TURNS).fetchall():
        done.append(f"turn {pk}: deleted, it had no messages; its options were {options!r}")
    connection.execute(
        "UPDATE turn SET tries = 0, error = ? WHERE tries = ?", (_REPAIRED, SET_ASIDE)
    )
    return done


def _wrong_settings(connection: apsw.Connection) -> Iterator[Wrong]:
    rows: list[Row] = connection.execute(
        f"SELECT {_raw('name')}, {_raw('value')} FROM setting"
    ).fetchall()
    for of_name, name, of_value, stored in rows:
        rule = SETTINGS.get(str(_decoded(of_name, name)))
        value = _decoded(of_value, stored)
        reason = None if rule is None else _reason(rule, value)
        if rule is not None and reason is not None:
            yield Wrong("setting", str(_decoded(of_name, name)), "value", value, reason, rule)


def _wrong_rows(
    connection: apsw.Connection, table: str, columns: Sequence[schema.Column]
) -> Iterator[Wrong]:
    names = [column.name for column in columns if column.name in COLUMNS[table]]
    keys = [column.name for column in columns if column.key]
    shown = ", ".join(map(_raw, names))
    for key, *row in connection.execute(f"SELECT {(keys or names)[0]}, {shown} FROM {table}"):
        for name, kind, stored in zip(names, row[::2], row[1::2], strict=True):
            rule, value = COLUMNS[table][name], _decoded(kind, stored)
            reason = _reason(rule, value)
            if reason is not None:
                yield Wrong(table, key if keys else None, name, value, reason, rule)


def _raw(column: str) -> str:
    """Return SQL for a value that reading cannot stop: a text may not be UTF-8."""
    return f"typeof({column}), iif(typeof({column}) = 'text', CAST({column} AS BLOB), {column})"


def _decoded(kind: str, stored: Any) -> Any:
    """Return a value; a text that is not UTF-8 stays bytes, which no text is."""
    if kind != "text":
        return stored
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _reason(rule: Column, value: Any) -> str | None:
    """Return why a value is wrong, or None."""
    try:
        if value is not None or not rule.optional:
            (rule.strict or rule.check)(value)
    except RecursionError:
        return "is nested too deeply"
    except ValueError as error:
        return str(error)
    return None


def replace_value(connection: apsw.Connection, wrong: Wrong) -> str:
    """Replace a value, or delete its row if nothing can take its place."""
    new = wrong.rule.replace(wrong.value)
    table, column = wrong.table, wrong.column
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
    if (table, column) == ("memory", "id") and new is not DROP:
        for sql in _REFERENCES:
            connection.execute(sql, (new, wrong.value))
    if wrong.key in EMBEDDER_SETTINGS:
        connection.execute(f"DELETE FROM {EMBEDDER_SETTINGS[wrong.key]}")
    outcome = "its row was deleted" if new is DROP else f"it is {new!r} now"
    return f"{damage(table, wrong.key, column, f'was {wrong.value!r}')}; {outcome}"

"""Find the values of a file that litemem never writes: damage, or a change by another tool."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from litemem.store.sqlite import schema
from litemem.store.sqlite.rows import Row
from litemem.store.sqlite.values import COLUMNS, SETTINGS, Column, damage

_BATCH = 500  # rows that may be wrong, checked in one statement


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


def find_wrong(connection: apsw.Connection, tables: Iterable[str]) -> Iterator[Wrong]:
    """Yield the wrong values of these tables."""
    known = schema.expected_tables(int(connection.pragma("user_version")))
    for table in present(connection, tables):
        if table == "setting":
            yield from _wrong_settings(connection)
        else:
            yield from _wrong_rows(connection, table, known[table])


def find_wrong_of_memory(connection: apsw.Connection, pk: int) -> Iterator[Wrong]:
    """Yield the wrong values of one memory."""
    columns = schema.expected_tables(schema.latest_version())["memory"]
    return _wrong_rows(connection, "memory", columns, f"pk = {pk:d}")


def find_wrong_rows(
    connection: apsw.Connection,
    table: str,
    keys: str,
    values: Sequence[Any] = (),
    *,
    columns: Collection[str],
) -> set[int]:
    """Return the primary keys of the rows with a wrong value in one of the columns.

    `keys` is SQL that selects the primary keys of the rows to check, and `values` are its
    parameters.
    """
    rules = {name: COLUMNS[table][name] for name in columns}
    sure = " AND ".join(f"({_sure(name, rule)})" for name, rule in rules.items())
    # the line feeds keep parts of characters apart
    texts = ", x'0a', ".join(f"iif(typeof({name}) = 'text', {name}, '')" for name in rules)
    key = schema.key_of(table)
    rows = connection.execute(
        f"SELECT {key}, ({sure}) IS TRUE, CAST(concat({texts}) AS BLOB) FROM {table}"
        f" WHERE {key} IN ({keys})",
        values,
    )
    doubtful = [pk for pk, is_sure, text in rows if not (is_sure and _is_utf8(text))]
    its = [
        each
        for each in schema.expected_tables(schema.latest_version())[table]
        if each.key or each.name in rules
    ]
    return {
        wrong.key
        for start in range(0, len(doubtful), _BATCH)
        for wrong in _wrong_rows(
            connection, table, its, f"{key} IN ({_listed(doubtful[start : start + _BATCH])})"
        )
    }


def _sure(name: str, rule: Column) -> str:
    number = rule.sure.count("{}")
    sure = rule.sure.format(*[name] * number)
    return f"{name} IS NULL OR {sure}" if rule.optional else sure


def _listed(pks: Iterable[int]) -> str:
    return ", ".join(f"{pk:d}" for pk in pks)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def present(connection: apsw.Connection, tables: Iterable[str]) -> list[str]:
    """Return those of the tables that are in the file."""
    known = schema.expected_tables(int(connection.pragma("user_version")))
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    return [table for table in tables if table in known and table in there]


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
    connection: apsw.Connection,
    table: str,
    columns: Sequence[schema.Column],
    where: str = "TRUE",
) -> Iterator[Wrong]:
    names = [column.name for column in columns if column.name in COLUMNS[table]]
    keys = [column.name for column in columns if column.key]
    shown = ", ".join(map(_raw, names))
    key_name = keys[0] if keys else "NULL"  # another column may not be readable
    for key, *row in connection.execute(f"SELECT {key_name}, {shown} FROM {table} WHERE {where}"):
        for name, kind, stored in zip(names, row[::2], row[1::2], strict=True):
            rule, value = COLUMNS[table][name], _decoded(kind, stored)
            reason = _reason(rule, value)
            if reason is not None:
                yield Wrong(table, key, name, value, reason, rule)


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

"""Write everything that a file holds at one moment as the lines of an archive.

SQLite writes the JSON, ten times as fast as Python. A field without a value is left out. A number
in a reference is the primary key of a row; an import into an empty file keeps it, so that a second
export is the same to the byte.
"""

import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS
from litemem.core.types import MemoryRecord
from litemem.store.filters import Condition
from litemem.store.sqlite import settings
from litemem.store.sqlite.rows import (
    IN_SCOPE_OF_M,
    records,
    to_json,
    unreadable,
)
from litemem.store.sqlite.values import RowDamageError, read_value

BATCH = 500  # memories that `rows` reads at once
ANYTHING = Condition("TRUE")


@dataclass(frozen=True, slots=True)
class _Part:
    """The lines of one kind: SQL for the fields, the rows, their order, and the vector."""

    fields: str
    rows: str
    order: str
    vector: str = "NULL"
    whole: bool = False  # only in an export of the whole file


def _text(column: str, name: str | None = None) -> str:
    label = name or column.rpartition(".")[2]
    return f"""',"{label}":' || nullif(json_quote({column}), 'null')"""


def _number(column: str, name: str | None = None) -> str:
    label = name or column.rpartition(".")[2]
    checked = f"iif(typeof({column}) IN ('integer', 'null'), {column}, litemem_wrong('{label}'))"
    return f"""',"{label}":' || {checked}"""


def _json(column: str, empty: str | None = None, name: str | None = None) -> str:
    """Return SQL for a JSON column as Python writes it, or nothing if the column is `empty`."""
    label = name or column.rpartition(".")[2]
    value = f"""',"{label}":' || litemem_json('{label}', {column})"""
    return value if empty is None else f"iif({column} = '{empty}', '', {value})"


def _fields(*fields: str) -> str:
    return ", ".join(fields)


def _ids(table: str) -> str:
    return _fields(*(_text(f"{table}.{key}") for key in ID_KEYS))


_EVENT = _fields(
    """'{"event":"', event, '"'""",
    _text("old_memory"),
    _text("new_memory"),
    _number("created_at"),
    _number("updated_at"),
    _text("actor_id"),
    _text("role"),
    _text("$event_successor", "superseded_by"),
    *(_text(key) for key in ID_KEYS),
    "'}'",
)
_EVENTS = f"group_concat(concat({_EVENT}), ',' ORDER BY pk)"
_FEEDBACK_FIELDS = _fields(
    """'{"feedback":', json_quote(feedback)""", _text("reason"), _number("created_at"), "'}'"
)
_FEEDBACK = f"SELECT concat({_FEEDBACK_FIELDS}) FROM feedback WHERE memory_pk = m.pk"
_SOURCE_EXISTS = f"SELECT 1 FROM message WHERE message.pk = value AND {IN_SCOPE_OF_M}"
_SOURCES = f"""
SELECT nullif(json_group_array(value ORDER BY key), '[]')
FROM json_each(m.sources)
WHERE EXISTS ({_SOURCE_EXISTS})
"""
_DELETED_SOURCES = f"""
SELECT nullif(json_group_array(DISTINCT value ORDER BY value), '[]')
FROM event AS m, json_each(m.sources)
WHERE m.memory_id = event.memory_id AND m.event = 'DELETE' AND EXISTS ({_SOURCE_EXISTS})
"""
_SUPPORT = """
SELECT json_group_array(m.pk ORDER BY m.pk)
FROM support
JOIN memory AS m ON m.pk = memory_pk
WHERE relation_pk = relation.pk AND $among
"""

_PARTS: Mapping[str, _Part] = {
    "damaged": _Part("""',"id":' || json_quote(id)""", "FROM left_out", "pk"),
    "project": _Part(
        _json("value", name="settings"),
        "FROM setting WHERE name = 'project' AND value <> '{}'",
        "name",
        whole=True,
    ),
    "finished_turn": _Part(
        _fields(
            _text("event_id"), _json("results"), _number("created_at"), _number("completed_at")
        ),
        "FROM finished_turn",
        "pk",
        whole=True,
    ),
    "turn": _Part(
        _fields(
            _number("turn.pk", "number"),
            _ids("session"),
            _json("options"),
            _text("error"),
            _number("created_at"),
            _text("event_id"),
            _number("tries"),
            _number("killed"),
            _number("tried_at"),
        ),
        "FROM turn CROSS JOIN session ON session.pk = session_pk"
        " WHERE EXISTS (SELECT 1 FROM message WHERE turn_pk = turn.pk)",
        "turn.pk",
        whole=True,
    ),
    "message": _Part(
        _fields(
            _number("message.pk", "number"),
            _ids("session"),
            _text("role"),
            _text("content"),
            _text("name"),
            _number("created_at"),
            _number("$turn", "turn"),
            _text("message.id"),
            _json("message.metadata", "{}"),
            _json("message.categories", "[]"),
            _number("message.expires_at"),
            """iif(passages = 0, ',"hidden":true', '')""",
            """iif(yielded, ',"yielded":true', '')""",
            _json("message.set_aside", "[]"),
        ),
        "FROM message CROSS JOIN session ON session.pk = session_pk WHERE $logged",
        "message.pk",
    ),
    "deleted": _Part(
        _fields(
            _text("memory_id", "id"),
            f"""',"sources":' || ({_DELETED_SOURCES})""",
            """',"history":['""",
            _EVENTS,
            "']'",
        ),
        "FROM event WHERE memory_id NOT IN (SELECT id FROM memory) GROUP BY memory_id",
        "min(pk)",
        whole=True,
    ),
    "memory": _Part(
        _fields(
            _number("m.pk", "number"),
            _text("m.id"),
            _text("m.content"),
            _ids("m"),
            _text("m.actor_id"),
            _text("m.role"),
            _text("m.attributed_to"),
            _text("m.memory_type"),
            _json("m.metadata", "{}"),
            _json("m.categories", "[]"),
            _number("m.created_at"),
            _number("m.updated_at"),
            _number("m.valid_from"),
            _number("m.valid_to"),
            _text("$successor", "superseded_by"),
            _number("m.expires_at"),
            f"""iif(m.sources = '[]', '', ',"sources":' || ({_SOURCES}))""",
            """iif(m.immutable, ',"immutable":true', '')""",
            """',"repeats":' || nullif(m.repeats, 0)""",
            f"""',"feedback":' || ({_FEEDBACK})""",
            f"""',"history":[' || (SELECT {_EVENTS} FROM event WHERE memory_id = m.id) || ']'""",
        ),
        "FROM memory AS m LEFT JOIN embedding AS e ON e.pk = m.pk WHERE $among",
        "m.pk",
        vector="e.vector",
    ),
    "conflict": _Part(
        _fields(
            _text("conflict.id"),
            """',"memories":' || json_array(first_pk, second_pk)""",
            _number("conflict.created_at"),
            _number("settled_at"),
        ),
        "FROM conflict WHERE $both",
        "conflict.pk",
    ),
    "entity": _Part(
        _fields(
            _number("entity.pk", "number"),
            _text("name"),
            _ids("entity"),
            _number("$first", "same_as"),
        ),
        "FROM entity WHERE $named",
        "entity.pk",
        vector="entity.vector",
    ),
    "relation": _Part(
        _fields(
            _number("relation.pk", "number"),
            _number("source_pk", "source"),
            _text("relationship"),
            _number("destination_pk", "destination"),
            f"""',"memories":' || ({_SUPPORT})""",
        ),
        "FROM relation WHERE $supported",
        "relation.pk",
    ),
}
_SHOWN = 80  # characters of a line or value in a message
# table and column by their names in lines
_JSON_COLUMNS = {
    "settings": ("setting", "value"),
    "results": ("finished_turn", "results"),
    "options": ("turn", "options"),
    "metadata": ("memory", "metadata"),
    "categories": ("memory", "categories"),
    "set_aside": ("message", "set_aside"),
}
_WHOLE = {
    "among": "m.pk NOT IN (SELECT pk FROM left_out)",
    "logged": "TRUE",
    "both": "first_pk NOT IN (SELECT pk FROM left_out)"
    " AND second_pk NOT IN (SELECT pk FROM left_out)",
    "named": "TRUE",
    "supported": "NOT EXISTS (SELECT 1 FROM left_out) OR relation.pk IN"
    " (SELECT relation_pk FROM support WHERE memory_pk NOT IN (SELECT pk FROM left_out))",
    "turn": "turn_pk",
    "successor": "m.superseded_by",
    "event_successor": "superseded_by",
    "first": "same_as",
}
# Nothing of memories outside the condition is exported, not even an id or a name.
_CHOSEN_ONLY = {
    "among": "m.pk IN (SELECT pk FROM chosen)",
    "logged": "message.pk IN (SELECT value FROM memory AS m, json_each(m.sources)"
    f" WHERE m.pk IN (SELECT pk FROM chosen) AND EXISTS ({_SOURCE_EXISTS}))",
    "both": "first_pk IN (SELECT pk FROM chosen) AND second_pk IN (SELECT pk FROM chosen)",
    "named": "entity.pk IN"
    " (SELECT source_pk FROM supported UNION SELECT destination_pk FROM supported)",
    "supported": "relation.pk IN (SELECT pk FROM supported)",
    "turn": "NULL",
    "successor": "iif(m.superseded_by IN (SELECT id FROM chosen), m.superseded_by, NULL)",
    "event_successor": "iif(superseded_by IN (SELECT id FROM chosen), superseded_by, NULL)",
    "first": "nullif(min(entity.pk) OVER"
    " (PARTITION BY coalesce(entity.same_as, entity.pk)), entity.pk)",
}
# of the memories that cannot be read: the primary key, and what is shown as the id
_LEFT_OUT = """
WITH
  left_out AS MATERIALIZED (SELECT value ->> 0 AS pk, value ->> 1 AS id FROM json_each(?))
"""
_CHOSEN = """,
  chosen AS MATERIALIZED (
    SELECT m.pk, m.id FROM memory AS m WHERE m.pk NOT IN (SELECT pk FROM left_out) AND ({})
  ),
  supported AS MATERIALIZED (
    SELECT pk, source_pk, destination_pk
    FROM relation
    WHERE pk IN (SELECT relation_pk FROM support WHERE memory_pk IN (SELECT pk FROM chosen))
  )
"""


class ArchiveWriter:
    """The lines of an archive, without line ends, as of the moment that a connection sees.

    `condition` restricts the export to the matching memories and their rows; None exports the whole
    file. `embedder` is the embedder of the vectors in the lines, or None without vectors. `damaged`
    has the ids of the memories that cannot be read: they are left out, with what is theirs alone.
    """

    def __init__(
        self, connection: apsw.Connection, condition: Condition | None, *, vectors: bool
    ) -> None:
        connection.create_scalar_function("litemem_json", _canonical, 2, deterministic=True)
        connection.create_scalar_function("litemem_wrong", _wrong_number, 1)
        self._connection = connection
        self._condition = condition
        self.embedder: EmbedderIdentity | None = None
        self._check_chosen()
        left_out = unreadable(connection, self._memories())
        self.damaged = list(left_out.values())
        self._left_out = json.dumps(list(left_out.items()))
        self.counts = {kind: self._count(part) for kind, part in self._parts()}
        if vectors and self.counts["memory"]:
            self.embedder = settings.embedder(connection)

    def lines(self) -> Iterator[str]:
        """Yield the lines by kind, each kind in the order of its primary keys."""
        for kind, part in self._parts():
            if self.counts[kind]:
                yield from self._lines(kind, part)

    def rows(self) -> Iterator[MemoryRecord]:
        """Yield the memories that can be read by scope, the oldest of each scope first."""
        rows = self._execute(
            "SELECT m.pk FROM memory AS m WHERE $among"
            " ORDER BY user_id, agent_id, app_id, run_id, created_at, m.pk"
        )
        pks = [pk for (pk,) in rows]
        for start in range(0, len(pks), BATCH):
            batch = pks[start : start + BATCH]
            found = records(self._connection, batch, self._condition or ANYTHING)
            yield from (found[pk] for pk in batch)

    def _memories(self) -> list[int]:
        """Return the primary keys of the memories to export, also of those that are damaged."""
        condition = self._condition or ANYTHING
        rows = self._connection.execute(
            f"SELECT m.pk FROM memory AS m WHERE {condition.sql} ORDER BY m.pk",
            condition.parameters,
        )
        return [pk for (pk,) in rows]

    def _check_chosen(self) -> None:
        """Check that no damaged index led to a memory outside the condition."""
        if self._condition is None:
            return
        # two statements, as one may bind at most 32,766 values
        sql, values = self._condition.sql, self._condition.parameters
        chosen = self._connection.execute(
            f"SELECT json_group_array(m.pk) FROM memory AS m WHERE {sql}", values
        ).get
        misled = self._connection.execute(
            f"SELECT count(CASE WHEN ({sql}) IS NOT TRUE THEN 1 END)"
            " FROM json_each(?) LEFT JOIN memory AS m ON m.pk = value",
            (*values, chosen),
        ).get
        if misled:
            raise RowDamageError("an index of memory leads to wrong rows")

    def _parts(self) -> Iterator[tuple[str, _Part]]:
        return ((k, p) for k, p in _PARTS.items() if self._condition is None or not p.whole)

    def _count(self, part: _Part) -> int:
        return int(self._execute(f"SELECT count(*) FROM (SELECT 1 {part.rows})").get)

    def _lines(self, kind: str, part: _Part) -> Iterator[str]:
        has_vector = part.vector != "NULL" and self.embedder is not None
        vector = part.vector if has_vector else "NULL"
        line = f"""concat('{{"kind":"{kind}"', {part.fields}, '}}')"""
        rows = self._execute(f"SELECT {line}, {vector} {part.rows} ORDER BY {part.order}")
        if not has_vector:
            yield from (line for line, _ in rows)
            return
        for line, blob in rows:
            if blob is None:
                yield line
            elif not isinstance(blob, bytes):
                raise RowDamageError(f"{line[:_SHOWN]}…: the vector must be bytes")
            else:
                text = binascii.b2a_base64(blob, newline=False).decode()
                yield f'{line[:-1]},"vector":"{text}"}}'

    def _execute(self, sql: str) -> apsw.Cursor:
        names = _WHOLE if self._condition is None else _CHOSEN_ONLY
        statement = Template(sql).substitute(names)
        if self._condition is None:
            return self._connection.execute(_LEFT_OUT + statement, (self._left_out,))
        # not through the template: the SQL of a filter may contain a dollar sign
        sql = _LEFT_OUT + _CHOSEN.replace("{}", self._condition.sql) + statement
        return self._connection.execute(sql, (self._left_out, *self._condition.parameters))


def _canonical(*values: Any) -> str | None:
    """Rewrite JSON as `to_json` writes it."""
    name, text = values
    if text is None or text in ("{}", "[]"):
        return text  # type: ignore[no-any-return]
    table, column = _JSON_COLUMNS[name]
    key = settings.PROJECT if table == "setting" else f"{text!r:.{_SHOWN}}"
    return to_json(read_value(table, key, column, text))


def _wrong_number(*values: Any) -> None:
    """Refuse a row with something else than a number."""
    raise RowDamageError(f"{values[0]} must be a whole number")

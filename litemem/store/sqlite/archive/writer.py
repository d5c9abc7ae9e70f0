"""Write everything that a file holds at one moment as the lines of an archive.

SQLite writes the JSON, ten times as fast as Python. A field without a value is left out. A number
in a reference is the primary key of a row; an import into an empty file keeps it, so that a second
export is the same to the byte.
"""

import binascii
import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import apsw

from litemem.core.checks import EARLIEST, LATEST
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS
from litemem.core.types import MemoryRecord
from litemem.store.filters import Condition
from litemem.store.sqlite import settings
from litemem.store.sqlite.archive.left_out import SAME_SCOPE, LeftOut, check_chosen, out
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, read_json, records, to_json
from litemem.store.sqlite.values import read_value

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
    return f"""',"{label}":' || {column}"""


def _json(column: str, empty: str | None = None, name: str | None = None) -> str:
    """Return SQL for a JSON column as Python writes it, or nothing if the column is `empty`."""
    label = name or column.rpartition(".")[2]
    value = f"""',"{label}":' || litemem_json('{label}', {column})"""
    return value if empty is None else f"iif({column} = '{empty}', '', {value})"


def _days(owner: str) -> str:
    """Return SQL for the days that a text speaks of: whoever said it may live in another zone."""
    return f"""',"days":' || (
  SELECT nullif(json_group_array(json_array(start, stop) ORDER BY start, stop), '[]')
  FROM mention
  WHERE owner = {owner} AND typeof(start) = 'integer' AND typeof(stop) = 'integer'
    AND {EARLIEST} <= start AND start < stop AND stop <= {LATEST}
)"""


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
    f"iif(details IS NULL, '', {_json('details')})",
    "'}'",
)
_EVENTS = f"group_concat(concat({_EVENT}), ',' ORDER BY pk)"
# the history of a memory, if it is known from its beginning
_HISTORY = f"""
SELECT {_EVENTS}
FROM event
WHERE memory_id = m.id AND pk NOT IN {out("event")}
HAVING max(event = 'ADD')
"""
_FEEDBACK_FIELDS = _fields(
    """'{"feedback":', json_quote(feedback)""", _text("reason"), _number("created_at"), "'}'"
)
_FEEDBACK = f"""
SELECT concat({_FEEDBACK_FIELDS})
FROM feedback
WHERE memory_pk = m.pk AND memory_pk NOT IN {out("feedback")}
"""
_SOURCE_EXISTS = f"""
typeof(value) = 'integer' AND value NOT IN {out("message")}
AND EXISTS (SELECT 1 FROM message WHERE message.pk = value AND {IN_SCOPE_OF_M})
"""
_SOURCES = f"""
SELECT nullif(json_group_array(value ORDER BY key), '[]')
FROM json_each({read_json("m.sources")})
WHERE {_SOURCE_EXISTS}
"""
_DELETED_SOURCES = f"""
SELECT nullif(json_group_array(DISTINCT value ORDER BY value), '[]')
FROM event AS m, json_each({read_json("m.sources")})
WHERE m.memory_id = event.memory_id AND m.event = 'DELETE' AND m.pk NOT IN {out("event")}
  AND {_SOURCE_EXISTS}
"""
_SUPPORT = f"""
SELECT json_group_array(m.pk ORDER BY m.pk)
FROM support
JOIN memory AS m ON m.pk = memory_pk
JOIN entity ON entity.pk = source_pk
WHERE relation_pk = relation.pk AND {SAME_SCOPE.format("m", "entity")} AND $among
"""

_PARTS: Mapping[str, _Part] = {
    "damaged": _Part("""',"id":' || json_quote(id)""", "FROM left_out WHERE id IS NOT NULL", "nr"),
    "project": _Part(
        _json("value", name="settings"),
        f"FROM setting WHERE name = 'project' AND value <> '{{}}' AND 0 NOT IN {out('project')}",
        "name",
        whole=True,
    ),
    "finished_turn": _Part(
        _fields(
            _text("event_id"), _json("results"), _number("created_at"), _number("completed_at")
        ),
        f"FROM finished_turn WHERE pk NOT IN {out('finished_turn')}",
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
        f" WHERE turn.pk NOT IN {out('turn')} AND EXISTS (SELECT 1 FROM message"
        " WHERE turn_pk = turn.pk AND message.session_pk = turn.session_pk"
        f" AND message.pk NOT IN {out('message')})",
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
            # in doubt both: what was deleted must not come back
            """iif(coalesce(passages, 1) = 0 OR typeof(passages) NOT IN ('integer', 'null'),"""
            """ ',"hidden":true', '')""",
            """iif(yielded IS 0, '', ',"yielded":true')""",
            _json("message.set_aside", "[]"),
            _days("-message.pk"),
        ),
        "FROM message CROSS JOIN session ON session.pk = session_pk"
        f" WHERE $logged AND message.pk NOT IN {out('message')}",
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
        "FROM event WHERE memory_id NOT IN (SELECT id FROM memory)"
        f" AND pk NOT IN {out('event')} GROUP BY memory_id",
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
            _days("m.pk"),
            """iif(m.immutable, ',"immutable":true', '')""",
            """',"repeats":' || nullif(m.repeats, 0)""",
            f"""',"feedback":' || ({_FEEDBACK})""",
            f"""',"history":[' || ({_HISTORY}) || ']'""",
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
        f"FROM conflict WHERE $both AND pk NOT IN {out('conflict')}",
        "conflict.pk",
    ),
    "entity": _Part(
        _fields(
            _number("entity.pk", "number"),
            _text("name"),
            _ids("entity"),
            _number("$first", "same_as"),
        ),
        f"FROM entity WHERE $named AND pk NOT IN {out('entity')}",
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
        f"FROM relation WHERE $supported AND pk NOT IN {out('relation')}",
        "relation.pk",
    ),
    "shown": _Part(
        _fields(_text("memory_id"), _ids("shown"), _text("event"), _number("shown_at")),
        f"FROM shown WHERE shown.pk NOT IN {out('shown')}",
        "shown.pk",
        whole=True,
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
    "details": ("event", "details"),
}


class ArchiveWriter:
    """The lines of an archive, without line ends, as of the moment that a connection sees.

    `condition` restricts the export to the matching memories and their rows; None exports the whole
    file. `embedder` is the embedder of the vectors in the lines, or None without vectors. `damaged`
    names the rows that cannot be read: they are left out, with what is theirs alone.
    """

    def __init__(
        self, connection: apsw.Connection, condition: Condition | None, *, vectors: bool
    ) -> None:
        connection.create_scalar_function("litemem_json", _canonical, 2, deterministic=True)
        self._connection = connection
        self._condition = condition
        self.embedder: EmbedderIdentity | None = None
        check_chosen(connection, condition)
        self._left_out = LeftOut(connection, condition, vectors=vectors)
        self.damaged = self._left_out.names()
        self.damaged_memories = self._left_out.names("memory")
        self.counts = {kind: self._count(part) for kind, part in self._parts()}
        if vectors and self.counts["memory"] and not self._left_out.has(settings.EMBEDDER):
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
        width = 4 * self.embedder.dimensions if self.embedder else 0
        for line, blob in rows:
            if isinstance(blob, bytes) and len(blob) == width and _is_finite(blob):
                text = binascii.b2a_base64(blob, newline=False).decode()
                yield f'{line[:-1]},"vector":"{text}"}}'
            else:  # an import embeds the text
                yield line

    def _execute(self, sql: str) -> apsw.Cursor:
        return self._left_out.execute(sql)


def _is_finite(vector: bytes) -> bool:
    return math.isfinite(sum(array("f", vector)))


def _canonical(*values: Any) -> str | None:
    """Rewrite JSON as `to_json` writes it."""
    name, text = values
    if text is None or text in ("{}", "[]"):
        return text  # type: ignore[no-any-return]
    table, column = _JSON_COLUMNS[name]
    key = settings.PROJECT if table == "setting" else f"{text!r:.{_SHOWN}}"
    return to_json(read_value(table, key, column, text))

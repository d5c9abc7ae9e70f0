"""The damaged rows that an export leaves out, as an import would refuse their lines.

A row is damaged if a value is wrong, or if it refers to a row that is missing, damaged or of
another scope. A reference that the row does not need is left out alone: the turn of a message, the
first entity of an alias, a source of a memory.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from string import Template
from typing import Any

import apsw

from litemem.core.checks import MAX_NUMBER
from litemem.core.scope import ID_KEYS
from litemem.store.filters import Condition
from litemem.store.sqlite import schema, settings
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, shown_id, unreadable
from litemem.store.sqlite.values import COLUMNS, RowDamageError, read_value
from litemem.store.sqlite.wrong_values import find_wrong_rows

SAME_SCOPE = " AND ".join(f"{{0}}.{key} IS {{1}}.{key}" for key in ID_KEYS)
_NO_SCOPE = f"coalesce({', '.join(ID_KEYS)}) IS NULL"
_OF_SUPPORT = f"""
FROM support
JOIN memory AS m ON m.pk = memory_pk
JOIN relation AS its ON its.pk = relation_pk
JOIN entity AS named ON named.pk = its.source_pk
WHERE {SAME_SCOPE.format("m", "named")}
"""
_IDENTIFIED = ("memory", "message", "conflict")  # named by their ids


def out(kind: str) -> str:
    """Return SQL for the primary keys of the rows of one kind that are left out."""
    return f"(SELECT pk FROM left_out WHERE kind = '{kind}')"


_WHOLE = {
    "among": f"m.pk NOT IN {out('memory')}",
    "logged": "TRUE",
    "of_memories": "TRUE",
    "both": f"first_pk NOT IN {out('memory')} AND second_pk NOT IN {out('memory')}",
    "named": "TRUE",
    "supported": "NOT EXISTS (SELECT 1 FROM left_out) OR relation.pk IN"
    f" (SELECT relation_pk {_OF_SUPPORT} AND m.pk NOT IN {out('memory')})",
    "turn": "(SELECT t.pk FROM turn AS t WHERE t.pk = message.turn_pk"
    f" AND t.session_pk = message.session_pk AND t.pk NOT IN {out('turn')})",
    "successor": "m.superseded_by",
    "event_successor": "superseded_by",
}
# Nothing of memories outside the condition is exported, not even an id or a name.
_CHOSEN_ONLY = {
    "among": "m.pk IN (SELECT pk FROM chosen)",
    "logged": "message.pk IN (SELECT message.pk FROM memory AS m, json_each("
    "iif(json_valid(m.sources), m.sources, '[]')) AS source, message"
    " WHERE m.pk IN (SELECT pk FROM chosen) AND message.pk = source.value"
    f" AND {IN_SCOPE_OF_M} UNION SELECT pk FROM alone)",
    "of_memories": "memory_id IN (SELECT id FROM chosen)",
    "both": "first_pk IN (SELECT pk FROM chosen) AND second_pk IN (SELECT pk FROM chosen)",
    "named": "entity.pk IN"
    " (SELECT source_pk FROM supported UNION SELECT destination_pk FROM supported)",
    "supported": "relation.pk IN (SELECT pk FROM supported)",
    "turn": "NULL",
    "successor": "iif(m.superseded_by IN (SELECT id FROM chosen), m.superseded_by, NULL)",
    "event_successor": "iif(superseded_by IN (SELECT id FROM chosen), superseded_by, NULL)",
}
# each with its kind, its primary key and its name
_LEFT_OUT = """
WITH
  left_out AS MATERIALIZED (
    SELECT key AS nr, value ->> 0 AS kind, value ->> 1 AS pk, value ->> 2 AS id FROM json_each(?)
  )
"""
_CHOSEN = f""",
  chosen AS MATERIALIZED (
    SELECT m.pk, m.id FROM memory AS m WHERE m.pk NOT IN {out("memory")} AND ({{}})
  ),
  supported AS MATERIALIZED (
    SELECT pk, source_pk, destination_pk
    FROM relation
    WHERE pk IN (SELECT relation_pk {_OF_SUPPORT} AND m.pk IN (SELECT pk FROM chosen))
  ),
  alone AS MATERIALIZED (  -- of the messages under the condition, those from which no other
    SELECT value AS pk  -- memory came
    FROM json_each(?)
    WHERE NOT EXISTS (
      SELECT 1 FROM origin WHERE message_pk = value AND memory_pk NOT IN (SELECT pk FROM chosen)
    )
  )
"""


@dataclass(frozen=True, slots=True)
class _ExportRule:
    """Which rows of a table are exported, and which of them refer to what is not.

    The values of the columns `only` are checked, or those of all but the columns `without`.
    """

    kind: str
    table: str
    keys: str
    broken: str = ""
    only: Collection[str] = ()
    without: Collection[str] = ()
    whole: bool = False  # only in an export of the whole file
    named: bool = True


_RULES = (
    _ExportRule(
        "memory",
        "memory",
        "SELECT m.pk FROM memory AS m WHERE $among",
        f"SELECT pk FROM memory WHERE {_NO_SCOPE}",
        only=("id", "superseded_by", "immutable", "repeats"),  # `unreadable` checks the others
    ),
    _ExportRule(
        "session",
        "session",
        "SELECT pk FROM session",
        f"SELECT pk FROM session WHERE {_NO_SCOPE}",
        whole=True,
        named=False,
    ),
    _ExportRule(
        "turn",
        "turn",
        "SELECT pk FROM turn WHERE EXISTS (SELECT 1 FROM message WHERE turn_pk = turn.pk)",
        "SELECT pk FROM turn WHERE session_pk NOT IN"
        f" (SELECT pk FROM session WHERE pk NOT IN {out('session')})"
        " OR NOT EXISTS (SELECT 1 FROM message"
        " WHERE turn_pk = turn.pk AND message.session_pk = turn.session_pk)",
        whole=True,
    ),
    _ExportRule(
        "message",
        "message",
        "SELECT message.pk FROM message WHERE $logged",
        "SELECT pk FROM message WHERE session_pk NOT IN"
        f" (SELECT pk FROM session WHERE pk NOT IN {out('session')})",
        without=("session_pk", "turn_pk", "passages", "yielded"),
    ),
    _ExportRule("event", "event", "SELECT pk FROM event WHERE $of_memories", without=("sources",)),
    _ExportRule(
        "feedback",
        "feedback",
        "SELECT memory_pk FROM feedback JOIN memory AS m ON m.pk = memory_pk WHERE $among",
    ),
    _ExportRule("finished_turn", "finished_turn", "SELECT pk FROM finished_turn", whole=True),
    _ExportRule(
        "conflict",
        "conflict",
        "SELECT pk FROM conflict WHERE $both",
        "SELECT conflict.pk FROM conflict LEFT JOIN memory AS m ON m.pk = first_pk"
        " LEFT JOIN memory AS other ON other.pk = second_pk WHERE m.pk IS NULL"
        f" OR other.pk IS NULL OR m.pk = other.pk OR NOT ({SAME_SCOPE.format('m', 'other')})",
    ),
    _ExportRule(
        "entity",
        "entity",
        "SELECT pk FROM entity WHERE $named",
        f"SELECT pk FROM entity WHERE {_NO_SCOPE}",
        without=("form", "vector"),
    ),
    _ExportRule(
        "relation",
        "relation",
        "SELECT pk FROM relation WHERE $supported",
        "SELECT relation.pk FROM relation"
        f" LEFT JOIN entity AS a ON a.pk = source_pk AND a.pk NOT IN {out('entity')}"
        f" LEFT JOIN entity AS b ON b.pk = destination_pk AND b.pk NOT IN {out('entity')}"
        f" WHERE a.pk IS NULL OR b.pk IS NULL OR NOT ({SAME_SCOPE.format('a', 'b')})"
        f" OR relation.pk NOT IN (SELECT relation_pk {_OF_SUPPORT})",
    ),
    _ExportRule(
        "shown",
        "shown",
        "SELECT pk FROM shown",
        f"SELECT pk FROM shown WHERE {_NO_SCOPE}",
        whole=True,
    ),
)
_WRONG_ALIASES = f"""
SELECT EXISTS (
  SELECT 1 FROM entity AS m LEFT JOIN entity AS first ON first.pk = m.same_as
  WHERE m.same_as IS NOT NULL AND (
    first.pk IS NULL OR first.same_as IS NOT NULL OR NOT ({SAME_SCOPE.format("m", "first")})
  )
)
"""
# the first entity of those that are exported and mean the same
_FIRST = f"""
nullif(min(entity.pk) OVER (
  PARTITION BY coalesce(entity.same_as, entity.pk), {", ".join(f"entity.{key}" for key in ID_KEYS)}
), entity.pk)
"""


class LeftOut:
    """What an export leaves out, and the execution of statements that have it as `left_out`.

    A `condition` restricts the export to the matching memories and their rows: these are `chosen`
    and `supported`. None exports the whole file.
    """

    def __init__(
        self, connection: apsw.Connection, condition: Condition | None, *, vectors: bool
    ) -> None:
        self._connection = connection
        self._condition = condition
        self._names = _WHOLE if condition is None else _CHOSEN_ONLY
        self._rows: list[tuple[str, int, str | None]] = []
        self._json = "[]"
        self._said = _messages_under(connection, condition) if condition else "[]"
        for name in [settings.PROJECT] * (condition is None) + [settings.EMBEDDER] * vectors:
            if not self._is_readable(name):
                self._add(name, {0: f"setting {name}"})
        for rule in _RULES:
            if condition is None or not rule.whole:
                self._add(rule.kind, self._found_by(rule))
        self._add("sources", self._wrong_sources())
        wrong_aliases = self.has("entity") or bool(connection.execute(_WRONG_ALIASES).get)
        first = _FIRST if wrong_aliases or condition is not None else "same_as"
        self._names = self._names | {"first": first}

    def names(self, kind: str | None = None) -> list[str]:
        """Return the name of each row, or of those of one kind: the id if it has one."""
        return [name for of, _, name in self._rows if name is not None and kind in (None, of)]

    def execute(self, sql: str) -> apsw.Cursor:
        """Execute a statement that may refer to `left_out`, and to `$among` and the like."""
        return self._connection.execute(*self._statement(sql))

    def _statement(self, sql: str) -> tuple[str, tuple[Any, ...]]:
        statement = Template(sql).substitute(self._names)
        if self._condition is None:
            return _LEFT_OUT + statement, (self._json,)
        # not through the template: the SQL of a filter may contain a dollar sign
        chosen = _CHOSEN.replace("{}", self._condition.sql)
        return _LEFT_OUT + chosen + statement, (self._json, *self._condition.parameters, self._said)

    def _add(self, kind: str, found: dict[int, str | None] | dict[int, str]) -> None:
        if found:
            self._rows += ((kind, pk, name) for pk, name in sorted(found.items()))
            self._json = json.dumps(self._rows)

    def has(self, kind: str) -> bool:
        """Return True if something of a kind is left out."""
        return any(of == kind for of, _, _ in self._rows)

    def _found_by(self, rule: _ExportRule) -> dict[int, str | None]:
        keys, values = self._statement(rule.keys)
        columns = rule.only or [n for n in COLUMNS[rule.table] if n not in rule.without]
        wrong = find_wrong_rows(self._connection, rule.table, keys, values, columns=columns)
        wrong |= self._unnumbered(rule)
        if rule.broken:
            broken = [pk for (pk,) in self.execute(rule.broken)]
            if broken:
                wrong.update({pk for (pk,) in self.execute(rule.keys)}.intersection(broken))
        if rule.kind == "memory":
            wrong.update(unreadable(self._connection, [pk for (pk,) in self.execute(rule.keys)]))
        return {pk: self._name(rule, pk) if rule.named else None for pk in wrong}

    def _unnumbered(self, rule: _ExportRule) -> set[int]:
        """Return the rows with a primary key that an archive cannot have."""
        key = schema.key_of(rule.table)
        rows = self._connection.execute(
            f"SELECT {key} FROM {rule.table} WHERE {key} < 1 OR {key} > {MAX_NUMBER}"
        )
        return {pk for (pk,) in rows}

    def _name(self, rule: _ExportRule, pk: int) -> str:
        if rule.table in _IDENTIFIED:
            return shown_id(self._connection, rule.table, pk)
        return f"{rule.table} {pk}"

    def _wrong_sources(self) -> dict[int, str]:
        """Return the memories that are exported without their sources, which cannot be read."""
        keys, values = self._statement("SELECT m.pk FROM memory AS m WHERE $among")
        wrong = find_wrong_rows(self._connection, "memory", keys, values, columns=["sources"])
        return {pk: f"the sources of {shown_id(self._connection, 'memory', pk)}" for pk in wrong}

    def _is_readable(self, setting: str) -> bool:
        sql = "SELECT CAST(value AS BLOB), typeof(value) FROM setting WHERE name = ?"
        row = self._connection.execute(sql, (setting,)).fetchone()
        if row is None:
            return True
        try:
            value = row[0].decode() if row[1] == "text" else row[0]
            read_value("setting", setting, "value", value)
        except (RowDamageError, UnicodeDecodeError):
            return False
        return True


def _messages_under(connection: apsw.Connection, condition: Condition) -> str:
    """Return the keys of the messages that a search under a condition may find, as JSON.

    They are no part of a statement with the memories: one may bind at most 32,766 values.
    """
    sql = f"SELECT json_group_array(m.message_pk) FROM found_message AS m WHERE {condition.sql}"
    return str(connection.execute(sql, condition.parameters).get)


def check_chosen(connection: apsw.Connection, condition: Condition | None) -> None:
    """Check that no damaged index leads to a memory outside the condition.

    Raises:
        RowDamageError: one does.
    """
    if condition is None:
        return
    # two statements, as one may bind at most 32,766 values
    sql, values = condition.sql, condition.parameters
    chosen = connection.execute(
        f"SELECT json_group_array(m.pk) FROM memory AS m WHERE {sql}", values
    ).get
    misled = connection.execute(
        f"SELECT count(CASE WHEN ({sql}) IS NOT TRUE THEN 1 END)"
        " FROM json_each(?) LEFT JOIN memory AS m ON m.pk = value",
        (*values, chosen),
    ).get
    if misled:
        raise RowDamageError("an index of memory leads to wrong rows")

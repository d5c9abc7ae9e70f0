"""Delete expired, superseded or old memories, messages and history, in a transaction.

A large cleanup is done in several transactions: `select` finds the rows without a lock, and
`remove` deletes some of them, if the plan still selects them.
"""

import json
from collections.abc import Iterable
from itertools import chain

import apsw

from litemem.core.graph import STATED
from litemem.core.scope import ID_KEYS
from litemem.core.types import DOCUMENT
from litemem.store.filters import Condition, valid_now
from litemem.store.protocol import CleanupPlan, Key
from litemem.store.sqlite import settings
from litemem.store.sqlite.repeats import link_repeats
from litemem.store.sqlite.rows import (
    LISTED,
    check_rows,
    id_list,
    matching,
    read_field,
    read_json,
    readable,
    records,
    to_json,
)
from litemem.store.sqlite.shown import trim_shown
from litemem.store.sqlite.supersession import LIKE_EITHER, WRITE_OUT_ADD
from litemem.store.sqlite.vector_index import VectorIndex

_IDS = ", ".join(ID_KEYS)
_FILLED = ", ".join(f"coalesce({key}, '')" for key in ID_KEYS)

_RELATIONS = """
SELECT nullif(json_group_array(json_array(a.name, relationship, b.name) ORDER BY relation.pk), '[]')
FROM support
JOIN relation ON relation.pk = relation_pk
JOIN entity AS a ON a.pk = source_pk
JOIN entity AS b ON b.pk = destination_pk
WHERE memory_pk = memory.pk
  AND typeof(a.name) = 'text' AND typeof(b.name) = 'text' AND typeof(relationship) = 'text'
"""
_FEEDBACK = """
SELECT concat(
  '{"feedback":', json_quote(feedback),
  ',"reason":' || nullif(json_quote(reason), 'null'),
  ',"created_at":', created_at, '}'
)
FROM feedback
WHERE memory_pk = memory.pk
  AND typeof(created_at) = 'integer' AND typeof(reason) IN ('text', 'null')
"""
# what an undo needs of a deleted memory and no column has; SQLite writes it for many at once
_DETAILS = f"""
nullif('{{' || substr(concat(
  ',"attributed_to":' || nullif(json_quote(attributed_to), 'null'),
  ',"memory_type":' || nullif(json_quote(memory_type), 'null'),
  iif(metadata = '{{}}', '', ',"metadata":' || metadata),
  iif(categories = '[]', '', ',"categories":' || categories),
  ',"valid_from":' || valid_from,
  ',"valid_to":' || valid_to,
  ',"expires_at":' || expires_at,
  iif(immutable, ',"immutable":true', ''),
  ',"repeats":' || nullif(repeats, 0),
  ',"feedback":' || ({_FEEDBACK}),
  ',"relations":' || ({_RELATIONS})
), 2) || '}}', '{{}}')
"""
_WRITE_DELETE = f"""
INSERT INTO event
  (memory_id, event, old_memory, created_at, updated_at, actor_id, role, {_IDS}, sources, details)
SELECT id, 'DELETE', content, created_at, ?, actor_id, role, {_IDS}, sources, {_DETAILS}
FROM memory
WHERE pk IN {LISTED}
"""
_WRONG_SOURCES = f"""
SELECT pk FROM memory
WHERE pk IN {LISTED}
  AND (
    NOT json_valid(sources)
    OR EXISTS (SELECT 1 FROM json_each({read_json("sources")}) WHERE type <> 'integer')
  )
"""
# hidden memories (expired or superseded) are deleted before visible ones
_BEYOND = f"""
SELECT pk
FROM (
  SELECT m.pk, row_number() OVER (
    PARTITION BY {_IDS}
    ORDER BY
      (expires_at IS NOT NULL AND expires_at <= ?) + (valid_to IS NOT NULL AND valid_to <= ?) > 0,
      created_at DESC,
      id DESC
  ) AS place
  FROM memory AS m
  WHERE m.pk IN {LISTED}
)
WHERE place > ?
"""
_OLD_MESSAGES = """
SELECT pk
FROM message
WHERE turn_pk IS NULL AND created_at <= ? AND session_pk IN (SELECT m.pk FROM session AS m WHERE {})
"""
_ORPHANED_MESSAGES = f"""
SELECT pk
FROM message
WHERE session_pk IN (
  SELECT m.pk
  FROM session AS m
  WHERE {{}}
    AND ({_FILLED}) NOT IN (SELECT {_FILLED} FROM memory)
    AND m.pk NOT IN (SELECT session_pk FROM turn)
    AND m.pk NOT IN (SELECT session_pk FROM message WHERE passages IS NOT 0)
)
"""
# a successor keeps its history as long as a memory or an event refers to it
_OLD_HISTORY = f"""
SELECT memory_id
FROM event NOT INDEXED
WHERE memory_id IN (
  SELECT m.id FROM memory AS m WHERE m.pk IN {LISTED}
  UNION ALL
  SELECT m.memory_id
  FROM event AS m NOT INDEXED
  WHERE m.event = 'DELETE' AND {{}}
    AND m.memory_id NOT IN (SELECT id FROM memory)
    AND m.memory_id NOT IN (
      SELECT superseded_by FROM memory WHERE superseded_by IS NOT NULL
      UNION ALL SELECT superseded_by FROM event WHERE superseded_by IS NOT NULL
    )
)
GROUP BY memory_id
HAVING max(coalesce(updated_at, created_at)) <= ?
"""
# of a memory, and of the DELETE of one that is gone
_FORGET_SOURCES = tuple(
    f"""
UPDATE {table}
SET sources = (
  SELECT json_group_array(value) FROM json_each({listed}) WHERE value NOT IN {LISTED}
)
WHERE sources <> '[]'
  AND EXISTS (SELECT 1 FROM json_each({listed}) WHERE value IN {LISTED})
"""
    for table in ("memory", "event")
    for listed in (read_json(f"{table}.sources"),)
)
_DROP_LOST_SOURCES = f"""
UPDATE memory
SET sources = (
  SELECT json_group_array(value) FROM json_each({read_json("memory.sources")})
  WHERE value IN (SELECT pk FROM message)
)
WHERE pk IN (
  SELECT m.pk
  FROM memory AS m
  JOIN json_each({read_json("m.sources")}) AS source
  WHERE {{}} AND source.value NOT IN (SELECT pk FROM message)
)
"""
_EMPTY_SESSIONS = """
DELETE FROM session
WHERE pk NOT IN (SELECT session_pk FROM message) AND pk NOT IN (SELECT session_pk FROM turn)
  AND pk IN (SELECT m.pk FROM session AS m WHERE {})
"""
_ORPHANED_OUTCOMES = f"""
DELETE FROM finished_turn
WHERE results <> '[]' AND NOT EXISTS (
  SELECT 1 FROM json_each({read_json("results")}) AS result
  JOIN memory ON memory.id = {read_field("result", "id")}
)
"""
# rows without a parent have no scope, so no condition applies to them
_WITHOUT_PARENT = (
    ("feedback", "DELETE FROM feedback WHERE memory_pk NOT IN (SELECT pk FROM memory)"),
    ("claims", "DELETE FROM claim WHERE turn_pk NOT IN (SELECT pk FROM turn)"),
    ("outcomes", _ORPHANED_OUTCOMES),
    ("support", "DELETE FROM support WHERE memory_pk NOT IN (SELECT pk FROM memory)"),
)
_UNSAID = """
DELETE FROM relation
WHERE pk NOT IN (SELECT relation_pk FROM support)
  AND source_pk IN (SELECT m.pk FROM entity AS m WHERE {})
"""
_UNRELATED = """
DELETE FROM entity
WHERE pk NOT IN (SELECT source_pk FROM relation)
  AND pk NOT IN (SELECT destination_pk FROM relation)
  AND pk IN (SELECT m.pk FROM entity AS m WHERE {})
"""

_REPEATED = f"""
SELECT pk, first, is_labelled
FROM (
  SELECT m.pk, m.metadata <> '{{}}' OR m.categories <> '[]' AS is_labelled, first_value(m.pk) OVER (
    PARTITION BY {_IDS}, content ORDER BY created_at, m.pk
  ) AS first
  FROM memory AS m
  WHERE m.pk IN {LISTED} AND coalesce(m.memory_type, '') NOT IN {(DOCUMENT, *STATED)!r}
)
WHERE pk <> first
"""
_COUNT_REPEAT = f"""
UPDATE memory
SET repeats = memory.repeats + 1 + again.repeats,
    {LIKE_EITHER.format(expires_at="again.expires_at", immutable="again.immutable")},
    sources = (SELECT json_group_array(value) FROM (
      SELECT value FROM json_each({read_json("memory.sources")})
      UNION SELECT value FROM json_each({read_json("again.sources")})
      ORDER BY value
    ))
FROM memory AS again
WHERE memory.pk = ?2 AND again.pk = ?1
"""
_LEND_SUPPORT = """
INSERT OR IGNORE INTO support (relation_pk, memory_pk)
SELECT relation_pk, ?2 FROM support WHERE memory_pk = ?1
"""
_LEND_FEEDBACK = """
INSERT INTO feedback (memory_pk, feedback, reason, created_at)
SELECT ?2, feedback, reason, created_at FROM feedback WHERE memory_pk = ?1
ON CONFLICT (memory_pk) DO UPDATE
SET (feedback, reason, created_at) = (excluded.feedback, excluded.reason, excluded.created_at)
WHERE excluded.created_at > feedback.created_at
"""
_LEND_CONFLICTS = """
UPDATE OR IGNORE conflict
SET first_pk = min(?2, first_pk + second_pk - ?1), second_pk = max(?2, first_pk + second_pk - ?1)
WHERE ?1 IN (first_pk, second_pk) AND ?2 NOT IN (first_pk, second_pk)
"""
_LABEL = "UPDATE memory SET metadata = ?, categories = ? WHERE pk = ?"

ANYTHING = Condition("TRUE")
_OF_MESSAGES = ("messages", "orphaned_messages")  # kinds; the others but "history" are of memories


def cleanup(connection: apsw.Connection, plan: CleanupPlan) -> dict[str, int]:
    """Delete what the plan selects; return the number by kind, each row counted once."""
    counts = {kind: remove(connection, plan, kind) for kind in plan.retention.kinds}
    return counts | _orphans(connection, plan) if plan.retention.orphans else counts


def select(
    connection: apsw.Connection, plan: CleanupPlan, kind: str, among: Iterable[Key] | None = None
) -> list[tuple[Key, ...]]:
    """Return the keys that the plan selects for one reason, a tuple for each row to delete.

    A duplicate comes behind the memory that it repeats. If `among` is given, only these keys are
    looked at.
    """
    given = None if among is None else json.dumps(list(among))
    if kind == "duplicates":
        return list(_duplicates(connection, plan, given))
    if kind == "history":
        return [(memory_id,) for memory_id in _old_history(connection, plan, given)]
    return [(pk,) for pk in _rows(connection, plan, kind, given)]


def remove(
    connection: apsw.Connection, plan: CleanupPlan, kind: str, among: Iterable[Key] | None = None
) -> int:
    """Delete what `select` returns; return the number of rows."""
    given = None if among is None else json.dumps(list(among))
    if kind == "history":
        assert plan.retention.history is not None
        trim_shown(connection, plan.ids, plan.retention.history)
        chosen = id_list(_old_history(connection, plan, given))
        connection.execute(f"DELETE FROM event NOT INDEXED WHERE memory_id IN {LISTED}", (chosen,))
        return connection.changes()
    if kind == "duplicates":
        pks = list(dict.fromkeys(chain.from_iterable(_duplicates(connection, plan, given))))
        return delete(connection, merge_duplicates(connection, pks), plan.now)
    pks = _rows(connection, plan, kind, given)
    if kind in _OF_MESSAGES:
        number = _forget_found(connection, plan, pks)
        if kind == "messages":
            drop_empty_sessions(connection, plan.ids)
        return number
    link_repeats(connection, pks)
    return delete(connection, pks, plan.now)


def without_derived_data(connection: apsw.Connection) -> None:
    """Let a transaction that is rolled back delete memories without their index entries.

    Others wait for it, and these entries take four fifths of its time.
    """
    for table in ("memory", "passage"):
        connection.execute(f"DROP TRIGGER IF EXISTS {table}_fts_delete")
    settings.put(connection, settings.INDEXED_TO, "0")


def delete(connection: apsw.Connection, pks: list[int], at: int) -> int:
    """Delete memories; their history stays, with a DELETE that has their ids. Return the number."""
    if pks:
        mend_damaged(connection, pks)
        chosen = json.dumps(pks)
        connection.execute(WRITE_OUT_ADD, (chosen,))
        connection.execute(_WRITE_DELETE, (at, chosen))
        connection.execute(f"DELETE FROM memory WHERE pk IN {LISTED}", (chosen,))
        VectorIndex(connection).remove(pks)
    return len(pks)


def mend_damaged(connection: apsw.Connection, pks: list[int]) -> None:
    """Make those memories readable that are not: what was wrong must not go into the history."""
    _, unreadable = readable(connection, pks, ANYTHING)
    sourceless = connection.execute(_WRONG_SOURCES, (json.dumps(pks),))
    damaged = {*unreadable, *(pk for (pk,) in sourceless)}
    if damaged:
        from litemem.store.sqlite.integrity.repair import mend  # rare, and a large import

        mend(connection, damaged)


def forget_messages(connection: apsw.Connection, pks: list[int]) -> int:
    """Delete messages, also from the sources of memories, present or deleted; return the number.

    SQLite may reuse the primary key of a deleted last row: a source must not point to it.
    """
    if pks:
        chosen = json.dumps(pks)
        for statement in _FORGET_SOURCES:
            connection.execute(statement, (chosen, chosen))
        connection.execute(f"DELETE FROM message WHERE pk IN {LISTED}", (chosen,))
    return len(pks)


def drop_empty_sessions(connection: apsw.Connection, ids: Condition = ANYTHING) -> int:
    """Delete sessions without messages and turns; return the number."""
    connection.execute(_EMPTY_SESSIONS.format(ids.sql), ids.parameters)
    return connection.changes()


def _rows(
    connection: apsw.Connection, plan: CleanupPlan, kind: str, among: str | None
) -> list[int]:
    """Return the primary keys of memories, or of messages, to delete for one reason."""
    if kind in _OF_MESSAGES:
        return _messages(connection, plan, kind, among)
    if kind == "beyond_last":
        return _beyond_last(connection, plan, among)
    chosen = plan.retention
    sql, *values = {
        "expired": ("m.expires_at <= ?", plan.now),
        "superseded": ("m.valid_to <= ?", chosen.superseded),
        "matching": ("TRUE",),
        "older": ("m.created_at <= ?", chosen.created),
    }[kind]
    both = Condition(f"{plan.condition.sql} AND {sql}", (*plan.condition.parameters, *values))
    return _matching(connection, both, among)


def _duplicates(
    connection: apsw.Connection, plan: CleanupPlan, among: str | None
) -> list[tuple[int, int]]:
    """Return each valid memory that repeats an older one, behind the older one."""
    pks = _matching(connection, valid_now(plan.condition, plan.now), among)
    rows = connection.execute(_REPEATED, (json.dumps(pks),))
    return sorted((first, pk) for pk, first, _ in rows)


def _matching(connection: apsw.Connection, condition: Condition, among: str | None) -> list[int]:
    if among is not None:
        sql = f"{condition.sql} AND m.pk IN {LISTED}"
        condition = Condition(sql, (*condition.parameters, among))
    return matching(connection, condition)


def merge_duplicates(connection: apsw.Connection, pks: list[int]) -> list[int]:
    """Merge memories of one text and the same ids into the oldest of them.

    The oldest counts the others as repeats and gets their sources, relations, feedback, conflicts,
    metadata and categories. Return the primary keys of the others, to be deleted.
    """
    rows = connection.execute(_REPEATED, (json.dumps(pks),))
    pairs: list[tuple[int, int]] = []
    for again, first, is_labelled in sorted(rows):
        pairs.append((again, first))
        if is_labelled:
            _lend_labels(connection, again, first)
    for statement in (_COUNT_REPEAT, _LEND_SUPPORT, _LEND_FEEDBACK, _LEND_CONFLICTS):
        connection.executemany(statement, pairs)
    return [again for again, _ in pairs]


def _lend_labels(connection: apsw.Connection, again: int, first: int) -> None:
    """Copy metadata and categories that the first memory lacks."""
    both = records(connection, (again, first), Condition("TRUE"))
    lent, kept = both[again], both[first]
    metadata = {**lent.metadata, **kept.metadata}
    categories = tuple(dict.fromkeys([*kept.categories, *lent.categories]))
    connection.execute(_LABEL, (to_json(metadata), to_json(categories), first))


def _beyond_last(connection: apsw.Connection, plan: CleanupPlan, among: str | None) -> list[int]:
    """Return the memories beyond the last; with `among`, those that still match."""
    candidates = _matching(connection, plan.condition, among)
    if among is not None:
        return candidates
    values = (plan.now, plan.now, json.dumps(candidates), plan.retention.keep_last)
    return [pk for (pk,) in connection.execute(_BEYOND, values)]


def _messages(
    connection: apsw.Connection, plan: CleanupPlan, kind: str, among: str | None
) -> list[int]:
    sql = (_OLD_MESSAGES if kind == "messages" else _ORPHANED_MESSAGES).format(plan.ids.sql)
    values = (*plan.ids.parameters,)
    if kind == "messages":
        values = (plan.retention.messages, *values)
    if among is not None:
        sql, values = f"{sql} AND pk IN {LISTED}", (*values, among)
    return [pk for (pk,) in connection.execute(sql, values)]


def _forget_found(connection: apsw.Connection, plan: CleanupPlan, pks: list[int]) -> int:
    """Delete messages found by their scope, after an exact check of each row."""
    in_scope = f"m.session_pk IN (SELECT m.pk FROM session AS m WHERE {plan.ids.sql})"
    check_rows(connection, "message", pks, Condition(in_scope, plan.ids.parameters))
    return forget_messages(connection, pks)


def _old_history(connection: apsw.Connection, plan: CleanupPlan, among: str | None) -> list[str]:
    candidates = json.dumps(matching(connection, plan.condition))
    sql = _OLD_HISTORY.format(plan.ids.sql)
    values = (candidates, *plan.ids.parameters, plan.retention.history)
    if among is not None:
        sql, values = (
            f"SELECT memory_id FROM ({sql}) WHERE memory_id IN {LISTED}",
            (*values, among),
        )
    return [memory_id for (memory_id,) in connection.execute(sql, values)]


def _orphans(connection: apsw.Connection, plan: CleanupPlan) -> dict[str, int]:
    counts = {"empty_sessions": drop_empty_sessions(connection, plan.ids)}
    condition = plan.condition
    connection.execute(_DROP_LOST_SOURCES.format(condition.sql), condition.parameters)
    counts["lost_sources"] = connection.changes()
    before = _graph_size(connection)
    for name, sql in _WITHOUT_PARENT:
        connection.execute(sql)
        if name != "support":
            counts[f"orphaned_{name}"] = connection.changes()
    for sql in (_UNSAID, _UNRELATED):
        connection.execute(sql.format(plan.ids.sql), plan.ids.parameters)
    after = _graph_size(connection)
    counts["orphaned_relations"] = before[0] - after[0]
    counts["orphaned_entities"] = before[1] - after[1]
    return counts


def _graph_size(connection: apsw.Connection) -> tuple[int, int]:
    """Count relations and entities: triggers delete some, which `changes()` does not count."""
    relations = connection.execute("SELECT count(*) FROM relation").get
    entities = connection.execute("SELECT count(*) FROM entity").get
    return int(relations), int(entities)

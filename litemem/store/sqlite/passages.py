"""The index of passages: those of messages and of long memories, and what came from a message."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import apsw

from litemem.core.clock import is_time, to_iso
from litemem.core.scope import ID_KEYS
from litemem.core.text.passages import is_one_passage
from litemem.core.text.periods import DAY, Period, every
from litemem.core.text.words import any_of, needs_index_words
from litemem.core.types import (
    MESSAGE,
    Found,
    MemoryRecord,
    MessageMatch,
    ScoreParts,
    TextIndex,
    content_hash,
)
from litemem.store.filters import Condition
from litemem.store.sqlite.rows import (
    IN_SCOPE_OF_M,
    LISTED,
    Row,
    cosine_of,
    read_json,
    read_scope,
    readable,
    shown_id,
    split,
)
from litemem.store.sqlite.values import check_values, damage, read_value

NEWEST = 20_000  # passages of the file that are looked at for each word
CHECKED = 20  # passages with words that are checked against the condition, for each that is wanted

_RUN = """
CASE WHEN m.run_id IS NOT NULL THEN coalesce(m.user_id, '') || char(31)
  || coalesce(m.agent_id, '') || char(31) || coalesce(m.app_id, '') || char(31) || m.run_id END
"""
# with the vector ?1; 0 for a damaged one, as one of another size would stop the statement
_COSINE = """
coalesce(1 - iif(
  typeof(p.vector) = 'blob' AND length(p.vector) = length(?1),
  vec_distance_cosine(vec_int8(p.vector), vec_int8(?1)), NULL
), 0)
"""
_OF_MESSAGES = f"""
SELECT p.pk, {_COSINE}, m.created_at, m.actor_id, {_RUN}, p.words,
  m.role IS 'assistant', m.message_pk, p.asks,
  iif(p.asks OR ?, substr(m.content, p.start + 1, p.stop - p.start), '')
FROM found_message AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE {{}}
ORDER BY m.created_at, m.message_pk, p.pk
"""
_NEAREST = f"""
SELECT p.pk, {_COSINE} AS cosine
FROM found_message AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE {{}} AND p.vector IS NOT NULL
ORDER BY cosine DESC
LIMIT ?
"""
_KEYS = """
SELECT p.pk
FROM found_message AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE {}
ORDER BY m.created_at, m.message_pk, p.pk
"""
_WITH_WORDS = """
SELECT f.rowid
FROM passage_fts AS f
WHERE f.passage_fts MATCH ?
ORDER BY f.rowid DESC
LIMIT ?
"""
_MATCHING = f"""
SELECT p.pk
FROM passage AS p
CROSS JOIN found_message AS m ON m.message_pk = -p.owner
WHERE p.pk IN {LISTED} AND ({{}})
"""
_OF_MEMORIES = f"""
SELECT m.pk, max({_COSINE})
FROM memory AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE m.passages > 0 AND p.vector IS NOT NULL AND ({{}})
GROUP BY m.pk
"""
_DAYS_OF = f"""
SELECT d.owner, d.start, d.stop FROM mention AS d WHERE d.owner IN {LISTED}
"""
_DAYS_OF_PASSAGES = f"""
SELECT p.pk, d.start, d.stop
FROM passage AS p
JOIN mention AS d ON d.owner = p.owner
WHERE p.pk IN {LISTED}
"""
_LONG = 32 * DAY  # a longer span is in the index `mention_long`
# the texts with a day in one of the spans of a JSON list
_WITH_DAY = f"""
WITH asked AS MATERIALIZED (
  SELECT json_extract(value, '$[0]') AS start, json_extract(value, '$[1]') AS stop
  FROM json_each(?)
),
speaking AS MATERIALIZED (
  SELECT d.owner
  FROM asked AS a
  CROSS JOIN mention AS d
    ON d.start > a.start - {_LONG} AND d.start < a.stop AND d.stop > a.start
  UNION
  SELECT d.owner
  FROM asked AS a
  CROSS JOIN mention AS d
    ON d.stop - d.start > {_LONG} AND d.start < a.stop AND d.stop > a.start
)
"""
_SPEAKING = f"""
{_WITH_DAY}
SELECT m.pk
FROM speaking AS d
CROSS JOIN memory AS m ON m.pk = d.owner
WHERE ({{}})
ORDER BY m.created_at DESC
LIMIT ?
"""
_PASSAGES_SPEAKING = f"""
{_WITH_DAY}
SELECT p.pk
FROM speaking AS d
CROSS JOIN found_message AS m ON m.message_pk = -d.owner
CROSS JOIN passage AS p ON p.owner = d.owner
WHERE ({{}})
ORDER BY p.pk DESC
LIMIT ?
"""
_COLUMNS = (
    *("id", "content", *ID_KEYS, "actor_id", "role"),
    *("metadata", "categories", "created_at", "expires_at"),
)
_FOUND = f"""
SELECT p.pk, p.start, p.stop, m.message_pk, m.yielded, {", ".join(f"m.{c}" for c in _COLUMNS)}
FROM passage AS p
CROSS JOIN found_message AS m ON m.message_pk = -p.owner
WHERE p.pk IN {LISTED} AND ({{}})
"""
# one that yielded memories counts if one of these may be found
_SELECT = """
WITH live AS MATERIALIZED (
  SELECT o.message_pk
  FROM memory AS m
  CROSS JOIN origin AS o ON o.memory_pk = m.pk
  WHERE {0}
)
SELECT m.message_pk
FROM found_message AS m
WHERE {1} AND (m.yielded = 0 OR m.message_pk IN (SELECT message_pk FROM live))
ORDER BY m.created_at DESC, m.message_pk DESC
LIMIT ?
"""
_MESSAGES = f"""
SELECT {", ".join(f"m.{c}" for c in _COLUMNS)}
FROM found_message AS m
WHERE m.message_pk IN {LISTED}
ORDER BY m.created_at DESC, m.message_pk DESC
"""
_MEMORIES_FROM = f"""
SELECT o.message_pk, m.pk, {cosine_of("e.vector")}
FROM origin AS o
CROSS JOIN memory AS m ON m.pk = o.memory_pk
CROSS JOIN embedding AS e ON e.pk = m.pk
WHERE o.message_pk IN {LISTED} AND ({{}})
"""
_SOURCES_OF = f"""
SELECT message.pk, m.pk AS memory_pk, message.content = m.content AS is_verbatim
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.pk IN {LISTED} AND {IN_SCOPE_OF_M}
"""
_LINK = f"""
INSERT OR IGNORE INTO origin (message_pk, memory_pk)
SELECT pk, memory_pk FROM ({_SOURCES_OF}) WHERE NOT is_verbatim
"""
_YIELDED = f"UPDATE message SET yielded = 1 WHERE pk IN (SELECT pk FROM ({_SOURCES_OF}))"
# a row that another tool edited may name no message, or one of another scope
_ORIGINS = f"""
SELECT DISTINCT message_pk
FROM origin
JOIN memory AS m ON m.pk = memory_pk
JOIN message ON message.pk = message_pk
WHERE memory_pk IN {LISTED} AND {IN_SCOPE_OF_M}
"""
_VERBATIM = f"SELECT pk FROM ({_SOURCES_OF}) WHERE is_verbatim"


def number_of(content: str, index: TextIndex | None) -> int | None:
    """Return the value of `memory.passages`: the number, or None if a memory waits for them."""
    if index is not None:
        return len(index.passages)
    is_plain = is_one_passage(content) and not needs_index_words(content)
    from litemem.core.text.date_mentions import may_name_day  # its patterns take 20 ms

    return 0 if is_plain and not may_name_day(content) else None


def insert_index(connection: apsw.Connection, owner: int, index: TextIndex | None) -> None:
    """Store what is indexed of a new memory, or of a message as minus its primary key."""
    if index is None:
        return
    for each in index.passages:
        connection.execute(
            "INSERT INTO passage (owner, start, stop, words, asks, vector)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (owner, each.start, each.stop, each.words, each.asks, each.vector),
        )
    _insert_mentions(connection, owner, index.mentions)


def replace_memory(
    connection: apsw.Connection, pk: int, content: str, index: TextIndex | None
) -> None:
    """Replace the passages and days of a memory; without an index it waits for it."""
    _delete(connection, pk)
    insert_index(connection, pk, index)
    connection.execute(
        "UPDATE memory SET passages = ? WHERE pk = ?", (number_of(content, index), pk)
    )


def replace_mentions(
    connection: apsw.Connection, pk: int, record: MemoryRecord, said_on: date | None
) -> None:
    """Read the days that a memory speaks of again, from the new day on which it was said."""
    connection.execute("DELETE FROM mention WHERE owner = ?", (pk,))
    said_on = said_on or date.fromisoformat(to_iso(record.created_at)[:10])
    from litemem.core.text.dates import mentions

    found = mentions(record.content, said_on)
    _insert_mentions(connection, pk, [(period.start, period.end) for period in found])


def keep_mentions(connection: apsw.Connection, owner: int, spans: Iterable[Sequence[int]]) -> None:
    """Replace the days that a text speaks of with those of an archive."""
    connection.execute("DELETE FROM mention WHERE owner = ?", (owner,))
    _insert_mentions(connection, owner, [(start, stop) for start, stop in spans])


def _insert_mentions(
    connection: apsw.Connection, owner: int, spans: Iterable[tuple[int, int]]
) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO mention (owner, start, stop) VALUES (?, ?, ?)",
        ((owner, start, stop) for start, stop in spans),
    )


def replace_message(connection: apsw.Connection, pk: int, index: TextIndex | None) -> None:
    """Replace what is indexed of a message; without an index it is not found."""
    _delete(connection, -pk)
    insert_index(connection, -pk, index)
    number = len(index.passages) if index else 0
    connection.execute("UPDATE message SET passages = ? WHERE pk = ?", (number, pk))


def with_known_mentions(connection: apsw.Connection, owner: int, index: TextIndex) -> TextIndex:
    """Return the index of a text that waited for it, with the days that are known already.

    They were read on the day on which the text was said, where that was; the time in UTC alone may
    be of another day.
    """
    rows = connection.execute(
        "SELECT start, stop FROM mention WHERE owner = ? ORDER BY start, stop", (owner,)
    )
    known = tuple((start, stop) for start, stop in rows if is_span(start, stop))
    return replace(index, mentions=known) if known else index


def hide_messages(connection: apsw.Connection, pks: Iterable[int]) -> None:
    """Let messages no longer be found by themselves."""
    for pk in list(pks):
        replace_message(connection, pk, None)
        connection.execute("DELETE FROM origin WHERE message_pk = ?", (pk,))


def hide_sources(connection: apsw.Connection, memory_pks: Sequence[int]) -> None:
    """Hide the messages that memories came from: what is deleted must not be quoted from them."""
    chosen = (json.dumps(list(memory_pks)),)
    hide_messages(connection, [pk for (pk,) in connection.execute(_ORIGINS, chosen)])


def link_sources(
    connection: apsw.Connection,
    memory_pks: Sequence[int],
    message_pks: Collection[int] | None = None,
) -> None:
    """Note which memories came from which messages; hide what a memory repeats word by word.

    With `message_pks` only these are new: another source may have been hidden since it was linked.
    """
    chosen = (json.dumps(list(memory_pks)),)
    if message_pks is None:
        connection.execute(_LINK, chosen)
    else:
        connection.execute(f"{_LINK} AND pk IN {LISTED}", (*chosen, json.dumps([*message_pks])))
    connection.execute(_YIELDED, chosen)
    hide_messages(connection, [pk for (pk,) in connection.execute(_VERBATIM, chosen)])


def unlink_hidden(connection: apsw.Connection, memory_pk: int) -> None:
    """Let an imported memory quote no message that was hidden in the file of the export."""
    connection.execute(
        "DELETE FROM origin WHERE memory_pk = ?"
        " AND message_pk IN (SELECT pk FROM message WHERE passages = 0)",
        (memory_pk,),
    )


def drop_vectors(connection: apsw.Connection) -> None:
    """Let every text wait for the vectors of its passages, as for another embedder."""
    connection.execute("DELETE FROM passage")
    connection.execute("UPDATE message SET passages = NULL WHERE passages > 0")
    connection.execute("UPDATE memory SET passages = NULL WHERE passages > 0")


def _delete(connection: apsw.Connection, owner: int) -> None:
    connection.execute("DELETE FROM passage WHERE owner = ?", (owner,))
    connection.execute("DELETE FROM mention WHERE owner = ?", (owner,))


def mentions_of(connection: apsw.Connection, pks: Sequence[int]) -> list[list[Period]]:
    """Return the days that each memory speaks of, by primary key."""
    return _grouped(connection.execute(_DAYS_OF, (json.dumps(list(pks)),)), pks)


def mentions_of_passages(connection: apsw.Connection, pks: Sequence[int]) -> list[list[Period]]:
    """Return the days that the text of each passage speaks of, by the passage's primary key."""
    return _grouped(connection.execute(_DAYS_OF_PASSAGES, (json.dumps(list(pks)),)), pks)


def speaking_of(
    connection: apsw.Connection, condition: Condition, periods: Sequence[Period], limit: int
) -> list[int]:
    """Return the newest memories that speak of one of the periods."""
    return _speaking(_SPEAKING, connection, condition, periods, limit)


def _speaking(
    sql: str,
    connection: apsw.Connection,
    condition: Condition,
    periods: Sequence[Period],
    limit: int,
) -> list[int]:
    if not periods:
        return []
    places = dict.fromkeys(place for period in periods for place in (period, *every(period)))
    asked = json.dumps([[place.start, place.end] for place in places])
    rows = connection.execute(sql.format(condition.sql), (asked, *condition.parameters, limit))
    return [pk for (pk,) in rows]


def _grouped(rows: Iterable[Row], pks: Sequence[int]) -> list[list[Period]]:
    found: dict[int, list[Period]] = {pk: [] for pk in pks}
    for pk, start, stop in rows:
        if is_span(start, stop):
            found[pk].append(Period(start, stop))
    return [found[pk] for pk in pks]


def is_span(start: object, stop: object) -> bool:
    """Return False for a damaged row, which counts as no day."""
    if not isinstance(start, int) or not isinstance(stop, int):
        return False
    return start < stop and is_time(start) and is_time(stop - 1)


def messages_where(
    connection: apsw.Connection, condition: Condition, limit: int
) -> Found[MemoryRecord]:
    """Return the messages that may be found under a condition, newest first, as memories.

    Of those from which memories came, one has to meet the condition, too. Damaged ones are left
    out and named.
    """
    damaged: dict[int, str] = {}
    while True:
        sql = f"({condition.sql}) AND m.message_pk NOT IN {LISTED}"
        kept = Condition(sql, (*condition.parameters, json.dumps(list(damaged))))
        pks = message_keys(connection, kept, limit, condition)
        found, wrong = split(lambda some: read_messages(connection, some), pks)
        if not wrong:
            return Found(found, damaged.values())
        damaged |= {pk: shown_id(connection, "message", pk) for pk in wrong}


def message_keys(
    connection: apsw.Connection, condition: Condition, limit: int, live: Condition
) -> list[int]:
    """Return the keys of messages, newest first; a memory that came from one has to be `live`."""
    values = (*live.parameters, *condition.parameters, limit)
    rows = connection.execute(_SELECT.format(live.sql, condition.sql), values)
    return [pk for (pk,) in rows]


def read_messages(connection: apsw.Connection, pks: Sequence[int]) -> list[MemoryRecord]:
    """Return messages that may be found, newest first, as memories.

    Raises:
        RowDamageError, UnicodeDecodeError: one of them is damaged.
    """
    rows: list[Row] = connection.execute(_MESSAGES, (json.dumps(list(pks)),)).fetchall()
    return [_record(row) for row in rows]


class Passages:
    """The passages of one connection, for searches under a condition."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def count(self, condition: Condition, limit: int) -> int:
        """Return the number of messages that match, at most `limit`."""
        counted = f"SELECT 1 FROM found_message AS m WHERE {condition.sql} LIMIT ?"
        values = (*condition.parameters, limit)
        return int(self._connection.execute(f"SELECT count(*) FROM ({counted})", values).get)

    def of_messages(
        self,
        condition: Condition,
        vector: bytes,
        among: Collection[int] | None = None,
        *,
        with_texts: bool = False,
    ) -> list[Row]:
        """Return the passages of the messages that match, oldest first, or those among some.

        A row has the primary key, the cosine, the time, the speaker, the run, the words, 1 if an
        assistant said it, the message, 1 if it contains a question mark, and the text: an empty one
        for a passage without a question mark, unless `with_texts` is true.
        """
        values: list[Any] = [vector, with_texts, *condition.parameters]
        sql = condition.sql
        if among is not None:
            sql = f"p.pk IN {LISTED} AND ({sql})"
            values.insert(2, json.dumps(list(among)))
        return self._connection.execute(_OF_MESSAGES.format(sql), values).fetchall()

    def readable(
        self,
        condition: Condition,
        vector: bytes,
        among: Collection[int] | None = None,
        *,
        with_texts: bool = False,
    ) -> tuple[list[Row], list[int]]:
        """Return those rows of `of_messages` that can be read, and the keys of the others."""
        keys = self._connection.execute(_KEYS.format(condition.sql), condition.parameters)
        chosen = [pk for (pk,) in keys if among is None or pk in among]
        rows, damaged = split(
            lambda some: self.of_messages(condition, vector, some, with_texts=with_texts), chosen
        )
        typed = [row for row in rows if _is_typed(row)]
        return typed, [*damaged, *(row[0] for row in rows if not _is_typed(row))]

    def nearest(self, condition: Condition, vector: bytes, limit: int) -> list[int]:
        """Return the keys of the passages that are nearest to a vector, nearest first."""
        values = (vector, *condition.parameters, limit)
        return [pk for pk, _ in self._connection.execute(_NEAREST.format(condition.sql), values)]

    def with_words(self, condition: Condition, words: Sequence[str], limit: int) -> list[int]:
        """Return the newest passages with any of these words, each looked up in the whole file."""
        found: dict[int, int] = {}
        for word in words:
            rows = self._connection.execute(_WITH_WORDS, (any_of([word]), NEWEST))
            for (pk,) in rows:
                found[pk] = found.get(pk, 0) + 1
        best = sorted(found, key=lambda pk: (found[pk], pk), reverse=True)[: CHECKED * limit]
        values = (json.dumps(best), *condition.parameters)
        matching = {
            pk for (pk,) in self._connection.execute(_MATCHING.format(condition.sql), values)
        }
        return [pk for pk in best if pk in matching][:limit]

    def speaking_of(self, condition: Condition, periods: Sequence[Period], limit: int) -> list[int]:
        """Return the newest passages of messages that speak of one of the periods."""
        return _speaking(_PASSAGES_SPEAKING, self._connection, condition, periods, limit)

    def of_memories(self, condition: Condition, vector: bytes) -> dict[int, float]:
        """Return the best cosine of the further passages of each memory that has some."""
        values = (vector, *condition.parameters)
        rows = self._connection.execute(_OF_MEMORIES.format(condition.sql), values)
        return dict(rows)

    def matches(
        self,
        condition: Condition,
        ranked: Sequence[tuple[int, ScoreParts]],
        vector: bytes,
        damaged: Iterable[int] = (),
    ) -> Found[MessageMatch]:
        """Return the best passage of each message, with the memories that came from the message.

        Damaged messages are left out and named, and so are those of the `damaged` passages.
        """
        found, wrong = split(lambda some: self._said(condition, some), [pk for pk, _ in ranked])
        said = {row[0]: row[1:] for row in found}
        best: dict[int, tuple[ScoreParts, MemoryRecord, bool]] = {}
        for pk, parts in ranked:
            if pk in said:
                message_pk, record, has_yielded = said[pk]
                best.setdefault(message_pk, (parts, record, has_yielded))
        memories = self._memories_from(condition, best, vector)
        owners = self._connection.execute(
            f"SELECT DISTINCT -owner FROM passage WHERE pk IN {LISTED}",
            (json.dumps([*wrong, *damaged]),),
        )
        return Found(
            (
                MessageMatch(record, parts, has_yielded, tuple(memories.get(pk, ())))
                for pk, (parts, record, has_yielded) in best.items()
            ),
            [shown_id(self._connection, "message", pk) for (pk,) in owners],
        )

    def _said(
        self, condition: Condition, pks: Sequence[int]
    ) -> list[tuple[int, int, MemoryRecord, bool]]:
        """Return passages: their keys, those of their messages, and both as memories."""
        values = (json.dumps(list(pks)), *condition.parameters)
        rows: list[Row] = self._connection.execute(_FOUND.format(condition.sql), values).fetchall()
        return [
            (pk, message_pk, _record(row, (start, stop)), bool(has_yielded))
            for pk, start, stop, message_pk, has_yielded, *row in rows
        ]

    def _memories_from(
        self, condition: Condition, message_pks: Iterable[int], vector: bytes
    ) -> dict[int, list[tuple[MemoryRecord, float]]]:
        values = (vector, json.dumps(list(message_pks)), *condition.parameters)
        rows: list[Row] = self._connection.execute(
            _MEMORIES_FROM.format(condition.sql), values
        ).fetchall()
        known, _ = readable(self._connection, [row[1] for row in rows], condition)
        found: dict[int, list[tuple[MemoryRecord, float]]] = {}
        for message_pk, memory_pk, cosine in rows:
            if memory_pk in known:  # a damaged one is named by the search for memories
                found.setdefault(message_pk, []).append((known[memory_pk], cosine))
        return found


def _is_typed(row: Row) -> bool:
    """Return True if a row of `of_messages` has values of the right types."""
    _, _, at, speaker, run, words, _, _, asks, text = row
    words = words if isinstance(text, str) else None
    are_texts = all(each is None or isinstance(each, str) for each in (speaker, run))
    return are_texts and isinstance(words, str) and isinstance(at, int) and isinstance(asks, int)


def _record(row: Sequence[Any], span: tuple[int, int] | None = None) -> MemoryRecord:
    """Return a message, or a passage of it, in the shape of a memory."""
    memory_id, content, *ids, actor_id, role, metadata, categories, created_at, expires_at = row
    check_values(
        "message",
        memory_id,
        id=memory_id,
        content=content,
        name=actor_id,
        role=role,
        created_at=created_at,
        expires_at=expires_at,
    )
    if span is not None and not all(isinstance(each, int) for each in span):
        raise damage("message", memory_id, "passages", "have no place in the text")
    shown = content if span is None else content[span[0] : span[1]].strip()
    return MemoryRecord(
        id=memory_id,
        content=shown,
        hash=content_hash(shown),
        scope=read_scope("message", memory_id, ids),
        created_at=created_at,
        updated_at=created_at,
        actor_id=actor_id,
        role=role,
        memory_type=MESSAGE,
        metadata={} if metadata == "{}" else read_value("message", memory_id, "metadata", metadata),
        categories=()
        if categories == "[]"
        else read_value("message", memory_id, "categories", categories),
        expires_at=expires_at,
    )

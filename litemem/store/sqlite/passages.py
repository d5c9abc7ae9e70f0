"""The index of passages: those of messages and of long memories, and what came from a message."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import apsw

from litemem.core.scope import ID_KEYS
from litemem.core.text.passages import SHORT
from litemem.core.text.words import any_of, needs_index_words
from litemem.core.types import (
    MESSAGE,
    MemoryRecord,
    MessageMatch,
    ScoreParts,
    TextIndex,
    content_hash,
)
from litemem.store.filters import Condition
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, Row, read_json, read_scope, readable
from litemem.store.sqlite.values import check_values, read_value

NEWEST = 20_000  # passages of the file that are looked at for each word
CHECKED = 20  # passages with words that are checked against the condition, for each that is wanted

_LISTED = "(SELECT value FROM json_each(?))"
_RUN = """
CASE WHEN m.run_id IS NOT NULL THEN coalesce(m.user_id, '') || char(31)
  || coalesce(m.agent_id, '') || char(31) || coalesce(m.app_id, '') || char(31) || m.run_id END
"""
_COSINE = "coalesce(1 - vec_distance_cosine(vec_int8(p.vector), vec_int8(?)), 0)"
_OF_MESSAGES = f"""
SELECT p.pk, {_COSINE}, m.created_at, m.actor_id, {_RUN}, p.words, p.asks, m.message_pk
FROM found_message AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE {{}}
ORDER BY m.created_at, m.message_pk, p.pk
"""
_NEAREST = f"""
SELECT p.pk
FROM found_message AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE {{}} AND p.vector IS NOT NULL
ORDER BY {_COSINE} DESC
LIMIT ?
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
WHERE p.pk IN {_LISTED} AND ({{}})
"""
_OF_MEMORIES = f"""
SELECT m.pk, max({_COSINE})
FROM memory AS m
CROSS JOIN passage AS p ON p.owner = m.pk
WHERE m.passages > 0 AND p.vector IS NOT NULL AND ({{}})
GROUP BY m.pk
"""
_COLUMNS = (
    *("id", "content", *ID_KEYS, "actor_id", "role"),
    *("metadata", "categories", "created_at", "expires_at"),
)
_FOUND = f"""
SELECT p.pk, p.start, p.stop, m.message_pk, m.yielded, {", ".join(f"m.{c}" for c in _COLUMNS)}
FROM passage AS p
CROSS JOIN found_message AS m ON m.message_pk = -p.owner
WHERE p.pk IN {_LISTED} AND ({{}})
"""
# one that yielded memories counts if one of these may be found
_SELECT = f"""
WITH live AS MATERIALIZED (
  SELECT o.message_pk
  FROM memory AS m
  CROSS JOIN origin AS o ON o.memory_pk = m.pk
  WHERE {{0}}
)
SELECT {", ".join(f"m.{c}" for c in _COLUMNS)}
FROM found_message AS m
WHERE {{1}} AND (m.yielded = 0 OR m.message_pk IN (SELECT message_pk FROM live))
ORDER BY m.created_at DESC, m.message_pk DESC
LIMIT ?
"""
_MEMORIES_FROM = f"""
SELECT o.message_pk, m.pk, coalesce(1 - vec_distance_cosine(e.vector, ?), 0)
FROM origin AS o
CROSS JOIN memory AS m ON m.pk = o.memory_pk
CROSS JOIN embedding AS e ON e.pk = m.pk
WHERE o.message_pk IN {_LISTED} AND ({{}})
"""
_SOURCES_OF = f"""
SELECT message.pk, m.pk AS memory_pk, message.content = m.content AS is_verbatim
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.pk IN {_LISTED} AND {IN_SCOPE_OF_M}
"""
_LINK = f"""
INSERT OR IGNORE INTO origin (message_pk, memory_pk)
SELECT pk, memory_pk FROM ({_SOURCES_OF}) WHERE NOT is_verbatim
"""
_YIELDED = f"UPDATE message SET yielded = 1 WHERE pk IN (SELECT pk FROM ({_SOURCES_OF}))"
_VERBATIM = f"SELECT pk FROM ({_SOURCES_OF}) WHERE is_verbatim"


def number_of(content: str, index: TextIndex | None) -> int | None:
    """Return the value of `memory.passages`: the number, or None if a memory waits for them."""
    if index is not None:
        return len(index.passages)
    return None if len(content) > SHORT or needs_index_words(content) else 0


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
    for start, stop in index.mentions:
        connection.execute(
            "INSERT OR IGNORE INTO mention (owner, start, stop) VALUES (?, ?, ?)",
            (owner, start, stop),
        )


def replace_memory(
    connection: apsw.Connection, pk: int, content: str, index: TextIndex | None
) -> None:
    """Replace the passages and days of a memory; without an index it waits for it."""
    _delete(connection, pk)
    insert_index(connection, pk, index)
    connection.execute(
        "UPDATE memory SET passages = ? WHERE pk = ?", (number_of(content, index), pk)
    )


def replace_message(connection: apsw.Connection, pk: int, index: TextIndex | None) -> None:
    """Replace what is indexed of a message; without an index it is not found."""
    _delete(connection, -pk)
    insert_index(connection, -pk, index)
    number = len(index.passages) if index else 0
    connection.execute("UPDATE message SET passages = ? WHERE pk = ?", (number, pk))


def hide_messages(connection: apsw.Connection, pks: Iterable[int]) -> None:
    """Let messages no longer be found by themselves."""
    for pk in list(pks):
        replace_message(connection, pk, None)
        connection.execute("DELETE FROM origin WHERE message_pk = ?", (pk,))


def link_sources(connection: apsw.Connection, memory_pks: Sequence[int]) -> None:
    """Note which memories came from which messages; hide what a memory repeats word by word."""
    chosen = (json.dumps(list(memory_pks)),)
    connection.execute(_LINK, chosen)
    connection.execute(_YIELDED, chosen)
    hide_messages(connection, [pk for (pk,) in connection.execute(_VERBATIM, chosen)])


def drop_vectors(connection: apsw.Connection) -> None:
    """Let every text wait for the vectors of its passages, as for another embedder."""
    connection.execute("DELETE FROM passage")
    connection.execute("UPDATE message SET passages = NULL WHERE passages > 0")
    connection.execute("UPDATE memory SET passages = NULL WHERE passages > 0")


def _delete(connection: apsw.Connection, owner: int) -> None:
    connection.execute("DELETE FROM passage WHERE owner = ?", (owner,))
    connection.execute("DELETE FROM mention WHERE owner = ?", (owner,))


def messages_where(
    connection: apsw.Connection, condition: Condition, limit: int, live: Condition
) -> list[MemoryRecord]:
    """Return the messages that may be found under a condition, newest first, as memories.

    Of those from which memories came, one has to meet the condition `live`.
    """
    rows: list[Row] = connection.execute(
        _SELECT.format(live.sql, condition.sql),
        (*live.parameters, *condition.parameters, limit),
    ).fetchall()
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
        self, condition: Condition, vector: bytes, among: Collection[int] | None = None
    ) -> list[Row]:
        """Return the passages of the messages that match, oldest first, or those among some.

        A row has the primary key, the cosine, the time, the speaker, the run, the words, 1 if it
        contains a question mark, and the message.
        """
        values: list[Any] = [vector, *condition.parameters]
        sql = condition.sql
        if among is not None:
            sql = f"p.pk IN {_LISTED} AND ({sql})"
            values.insert(1, json.dumps(list(among)))
        return self._connection.execute(_OF_MESSAGES.format(sql), values).fetchall()

    def nearest(self, condition: Condition, vector: bytes, limit: int) -> list[int]:
        """Return the keys of the passages that are nearest to a vector, nearest first."""
        values = (*condition.parameters, vector, limit)
        return [pk for (pk,) in self._connection.execute(_NEAREST.format(condition.sql), values)]

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

    def of_memories(self, condition: Condition, vector: bytes) -> dict[int, float]:
        """Return the best cosine of the further passages of each memory that has some."""
        values = (vector, *condition.parameters)
        rows = self._connection.execute(_OF_MEMORIES.format(condition.sql), values)
        return dict(rows)

    def matches(
        self, condition: Condition, ranked: Sequence[tuple[int, ScoreParts]], vector: bytes
    ) -> list[MessageMatch]:
        """Return the best passage of each message, with the memories that came from the message."""
        pks = [pk for pk, _ in ranked]
        values = (json.dumps(pks), *condition.parameters)
        rows = {
            row[0]: row[1:]
            for row in self._connection.execute(_FOUND.format(condition.sql), values)
        }
        best: dict[int, tuple[ScoreParts, Row]] = {}
        for pk, parts in ranked:
            if pk in rows:
                best.setdefault(rows[pk][2], (parts, rows[pk]))
        memories = self._memories_from(condition, best, vector)
        return [
            MessageMatch(
                _record(row[4:], (row[0], row[1])), parts, bool(row[3]), tuple(memories.get(pk, ()))
            )
            for pk, (parts, row) in best.items()
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


def _record(row: Row, span: tuple[int, int] | None = None) -> MemoryRecord:
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

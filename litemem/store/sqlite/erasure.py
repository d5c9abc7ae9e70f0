"""Erase memories with everything that mentions them, and their bytes from the file.

SQLite keeps the bytes of deleted rows: in freed pages, in the slack of pages, in the write-ahead
log, in segments of the full text until they merge, and in chunks of the vector index until reuse.

The rows go first, in one transaction or several. Then `scrub` rewrites the indexes in short ones,
and `vacuum` the file. A setting says that this is not done yet, so that the next `vacuum` goes on
after an interruption.

Rows are selected by table scans (NOT INDEXED): a damaged index must neither hide a memory from an
erasure nor lead to another scope's. The file is rewritten in any case.

`find_traces` then looks for the erased texts. After a vacuum each byte belongs to a row. A text
that is still there is in a row of the same scope, which is reported, or in one of another scope,
which holds it for its own reasons. Bytes that no row explains are reported too.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.words import STOP_WORDS, words
from litemem.errors import MemoryNotFoundError, ScopeError
from litemem.store.filters import Condition
from litemem.store.protocol import ErasedText, Erasure, Traces, Vacuumed
from litemem.store.sqlite import schema, settings
from litemem.store.sqlite.cleanup import ANYTHING, drop_empty_sessions, forget_messages
from litemem.store.sqlite.connection import MEMORY
from litemem.store.sqlite.echoes import Echoes
from litemem.store.sqlite.repeats import repeats_in_other_runs, repeats_of, repeats_of_messages
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, LISTED, id_list, read_field, read_json
from litemem.store.sqlite.shown import forget_shown
from litemem.store.sqlite.vector_index import VectorIndex

_PAGES = 500  # of 4 kB, written by one transaction: 40 ms
REBUILT = 20_000  # memories; the full text of fewer is rebuilt at once, in 0.1 s
IN_MEMORY = (
    64_000_000  # bytes; a larger file is vacuumed through a temporary file without deleted rows
)

_UNKNOWN = (
    "no memory has or had the id {!r}. If its history was cleaned up, its messages may still be "
    "there: erase its scope"
)
_IS_KNOWN = """
SELECT EXISTS (SELECT 1 FROM history WHERE memory_id = ?)
  OR EXISTS (SELECT 1 FROM message WHERE id = ?)
"""
_FILLED = ", ".join(f"coalesce({key}, '')" for key in ID_KEYS)
_TABLES = {
    "memories": "memory",
    "history": "event",
    "messages": "message",
    "turns": "turn",
    "relations": "relation",
    "entities": "entity",
    "feedback": "feedback",
    "outcomes": "finished_turn",
    "exports": "export",
    "shown": "shown",
}
# of memories, and of deleted ones
_SOURCES_OF = f"""
SELECT message.pk
FROM memory AS m NOT INDEXED
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.id IN {LISTED} AND {IN_SCOPE_OF_M}
UNION
SELECT message.pk
FROM event AS m NOT INDEXED
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.event = 'DELETE' AND m.memory_id IN {LISTED} AND {IN_SCOPE_OF_M}
"""
# of memories that were deleted before schema 6: the messages of their scope from the time at which
# a memory was made, or with its text
_LIKELY_SOURCES_OF = f"""
WITH entry AS MATERIALIZED (
  SELECT * FROM event NOT INDEXED WHERE memory_id IN {LISTED}
)
SELECT message.pk
FROM entry AS m
JOIN entry AS version ON version.memory_id = m.memory_id
JOIN message NOT INDEXED
  ON message.created_at = version.created_at
  OR message.content IN (version.old_memory, version.new_memory)
WHERE m.event = 'DELETE' AND m.sources IS NULL AND {IN_SCOPE_OF_M}
"""
_MESSAGES_IN = """
SELECT pk FROM message NOT INDEXED
WHERE session_pk IN (SELECT m.pk FROM session AS m NOT INDEXED WHERE {})
"""
_TURNS_OF = """
DELETE FROM turn NOT INDEXED
WHERE session_pk IN (SELECT m.pk FROM session AS m NOT INDEXED WHERE {})
"""
_TURNS_WITHOUT = """
DELETE FROM turn
WHERE pk NOT IN (SELECT turn_pk FROM message NOT INDEXED WHERE turn_pk IS NOT NULL)
"""
_DELETED_BEFORE = "SELECT m.memory_id FROM event AS m NOT INDEXED WHERE m.event = 'DELETE' AND {}"
# deleted memories with the same text and ids as an erased memory, present or deleted
_DELETED_TWINS = f"""
SELECT memory_id
FROM event NOT INDEXED
WHERE event = 'DELETE' AND (old_memory, {_FILLED}) IN (
  SELECT content, {_FILLED} FROM memory NOT INDEXED WHERE id IN {LISTED}
  UNION ALL
  SELECT old_memory, {_FILLED} FROM event NOT INDEXED
  WHERE event = 'DELETE' AND memory_id IN {LISTED}
    AND coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL
)
"""
_HISTORY_OF = f"""
DELETE FROM event NOT INDEXED WHERE memory_id IN {LISTED} OR superseded_by IN {LISTED}
"""
_HISTORY_OF_MESSAGES = f"""
DELETE FROM event NOT INDEXED
WHERE memory_id IN (SELECT id FROM message NOT INDEXED WHERE pk IN {LISTED})
"""
_NO_SUCCESSOR = f"UPDATE memory SET superseded_by = NULL WHERE superseded_by IN {LISTED}"
_RESULTS = f"json_each({read_json('results')}) AS result"
_RESULT_ID = read_field("result", "id")
_OUTCOMES = f"""
UPDATE finished_turn
SET results = (
  SELECT json_group_array(json(value)) FROM {_RESULTS}
  WHERE type = 'object' AND {_RESULT_ID} NOT IN {LISTED}
)
WHERE EXISTS (SELECT 1 FROM {_RESULTS} WHERE {_RESULT_ID} IN {LISTED})
"""
# what is not JSON cannot be searched for names, and is no request
_UNREADABLE = "UPDATE finished_turn SET results = '[]' WHERE NOT json_valid(results)"
_EXPORTS = f"""
DELETE FROM export
WHERE NOT json_valid(request)
  OR EXISTS (SELECT 1 FROM json_tree({read_json("export.request")}) WHERE atom IN {LISTED})
"""
_TEXTS = """
WITH
  entry AS MATERIALIZED (SELECT * FROM event NOT INDEXED WHERE memory_id IN {0}),
  owner AS MATERIALIZED (
    SELECT id, {2} FROM memory NOT INDEXED WHERE id IN {0}
    UNION
    SELECT memory_id, {2} FROM entry WHERE event = 'DELETE'
  )
SELECT CAST(content AS BLOB), {4} FROM (
SELECT content, {2} FROM memory NOT INDEXED WHERE id IN {0}
UNION
SELECT old_memory, {3} FROM entry LEFT JOIN owner ON owner.id = entry.memory_id
UNION
SELECT new_memory, {3} FROM entry LEFT JOIN owner ON owner.id = entry.memory_id
WHERE superseded_by IS NULL  -- else it is the text of the successor, which stays
UNION
SELECT content, {2} FROM message JOIN session ON session.pk = session_pk
WHERE message.pk IN {1}
UNION
SELECT {5}, {2} FROM message JOIN session ON session.pk = session_pk
JOIN json_each({6}) AS aside
WHERE message.pk IN {1}
)
""".format(
    "(SELECT value FROM json_each(?1))",
    "(SELECT value FROM json_each(?2))",
    ", ".join(ID_KEYS),
    ", ".join(f"owner.{key}" for key in ID_KEYS),
    ", ".join(f"CAST({key} AS BLOB)" for key in ID_KEYS),  # another tool may have written anything
    read_field("aside", "fact"),
    read_json("message.set_aside"),
)

# with the four ids as parameters 2 to 5; no id: it is not known which the row had
_ALIKE = " AND ".join(f"m.{key} IS ?{i}" for i, key in enumerate(ID_KEYS, 2))
_SAME_IDS = f"(coalesce(?2, ?3, ?4, ?5) IS NULL OR {_ALIKE})"
_ASIDE = f"json_each({read_json('set_aside')}) AS aside"
_IN_THE_SCOPE = f"session_pk IN (SELECT m.pk FROM session AS m NOT INDEXED WHERE {_ALIKE})"
_IS_ERASED = " OR ".join(
    f"litemem_leaks(CAST({read_field('aside', name)} AS BLOB), CAST(message.content AS BLOB))"
    for name in ("fact", "replaced_by")
)
# what the model wrote from the context of messages that stay
_LEAKS = (
    f"""
UPDATE message
SET set_aside = (
  SELECT json_group_array(json(value)) FROM {_ASIDE} WHERE ({_IS_ERASED}) IS NOT TRUE
)
WHERE set_aside <> '[]' AND {_IN_THE_SCOPE} AND EXISTS (SELECT 1 FROM {_ASIDE} WHERE {_IS_ERASED})
""",
    f"""
UPDATE turn
SET error = 'the answer of the language model was erased'
WHERE error IS NOT NULL AND {_IN_THE_SCOPE} AND litemem_leaks(CAST(error AS BLOB), (
  SELECT CAST(group_concat(content, char(10)) AS BLOB) FROM message WHERE turn_pk = turn.pk
))
""",
)
_COMMON = STOP_WORDS | FUNCTION_WORDS | {"user"}

# `find_traces`
SHORTEST = 8  # bytes; a shorter text is a part of many others
WINDOW = 200  # bytes; SQLite splits a long text over pages, so several parts of it are looked for
PARTS = 5  # of a text that is longer
BLOCK = 1 << 22  # bytes that are read at once
BUDGET = 4 << 30  # bytes that are compared, in 2 s: in a large file not every text is looked for
FEWEST, MOST = 8, 500  # texts that are looked for

# what holds the text ?1
_HOLDERS: Mapping[str, str] = {
    "memories": f"SELECT m.id FROM memory AS m NOT INDEXED WHERE m.content = ?1 AND {_SAME_IDS}",
    "histories": f"""
SELECT DISTINCT e.memory_id
FROM event AS e NOT INDEXED
JOIN (
  SELECT id, {", ".join(ID_KEYS)} FROM memory
  UNION SELECT memory_id, {", ".join(ID_KEYS)} FROM event WHERE event = 'DELETE'
) AS m ON m.id = e.memory_id
WHERE ?1 IN (e.old_memory, e.new_memory) AND {_SAME_IDS}
""",
    "messages": f"""
SELECT message.pk
FROM message NOT INDEXED
JOIN session AS m ON m.pk = message.session_pk
WHERE (instr(message.content, ?1) OR instr(message.set_aside, ?1)) AND {_SAME_IDS}
""",
    "turns": f"""
SELECT turn.pk
FROM turn NOT INDEXED
JOIN session AS m ON m.pk = turn.session_pk
WHERE (instr(turn.options, ?1) OR instr(turn.error, ?1)) AND {_SAME_IDS}
""",
}


# an entry and its deletion; no row has the rowid
_NEW_SEGMENT = (
    "INSERT INTO {0}_fts (rowid, {1}) VALUES (-1, 'erased')",
    "INSERT INTO {0}_fts ({0}_fts, rowid, {1}) VALUES ('delete', -1, 'erased')",
)
_FULL_TEXTS = (("memory", "content"), ("passage", "words"))  # tables and their columns


class _Lent(Protocol):
    connection: apsw.Connection


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What an erasure selects: ids of memories, of deleted ones, and keys of messages."""

    memories: list[str]
    deleted: list[str]
    messages: list[int]

    @property
    def ids(self) -> list[str]:
        return [*self.memories, *self.deleted]


def erase(
    connection: apsw.Connection, plan: Erasure, among: Collection[str] | None = None
) -> dict[str, int]:
    """Delete the rows to erase, or those of some memories among them; return the number by kind.

    Raises:
        MemoryNotFoundError: an id has neither a memory nor a history.
    """
    before = _sizes(connection)
    chosen = _select(connection, plan, among)
    erased = _texts_of(connection, chosen)
    _mark(connection, plan)
    if VectorIndex(connection).mark:
        VectorIndex(connection).drop()  # values stay in its chunks; `scrub` fills a new one
    if plan.whole is not None and among is None:
        connection.execute(_TURNS_OF.format(plan.whole.sql), plan.whole.parameters)
    present, ids = id_list(chosen.memories), id_list(chosen.ids)
    connection.execute(f"DELETE FROM memory NOT INDEXED WHERE id IN {LISTED}", (present,))
    connection.execute(_HISTORY_OF, (ids, ids))
    connection.execute(_NO_SUCCESSOR, (ids,))
    said = json.dumps(chosen.messages)
    connection.execute(_HISTORY_OF_MESSAGES, (said,))
    forget_shown(connection, ids, said, plan.whole if among is None else None)
    forget_messages(connection, chosen.messages)
    connection.execute(_TURNS_WITHOUT)
    _erase_leaks(connection, erased)
    drop_empty_sessions(connection)
    connection.execute(_UNREADABLE)
    connection.execute(_OUTCOMES, (ids, ids))
    connection.execute(_EXPORTS, (json.dumps([*chosen.ids, *plan.names]),))
    after = _sizes(connection)
    return {name: before[name] - after[name] for name in _TABLES}


def texts(
    connection: apsw.Connection, plan: Erasure, among: Collection[str] | None = None
) -> list[ErasedText]:
    """Return the texts of what `erase` deletes: of memories, their history and their messages.

    Raises:
        MemoryNotFoundError: an id has neither a memory nor a history.
    """
    return _texts_of(connection, _select(connection, plan, among))


def _texts_of(connection: apsw.Connection, chosen: _Chosen) -> list[ErasedText]:
    rows = connection.execute(_TEXTS, (id_list(chosen.ids), json.dumps(chosen.messages)))
    read = ([None if each is None else each.decode(errors="replace") for each in r] for r in rows)
    found = (ErasedText(text, _scope(ids)) for text, *ids in read if text is not None)
    return list(dict.fromkeys(found))


def _erase_leaks(connection: apsw.Connection, erased: Iterable[ErasedText]) -> None:
    """Delete erased words from what was set aside of other messages of the same scopes.

    A model writes facts of its context, too. Such a fact, or the answer in the error of a pending
    turn, goes if it has a word of an erased text that its own messages do not have.
    """
    by_scope: dict[Scope, list[str]] = {}
    for each in erased:
        by_scope.setdefault(each.scope, []).append(each.text)
    for scope, listed in by_scope.items():
        told = frozenset(word for text in listed for word in words(text)) - _COMMON
        leaks = partial(_leaks, frozenset(listed), told)
        connection.create_scalar_function("litemem_leaks", leaks, 2)
        for sql in _LEAKS:
            connection.execute(sql, (None, *scope.key()))


def _leaks(erased: frozenset[str], told: frozenset[str], *values: Any) -> bool:
    """Compare a text of the model with its message; both are bytes, as another tool may write."""
    written, said = ((value or b"").decode(errors="replace") for value in values)
    return written in erased or not told.isdisjoint(set(words(written)).difference(words(said)))


def _select(connection: apsw.Connection, plan: Erasure, among: Collection[str] | None) -> _Chosen:
    if among is None:
        memories, deleted = _all_ids(connection, plan), _deleted_before(connection, plan)
    else:
        memories, deleted = memory_ids(connection, plan, among), []
    listed = id_list(memories)
    deleted += _column(connection, _DELETED_TWINS, listed, listed)
    listed = id_list([*memories, *deleted])
    messages = _column(connection, _SOURCES_OF, listed, listed)
    messages += _column(connection, _LIKELY_SOURCES_OF, listed)
    named = _column(connection, f"SELECT pk FROM message WHERE id IN {LISTED}", listed)
    messages += named
    if plan.whole is None:
        messages += repeats_of_messages(connection, named)
        pks = _column(connection, f"SELECT pk FROM memory WHERE id IN {LISTED}", listed)
        echoes = Echoes(connection, pks)
        messages += [key for pk in pks for key in repeats_of(connection, pk, echoes, loosely=True)]
        messages += [key for pk in pks for key in repeats_in_other_runs(connection, pk)]
    if plan.whole is not None and among is None:
        messages += _column(connection, _MESSAGES_IN.format(plan.whole.sql), *plan.whole.parameters)
    return _Chosen(memories, deleted, list(dict.fromkeys(messages)))


def _scope(ids: Sequence[Any]) -> Scope:
    """Return a scope, without ids if the row has none or impossible ones."""
    try:
        return Scope(**dict(zip(ID_KEYS, ids, strict=True)))
    except ScopeError:
        return Scope()


def set_secure_delete(connection: apsw.Connection, enabled: bool) -> None:
    """Overwrite deleted bytes, and keep temporary data in memory, until this is disabled again."""
    connection.pragma("secure_delete", enabled)
    connection.pragma("temp_store", "memory" if enabled else "default")


def scrub(
    read: Callable[[], AbstractContextManager[_Lent]],
    write: Callable[[], AbstractContextManager[_Lent]],
) -> str | None:
    """Rewrite full text and vector index without erased values, in transactions of 0.1 s.

    Return the mark of the last erasure, for `finish`, or None if none is unfinished.
    """
    with read() as r:
        mark = settings.text(r.connection, settings.ERASING)
    if mark is None:
        return None
    for table, column in _FULL_TEXTS:
        _rewrite_full_text(write, table, column)
    is_left = True
    while is_left:
        with write() as tx:
            is_left = VectorIndex(tx.connection).grow_to_the_end()
    return mark


def finish(connection: apsw.Connection, mark: str) -> None:
    """Note that nothing of an erasure is left, unless another has begun."""
    if settings.text(connection, settings.ERASING) == mark:
        settings.put(connection, settings.ERASING, None)


def _rewrite_full_text(
    write: Callable[[], AbstractContextManager[_Lent]], table: str, column: str
) -> None:
    """Drop the words of deleted rows from the segments of a full text.

    Segments are merged a few pages at a time (sqlite.org/fts5.html, "merge"). The words of deleted
    rows stay if the output is not the only segment of the last level. A first round gives one
    segment, and a second moves it, with a new one, to a new last level; the third is for merges
    that an add has started in between.
    """
    with write() as tx:
        if tx.connection.execute(f"SELECT count(*) FROM {table}").get <= REBUILT:
            tx.connection.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild')")
            return
    for _ in range(3):
        with write() as tx:
            for statement in _NEW_SEGMENT:
                tx.connection.execute(statement.format(table, column))
            is_left = _merge(tx.connection, table, -_PAGES)
        while is_left:
            with write() as tx:
                is_left = _merge(tx.connection, table, _PAGES)


def _merge(connection: apsw.Connection, table: str, pages: int) -> bool:
    """Write some pages of a merge, or start one of all segments if the number is negative.

    Return False if nothing was left to merge.
    """
    before = connection.total_changes()
    connection.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes() - before > 1


def vacuum(connection: apsw.Connection, path: str) -> Vacuumed:
    """Rewrite the file without free pages, and empty the write-ahead log."""
    before = _bytes(connection, path)
    connection.pragma("temp_store", "memory" if before <= IN_MEMORY else "default")
    try:
        connection.execute("VACUUM")
    finally:
        connection.pragma("temp_store", "default")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    return Vacuumed(before, _bytes(connection, path), bool(busy))


def memory_ids(
    connection: apsw.Connection, plan: Erasure, among: Collection[str] | None = None
) -> list[str]:
    """Return the ids of the existing memories to erase, or of those among them.

    Raises:
        MemoryNotFoundError: an id has neither a memory nor a history.
    """
    condition = plan.condition or ANYTHING
    if among is None:
        among = _all_ids(connection, plan)
        condition = ANYTHING
    sql = f"SELECT m.id FROM memory AS m NOT INDEXED WHERE {condition.sql} AND m.id IN {LISTED}"
    return _column(connection, sql, *condition.parameters, id_list(among))


def _all_ids(connection: apsw.Connection, plan: Erasure) -> list[str]:
    found = [] if plan.condition is None else _matching_ids(connection, plan.condition)
    erased = _unfinished(connection)  # perhaps by a call that was interrupted
    for memory_id in plan.memory_ids:
        values = (memory_id, memory_id)
        if not connection.execute(_IS_KNOWN, values).get and _digest(memory_id) not in erased:
            raise MemoryNotFoundError(_UNKNOWN.format(memory_id))
    return list(dict.fromkeys([*found, *plan.memory_ids]))


def _mark(connection: apsw.Connection, plan: Erasure) -> None:
    """Note that the file has to be rewritten, and the ids that this erasure was given."""
    digests = [*_unfinished(connection), *map(_digest, plan.memory_ids)]
    mark = {"last": clock.new_id(), "memories": list(dict.fromkeys(digests))}
    settings.put(connection, settings.ERASING, json.dumps(mark))


def _unfinished(connection: apsw.Connection) -> list[str]:
    """Return the digests of the ids that erasures were given since the last vacuum.

    A mark that was changed by hand has none; the vacuum finishes the erasure all the same.
    """
    mark = settings.text(connection, settings.ERASING)
    values = (mark, mark)
    found = "SELECT value FROM json_each(iif(json_valid(?), ?, '{}'), '$.memories')"
    return [] if mark is None else _column(connection, found, *values)


def _digest(memory_id: str) -> str:
    """Return a digest of an id, which the file keeps until the vacuum in place of the id."""
    return hashlib.sha256(memory_id.encode(errors="surrogatepass")).hexdigest()


def _matching_ids(connection: apsw.Connection, condition: Condition) -> list[str]:
    among = f"SELECT m.id FROM memory AS m NOT INDEXED WHERE {condition.sql}"
    return _column(connection, among, *condition.parameters)


def _deleted_before(connection: apsw.Connection, plan: Erasure) -> list[str]:
    """Return the ids of memories deleted in the scopes before."""
    if plan.whole is None:
        return []
    sql, values = plan.whole.sql, plan.whole.parameters
    return _column(connection, _DELETED_BEFORE.format(sql), *values)


def _column(connection: apsw.Connection, sql: str, *values: Any) -> list[Any]:
    return [row[0] for row in connection.execute(sql, values)]


def _sizes(connection: apsw.Connection) -> dict[str, int]:
    return {
        name: int(connection.execute(f"SELECT count(*) FROM {table}").get)
        for name, table in _TABLES.items()
    }


def _bytes(connection: apsw.Connection, path: str) -> int:
    """Return the size of the file and its log."""
    if path == MEMORY:
        return int(connection.pragma("page_count") * connection.pragma("page_size"))
    files = (Path(path), Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def find_traces(connection: apsw.Connection, path: str, erased: Sequence[ErasedText]) -> Traces:
    """Return what still holds one of the texts."""
    long = [each for each in erased if len(each.text.encode()) >= SHORTEST]
    held: dict[str, dict[str, None]] = {kind: {} for kind in _HOLDERS}
    is_loose = False
    for each in _still_there(connection, path, long):
        values = (each.text, *each.scope.key())
        is_held = False
        for kind, sql in _HOLDERS.items():
            rows = [str(row[0]) for row in connection.execute(sql, values)]
            held[kind] |= dict.fromkeys(rows)
            is_held = is_held or bool(rows)
        is_loose = is_loose or not (is_held or path == MEMORY or _is_in_a_row(connection, each))
    return Traces(
        memories=tuple(held["memories"]),
        histories=tuple(each for each in held["histories"] if each not in held["memories"]),
        messages=len(held["messages"]),
        turns=len(held["turns"]),
        is_loose=is_loose,
    )


def _still_there(
    connection: apsw.Connection, path: str, erased: Sequence[ErasedText]
) -> list[ErasedText]:
    """Return the texts that the bytes of the file or its log contain; as many as time allows."""
    if path == MEMORY:
        return _spread(erased, MOST)
    files = [(which, Path(f"{path}{side}")) for which, side in ((0, ""), (1, "-wal"))]
    sizes = {which: file.stat().st_size for which, file in files if file.exists()}
    number = max(FEWEST, min(MOST, BUDGET // (sum(sizes.values()) or 1)))
    waiting = {each: _parts(each.text.encode()) for each in _spread(erased, number)}
    for which, size in sizes.items():
        for block in _blocks(connection, which, size):
            for each in [each for each, parts in waiting.items() if any(p in block for p in parts)]:
                del waiting[each]
    return [each for each in _spread(erased, number) if each not in waiting]


def _blocks(connection: apsw.Connection, which: int, size: int) -> Iterator[bytes]:
    """Yield the bytes of the file (0) or its log (1), each block with the end of the last one.

    SQLite reads them: a file of ours that is open must not be opened again (`open_files`).
    """
    end = b""
    for start in range(0, size, BLOCK):
        _, read = connection.read("main", which, start, min(BLOCK, size - start))
        yield end + read
        end = read[-WINDOW:]


def _parts(text: bytes) -> list[bytes]:
    """Return a text, or parts of a long one: not all of them lie across the border of two pages."""
    if len(text) <= WINDOW:
        return [text]
    step = (len(text) - WINDOW) / (PARTS - 1)
    starts = (round(i * step) for i in range(PARTS))
    return [text[start : start + WINDOW] for start in starts]


def _spread(erased: Sequence[ErasedText], number: int) -> list[ErasedText]:
    """Return at most `number` of the texts, evenly spread."""
    step = max(1.0, len(erased) / number)
    return [erased[int(i * step)] for i in range(min(number, len(erased)))]


def _is_in_a_row(connection: apsw.Connection, each: ErasedText) -> bool:
    """Return True if any row contains a part of a text: another scope's, or a longer text."""
    parts = [part.decode(errors="ignore") for part in _parts(each.text.encode())]
    return any(
        connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {contains})", values).get
        for table, contains, values in _searches(parts)
    )


def _searches(parts: Sequence[str]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    for table, columns in schema.expected_tables(schema.latest_version()).items():
        texts = [column.name for column in columns if column.kind == "TEXT"]
        for part in parts if texts else ():
            yield table, " OR ".join(f"instr({name}, ?1)" for name in texts), (part,)

"""Convert rows to values and back, check them for damage as they are read, and select a scope's."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import HistoryEntry, MemoryRecord, Message, content_hash
from litemem.errors import ScopeError
from litemem.store.filters import Condition
from litemem.store.sqlite.values import (
    IndexDamageError,
    RowDamageError,
    check_values,
    damage,
    read_value,
)

MEMORY_COLUMNS = (
    "id, content, hash, user_id, agent_id, app_id, run_id, actor_id, role, attributed_to, "
    "memory_type, metadata, categories, created_at, updated_at, valid_from, valid_to, "
    "superseded_by, expires_at, immutable, repeats"
)
HISTORY_COLUMNS = (
    "pk, memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role, "
    "superseded_by, supersedes"
)
_MEMORY_COLUMNS = MEMORY_COLUMNS.split(", ")
_MISMATCH = "does not match its hash; `litemem verify --full` shows what was changed"
_TEXTS = frozenset({str, type(None)})  # types of an optional text
_BATCH = 500  # memories that are checked at once
_ENTRY_COLUMNS = HISTORY_COLUMNS.split(", ")[1:-1]

# True if a message was logged in the scope of the memory `m`. SQLite reuses the primary key of a
# deleted last row, so a memory's list of sources could name a message of another scope.
IN_SCOPE_OF_M = """
EXISTS (
  SELECT 1 FROM session AS s
  WHERE s.pk = message.session_pk
    AND s.user_id IS m.user_id AND s.agent_id IS m.agent_id
    AND s.app_id IS m.app_id AND s.run_id IS m.run_id
)
"""

LISTED = "(SELECT value FROM json_each(?))"  # the values of a JSON list

# of one row: what checks and Python say of values that another tool wrote
DAMAGE = (RowDamageError, UnicodeDecodeError)

Row = tuple[Any, ...]
T = TypeVar("T")


def read_json(column: str) -> str:
    """Return SQL for a JSON column, or for an empty list where another tool wrote something else.

    One unreadable row then does not stop a statement over many.
    """
    return f"iif(json_valid({column}), {column}, '[]')"


def read_field(each: str, name: str) -> str:
    """Return SQL for a field of the values that `json_each` calls `each`; NULL if one has none."""
    return f"iif({each}.type = 'object', {each}.value ->> '{name}', NULL)"


def cosine_of(column: str) -> str:
    """Return SQL for the cosine with the vector ?1; 0 for a damaged vector.

    One of another size would stop the whole statement.
    """
    is_alike = f"typeof({column}) = 'blob' AND length({column}) = length(?1)"
    return f"coalesce(1 - iif({is_alike}, vec_distance_cosine({column}, ?1), NULL), 0)"


def memory_values(record: MemoryRecord) -> Row:
    """Return the values of `MEMORY_COLUMNS`."""
    return (
        record.id,
        record.content,
        record.hash,
        *record.scope.key(),
        record.actor_id,
        record.role,
        record.attributed_to,
        record.memory_type,
        to_json(record.metadata) if record.metadata else "{}",
        to_json(record.categories) if record.categories else "[]",
        record.created_at,
        record.updated_at,
        record.valid_from,
        record.valid_to,
        record.superseded_by,
        record.expires_at,
        record.immutable,
        record.repeats,
    )


def memory_record(row: Row) -> MemoryRecord:
    """Read the values of `MEMORY_COLUMNS`.

    Raises:
        RowDamageError: the row is damaged, or the text does not match its hash (SQLite's pages
            have no checksums).
    """
    _check_memory(row)
    return MemoryRecord(
        id=row[0],
        content=row[1],
        hash=row[2],
        scope=read_scope("memory", row[0], row[3:7]),
        actor_id=row[7],
        role=row[8],
        attributed_to=row[9],
        memory_type=row[10],
        metadata={} if row[11] == "{}" else read_value("memory", row[0], "metadata", row[11]),
        categories=() if row[12] == "[]" else read_value("memory", row[0], "categories", row[12]),
        created_at=row[13],
        updated_at=row[14],
        valid_from=row[15],
        valid_to=row[16],
        superseded_by=row[17],
        expires_at=row[18],
        immutable=bool(row[19]),
        repeats=row[20],
    )


def read_scope(table: str, key: object, ids: Sequence[Any]) -> Scope:
    """Read the four ids of a row."""
    try:
        user_id, agent_id, app_id, run_id = ids
        return Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
    except ScopeError as error:
        column = str(error).split("=")[0].split()[0]  # the message begins with it
        raise damage(table, key, column, error) from error


def read_message(row: Row) -> Message:
    """Read primary key, role, content and name."""
    pk, role, content, name = row
    check_values("message", pk, role=role, content=content, name=name)
    return Message(role, content, name)


def id_list(ids: Iterable[Any]) -> str:
    """Return memories' ids as a JSON array, for `json_each`."""
    listed = list(ids)
    for memory_id in listed:
        if not isinstance(memory_id, str):
            check_values("memory", memory_id, id=memory_id)
    return json.dumps(listed)


def history_entry(row: Row) -> HistoryEntry:
    """Read the values of `HISTORY_COLUMNS`."""
    check_values("event", row[1], **dict(zip(_ENTRY_COLUMNS, row[1:-1], strict=True)))
    return HistoryEntry(
        id=row[1] if row[2] == "ADD" else str(row[0]),  # an ADD may not have a row yet
        memory_id=row[1],
        event=row[2],
        old_memory=row[3],
        new_memory=row[4],
        created_at=row[5],
        updated_at=row[6],
        actor_id=row[7],
        role=row[8],
        superseded_by=row[9],
        supersedes=() if row[10] is None else read_value("memory", row[1], "categories", row[10]),
    )


def _check_memory(row: Row) -> None:
    """Check the values that are not checked when they are read; it costs every read 3 µs a row."""
    if not (_are_typed(row) and _are_times(row)):
        check_values("memory", row[0], **dict(zip(_MEMORY_COLUMNS, row, strict=True)))
    if content_hash(row[1]) != row[2]:
        raise damage("memory", row[0], "content", _MISMATCH)


def _are_typed(row: Row) -> bool:
    """Return True if texts are texts and numbers are numbers; the scope's ids are checked later."""
    return (
        type(row[0]) is type(row[1]) is str
        and type(row[19]) is type(row[20]) is int
        and "\0" not in row[0]
        and _TEXTS.issuperset(map(type, row[7:11]))
        and type(row[17]) in _TEXTS
    )


def _are_times(row: Row) -> bool:
    if not (clock.is_time(row[13]) and clock.is_time(row[14])):
        return False
    unlimited = row[15] is None and row[16] is None and row[18] is None  # as for most memories
    return unlimited or all(t is None or clock.is_time(t) for t in (row[15], row[16], row[18]))


def to_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return compact JSON with non-ASCII characters unescaped."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def records(
    connection: apsw.Connection, pks: Sequence[int], condition: Condition
) -> dict[int, MemoryRecord]:
    """Return the memories with these primary keys, which were found under the condition.

    SQLite reads the columns that an index holds from the index, so a corrupt entry shows the id
    that was asked for next to another memory's text. A row that is read by its primary key shows
    its own values. The condition is checked again on these, because a wrong row would leak another
    scope's text, or be deleted; all other damage is found by `verify`.

    Raises:
        RowDamageError: a row is missing, or the condition does not hold for it.
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
    _check_index(len(found) == len(set(pks)), "memory")
    return found


def readable(
    connection: apsw.Connection, pks: Sequence[int], condition: Condition
) -> tuple[dict[int, MemoryRecord], dict[int, str]]:
    """Return the memories with these primary keys as `records`, and the ids of the damaged ones.

    Raises:
        IndexDamageError: as `records`.
    """
    found, damaged = split(lambda some: records(connection, some, condition).items(), pks)
    return dict(found), {pk: shown_id(connection, "memory", pk) for pk in damaged}


def unreadable(connection: apsw.Connection, pks: Sequence[int]) -> dict[int, str]:
    """Return the ids of the memories among these that `records` could not read, by primary key.

    It costs a third of reading them.
    """
    damaged: list[int] = []
    for start in range(0, len(pks), _BATCH):
        batch = pks[start : start + _BATCH]
        damaged += split(lambda some: _checked(connection, some), batch)[1]
    return {pk: shown_id(connection, "memory", pk) for pk in damaged}


def _checked(connection: apsw.Connection, pks: Sequence[int]) -> Iterator[int]:
    """Yield the primary keys of memories that are checked as `memory_record` checks them."""
    sql = f"SELECT pk, {MEMORY_COLUMNS} FROM memory WHERE pk IN (SELECT value FROM json_each(?))"
    scope: Row = ()
    for pk, *values in connection.execute(sql, (json.dumps(pks),)):
        row = tuple(values)
        _check_memory(row)
        if row[3:7] != scope:
            read_scope("memory", row[0], row[3:7])
            scope = row[3:7]
        if row[11] != "{}":
            read_value("memory", row[0], "metadata", row[11])
        if row[12] != "[]":
            read_value("memory", row[0], "categories", row[12])
        yield pk


def split(
    read: Callable[[Sequence[int]], Iterable[T]], pks: Sequence[int]
) -> tuple[list[T], list[int]]:
    """Read rows at once; if one is damaged, each half of them, until the damaged ones are alone.

    Return what was read, in its order, and the primary keys of the damaged rows.

    Raises:
        IndexDamageError: `read` does.
    """
    try:
        return list(read(pks)), []
    except IndexDamageError:
        raise
    except DAMAGE:
        if len(pks) < 2:
            return [], list(pks)
    half = len(pks) // 2
    found, damaged = split(read, pks[:half])
    others, more = split(read, pks[half:])
    return found + others, damaged + more


def shown_id(connection: apsw.Connection, table: str, pk: int) -> str:
    """Return the id of a damaged memory or message, or what is nearest to it."""
    stored = connection.execute(f"SELECT CAST(id AS BLOB) FROM {table} WHERE pk = ?", (pk,)).get
    return f"{table} {pk}" if stored is None else str(stored.decode(errors="replace"))


def by_id(connection: apsw.Connection, memory_id: str) -> tuple[int, MemoryRecord] | None:
    """Return the primary key and the memory of an id, or None if there is no such memory.

    Raises:
        RowDamageError: the index leads to another memory.
    """
    pk = pk_of(connection, memory_id)
    if pk is None:
        return None
    try:
        return pk, records(connection, [pk], Condition("m.id = ?", (memory_id,)))[pk]
    except UnicodeDecodeError as error:
        raise damage("memory", memory_id, "a text", "is not UTF-8") from error


def pk_of(connection: apsw.Connection, memory_id: str) -> int | None:
    """Return the primary key of an id, also of a damaged memory, or None for an unknown id.

    Raises:
        IndexDamageError: the index leads to another memory.
    """
    row = connection.execute("SELECT pk FROM memory WHERE id = ?", (memory_id,)).fetchone()
    if row is None:
        return None
    check_rows(connection, "memory", row, Condition("m.id = ?", (memory_id,)))
    return int(row[0])


def matching(connection: apsw.Connection, condition: Condition) -> list[int]:
    """Return the primary keys of the memories that match.

    Raises:
        RowDamageError: an index leads to a memory that does not match.
    """
    rows = connection.execute(
        f"SELECT m.pk FROM memory AS m WHERE {condition.sql}", condition.parameters
    )
    pks = [pk for (pk,) in rows]
    check_rows(connection, "memory", pks, condition)
    return pks


def matching_records(connection: apsw.Connection, condition: Condition) -> dict[int, MemoryRecord]:
    """Return the memories that match and can be read, by primary key.

    Raises:
        RowDamageError: an index leads to a memory that does not match.
    """
    return readable(connection, matching(connection, condition), condition)[0]


def check_rows(
    connection: apsw.Connection, table: str, pks: Collection[int], condition: Condition
) -> None:
    """Check that the rows that were found under a condition meet it by their own values.

    Raises:
        RowDamageError: a row does not.
    """
    number = connection.execute(
        f"SELECT count(CASE WHEN {condition.sql} THEN 1 END) FROM {table} AS m"
        " WHERE m.pk IN (SELECT value FROM json_each(?))",
        (*condition.parameters, json.dumps(list(pks))),
    ).get
    _check_index(number == len(set(pks)), table)


def _check_index(is_sound: bool, table: str) -> None:
    if not is_sound:
        raise IndexDamageError(f"an index of {table!r} leads to wrong rows")


@lru_cache(maxsize=1_024)  # one call asks for its scope several times
def scope_equals(scope: Scope) -> Condition:
    """Return the condition that a row `m` has exactly the ids of a scope.

    It can use the indexes memory_user, … of `memory`: `= ?` implies that the id is not null, which
    `IS ?` would not.
    """
    ids = scope.ids()
    parts = [f"m.{key} = ?" if key in ids else f"m.{key} IS NULL" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(ids.values()))


def scope_unique_key(scope: Scope) -> Condition:
    """Return the same for `session` and `entity`, with '' for a null id in their unique indexes.

    In a unique index two NULLs are different, so these index `coalesce(user_id, '')`, ….
    """
    parts = [f"coalesce(m.{key}, '') = ?" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(value or "" for value in scope.key()))


def session_pk(connection: apsw.Connection, scope: Scope) -> int | None:
    """Return the primary key of exactly this scope in `session`, or None without messages."""
    key = scope_unique_key(scope)
    row = connection.execute(
        f"SELECT pk FROM session AS m WHERE {key.sql}", key.parameters
    ).fetchone()
    if row is None:
        return None
    check_rows(connection, "session", row, scope_equals(scope))
    return int(row[0])


def ensure_session(connection: apsw.Connection, scope: Scope) -> int:
    """Return the primary key of exactly this scope in `session`, inserting its row if needed."""
    pk = session_pk(connection, scope)
    if pk is not None:
        return pk
    connection.execute(
        "INSERT INTO session (user_id, agent_id, app_id, run_id) VALUES (?, ?, ?, ?)", scope.key()
    )
    return connection.last_insert_rowid()

"""Rows of the file as values, and back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from litemem.core import clock
from litemem.core.scope import Scope
from litemem.core.types import HistoryEntry, MemoryRecord, Message, content_hash
from litemem.errors import ScopeError

MEMORY_COLUMNS = (
    "id, content, hash, user_id, agent_id, app_id, run_id, actor_id, role, attributed_to, "
    "memory_type, metadata, categories, created_at, updated_at, valid_from, valid_to, "
    "superseded_by, expires_at, immutable, repeats"
)
HISTORY_COLUMNS = (
    "pk, memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role, "
    "superseded_by, supersedes"
)

# Of a message beside the memory `m`: it was said in the memory's scope. SQLite gives the primary
# key of a deleted last row to the next one; what names a message by it must not follow it there.
SAID_THERE = """
EXISTS (
  SELECT 1 FROM session AS s
  WHERE s.pk = message.session_pk
    AND s.user_id IS m.user_id AND s.agent_id IS m.agent_id
    AND s.app_id IS m.app_id AND s.run_id IS m.run_id
)
"""

Row = tuple[Any, ...]


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


class RowDamageError(ValueError):
    """A row is not what litemem writes: its page is damaged, or another tool changed it."""


def memory_record(row: Row) -> MemoryRecord:
    """Read the values of `MEMORY_COLUMNS`.

    Raises:
        RowDamageError: it is none, or the text does not meet its hash: SQLite's pages have no sums
            of their own.
    """
    _check_memory(row)
    return MemoryRecord(
        id=row[0],
        content=row[1],
        hash=row[2],
        scope=read_scope(row[3], row[4], row[5], row[6]),
        actor_id=row[7],
        role=row[8],
        attributed_to=row[9],
        memory_type=row[10],
        metadata={} if row[11] == "{}" else read_object(row[11]),  # to parse it takes 1 µs
        categories=() if row[12] == "[]" else _read_names(row[12]),
        created_at=row[13],
        updated_at=row[14],
        valid_from=row[15],
        valid_to=row[16],
        superseded_by=row[17],
        expires_at=row[18],
        immutable=bool(row[19]),
        repeats=row[20],
    )


def read_scope(user_id: Any, agent_id: Any, app_id: Any, run_id: Any) -> Scope:
    """Read the four ids of a row."""
    try:
        return Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
    except ScopeError as error:
        raise RowDamageError(str(error)) from error


def read_message(row: Row) -> Message:
    """Read role, content and name."""
    role, content, name = row
    _check(isinstance(role, str) and isinstance(content, str), content, "role or content")
    return Message(role, content, name)


def read_object(text: str) -> dict[str, Any]:
    """Read a JSON object."""
    _check(isinstance(text, str), text, "JSON")
    content = json.loads(text)
    _check(isinstance(content, dict), content, "JSON")
    return dict(content)


def read_time(value: Any) -> int:
    """Read a time that there has to be."""
    _check(clock.is_time(value), value, "time")
    return int(value)


def _read_names(text: str) -> tuple[str, ...]:
    _check(isinstance(text, str), text, "JSON")
    names = json.loads(text)
    are_names = isinstance(names, list) and all(isinstance(name, str) for name in names)
    _check(are_names, text, "JSON")
    return tuple(names)


def id_list(ids: Iterable[Any]) -> str:
    """Return memories' ids as a JSON array, for `json_each`."""
    found = list(ids)
    for memory_id in found:
        _check(isinstance(memory_id, str), memory_id, "id")
    return json.dumps(found)


def history_entry(row: Row) -> HistoryEntry:
    """Read the values of `HISTORY_COLUMNS`."""
    _check(clock.is_time(row[5]) and (row[6] is None or clock.is_time(row[6])), row[1], "time")
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
        supersedes=tuple(json.loads(row[10] or "[]")),
    )


def _check_memory(row: Row) -> None:
    """Make sure of what can be made sure of; every read pays for it, 2 µs a row."""
    memory_id, content = row[0], row[1]
    _check(isinstance(memory_id, str) and isinstance(content, str), memory_id, "text")
    _check(content_hash(content) == row[2], memory_id, "hash")
    is_dated = clock.is_time(row[13]) and clock.is_time(row[14])
    lasts = row[15] is None and row[16] is None and row[18] is None  # as most do
    others = lasts or all(t is None or clock.is_time(t) for t in (row[15], row[16], row[18]))
    _check(is_dated and others, memory_id, "time")
    _check(isinstance(row[20], int), memory_id, "number of repeats")


def _check(holds: bool, what: object, part: str) -> None:
    if not holds:
        raise RowDamageError(f"{what!r:.60} has another {part} than litemem writes")


def to_json(value: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Write compact JSON with its characters as they are."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

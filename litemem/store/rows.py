"""Rows of the file as values, and back."""

import json
from collections.abc import Mapping
from typing import Any

from litemem.models import HistoryEntry, MemoryRecord
from litemem.scope import Scope

MEMORY_COLUMNS = (
    "id, content, hash, user_id, agent_id, app_id, run_id, actor_id, role, attributed_to, "
    "memory_type, metadata, categories, created_at, updated_at, valid_from, valid_to, "
    "superseded_by, expires_at, immutable"
)
HISTORY_COLUMNS = (
    "pk, memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role"
)

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
    )


def memory_record(row: Row) -> MemoryRecord:
    """Read the values of `MEMORY_COLUMNS`."""
    return MemoryRecord(
        id=row[0],
        content=row[1],
        hash=row[2],
        scope=Scope(user_id=row[3], agent_id=row[4], app_id=row[5], run_id=row[6]),
        actor_id=row[7],
        role=row[8],
        attributed_to=row[9],
        memory_type=row[10],
        metadata=json.loads(row[11]),
        categories=tuple(json.loads(row[12])),
        created_at=row[13],
        updated_at=row[14],
        valid_from=row[15],
        valid_to=row[16],
        superseded_by=row[17],
        expires_at=row[18],
        immutable=bool(row[19]),
    )


def history_entry(row: Row) -> HistoryEntry:
    """Read the values of `HISTORY_COLUMNS`."""
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
    )


def to_json(value: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Write compact JSON with its characters as they are."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

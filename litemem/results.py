"""Results: memories and history in the shapes that Mem0 gives them."""

from typing import Any

from litemem import clock
from litemem.models import Entity, Found, HistoryEntry, MemoryRecord

_OPTIONAL = ("actor_id", "role", "attributed_to", "memory_type", "superseded_by")


def memory_dict(record: MemoryRecord) -> dict[str, Any]:
    """Return a memory as `get_all` shows it; names without a value are left out below `metadata`.

    `expiration_date` is the last day on which the memory is found, `expires_at` the moment.
    """
    shown: dict[str, Any] = {
        "id": record.id,
        "memory": record.content,
        "hash": record.hash.hex(),
        "metadata": dict(record.metadata) or None,
        "created_at": clock.to_iso(record.created_at),
        "updated_at": clock.to_iso(record.updated_at),
        **record.scope.ids(),
    }
    shown |= {n: v for n in _OPTIONAL if (v := getattr(record, n)) is not None}
    if record.categories:
        shown["categories"] = list(record.categories)
    if record.immutable:
        shown["immutable"] = True
    if record.valid_to is not None:
        shown["valid_to"] = clock.to_iso(record.valid_to)
    if record.expires_at is not None:
        shown["expires_at"] = clock.to_iso(record.expires_at)
        shown["expiration_date"] = clock.to_iso(record.expires_at - 1)[:10]
    return shown


def added_dict(record: MemoryRecord, *, inferred: bool) -> dict[str, Any]:
    """Return a memory as `add` reports it."""
    shown: dict[str, Any] = {"id": record.id, "memory": record.content, "event": "ADD"}
    if not inferred:
        shown |= {"actor_id": record.actor_id, "role": record.role}
    return shown


def found_dict(found: Found) -> dict[str, Any]:
    """Return a memory as `search` shows it."""
    return memory_dict(found.record) | {"score": found.score}


def entity_dict(entity: Entity) -> dict[str, Any]:
    """Return a user, agent, app or run as `users` shows it."""
    return {
        "id": entity.name,
        "name": entity.name,
        "type": entity.kind,
        "owner": None,
        "metadata": {},
        "total_memories": entity.memories,
        "created_at": clock.to_iso(entity.created_at),
        "updated_at": clock.to_iso(entity.updated_at),
    }


def history_dict(entry: HistoryEntry) -> dict[str, Any]:
    """Return an event of a memory's life."""
    return {
        "id": entry.id,
        "memory_id": entry.memory_id,
        "old_memory": entry.old_memory,
        "new_memory": entry.new_memory,
        "event": entry.event,
        "created_at": clock.to_iso(entry.created_at),
        "updated_at": None if entry.updated_at is None else clock.to_iso(entry.updated_at),
        "is_deleted": entry.event == "DELETE",
        "actor_id": entry.actor_id,
        "role": entry.role,
    }

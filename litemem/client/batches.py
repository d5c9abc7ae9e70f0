"""Batches: many memories changed or deleted by one call, all of them or none."""

from collections.abc import Mapping, Sequence
from typing import Any

from litemem.client.face import ClientFace, Result
from litemem.core.arguments import check_text
from litemem.errors import ValidationError, quoted
from litemem.ingestion import edits as editing

MOST = 1_000  # memories in one call; the hosted service's

_UPDATES = frozenset({"memory_id", "text", "metadata", "timestamp", "expiration_date"})
_DELETIONS = frozenset({"memory_id"})


def batch_update(self: ClientFace, memories: Sequence[Mapping[str, Any]]) -> Result:
    """Change memories, all or none: `{"message": "Successfully updated 2 memories"}`.

    Each is a dict with `memory_id` and what `update` takes; at most 1,000 at once.

    Raises:
        MemoryNotFoundError: one of the memories is not there.
        ImmutableError: one was stored to stay as it is.
        ValidationError: one of the dicts is wrong; the message says which.
    """
    changes = [_change(row, f"memories[{i}]") for i, row in enumerate(_rows(memories, _UPDATES))]
    editing.apply(self.memory.store, self.memory.embedder, changes, self.now())
    return {"message": f"Successfully updated {_counted(len(changes))}"}


def batch_delete(self: ClientFace, memories: Sequence[Mapping[str, Any]]) -> Result:
    """Remove memories, all or none: `{"message": "Successfully deleted 2 memories"}`.

    Each is a dict with `memory_id`; at most 1,000 at once.

    Raises:
        MemoryNotFoundError: one of the memories is not there.
        ValidationError: one of the dicts is wrong; the message says which.
    """
    ids = [
        check_text(row.get("memory_id"), f"memories[{i}].memory_id")
        for i, row in enumerate(_rows(memories, _DELETIONS))
    ]
    deleted = editing.delete(self.memory.store, ids, self.now())
    return {"message": f"Successfully deleted {_counted(deleted)}"}


def _rows(memories: Sequence[Mapping[str, Any]], names: frozenset[str]) -> list[dict[str, Any]]:
    if isinstance(memories, str | bytes | Mapping) or not isinstance(memories, Sequence):
        raise ValidationError(f"memories takes a list of dicts, not {type(memories).__name__}")
    if not memories or len(memories) > MOST:
        raise ValidationError(f"memories has {len(memories):,} items; it takes 1 to {MOST:,}")
    for i, row in enumerate(memories):
        if not isinstance(row, Mapping):
            raise ValidationError(f"memories[{i}] takes a dict with memory_id, not {quoted(row)}")
        unknown = [name for name in row if name not in names]
        if unknown:
            known = ", ".join(sorted(names))
            raise ValidationError(
                f"memories[{i}][{quoted(unknown[0])}] is unknown; there are {known}"
            )
    return [dict(row) for row in memories]


def _change(row: Mapping[str, Any], name: str) -> editing.Change:
    expiries = [row["expiration_date"]] if "expiration_date" in row else []
    try:
        return editing.check_change(
            row.get("memory_id", ""),
            text=row.get("text"),
            metadata=row.get("metadata"),
            timestamp=row.get("timestamp"),
            expiries=expiries,
        )
    except ValidationError as error:
        raise ValidationError(f"{name}: {error}") from error


def _counted(number: int) -> str:
    return f"{number} memory" if number == 1 else f"{number} memories"

"""Summary: what is known in each scope, written from its memories without a model."""

from collections.abc import Iterable
from typing import Any

from litemem.core import clock
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord


def summaries(records: Iterable[MemoryRecord]) -> list[dict[str, Any]]:
    """Return a summary for each exact scope: its ids, and its memories as lines, oldest first.

    The records come newest first, and so do the scopes. Nothing is left out and nothing invented,
    which a small model could not promise.
    """
    scopes: dict[Scope, list[MemoryRecord]] = {}
    for record in records:
        scopes.setdefault(record.scope, []).append(record)
    return [_summary(scope, found[::-1]) for scope, found in scopes.items()]


def _summary(scope: Scope, records: list[MemoryRecord]) -> dict[str, Any]:
    return {
        **scope.ids(),
        "summary": "\n".join(record.content for record in records),
        "total_memories": len(records),
        "created_at": clock.to_iso(records[0].created_at),
        "updated_at": clock.to_iso(max(record.updated_at for record in records)),
    }

"""The memories that a page has deleted, kept for an undo until the server ends."""

import json
import threading
from collections.abc import Iterable, Sequence
from io import BytesIO

from litemem.errors import MemoryNotFoundError
from litemem.inspector.selection import of_ids
from litemem.memory import Memory

MAX_BYTES = 32_000_000  # of the archives that are kept; the oldest go first


class Trash:
    """Archives of deleted memories, by the batch in which they were deleted.

    An archive has all of a memory: metadata, categories, times, feedback, relations. Without one,
    `Memory.undo` knows only what the history does.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[str, tuple[Sequence[str], bytes]] = {}
        self._number = 0

    def keep(self, memory: Memory, memory_ids: Sequence[str]) -> str:
        """Keep memories that are about to be deleted; return the name of the batch."""
        lines = [_without_history(line) for line in memory.export(filters=of_ids(memory_ids))]
        archive = "".join(lines).encode()
        with self._lock:
            self._number += 1
            name = str(self._number)
            self._batches[name] = (memory_ids, archive)
            while sum(len(kept) for _, kept in self._batches.values()) > MAX_BYTES:
                del self._batches[next(iter(self._batches))]
        return name

    def batch_of(self, memory_id: str) -> str | None:
        """Return the last batch with a memory, or None."""
        with self._lock:
            names = [name for name, (ids, _) in self._batches.items() if memory_id in ids]
        return names[-1] if names else None

    def put_back(self, memory: Memory, name: str) -> Sequence[str]:
        """Store the memories of a batch again, and note it in their history; return their ids.

        Raises:
            MemoryNotFoundError: the batch is no longer kept.
        """
        with self._lock:
            memory_ids, archive = self._batches.pop(name, ((), b""))
        if not archive:
            raise MemoryNotFoundError(
                "what was deleted is no longer kept: undo one memory at a time"
            )
        memory.import_file(BytesIO(archive), on_conflict="skip", accept_edited=True)
        return memory_ids

    def forget(self, memory_ids: Iterable[str]) -> None:
        """Drop the batches with one of these memories, which were erased."""
        erased = set(memory_ids)
        with self._lock:
            self._batches = {
                name: kept for name, kept in self._batches.items() if not erased & set(kept[0])
            }


def _without_history(line: str) -> str:
    """Return a line without the events that the file still has."""
    item = json.loads(line)
    if item.get("kind") == "memory":
        item["history"] = []
    return json.dumps(item, ensure_ascii=False) + "\n"

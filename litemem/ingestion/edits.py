"""Changes of existing memories, all of a call in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any

from litemem.core import clock
from litemem.core.arguments import (
    check_categories,
    check_day,
    check_expiry,
    check_metadata,
    check_text,
)
from litemem.core.protocols import Embedder
from litemem.core.text.words import was_said
from litemem.core.types import Disagreement, HistoryEntry, MemoryRecord, content_hash
from litemem.errors import ImmutableError, MemoryNotFoundError, ValidationError, quoted
from litemem.models.embedding import embed
from litemem.models.indexing import index_memories
from litemem.store.protocol import Deleted, Store, Transaction

_NO_UNDO = {  # why an event cannot be taken back
    "ADD": "the memory was added and not changed: delete it instead",
    "UPDATE": "the history does not know what the last change replaced: change it again",
    "DELETE": "the history does not know the scope of the deleted memory: add it again",
}


@dataclass(frozen=True, slots=True)
class Change:
    """New values for fields of a memory, and metadata to merge into it."""

    memory_id: str
    fields: Mapping[str, Any]
    metadata: Mapping[str, Any]
    said_on: date | None = None  # of a new `created_at`

    @property
    def content(self) -> str | None:
        """The new text, which needs a vector, or None if the text stays."""
        return self.fields.get("content")


def check_change(
    memory_id: str,
    *,
    text: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    categories: Iterable[str] | None = None,
    timestamp: clock.Time | None = None,
    expiries: Sequence[clock.Time | None] = (),
) -> Change:
    """Check the arguments of an update and return the change; an expiry of None removes it.

    Raises:
        ValidationError: no field is given, or an argument is invalid.
    """
    fields: dict[str, Any] = {}
    if text is not None:
        fields["content"] = check_text(text, "text")
        fields["hash"] = content_hash(text)
    if categories is not None:
        fields["categories"] = check_categories(categories)
    if timestamp is not None:
        fields["created_at"] = clock.parse_time(timestamp)
    if expiries:
        fields["expires_at"] = check_expiry(expiries)
    if not fields and metadata is None:
        raise ValidationError("update() has nothing to change: give text, metadata, …")
    checked_id, added = check_text(memory_id, "memory_id"), check_metadata(metadata)
    return Change(checked_id, fields, added, check_day(timestamp, "timestamp"))


def apply(store: Store, embedder: Embedder, changes: Sequence[Change], at: int) -> None:
    """Apply all changes or none; new texts are embedded before the transaction opens.

    Raises:
        MemoryNotFoundError: one of the memories does not exist.
        ImmutableError: one of them is immutable.
        EmbedderError: a text could not be embedded.
    """
    texts = [change.content for change in changes if change.content is not None]
    today = date.fromisoformat(clock.day(at))  # the new texts are said now
    found = iter(zip(*index_memories(embedder, texts, today), strict=True))
    with store.write() as tx:
        if texts:
            tx.settings.bind_embedder(embedder.identity)
        for change in changes:
            has_text = change.content is not None  # then also a damaged memory can be changed
            read = tx.memories.readable if has_text else tx.memories.require
            record = read(change.memory_id)
            merged = {**record.metadata, **change.metadata}
            fields: dict[str, Any] = {"metadata": merged, "updated_at": at, **change.fields}
            changed = replace(record, **fields)
            vector, index = (None, None) if change.content is None else next(found)
            if change.content is not None:
                said = tx.messages.sources(record.id)
                if was_said(record.content, change.content, [each.content for each in said]):
                    tx.memories.hide_sources(record.id)
            tx.memories.update(changed, vector, index, change.said_on)


def delete(store: Store, memory_ids: Iterable[str], at: int, *, linked: bool = False) -> int:
    """Delete all of these memories and messages or none; return how many, each counted once.

    If `linked`, the memories that they superseded are deleted as well, and what those superseded.

    Raises:
        MemoryNotFoundError: one of them does not exist.
    """
    chosen = list(dict.fromkeys(memory_ids))
    with store.write() as tx:
        for memory_id in _with_superseded(tx, chosen) if linked else chosen:
            if not tx.messages.delete(memory_id, at):
                tx.memories.delete(memory_id, at)
    return len(chosen)


def _with_superseded(tx: Transaction, memory_ids: Sequence[str]) -> list[str]:
    """Return memories, what they superseded, what that superseded, and so on."""
    found = dict.fromkeys(memory_ids)
    added = list(found)
    while added:
        older = chain.from_iterable(tx.memories.annotations(added).superseded.values())
        added = [memory_id for memory_id in dict.fromkeys(older) if memory_id not in found]
        found |= dict.fromkeys(added)
    return list(found)


def settle(store: Store, conflict_id: str, keep: str, at: int) -> list[MemoryRecord]:
    """Settle an open conflict; return the memories that are superseded now: one, or none.

    `keep` is the id of the memory to keep, "older", "newer" or "both". The other memory ends when
    the kept one begins, and was never valid if it is the newer.

    Raises:
        MemoryNotFoundError: no open conflict has this id.
        ImmutableError: the memory to supersede is immutable.
        ValidationError: `keep` is something else.
    """
    with store.write() as tx:
        found = tx.conflicts.get(conflict_id, at)
        if found is None:
            raise MemoryNotFoundError(
                f"no open conflict has the id {quoted(conflict_id)}: conflicts() lists them"
            )
        if keep == "both":
            tx.conflicts.settle(conflict_id, at)
            return []
        kept, other = _kept(found, keep)
        if other.immutable:
            raise ImmutableError(
                f"the memory {other.id!r} is immutable: keep it or both, or delete it"
            )
        tx.known.supersede(other, kept.id, kept.since, at)
        return [tx.memories.require(other.id)]


def supersede(store: Store, memory_id: str, by: str, at: int) -> MemoryRecord:
    """End a memory in favour of another one of its scope; return it as it is now.

    Raises:
        MemoryNotFoundError: one of the memories does not exist.
        ImmutableError: the memory is immutable.
        ValidationError: it is superseded already, or the other cannot replace it.
    """
    with store.write() as tx:
        old, new = tx.memories.require(memory_id), tx.memories.require(by)
        if old.immutable:
            raise ImmutableError(f"the memory {old.id!r} is immutable: delete it instead")
        if old.scope != new.scope or old.id == new.id:
            raise ValidationError("a memory is superseded by another one of exactly its scope")
        for each in (old, new):
            if each.superseded_by is not None:
                raise ValidationError(
                    f"the memory {each.id!r} is superseded by {each.superseded_by!r} already"
                )
        tx.known.supersede(old, new.id, max(old.since, new.since), at)
        return tx.memories.require(old.id)


def undo(store: Store, embedder: Embedder, memory_id: str, at: int) -> str:
    """Take back the last event in a memory's history; return which: UPDATE, SUPERSEDE or DELETE.

    The event stays in the history, which gets another one. A deleted memory comes back with all
    that its history knows.

    Raises:
        MemoryNotFoundError: there is no such memory and no history of one.
        ImmutableError: the memory was stored as immutable.
        ValidationError: the last event cannot be taken back.
        EmbedderError: a text could not be embedded.
    """
    with store.read() as r:
        entries, deleted = r.memories.history(memory_id), r.memories.deleted(memory_id)
        replaced = r.memories.replaced(memory_id)
    if not entries:
        raise MemoryNotFoundError(f"no memory has the id {quoted(memory_id)}, and no history")
    last = entries[-1]
    if last.superseded_by is not None:
        _make_valid(store, last, at)
        return "SUPERSEDE"
    if last.event == "UPDATE":
        if last.old_memory is not None and last.old_memory != last.new_memory:
            text = last.old_memory
            replaced |= {"content": text, "hash": content_hash(text)}
        if replaced:
            apply(store, embedder, [Change(memory_id, replaced, {})], at)
            return "UPDATE"
    if deleted is None:
        raise ValidationError(_NO_UNDO[last.event])
    _bring_back(store, embedder, deleted, _successor(entries), at)
    return "DELETE"


def _bring_back(
    store: Store, embedder: Embedder, deleted: Deleted, by: str | None, at: int
) -> None:
    """Store a deleted memory again, superseded by another one if it was."""
    record = deleted.record
    said_on = date.fromisoformat(clock.day(record.created_at))
    ((vector, index),) = zip(*index_memories(embedder, [record.content], said_on), strict=True)
    names = list(dict.fromkeys(n for r in deleted.relations for n in (r.source, r.destination)))
    name_vectors = dict(zip(names, embed(embedder, names), strict=True))
    with store.write() as tx:
        if tx.memories.deleted(record.id) != deleted:
            raise ValidationError("another program changed the memory at the same time: try again")
        tx.settings.bind_embedder(embedder.identity)
        tx.memories.restore(deleted, vector, index, at)
        tx.graph.relate(record, deleted.relations, name_vectors)
        if by is not None:
            successor = tx.memories.get(by)
            until = record.since if successor is None else max(record.since, successor.since)
            until = until if record.valid_to is None else record.valid_to
            tx.known.supersede(record, by, until, at)


def _successor(entries: Sequence[HistoryEntry]) -> str | None:
    """Return the id of the memory that had replaced one when it was deleted."""
    by = None
    for entry in entries:
        if entry.superseded_by is not None:
            by = entry.superseded_by
        elif entry.event != "DELETE":
            by = None  # it is made valid again by an UPDATE
    return by


def _make_valid(store: Store, ended: HistoryEntry, at: int) -> None:
    with store.write() as tx:
        record = tx.memories.require(ended.memory_id)
        if record.superseded_by != ended.superseded_by:
            raise ValidationError("the memory is not superseded: there is nothing to undo")
        valid = replace(record, valid_to=None, superseded_by=None, updated_at=at)
        tx.memories.update(valid, None)


def _kept(found: Disagreement, keep: str) -> tuple[MemoryRecord, MemoryRecord]:
    """Return the memory to keep, and the other one."""
    older, newer = found.memories
    if keep in ("older", older.id):
        return older, newer
    if keep in ("newer", newer.id):
        return newer, older
    raise ValidationError(
        f"keep must be 'older', 'newer', 'both', {older.id!r} or {newer.id!r}, got {quoted(keep)}"
    )

"""A `BaseStore` of LangGraph: the items of a graph's long-term memory, kept in a memory's file.

    store = LitememStore(memory, fields=["text"])
    graph = builder.compile(store=store)

Needs `pip install 'litemem[langgraph]'`.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from litemem.core.scope import Scope
from litemem.core.text.passages import PAGE
from litemem.core.types import MemoryRecord
from litemem.integrations.documents import Document, Documents, Indexed, storable
from litemem.integrations.langgraph_items import (
    StoredItem,
    Sweeper,
    expiry,
    is_expired,
    is_like,
    item_metadata,
    matches,
    stored_item,
    within,
)
from litemem.memory import Memory
from litemem.store.protocol import Reading

try:
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        Item,
        ListNamespacesOp,
        PutOp,
        SearchItem,
        SearchOp,
        TTLConfig,
        get_text_at_path,
        validate_op_namespace,
    )
except ImportError as error:
    raise ImportError(
        "litemem.integrations.langgraph needs LangGraph: pip install 'litemem[langgraph]'"
    ) from error

CATEGORY = "langgraph"
ALL = 10**9  # items


class _Place(NamedTuple):
    namespace: tuple[str, ...]
    key: str


class LitememStore(BaseStore):
    """A store for graphs; its methods and their asynchronous twins are those of `BaseStore`.

    Each item is a memory with the scope `app_id`: `search` finds its text, and `export` and `erase`
    include it. A `batch` is one transaction. A query is answered by meaning and by words, with the
    embedder of the memory. The score of an item is the cosine of the indexed field that is nearest
    to the query, raised by the words of the query that are in any of them.

    Args:
        memory: an open memory, which the caller closes.
        app_id: the scope of the items; stores with different ids are apart.
        fields: paths of the fields to index, each apart; by default the whole value.
        ttl: when items expire, as LangGraph's other stores take it.
        user_label: the position in the namespace that names the user, such as 1 for
            `("memories", "cam")`; these items also have the scope `user_id`.
        blocking: if false, a synchronous call in the thread of a running event loop, which would
            block it, raises `asyncio.InvalidStateError`.
    """

    supports_ttl = True

    def __init__(
        self,
        memory: Memory,
        *,
        app_id: str = "langgraph",
        fields: Sequence[str] = ("$",),
        ttl: TTLConfig | None = None,
        user_label: int | None = None,
        blocking: bool = True,
    ) -> None:
        self.memory = memory
        self.ttl_config = ttl
        self._fields = fields
        self._user_label = user_label
        self._blocking = blocking
        self._omit_expired = bool((ttl or {}).get("omit_expired"))
        self._refreshes = bool((ttl or {}).get("refresh_on_read"))  # as LangGraph's SqliteStore
        self._items = Documents(memory, CATEGORY, Scope(app_id=app_id), exact=False)
        self._sweeper = Sweeper(self.sweep_ttl)

    def batch(self, ops: Iterable[Any]) -> list[Any]:
        """Run operations; reads see the items as they were before the writes, which are atomic.

        Raises:
            InvalidNamespaceError, ValidationError: an operation is wrong; nothing was written.
            asyncio.InvalidStateError: an event loop runs in this thread, and may not be blocked.
        """
        if not self._blocking and _in_event_loop():
            raise asyncio.InvalidStateError(
                "this would block the event loop: await abatch, aget, …"
            )
        listed = list(ops)
        for op in listed:
            validate_op_namespace(op)
        puts = {_Place(op.namespace, op.key): op for op in listed if isinstance(op, PutOp)}
        stored = [op for op in puts.values() if op.value is not None]
        indexed = self._items.index([self._document(op) for op in stored])
        ranked = {i: self._ranked(op) for i, op in enumerate(listed) if _has_query(op)}
        refreshed: dict[str, float] = {}
        with self.memory.store.read() as r:
            results = [self._read(r, op, ranked.get(i), refreshed) for i, op in enumerate(listed)]
        gone = [place for place, op in puts.items() if op.value is None]
        if stored or gone or refreshed:
            self._write(indexed, gone, refreshed)
        return results

    async def abatch(self, ops: Iterable[Any]) -> list[Any]:
        """Run operations in a thread; see `batch`."""
        return await asyncio.to_thread(self.batch, list(ops))

    def sweep_ttl(self) -> int:
        """Delete the items that have expired; return their number."""
        now = self._items.now()
        with self.memory.store.write() as tx:
            expired = [record for record in self._items.select(tx) if is_expired(record, now)]
            for record in expired:
                tx.memories.delete(record.id, now)
        return len(expired)

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> None:
        """Call `sweep_ttl` in a thread, at this interval, by default that of `ttl` or 5 minutes."""
        asked = sweep_interval_minutes or (self.ttl_config or {}).get("sweep_interval_minutes")
        self._sweeper.start(asked or 5)

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Stop the thread; return False if it still runs after `timeout` seconds."""
        return self._sweeper.stop(timeout)

    def _document(self, op: PutOp) -> Document:
        metadata = item_metadata(op)
        fields = self._fields if op.index is None else op.index or ()
        texts = [text for path in fields for text in get_text_at_path(op.value, path)]
        path, text = ".".join(op.namespace), storable(f"\n{PAGE}".join(texts))
        return Document(
            id=self._id(op),
            text=text if text.strip() else storable(f"{path}: {op.key}"),
            scope=self._scope(op.namespace),
            metadata={**metadata, "indexed": bool(text.strip())},
            expires_at=expiry(op.ttl, self._items.now()),
        )

    def _scope(self, namespace: Sequence[str]) -> Scope:
        scope, place = self._items.scope, self._user_label
        if place is None or place >= len(namespace):
            return scope
        return Scope(app_id=scope.app_id, user_id=namespace[place])

    def _id(self, op: GetOp | PutOp | _Place) -> str:
        return self._items.key_id(json.dumps(op.namespace), op.key)

    def _ranked(self, op: SearchOp) -> dict[str, float]:
        """Return the scores of the items that answer a query, by id, best first."""
        wanted = ALL if op.filter else max(op.offset + op.limit, 1)
        query, chosen = storable(op.query or ""), {"indexed": True, **within(op.namespace_prefix)}
        expired = not self._omit_expired
        found = self._items.find(query, chosen, top_k=wanted, expired=expired)
        if len(found) == wanted and not found[-1].score:  # then more may be as near as the last
            found = self._items.find(query, chosen, top_k=ALL, expired=expired)
        scores = {match.record.id: match.score or min(match.semantic, 0.0) for match in found}
        return dict(sorted(scores.items(), key=lambda pair: pair[1], reverse=True))

    def _read(
        self, r: Reading, op: Any, ranked: dict[str, float] | None, refreshed: dict[str, float]
    ) -> Any:
        """Return the result of one operation, and note the items that then expire later."""
        if isinstance(op, PutOp):
            return None
        if isinstance(op, ListNamespacesOp):
            return self._namespaces(r, op)
        if isinstance(op, GetOp):
            record = r.memories.get(self._id(op))
            found = self._readable([record] if record else [])
        else:
            found = self._found(r, op, ranked)
        if op.refresh_ttl and self._refreshes:
            refreshed |= {each.record.id: each.ttl for each in found if each.ttl is not None}
        if isinstance(op, GetOp):
            return Item(**found[0].arguments()) if found else None
        scores = ranked or {}
        return [SearchItem(**each.arguments(), score=scores.get(each.record.id)) for each in found]

    def _found(self, r: Reading, op: SearchOp, ranked: dict[str, float] | None) -> list[StoredItem]:
        if ranked is None:
            records = self._items.select(r, more=within(op.namespace_prefix))
            records.sort(key=lambda record: record.updated_at, reverse=True)
        else:
            by_id = {each.id: each for each in r.memories.get_many(list(ranked))}
            records = [by_id[memory_id] for memory_id in ranked if memory_id in by_id]
        found = self._readable(records)
        if op.filter:
            found = [each for each in found if matches(each.value, op.filter)]
        return found[op.offset : op.offset + op.limit]

    def _readable(self, records: Iterable[MemoryRecord]) -> list[StoredItem]:
        """Return the items of records; what another tool made unreadable is left out."""
        now = self._items.now()
        present = (r for r in records if not (self._omit_expired and is_expired(r, now)))
        return [item for record in present if (item := stored_item(record)) is not None]

    def _namespaces(self, r: Reading, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        found = {each.namespace for each in self._readable(self._items.select(r))}
        chosen = [ns for ns in found if all(is_like(ns, *c) for c in op.match_conditions or ())]
        return sorted({ns[: op.max_depth] for ns in chosen})[op.offset : op.offset + op.limit]

    def _write(
        self, indexed: Indexed, gone: Sequence[_Place], refreshed: Mapping[str, float]
    ) -> None:
        with self.memory.store.write() as tx:
            for memory_id, ttl in refreshed.items():
                tx.memories.set_expiry(memory_id, expiry(ttl, self._items.now()))
            for place in gone:
                if tx.memories.get(self._id(place)) is not None:
                    tx.memories.delete(self._id(place), self._items.now())
            self._items.put(tx, indexed, self._items.now())


def _has_query(op: Any) -> bool:
    return isinstance(op, SearchOp) and bool(op.query and op.query.strip())


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

"""Keep what an adapter is given under keys, as memories that belong to a scope.

A document is a memory of the type "document", with a category of its adapter, and with what only
the adapter reads in its metadata. Search, export, erase, backup and verify treat it as every other
memory. Facts never repeat or supersede it, and a request to forget does not delete it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import DOCUMENT, Found, Match, MemoryRecord, TextIndex, content_hash
from litemem.memory import Memory
from litemem.models.indexing import index_memories
from litemem.retrieval.search import SearchOptions, search
from litemem.store.filters import Condition, compile_filter, valid_now
from litemem.store.protocol import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that search finds, and the metadata that the adapter reads back."""

    id: str
    text: str
    scope: Scope
    metadata: Mapping[str, Any] = field(default_factory=dict)
    role: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    """Documents with their vectors and indexes, ready to be stored in a transaction."""

    documents: Sequence[Document]
    vectors: Sequence[bytes]
    indexes: Sequence[TextIndex]


class Documents:
    """The documents of one adapter in a memory, which have its `category`.

    With `exact`, only those of exactly this scope; otherwise also those that have more ids.
    """

    def __init__(self, memory: Memory, category: str, scope: Scope, *, exact: bool = True) -> None:
        self.memory = memory
        self.category = category
        self.scope = scope.require(category)
        absent = [key for key in ID_KEYS if key not in scope.ids()] if exact else []
        self._filter = {"categories": {"contains": category}, **dict.fromkeys(absent)}

    def key_id(self, *key: str) -> str:
        """Return the id of the document with this key, which is the same in every process."""
        parts = [self.category, *self.scope.key(), *key]
        return str(uuid5(NAMESPACE_OID, json.dumps(parts)))

    def filters(self, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the filter of the documents, to pass next to the ids of the scope."""
        return {**self._filter, **(more or {})}

    def condition(self, more: Mapping[str, Any] | None = None) -> Condition:
        """Return the condition for the documents that match."""
        return compile_filter(self.filters(more), self.scope)

    def now(self) -> int:
        """Return the memory's time in microseconds."""
        return self.memory._now()

    def index(self, documents: Sequence[Document]) -> Indexed:
        """Embed texts; call it before a transaction opens.

        Raises:
            EmbedderError: the embedder failed.
        """
        today = date.fromisoformat(clock.day(self.now()))
        texts = [document.text for document in documents]
        vectors, indexes = index_memories(self.memory.embedder, texts, today)
        return Indexed(documents, vectors, indexes)

    def select(
        self, r: Reading, *, more: Mapping[str, Any] | None = None, limit: int | None = None
    ) -> list[MemoryRecord]:
        """Return the documents that match, newest first; damaged ones are left out."""
        return list(r.memories.select(self.condition(more), limit=limit))

    def find(
        self, query: str, more: Mapping[str, Any], *, top_k: int, expired: bool = False
    ) -> Found[Match]:
        """Return the documents that match and answer a query, best first.

        Raises:
            EmbedderError: the query could not be embedded.
        """
        now = self.now()
        options = SearchOptions(top_k=top_k, threshold=0.0, now=now, include_messages=False)
        condition = valid_now(self.condition(more), now, expired=expired, superseded=False)
        return search(self.memory.store, self.memory.embedder, query, condition, options)

    def put(self, tx: Transaction, indexed: Indexed, at: int) -> None:
        """Store documents, each instead of the one that has its id."""
        if indexed.documents:
            tx.settings.bind_embedder(self.memory.embedder.identity)
        for document, vector, index in zip(
            indexed.documents, indexed.vectors, indexed.indexes, strict=True
        ):
            record, old = self._record(document, at), tx.memories.get(document.id)
            if old is None:
                tx.memories.insert([record], [vector], [[]], [index])
            else:
                tx.memories.update(replace(record, created_at=old.created_at), vector, index)

    def _record(self, document: Document, at: int) -> MemoryRecord:
        return MemoryRecord(
            id=document.id,
            content=document.text,
            hash=content_hash(document.text),
            scope=document.scope,
            created_at=at,
            updated_at=at,
            role=document.role,
            memory_type=DOCUMENT,
            metadata=dict(document.metadata),
            categories=(self.category,),
            expires_at=document.expires_at,
        )


def storable(text: str) -> str:
    """Return a text with a question mark in place of each half of a surrogate pair."""
    return text.encode(errors="replace").decode()

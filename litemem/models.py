"""What flows between the parts: messages, memories, history entries. Plain values, without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from litemem.scope import Scope

PROCEDURAL = "procedural_memory"  # the memory type of a summarised run

Event = Literal["ADD", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said: by whom (`role`, and `name` if known) and what."""

    role: str
    content: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """One row of `memory`. Times are microseconds since 1970-01-01 UTC."""

    id: str
    content: str
    hash: bytes
    scope: Scope
    created_at: int
    updated_at: int
    actor_id: str | None = None
    role: str | None = None
    attributed_to: str | None = None
    memory_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    valid_from: int | None = None
    valid_to: int | None = None
    superseded_by: str | None = None
    expires_at: int | None = None
    immutable: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A memory that a search found, with the parts of its score.

    `semantic` is the cosine of the angle between query and memory (−1 to 1), `keyword` the
    memory's BM25 weight (0 when no word of the query is in it; higher is better).
    """

    record: MemoryRecord
    semantic: float
    keyword: float
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event in the life of a memory; `updated_at` is when it happened, None for an ADD."""

    id: str
    memory_id: str
    event: Event
    old_memory: str | None
    new_memory: str | None
    created_at: int
    updated_at: int | None
    actor_id: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The messages of one call of `add` that still wait for extraction, in order."""

    pk: int
    scope: Scope
    messages: tuple[Message, ...]
    message_pks: tuple[int, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A user, agent, app or run that memories belong to; from its first memory to its last change.

    `kind` is "user", "agent", "app" or "run", `name` the id.
    """

    kind: str
    name: str
    memories: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a file holds: counts, and its size in bytes without its side files."""

    memories: int
    messages: int
    pending_turns: int
    users: int
    agents: int
    apps: int
    runs: int
    bytes: int
    schema_version: int

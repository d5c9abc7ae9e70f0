"""What flows between the parts: messages, memories, history entries. Plain values, without I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from litemem.core.scope import Scope

PROCEDURAL = "procedural_memory"  # the memory type of a summarised run
FEEDBACK = ("POSITIVE", "NEGATIVE", "VERY_NEGATIVE")  # what a memory was worth, in Mem0's words

Event = Literal["ADD", "UPDATE", "DELETE"]
Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED"]  # of a turn in the background


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
    repeats: int = 0  # how often it was said again

    @property
    def since(self) -> int:
        """Since when what it says held, as far as that is known."""
        return self.created_at if self.valid_from is None else self.valid_from


def content_hash(content: str) -> bytes:
    """Return the MD5 of a memory's content, as Mem0's `hash` is; it tells equal texts, no more."""
    return hashlib.md5(content.encode(), usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of a memory in an `add`; after an UPDATE, `previous` is its old text.

    An UPDATE that supersedes is of the new memory: `previous` is then the text of the first of the
    memories in `supersedes`, their ids. NONE is of a memory that was known.
    """

    record: MemoryRecord
    event: Literal["ADD", "UPDATE", "NONE"] = "ADD"
    previous: str | None = None
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """The parts of a score, each from 0 to 1; `final` is the whole (`docs/reference/scores.md`).

    `meaning` is the cosine, `words` the share of the query's words by how rare they are, `own` both
    together. How far they then took the score towards 1: the memories around it in its run
    (`neighbours`), the words in its `run`, its `speaker` and its `date`.
    """

    meaning: float
    words: float
    own: float
    neighbours: float
    run: float
    speaker: float
    date: float
    final: float


@dataclass(frozen=True, slots=True)
class Match:
    """A memory that was found: how near it is, and what a search made of that.

    `semantic` is the cosine of the angle between query and memory (−1 to 1), `keyword` the share of
    the query's words that it holds. `reranked` is what a reranker gave it.
    """

    record: MemoryRecord
    semantic: float
    keyword: float = 0.0
    score: float = 0.0
    parts: ScoreParts | None = None
    reranked: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event in the life of a memory; `updated_at` is when it happened, None for an ADD.

    `superseded_by` is the memory that took its place with an UPDATE; an ADD names in `supersedes`
    those whose place it took, then or later.
    """

    id: str
    memory_id: str
    event: Event
    old_memory: str | None
    new_memory: str | None
    created_at: int
    updated_at: int | None
    actor_id: str | None = None
    role: str | None = None
    superseded_by: str | None = None
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """The messages of one call of `add` that still wait for extraction, in order.

    `event_id` is what the call returned when it did not wait; `created_at` is when it was made.
    """

    pk: int
    scope: Scope
    messages: tuple[Message, ...]
    message_pks: tuple[int, ...]
    options: Mapping[str, Any]
    event_id: str | None = None
    created_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEvent:
    """What became of a call of `add` that did not wait; times in microseconds.

    `results` are those of its memories that are still there, as they are now.
    """

    id: str
    status: Status
    created_at: int
    completed_at: int | None = None
    error: str | None = None
    results: tuple[AddResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """How two things that a memory names relate: "Anna" "lives_in" "Oslo"."""

    source: str
    relationship: str
    destination: str


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

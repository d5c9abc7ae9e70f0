"""Frozen values that the packages exchange: messages and their roles, memories, history, turns."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal, TypeVar

from litemem.core.scope import Scope
from litemem.core.text.periods import Period

PROCEDURAL = "procedural_memory"  # the memory type of a run summary
DOCUMENT = "document"  # the memory type of what an adapter keeps; only the adapter changes it
MESSAGE = "message"  # the memory type of a message in a result
PINNED = "pinned"  # true in the metadata of a memory that people want in every profile
FEEDBACK = ("POSITIVE", "NEGATIVE", "VERY_NEGATIVE")  # the ratings of a memory, as in Mem0

Event = Literal["ADD", "UPDATE", "DELETE"]
Duration = timedelta | str
ExportFormat = Literal["jsonl", "markdown", "html", "server-memory"]
ChatFormat = Literal["auto", "chatgpt", "claude", "markdown", "jsonl"]  # of conversations
Forget = Literal["apply", "ask", "off"]  # what becomes of requests to forget
Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED"]  # of an `add` in the background

# The roles, and the names that other libraries give them.
# Left out: names such as "customer" or "agent", which mean the user in one program and the
# assistant in another.
ROLE_ALIASES = {
    "user": ("human",),  # LangChain, ShareGPT
    "assistant": ("ai", "bot", "chatbot", "gpt", "model"),  # LangChain, Cohere, ShareGPT, Gemini
    "system": ("developer",),  # OpenAI
    "tool": ("function", "ipython"),  # OpenAI, Gemini, Llama
}
# as error messages list them
ROLE_NAMES = "; ".join(f"{role} ({', '.join(names)})" for role, names in ROLE_ALIASES.items())

_ROLES = {name: role for role, names in ROLE_ALIASES.items() for name in (role, *names)}


_Item = TypeVar("_Item")


class Found(list[_Item]):
    """What could be read, in order; `damaged` names what could not, and was left out.

    A memory is named by its id, another row as in the results of `verify`: "relation 7".
    """

    def __init__(self, items: Iterable[_Item] = (), damaged: Iterable[str] = ()) -> None:
        super().__init__(items)
        self.damaged = tuple(damaged)


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was not kept of a turn, and the `reason`.

    `text` is a fact that the model wrote, or a clause of a message if the model wrote nothing
    (`is_clause`). `message` is the position in the turn, `replaced_by` the text that was stored
    instead, `memory_id` the memory that says the same.
    """

    text: str
    reason: str
    message: int
    is_clause: bool = False
    replaced_by: str | None = None
    memory_id: str | None = None


class Kept(list[_Item]):
    """The facts or results of a turn, in order; `set_aside` is what was not kept."""

    def __init__(self, items: Iterable[_Item] = (), set_aside: Iterable[SetAside] = ()) -> None:
        super().__init__(items)
        self.set_aside = tuple(set_aside)


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `role` and `name` (if known) of the speaker, and the text."""

    role: str
    content: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of the log of shown memories: the run, the event of its session, and the time."""

    scope: Scope
    event: str
    at: int


@dataclass(frozen=True, slots=True)
class DatedMessage:
    """A message of an imported conversation, with its id in the file and its time.

    `said_on` is the day at which it was written, where its time has an offset.
    """

    id: str
    message: Message
    created_at: int
    said_on: date


def canonical_role(role: str) -> str:
    """Return "user", "assistant", "system" or "tool"; an unknown role without the blanks around it.

    Case and blanks are ignored. The class names of LangChain are known too: "AIMessageChunk".
    """
    name = role.strip()
    folded = name.casefold().removesuffix("chunk").removesuffix("message")
    return _ROLES.get(folded, name)


def is_known_role(role: str) -> bool:
    """Return True if a role is one of the four, or another name of one."""
    return canonical_role(role) in ROLE_ALIASES


def with_canonical_roles(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return messages with canonical roles, also those that an older version stored as given."""
    return tuple(replace(message, role=canonical_role(message.role)) for message in messages)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text that a search can find, from the character `start` to before `stop`.

    `words` are indexed for the full text, and empty where another index has them. The vector has a
    signed byte for each dimension; None: it is found by words only.
    """

    start: int
    stop: int
    words: str
    asks: bool  # True if it contains a question mark
    vector: bytes | None = None


@dataclass(frozen=True, slots=True)
class TextIndex:
    """What is indexed of a text: its passages, and the spans of time that it speaks of.

    A span is from a first microsecond to before another. The first passage of a memory is left
    out, unless it has words of its own.
    """

    passages: tuple[Passage, ...] = ()
    mentions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceMessage:
    """A message that a memory came from."""

    id: str | None
    role: str
    content: str
    name: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message of the log, what was set aside of it, and the memories that came from it.

    `is_pending` is true until its turn is extracted, and `error` is why that failed. `key` is its
    place in the log: later messages have greater keys.
    """

    said: SourceMessage
    set_aside: tuple[SetAside, ...]
    is_pending: bool
    memories: tuple["MemoryRecord", ...] = ()
    error: str | None = None
    key: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """A memory. Times are microseconds since 1970-01-01 UTC."""

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
    repeats: int = 0  # how often the fact was said again

    @property
    def since(self) -> int:
        """The time from which the memory is valid, as far as known."""
        return self.created_at if self.valid_from is None else self.valid_from

    @property
    def is_pinned(self) -> bool:
        """True if the metadata says so."""
        return self.metadata.get(PINNED) is True


@dataclass(frozen=True, slots=True)
class Annotations:
    """What results show of memories and messages beyond their own values, by id.

    `superseded` has the ids of the memories that each superseded, oldest first, `days` those that
    its text speaks of, in order. An id without either is left out.
    """

    superseded: Mapping[str, Sequence[str]] = field(default_factory=dict)
    days: Mapping[str, Sequence[Period]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two memories that may contradict each other.

    `older` has been valid for longer. `created_at` is the time at which the doubt arose.
    """

    id: str
    older: MemoryRecord
    newer: MemoryRecord
    created_at: int

    @property
    def memories(self) -> tuple[MemoryRecord, MemoryRecord]:
        """Both memories, the older first."""
        return self.older, self.newer


def content_hash(content: str) -> bytes:
    """Return the MD5 of a content, as Mem0's `hash`; only for comparing texts."""
    return hashlib.md5(content.encode(), usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class AddResult:
    """What `add` did with one memory.

    ADD is a new memory, NONE a known one. UPDATE is a memory with a new text, and `previous` is its
    old text; or a new memory that supersedes those with the ids in `supersedes`, and `previous` is
    the text of the first of them. DELETE is a memory or a message that was forgotten on request;
    CANDIDATE may have been meant by such a request, and stays.
    """

    record: MemoryRecord
    event: Literal["ADD", "UPDATE", "NONE", "DELETE", "CANDIDATE"] = "ADD"
    previous: str | None = None
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """The parts of a score, each from 0 to 1; `final` is the score (`docs/reference/scores.md`).

    `meaning` is the cosine, `words` the share of the query's words weighted by rarity, and `own`
    combines both. The others are boosts towards 1: by the memories around this one in its run
    (`neighbours`), by the words of its `run`, by its `speaker`, by its `date` and by the kind of
    `answer` that it holds. `source` is the score of the message that it came from, if that is
    known. `stating` is what the whole is multiplied with: less than 1 for questions and for what an
    assistant said.
    """

    meaning: float
    words: float
    own: float
    neighbours: float
    run: float
    speaker: float
    date: float
    final: float
    source: float = 0.0
    stating: float = 1.0
    answer: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """A memory that matches a query.

    `semantic` is the cosine of the angle between query and memory (−1 to 1), `keyword` the share of
    the query's words in the memory, and `reranked` the score from a reranker.
    """

    record: MemoryRecord
    semantic: float
    keyword: float = 0.0
    score: float = 0.0
    parts: ScoreParts | None = None
    reranked: float | None = None


@dataclass(frozen=True, slots=True)
class MessageMatch:
    """A message that matches a query, as a memory with the text of its best passage.

    `memories` are those that came from it and may be found, each with its cosine; `yielded` is
    true if any ever did.
    """

    record: MemoryRecord
    parts: ScoreParts
    yielded: bool
    memories: tuple[tuple[MemoryRecord, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event of a memory; `updated_at` is the time of the event, or None for the first ADD.

    In an UPDATE `superseded_by` is the id of the memory that replaced this one. In an ADD
    `supersedes` has the ids of the memories that this one replaced, then or later.
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
    """A pending turn: the messages of one `add` before extraction, in order.

    `event_id` is what an `add` in the background returned; `created_at` is the time of the call.
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
    """The outcome of an `add` in the background; times in microseconds.

    `results` has the memories that still exist, as they are now.
    """

    id: str
    status: Status
    created_at: int
    completed_at: int | None = None
    error: str | None = None
    results: tuple[AddResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between two things that a memory names: "Anna" "lives_in" "Oslo"."""

    source: str
    relationship: str
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A user, agent, app or run that has memories.

    `kind` is "user", "agent", "app" or "run", and `name` is the id. `created_at` is the time of the
    first memory, `updated_at` the time of the last change.
    """

    kind: str
    name: str
    memories: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The counts of a file, and its size in bytes without the write-ahead log."""

    memories: int
    messages: int
    pending_turns: int
    users: int
    agents: int
    apps: int
    runs: int
    bytes: int
    schema_version: int

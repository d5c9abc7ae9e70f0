"""What a storage backend provides: the store, its transactions, and the objects that they lend.

    with store.read() as r:  # one state of the data
        r.memories.get(memory_id)
    with store.write() as tx:  # one transaction, all or nothing
        tx.memories.insert(records, vectors, sources)
        tx.turns.finish(turn, now)

A backend is written from this file alone; `tests/store/contract/` checks it. For all of it:

- Times are microseconds since 1970-01-01 UTC, vectors are float32 blobs, and a `Condition` is what
  `litemem.store.filters` has compiled, which only the backend looks into.
- Keys (of messages, turns and names) are opaque integers that grow in the order of writing.
- "Exactly this scope" compares all four ids: a memory with a `run_id` is not in the scope without.
- A lent object is valid inside its `with` block. Each method of a `…Writer` is a part of the
  transaction that lends it, and is undone with it.
- Beyond the errors that a method lists, each can raise a `StoreError`: `StoreBusyError` if another
  program keeps the store locked, `StoreFullError`, `StoreReadOnlyError`, or `CorruptError` if data
  is damaged. A transaction that any error leaves has changed nothing.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.text.answer_kinds import AnswerKind
from litemem.core.text.periods import Period
from litemem.core.types import (
    AddResult,
    Annotations,
    DatedMessage,
    Disagreement,
    Entity,
    Found,
    HistoryEntry,
    LoggedMessage,
    Match,
    MemoryRecord,
    Message,
    MessageMatch,
    Overview,
    Relation,
    ScoreParts,
    SetAside,
    Shown,
    SourceMessage,
    TextIndex,
    Turn,
    TurnEvent,
)
from litemem.store.filters import Condition
from litemem.store.liveness import Claimant

Durability = Literal["full", "normal"]
Conflict = Literal["error", "skip", "overwrite", "merge"]
Progress = Callable[[int, int], None]  # (done so far, in all)
Item = Mapping[str, Any]  # a line of an archive
Key = int | str  # of a row

BUSY_SECONDS = 30.0  # no model runs in a transaction; 64 programs that write at once wait for 5 s
NO_LIMIT = 2**62  # more than every key and every number of tries
SET_ASIDE = 2**53  # the number of tries of a turn that cannot be read
MAX_TRIES = 3  # failures of a turn; then only `process_pending` tries it again
MAX_KILLS = 5  # programs that ended during a turn's extraction, as a model may crash its program
NO_NEIGHBOUR = -1  # in `Pool.before`: the first memory of its run, or one without a run


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFilter:
    """Selects pending turns by number of tries, key and scope.

    `scope_of` is the key of a turn: only turns of exactly its scope are selected. With `live_only`,
    turns of imported conversations are left out.
    """

    min_tries: int = 0
    tries_below: int = SET_ASIDE
    kills_below: int = NO_LIMIT
    last: int = NO_LIMIT  # the greatest key
    scope_of: int | None = None
    live_only: bool = False
    exclude: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class ScopeStats:
    """What is needed to parse a query.

    `is_small`: every memory of the scope may be ranked. `speakers` are those of its first few
    thousand memories.
    """

    is_small: bool
    speakers: frozenset[str]


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """Which memories to rank: near a `vector`, with some of `words`, or of one of the `periods`.

    With a `limit`, about `limit` candidates of each kind are ranked; without, every memory is.
    `identity` is the embedder of the `vector`, `kind` the kind of answer that is asked for.
    """

    vector: bytes
    words: Sequence[str]
    periods: Sequence[Period]
    limit: int | None
    identity: EmbedderIdentity
    quantized: bytes = b""  # the vector as the passages have theirs, a signed byte a dimension
    kind: AnswerKind | None = None


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Which messages to rank: near a vector, or with some of `words`.

    `vector` is float32, `bytes` the same with a signed byte a dimension. In a large scope, about
    `limit` passages of each kind are ranked. At most `wanted` messages are returned. `periods` are
    the dates in the query, and `kind` is the kind of answer that it asks for.
    """

    vector: bytes
    bytes: bytes
    words: Sequence[str]
    limit: int
    wanted: int
    identity: EmbedderIdentity
    periods: Sequence[Period] = ()
    kind: AnswerKind | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates of a search, column by column, with one entry for each memory.

    `before` is the index of the previous memory of the same run, or `NO_NEIGHBOUR`; `runs` names
    the run, or None. `term_matches` has for each word of the query how far memories contain it,
    from 0 to 1, by their index; of `sample_size` memories of the scope, `document_frequency` do.
    `asks` is the share of each memory that is questions. `assistants` tells what assistants said,
    and is empty if nobody did.
    `mentions` are the days that each memory speaks of, and empty if the query neither has dates nor
    asks for one. `holds_answer` tells which memories hold the kind of answer that the query asks
    for, and is empty if that may be any.
    """

    pks: Sequence[int]
    cosines: Sequence[float]
    times: Sequence[int]
    speakers: Sequence[str | None]
    runs: Sequence[str | None]
    asks: Sequence[float]
    before: Sequence[int]
    term_matches: Sequence[Mapping[int, float]]
    document_frequency: Sequence[float]
    sample_size: int
    mentions: Sequence[Sequence[Period]] = ()
    assistants: Sequence[bool] = ()
    holds_answer: Sequence[bool] = ()


class Ranker(Protocol):
    """Ranks candidates; pure, so a backend may call it inside a transaction."""

    def rank(self, pool: Pool) -> list[tuple[int, ScoreParts]]:
        """Return (key, score) of the memories to return, best first."""

    def own_scores(self, pool: Pool) -> list[float]:
        """Return the score of each memory by its own meaning and words."""

    def term_weight(self, document_frequency: float, sample_size: int) -> float:
        """Return the weight of a word that `document_frequency` memories of a sample contain."""


@dataclass(frozen=True, slots=True)
class GraphQuery:
    """Which relations to return.

    `condition` selects the memories that may be read; `bound` is the same for ids alone, and
    selects at least as many. `forms` are the normal forms of the names that the query may contain,
    `vector` is the query's, by the embedder `identity`; `memories` are ids with scores;
    their relations get the same scores.
    """

    condition: Condition
    bound: Condition
    forms: Sequence[str]
    vector: bytes
    identity: EmbedderIdentity
    memories: Mapping[str, float]
    limit: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What speaks for a memory: the feedback on it, and how many messages it came from.

    `reason` is that of the feedback.
    """

    feedback: str | None = None
    sources: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a memory in the order of `MemoryReader.select`."""

    created_at: int
    memory_id: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deleted memory as it was, and what belonged to it.

    `sources` are the keys of its messages that are still in its scope. `feedback` is the rating,
    the reason and the time. A memory that was deleted before schema 9 has no metadata, categories,
    times of validity, feedback and relations here.
    """

    record: MemoryRecord
    sources: tuple[int, ...] = ()
    feedback: tuple[str, str | None, int] | None = None
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Census:
    """Counts of a store at one moment.

    `owners` are the users, agents, apps and runs with most memories, the greatest of each kind
    first. `growth` has memories by day of creation, in days since 1970-01-01.
    """

    overview: Overview
    superseded: int
    owners: Sequence[Entity]
    growth: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A scope with messages: their number, and when the last one was logged."""

    scope: Scope
    messages: int
    at: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of the data, by the last keys of a memory and of a history entry."""

    memory: int
    event: int


@dataclass(frozen=True, slots=True)
class ArchiveBatch:
    """Lines of an archive that one transaction takes in, in their order.

    `vectors` are blobs by a line's index in `items`, of the embedder `identity`. An import starts
    with the task "begin"; "link" is given the lines with a `superseded_by` again; "end" is last.
    """

    task: Literal["begin", "restore", "link", "end"] = "restore"
    items: Sequence[Item] = ()
    vectors: Mapping[int, bytes] = field(default_factory=dict)
    identity: EmbedderIdentity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What to delete. A time, in microseconds, selects everything of that time or before."""

    expired: bool = False
    superseded: int | None = None
    matching: bool = False
    created: int | None = None
    duplicates: bool = False
    keep_last: int | None = None
    messages: int | None = None
    history: int | None = None
    orphans: bool = False

    def __bool__(self) -> bool:
        return self != Retention()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The reasons to delete a row, in the order in which they are looked at."""
        asked = {
            "expired": self.expired,
            "superseded": self.superseded is not None,
            "matching": self.matching,
            "older": self.created is not None,
            "duplicates": self.duplicates,
            "beyond_last": self.keep_last is not None,
            "messages": self.messages is not None,
            "history": self.history is not None,
            "orphaned_messages": self.orphans,
        }
        return tuple(kind for kind, is_asked in asked.items() if is_asked)

    @property
    def is_beyond_memories(self) -> bool:
        """True if rows are selected that have ids but no other field of a memory."""
        return self.orphans or not (self.messages is None and self.history is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupPlan:
    """Which memories a cleanup looks at, and what it deletes.

    `ids` is the condition for tables that have ids and no other field of a memory.
    """

    condition: Condition
    ids: Condition
    now: int
    retention: Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What to erase: the memories under a condition, or those with these ids.

    `whole` is the condition if it is on ids alone. It then selects everything in its scopes: also
    messages, pending turns, and the history of memories deleted before. `names` are the ids of
    users, agents, apps and runs; export requests that contain one of them are erased.
    """

    condition: Condition | None = None
    memory_ids: tuple[str, ...] = ()
    whole: Condition | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasedText:
    """A text that an erasure deletes, and the ids that its row had."""

    text: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What still holds an erased text, in the scope that it was erased from.

    `memories` and `histories` are the ids of memories, present and deleted ones, with this text;
    `messages` and `turns` are numbers. `is_loose` is true if bytes outside of any row hold it.
    """

    memories: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()
    messages: int = 0
    turns: int = 0
    is_loose: bool = False

    def __bool__(self) -> bool:
        return self != Traces()


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """Sizes of a file and its write-ahead log before and after a vacuum, in bytes.

    `held` is true if another connection still reads an older state: the log then keeps old bytes.
    """

    before: int
    after: int
    held: bool


@dataclass(frozen=True, slots=True)
class EditedText:
    """A memory's text that another tool changed.

    `old` is the text that the memory had, or None if neither its history nor a message has it.
    `messages` are the texts of the messages that the memory came from.
    """

    memory_id: str
    old: str | None
    new: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check: rows examined, problems found, and what helps.

    `examples` names the first of the `problems`; `repair` is the repair that helps, or None. A
    result with `advice` but without problems means that the check could not run. `replaced` has one
    sentence for each value that a repair has replaced, with the old value; `edited` the texts that
    another tool changed.
    """

    check: str
    examined: int
    problems: int = 0
    examples: tuple[str, ...] = ()
    repair: str | None = None
    advice: str | None = None
    replaced: tuple[str, ...] = ()
    edited: tuple[EditedText, ...] = ()


@dataclass(frozen=True, slots=True)
class FileStats:
    """Counts and sizes of a file at one moment.

    `counts` has rows by kind; `sizes` has bytes by table and index, the largest first, or nothing
    if this SQLite lacks dbstat; `growth` has memories by day of creation, in days since 1970-01-01.
    """

    overview: Overview
    embedder: EmbedderIdentity | None
    counts: Mapping[str, int]
    sizes: Mapping[str, int]
    growth: Mapping[int, int]


class ArchiveImport(Protocol):
    """One import, batch by batch."""

    @property
    def counts(self) -> Counter[str]:
        """The number of memories "added", "skipped", "overwritten" and "merged" so far.

        And of new "messages", "turns", "deleted", "entities" and "relations".
        """

    def take_in(self, batch: ArchiveBatch) -> None:
        """Store the lines of one batch in one transaction; a line that is stored is recognised.

        Raises:
            ValidationError: a memory exists and conflicts are errors, or it has another scope.
        """


class Snapshot(Protocol):
    """One state of the data as the lines of an archive."""

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of lines of each kind."""

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """The embedder of the vectors in the lines, or None without vectors."""

    def lines(self) -> Iterator[str]:
        """Yield each line as JSON, without its end; a second call yields the same lines."""

    def rows(self) -> Iterator[MemoryRecord]:
        """Yield the memories that can be read, oldest first."""

    @property
    def damaged(self) -> Sequence[str]:
        """The names of the rows that cannot be read: ids of memories, messages and conflicts.

        Another row is named by its table and key: "relation 1". `lines` and `rows` leave them out,
        and `lines` names each on a line of its own.
        """

    @property
    def damaged_memories(self) -> Sequence[str]:
        """The ids among `damaged` that are those of memories."""


class MemoryReader(Protocol):
    """Memories and their history."""

    def get(self, memory_id: str) -> MemoryRecord | None:
        """Return a memory, or None if there is no such memory."""

    def require(self, memory_id: str) -> MemoryRecord:
        """Return a memory.

        Raises:
            MemoryNotFoundError: there is no such memory.
        """

    def get_many(self, memory_ids: Sequence[str]) -> Found[MemoryRecord]:
        """Return the memories with these ids, in any order; an unknown id is ignored.

        Damaged ones are left out and named.
        """

    def select(
        self,
        condition: Condition,
        *,
        limit: int | None = None,
        offset: int = 0,
        after: Place | None = None,
    ) -> Found[MemoryRecord]:
        """Return the memories that match, newest first, ties by id, greatest first.

        With `after`, only those that come after this place in that order. Damaged ones are left out
        and named; they count for `limit` and `offset`.
        """

    def written(
        self,
        condition: Condition | None = None,
        *,
        limit: int,
        words: Sequence[str] = (),
        before: str | None = None,
    ) -> Found[MemoryRecord]:
        """Return memories in the order of writing, the last first; of every scope by default.

        With `words`, those that contain each of them, also as the beginning of a word. `before` is
        the id of a memory: only those written before it. Damaged ones are left out and named.
        """

    def deleted(self, memory_id: str) -> Deleted | None:
        """Return a deleted memory as its history knows it.

        None if the memory exists, is unknown, or was deleted by a version that noted no scope.
        """

    def replaced(self, memory_id: str) -> dict[str, Any]:
        """Return the fields that the last event of a memory changed, as they were before.

        The text is not among them: the event has it. Empty if nothing else was changed, or if a
        version before schema 9 wrote the event.
        """

    def count(self, condition: Condition) -> int:
        """Return how many memories match."""

    def history(self, memory_id: str) -> list[HistoryEntry]:
        """Return the events of a memory, also a deleted one, oldest first; empty if unknown."""

    def annotations(self, ids: Sequence[str]) -> Annotations:
        """Return what memories superseded, and the days that memories and messages speak of.

        Only memories that exist, of exactly its scope, count as superseded by a memory.
        """

    def standings(self, memory_ids: Iterable[str]) -> dict[str, Standing]:
        """Return what speaks for memories, by id; an unknown id is left out."""

    def waiting(self, limit: int) -> list[tuple[int, str, int]]:
        """Return (key, content, time) of readable memories that wait for an index."""

    def run_memory(self, scope: Scope, now: int) -> MemoryRecord | None:
        """Return the newest run summary of exactly this scope that can be extended.

        None if there is no such memory, or the scope has no `run_id`. A summary that is immutable,
        expired or superseded at `now` cannot be extended.
        """

    def has_hash(self, scope: Scope, value: bytes, now: int) -> bool:
        """Return True if a memory of exactly this scope, valid at `now`, has this content hash."""


class MemoryWriter(MemoryReader, Protocol):
    """Memories inside a transaction."""

    def insert(
        self,
        records: Sequence[MemoryRecord],
        vectors: Sequence[bytes],
        sources: Sequence[Sequence[int]],
        indexes: Sequence[TextIndex | None] | None = None,
    ) -> None:
        """Add memories with their vectors; `sources` are the keys of the messages of each.

        `SettingsWriter.bind_embedder` comes before the first vector. A memory without an index
        waits for it, if its text is long or not in ASCII. Its source messages are no longer found
        by themselves, and not at all if the memory has their text.
        """

    def restore(self, deleted: Deleted, vector: bytes, index: TextIndex | None, at: int) -> None:
        """Add a deleted memory again with its feedback, and write an ADD to its history.

        Its relations are stored with `GraphWriter.relate`.
        """

    def update(
        self,
        record: MemoryRecord,
        vector: bytes | None,
        index: TextIndex | None = None,
        said_on: date | None = None,
    ) -> None:
        """Replace the memory that has this record's id, and write an UPDATE to its history.

        The event has the old text, and the old values of `REPLACED` that change.

        A `vector` is needed if the content changes, and an `index` comes with it. If `created_at`
        changes, the validity periods that depend on it move: the memory's own, and those of
        memories that it superseded. The days that it speaks of are counted from `said_on` then, by
        default the UTC day of `created_at`.

        Raises:
            MemoryNotFoundError: there is no such memory.
            ImmutableError: the memory was stored as immutable.
        """

    def hide_sources(self, memory_id: str) -> None:
        """Let the messages that a memory came from no longer be found; it stays.

        Raises:
            MemoryNotFoundError: there is no such memory.
        """

    def set_expiry(self, memory_id: str, expires_at: int | None) -> None:
        """Change when a memory expires, without history; an unknown id is ignored."""

    def add_sources(self, memory_id: str, message_keys: Sequence[int]) -> None:
        """Add messages to a memory's sources; an unknown id is ignored."""

    def index(self, rows: Iterable[tuple[int, str, TextIndex]]) -> None:
        """Store the index of waiting memories, as (key, content, index).

        A row is ignored if its memory no longer waits or has another content.
        """

    def readable(self, memory_id: str) -> MemoryRecord:
        """Return a memory that is about to get another text, as `require`, also a damaged one.

        Its wrong values are replaced first, with what is nearest to them.

        Raises:
            MemoryNotFoundError: there is no such memory.
        """

    def delete(self, memory_id: str, now: int) -> None:
        """Delete a memory, also a damaged one; its history stays, and ends with a DELETE.

        Raises:
            MemoryNotFoundError: there is no such memory.
        """

    def delete_matching(self, condition: Condition, now: int) -> int:
        """Delete the memories that match, as `delete`; return how many."""

    def set_feedback(
        self, memory_id: str, feedback: str | None, reason: str | None, now: int
    ) -> None:
        """Replace the feedback on a memory; None removes it.

        Raises:
            MemoryNotFoundError: there is no such memory.
        """


class MessageReader(Protocol):
    """The log of messages; `last` and `sources` leave damaged ones out and name them."""

    def last(
        self, scope: Scope, *, limit: int, before: int | None = None, deleted: bool = True
    ) -> Found[Message]:
        """Return the last messages of exactly this scope, oldest first.

        With `before`, only messages with a smaller key. Deleted ones are in the log too; with
        `deleted=False` they are left out.
        """

    def latest(self, scope: Scope, *, limit: int, before: int) -> list[tuple[int, SourceMessage]]:
        """Return the last readable messages of exactly this scope with their keys, oldest first.

        Only messages with a key smaller than `before`; deleted ones too.
        """

    def of_scope(self, scope: Scope, limit: int) -> Found[MemoryRecord]:
        """Return the newest messages of exactly this scope that may be found, as `select`."""

    def sources(self, memory_id: str) -> Found[Message]:
        """Return the messages that a memory was made from, in order; empty if unknown."""

    def get(self, message_id: str) -> MemoryRecord | None:
        """Return a message that may be found, as a memory of the type "message", or None."""

    def select(self, condition: Condition, *, limit: int | None = None) -> Found[MemoryRecord]:
        """Return the messages that may be found and match, newest first, as `get` does.

        Sentences that superseded memories repeat are left out of their texts, unless these memories
        match. Damaged ones are left out and named.
        """

    def sources_of(
        self, memory_ids: Sequence[str], *, quoted: bool = False
    ) -> dict[str, list[SourceMessage]]:
        """Return the readable messages that memories were made from, by the memory's id.

        With `quoted`, they are without the sentences that superseded memories repeat, unless these
        are among the ids; messages of such sentences alone are left out.
        """

    def logged(
        self, ids: Condition, *, limit: int, before: int | None = None
    ) -> Found[LoggedMessage]:
        """Return the last messages of the scopes under a condition on ids, oldest first.

        With `before`, only messages with a smaller key. Those that were deleted, or that a deleted
        memory came from, are left out. Damaged ones are left out and named.
        """

    def conversations(self, *, limit: int) -> list[Conversation]:
        """Return the scopes with messages, those with the latest ones first."""

    def logged_for(self, name: str) -> Found[LoggedMessage]:
        """Return the messages that a memory was made from, or the message with this id.

        As `logged`, but also deleted ones.
        """

    def waiting(self, limit: int) -> list[tuple[int, Message, date]]:
        """Return (key, message, day) of readable messages that wait for an index.

        The day is that on which a pending turn was said, or else that of the time in UTC.
        """

    def known(self, message_ids: Iterable[str]) -> set[str]:
        """Return which of these ids the log has, also of messages that are no longer found."""

    def memories_from(
        self, scope: Scope, messages: Sequence[Message], last: int, since: int, until: int
    ) -> list[MemoryRecord]:
        """Return the memories made from these messages, if they are the last of exactly this scope.

        Empty unless the messages end with the key `last`, were logged from `since` to `until`, and
        belong to no pending turn.
        """


class MessageWriter(MessageReader, Protocol):
    """The log of messages inside a transaction."""

    def index(self, rows: Iterable[tuple[int, str, TextIndex | None]]) -> None:
        """Store the index of waiting messages, as (key, content, index); None: not to be found.

        A row is ignored if its message no longer waits or has another content.
        """

    def note_set_aside(self, noted: Iterable[tuple[int, SetAside]]) -> None:
        """Keep with messages, by key, what was set aside of them, in place of an earlier list."""

    def delete(self, message_id: str, now: int) -> bool:
        """Let a message no longer be found, and write a DELETE to its history.

        It stays in the log until it is erased or cleaned up. Returns False if it is unknown.
        """

    def delete_matching(self, condition: Condition, now: int) -> int:
        """Let the messages that match no longer be found, as `delete`; return how many."""

    def hide(self, message_keys: Collection[int], now: int) -> int:
        """Let the messages with these keys no longer be found, as `delete`; return how many."""

    def log(self, scope: Scope, messages: Iterable[Message], at: int) -> list[int]:
        """Append messages of exactly this scope; return their keys, in order.

        They are not found by themselves.
        """

    def log_dated(
        self,
        scope: Scope,
        messages: Sequence[DatedMessage],
        indexes: Sequence[TextIndex | None],
        options: Mapping[str, Any],
        *,
        queued_at: int | None = None,
    ) -> None:
        """Append messages with ids and times of their own; each is found unless its index is None.

        With `queued_at`, the time of the call, they also become one pending turn with the options.
        """


class TurnReader(Protocol):
    """The queue of pending turns, and the results of finished ones.

    A turn that cannot be read is set aside: it is neither pending nor claimed, and holds up no
    other, until a repair of the store makes it readable.
    """

    def pending(self, limit: int | None = None) -> list[Turn]:
        """Return the pending turns, oldest first; with a limit, those of the first `limit`."""

    def set_aside(self) -> dict[int, str]:
        """Return why turns cannot be read, by key."""

    def waiting(self, turns: TurnFilter) -> int:
        """Return how many turns are selected; a claimed turn counts with any number of tries."""

    def last(self) -> int:
        """Return the key of the last pending turn, or 0."""

    def event(self, event_id: str) -> TurnEvent | None:
        """Return the state of a turn that was opened with an event id, or None if it is unknown.

        The latest 10,000 finished turns are known. `FAILED` is a turn with `MAX_TRIES` failures or
        `MAX_KILLS` kills, or one that is set aside.
        """


class TurnWriter(TurnReader, Protocol):
    """The queue inside a transaction.

    A turn is free if neither it nor an earlier turn of its scope is claimed by a live process.
    """

    def open(
        self,
        scope: Scope,
        messages: Sequence[Message],
        options: Mapping[str, Any],
        at: int,
        *,
        event_id: str | None = None,
        claimant: Claimant | None = None,
        queued_at: int | None = None,
        indexes: Sequence[TextIndex | None] | None = None,
    ) -> Turn:
        """Log messages and queue them for extraction, with the options that it needs.

        A message is found from then on, unless its index is None; without `indexes`, all wait. It
        has the metadata, categories and expiry of the options.

        `at` is the time of the messages, `queued_at` that of the call. With a `claimant`, the turn
        is claimed at once.
        """

    def claim_next(self, claimant: Claimant, turns: TurnFilter) -> Turn | None:
        """Claim the oldest selected turn that is free, or return None; imported ones come last.

        Claims of dead processes are released first, and each counts as a kill of its turn.
        """

    def claim_like(
        self, claimant: Claimant, scope: Scope, is_like: Callable[[Turn], bool]
    ) -> Turn | None:
        """Claim the newest free turn of exactly this scope for which `is_like` is true, or None.

        The latest 8 turns of the scope are looked at.
        """

    def renew_claims(self, claimant: Claimant, held: Iterable[int]) -> None:
        """Renew the claims on the turns with these keys, and release the claimant's others."""

    def fail(self, turn: Turn, error: str, now: int) -> None:
        """Count a failed try of a turn and release its claim; the turn stays pending."""

    def finish(self, turn: Turn, now: int) -> bool:
        """Remove a turn from the queue; return False if another process has finished it."""

    def note_results(self, turn: Turn, results: Iterable[AddResult]) -> None:
        """Store the ids and events of a finished turn's memories, for `event`."""

    def drop(self, ids: Condition, now: int) -> int:
        """Finish the turns of the scopes that match, without results; return how many.

        Their messages stay in the log. A process that holds such a turn finds it finished.
        """


class KnownReader(Protocol):
    """The memories of exactly one scope that a new fact may repeat, extend or supersede."""

    def revision(self) -> Revision:
        """Return the current state, for `changed_since`."""

    def changed_since(self, revision: Revision, scope: Scope) -> set[str] | None:
        """Return the ids of the memories of exactly this scope that were added or changed.

        None if that is unknown because memories were deleted.
        """

    def neighbours(
        self,
        scope: Scope,
        vector: bytes,
        limit: int,
        now: int,
        among: Collection[str] | None = None,
    ) -> list[Match]:
        """Return the nearest memories of exactly this scope, nearest first.

        Superseded and expired ones, run summaries, documents of adapters and statements of the
        graph are left out. With `among`, only memories with these ids.
        """

    def of_scope(self, scope: Scope, limit: int) -> list[MemoryRecord]:
        """Return the newest readable memories of exactly this scope, also superseded ones."""

    def made_from(self, scope: Scope, message_keys: Collection[int]) -> list[MemoryRecord]:
        """Return the memories of exactly this scope that came from one of these messages."""

    def naming(self, scope: Scope) -> list[str]:
        """Return the contents of the memories of exactly this scope that state the user's name."""


class KnownWriter(KnownReader, Protocol):
    """What becomes of known memories when a new fact arrives, inside a transaction."""

    def repeat(self, memory_id: str, like: MemoryRecord) -> None:
        """Count one more repetition of a memory; an unknown id is ignored.

        The memory then expires when the later of it and `like` does, and is immutable if either is.
        """

    def supersede(self, old: MemoryRecord, by: str, at: int, noted_at: int | None = None) -> None:
        """End the validity of a memory at `at`, name its successor, and write its history.

        The history has the time `noted_at`, by default `at`. A memory that no longer exists is
        ignored.
        """

    def restore_superseded(self, record: MemoryRecord, now: int) -> None:
        """Make the memories valid again that this one, which is taken back, superseded."""


class ConflictReader(Protocol):
    """Pairs of memories that may contradict each other.

    A pair is open until it is settled, one of its memories is superseded, deleted or gets another
    text.
    """

    def select(
        self, condition: Condition, *, memory_ids: Collection[str] | None = None
    ) -> Found[Disagreement]:
        """Return the open pairs, if both memories match, the newest pair first.

        With `memory_ids`, only pairs with one of these memories. A pair with a damaged memory is
        left out, and the memory named.
        """

    def get(self, conflict_id: str, now: int) -> Disagreement | None:
        """Return an open pair, or None; both memories must be valid at `now`."""


class ConflictWriter(ConflictReader, Protocol):
    """The same pairs inside a transaction."""

    def open(self, one: str, other: str, at: int) -> None:
        """Note that two memories of one scope, by id, may contradict each other.

        Nothing happens if the pair is open or was settled, or if a memory is unknown.
        """

    def settle(self, conflict_id: str, at: int) -> None:
        """Close a pair for good: both memories hold. An unknown id is ignored."""


class GraphReader(Protocol):
    """The names and relations that memories state.

    A relation is returned only if a memory under the caller's condition states it, and so is a
    name's spelling.
    """

    def search(self, query: GraphQuery) -> Found[Relation]:
        """Return the relations one hop from the query's names, the most relevant first.

        Damaged ones are left out and named.

        Raises:
            EmbedderMismatchError: the stored vectors are another embedder's.
        """

    def of_memories(self, memory_ids: Iterable[str]) -> Found[Relation]:
        """Return the relations that these memories state, in the order of writing.

        Damaged ones are left out and named.
        """

    def statements(
        self, condition: Condition, names: Collection[str] | None = None
    ) -> Found[MemoryRecord]:
        """Return the memories that are statements (`core.graph`), in the order of writing.

        With `names` those that name one of these entities. Damaged ones are left out and named.
        """

    def extracted(self, condition: Condition) -> Found[tuple[MemoryRecord, Relation]]:
        """Return relations with a memory that states them, but for statements, as they were found.

        In the order of writing, under any spelling of their ends that such a memory states.
        Damaged ones are left out and named.
        """

    def unembedded(self, limit: int) -> list[tuple[int, str]]:
        """Return (key, name) of names without a vector, in the order of their keys."""


class GraphWriter(GraphReader, Protocol):
    """The graph inside a transaction."""

    def relate(
        self, record: MemoryRecord, relations: Sequence[Relation], vectors: Mapping[str, bytes]
    ) -> None:
        """Store the relations that a memory states; `vectors` has one for each name.

        Nothing is stored if the memory is deleted or has another content. A relation of a name to
        itself is left out. Relations go with the last memory that states them.
        """

    def embed(self, rows: Iterable[tuple[int, str, bytes]]) -> None:
        """Store vectors of names, as (key, name, vector); a key with another name is ignored."""


class SettingsReader(Protocol):
    """Facts about the store itself."""

    def embedder(self) -> EmbedderIdentity | None:
        """Return the embedder of the stored vectors, or None before the first vector."""

    def check_embedder(self, identity: EmbedderIdentity) -> EmbedderIdentity | None:
        """Check that vectors of an embedder can be compared with the stored ones.

        Returns the embedder of the stored vectors, or None before the first vector.

        Raises:
            EmbedderMismatchError: the dimensions or the fingerprint differ.
        """

    def project(self) -> dict[str, Any]:
        """Return the settings of the project; empty before the first."""


class SettingsWriter(SettingsReader, Protocol):
    """Settings inside a transaction."""

    def bind_embedder(self, identity: EmbedderIdentity) -> None:
        """Make this the embedder of the stored vectors, unless the file is bound to one.

        Raises:
            EmbedderMismatchError: the stored vectors are another embedder's.
        """

    def update_project(self, changes: Mapping[str, Any]) -> None:
        """Change settings of the project; those that are not named stay."""


class CandidateReader(Protocol):
    """Candidates of a search. What a memory's score depends on is read under the condition only."""

    def scope_stats(self, condition: Condition) -> ScopeStats:
        """Return the size of a scope and its speakers."""

    def texts_with(self, condition: Condition, words: Sequence[str], limit: int) -> list[str]:
        """Return up to `limit` texts of memories that match and contain one of the words."""

    def search(self, condition: Condition, query: CandidateQuery, ranker: Ranker) -> Found[Match]:
        """Return the memories that `ranker` chooses of those that match, in its order.

        Damaged ones are left out before others are ranked, and named if they would be returned. A
        memory without a vector is ranked by its words.

        Raises:
            EmbedderMismatchError: the stored vectors are another embedder's.
        """

    def search_messages(
        self, condition: Condition, query: MessageQuery, ranker: Ranker
    ) -> Found[MessageMatch]:
        """Return the messages that match, each once with its best passage, in the ranker's order.

        Damaged ones are left out, and named if they would be returned.

        The ranker is given passages. A message comes with the memories that came from it and match
        the condition.

        Raises:
            EmbedderMismatchError: the stored vectors are another embedder's.
        """


class ReindexReader(Protocol):
    """Vectors of the next embedder, which are staged next to those in use."""

    def missing(
        self, identity: EmbedderIdentity, limit: int, *, after: int = 0
    ) -> list[tuple[int, str]]:
        """Return (key, content) of memories without a staged vector of `identity`, by key.

        Only keys greater than `after`: looking at the others again for each batch would take time
        with the square of the store's size.
        """

    def count_missing(self) -> int:
        """Return how many memories have no staged vector."""


class ReindexWriter(ReindexReader, Protocol):
    """Staged vectors inside a transaction."""

    def stage(self, identity: EmbedderIdentity, rows: Sequence[tuple[int, str, bytes]]) -> None:
        """Stage vectors, as (key, content, vector); those of another embedder are dropped first.

        A row is ignored if its memory is deleted or has another content.
        """

    def switch(self, identity: EmbedderIdentity) -> bool:
        """Put the staged vectors in use and bind the embedder; False if a memory lacks one.

        Searches are exact at once, and fast again when `grow_index` has returned False.
        """

    def grow_index(self) -> bool:
        """Add some vectors to the index; return False if none was left to add."""


class ExportReader(Protocol):
    """Export, and the checks before an import."""

    def snapshot(self, condition: Condition | None, *, vectors: bool) -> Snapshot:
        """Return the lines of the memories that match and of what belongs to them.

        Without a condition, of everything, also pending turns. Valid inside the `with` block.
        """

    def would_change(self, item: Item) -> bool:
        """Return True if merging a memory's line would change the stored memory or add it.

        Ignores `sources`: their new keys are only known during the import.
        """

    def owners_of_deleted(self, memory_ids: Collection[str]) -> dict[str, Scope]:
        """Return the scopes of those memories that were deleted, if they are known."""


class ShownReader(Protocol):
    """The log of memories that were shown to runs."""

    def of_memory(self, memory_id: str, *, limit: int) -> list[Shown]:
        """Return to which runs a memory or a message was shown, the last first."""

    def latest(self, *, limit: int, ids: Condition | None = None) -> list[tuple[str, Shown]]:
        """Return the ids of what was shown last, each with the entry, last first.

        To any run, or to those under a condition on ids.
        """


class ShownWriter(ShownReader, Protocol):
    """The log inside a transaction."""

    def note(self, scope: Scope, memory_ids: Collection[str], event: str, at: int) -> None:
        """Note that memories and messages were shown to a run; the same entry is noted once."""


class Reading(Protocol):
    """One state of the data, to read."""

    @property
    def memories(self) -> MemoryReader: ...
    @property
    def messages(self) -> MessageReader: ...
    @property
    def turns(self) -> TurnReader: ...
    @property
    def known(self) -> KnownReader: ...
    @property
    def conflicts(self) -> ConflictReader: ...
    @property
    def candidates(self) -> CandidateReader: ...
    @property
    def graph(self) -> GraphReader: ...
    @property
    def settings(self) -> SettingsReader: ...
    @property
    def reindex(self) -> ReindexReader: ...
    @property
    def archive(self) -> ExportReader: ...
    @property
    def shown(self) -> ShownReader: ...

    def entities(self) -> list[Entity]:
        """Return the users, agents, apps and runs that memories belong to, each kind by name."""

    def overview(self) -> Overview:
        """Return counts of the stored data, and its size."""

    def census(self, limit: int) -> Census:
        """Return the counts of the stored data, with at most `limit` owners of each kind.

        It reads every entry of some indexes, which takes a second for a million memories.
        """

    def edited_texts(self) -> list[EditedText]:
        """Return the texts that another tool changed; their memories are damaged until accepted."""

    def rows_to_clean_up(self, plan: CleanupPlan, kind: str) -> list[tuple[Key, ...]]:
        """Return the keys of what a plan deletes for one reason of `Retention.kinds`.

        A tuple for each row; a duplicate comes behind the memory that it repeats.
        """

    def memories_to_erase(self, what: Erasure) -> list[str]:
        """Return the ids of the existing memories that `erase` would delete.

        Raises:
            MemoryNotFoundError: neither a memory nor a history has one of the ids.
        """


class Transaction(Reading, Protocol):
    """One transaction: all of its writes are stored, or none; it also sees its own writes."""

    @property
    def memories(self) -> MemoryWriter: ...
    @property
    def messages(self) -> MessageWriter: ...
    @property
    def turns(self) -> TurnWriter: ...
    @property
    def known(self) -> KnownWriter: ...
    @property
    def conflicts(self) -> ConflictWriter: ...
    @property
    def graph(self) -> GraphWriter: ...
    @property
    def settings(self) -> SettingsWriter: ...
    @property
    def reindex(self) -> ReindexWriter: ...
    @property
    def shown(self) -> ShownWriter: ...

    def cleanup(self, plan: CleanupPlan) -> dict[str, int]:
        """Delete what a plan selects; return how many of each kind that it asks for."""

    def clean_up_rows(self, plan: CleanupPlan, kind: str, keys: Collection[Key]) -> int:
        """Delete those of these rows that a plan still selects; return their number.

        Rows beyond the last are not counted again: those that still match are deleted.
        """

    def erase(self, what: Erasure, among: Collection[str] | None = None) -> dict[str, int]:
        """Delete memories and every trace of them; return how many rows of each kind.

        Their bytes go with the next `vacuum`, if the transaction is `write(secure_delete=True)`.
        After an interruption an id that is unknown by now is accepted until that `vacuum`. With
        `among`, only memories with these ids are erased.

        Raises:
            MemoryNotFoundError: neither a memory nor a history has one of the ids.
        """

    def accept_edited(self, text: EditedText, vector: bytes, index: TextIndex, now: int) -> bool:
        """Make a changed text the memory's own, with its index and an UPDATE in its history.

        Return False if it is not the present text, or something else of the memory is damaged.
        """

    def texts_to_erase(
        self, what: Erasure, among: Collection[str] | None = None
    ) -> list[ErasedText]:
        """Return the texts that `erase` would delete, each once.

        Raises:
            MemoryNotFoundError: neither a memory nor a history has one of the ids.
        """

    def clear(self) -> None:
        """Delete everything but the project's settings and the store's own id."""


class Store(Protocol):
    """An open store. Every method may be called from any thread; readers do not block writers."""

    @property
    def is_forked(self) -> bool:
        """True in a forked child of the process that opened the store, which may not use it."""

    def read(self) -> AbstractContextManager[Reading]:
        """Lend one state of the data, which writes of others do not change."""

    def write(self, *, secure_delete: bool = False) -> AbstractContextManager[Transaction]:
        """Lend a transaction, which is committed at the end of the block.

        With `secure_delete`, deleted values are overwritten. An exception rolls the transaction
        back and is raised again.

        Raises:
            StoreBusyError: another program wrote for longer than the busy timeout.
        """

    def dry_run(self) -> AbstractContextManager[Transaction]:
        """Lend a transaction that is rolled back, to count exactly what it would change."""

    def changes(self) -> int:
        """Return a number that is another one after a commit, by any program.

        It costs microseconds, and no table is read.
        """

    def is_moved(self) -> bool:
        """Return True if the opened file is no longer the one under its name.

        It can still be read, but nobody else sees it.
        """

    def limit_cache(self, size: int) -> None:
        """Keep at most `size` bytes of files in memory, in all stores of this process."""

    def check_writable(self) -> None:
        """Refuse a store that can only be read, before any work is done.

        Raises:
            StoreReadOnlyError: it was opened to read only.
        """

    def new_import(self, on_conflict: Conflict) -> ArchiveImport:
        """Return an import; `on_conflict` is for memories with an id that is stored already."""

    def close(self) -> None:
        """Close the store; every committed transaction is stored. In a forked child: nothing."""


class FileStore(Store, Protocol):
    """The calls that only a store in one file can serve."""

    path: str  # absolute, or ":memory:"

    def file_id(self) -> str | None:
        """Return the id that the file was given when it was created, or None if it is older."""

    def copy_to(self, target: Path, progress: Progress | None = None) -> None:
        """Write one state of the file into a new file, while others write."""

    def vacuum(self) -> Vacuumed:
        """Rewrite the file without free pages and deleted bytes.

        Derived data that contains erased values is rewritten first, in short transactions.
        """

    def traces(self, erased: Sequence[ErasedText]) -> Traces:
        """Look for erased texts in the bytes of the file and its log; return what holds them.

        Texts of fewer than 8 bytes are left out; in a large file so are some of many texts.
        """

    def check(self, *, full: bool) -> list[CheckResult]:
        """Check the file; `litemem.maintenance.integrity` describes the checks."""

    def repair(self, repairs: Iterable[str]) -> list[str]:
        """Rebuild derived data; each is the `repair` of a result of `check`. One transaction.

        Return one sentence for each value that was replaced, with the old value.
        """

"""One memory for an agent's run, extended as the run goes on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from litemem.core import clock
from litemem.core.protocols import LLM, Embedder
from litemem.core.types import (
    AddResult,
    MemoryRecord,
    Message,
    Turn,
    content_hash,
    with_canonical_roles,
)
from litemem.extraction import run_document as procedure
from litemem.extraction import run_summary as procedural
from litemem.extraction.run_document import Procedure
from litemem.models.indexing import index_memories
from litemem.store.protocol import Store

MIN_OVERLAP = 2  # messages in a row that count as sent again; a single one may be said twice


@dataclass(frozen=True, slots=True)
class Run:
    """A turn of an agent's run, and what is needed to store its summary.

    `fresh` is the memory to add, without its content; `embed` returns the vector of a text as a
    blob; `now` is in microseconds.
    """

    store: Store
    turn: Turn
    fresh: MemoryRecord
    embedder: Embedder
    now: int

    def store_summary(self, llm: LLM, instructions: str | None) -> list[AddResult]:
        """Summarise the turn into the memory of exactly its ids, or into a new one.

        Only a turn with a `run_id` extends a memory. Messages that the memory already covers are
        skipped, so a program may send the whole run each time.

        Raises:
            LLMError, EmbedderError: nothing was stored.
        """
        known = self._known()
        before = procedure.from_markdown(known.content) if known else Procedure()
        with self.store.read() as r:
            read = with_canonical_roles(r.messages.sources(known.id)) if known else ()
        messages = self.turn.messages[already_read(read, self.turn.messages) :]
        addition = procedural.summarise(llm, messages, instructions, before)
        outcomes = None
        while outcomes is None:  # as long as other processes extend the same run
            known = self._known()
            outcomes = self._store(known, self._outcome(known, addition))
        return outcomes

    def _known(self) -> MemoryRecord | None:
        with self.store.read() as r:
            return r.memories.run_memory(self.turn.scope, self.now)

    def _outcome(self, known: MemoryRecord | None, addition: procedural.Addition) -> AddResult:
        """Return the memory with the addition, and the event that this is for the known one."""
        before = procedure.from_markdown(known.content) if known else Procedure()
        after = addition.to(before)
        if after == before:
            return AddResult(known or self.fresh, "NONE")
        content = procedure.to_markdown(after)
        digest = content_hash(content)
        if known is None:
            return AddResult(replace(self.fresh, content=content, hash=digest))
        changed = replace(
            known,
            content=content,
            hash=digest,
            metadata={**known.metadata, **self.fresh.metadata},
            categories=tuple(dict.fromkeys(known.categories + self.fresh.categories)),
            updated_at=self.now,
            expires_at=self.fresh.expires_at or known.expires_at,
            immutable=self.fresh.immutable,
        )
        return AddResult(changed, "UPDATE", known.content)

    def _store(self, known: MemoryRecord | None, outcome: AddResult) -> list[AddResult] | None:
        """Store the outcome; return None, and store nothing, if the memory is no longer `known`.

        The list is empty if another process has finished this turn, or if the same summary is
        stored without a run id.
        """
        record = outcome.record
        texts = [] if outcome.event == "NONE" else [record.content]
        today = date.fromisoformat(clock.day(self.now))
        vectors, indexes = index_memories(self.embedder, texts, today)
        with self.store.write() as tx:
            if tx.memories.run_memory(self.turn.scope, self.now) != known:
                return None
            if not tx.turns.finish(self.turn, self.now):
                return []
            if outcome.event == "NONE":
                outcomes = [outcome] if known else []
                tx.turns.note_results(self.turn, outcomes)
                return outcomes
            tx.settings.bind_embedder(self.embedder.identity)
            if known is not None:
                tx.memories.update(record, vectors[0], indexes[0])
                tx.memories.add_sources(record.id, self.turn.message_pks)
            elif tx.memories.has_hash(self.turn.scope, record.hash, self.now):
                return []
            else:
                tx.memories.insert([record], vectors, [self.turn.message_pks], indexes)
            tx.turns.note_results(self.turn, [outcome])
        return [outcome]


def already_read(known: Sequence[Message], new: Sequence[Message]) -> int:
    """Return how many leading new messages repeat the last known ones."""
    if not new:
        return 0
    count = 0
    shorter = _borders(new)
    for message in known[-len(new) :]:
        while count and (count == len(new) or message != new[count]):
            count = shorter[count - 1]
        count += message == new[count]
    is_whole = count in (len(known), len(new))
    return count if is_whole or count >= MIN_OVERLAP else 0


def _borders(messages: Sequence[Message]) -> list[int]:
    """Return for each beginning of the list how many of its first messages are also its last.

    The prefix function of Knuth, Morris and Pratt, with which `already_read` is linear.
    """
    found = [0] * len(messages)
    for i in range(1, len(messages)):
        count = found[i - 1]
        while count and messages[i] != messages[count]:
            count = found[count - 1]
        found[i] = count + (messages[i] == messages[count])
    return found

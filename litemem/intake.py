"""Intake: from messages to memories; nothing said is lost, and nothing is stored by halves."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from litemem import clock, extraction, procedural
from litemem.errors import EmbedderError, LitememError
from litemem.models import PROCEDURAL, MemoryRecord, Message, Turn
from litemem.options import Options
from litemem.protocols import LLM, Embedder
from litemem.scope import Scope
from litemem.store import SqliteStore
from litemem.vectors import to_blob


class Intake:
    """Turns messages into memories, in one store, with one embedder and one language model."""

    def __init__(
        self, store: SqliteStore, embedder: Embedder, llm: LLM, now: Callable[[], int]
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._llm = llm
        self._now = now

    def store_messages(
        self, scope: Scope, messages: Sequence[Message], options: Options
    ) -> list[MemoryRecord]:
        """Make each message a memory as it stands, all in one transaction; system ones are not."""
        chosen = [i for i, m in enumerate(messages) if m.role != "system" and m.content.strip()]
        records = [
            self._record(messages[i].content, scope, options, message=messages[i]) for i in chosen
        ]
        vectors = self._embed([record.content for record in records])
        with self._store.transaction() as tx:
            pks = tx.log_messages(scope, messages, self._at(options))
            if records:
                tx.bind_embedder(self._embedder.identity)
                tx.insert(records, vectors, [[pks[i]] for i in chosen])
        return records

    def remember(
        self, scope: Scope, messages: Sequence[Message], options: Options
    ) -> list[MemoryRecord]:
        """Log a turn, then extract its memories; if that fails, the turn stays pending.

        Raises:
            LLMError, EmbedderError: as extraction and embedding; the turn is in the file.
        """
        identity = self._embedder.identity
        with self._store.transaction() as tx:
            tx.check_embedder(identity)
            turn = tx.open_turn(scope, messages, asdict(options), self._at(options))
        return self.process(turn)

    def process(self, turn: Turn) -> list[MemoryRecord]:
        """Extract the memories of a logged turn and store them; return those that are new.

        Raises:
            LLMError, EmbedderError: the turn stays pending, with the error's text.
        """
        options = Options(**{**turn.options, "categories": tuple(turn.options["categories"])})
        try:
            facts = self._facts(turn, options)
            records = [
                self._record(fact.text, turn.scope, options, attributed_to=fact.attributed_to)
                for fact in facts
            ]
            vectors = self._embed([record.content for record in records])
        except LitememError as error:
            with self._store.transaction() as tx:
                tx.fail_turn(turn, str(error))
            error.add_note(
                "the messages are kept: process_pending() (`litemem pending`) tries again"
            )
            raise
        sources = [[turn.message_pks[i] for i in fact.messages] for fact in facts]
        return self._finish(turn, list(zip(records, vectors, sources, strict=True)))

    def process_pending(self) -> list[MemoryRecord]:
        """Process every turn that waits, oldest first; one that fails does not hold up the others.

        Raises:
            LLMError, EmbedderError: the first failure, after all turns were tried.
        """
        records: list[MemoryRecord] = []
        failures: list[LitememError] = []
        for turn in self._store.pending_turns():
            try:
                records += self.process(turn)
            except LitememError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return records

    def _facts(self, turn: Turn, options: Options) -> list[extraction.Fact]:
        if options.memory_type == PROCEDURAL:
            summary = procedural.summarise(self._llm, turn.messages, options.instructions)
            everything = tuple(range(len(turn.messages)))
            return [extraction.Fact(summary, "assistant", everything)]
        context = self._store.messages(
            turn.scope, limit=extraction.CONTEXT_MESSAGES, before=turn.message_pks[0]
        )
        return [
            fact
            for subject in extraction.subjects(turn.scope, turn.messages)
            for fact in extraction.extract(
                self._llm,
                turn.messages,
                subject=subject,
                context=context,
                instructions=options.instructions,
            )
        ]

    def _finish(
        self, turn: Turn, found: list[tuple[MemoryRecord, bytes, list[int]]]
    ) -> list[MemoryRecord]:
        """Store what is new in the turn's scope; nothing when another process has done so."""
        with self._store.transaction() as tx:
            if not tx.close_turn(turn):
                return []
            known = tx.hashes(turn.scope, [record.hash for record, _, _ in found], self._now())
            new = _first_of_each(row for row in found if row[0].hash not in known)
            if new:
                tx.bind_embedder(self._embedder.identity)
                records, vectors, sources = zip(*new, strict=True)
                tx.insert(records, vectors, sources)
        return [record for record, _, _ in new]

    def _record(
        self,
        content: str,
        scope: Scope,
        options: Options,
        *,
        message: Message | None = None,
        attributed_to: str | None = None,
    ) -> MemoryRecord:
        at = self._at(options)
        return MemoryRecord(
            id=clock.new_id(),
            content=content,
            hash=content_hash(content),
            scope=scope,
            actor_id=message.name if message else None,
            role=message.role if message else None,
            attributed_to=attributed_to,
            memory_type=options.memory_type,
            metadata=options.metadata,
            categories=options.categories,
            created_at=at,
            updated_at=at,
            expires_at=options.expires_at,
            immutable=options.immutable,
        )

    def _embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return the texts' vectors, ready to be stored; none for no text, without the model."""
        if not texts:
            return []
        dimensions = self._embedder.identity.dimensions
        vectors = [to_blob(v, dimensions) for v in self._embedder.embed_documents(texts)]
        if len(vectors) != len(texts):
            raise EmbedderError(f"the embedder gave {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _at(self, options: Options) -> int:
        return self._now() if options.created_at is None else options.created_at


def content_hash(content: str) -> bytes:
    """Return the MD5 of a memory's content, as Mem0's `hash` is; it tells equal texts, no more."""
    return hashlib.md5(content.encode(), usedforsecurity=False).digest()


def _first_of_each(
    rows: Iterable[tuple[MemoryRecord, bytes, list[int]]],
) -> list[tuple[MemoryRecord, bytes, list[int]]]:
    return list({row[0].hash: row for row in reversed(list(rows))}.values())[::-1]

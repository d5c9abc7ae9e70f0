"""Intake: from messages to memories; nothing said is lost, and nothing is stored by halves."""

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

from litemem.core import clock
from litemem.core.arguments import AddOptions
from litemem.core.protocols import LLM, Embedder
from litemem.core.scope import Scope
from litemem.core.types import PROCEDURAL, AddResult, MemoryRecord, Message, Turn, content_hash
from litemem.errors import EmbedderError, LLMError
from litemem.ingestion import graph
from litemem.ingestion.again import Again, options_of
from litemem.ingestion.claims import Claims
from litemem.models.embedding import embed
from litemem.store.sqlite import Choice, SqliteStore

if TYPE_CHECKING:
    from litemem.extraction.facts import Fact
    from litemem.ingestion.consolidate import Settling

POLL_SECONDS = 0.05  # how often to look whether another program is done with the scope


class Intake:
    """Turns messages into memories, in one store, with one embedder and one language model."""

    def __init__(
        self,
        store: SqliteStore,
        claims: Claims,
        embedder: Embedder,
        llm: LLM,
        now: Callable[[], int],
    ) -> None:
        self._store = store
        self._claims = claims
        self._embedder = embedder
        self._llm = llm
        self._now = now
        self._again = Again(store, claims, now)

    def store_messages(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> list[AddResult]:
        """Make each message a memory as it stands, all in one transaction; system ones are not."""
        chosen = [i for i, m in enumerate(messages) if m.role != "system" and m.content.strip()]
        records = [
            self._record(messages[i].content, scope, options, message=messages[i]) for i in chosen
        ]
        vectors = self._embed([record.content for record in records])
        with self._store.transaction() as tx:
            pks = tx.log_messages(scope, messages, options.at(self._now()))
            if records:
                tx.bind_embedder(self._embedder.identity)
                tx.insert(records, vectors, [[pks[i]] for i in chosen])
        return [AddResult(record) for record in records]

    def remember(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> list[AddResult]:
        """Log a turn, then extract its memories; if that fails, the turn stays pending.

        What was said before in the same scope, and still waits for its first try, comes first. The
        same turn sent again at once is not logged again. If it is done, no model is asked: what
        came of it is counted. If it waits, it is tried again.

        Raises:
            LLMError, EmbedderError: as extraction and embedding; the turn is in the file.
        """
        if known := self._again.count(scope, messages, options):
            return known
        turn = self._again.claim(scope, messages, options)
        turn = turn or self._log(scope, messages, options, background=False)
        with self._claims.work(turn):
            self._catch_up(turn)
            return self._extract(turn)

    def enqueue(self, scope: Scope, messages: Sequence[Message], options: AddOptions) -> str:
        """Log a turn for whoever extracts next; return the id to ask `event` with."""
        turn = self._log(scope, messages, options, background=True)
        assert turn.event_id is not None
        return turn.event_id

    def process(self, turn: Turn) -> list[AddResult]:
        """Extract the memories of a claimed turn and store them; return what became of them.

        Raises:
            LLMError, EmbedderError: the turn stays pending, with the error's text.
        """
        with self._claims.work(turn):
            return self._extract(turn)

    def process_pending(self) -> list[AddResult]:
        """Process every turn that waits, oldest first; one that fails does not hold up the others.

        Whatever was waiting has been tried when it returns, here or by another program.

        Raises:
            LLMError, EmbedderError: the first failure, after all turns were tried.
        """
        outcomes: list[AddResult] = []
        failures = _Failures()
        tried: set[int] = set()
        last = self._store.last_turn()
        while (turn := self._next(Choice(last=last, but=tried))) is not None:
            tried.add(turn.pk)
            with failures:
                outcomes += self.process(turn)
        failures.raise_first()
        return outcomes

    def with_llm(self, llm: LLM) -> "Intake":
        """Return the same with another language model."""
        other = copy.copy(self)
        other._llm = llm
        return other

    def _log(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions, *, background: bool
    ) -> Turn:
        """Write a turn down; one that is not for the background is claimed at once."""
        identity = self._embedder.identity
        at = options.at(self._now())
        said_on = options.said_on or clock.day(at)  # not the day on which it is read
        with self._store.transaction() as tx:
            tx.check_embedder(identity)
            turn = tx.open_turn(
                scope,
                messages,
                asdict(replace(options, created_at=at, said_on=said_on)),
                at,
                event_id=clock.new_id() if background else None,
                claimant=None if background else self._claims.claimant,
                queued_at=self._now(),
            )
            return turn if background else self._claims.hold(turn)

    def _catch_up(self, turn: Turn) -> None:
        """Extract what was said before in the same scope, or wait for who is at it."""
        before = Choice(most=1, kills=1, last=turn.pk - 1, scope_of=turn.pk)
        while (earlier := self._next(before)) is not None:
            with suppress(LLMError, EmbedderError):  # kept with that turn
                self.process(earlier)

    def _next(self, choice: Choice) -> Turn | None:
        """Claim the next of these turns, waiting while others are at them; None: all are done."""
        while self._store.waiting_turns(choice):
            turn = self._claims.take(choice)
            if turn is not None:
                return turn
            self._claims.wait(POLL_SECONDS)
        return None

    def _extract(self, turn: Turn) -> list[AddResult]:
        # the rules for what a model tells take 30 ms to import; who stores texts as they are, or
        # searches, does without
        from litemem.ingestion.consolidate import Fresh, Settling

        options = options_of(turn)
        if options.memory_type == PROCEDURAL:
            return self._extend_run(turn, options)
        facts = self._facts(turn, options)
        records = [
            self._record(
                fact.text,
                turn.scope,
                options,
                attributed_to=fact.attributed_to,
                categories=fact.categories,
            )
            for fact in facts
        ]
        vectors = self._embed([record.content for record in records])
        drawing = self._drawing(records, options)
        sources = [[turn.message_pks[i] for i in fact.messages] for fact in facts]
        found = list(map(Fresh, records, vectors, sources))
        outcomes = self._finish(turn, Settling(self._llm, found, self._now()), drawing)
        self._again.note(turn)
        return outcomes

    def _extend_run(self, turn: Turn, options: AddOptions) -> list[AddResult]:
        """Write down an agent's run, or what is new of it."""
        from litemem.ingestion import runs

        run = runs.Run(
            self._store,
            turn,
            fresh=self._record("", turn.scope, options, attributed_to="assistant"),
            embed=lambda text: self._embed([text])[0],
            identity=self._embedder.identity,
            now=self._now(),
        )
        return run.remember(self._llm, options.wishes)

    def _facts(self, turn: Turn, options: AddOptions) -> "list[Fact]":
        from litemem.extraction import facts as extraction
        from litemem.extraction import topics

        context = self._store.messages(
            turn.scope, limit=extraction.CONTEXT_MESSAGES, before=turn.message_pks[0]
        )
        found = [
            fact
            for subject in extraction.subjects(turn.scope, turn.messages)
            for fact in extraction.extract(
                self._llm,
                turn.messages,
                subject=subject,
                context=context,
                instructions=options.instructions,
                today=None if options.said_on is None else date.fromisoformat(options.said_on),
            )
        ]
        wanted = topics.select(
            self._llm, found, includes=options.includes, excludes=options.excludes
        )
        return topics.categorised(self._llm, wanted, options.custom_categories)

    def _drawing(self, records: Sequence[MemoryRecord], options: AddOptions) -> graph.Drawing:
        """Return what facts relate; nothing when no graph is wanted, without the model."""
        if not options.enable_graph or not records:
            return graph.Drawing()
        texts = [record.content for record in records]
        return graph.draw(self._llm, self._embed, texts, records[0].scope)

    def _finish(self, turn: Turn, settling: "Settling", drawing: graph.Drawing) -> list[AddResult]:
        """Settle a turn's facts; nothing is done when another process has done so."""
        from litemem.ingestion.consolidate import UnforeseenError

        while True:
            settling.ponder(self._store)
            with suppress(UnforeseenError), self._store.transaction() as tx:
                if not tx.close_turn(turn, self._now()):
                    return []
                if settling.facts:
                    tx.bind_embedder(self._embedder.identity)
                outcomes = settling.write(tx)
                drawing.write(tx, outcomes)
                tx.note_outcomes(turn, outcomes)
                return outcomes

    def _record(
        self,
        content: str,
        scope: Scope,
        options: AddOptions,
        *,
        message: Message | None = None,
        attributed_to: str | None = None,
        categories: tuple[str, ...] = (),
    ) -> MemoryRecord:
        at = options.at(self._now())
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
            categories=tuple(dict.fromkeys((*options.categories, *categories))),
            created_at=at,
            updated_at=at,
            expires_at=options.expires_at,
            immutable=options.immutable,
        )

    def _embed(self, texts: Sequence[str]) -> list[bytes]:
        return embed(self._embedder, texts)


class _Failures:
    """Goes on after failures, each of which is kept with its turn, and raises the first at last."""

    def __init__(self) -> None:
        self._found: list[Exception] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception):
            self._found.append(error)
        return isinstance(error, Exception)

    def raise_first(self) -> None:
        if self._found:
            raise self._found[0]

"""Turn messages into memories.

Messages are logged as a pending turn before a model is asked, and a turn's memories are committed
in one transaction: no message is lost, and no turn is stored in part.
"""

import copy
import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

from litemem.core import clock
from litemem.core.arguments import AddOptions
from litemem.core.protocols import LLM, Embedder
from litemem.core.scope import Scope
from litemem.core.types import (
    PROCEDURAL,
    ROLE_NAMES,
    AddResult,
    Kept,
    MemoryRecord,
    Message,
    Relation,
    SetAside,
    TextIndex,
    Turn,
    content_hash,
    is_known_role,
    with_canonical_roles,
)
from litemem.errors import (
    EmbedderError,
    LitememError,
    LLMError,
    ModelFileError,
    ValidationError,
    quoted,
)
from litemem.ingestion.claims import ChangedMeanwhileError, Claims
from litemem.ingestion.corrections import find_restated
from litemem.ingestion.forget import Forgetting, listen
from litemem.models.embedding import embed
from litemem.models.indexing import index_memories, index_messages, index_waiting
from litemem.store.protocol import Reading, Store, TurnFilter

if TYPE_CHECKING:
    from litemem.extraction.facts import Fact
    from litemem.ingestion.consolidate import NewFact

POLL_SECONDS = 0.05  # between looks whether another process has finished with the scope
RETRY_WINDOW = 600 * clock.MICROSECONDS  # the same words later than that may mean another day
WAITING = 8  # texts that an add indexes if they wait for it
REMEMBERED_SCOPES = 1_000  # scopes for which the last extracted message is remembered


class Pipeline:
    """Ingests messages into one store, with one embedder and one language model."""

    def __init__(
        self,
        store: Store,
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
        self._retries = RetryGuard(store, claims, now)
        # not at its first use: in a child forked while another thread imports, it would stay locked
        importlib.import_module("litemem.core.text.dates")
        self._may_wait = True  # texts without an index, until none is found

    def store_messages(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> Kept[AddResult]:
        """Store each message verbatim as a memory, all in one transaction; skip system messages."""
        chosen = [i for i, m in enumerate(messages) if m.role != "system" and m.content.strip()]
        skipped = [
            SetAside(m.content, "it is a system message", i, is_clause=True)
            for i, m in enumerate(messages)
            if m.role == "system" and m.content.strip()
        ]
        records = [
            self._record(messages[i].content, scope, options, message=messages[i]) for i in chosen
        ]
        at = options.at(self._now())
        texts = [record.content for record in records]
        vectors, indexes = index_memories(self._embedder, texts, _day(at, options))
        with self._store.write() as tx:
            pks = tx.messages.log(scope, messages, at)
            if records:
                tx.settings.bind_embedder(self._embedder.identity)
                tx.memories.insert(records, vectors, [[pks[i]] for i in chosen], indexes)
        self._index_waiting()
        return Kept(map(AddResult, records), skipped)

    def ingest(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> Kept[AddResult]:
        """Log a turn and extract its memories; if extraction fails, the turn stays pending.

        Earlier turns of the same scope that were never tried are extracted first. A turn that is
        sent twice is logged once: `RetryGuard`.

        Raises:
            ValidationError: no fact could be extracted, because the roles are unknown.
            LLMError, EmbedderError: extraction or embedding failed; the turn is in the file.
        """
        _check_roles(scope, messages, options)
        with self._store.read() as r:
            is_repeated = self._retries.is_repeated(r, scope, messages, options)
            are_waiting = r.turns.waiting(TurnFilter()) > 0
        if is_repeated and (known := self._retries.reuse(scope, messages, options)):
            return Kept(known)
        turn = self._retries.reclaim(scope, messages, options) if are_waiting else None
        turn = turn or self._log(scope, messages, options, background=False)
        try:
            with self._claims.work(turn):
                self._catch_up(turn)
                results = self._extract(turn)
        except LLMError:  # what an earlier call stored without an embedder is found all the same
            with suppress(EmbedderError):
                self._index_waiting()
            raise
        self._index_waiting()
        return results

    def enqueue(self, scope: Scope, messages: Sequence[Message], options: AddOptions) -> str:
        """Log a turn for the worker to extract; return its event id.

        Raises:
            ValidationError: no fact could be extracted, because the roles are unknown.
        """
        _check_roles(scope, messages, options)
        turn = self._log(scope, messages, options, background=True)
        assert turn.event_id is not None
        return turn.event_id

    def process(self, turn: Turn) -> Kept[AddResult]:
        """Extract the memories of a claimed turn, store them and return the outcomes.

        Raises:
            LLMError, EmbedderError: the turn stays pending and keeps the error's text.
        """
        with self._claims.work(turn):
            return self._extract(turn)

    def process_pending(
        self, progress: Callable[[int, int], None] | None = None
    ) -> list[AddResult]:
        """Process every pending turn, oldest first; a turn that fails does not stop the others.

        Turns of imported conversations come last. `progress` is called with the number of turns
        that are done and the number of all. On return every turn has been tried, by this process or
        by another.

        Raises:
            LLMError, EmbedderError: the first failure, after all turns were tried.
        """
        outcomes: list[AddResult] = []
        failures: list[LitememError] = []
        failed: set[int] = set()
        with self._store.read() as r:
            last = r.turns.last()
            total = r.turns.waiting(TurnFilter(last=last))
        if progress is not None and total:
            progress(0, total)
        while (turn := self._claim_next(TurnFilter(last=last, exclude=failed))) is not None:
            try:
                outcomes += self.process(turn)
            except LitememError as error:
                failed.add(turn.pk)
                failures.append(error)
            if progress is not None:
                left = self._waiting(TurnFilter(last=last, exclude=failed))
                progress(max(total - left, 0), total)
        with suppress(EmbedderError):
            self._index_waiting()
        if failures:
            raise failures[0]
        return outcomes

    def with_llm(self, llm: LLM) -> "Pipeline":
        """Return a copy that uses another language model."""
        other = copy.copy(self)
        other._llm = llm
        return other

    def _log(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions, *, background: bool
    ) -> Turn:
        """Log a pending turn; claim it unless it is for the background worker."""
        identity = self._embedder.identity
        at = options.at(self._now())
        said_on = _day(at, options)  # the day of the messages, not of their extraction
        indexes = self._index(messages, said_on)
        with self._store.write() as tx:
            if any(indexes or ()):
                tx.settings.bind_embedder(identity)
            else:
                tx.settings.check_embedder(identity)
            turn = tx.turns.open(
                scope,
                messages,
                asdict(replace(options, created_at=at, said_on=said_on.isoformat())),
                at,
                indexes=indexes,
                event_id=clock.new_id() if background else None,
                claimant=None if background else self._claims.claimant,
                queued_at=self._now(),
            )
            return turn if background else self._claims.hold(turn)

    def _index(self, messages: Sequence[Message], said_on: date) -> list[TextIndex | None] | None:
        """Return the index of messages, or None if they have to wait for an embedder."""
        with suppress(EmbedderError, ModelFileError):  # extraction raises the same, once logged
            return index_messages(self._embedder, messages, said_on)
        self._may_wait = True
        return None

    def _index_waiting(self) -> None:
        """Index some texts that an older version stored, or that had no embedder."""
        if self._may_wait:
            self._may_wait = index_waiting(self._store, self._embedder, WAITING) > 0

    def _catch_up(self, turn: Turn) -> None:
        """Extract the earlier turns of the scope, or wait for the process that extracts them.

        Not those of imported conversations: there may be thousands.
        """
        before = TurnFilter(
            tries_below=1, kills_below=1, last=turn.pk - 1, scope_of=turn.pk, live_only=True
        )
        while (earlier := self._claim_next(before)) is not None:
            with suppress(LLMError, EmbedderError):  # the error is kept with that turn
                self.process(earlier)

    def _claim_next(self, turns: TurnFilter) -> Turn | None:
        """Claim the next of these turns, waiting for other claims; return None if all are done."""
        while self._waiting(turns):
            turn = self._claims.take(turns)
            if turn is not None:
                return turn
            self._claims.wait(POLL_SECONDS)
        return None

    def _waiting(self, turns: TurnFilter) -> int:
        with self._store.read() as r:
            return r.turns.waiting(turns)

    def _extract(self, turn: Turn) -> Kept[AddResult]:
        options = AddOptions.of(turn.options)
        turn = replace(turn, messages=with_canonical_roles(turn.messages))
        if options.memory_type == PROCEDURAL:
            return Kept(self._extend_run(turn, options))
        from litemem.extraction.facts import readable

        read = readable(turn.messages)
        heard = listen(read)
        mode = "off" if options.imported else options.forget  # it was another program's memory
        extracted = self._facts(replace(turn, messages=heard.messages), options)
        corrected = find_restated(self._store, turn.scope, read)
        facts = [
            fact
            for fact in extracted
            if not any(one.is_said_by(fact.text, fact.messages) for one in corrected)
        ]
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
        sources = [[turn.message_pks[i] for i in fact.messages] for fact in facts]
        for one in corrected:
            if not any(one.is_told_by(fact.text) for fact in facts):
                records.append(self._record(one.text, turn.scope, options, attributed_to="user"))
                sources.append([turn.message_pks[one.message]])
        forgetting = Forgetting(turn, heard, mode, self._now())
        outcomes = self._consolidate(
            turn,
            records,
            sources,
            forgetting,
            (*extracted.set_aside, *read.set_aside),
            with_graph=options.enable_graph,
        )
        self._retries.remember(turn)
        return outcomes

    def _extend_run(self, turn: Turn, options: AddOptions) -> list[AddResult]:
        """Store the summary of an agent's run, or extend it with what is new."""
        from litemem.ingestion.runs import Run

        run = Run(
            self._store,
            turn,
            fresh=self._record("", turn.scope, options, attributed_to="assistant"),
            embedder=self._embedder,
            now=self._now(),
        )
        return run.store_summary(self._llm, options.all_instructions)

    def _facts(self, turn: Turn, options: AddOptions) -> "Kept[Fact]":
        from litemem.extraction import facts as extraction

        with self._store.read() as r:
            context = r.messages.last(
                turn.scope,
                limit=extraction.CONTEXT_MESSAGES,
                before=turn.message_pks[0],
                deleted=False,
            )
        found: list[Fact] = []
        set_aside: list[SetAside] = []
        for subject in extraction.subjects(turn.scope, turn.messages):
            extracted = extraction.extract(
                self._llm,
                turn.messages,
                subject=subject,
                context=with_canonical_roles(context),
                instructions=options.instructions,
                today=_said_on(turn),
            )
            found += extracted
            set_aside += extracted.set_aside
        wanted = extraction.select(
            self._llm, found, includes=options.includes, excludes=options.excludes
        )
        set_aside += (
            SetAside(fact.text, "it is not among the topics of includes and excludes", at)
            for fact in found
            for at in fact.messages[:1]
            if fact not in wanted
        )
        chosen = extraction.categorised(self._llm, wanted, options.custom_categories)
        return Kept(chosen, set_aside)

    def _consolidate(
        self,
        turn: Turn,
        records: Sequence[MemoryRecord],
        sources: Sequence[Sequence[int]],
        forgetting: Forgetting,
        set_aside: Sequence[SetAside],
        *,
        with_graph: bool,
    ) -> Kept[AddResult]:
        """Commit a turn's facts; do nothing if another process has finished the turn."""
        # 30 ms to import; programs that only search or store texts verbatim do without
        from litemem.ingestion.consolidate import Consolidation, NewFact

        texts = [record.content for record in records]
        vectors, indexes = index_memories(self._embedder, texts, _said_on(turn))
        relations, name_vectors = self._relations(records) if with_graph else ({}, {})
        facts = list(map(NewFact, records, vectors, sources, indexes))
        consolidation = Consolidation(self._llm, facts, self._now())
        while True:
            consolidation.judge(self._store)
            forgetting.judge(self._store)
            with suppress(ChangedMeanwhileError), self._store.write() as tx:
                if not tx.turns.finish(turn, self._now()):
                    return Kept()
                if consolidation.facts:
                    tx.settings.bind_embedder(self._embedder.identity)
                forgotten = forgetting.apply(tx)  # before the facts that may replace it
                outcomes = consolidation.apply(tx)
                for outcome in outcomes:
                    if stated := relations.get(outcome.record.content):
                        tx.graph.relate(outcome.record, stated, name_vectors)
                tx.turns.note_results(turn, forgotten + outcomes)
                set_aside = [*set_aside, *_repeated(turn, consolidation.facts, outcomes)]
                noted = [(turn.message_pks[s.message], s) for s in set_aside if not s.is_clause]
                tx.messages.note_set_aside(noted)
                return Kept(forgotten + outcomes, set_aside)

    def _relations(
        self, records: Sequence[MemoryRecord]
    ) -> tuple[dict[str, list[Relation]], dict[str, bytes]]:
        """Return the relations that facts state, by the fact's text, and a vector for each name."""
        if not records:
            return {}, {}
        from litemem.extraction.relations import find  # only a program that keeps a graph needs it

        facts = [record.content for record in records]
        found = find(self._llm, facts, records[0].scope)
        ends = [end for each in found for r in each for end in (r.source, r.destination)]
        names = list(dict.fromkeys(ends))
        vectors = dict(zip(names, embed(self._embedder, names), strict=True))
        return dict(zip(facts, found, strict=True)), vectors

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


class RetryGuard:
    """Recognises a turn that a program sends twice within ten minutes, as after a failure.

    A finished turn is reused without asking a model; a pending one is claimed again.
    """

    def __init__(self, store: Store, claims: Claims, now: Callable[[], int]) -> None:
        self._store = store
        self._claims = claims
        self._now = now
        # by scope, the primary key of the last message that was extracted with default options
        self._last_message: dict[Scope, int] = {}

    def remember(self, turn: Turn) -> None:
        """Remember an extracted turn, the last of its scope."""
        self._last_message.pop(turn.scope, None)
        if _is_default(AddOptions.of(turn.options)):
            self._last_message[turn.scope] = turn.message_pks[-1]
            if len(self._last_message) > REMEMBERED_SCOPES:
                self._last_message.pop(next(iter(self._last_message)), None)

    def is_repeated(
        self, r: Reading, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> bool:
        """Return True if the same turn is finished, the last of its scope, and has memories."""
        return bool(self._memories(r, scope, messages, options))

    def reuse(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> list[AddResult]:
        """Repeat the memories of a turn that `is_repeated`; return an empty list if it is not."""
        with self._store.write() as tx:
            known = self._memories(tx, scope, messages, options)
            if any(r.superseded_by or r.metadata != options.metadata for r in known):
                return []
            for record in known:
                tx.known.repeat(record.id, record)
            return [AddResult(tx.memories.require(record.id), "NONE") for record in known]

    def _memories(
        self, r: Reading, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> list[MemoryRecord]:
        last = self._last_message.get(scope)
        if last is None or not _is_default(options):
            return []
        at = options.at(self._now())
        return r.messages.memories_from(scope, messages, last, at - RETRY_WINDOW, at)

    def reclaim(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> Turn | None:
        """Claim the same turn, sent with the same options, if it is pending; or return None."""
        at = options.at(self._now())

        def is_same(turn: Turn) -> bool:
            then = AddOptions.of(turn.options)
            expected = replace(options, created_at=then.created_at, said_on=then.said_on)
            is_near = then.created_at is not None and at - RETRY_WINDOW <= then.created_at <= at
            return (
                is_near
                and then == expected
                and with_canonical_roles(turn.messages) == tuple(messages)
            )

        with self._store.write() as tx:
            turn = tx.turns.claim_like(self._claims.claimant, scope, is_same)
            return turn and self._claims.hold(turn)


def _check_roles(scope: Scope, messages: Sequence[Message], options: AddOptions) -> None:
    """Refuse a turn that no fact can come from because roles are unknown.

    Raises:
        ValidationError: the message names the known roles.
    """
    said = [message for message in messages if message.content.strip()]
    unknown = [message.role for message in said if not is_known_role(message.role)]
    if not unknown or options.memory_type == PROCEDURAL:  # a run is read with any roles
        return
    from litemem.extraction.facts import subjects

    if not subjects(scope, said):
        names = ", ".join(quoted(role) for role in dict.fromkeys(unknown[:3]))
        raise ValidationError(
            f"no facts can be extracted from messages of an unknown role ({names}): give one of "
            f"the roles {ROLE_NAMES}, or infer=False to store the messages as they are"
        )


def _repeated(
    turn: Turn, facts: "Sequence[NewFact]", outcomes: Sequence[AddResult]
) -> Iterator[SetAside]:
    """Yield the facts that a memory says already."""
    for fact, outcome in zip(facts, outcomes, strict=True):
        if outcome.event == "NONE":
            at = turn.message_pks.index(fact.sources[0])
            known = outcome.record.id
            yield SetAside(fact.record.content, "it repeats a memory", at, memory_id=known)


def _day(at: int, options: AddOptions) -> date:
    """Return the day of messages: here, or where the time that was given for them was written."""
    return date.fromisoformat(options.said_on or clock.day(at))


def _said_on(turn: Turn) -> date | None:
    said_on = AddOptions.of(turn.options).said_on
    return None if said_on is None else date.fromisoformat(said_on)


def _is_default(options: AddOptions) -> bool:
    """Return True if nothing that steers extraction is set."""
    return replace(options, created_at=None, said_on=None, metadata={}) == AddOptions()

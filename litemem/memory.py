"""`Memory`: Mem0's calls, and the care of a file, over one SQLite file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, get_args

from litemem.core import arguments, clock, results
from litemem.core import graph as core_graph
from litemem.core.arguments import UNSET, Category, Messages, Unset, check_flag, check_positive
from litemem.core.config import database_path, read_config
from litemem.core.graph import Existing, Graph
from litemem.core.protocols import LLM, Embedder, Reranker
from litemem.core.scope import Scope
from litemem.core.types import (
    FEEDBACK,
    AddResult,
    Annotations,
    ChatFormat,
    Duration,
    ExportFormat,
    Forget,
    Found,
    Match,
    MemoryRecord,
    Relation,
)
from litemem.errors import ValidationError, quoted
from litemem.ingestion.claims import Claims
from litemem.models.embedding import GuardedLLM, QueryCache, token_counter
from litemem.models.resolve import resolve_embedder, resolve_llm, resolve_reranker
from litemem.models.sharing import SharedModel
from litemem.retrieval import context, profile, search
from litemem.store import SqliteStore
from litemem.store.filters import compile_filter, compile_ids, compile_whole, valid_now
from litemem.store.protocol import BUSY_SECONDS, Conflict, Durability, Progress, Retention

if TYPE_CHECKING:
    from litemem.ingestion.pipeline import Pipeline
    from litemem.ingestion.worker import Worker
    from litemem.store.protocol import EditedText

TOP_K = 20  # Mem0's
BUDGET = 1_000  # tokens of a context
THRESHOLD = 0.0  # Mem0 has 0.1; small embedders give right answers less than that

Result = dict[str, Any]


class Memory:
    """A memory for agents in one file, with Mem0's calls.

    Threads may share it, and programs its file. Use it in a `with` block, or call `close`.

    Args:
        path: the file, created if it does not exist; by default `LITEMEM_DB`, or `memory.db` in the
            user's data folder. `":memory:"` keeps everything in memory.
        embedder: turns texts into vectors: an `Embedder`, a name from `litemem models list`, a
            folder, or "hash"; by default `LITEMEM_EMBEDDER`, or that of `litemem models pull`.
        llm: extracts facts: an `LLM`, a name from `litemem models list`, the path of a GGUF file,
            or the address of a server on this machine, `http://127.0.0.1:11434/v1#qwen3:4b`; by
            default `LITEMEM_LLM`, or that of `litemem models pull`.
        reranker: reorders the results of `search(…, rerank=True)`: a `Reranker`, or the name under
            which another package offers one; there is no default.
        durability: "full" keeps every commit through a power cut. "normal" is faster, and a power
            cut may undo the last commits, each one completely.
        custom_instructions: the default of `prompt` in `add`.
        enable_graph: the default of `enable_graph` in `add`, `search` and `get_all`.
        async_mode: the default of `async_mode` in `add`. If true, turns that an earlier run left
            pending are extracted at once.
        read_only: open a file that exists, also on read-only media. Every call that writes raises
            StoreReadOnlyError, and `search`, `context` and `profile` need the file's embedder. A
            file of an older version is upgraded first, which needs write access.
        busy_timeout: seconds that a write waits for other programs before StoreBusyError.
        unload_after: seconds without a call after which the language model's memory is freed; the
            next call loads it again. By default `LITEMEM_UNLOAD_AFTER`, or it stays until `close`.
            For an `llm` that is given by name or path.
        share_llm: if true, one process of this machine at a time has the language model in memory
            for turns of `async_mode`, of those with this option: it extracts the turns of the
            file's other programs. `close` of an `llm` of your own then only frees its memory: the
            next call loads it again. See `docs/background.md`.
        include_messages: the default of `include_messages` in `search`.
        forget: what `add` does if a user asks it to forget: "apply" deletes the memories that are
            meant, "ask" only returns them as `candidates`, "off" does nothing. See
            `docs/forgetting.md`.
        now: returns the time in microseconds since 1970-01-01 UTC; by default the system's clock.

    Raises:
        EmbedderMismatchError: the file's vectors come from another embedder.
        StoreError: the file cannot be opened. ValidationError: an argument is wrong.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        embedder: Embedder | str | Path | None = None,
        llm: LLM | str | Path | None = None,
        reranker: Reranker | str | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        enable_graph: bool = False,
        async_mode: bool = False,
        read_only: bool = False,
        busy_timeout: float = BUSY_SECONDS,
        unload_after: float | None = None,
        share_llm: bool = False,
        include_messages: bool = True,
        forget: Forget = "apply",
        now: Callable[[], int] | None = None,
    ) -> None:
        self.embedder = resolve_embedder(embedder)
        self.llm = resolve_llm(llm, unload_after=unload_after)
        self.reranker = resolve_reranker(reranker)
        self._instructions = arguments.check_instructions(
            custom_instructions, "custom_instructions"
        )
        self._graph = check_flag(enable_graph, "enable_graph")
        self._async_mode = check_flag(async_mode, "async_mode")
        self._shared = SharedModel() if check_flag(share_llm, "share_llm") else None
        self._read_only = check_flag(read_only, "read_only")
        self._messages = check_flag(include_messages, "include_messages")
        arguments.check_choice(forget, "forget", get_args(Forget))
        self._forget = forget
        self._now = clock.checked(clock.now if now is None else now)
        self.store = SqliteStore(
            database_path(path, create=not read_only),
            durability=durability,
            read_only=read_only,
            busy_timeout=arguments.check_timeout(busy_timeout, "busy_timeout"),
        )
        self._ingestion: tuple[Pipeline, Worker] | None = None  # none while a file is only read
        try:
            self._claims = Claims(self.store, self._now)
            if not read_only:
                self._set_up_ingestion()
                with self.store.read() as r:
                    r.settings.check_embedder(self.embedder.identity)
                if self._async_mode:
                    self._worker.resume()
        except BaseException:
            self.store.close()
            raise

    @classmethod
    def from_config(cls, config_dict: Mapping[str, Any]) -> Self:
        """Open a memory from a dict with the arguments of `Memory`, or with Mem0's sections.

        Raises:
            ValidationError: the dict has an unknown name or a wrong value.
        """
        return cls(**asdict(read_config(config_dict)))

    def add(
        self,
        messages: Messages,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        infer: bool = True,
        memory_type: str | None = None,
        prompt: str | None = None,
        categories: Iterable[str] | None = None,
        timestamp: clock.Time | None = None,
        expires_at: clock.Time | None = None,
        expiration_date: clock.Time | None = None,
        immutable: bool = False,
        includes: str | None = None,
        excludes: str | None = None,
        custom_categories: Sequence[Category] | None = None,
        enable_graph: bool | None = None,
        async_mode: bool | None = None,
        explain: bool = False,
    ) -> Result:
        """Store messages as memories: `{"results": [{"id", "memory", "event"}, …]}`.

        With `infer` the language model extracts facts, and each is compared with the memories of
        exactly this scope. `event` is ADD for a new memory, and NONE for a known one, which counts
        the repetition. It is UPDATE, with `previous_memory`, if a known memory was extended, or if
        the fact contradicts the memories in `supersedes`, which are hidden from then on. DELETE is
        a memory that the user asked to forget; the memories that such a request may mean are
        `candidates` of the result. Without `infer` each message becomes a memory, all in one
        transaction.

        Args:
            messages: a text, a dict with `role` and `content`, or a list of such dicts.
            metadata: a JSON object that every memory of this call gets.
            filters: another way to pass the ids.
            memory_type: "procedural_memory" stores one summary of an agent's run.
            prompt: what extraction should pay attention to in this call.
            timestamp: when the messages were said; by its offset "yesterday" gets its date.
            expires_at, expiration_date: when the memories expire; a date lasts until its end.
            immutable: if true, the memories can be deleted but not changed.
            includes, excludes: the topics that extraction should keep to, or leave out.
            custom_categories: names, or dicts `{name: meaning}`; a memory gets one if it fits.
            enable_graph: also extract and return `relations` between the things that the facts
                name; one more model call for every five facts. See `docs/graph.md`.
            async_mode: extract in a background thread, and return `{"results": [], "event_id",
                "status": "PENDING", "message"}` as soon as the messages are in the file. `event`
                returns the outcome. Has no effect with `infer=False`; see `docs/background.md`.
            explain: if true, the result has what was not kept: in `set_aside` the facts that the
                model wrote, and in `without_facts` what the messages say without a fact, each with
                the `reason`. Has no effect with `async_mode`; `litemem log` shows it.

        Raises:
            ScopeError: no id is given. ValidationError: an argument is wrong.
            LLMError, EmbedderError: a model failed; with `infer` the turn stays pending.
        """
        self.store.check_writable()
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        scope = scope.merged(arguments.check_only_ids(filters)).require("add()")
        checked = arguments.check_messages(messages)
        infer, explain = check_flag(infer, "infer"), check_flag(explain, "explain")
        expiries = [time for time in (expires_at, expiration_date) if time is not None]
        options = arguments.AddOptions(
            metadata=arguments.check_metadata(metadata),
            categories=arguments.check_categories(categories),
            created_at=arguments.check_time(timestamp, "timestamp"),
            said_on=None if timestamp is None else clock.day_of(timestamp),
            expires_at=arguments.check_expiry(expiries),
            memory_type=arguments.check_memory_type(memory_type, scope),
            instructions=arguments.check_instructions(prompt, "prompt") or self._instructions,
            includes=arguments.check_instructions(includes, "includes"),
            excludes=arguments.check_instructions(excludes, "excludes"),
            custom_categories=arguments.check_meanings(custom_categories),
            immutable=check_flag(immutable, "immutable"),
            enable_graph=self._wants_graph(enable_graph),
            forget=self._forget,
        )
        if not infer and memory_type is None:
            added = self._pipeline.store_messages(scope, checked, options)
        elif self._async_mode if async_mode is None else check_flag(async_mode, "async_mode"):
            event_id = self._pipeline.enqueue(scope, checked, options)
            self._worker.start()
            return results.pending_dict(event_id)
        else:
            added = self._pipeline.ingest(scope, checked, options)
        result = self._added_dict(added, inferred=infer)
        result |= results.set_aside_dicts(added.set_aside) if explain else {}
        if options.enable_graph:
            new = (each.record for each in added if each.event in ("ADD", "UPDATE"))
            result["relations"] = results.relation_dicts(self._relations_of(new))
        return result

    def search(
        self,
        query: str,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        top_k: int | None = None,
        limit: int | None = None,
        threshold: float | None = THRESHOLD,
        rerank: bool = False,
        explain: bool = False,
        reference_date: clock.Time | None = None,
        show_expired: bool = False,
        show_superseded: bool = False,
        as_of: clock.Time | None = None,
        include_messages: bool | None = None,
        enable_graph: bool | None = None,
    ) -> Result:
        """Find the memories that answer a query: `{"results": [{"id", "memory", "score", …}, …]}`.

        Best first. Scores go from 0 to 1, and do not depend on the other results. Messages count as
        well: a memory is as good as the best message that it came from, and a message without
        memories is a result with `memory_type: "message"`. `sources` has the messages of a memory.
        Memories that cannot be read are left out; then the result has their ids, as `damaged`.

        Args:
            filters: conditions on ids, metadata, categories and times; see `docs/filters.md`.
            top_k: how many results at most; 20 by default. `limit` is the same.
            threshold: the lowest score that is returned.
            rerank: if true, order the results by the `rerank_score` of the reranker, if any.
            explain: if true, each result has `score_details`; see `docs/reference/scores.md`.
            reference_date: the day from which "yesterday" in the query is counted; by default the
                day of `as_of`, or today. If given, a month without a year is the latest one before
                this day; otherwise that month of any year.
            show_expired, show_superseded: if true, also return expired or superseded memories.
            as_of: search the memories that were valid at that time, instead of now.
            include_messages: if false, search the texts of memories only.
            enable_graph: also return at most `top_k` `relations`, of the things that the query
                names or means, and of the memories that were found.

        Raises:
            ScopeError: no id bounds the search. FilterError, ValidationError: an argument is wrong.
            EmbedderError: the query could not be embedded. RerankerError: the reranker failed.
        """
        arguments.check_text(query, "query")
        wanted = arguments.check_top_k(top_k, limit, TOP_K)
        least = arguments.check_threshold(threshold)
        explained = least if check_flag(explain, "explain") else None
        valid_at = arguments.check_time(as_of, "as_of")
        options = search.SearchOptions(
            top_k=wanted,
            threshold=least,
            now=self._now() if valid_at is None else valid_at,
            reference=arguments.check_day(reference_date, "reference_date"),
            reranker=self.reranker if check_flag(rerank, "rerank") else None,
            include_messages=self._wants_messages(include_messages),
        )
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition = valid_now(
            compile_filter(filters, scope),
            self._now(),
            expired=check_flag(show_expired, "show_expired"),
            superseded=check_flag(show_superseded, "show_superseded"),
            as_of=valid_at,
        )
        with_graph = self._wants_graph(enable_graph)
        if self._read_only:  # otherwise checked when the file was opened
            with self.store.read() as r:
                r.settings.check_embedder(self.embedder.identity)
        embedder = QueryCache(self.embedder) if with_graph else self.embedder
        matches = search.search(self.store, embedder, query, condition, options)
        result: Result = {"results": self._match_dicts(matches, query, explained)}
        if with_graph:
            bound = compile_ids(filters, scope)
            relations = search.search_relations(
                self.store, embedder, query, matches, condition=condition, bound=bound, limit=wanted
            )
            result["relations"] = results.relation_dicts(relations)
            return results.with_damaged(result, matches, relations)
        return results.with_damaged(result, matches)

    def context(
        self,
        query: str,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        budget: int = BUDGET,
        count_tokens: Callable[[str], int] | None = None,
        format: context.Layout = "text",  # noqa: A002 - the usual name
        threshold: float | None = THRESHOLD,
        reference_date: clock.Time | None = None,
        as_of: clock.Time | None = None,
        include_messages: bool | None = None,
        why: bool = False,
    ) -> Any:
        """Return what a prompt should hold of the memories that bear on a query, as text.

        First come facts, then quotes, each part in order of time. A line has its day, and a quote
        its speaker. Repetitions are left out: of like ones the newest stays, and a fact instead
        of the sentence that it came from. The same call gives the same text; no
        language model is asked. See `docs/context.md`.

        Args:
            query: what the prompt is about. If it is blank, the newest memories are taken, with
                the messages that they came from.
            budget: the most tokens of the text. If nothing fits, the text is empty.
            count_tokens: returns the number of tokens of a text, by your own model's tokenizer. By
                default the embedder counts, or if it cannot, 4 ASCII characters or one other
                character count as a token. Each line is counted once.
            format: "text", or "messages" for a list of dicts with `role` and `content`: the facts
                in a system message, then each quote as a message of the user or the assistant.
            threshold: the lowest score of a memory.
            reference_date, as_of, include_messages: as in `search`.
            why: if true, return a dict with the `text` or the `messages`, the number of `tokens`,
                the `results` in it, and `left_out`: the others, each with the `reason`. `damaged`
                has the ids of those that cannot be read, as in `search`.

        Raises:
            ScopeError: no id bounds the search. FilterError, ValidationError: an argument is wrong,
            or `count_tokens` failed. EmbedderError: the embedder failed.
        """
        asked = arguments.check_query(query)
        most = arguments.check_budget(budget)
        arguments.check_choice(format, "format", get_args(context.Layout))
        count = token_counter(count_tokens, self.embedder)
        explained = check_flag(why, "why")
        least = max(arguments.check_threshold(threshold), context.LEAST)
        arguments.check_day(reference_date, "reference_date")
        said = self._wants_messages(include_messages)
        bounds: dict[str, Any] = {
            "user_id": user_id,
            "agent_id": agent_id,
            "app_id": app_id,
            "run_id": run_id,
            "filters": filters,
            "top_k": context.wanted_results(most),
            "as_of": as_of,
            "enable_graph": False,
        }
        if asked:
            bounds |= {"threshold": least, "reference_date": reference_date}
            found = self.search(asked, include_messages=said, **bounds)
        else:
            found = self.get_all(**bounds)
        facts = [result["id"] for result in found["results"] if result.get("role") is None]
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        valid_at = arguments.check_time(as_of, "as_of")
        condition = valid_now(compile_filter(filters, scope), self._now(), as_of=valid_at)
        with self.store.read() as r:
            sources = r.messages.sources_of(facts if said else (), quoted=True)
            ids = [result["id"] for result in found["results"]]
            doubts = r.conflicts.select(condition, memory_ids=ids)
        lines = context.lines_of(found["results"], sources, doubts)
        chosen = context.choose(lines, asked, budget=most, count=count, layout=format)
        if not explained:
            return chosen.shown(format)
        unread = Found[Any](damaged=found.get("damaged", ()))
        return results.with_damaged(chosen.explained(format), unread, doubts)

    def profile(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        max_lines: int = profile.LINES,
        count_tokens: Callable[[str], int] | None = None,
    ) -> Result:
        """Return what holds of a user now, by group, as lines for a prompt.

        `{"text", "groups": {"identity": [memory, …], …}, "tokens"}`. The groups are identity,
        people, preferences, health, work, plans, answers (how to answer) and other; a group without
        a memory is left out. Each line has one memory. Health comes before all, then the other
        groups take turns: first name, age, home and job, then what is pinned (`{"pinned": True}` in
        the metadata), is immutable, has good feedback, was said most often, or is newest. Words
        decide, no language model. See `docs/profile.md`.

        Args:
            max_lines: the most memories, and lines of the text.
            count_tokens: counts the `tokens` of the text, as in `context`.

        Raises:
            ScopeError: no id bounds the call. FilterError, ValidationError: an argument is wrong,
            or `count_tokens` failed. EmbedderError: the embedder failed.
        """
        most = arguments.check_budget(max_lines, "max_lines")
        count = token_counter(count_tokens, self.embedder)
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        now = self._now()
        condition = valid_now(compile_filter(filters, scope), now)
        with self.store.read() as r:
            records = r.memories.select(condition, limit=profile.CONSIDERED)
            ids = [record.id for record in records]
            notes = r.memories.annotations(ids)
            chosen = profile.choose(
                records,
                standings=r.memories.standings(ids),
                mentions=notes.days,
                doubts=r.conflicts.select(condition),
                name=scope.user_id or scope.agent_id or "",
                of_agent=scope.is_agent_only,
                now=now,
                max_lines=most,
            )
        groups = {
            group: results.memory_dicts(found, notes) for group, found in chosen.groups.items()
        }
        text = chosen.text
        result = {"text": text, "groups": groups, "tokens": count(text) if text else 0}
        return results.with_damaged(result, records)

    def get(self, memory_id: str) -> Result | None:
        """Return one memory, or one message that can be found; None for an unknown id.

        Raises:
            CorruptError: the memory is damaged, or another tool changed its text.
        """
        with self.store.read() as r:
            record = r.memories.get(arguments.check_text(memory_id, "memory_id"))
            record = record or r.messages.get(memory_id)
            notes = r.memories.annotations([memory_id])
        if record is None:
            return None
        (shown,) = results.memory_dicts([record], notes)
        return shown | {"score": None}

    def get_all(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        top_k: int | None = None,
        limit: int | None = None,
        show_expired: bool = False,
        show_superseded: bool = False,
        as_of: clock.Time | None = None,
        include_messages: bool = False,
        enable_graph: bool | None = None,
    ) -> Result:
        """Return the memories of a scope, newest first: `{"results": [{"id", "memory", …}, …]}`.

        With `include_messages` also the messages, except those that a memory repeats to the letter.

        Arguments and errors are those of `search`; with `enable_graph` the result also has the
        `relations` that come from these memories.
        """
        wanted = arguments.check_top_k(top_k, limit, TOP_K)
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition = valid_now(
            compile_filter(filters, scope),
            self._now(),
            expired=check_flag(show_expired, "show_expired"),
            superseded=check_flag(show_superseded, "show_superseded"),
            as_of=arguments.check_time(as_of, "as_of"),
        )
        with self.store.read() as r:
            records = search.newest(
                r, condition, wanted, messages=check_flag(include_messages, "include_messages")
            )
            ids = [record.id for record in records]
            notes = r.memories.annotations(ids)
        result: Result = {"results": results.memory_dicts(records, notes)}
        if self._wants_graph(enable_graph):
            relations = self._relations_of(records)
            result["relations"] = results.relation_dicts(relations)
            return results.with_damaged(result, records, relations)
        return results.with_damaged(result, records)

    def conflicts(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Result:
        """Return the pairs of memories that may contradict each other, newest pair first.

        `{"results": [{"id", "memories": [older, newer], "created_at"}, …]}`, with memories as in
        `get_all`. Both are valid now, and match the ids and the filter. A pair is noted when a fact
        is added and it is unclear whether it contradicts a known one: both stay. It is open until
        `settle`, or until one of them is superseded, deleted or gets another text.

        Raises:
            ScopeError: no id bounds the call. FilterError: the filter is wrong.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition = valid_now(compile_filter(filters, scope), self._now())
        with self.store.read() as r:
            pairs = r.conflicts.select(condition)
            ids = [memory.id for pair in pairs for memory in pair.memories]
            notes = r.memories.annotations(ids)
        shown = [results.conflict_dict(pair, notes) for pair in pairs]
        return results.with_damaged({"results": shown}, pairs)

    def settle(self, conflict_id: str, *, keep: str) -> Result:
        """Settle an open conflict: `{"id", "superseded": [ids]}`.

        The memory that is not kept is superseded by the other: it is hidden from the time at which
        the kept one began, and `history` has the event.

        Args:
            keep: the id of the memory that holds, "older" or "newer"; or "both", which closes the
                conflict for good.

        Raises:
            MemoryNotFoundError: no open conflict has this id.
            ImmutableError: the other memory was stored as immutable.
            ValidationError: `keep` is wrong.
        """
        self.store.check_writable()
        checked = arguments.check_text(conflict_id, "conflict_id")
        kept = arguments.check_text(keep, "keep")
        from litemem.ingestion import edits  # what only a change needs is imported by it

        ended = edits.settle(self.store, checked, kept, self._now())
        return {"id": conflict_id, "superseded": [record.id for record in ended]}

    def relate(
        self,
        entities: Sequence[str | Mapping[str, Any]] | None = None,
        relations: Sequence[Mapping[str, str]] | None = None,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        existing: Existing = "extend",
    ) -> Result:
        """Add entities, observations and relations without a model: `{"results": [{"id", …}, …]}`.

        Each becomes a memory, all in one transaction: it is searched, exported and erased as
        others are. `event` is ADD for a new memory, and NONE for a known one. The result also has
        the new `entities` and `relations`, as `graph` returns them. See `docs/graph.md`.

        Args:
            entities: names, or dicts with `name`, `type` and a list of `observations`.
            relations: dicts with `source`, `relationship` and `destination`.
            existing: what becomes of entities that are known. "extend" adds what is new of them.
                "skip" passes over them. "require" only adds observations, and no entity.

        Raises:
            ScopeError: no id is given. ValidationError: an argument is wrong, or nothing is given.
            MemoryNotFoundError: an entity is not known, with "require".
            EmbedderError: a text could not be embedded.
        """
        self.store.check_writable()
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        scope.require("relate()")
        arguments.check_choice(existing, "existing", get_args(Existing))
        now = self._now()
        from litemem.ingestion import graph as graph_edits

        added = graph_edits.relate(
            self.store,
            self.embedder,
            scope,
            core_graph.check_entities(entities),
            core_graph.check_relations(relations),
            condition=valid_now(compile_filter(None, scope), now),
            existing=existing,
            at=now,
        )
        new = Graph.of(each.record for each in added if each.event == "ADD")
        return self._added_dict(added, inferred=True) | results.graph_dict(new)

    def unrelate(
        self,
        entities: Sequence[str] | None = None,
        observations: Sequence[Mapping[str, Any]] | None = None,
        relations: Sequence[Mapping[str, str]] | None = None,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
    ) -> Result:
        """Delete entities, observations and relations: `{"results": [{"id", "memory", "event"}]}`.

        All in one transaction. What does not exist is ignored. `history` still returns the events
        of the deleted memories. A memory from which a relation was extracted is deleted with it.

        Args:
            entities: names; their observations and relations go with them.
            observations: dicts with the `name` of an entity and a list of `observations`.
            relations: dicts with `source`, `relationship` and `destination`.

        Raises:
            ScopeError: no id is given. ValidationError: an argument is wrong.
        """
        self.store.check_writable()
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        scope.require("unrelate()")
        now = self._now()
        from litemem.ingestion import graph as graph_edits

        deleted = graph_edits.unrelate(
            self.store,
            core_graph.check_names(entities, "entities"),
            core_graph.check_entities(observations, "observations"),
            core_graph.check_relations(relations),
            condition=valid_now(compile_filter(None, scope), now),
            at=now,
        )
        return self._added_dict(deleted, inferred=True)

    def graph(
        self,
        query: str | None = None,
        *,
        names: Sequence[str] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Result:
        """Return the graph of a scope, oldest first: `{"entities": […], "relations": […]}`.

        An entity has its `name`, `type` and `observations`, a relation its `source`,
        `relationship` and `destination`. It is what `relate` has added, and the relations that
        were extracted with `enable_graph`; their facts are observations of the source.

        Args:
            query: only entities with this text in the name, type or an observation, in any case.
            names: only these entities. With either, only relations that have such
                an entity at an end.

        Raises:
            ScopeError: no id bounds the call. FilterError, ValidationError: an argument is wrong.
        """
        wanted = None if query is None else arguments.check_query(query).casefold()
        chosen = None if names is None else frozenset(core_graph.check_names(names, "names"))
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition = valid_now(compile_filter(filters, scope), self._now())
        with self.store.read() as r:
            stated, extracted = r.graph.statements(condition), r.graph.extracted(condition)
        found = Graph.of(stated, extracted)
        if wanted is not None or chosen is not None:
            found = found.part(
                lambda node: (
                    (chosen is None or node.name in chosen)
                    and (wanted is None or node.has_text(wanted))
                )
            )
        return results.with_damaged(results.graph_dict(found), stated, extracted)

    def history(self, memory_id: str) -> list[Result]:
        """Return the events of a memory, oldest first; an empty list for an unknown id."""
        with self.store.read() as r:
            entries = r.memories.history(arguments.check_text(memory_id, "memory_id"))
            is_message = all(entry.event == "DELETE" for entry in entries) and (
                bool(entries) or r.messages.get(memory_id) is not None
            )
            logged = r.messages.logged_for(memory_id) if is_message else []
        for each in logged:  # a DELETE of a message leaves the text to the log
            entries = [replace(entry, old_memory=each.said.content) for entry in entries]
        said = [results.said_dict(memory_id, each.said) for each in logged]
        return said + [results.history_dict(entry) for entry in entries]

    def update(
        self,
        memory_id: str,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        expiration_date: clock.Time | Unset | None = UNSET,
        data: str | None = None,
        *,
        categories: Iterable[str] | None = None,
        timestamp: clock.Time | None = None,
        expires_at: clock.Time | Unset | None = UNSET,
    ) -> Result:
        """Change a memory: `{"message"}`.

        Args:
            text, data: the new text.
            metadata: merged into the metadata of the memory.
            expires_at, expiration_date: the new expiry; None removes it.
            categories, timestamp: replace those of the memory.

        Raises:
            MemoryNotFoundError: no memory has this id.
            ImmutableError: the memory was stored as immutable.
            ValidationError: there is nothing to change, or an argument is wrong.
        """
        self.store.check_writable()
        from litemem.ingestion import edits

        change = edits.check_change(
            memory_id,
            text=arguments.either("text", text, "data", data),
            metadata=metadata,
            categories=categories,
            timestamp=timestamp,
            expiries=[t for t in (expires_at, expiration_date) if not isinstance(t, Unset)],
        )
        edits.apply(self.store, self.embedder, [change], self._now())
        return {"message": "Memory updated successfully!"}

    def delete(self, memory_id: str) -> Result:
        """Delete a memory, or a message that is found; `history` still returns its events.

        Messages are deleted from the results only. `erase` and `cleanup` remove them from the file.

        Raises:
            MemoryNotFoundError: no memory has this id.
        """
        from litemem.ingestion import edits

        edits.delete(self.store, [arguments.check_text(memory_id, "memory_id")], self._now())
        return {"message": "Memory deleted successfully!"}

    def supersede(self, memory_id: str, *, by: str) -> Result:
        """End a memory in favour of another one: `{"id", "superseded_by", "valid_to"}`.

        Both stay. The ended one is hidden from the time at which the other began, and `history` has
        the event.

        Args:
            by: the id of the memory that holds now, of exactly the same scope.

        Raises:
            MemoryNotFoundError: one of the memories does not exist.
            ImmutableError: the memory was stored as immutable.
            ValidationError: one of them is superseded already, or they differ in scope.
        """
        self.store.check_writable()
        checked = arguments.check_text(memory_id, "memory_id")
        successor = arguments.check_text(by, "by")
        from litemem.ingestion import edits

        ended = edits.supersede(self.store, checked, successor, self._now())
        assert ended.valid_to is not None, "it was superseded"
        return {
            "id": ended.id,
            "superseded_by": ended.superseded_by,
            "valid_to": clock.to_iso(ended.valid_to),
        }

    def undo(self, memory_id: str) -> Result:
        """Take back the last change of a memory that its history has: `{"id", "undone"}`.

        `undone` is UPDATE if the text and the other fields are the previous ones again, SUPERSEDE
        if the memory is valid again, or DELETE if it is back with all that it had. `history` keeps
        the event and gets another one, so a second `undo` of a change takes back the first. Of
        what versions before schema 9 changed, only the text is known; a memory that they deleted
        comes back with its text, scope, time and messages.

        Raises:
            MemoryNotFoundError: no memory has this id, and no history of a deleted one.
            ImmutableError: the memory was stored as immutable.
            ValidationError: the last event is an ADD, or a change that the history does not know.
            EmbedderError: the text could not be embedded.
        """
        self.store.check_writable()
        checked = arguments.check_text(memory_id, "memory_id")
        from litemem.ingestion import edits

        return {
            "id": checked,
            "undone": edits.undo(self.store, self.embedder, checked, self._now()),
        }

    def feedback(
        self,
        memory_id: str,
        feedback: str | None = None,
        feedback_reason: str | None = None,
    ) -> Result:
        """Rate a memory POSITIVE, NEGATIVE or VERY_NEGATIVE; None removes the rating.

        A new rating replaces the old one. A rating is deleted with its memory. `profile` prefers
        memories with a good one.

        Raises:
            MemoryNotFoundError: no memory has this id.
            ValidationError: the rating is unknown.
        """
        rating = None if feedback is None else arguments.check_text(feedback, "feedback").upper()
        if rating is not None and rating not in FEEDBACK:
            raise ValidationError(
                f"feedback must be {', '.join(FEEDBACK)} or None, got {quoted(feedback)}"
            )
        reason = arguments.check_instructions(feedback_reason, "feedback_reason")
        with self.store.write() as tx:
            tx.memories.set_feedback(
                arguments.check_text(memory_id, "memory_id"), rating, reason, self._now()
            )
        return {"id": memory_id, "feedback": rating, "feedback_reason": reason}

    def delete_all(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Result:
        """Delete every memory of a scope, also expired and superseded ones, and every message.

        Up to 1,000 are deleted in one transaction, more in several.
        Ids alone also drop the pending turns of the scope. A filter on anything else deletes the
        memories that match, and no pending turn.

        Raises:
            ScopeError: no id is given. FilterError: the filter is wrong.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition, whole = compile_filter(filters, scope), compile_whole(filters, scope)
        from litemem.maintenance import cleanup

        cleanup.delete_all(self.store, condition, whole, self._now())
        return {"message": "Memories deleted successfully!"}

    def process_pending(self, *, progress: Progress | None = None) -> Result:
        """Extract every pending turn, oldest first, also failed ones; programs share the work.

        Turns of imported conversations come last. `progress` is called after each turn, with the
        number of turns that are done and of all.

        Raises:
            LLMError, EmbedderError: a model failed again on a turn; the others are done.
        """
        self.store.check_writable()
        added = self._pipeline.process_pending(progress)
        return self._added_dict(added, inferred=True)

    def event(self, event_id: str) -> Result | None:
        """Return the outcome of an `add` in the background, or None for an unknown id.

        `{"id", "status", "results", "error", "created_at", "completed_at"}`. The status is PENDING,
        RUNNING, SUCCEEDED, or FAILED after three attempts; then only `process_pending` tries again.
        `error` is the last failure, `results` the existing memories. 10,000 successes are kept.
        """
        with self.store.read() as r:
            event = r.turns.event(arguments.check_text(event_id, "event_id"))
        return None if event is None else results.turn_event_dict(event)

    def flush(self, timeout: float | None = None) -> Result:
        """Wait until every pending turn is extracted, here or by another program: `{"failed": n}`.

        `failed` counts the turns that only `process_pending` tries again. `timeout` is in seconds.

        Raises:
            FlushTimeoutError (also TimeoutError): the timeout has passed; the work goes on.
        """
        self.store.check_writable()
        return {"failed": self._worker.flush(arguments.check_seconds(timeout, "timeout"))}

    def erase(
        self,
        memory_id: str | Sequence[str] | None = None,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Delete memories with their history, messages and relations, and overwrite their bytes.

        Give an id, a list of ids (also of deleted memories), or a scope. Ids of a scope alone erase
        everything in it, also pending turns; a filter on anything else erases the memories that
        match. A memory's messages are erased too, even if another memory came from them. Backups
        stay as is; `copies` names those in the file's folder.

        Returns `{"erased": {kind: number}, "dry_run", "gone", "bytes", "advice", "copies"}`. `gone`
        is False if an erased text is still found: the same text in another memory of the scope, or
        old bytes that another program reads. Follow `advice` then. `dry_run` changes nothing.

        Raises:
            ScopeError: neither a memory nor a scope is given. FilterError: the filter is wrong.
            MemoryNotFoundError: neither a memory nor a history has one of the ids.
            ValidationError: an argument is wrong.
        """
        check_flag(dry_run, "dry_run")
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        from litemem.maintenance import cleanup

        plan = cleanup.plan_erasure(memory_id, scope, filters)
        return cleanup.erase(self.store, plan, dry_run=dry_run)

    def cleanup(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        expired: bool = False,
        superseded_older_than: Duration | None = None,
        matching: bool = False,
        older_than: Duration | None = None,
        keep_last: int | None = None,
        duplicates: bool = False,
        messages_older_than: Duration | None = None,
        history_older_than: Duration | None = None,
        orphans: bool = False,
        vacuum: bool = False,
        dry_run: bool = False,
    ) -> Result:
        """Delete expired, superseded or old data of a scope.

        Up to 1,000 rows of each kind are deleted in one transaction, more in several.

        Returns `{"removed": {kind: number}, "dry_run", "bytes", "advice"}`; `bytes` has the size of
        the file `before` and `after` a vacuum. `history` keeps the events of the memories. A
        duration is a timedelta or a text such as "90d", with s, m, h, d, w or y.

        Args:
            expired: delete expired memories.
            older_than, superseded_older_than: delete memories made, or superseded, before this age.
            matching: delete every memory that matches `filters`.
            keep_last: keep the newest memories, this many in each exact combination of ids; expired
                and superseded ones are deleted first.
            duplicates: keep the oldest of equal texts in exactly the same scope, which counts
                them.
            messages_older_than: delete messages before this age, except those of pending turns.
            history_older_than: delete the history of memories without an event for this long.
            orphans: delete messages of scopes without a memory and a message that can be found, and
                sources, feedback, outcomes, names and relations of memories that do not exist.
            vacuum: rewrite the file afterwards, so that it shrinks; alone it needs no scope.
            dry_run: if true, count and change nothing.

        Raises:
            ScopeError: no id is given. FilterError: the filter is wrong.
            ValidationError: there is nothing to clean up, or an argument is wrong.
        """
        from litemem.maintenance import cleanup

        now, vacuum = self._now(), check_flag(vacuum, "vacuum")
        retention = Retention(
            expired=check_flag(expired, "expired"),
            superseded=cleanup.age_limit(superseded_older_than, "superseded_older_than", now),
            matching=check_flag(matching, "matching"),
            created=cleanup.age_limit(older_than, "older_than", now),
            keep_last=None if keep_last is None else check_positive(keep_last, "keep_last"),
            duplicates=check_flag(duplicates, "duplicates"),
            messages=cleanup.age_limit(messages_older_than, "messages_older_than", now),
            history=cleanup.age_limit(history_older_than, "history_older_than", now),
            orphans=check_flag(orphans, "orphans"),
        )
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        plan = cleanup.plan_cleanup(scope, filters, now=now, retention=retention, vacuum=vacuum)
        dry_run = check_flag(dry_run, "dry_run")
        return cleanup.clean_up(self.store, plan, vacuum=vacuum, dry_run=dry_run)

    def reset(self) -> None:
        """Delete all memories, messages and history from the file."""
        with self.store.write() as tx:
            tx.clear()

    def verify(self, *, full: bool = False, accept_edited: bool = False) -> Result:
        """Check that the file is sound: `{"ok", "checks": [{"check", "problems", …}, …]}`.

        The quick check reads every page and compares counts. With `full`, every index is compared
        with its table, and writers wait; `edited` has the texts that another tool changed, with the
        old ones and the messages that they came from. `litemem verify --fix` repairs.

        Args:
            accept_edited: make these texts the memories' own: they are embedded again, and get an
                UPDATE in the history. The result has them as `accepted`, and is a full check.

        Raises:
            StoreError: the file cannot be read, or another program writes for too long.
            EmbedderError: a text could not be embedded.
        """
        full, accepts = check_flag(full, "full"), check_flag(accept_edited, "accept_edited")
        from litemem.maintenance import integrity

        accepted: Sequence[EditedText] = ()
        if accepts:
            self.store.check_writable()
            accepted = integrity.accept_edited(self.store, self.embedder, self._now())
        results = integrity.verify(self.store, full=full or accepts)
        return integrity.report(results, accepted)

    def backup(self, target: str | Path, *, keep: int | None = None) -> Path:
        """Copy the file as of this moment, while others use it; return the path of the copy.

        `litemem.restore` puts a copy back.

        Args:
            target: a file, or a folder, where the backup is named after the file and the time.
            keep: how many backups of this file stay in the folder, which is created if necessary.

        Raises:
            ValidationError: `keep` is wrong. StoreError: the target cannot be written.
        """
        from litemem.maintenance import backup

        return backup.backup(self.store, target, keep=keep)

    def reindex(
        self, embedder: Embedder | str | Path | None = None, *, progress: Progress | None = None
    ) -> Result:
        """Embed every memory again, then use the new vectors: `{"embedded": n}`.

        Others may use the file with its old embedder until the last transaction switches to the new
        one. After an interruption the same call continues. Run one reindex of a file at a time.

        Args:
            embedder: the new embedder, as for `Memory`. By default the present one.
            progress: called with the number of memories embedded so far and the total.

        Raises:
            EmbedderError: a text could not be embedded. StoreError: the file cannot be written.
        """
        from litemem.maintenance import reindex

        self.store.check_writable()
        chosen = self.embedder if embedder is None else resolve_embedder(embedder)
        embedded = reindex.reindex(self.store, chosen, progress=progress)
        if chosen is not self.embedder:
            was_running = self._worker.is_running
            self._worker.close()
            self.embedder.close()
            self.embedder = chosen
            self._set_up_ingestion()
            if was_running:
                self._worker.resume()
        return {"embedded": embedded}

    def export(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        vectors: bool = False,
    ) -> Iterator[str]:
        """Return an iterator over the lines that `export_file` writes, each with its newline.

        The lines are JSON objects, the header first, and show one moment of the file, even if
        others write while they are read. Lines of the kind "damaged" name the rows that cannot be
        read and are left out. Arguments and errors are those of `export_file`.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition = compile_filter(filters, scope) if scope or filters is not None else None
        from litemem.transfer import export

        return export.lines(self.store, condition, vectors=check_flag(vectors, "vectors"))

    def export_file(
        self,
        target: str | Path,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        format: ExportFormat = "jsonl",  # noqa: A002 - the usual name
        vectors: bool = False,
        force: bool = False,
    ) -> Result:
        """Write memories into a new file; return the number of lines of each kind.

        Without ids and filters it is the whole file: memories with history, messages, pending turns
        and the graph. With them, the memories and messages that match, also expired and superseded
        ones, and all that belongs to them. `docs/export.md` describes the lines. Rows that cannot
        be read are left out; then the result names them, as `damaged`.

        Args:
            format: "jsonl" is lossless, and `import_file` reads it; "markdown" is for people, and
                "html" is a page of all that belongs to the memories, without scripts;
                "server-memory" is the graph of a scope, for the reference memory server of MCP and
                `import_graph`.
            vectors: if true, write the vectors too; an import then need not embed.
            force: if true, replace a file that exists.

        Raises:
            StoreError: the target exists or cannot be written.
            ScopeError, FilterError, ValidationError: an argument is wrong.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        from litemem.transfer import export

        return export.export_file(
            self.store,
            target,
            compile_filter(filters, scope) if scope or filters is not None else None,
            format=format,
            vectors=check_flag(vectors, "vectors"),
            force=check_flag(force, "force"),
        )

    def import_file(
        self,
        source: str | Path | BinaryIO,
        *,
        on_conflict: Conflict = "error",
        dry_run: bool = False,
        project_settings: bool = False,
        accept_edited: bool = False,
    ) -> Result:
        """Import what `export_file` wrote: `{"added", "skipped", "overwritten", "merged", …}`.

        Everything is checked before anything is written. Texts are embedded unless the export has
        vectors of this embedder. After an interruption the same call with "skip" continues.

        Args:
            on_conflict: if a memory's id exists, "error" imports nothing, "skip" keeps the existing
                memory, "overwrite" replaces it, and "merge" keeps the newer one, with the metadata,
                categories and history of both.
            dry_run: if true, only check, and return what would happen.
            project_settings: if true, adopt what steers later extractions: the project's settings
                and the instructions of pending turns. The result lists both.
            accept_edited: if true, import an export that was changed: every line is checked, but
                neither the SHA-256 nor the counts.

        Raises:
            ValidationError: the source is not an export, is damaged, or has a conflict.
            StoreError: the source cannot be read. EmbedderError: a text could not be embedded.
        """
        self.store.check_writable()
        from litemem.transfer import importer

        imported = importer.import_file(
            self.store,
            self.embedder,
            source,
            on_conflict=on_conflict,
            dry_run=check_flag(dry_run, "dry_run"),
            project_settings=check_flag(project_settings, "project_settings"),
            accept_edited=check_flag(accept_edited, "accept_edited"),
        )
        return asdict(imported)

    def import_graph(
        self,
        source: str | Path | BinaryIO,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Import the file of MCP's reference memory server: `{"entities", "relations", …}`.

        All in one transaction. `added` and `known` are numbers of memories, `left_out` has a
        sentence for each kind of omission. What the scope has already is skipped.

        Args:
            source: a file of JSON Lines (`MEMORY_FILE_PATH`), or a binary stream.
            dry_run: if true, only check and count.

        Raises:
            ScopeError: no id is given. ValidationError: a line is not an entity or a relation.
            StoreError: the source cannot be read. EmbedderError: a text could not be embedded.
        """
        self.store.check_writable()
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        condition = compile_filter(None, scope.require("import_graph()"))
        from litemem.transfer import server_memory

        nodes, relations, left_out = server_memory.read_graph(source)
        now = self._now()
        from litemem.ingestion import graph as graph_edits

        done = graph_edits.relate(
            self.store,
            self.embedder,
            scope,
            nodes,
            relations,
            condition=valid_now(condition, now),
            existing="extend",
            at=now,
            dry_run=check_flag(dry_run, "dry_run"),
        )
        added = sum(each.event == "ADD" for each in done)
        return {
            "entities": len({node.name for node in nodes}),
            "relations": len(set(relations)),
            "added": added,
            "known": len(done) - added,
            "left_out": left_out,
        }

    def import_conversations(
        self,
        source: str | Path | BinaryIO,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        format: ChatFormat = "auto",  # noqa: A002 - the usual name
        infer: bool = True,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Result:
        """Import conversations of another program: `{"conversations", "messages", "known", …}`.

        Each conversation is a run, and each message keeps its time. Messages can be searched at
        once; with `infer` their turns wait for `process_pending`, after all other turns. What the
        file has already is skipped, so the same call continues after an interruption, and takes
        only what is new of a later export. `docs/import.md` describes the formats.

        Args:
            source: a file, a ZIP, a folder, or a binary stream.
            user_id: the user that they belong to; required.
            format: "chatgpt", "claude", "markdown", "jsonl", or "auto", which recognises them.
            dry_run: if true, only read and count.
            progress: called with the bytes that were read so far, and of all.

        Raises:
            ScopeError: there is no user_id. ValidationError: nothing could be read.
            StoreError: the source cannot be read. EmbedderError: a text could not be embedded.
        """
        from litemem.transfer import conversations  # only an import needs zipfile

        self.store.check_writable()
        arguments.check_choice(format, "format", get_args(ChatFormat))
        done = conversations.import_conversations(
            self.store,
            self.embedder,
            source,
            scope=Scope(user_id=user_id, agent_id=agent_id, app_id=app_id),
            format=format,
            infer=check_flag(infer, "infer"),
            dry_run=check_flag(dry_run, "dry_run"),
            now=self._now,
            progress=progress,
        )
        if self._async_mode and done.turns and not dry_run:
            self._worker.start()
        return asdict(done)

    def close(self) -> None:
        """Close the file and free the models; the object cannot be used afterwards.

        Pending turns stay in the file for the next run; call `flush` first to have them extracted.
        """
        if self.store.is_forked:
            return  # thread, locks and file are the parent's
        if self._ingestion is not None:
            self._worker.close()
        try:
            self._claims.close()
        finally:
            self.store.close()
            self.embedder.close()
            self.llm.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _set_up_ingestion(self) -> "tuple[Pipeline, Worker]":
        from litemem.ingestion.pipeline import Pipeline  # the rules of extraction take long
        from litemem.ingestion.worker import Worker

        llm = GuardedLLM(self.llm)
        pipeline = Pipeline(self.store, self._claims, self.embedder, llm, self._now)
        self._ingestion = (
            pipeline,
            Worker(
                self.store, pipeline, self._claims, llm, shared=self._shared, free=self.llm.close
            ),
        )
        return self._ingestion

    @property
    def _pipeline(self) -> "Pipeline":
        return (self._ingestion or self._set_up_ingestion())[0]

    @property
    def _worker(self) -> "Worker":
        return (self._ingestion or self._set_up_ingestion())[1]

    def _added_dict(self, added: Sequence[AddResult], *, inferred: bool) -> Result:
        doubtful = [each.record.id for each in added if each.event == "CANDIDATE"]
        notes = Annotations()
        if doubtful:
            with self.store.read() as r:
                notes = r.memories.annotations(doubtful)
        return results.added_dict(added, inferred=inferred, notes=notes)

    def _match_dicts(
        self, matches: Sequence[Match], query: str, explained: float | None
    ) -> list[Result]:
        ids = [match.record.id for match in matches]
        with self.store.read() as r:
            notes, sources = r.memories.annotations(ids), r.messages.sources_of(ids, quoted=True)
        return results.with_sources(results.match_dicts(matches, notes, explained), sources, query)

    def _wants_messages(self, include_messages: bool | None) -> bool:
        if include_messages is None:
            return self._messages
        return check_flag(include_messages, "include_messages")

    def _wants_graph(self, enable_graph: bool | None) -> bool:
        return self._graph if enable_graph is None else check_flag(enable_graph, "enable_graph")

    def _relations_of(self, records: Iterable[MemoryRecord]) -> Found[Relation]:
        with self.store.read() as r:
            return r.graph.of_memories(record.id for record in records)

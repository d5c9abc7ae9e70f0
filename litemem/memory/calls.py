"""Memory: what a program calls. It brings the parts together and holds no rule of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

from litemem.core import clock
from litemem.core.arguments import (
    Category,
    Messages,
    check_flag,
    check_instructions,
    check_messages,
    check_only_ids,
    check_options,
)
from litemem.core.config import database_path, read_config
from litemem.core.protocols import LLM, Embedder, Reranker
from litemem.core.results import add_result_dict, pending_dict
from litemem.ingestion.claims import Claims
from litemem.ingestion.pipeline import Pipeline
from litemem.ingestion.worker import Worker
from litemem.memory import care, changes, reads, turns
from litemem.memory.face import Result, relations_of, scope_of, wants_graph
from litemem.models.embedding import GuardedLLM
from litemem.models.resolve import resolve_embedder, resolve_llm, resolve_reranker
from litemem.store.sqlite import Durability, SqliteStore


class Memory:
    """A memory in one file, with Mem0's calls. Any thread may call; other programs may share it.

    Args:
        path: the file, made when it is not there; by default `LITEMEM_DB`, or `memory.db` in the
            user's data folder. `":memory:"` keeps it in memory.
        embedder: turns texts into vectors: one, or a name of `litemem models list`, a folder, or
            "hash"; by default `LITEMEM_EMBEDDER`, or the model that `litemem models pull` brings.
        llm: extracts facts: one, or a name of `litemem models list` or a GGUF file's path; by
            default `LITEMEM_LLM`, or the model that `litemem models pull` brings.
        reranker: has the last word on the order of a `search` with `rerank`; there is none.
        durability: "full" survives a power cut with every commit; "normal" is faster and may
            then lose the last ones, each as a whole.
        custom_instructions: what extraction should heed, in every `add` that brings no `prompt`.
        enable_graph: whether `add`, `search` and `get_all` keep and return `relations`, unless a
            call says otherwise; `docs/graph.md`.
        async_mode: whether `add` leaves extraction to the background, unless a call says otherwise;
            then what an earlier run left undone is taken up at once. `docs/background.md`.
        now: the clock, in microseconds since 1970-01-01 UTC.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        StoreError: the file cannot be opened; SchemaError, CorruptError say more.
        ValidationError: an argument is wrong, the path perhaps; no file was made.
    """

    search = reads.search
    get = reads.get
    get_all = reads.get_all
    history = reads.history
    update = changes.update
    delete = changes.delete
    delete_all = changes.delete_all
    erase = changes.erase
    cleanup = changes.cleanup
    reset = changes.reset
    process_pending = turns.process_pending
    event = turns.event
    flush = turns.flush
    verify = care.verify
    backup = care.backup
    export_file = care.export_file
    import_file = care.import_file

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        embedder: Embedder | str | Path | None = None,
        llm: LLM | str | Path | None = None,
        reranker: Reranker | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        enable_graph: bool = False,
        async_mode: bool = False,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self.embedder = resolve_embedder(embedder)
        self.llm = resolve_llm(llm)
        self.reranker = resolve_reranker(reranker)
        self._instructions = check_instructions(custom_instructions, "custom_instructions")
        self._graph = check_flag(enable_graph, "enable_graph")
        self._async_mode = check_flag(async_mode, "async_mode")
        self._now = now = clock.checked(now)
        self.store = SqliteStore(database_path(path), durability=durability)
        try:
            self._claims = Claims(self.store, now)
            llm = GuardedLLM(self.llm)
            self._pipeline = Pipeline(self.store, self._claims, self.embedder, llm, now)
            self._worker = Worker(self.store, self._pipeline, self._claims, llm)
            self.store.check_embedder(self.embedder.identity)
            if self._async_mode:
                self._worker.resume()
        except BaseException:
            self.store.close()
            raise

    @classmethod
    def from_config(cls, config_dict: Mapping[str, Any]) -> Self:
        """Open a memory as a dict says: `Memory`'s own names, or Mem0's sections.

        Raises:
            ValidationError: the dict holds what is not known.
        """
        read = read_config(config_dict)
        return cls(
            read.path,
            embedder=read.embedder,
            llm=read.llm,
            durability=cast(Durability, read.durability),
            custom_instructions=read.custom_instructions,
            enable_graph=read.enable_graph,
            async_mode=read.async_mode,
        )

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
    ) -> Result:
        """Remember what was said: `{"results": [{"id", "memory", "event"}, …]}`.

        With `infer` the language model extracts the facts, and each meets what is known in exactly
        this scope. The event is ADD for a new memory; NONE for one that is known, and is counted;
        UPDATE, with `previous_memory`, when a known one now says more, or when the fact contradicts
        those in `supersedes`, which are hidden from then on. Without `infer` each message is stored
        as it stands, in one transaction.

        Args:
            messages: a text, a dict with `role` and `content`, or a list of them.
            metadata: a JSON object that every memory of this call carries.
            filters: another way to give the ids.
            memory_type: "procedural_memory" stores one summary of an agent's run; needs `agent_id`.
            prompt: what extraction should heed in this call.
            timestamp: when it was said; dates the memories back.
            expires_at: when the memories are no longer found; `expiration_date` is the same, and a
                bare date lasts to the end of its day.
            immutable: the memories may be deleted, but not changed.
            includes, excludes: what extraction should keep to, and what it should leave out.
            custom_categories: names, or dicts of a name and its meaning; each memory that is
                extracted gets the one that fits, if any.
            enable_graph: also find how what the facts name relates, with one more call of the
                model for five facts; the result has `relations` then.
            async_mode: do not wait for extraction: when the messages are in the file, return
                `{"results": [], "event_id", "status": "PENDING", "message"}`; a thread extracts,
                and `event` tells what became of it. Nothing to wait for with `infer=False`.

        Raises:
            ScopeError: no id is given. ValidationError: an argument is wrong.
            LLMError, EmbedderError: a model failed; with `infer` the messages are kept, and
                `process_pending` tries again.
        """
        scope = (
            scope_of(user_id, agent_id, app_id, run_id)
            .merged(check_only_ids(filters))
            .require("add()")
        )
        said = check_messages(messages)
        infer = check_flag(infer, "infer")
        options = check_options(
            scope,
            metadata=metadata,
            categories=categories,
            timestamp=timestamp,
            expiries=(expires_at, expiration_date),
            memory_type=memory_type,
            instructions=check_instructions(prompt, "prompt") or self._instructions,
            includes=includes,
            excludes=excludes,
            custom_categories=custom_categories,
            immutable=immutable,
            enable_graph=wants_graph(self, enable_graph),
        )
        if not infer and memory_type is None:
            outcomes = self._pipeline.store_messages(scope, said, options)
        elif self._async_mode if async_mode is None else check_flag(async_mode, "async_mode"):
            event_id = self._pipeline.enqueue(scope, said, options)
            self._worker.start()
            return pending_dict(event_id)
        else:
            outcomes = self._pipeline.ingest(scope, said, options)
        result: Result = {"results": [add_result_dict(o, inferred=infer) for o in outcomes]}
        if options.enable_graph:
            result["relations"] = relations_of(
                self, (o.record for o in outcomes if o.event != "NONE")
            )
        return result

    def close(self) -> None:
        """Close the file and free the models; the object is of no use afterwards.

        A turn in the background is left after the answer that its model is at; what is not done
        stays in the file, for the next start. `flush` before, to have it done.
        """
        if self.store.is_forked:
            return  # thread, locks and file are the parent's
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

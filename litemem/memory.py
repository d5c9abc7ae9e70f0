"""Memory: what a program calls. It brings the parts together and holds no rule of its own."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, cast

from litemem import clock, editing, searching
from litemem.config import database_path, read_config
from litemem.embedders import FastEmbedEmbedder
from litemem.filters import compile_filter
from litemem.intake import Intake
from litemem.llms import LlamaCppLLM
from litemem.options import check_options
from litemem.protocols import LLM, Embedder
from litemem.results import added_dict, found_dict, history_dict, memory_dict
from litemem.scope import Scope
from litemem.store import Durability, SqliteStore, visible
from litemem.validation import (
    Messages,
    check_instructions,
    check_messages,
    check_only_ids,
    check_text,
    check_threshold,
    check_top_k,
    either,
)

TOP_K = 20  # Mem0's
THRESHOLD = 0.0  # Mem0 has 0.1; small embedders give right answers less than that

Result = dict[str, Any]


class Unset:
    """Stands for an argument that was not given, where None says something."""


UNSET = Unset()


class Memory:
    """A memory in one file, with Mem0's calls. Any thread may call; other programs may share it.

    Args:
        path: the file, made when it is not there; by default `LITEMEM_DB`, or `memory.db` in the
            user's data folder. `":memory:"` keeps it in memory.
        embedder: turns texts into vectors; by default the model that `litemem models` pulls.
        llm: extracts facts; by default the model that `litemem models` pulls.
        durability: "full" survives a power cut with every commit; "normal" is faster and may
            then lose the last ones, each as a whole.
        custom_instructions: what extraction should heed, in every `add` that brings no `prompt`.
        now: the clock, in microseconds since 1970-01-01 UTC.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        StoreError: the file cannot be opened; SchemaError, CorruptError say more.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        embedder: Embedder | None = None,
        llm: LLM | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self.embedder = embedder or FastEmbedEmbedder()
        self.llm = llm or LlamaCppLLM()
        self.store = SqliteStore(database_path(path), durability=durability)
        self._instructions = check_instructions(custom_instructions, "custom_instructions")
        self._now = now
        self._intake = Intake(self.store, self.embedder, self.llm, now)
        try:
            self.store.check_embedder(self.embedder.identity)
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
            embedder=FastEmbedEmbedder(read.embedder),
            llm=LlamaCppLLM(read.llm),
            durability=cast(Durability, read.durability),
            custom_instructions=read.custom_instructions,
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
    ) -> Result:
        """Remember what was said: `{"results": [{"id", "memory", "event"}, …]}`.

        With `infer` the language model extracts the facts; what it finds a second time in the same
        scope is not stored again. Without, each message is stored as it stands, in one transaction.

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

        Raises:
            ScopeError: no id is given. ValidationError: an argument is wrong.
            LLMError, EmbedderError: a model failed; with `infer` the messages are kept, and
                `process_pending` tries again.
        """
        scope = (
            _scope(user_id, agent_id, app_id, run_id)
            .merged(check_only_ids(filters))
            .require("add()")
        )
        said = check_messages(messages)
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
            immutable=immutable,
        )
        if not infer and memory_type is None:
            records = self._intake.store_messages(scope, said, options)
        else:
            records = self._intake.remember(scope, said, options)
        return {"results": [added_dict(r, inferred=infer) for r in records]}

    def process_pending(self) -> Result:
        """Extract from the turns whose extraction failed or was interrupted, oldest first.

        Raises:
            LLMError, EmbedderError: a model failed again on some turn; the others are done.
        """
        records = self._intake.process_pending()
        return {"results": [added_dict(record, inferred=True) for record in records]}

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
        rerank: bool = False,  # noqa: ARG002 - Mem0's; the one order there is is the best known
        show_expired: bool = False,
        show_superseded: bool = False,
    ) -> Result:
        """Find what answers `query` in a scope: `{"results": [{"id", "memory", "score", …}, …]}`.

        Best first; scores go from 0 to 1. `limit` is another `top_k`; `rerank` does nothing.

        Raises:
            ScopeError: no id bounds the search. FilterError, ValidationError: an argument is wrong.
            EmbedderError: the query could not be embedded.
        """
        check_text(query, "query")
        wanted = check_top_k(top_k, limit, TOP_K)
        least = check_threshold(threshold)
        scope = _scope(user_id, agent_id, app_id, run_id)
        condition = visible(
            compile_filter(filters, scope), self._now(), show_expired, show_superseded
        )
        found = searching.search(
            self.store, self.embedder, query, condition, top_k=wanted, threshold=least
        )
        return {"results": [found_dict(f) for f in found]}

    def get(self, memory_id: str) -> Result | None:
        """Return one memory, or None."""
        record = self.store.get(check_text(memory_id, "memory_id"))
        return None if record is None else memory_dict(record) | {"score": None}

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
    ) -> Result:
        """Return a scope's memories, newest first: `{"results": [{"id", "memory", …}, …]}`.

        Raises:
            ScopeError: no id bounds it. FilterError, ValidationError: an argument is wrong.
        """
        wanted = check_top_k(top_k, limit, TOP_K)
        condition = compile_filter(filters, _scope(user_id, agent_id, app_id, run_id))
        shown = visible(condition, self._now(), show_expired, show_superseded)
        return {"results": [memory_dict(r) for r in self.store.select(shown, limit=wanted)]}

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
        """Change a memory; `metadata` is merged into what it has, and `data` is another `text`.

        `timestamp` dates the memory anew. An expiry of None lets it last.

        Raises:
            MemoryNotFoundError: no memory has this id.
            ImmutableError: it was stored to stay as it is.
            ValidationError: nothing is given to change, or an argument is wrong.
        """
        change = editing.check_change(
            memory_id,
            text=either("text", text, "data", data),
            metadata=metadata,
            categories=categories,
            timestamp=timestamp,
            expiries=[t for t in (expires_at, expiration_date) if not isinstance(t, Unset)],
        )
        editing.apply(self.store, self.embedder, [change], self._now())
        return {"message": "Memory updated successfully!"}

    def delete(self, memory_id: str) -> Result:
        """Remove a memory; `history` still tells of it.

        Raises:
            MemoryNotFoundError: no memory has this id.
        """
        editing.delete(self.store, [check_text(memory_id, "memory_id")], self._now())
        return {"message": "Memory deleted successfully!"}

    def delete_all(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        *,
        app_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Result:
        """Remove every memory of a scope, also the expired and superseded, in one transaction.

        Raises:
            ScopeError: no id bounds it. FilterError: the filter is wrong.
        """
        condition = compile_filter(filters, _scope(user_id, agent_id, app_id, run_id))
        with self.store.transaction() as tx:
            tx.delete_where(condition, self._now())
        return {"message": "Memories deleted successfully!"}

    def history(self, memory_id: str) -> list[Result]:
        """Return what happened to a memory, oldest first; nothing for an unknown id."""
        entries = self.store.history(check_text(memory_id, "memory_id"))
        return [history_dict(entry) for entry in entries]

    def reset(self) -> None:
        """Remove everything from the file: memories, messages, history."""
        with self.store.transaction() as tx:
            tx.clear()

    def close(self) -> None:
        """Close the file and free the models; the object is of no use afterwards."""
        self.store.close()
        self.embedder.close()
        self.llm.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _scope(
    user_id: str | None, agent_id: str | None, app_id: str | None, run_id: str | None
) -> Scope:
    return Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)

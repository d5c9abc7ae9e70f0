"""MemoryClient: the hosted service's calls, each one a call of `Memory`."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from litemem.client import batches, entities, events, exports
from litemem.client.face import Result
from litemem.client.hosted_only import hosted_only
from litemem.client.narrowing import narrowed, only
from litemem.client.pages import PageReader, check_page_size
from litemem.client.project import Project
from litemem.core import clock
from litemem.core.arguments import (
    UNSET,
    Category,
    Messages,
    Unset,
    check_flag,
    check_instructions,
    check_only_ids,
    check_top_k,
)
from litemem.core.protocols import LLM, Embedder, Reranker
from litemem.core.results import relation_dict
from litemem.core.scope import Scope
from litemem.memory import THRESHOLD, Memory
from litemem.store.filters import compile_filter
from litemem.store.sqlite import Durability

TOP_K = 10  # the hosted service's


class MemoryClient:
    """The hosted service's client, over a file on this machine; see `docs/reference/client.md`.

    Args:
        api_key, host, org_id, project_id: without meaning here; nothing is sent anywhere.
        path, embedder, llm, reranker, durability, custom_instructions, async_mode, read_only, now:
            as `Memory` takes them.

    Raises:
        EmbedderMismatchError, StoreError: as `Memory`.
    """

    users = entities.users
    delete_users = entities.delete_users
    get_summary = entities.get_summary
    feedback = entities.feedback
    event = events.event
    flush = events.flush
    batch_update = batches.batch_update
    batch_delete = batches.batch_delete
    create_memory_export = exports.create_memory_export
    get_memory_export = exports.get_memory_export

    chat = hosted_only("chat")
    get_webhooks = hosted_only("webhooks")
    create_webhook = hosted_only("webhooks")
    update_webhook = hosted_only("webhooks")
    delete_webhook = hosted_only("webhooks")
    get_profile = hosted_only("profiles")
    generate_profile = hosted_only("profiles")
    get_profile_settings = hosted_only("profiles")
    update_profile_settings = hosted_only("profiles")
    sample_profiles = hosted_only("profiles")
    get_profile_job = hosted_only("profiles")

    def __init__(
        self,
        api_key: str | None = None,
        host: str | None = None,
        *,
        org_id: str | None = None,
        project_id: str | None = None,
        path: str | Path | None = None,
        embedder: Embedder | str | Path | None = None,
        llm: LLM | str | Path | None = None,
        reranker: Reranker | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        async_mode: bool = False,
        read_only: bool = False,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.memory = Memory(
            path,
            embedder=embedder,
            llm=llm,
            reranker=reranker,
            durability=durability,
            custom_instructions=custom_instructions,
            async_mode=async_mode,
            read_only=read_only,
            now=now,
        )
        self.now = self.memory._now  # which checks what it reads
        self.project = Project(self.memory.store)
        self._pages = PageReader(self.memory.store)

    def add(
        self,
        messages: Messages,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        infer: bool = True,
        memory_type: str | None = None,
        timestamp: clock.Time | None = None,
        expiration_date: clock.Time | None = None,
        immutable: bool = False,
        includes: str | None = None,
        excludes: str | None = None,
        custom_instructions: str | None = None,
        agent_custom_instructions: str | None = None,
        custom_categories: Sequence[Category] | None = None,
        version: str | None = None,
        api_version: str | None = None,
        output_format: str | None = None,
        async_mode: bool | None = None,
        enable_graph: bool | None = None,
        force_add_only: bool | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Remember what was said, as `Memory.add`: `{"results": [{"id", "memory", "event"}, …]}`.

        The memories are in the file when it returns; with `async_mode` the messages are. What the
        call brings no instructions for is as the project says, then as the client was made.

        Raises:
            As `Memory.add`.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        scope = scope.merged(check_only_ids(filters))
        is_agents = scope.agent_id is not None and scope.user_id is None
        own = check_instructions(agent_custom_instructions, "agent_custom_instructions")
        prompt = check_instructions(custom_instructions, "custom_instructions")
        return self.memory.add(
            messages,
            user_id=scope.user_id,
            agent_id=scope.agent_id,
            app_id=scope.app_id,
            run_id=scope.run_id,
            metadata=metadata,
            infer=infer,
            memory_type=memory_type,
            prompt=(own if is_agents else None) or prompt or self.project.instructions(scope),
            timestamp=timestamp,
            expiration_date=expiration_date,
            immutable=immutable,
            includes=includes,
            excludes=excludes,
            custom_categories=self.project.categories()
            if custom_categories is None
            else custom_categories,
            enable_graph=enable_graph,
            async_mode=async_mode,
        )

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
        categories: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        fields: Sequence[str] | None = None,
        show_expired: bool = False,
        latest_only: bool = True,
        rerank: bool | None = None,
        keyword_search: bool | None = None,
        filter_memories: bool | None = None,
        explain: bool = False,
        reference_date: clock.Time | None = None,
        version: str | None = None,
        api_version: str | None = None,
        output_format: str | None = None,
        enable_graph: bool | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Find what answers `query`, as `Memory.search`: `{"results": [{"id", "memory", …}, …]}`.

        Only memories with one of `categories`; of each only `fields`, and its id; superseded ones
        where `latest_only` is False. `docs/reference/client.md` has every argument.

        Raises:
            As `Memory.search`.
        """
        found = self.memory.search(
            query,
            user_id=user_id,
            agent_id=agent_id,
            app_id=app_id,
            run_id=run_id,
            filters=narrowed(filters, categories=categories, metadata=metadata),
            top_k=check_top_k(top_k, limit, TOP_K),
            threshold=threshold,
            rerank=rerank is not None and check_flag(rerank, "rerank"),
            explain=explain,
            reference_date=reference_date,
            show_expired=show_expired,
            show_superseded=not check_flag(latest_only, "latest_only"),
            enable_graph=enable_graph,
        )
        return found | {"results": only(found["results"], fields)}

    def get_all(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        page: int = 1,
        page_size: int | None = None,
        top_k: int | None = None,
        limit: int | None = None,
        categories: Sequence[str] | None = None,
        start_date: clock.Time | None = None,
        end_date: clock.Time | None = None,
        fields: Sequence[str] | None = None,
        show_expired: bool = False,
        latest_only: bool = True,
        version: str | None = None,
        api_version: str | None = None,
        output_format: str | None = None,
        enable_graph: bool | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Return a page of memories, newest first: `{"count", "next", "previous", "results"}`.

        A walk from page 1 on meets each memory that is there all the time exactly once, whatever
        others add or delete meanwhile; `next` is None at the end. The rest is as in `search`.

        Raises:
            ScopeError: no id bounds it. FilterError, ValidationError: an argument is wrong.
        """
        wanted = narrowed(filters, categories=categories, start_date=start_date, end_date=end_date)
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        found = self._pages.read(
            compile_filter(wanted, scope),
            page=page,
            page_size=check_page_size(page_size, top_k, limit),
            now=self.now(),
            expired=show_expired,
            superseded=not check_flag(latest_only, "latest_only"),
        )
        if check_flag(enable_graph or False, "enable_graph"):
            told = self.memory.store.relations_of(row["id"] for row in found["results"])
            found["relations"] = [relation_dict(relation) for relation in told]
        return found | {"results": only(found["results"], fields)}

    def get(self, memory_id: str) -> Result | None:
        """Return one memory, or None."""
        return self.memory.get(memory_id)

    def update(
        self,
        memory_id: str,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        timestamp: clock.Time | None = None,
        expiration_date: clock.Time | Unset | None = UNSET,
    ) -> Result:
        """Change a memory, as `Memory.update`; return it as it is then, and a `message`.

        Raises:
            As `Memory.update`.
        """
        done = self.memory.update(
            memory_id, text, metadata, timestamp=timestamp, expiration_date=expiration_date
        )
        return (self.memory.get(memory_id) or {}) | done

    def delete(self, memory_id: str, delete_linked: bool = False) -> Result:
        """Remove a memory; there are no linked ones.

        Raises:
            MemoryNotFoundError: no memory has this id.
        """
        return self.memory.delete(memory_id)

    def delete_all(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Remove every memory that carries all these ids and meets the filter, as `Memory` does.

        Raises:
            ScopeError: no id bounds it. FilterError: the filter is wrong.
        """
        return self.memory.delete_all(user_id, agent_id, run_id, app_id=app_id, filters=filters)

    def history(self, memory_id: str) -> list[Result]:
        """Return what happened to a memory, oldest first; nothing for an unknown id."""
        return self.memory.history(memory_id)

    def reset(self) -> Result:
        """Remove everything from the file but the project's settings."""
        self.memory.reset()
        return {"message": "Client reset successful. All users and memories deleted."}

    def get_project(self, fields: Sequence[str] | None = None) -> Result:
        """Return the project's settings; deprecated: `project.get` is the same."""
        _deprecated("get_project", "project.get")
        return self.project.get(fields)

    def update_project(
        self,
        custom_instructions: str | None = None,
        custom_categories: Sequence[Category] | None = None,
    ) -> Result:
        """Change the project's settings; deprecated: `project.update` is the same."""
        _deprecated("update_project", "project.update")
        return self.project.update(custom_instructions, custom_categories)

    def close(self) -> None:
        """Close the file and free the models; the object is of no use afterwards."""
        self.memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _deprecated(name: str, instead: str) -> None:
    warnings.warn(f"{name}() is deprecated: use {instead}()", DeprecationWarning, stacklevel=3)

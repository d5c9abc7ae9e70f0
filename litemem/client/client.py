"""`MemoryClient`: the calls of Mem0's hosted service over a `Memory`."""

import base64
import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from litemem.client.arguments import (
    check_deletions,
    check_page_size,
    check_updates,
    hosted_only,
    narrowed,
    only,
    page_links,
)
from litemem.client.project import Project
from litemem.core import clock
from litemem.core.arguments import (
    UNSET,
    Category,
    Messages,
    Unset,
    check_flag,
    check_instructions,
    check_json,
    check_only_ids,
    check_positive,
    check_text,
    check_top_k,
)
from litemem.core.protocols import LLM, Embedder, Reranker
from litemem.core.results import (
    entity_dict,
    memory_dicts,
    relation_dicts,
    with_damaged,
)
from litemem.core.scope import Scope
from litemem.core.types import Forget, MemoryRecord
from litemem.errors import ValidationError, quoted
from litemem.ingestion import edits
from litemem.memory import BUDGET, THRESHOLD, Memory, Result
from litemem.retrieval.context import Layout
from litemem.retrieval.profile import LINES
from litemem.store.filters import compile_filter, valid_now
from litemem.store.protocol import BUSY_SECONDS, Durability

TOP_K = 10  # the hosted service's


class MemoryClient:
    """The client of Mem0's hosted service, over a file on this machine.

    `memory` is the `Memory` behind it. `docs/reference/client.md` has the details.

    Args:
        api_key, host, org_id, project_id: have no effect; nothing is sent anywhere.
        path, embedder, llm, reranker, durability, custom_instructions, async_mode, read_only,
            busy_timeout, unload_after, share_llm, forget, now: as for `Memory`.

    Raises:
        EmbedderMismatchError, StoreError, ValidationError: as `Memory`.
    """

    chat = hosted_only("chats")
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
        reranker: Reranker | str | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        async_mode: bool = False,
        read_only: bool = False,
        busy_timeout: float = BUSY_SECONDS,
        unload_after: float | None = None,
        share_llm: bool = False,
        forget: Forget = "apply",
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
            busy_timeout=busy_timeout,
            unload_after=unload_after,
            share_llm=share_llm,
            forget=forget,
            now=now,
        )
        self._now = self.memory._now  # checks what the caller's clock returns
        self.project = Project(self.memory.store)

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
        explain: bool = False,
    ) -> Result:
        """Store messages as memories, as `Memory.add`: `{"results": [{"id", "memory", …}, …]}`.

        The memories are in the file when the call returns; with `async_mode` the messages are.
        Instructions and categories that the call does not give come from the project, then from the
        arguments of the client.

        Raises:
            As `Memory.add`.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        scope = scope.merged(check_only_ids(filters))
        for_agent = check_instructions(agent_custom_instructions, "agent_custom_instructions")
        prompt = check_instructions(custom_instructions, "custom_instructions")
        if for_agent and scope.is_agent_only:
            prompt = for_agent
        if custom_categories is None:
            custom_categories = self.project.categories()
        return self.memory.add(
            messages,
            user_id=scope.user_id,
            agent_id=scope.agent_id,
            app_id=scope.app_id,
            run_id=scope.run_id,
            metadata=metadata,
            infer=infer,
            memory_type=memory_type,
            prompt=prompt or self.project.instructions(scope),
            timestamp=timestamp,
            expiration_date=expiration_date,
            immutable=immutable,
            includes=includes,
            excludes=excludes,
            custom_categories=custom_categories,
            enable_graph=enable_graph,
            async_mode=async_mode,
            explain=explain,
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
        include_messages: bool | None = None,
        version: str | None = None,
        api_version: str | None = None,
        output_format: str | None = None,
        enable_graph: bool | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Find the memories that answer a query, as `Memory.search`.

        `categories` keeps the memories with one of them, and `metadata` those with all of it. Each
        result has only the `fields` that are given, and its id. If `latest_only` is false,
        superseded memories are returned too. `docs/reference/client.md` lists every argument.

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
            include_messages=include_messages,
            enable_graph=enable_graph,
        )
        return found | {"results": only(found["results"], fields)}

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
        format: Layout = "text",  # noqa: A002 - as in `Memory`
        threshold: float | None = THRESHOLD,
        reference_date: clock.Time | None = None,
        as_of: clock.Time | None = None,
        include_messages: bool | None = None,
        why: bool = False,
    ) -> Any:
        """Return what a prompt should hold of the memories that bear on a query.

        Arguments, result and errors are those of `Memory.context`.
        """
        return self.memory.context(
            query,
            user_id=user_id,
            agent_id=agent_id,
            app_id=app_id,
            run_id=run_id,
            filters=filters,
            budget=budget,
            count_tokens=count_tokens,
            format=format,
            threshold=threshold,
            reference_date=reference_date,
            as_of=as_of,
            include_messages=include_messages,
            why=why,
        )

    def profile(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        max_lines: int = LINES,
        count_tokens: Callable[[str], int] | None = None,
    ) -> Result:
        """Return what holds of a user now, by group, as lines for a prompt.

        Arguments, result and errors are those of `Memory.profile`.
        """
        return self.memory.profile(
            user_id=user_id,
            agent_id=agent_id,
            app_id=app_id,
            run_id=run_id,
            filters=filters,
            max_lines=max_lines,
            count_tokens=count_tokens,
        )

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

        A page has `page_size` memories, 100 by default; `top_k` and `limit` are the same. `next` is
        None on the last page. Pages are counted from the newest memory, so one that is added or
        deleted between two calls moves the later pages. `start_date` and `end_date` bound
        `created_at`; the other arguments are those of `search`.

        Raises:
            ScopeError: no id is given. FilterError, ValidationError: an argument is wrong.
        """
        wanted = narrowed(filters, categories=categories, start_date=start_date, end_date=end_date)
        page_size = check_page_size(page_size, top_k, limit)
        shown = valid_now(
            compile_filter(
                wanted, Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
            ),
            self._now(),
            expired=check_flag(show_expired, "show_expired"),
            superseded=not check_flag(latest_only, "latest_only"),
        )
        before = check_positive(page, "page") - 1
        with self.memory.store.read() as r:
            records = r.memories.select(shown, limit=page_size, offset=before * page_size)
            ids = [record.id for record in records]
            notes = r.memories.annotations(ids)
            count = r.memories.count(shown)
        found: Result = {
            "count": count,
            **page_links(page, page_size, count),
            "results": memory_dicts(records, notes),
        }
        if check_flag(enable_graph or False, "enable_graph"):
            with self.memory.store.read() as r:
                relations = r.graph.of_memories(row["id"] for row in found["results"])
            found["relations"] = relation_dicts(relations)
            found = with_damaged(found, records, relations)
        return with_damaged(found, records) | {"results": only(found["results"], fields)}

    def get(self, memory_id: str) -> Result | None:
        """Return one memory, or None if there is no such id."""
        return self.memory.get(memory_id)

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

        Arguments, result and errors are those of `Memory.conflicts`.
        """
        return self.memory.conflicts(
            user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id, filters=filters
        )

    def settle(self, conflict_id: str, *, keep: str) -> Result:
        """Settle an open conflict, as `Memory.settle`.

        Raises:
            As `Memory.settle`.
        """
        return self.memory.settle(conflict_id, keep=keep)

    def history(self, memory_id: str) -> list[Result]:
        """Return the events of a memory, oldest first; an empty list for an unknown id."""
        return self.memory.history(memory_id)

    def update(
        self,
        memory_id: str,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        timestamp: clock.Time | None = None,
        expiration_date: clock.Time | Unset | None = UNSET,
    ) -> Result:
        """Change a memory, as `Memory.update`; return the changed memory with a `message`.

        Raises:
            As `Memory.update`.
        """
        done = self.memory.update(
            memory_id, text, metadata, timestamp=timestamp, expiration_date=expiration_date
        )
        return (self.memory.get(memory_id) or {}) | done

    def batch_update(self, memories: Sequence[Mapping[str, Any]]) -> Result:
        """Change up to 1,000 memories in one transaction: `{"message"}`.

        Each item is a dict with `memory_id` and the arguments of `update`.

        Raises:
            MemoryNotFoundError: one of the memories does not exist.
            ImmutableError: one of the memories was stored as immutable.
            ValidationError: one of the dicts is wrong; the message names it.
        """
        changes = check_updates(memories)
        edits.apply(self.memory.store, self.memory.embedder, changes, self._now())
        return {"message": f"Successfully updated {_counted(len(changes))}"}

    def delete(self, memory_id: str, delete_linked: bool = False) -> Result:
        """Delete a memory; with `delete_linked` also those that it superseded, and so on.

        Raises:
            MemoryNotFoundError: no memory has this id.
        """
        linked = check_flag(delete_linked, "delete_linked")
        chosen = [check_text(memory_id, "memory_id")]
        edits.delete(self.memory.store, chosen, self._now(), linked=linked)
        return {"message": "Memory deleted successfully!"}

    def batch_delete(self, memories: Sequence[Mapping[str, Any]]) -> Result:
        """Delete up to 1,000 memories in one transaction: `{"message"}`.

        Each item is a dict with `memory_id`.

        Raises:
            MemoryNotFoundError: one of the memories does not exist.
            ValidationError: one of the dicts is wrong; the message names it.
        """
        deleted = edits.delete(self.memory.store, check_deletions(memories), self._now())
        return {"message": f"Successfully deleted {_counted(deleted)}"}

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
        """Delete every memory that has all these ids and matches the filter, as `Memory`.

        Raises:
            ScopeError: no id is given. FilterError: the filter is wrong.
        """
        return self.memory.delete_all(user_id, agent_id, run_id, app_id=app_id, filters=filters)

    def users(self) -> Result:
        """Return every user, agent, app and run that has memories, with the number of each kind.

        `{"count", "next", "previous", "results": [{"id", "name", "type", "total_memories", …}, …],
        "total_users", "total_agents", "total_apps", "total_runs"}`, all on one page.
        """
        with self.memory.store.read() as r:
            entities = r.entities()
        kinds = [entity.kind for entity in entities]
        return {
            "count": len(entities),
            "next": None,
            "previous": None,
            "results": [entity_dict(entity) for entity in entities],
            **{f"total_{kind}s": kinds.count(kind) for kind in ("user", "agent", "app", "run")},
        }

    def delete_users(
        self,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
    ) -> Result:
        """Delete all memories of the user, and all of the agent, the app and the run.

        `delete_all` deletes only the memories that have all the given ids.

        Raises:
            ScopeError: no id is given; `reset` deletes everything.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        ids = scope.require("delete_users(), unlike reset(), which deletes everything,").ids()
        self.memory.delete_all(filters={"OR": [{key: value} for key, value in ids.items()]})
        return {"message": "Entity deleted successfully."}

    def reset(self) -> Result:
        """Delete everything from the file except the settings of the project."""
        self.memory.reset()
        return {"message": "Client reset successful. All users and memories deleted."}

    def event(self, event_id: str) -> Result | None:
        """Return the outcome of an `add` in the background, as `Memory.event`."""
        return self.memory.event(event_id)

    def flush(self, timeout: float | None = None) -> Result:
        """Wait until every pending turn is extracted, as `Memory.flush`: `{"failed": n}`.

        Raises:
            FlushTimeoutError: `timeout` seconds have passed; the work goes on.
        """
        return self.memory.flush(timeout)

    def get_summary(self, filters: Mapping[str, Any] | None = None) -> list[Result]:
        """Return a summary of each exact scope that a filter matches, newest first.

        `[{"user_id", …, "summary", "total_memories", "created_at", "updated_at"}, …]`. The summary
        is the text of the memories, one a line, oldest first; no model writes it.

        Raises:
            ScopeError: no id bounds the filter. FilterError: the filter is wrong.
        """
        shown = valid_now(compile_filter(filters, Scope()), self._now())
        with self.memory.store.read() as r:
            return _summaries(r.memories.select(shown))

    def feedback(
        self,
        memory_id: str,
        feedback: str | None = None,
        feedback_reason: str | None = None,
    ) -> Result:
        """Rate a memory POSITIVE, NEGATIVE or VERY_NEGATIVE; None removes the rating.

        A new rating replaces the old one. A rating is deleted with its memory.

        Raises:
            MemoryNotFoundError: no memory has this id.
            ValidationError: the rating is unknown.
        """
        return self.memory.feedback(memory_id, feedback, feedback_reason)

    def create_memory_export(
        self,
        schema: str | Mapping[str, Any],
        *,
        filters: Mapping[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        export_instructions: str | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Return `{"message", "id"}`; `get_memory_export` takes the id and reads the memories.

        The id contains the ids and the filter, and nothing is stored. Memories are exported whole:
        `schema` and `export_instructions` are checked and have no effect.

        Raises:
            ScopeError: no id is given. FilterError, ValidationError: an argument is wrong.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        compile_filter(filters, scope)
        if not isinstance(schema, str | Mapping):
            raise ValidationError(f"schema must be a JSON schema, got {quoted(schema)}")
        check_json({"schema": schema}, "schema")
        check_instructions(export_instructions, "export_instructions")
        request = check_json({"filters": filters, "ids": scope.ids()}, "filters")
        return {"message": "Memory export is ready to be fetched.", "id": _export_id(request)}

    def get_memory_export(
        self,
        *,
        memory_export_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        org_id: str | None = None,
        project_id: str | None = None,
    ) -> Result:
        """Return all memories of an export, or of a scope: `{"memories": [{…}, …]}`.

        Newest first, also expired and superseded ones.

        Raises:
            ScopeError: no id is given. FilterError: the filter is wrong.
            ValidationError: the export id is not one, or is given together with a scope.
        """
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        if memory_export_id is not None:
            if scope or filters is not None:
                raise ValidationError("memory_export_id contains the scope: give no ids or filters")
            request = _export_request(check_text(memory_export_id, "memory_export_id"))
            filters, scope = request["filters"], Scope(**request["ids"])
        with self.memory.store.read() as r:
            records = r.memories.select(compile_filter(filters, scope))
            ids = [record.id for record in records]
            notes = r.memories.annotations(ids)
        return with_damaged({"memories": memory_dicts(records, notes)}, records)

    def get_project(self, fields: Sequence[str] | None = None) -> Result:
        """Return the settings of the project. Deprecated: use `project.get`."""
        _warn_deprecated("get_project", "project.get")
        return self.project.get(fields)

    def update_project(
        self,
        custom_instructions: str | None = None,
        custom_categories: Sequence[Category] | None = None,
    ) -> Result:
        """Change the settings of the project. Deprecated: use `project.update`."""
        _warn_deprecated("update_project", "project.update")
        return self.project.update(custom_instructions, custom_categories)

    def close(self) -> None:
        """Close the file and free the models; the object cannot be used afterwards."""
        self.memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _counted(number: int) -> str:
    return f"{number} memory" if number == 1 else f"{number} memories"


def _summaries(records: Iterable[MemoryRecord]) -> list[Result]:
    """Return a summary for each exact scope of records that come newest first."""
    scopes: dict[Scope, list[MemoryRecord]] = {}
    for record in records:
        scopes.setdefault(record.scope, []).append(record)
    return [_summary(scope, found[::-1]) for scope, found in scopes.items()]


def _summary(scope: Scope, records: list[MemoryRecord]) -> Result:
    return {
        **scope.ids(),
        "summary": "\n".join(record.content for record in records),
        "total_memories": len(records),
        "created_at": clock.to_iso(records[0].created_at),
        "updated_at": clock.to_iso(max(record.updated_at for record in records)),
    }


def _export_id(request: Mapping[str, Any]) -> str:
    """Return a request as an id: its JSON in URL-safe base64."""
    return base64.urlsafe_b64encode(json.dumps(request).encode()).decode()


def _export_request(export_id: str) -> dict[str, Any]:
    """Return the request in an id.

    Raises:
        ValidationError: the id does not come from `create_memory_export`.
    """
    try:
        request = json.loads(base64.urlsafe_b64decode(export_id))
        return {"filters": request["filters"], "ids": dict(request["ids"])}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValidationError(
            f"memory_export_id={quoted(export_id)} is unknown: create_memory_export() returns one"
        ) from error


def _warn_deprecated(name: str, instead: str) -> None:
    warnings.warn(f"{name}() is deprecated: use {instead}()", DeprecationWarning, stacklevel=3)

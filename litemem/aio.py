"""Async: `Memory` and `MemoryClient` as coroutines, each call in a thread of its own.

A thread cannot be interrupted: when the awaiting task is cancelled, the call goes on, and either
takes effect as a whole or not at all.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from litemem import clock
from litemem.client import MemoryClient, Project
from litemem.memory import Memory
from litemem.protocols import LLM, Embedder, Reranker
from litemem.store import Durability

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _awaitable(
    method: Callable[Concatenate[Any, _P], _R],
) -> Callable[Concatenate[Any, _P], Coroutine[Any, Any, _R]]:
    """Return a method that awaits `method` of the object that its own wraps, `sync`."""

    @wraps(method)
    async def awaited(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return await asyncio.to_thread(method, self.sync, *args, **kwargs)

    return awaited


class AsyncMemory:
    """`Memory`, awaited; `sync` is the `Memory` that does the work. Opening and closing are not.

    Args:
        path, embedder, llm, reranker, durability, custom_instructions, enable_graph, async_mode,
            now: as `Memory` takes them.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        embedder: Embedder | None = None,
        llm: LLM | None = None,
        reranker: Reranker | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        enable_graph: bool = False,
        async_mode: bool = False,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self.sync = Memory(
            path,
            embedder=embedder,
            llm=llm,
            reranker=reranker,
            durability=durability,
            custom_instructions=custom_instructions,
            enable_graph=enable_graph,
            async_mode=async_mode,
            now=now,
        )

    add = _awaitable(Memory.add)
    process_pending = _awaitable(Memory.process_pending)
    event = _awaitable(Memory.event)
    flush = _awaitable(Memory.flush)
    search = _awaitable(Memory.search)
    get = _awaitable(Memory.get)
    get_all = _awaitable(Memory.get_all)
    update = _awaitable(Memory.update)
    delete = _awaitable(Memory.delete)
    delete_all = _awaitable(Memory.delete_all)
    history = _awaitable(Memory.history)
    erase = _awaitable(Memory.erase)
    cleanup = _awaitable(Memory.cleanup)
    reset = _awaitable(Memory.reset)
    verify = _awaitable(Memory.verify)
    backup = _awaitable(Memory.backup)
    export_file = _awaitable(Memory.export_file)
    import_file = _awaitable(Memory.import_file)

    @classmethod
    def from_config(cls, config_dict: Mapping[str, Any]) -> Self:
        """Open a memory as `Memory.from_config` does."""
        opened = cls.__new__(cls)
        opened.sync = Memory.from_config(config_dict)
        return opened

    def close(self) -> None:
        """Close the file and free the models, as `Memory.close`."""
        self.sync.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.close)


class AsyncProject:
    """`Project`, awaited."""

    def __init__(self, sync: Project) -> None:
        self.sync = sync

    get = _awaitable(Project.get)
    update = _awaitable(Project.update)
    create = _awaitable(Project.create)
    delete = _awaitable(Project.delete)
    get_members = _awaitable(Project.get_members)
    add_member = _awaitable(Project.add_member)
    update_member = _awaitable(Project.update_member)
    remove_member = _awaitable(Project.remove_member)


class AsyncMemoryClient:
    """`MemoryClient`, awaited; `sync` is the client that does the work.

    Args:
        api_key, host, org_id, project_id: without meaning here; nothing is sent anywhere.
        path, embedder, llm, reranker, durability, custom_instructions, async_mode, now: as
            `Memory` takes them.
    """

    def __init__(
        self,
        api_key: str | None = None,
        host: str | None = None,
        *,
        org_id: str | None = None,
        project_id: str | None = None,
        path: str | Path | None = None,
        embedder: Embedder | None = None,
        llm: LLM | None = None,
        reranker: Reranker | None = None,
        durability: Durability = "full",
        custom_instructions: str | None = None,
        async_mode: bool = False,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self.sync = MemoryClient(
            api_key,
            host,
            org_id=org_id,
            project_id=project_id,
            path=path,
            embedder=embedder,
            llm=llm,
            reranker=reranker,
            durability=durability,
            custom_instructions=custom_instructions,
            async_mode=async_mode,
            now=now,
        )

    add = _awaitable(MemoryClient.add)
    event = _awaitable(MemoryClient.event)
    flush = _awaitable(MemoryClient.flush)
    search = _awaitable(MemoryClient.search)
    get = _awaitable(MemoryClient.get)
    get_all = _awaitable(MemoryClient.get_all)
    update = _awaitable(MemoryClient.update)
    delete = _awaitable(MemoryClient.delete)
    delete_all = _awaitable(MemoryClient.delete_all)
    history = _awaitable(MemoryClient.history)
    reset = _awaitable(MemoryClient.reset)
    users = _awaitable(MemoryClient.users)
    delete_users = _awaitable(MemoryClient.delete_users)
    batch_update = _awaitable(MemoryClient.batch_update)
    batch_delete = _awaitable(MemoryClient.batch_delete)
    create_memory_export = _awaitable(MemoryClient.create_memory_export)
    get_memory_export = _awaitable(MemoryClient.get_memory_export)
    get_summary = _awaitable(MemoryClient.get_summary)
    feedback = _awaitable(MemoryClient.feedback)
    get_project = _awaitable(MemoryClient.get_project)
    update_project = _awaitable(MemoryClient.update_project)

    chat = _awaitable(MemoryClient.chat)
    get_webhooks = _awaitable(MemoryClient.get_webhooks)
    create_webhook = _awaitable(MemoryClient.create_webhook)
    update_webhook = _awaitable(MemoryClient.update_webhook)
    delete_webhook = _awaitable(MemoryClient.delete_webhook)
    get_profile = _awaitable(MemoryClient.get_profile)
    generate_profile = _awaitable(MemoryClient.generate_profile)
    get_profile_settings = _awaitable(MemoryClient.get_profile_settings)
    update_profile_settings = _awaitable(MemoryClient.update_profile_settings)
    sample_profiles = _awaitable(MemoryClient.sample_profiles)
    get_profile_job = _awaitable(MemoryClient.get_profile_job)

    @property
    def project(self) -> AsyncProject:
        """What extraction should heed in every call."""
        return AsyncProject(self.sync.project)

    def close(self) -> None:
        """Close the file and free the models, as `MemoryClient.close`."""
        self.sync.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.close)

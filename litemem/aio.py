"""Async: `Memory` and `MemoryClient` as coroutines, each call in a thread.

What may wait for the language model has threads apart from all other calls, which do not wait for
it so. A thread cannot be interrupted: when the awaiting task is cancelled, the call goes on, and
either takes effect as a whole or not at all.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum, auto
from functools import partial, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from litemem.client import MemoryClient, Project
from litemem.core import clock
from litemem.core.protocols import LLM, Embedder, Reranker
from litemem.core.threads import Threads
from litemem.memory import Memory
from litemem.store.sqlite import Durability

EXIT_SECONDS = 5.0  # that a program's end waits for what a model is asked

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Apart(Enum):
    """Why a call has threads that no other call waits for."""

    ASKS = auto()  # it may wait for the language model
    WATCHES = auto()  # it only waits for others, perhaps for ever


def _awaitable(
    method: Callable[Concatenate[Any, _P], _R], apart: _Apart | None = None
) -> Callable[Concatenate[Any, _P], Coroutine[Any, Any, _R]]:
    """Return a method that awaits `method` of the object that its own wraps, `sync`."""

    @wraps(method)
    async def awaited(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        call = partial(method, self.sync, *args, **kwargs)
        if apart is None or _asks_nothing(kwargs):
            return await asyncio.to_thread(call)
        return await asyncio.wrap_future(self._threads[apart].submit(call))

    return awaited


def _asks_nothing(arguments: Mapping[str, object]) -> bool:
    """Tell whether an `add` only stores what it is given."""
    return not (arguments.get("infer", True) or arguments.get("memory_type"))


def _threads() -> dict[_Apart, Threads]:
    """Return the threads of one memory; they end with their calls."""
    return {_Apart.ASKS: Threads(EXIT_SECONDS), _Apart.WATCHES: Threads()}


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
        embedder: Embedder | str | Path | None = None,
        llm: LLM | str | Path | None = None,
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
        self._threads = _threads()

    add = _awaitable(Memory.add, _Apart.ASKS)
    process_pending = _awaitable(Memory.process_pending, _Apart.ASKS)
    event = _awaitable(Memory.event)
    flush = _awaitable(Memory.flush, _Apart.WATCHES)
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
        opened.sync, opened._threads = Memory.from_config(config_dict), _threads()
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
        embedder: Embedder | str | Path | None = None,
        llm: LLM | str | Path | None = None,
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
        self._threads = _threads()

    add = _awaitable(MemoryClient.add, _Apart.ASKS)
    event = _awaitable(MemoryClient.event)
    flush = _awaitable(MemoryClient.flush, _Apart.WATCHES)
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

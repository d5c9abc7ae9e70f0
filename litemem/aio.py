"""`AsyncMemory` and `AsyncMemoryClient`: `Memory` and `MemoryClient`, each call in a thread.

Calls that may wait for the language model have threads of their own, so that the other calls do not
wait for them. A thread cannot be interrupted: if the awaiting task is cancelled, the call goes on,
and takes effect completely or not at all.
"""

import asyncio
import atexit
import contextvars
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial, wraps
from itertools import islice
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from litemem.client import MemoryClient, Project
from litemem.memory import Memory
from litemem.models.runtimes import PerProcess

EXIT_SECONDS = 5.0  # how long the program's end waits for a call of the language model
MAX_THREADS = 64  # at once; they wait for one model, and more would only take memory
BATCH = 500  # items of a stream that one visit to a thread reads

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Pool(Enum):
    """The threads of a call that no other kind of call may wait for."""

    MODEL = auto()  # the call may wait for a model, or take minutes
    WATCH = auto()  # the call waits for others, perhaps without a limit


def _awaitable(
    method: Callable[Concatenate[Any, _P], _R], pool: _Pool | None = None
) -> Callable[Concatenate[Any, _P], Coroutine[Any, Any, _R]]:
    """Return a coroutine method that runs `method` of `self.sync` in a thread."""

    @wraps(method)
    async def awaited(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        call = partial(method, self.sync, *args, **kwargs)
        if pool is None or _needs_no_model(kwargs):
            return await asyncio.to_thread(call)
        return await asyncio.wrap_future(self._threads.here[pool].submit(call))

    return awaited


def _streamed(
    method: Callable[Concatenate[Any, _P], Iterator[_R]],
) -> Callable[Concatenate[Any, _P], AsyncIterator[_R]]:
    """Return an asynchronous generator method that reads `method` of `self.sync` in threads."""

    @wraps(method)
    async def streamed(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> AsyncIterator[_R]:
        items = await asyncio.to_thread(partial(method, self.sync, *args, **kwargs))
        while batch := await asyncio.to_thread(list, islice(items, BATCH)):
            for item in batch:
                yield item

    return streamed


def _opens(
    kind: Callable[_P, Any],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, _P], None]]:
    """Return a decorator that gives `__init__` the arguments of `kind`, and `self.sync`."""

    def decorated(method: Callable[..., None]) -> Callable[Concatenate[Any, _P], None]:
        @wraps(kind.__init__)
        def opened(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
            method(self)
            self.sync = kind(*args, **kwargs)

        return opened

    return decorated


def _needs_no_model(arguments: Mapping[str, object]) -> bool:
    """Return True if an `add` only stores what it is given."""
    return not (arguments.get("infer", True) or arguments.get("memory_type"))


class _Threads:
    """Daemon threads that run calls, at most `MAX_THREADS` at once; further calls wait in order.

    The program's end would wait for every call of a `concurrent.futures` pool, also for those that
    have not begun.

    Args:
        exit_seconds: how long the program's end waits for the calls that are running.
    """

    def __init__(self, exit_seconds: float = 0) -> None:
        self._exit_seconds = exit_seconds
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._waiting: deque[_Work] = deque()
        self._running: set[threading.Thread] = set()

    def submit(self, call: Callable[[], _R]) -> "Future[_R]":
        """Run a call in a thread; the future has what it returns or raises."""
        future: Future[_R] = Future()
        with self._lock:
            self._waiting.append(_Work(future, contextvars.copy_context(), call))
            if len(self._running) < MAX_THREADS:
                self._start()
        return future

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="litemem-call", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads; a running one takes the call
            if self._running:
                return
            self._waiting.clear()
            raise
        if not self._running:
            atexit.register(self._stop_at_exit)
        self._running.add(thread)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            work.run()
            del work  # free what the call holds before waiting for the next one

    def _next(self) -> "_Work | None":
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running.discard(threading.current_thread())
            if not self._running:
                atexit.unregister(self._stop_at_exit)
            return None

    def _stop_at_exit(self) -> None:
        """Start no further call; a thread that is inside a model may crash the interpreter."""
        if os.getpid() != self._process:
            return  # threads and lock are the parent's
        with self._lock:
            self._waiting.clear()
            running = list(self._running)
        end = time.monotonic() + self._exit_seconds
        for thread in running:
            thread.join(max(0.0, end - time.monotonic()))


@dataclass(frozen=True, slots=True)
class _Work:
    """A call, the context of its caller, and the future that gets the outcome."""

    future: "Future[Any]"
    context: contextvars.Context
    call: Callable[[], Any]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        with _FailureTo(self.future):
            self.future.set_result(self.context.run(self.call))


class _FailureTo:
    """Passes an exception to a future, which raises it where the future is awaited."""

    def __init__(self, future: "Future[Any]") -> None:
        self._future = future

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return error is not None


def _pools() -> dict[_Pool, _Threads]:
    """Return the threads of one memory; each ends when it has no call."""
    return {_Pool.MODEL: _Threads(EXIT_SECONDS), _Pool.WATCH: _Threads()}


class AsyncMemory:
    """`Memory` with coroutine methods; `sync` is the `Memory` behind it.

    The arguments are those of `Memory`. Opening the file and `close` are not coroutines; use the
    object in an `async with` block, or call `close` at the end. `export` is an asynchronous
    iterator.
    """

    sync: Memory

    @_opens(Memory)
    def __init__(self) -> None:
        self._threads = PerProcess(_pools)

    add = _awaitable(Memory.add, _Pool.MODEL)
    process_pending = _awaitable(Memory.process_pending, _Pool.MODEL)
    event = _awaitable(Memory.event)
    flush = _awaitable(Memory.flush, _Pool.WATCH)
    search = _awaitable(Memory.search)
    context = _awaitable(Memory.context)
    profile = _awaitable(Memory.profile)
    get = _awaitable(Memory.get)
    get_all = _awaitable(Memory.get_all)
    update = _awaitable(Memory.update)
    delete = _awaitable(Memory.delete)
    delete_all = _awaitable(Memory.delete_all)
    relate = _awaitable(Memory.relate)
    unrelate = _awaitable(Memory.unrelate)
    graph = _awaitable(Memory.graph)
    history = _awaitable(Memory.history)
    conflicts = _awaitable(Memory.conflicts)
    settle = _awaitable(Memory.settle)
    supersede = _awaitable(Memory.supersede)
    undo = _awaitable(Memory.undo)
    feedback = _awaitable(Memory.feedback)
    erase = _awaitable(Memory.erase)
    cleanup = _awaitable(Memory.cleanup)
    reset = _awaitable(Memory.reset)
    verify = _awaitable(Memory.verify)
    backup = _awaitable(Memory.backup)
    reindex = _awaitable(Memory.reindex, _Pool.MODEL)
    export = _streamed(Memory.export)
    export_file = _awaitable(Memory.export_file)
    import_file = _awaitable(Memory.import_file)
    import_graph = _awaitable(Memory.import_graph)
    import_conversations = _awaitable(Memory.import_conversations, _Pool.MODEL)

    @classmethod
    def from_config(cls, config_dict: Mapping[str, Any]) -> Self:
        """Open a memory as `Memory.from_config` does."""
        opened = cls.__new__(cls)
        opened.sync, opened._threads = Memory.from_config(config_dict), PerProcess(_pools)
        return opened

    def close(self) -> None:
        """Close the file and free the models, as `Memory.close` does."""
        self.sync.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.close)


class AsyncProject:
    """`Project` with coroutine methods."""

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
    """`MemoryClient` with coroutine methods; `sync` is the client behind it.

    The arguments are those of `MemoryClient`.
    """

    sync: MemoryClient

    @_opens(MemoryClient)
    def __init__(self) -> None:
        self._threads = PerProcess(_pools)

    add = _awaitable(MemoryClient.add, _Pool.MODEL)
    event = _awaitable(MemoryClient.event)
    flush = _awaitable(MemoryClient.flush, _Pool.WATCH)
    search = _awaitable(MemoryClient.search)
    context = _awaitable(MemoryClient.context)
    profile = _awaitable(MemoryClient.profile)
    get = _awaitable(MemoryClient.get)
    get_all = _awaitable(MemoryClient.get_all)
    update = _awaitable(MemoryClient.update)
    delete = _awaitable(MemoryClient.delete)
    delete_all = _awaitable(MemoryClient.delete_all)
    history = _awaitable(MemoryClient.history)
    conflicts = _awaitable(MemoryClient.conflicts)
    settle = _awaitable(MemoryClient.settle)
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
        """The settings of the project."""
        return AsyncProject(self.sync.project)

    def close(self) -> None:
        """Close the file and free the models, as `MemoryClient.close` does."""
        self.sync.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.close)

"""The async classes: each call is awaited, concurrent calls lose nothing, cancelling is safe."""

import asyncio
import contextvars
import inspect
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from helpers import run_python
from helpers.stores import reading
from litemem import AsyncMemory, AsyncMemoryClient, Memory, MemoryClient
from litemem.aio import MAX_THREADS, AsyncProject
from litemem.client import Project
from litemem.core.protocols import Vector
from litemem.errors import HostedOnlyError, MemoryNotFoundError, ScopeError, StoreError
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
PATIENCE = 60  # seconds; what takes longer is stuck
PAIRS = [(AsyncMemory, Memory), (AsyncMemoryClient, MemoryClient), (AsyncProject, Project)]
SYNC = {"close", "from_config"}  # as in Mem0
STREAMS = {"export"}
NEVER_ALONE = {"instructions", "categories"}  # asked by the client itself


class GatedEmbedder(HashEmbedder):
    """Waits before it embeds until it is let; says when it waits."""

    def __init__(self) -> None:
        super().__init__(8)
        self.reached = threading.Event()
        self.gate = threading.Event()

    def embed_query(self, text: str) -> Vector:
        self.reached.set()
        assert self.gate.wait(10)
        return super().embed_query(text)


class BrokenEmbedder(GatedEmbedder):
    """Waits, and fails."""

    def embed_query(self, text: str) -> Vector:
        super().embed_query(text)
        raise MemoryError("out of memory")


def open_memory(path: Path, **parts: Any) -> AsyncMemory:
    return AsyncMemory(
        path / "memory.db", **{"embedder": HashEmbedder(8), "llm": ScriptedLLM([]), **parts}
    )


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def public(kind: type) -> dict[str, Any]:
    """Return a class's public calls."""
    return {
        name: call
        for name, call in inspect.getmembers(kind, callable)
        if not name.startswith("_") and name not in NEVER_ALONE
    }


@pytest.mark.parametrize(("kind", "sync"), PAIRS)
def test_an_async_face_has_every_call_with_its_arguments(kind: type, sync: type) -> None:
    assert public(kind).keys() == public(sync).keys()
    for name, call in public(kind).items():
        theirs = inspect.signature(public(sync)[name])
        assert inspect.signature(call).parameters == theirs.parameters, name
        assert call.__doc__, name
        assert inspect.iscoroutinefunction(call) is (name not in SYNC | STREAMS), name
        assert inspect.isasyncgenfunction(call) is (name in STREAMS), name


@pytest.mark.parametrize(("kind", "sync"), PAIRS[:2])
def test_an_async_face_is_made_like_the_other(kind: type, sync: type) -> None:
    assert inspect.signature(kind) == inspect.signature(sync)


def test_all_calls_are_awaited(tmp_path: Path) -> None:
    async def use() -> None:
        async with open_memory(tmp_path) as memory:
            added = await memory.add("Likes tea", infer=False, **CAM)
            memory_id = added["results"][0]["id"]
            assert texts(await memory.search("tea", **CAM)) == ["Likes tea"]
            await memory.update(memory_id, "Likes coffee")
            assert texts(await memory.get_all(**CAM)) == ["Likes coffee"]
            assert [e["event"] for e in await memory.history(memory_id)] == ["ADD", "UPDATE"]
            await memory.delete(memory_id)
            assert await memory.get(memory_id) is None

    asyncio.run(use())


def test_errors_come_through(tmp_path: Path) -> None:
    async def use() -> None:
        async with open_memory(tmp_path) as memory:
            with pytest.raises(ScopeError):
                await memory.add("Likes tea")
            with pytest.raises(MemoryNotFoundError):
                await memory.delete("?")
            with pytest.raises(TypeError):
                await memory.add("Likes tea", user="cam")  # type: ignore[call-arg]

    asyncio.run(use())


def test_an_async_memory_opens_from_a_config(tmp_path: Path) -> None:
    memory = AsyncMemory.from_config({"path": str(tmp_path / "memory.db")})
    assert isinstance(memory, AsyncMemory)
    memory.close()


@pytest.mark.parametrize("name", ["memory.db", ":memory:"])
def test_an_export_is_a_stream(tmp_path: Path, name: str) -> None:
    async def use() -> None:
        path = name if name == ":memory:" else tmp_path / name
        async with AsyncMemory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
            said = [{"role": "user", "content": f"tea {i}"} for i in range(600)]
            await memory.add(said, infer=False, **CAM)
            lines = [line async for line in memory.export()]
            assert lines == list(memory.sync.export())
            assert len(lines) > 600

    asyncio.run(use())


def test_an_async_client_pages_and_keeps_a_project(tmp_path: Path) -> None:
    async def use() -> None:
        client = AsyncMemoryClient(path=tmp_path / "a.db", embedder=HashEmbedder(8))
        async with client:
            said = [{"role": "user", "content": f"tea {i}"} for i in range(5)]
            await client.add(said, infer=False, version="v2", **CAM)
            first = await client.get_all(page=1, page_size=3, **CAM)
            second = await client.get_all(page=2, page_size=3, **CAM)
            assert sorted(texts(first) + texts(second)) == [f"tea {i}" for i in range(5)]
            assert (await client.users())["total_users"] == 1
            await client.project.update(custom_instructions="Only food.")
            assert (await client.project.get())["custom_instructions"] == "Only food."
            with pytest.raises(HostedOnlyError):
                await client.get_webhooks("project")

    asyncio.run(use())


@pytest.mark.parametrize("infer", [True, False])
def test_fifty_adds_at_once_lose_nothing(tmp_path: Path, infer: bool) -> None:
    users = [f"user{i}" for i in range(50)]

    async def use() -> list[str]:
        async with open_memory(tmp_path, llm=ScriptedLLM([["Likes tea"]] * 50)) as memory:
            done = await asyncio.gather(
                *(memory.add("I like tea", user_id=user, infer=infer) for user in users)
            )
            return [row["id"] for result in done for row in result["results"]]

    added = asyncio.run(use())
    assert len(set(added)) == 50
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder(8)) as memory:
        assert reading(memory.store).turns.pending() == []
        assert {memory.get(memory_id)["user_id"] for memory_id in added} == set(users)
        for user in users:
            found = memory.search("tea", user_id=user, threshold=0)
            assert texts(found) == ["Likes tea" if infer else "I like tea"]


@pytest.mark.parametrize(("embedder", "stored"), [(GatedEmbedder, ["tea"]), (BrokenEmbedder, [])])
def test_a_cancelled_add_takes_effect_as_a_whole_or_not_at_all(
    tmp_path: Path, embedder: type[GatedEmbedder], stored: list[str]
) -> None:
    gated = embedder()

    async def use() -> None:
        memory = open_memory(tmp_path, embedder=gated)
        adding = asyncio.create_task(memory.add("tea", infer=False, **CAM))
        await asyncio.to_thread(gated.reached.wait, 10)
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        assert texts(await memory.get_all(**CAM)) == []
        gated.gate.set()  # asyncio.run waits for the thread

    asyncio.run(use())
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder(8)) as memory:
        assert texts(memory.get_all(**CAM)) == stored
        assert texts(memory.search("tea", **CAM)) == stored


def test_the_event_loop_goes_on_while_a_call_waits(tmp_path: Path) -> None:
    gated = GatedEmbedder()

    async def use() -> list[str]:
        async with open_memory(tmp_path, embedder=gated) as memory:
            adding = asyncio.create_task(memory.add("tea", infer=False, **CAM))
            while not gated.reached.is_set():
                await asyncio.sleep(0)
            gated.gate.set()
            return texts(await adding)

    assert asyncio.run(use()) == ["tea"]


class AskedLLM(ScriptedLLM):
    """Waits before it answers until it is let; counts those that wait."""

    def __init__(self, answers: int) -> None:
        super().__init__([["User likes tea"]] * answers)
        self.asked = threading.Semaphore(0)
        self.gate = threading.Event()

    def generate(self, *args: Any, **kwargs: Any) -> str:
        self.asked.release()
        assert self.gate.wait(PATIENCE)
        return super().generate(*args, **kwargs)


def many_wait(llm: AskedLLM, number: int) -> bool:
    return all(llm.asked.acquire(timeout=PATIENCE) for _ in range(number))


@pytest.mark.parametrize("kind", [AsyncMemory, AsyncMemoryClient])
def test_a_search_does_not_wait_behind_calls_that_wait_for_the_model(
    tmp_path: Path, kind: type[Any]
) -> None:
    llm = AskedLLM(40)
    default_threads = min(32, (os.cpu_count() or 1) + 4)

    async def use() -> None:
        memory = kind(path=tmp_path / "memory.db", embedder=HashEmbedder(8), llm=llm)
        await memory.add("I like rum", infer=False, **CAM)
        adding = [
            asyncio.create_task(memory.add("I like tea", user_id=f"user{i}"))
            for i in range(default_threads + 2)
        ]
        assert await asyncio.to_thread(many_wait, llm, default_threads + 2)
        adding += [asyncio.create_task(memory.flush()) for _ in range(default_threads + 2)]
        found = await asyncio.wait_for(memory.search("rum", **CAM), PATIENCE)
        assert texts(found) == ["I like rum"]
        await asyncio.wait_for(memory.add("I like gin", infer=False, **CAM), PATIENCE)
        assert not any(task.done() for task in adding)
        llm.gate.set()
        await asyncio.gather(*adding)
        memory.close()

    asyncio.run(use())


def test_more_adds_at_once_than_there_are_threads_are_all_done(tmp_path: Path) -> None:
    number = MAX_THREADS + 20

    async def use() -> list[str]:
        llm = ScriptedLLM([["Likes tea"]] * number)
        async with open_memory(tmp_path, llm=llm, durability="normal") as memory:
            done = await asyncio.gather(
                *(memory.add("I like tea", user_id=f"user{i}") for i in range(number))
            )
            return [row["id"] for result in done for row in result["results"]]

    assert len(set(asyncio.run(use()))) == number


def test_a_call_that_waits_for_a_thread_can_be_cancelled(tmp_path: Path) -> None:
    llm = AskedLLM(MAX_THREADS + 1)

    async def use() -> None:
        memory = open_memory(tmp_path, llm=llm)
        adding = [
            asyncio.create_task(memory.add("I like tea", user_id=f"user{i}"))
            for i in range(MAX_THREADS)
        ]
        assert await asyncio.to_thread(many_wait, llm, MAX_THREADS)
        late = asyncio.create_task(memory.add("I like tea", **CAM))
        await asyncio.sleep(0)
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        llm.gate.set()
        await asyncio.gather(*adding)
        memory.close()

    asyncio.run(use())
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder(8)) as memory:
        assert reading(memory.store).overview().memories == MAX_THREADS
        assert reading(memory.store).turns.pending() == []


def test_after_close_a_call_says_that_the_file_was_closed(tmp_path: Path) -> None:
    async def use() -> None:
        memory = open_memory(tmp_path)
        memory.close()
        for call in (memory.add("I like tea", **CAM), memory.flush(), memory.search("x", **CAM)):
            with pytest.raises(StoreError, match="closed"):
                await call

    asyncio.run(use())


ENDING = """
import asyncio, sys, time
from litemem import AsyncMemory
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.aio import MAX_THREADS

path, what = sys.argv[1:]
answers = [["User likes tea"]] * 500

async def use():
    memory = AsyncMemory(path, embedder=HashEmbedder(8), llm=ScriptedLLM(answers, delay=20))
    if what == "adds":
        calls = [memory.add("I like tea", user_id=f"user{i}") for i in range(100)]
    else:
        for i in range(100):
            await memory.add("I like tea", user_id=f"user{i}", async_mode=True)
        calls = [memory.flush() for _ in range(100)]
    try:
        await asyncio.wait_for(asyncio.gather(*calls), 1)
    except TimeoutError:
        print("cancelled", flush=True)

asyncio.run(use())
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["adds", "flushes"])
def test_a_program_ends_although_calls_wait_for_the_model(tmp_path: Path, what: str) -> None:
    path = tmp_path / "memory.db"
    began = time.monotonic()
    assert run_python(ENDING, path, what).split() == ["cancelled"]
    assert time.monotonic() - began < 15  # one answer takes 20 seconds
    llm = ScriptedLLM([["User likes tea"]] * 100)
    with Memory(path, embedder=HashEmbedder(8), llm=llm, durability="normal") as memory:
        waiting = reading(memory.store).overview().pending_turns
        # an add that had not begun was cancelled; what was acknowledged waits
        assert 0 < waiting <= 100 if what == "adds" else waiting == 100
        assert len(memory.process_pending()["results"]) == waiting
        assert memory.verify(full=True)["ok"]


def test_what_a_call_sees_of_its_callers_context_is_there(tmp_path: Path) -> None:
    caller: contextvars.ContextVar[str] = contextvars.ContextVar("caller")
    seen: list[str] = []

    class Seeing(ScriptedLLM):
        def generate(self, *args: Any, **kwargs: Any) -> str:
            seen.append(caller.get())
            return super().generate(*args, **kwargs)

    async def use() -> None:
        caller.set("the one")
        async with open_memory(tmp_path, llm=Seeing([[]])) as memory:
            await memory.add("I like tea", **CAM)

    asyncio.run(use())
    assert seen == ["the one"]


def test_the_async_classes_are_imported_at_first_use() -> None:
    script = """
import sys, litemem
assert "asyncio" not in sys.modules
from litemem import *
print(AsyncMemory.__name__, AsyncMemoryClient.__name__, hasattr(litemem, "AsyncNothing"))
"""
    assert run_python(script).split() == ["AsyncMemory", "AsyncMemoryClient", "False"]

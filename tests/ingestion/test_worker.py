"""The background worker: `add` returns at once, and each turn is extracted once, in order."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from helpers import START, Clock, OpenMemory, dump
from helpers.pending import CAM, PATIENCE, GatedLLM, later, status, texts
from helpers.stores import reading
from litemem import AsyncMemory, AsyncMemoryClient, Memory, MemoryClient
from litemem.core.protocols import Prompt
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import LLMError, StoreError, ValidationError
from litemem.store.protocol import MAX_TRIES
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import Answer, HashEmbedder, ScriptedLLM

# -- one program


def test_add_returns_at_once_in_the_shape_of_mem0s_service(open_memory: OpenMemory) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    added = later(memory, "I like tea")
    assert added == {
        "results": [],
        "event_id": added["event_id"],
        "status": "PENDING",
        "message": "Memory processing has been queued for background execution",
    }
    llm.gate.set()


def test_the_messages_are_in_the_file_when_add_returns(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    later(memory, "I like tea", run_id="r")
    with closing(SqliteStore(tmp_path / "memory.db")) as other:
        (turn,) = reading(other).turns.pending()
        assert turn.messages == (Message("user", "I like tea"),)
        assert turn.scope == Scope(run_id="r")
    llm.gate.set()


def test_an_event_goes_from_pending_to_running_to_succeeded(
    open_memory: OpenMemory, now: Clock
) -> None:
    llm = GatedLLM([["User likes tea"], ["User likes rum"]])
    memory = open_memory(llm=llm)
    first, second = later(memory, "I like tea"), later(memory, "I like rum")
    assert llm.reached.wait(PATIENCE)
    assert (status(memory, first), status(memory, second)) == ("RUNNING", "PENDING")
    now.advance(seconds=5)
    llm.gate.set()
    assert memory.flush(PATIENCE) == {"failed": 0}
    (row,) = memory.search("tea", **CAM, top_k=1)["results"]
    assert memory.event(first["event_id"]) == {
        "id": first["event_id"],
        "status": "SUCCEEDED",
        "results": [{"id": row["id"], "memory": "User likes tea", "event": "ADD"}],
        "error": None,
        "created_at": "2025-06-15T15:06:40+00:00",
        "completed_at": "2025-06-15T15:06:45+00:00",
    }


def test_a_memory_is_dated_by_when_it_was_said_not_by_when_it_was_extracted(
    open_memory: OpenMemory, now: Clock
) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    later(memory, "I like tea")
    assert llm.reached.wait(PATIENCE)
    now.advance(days=3)
    llm.gate.set()
    memory.flush(PATIENCE)
    (row,) = memory.get_all(**CAM)["results"]
    assert row["created_at"].startswith("2025-06-15")


def test_turns_of_one_scope_are_extracted_in_the_order_in_which_they_were_said(
    open_memory: OpenMemory,
) -> None:
    said = [f"I like tea number {i}" for i in range(20)]
    llm = ScriptedLLM([[]] * len(said), delay=0.002)
    memory = open_memory(llm=llm)
    for text in said:
        later(memory, text)
    memory.flush(PATIENCE)
    assert [call.text.rpartition("user: ")[2] for call in llm.calls] == said


def test_a_blocking_add_comes_after_earlier_turns_of_its_scope(
    open_memory: OpenMemory,
) -> None:
    llm = ScriptedLLM([[], [], ["User likes milk"]], delay=0.05)
    memory = open_memory(llm=llm)
    later(memory, "I like tea")
    later(memory, "I like rum")
    assert texts(memory.add("I like milk", **CAM)) == ["User likes milk"]
    said = [call.text.rpartition("user: ")[2] for call in llm.calls]
    assert said == ["I like tea", "I like rum", "I like milk"]


def test_a_text_stored_verbatim_is_not_left_to_the_background(memory: Memory) -> None:
    assert texts(memory.add("tea", infer=False, async_mode=True, **CAM)) == ["tea"]


@pytest.mark.parametrize("call", [None, False])
def test_the_default_may_be_set_and_a_call_may_say_otherwise(
    open_memory: OpenMemory, call: bool | None
) -> None:
    memory = open_memory(["User likes tea"], async_mode=True)
    added = memory.add("I like tea", async_mode=call, **CAM)
    assert added.get("status") == ("PENDING" if call is None else None)
    memory.flush(PATIENCE)
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]


def test_without_async_mode_add_blocks(open_memory: OpenMemory) -> None:
    assert texts(open_memory(["User likes tea"]).add("I like tea", **CAM)) == ["User likes tea"]


def test_a_config_sets_the_default(tmp_path: Path) -> None:
    config = {"path": str(tmp_path / "memory.db"), "async_mode": True}
    with Memory.from_config(config) as memory:
        assert memory._async_mode
    with pytest.raises(ValidationError, match="async_mode"):
        Memory.from_config({**config, "async_mode": "yes"})


@pytest.mark.parametrize("wrong", ["yes", 1, 0])
def test_async_mode_is_true_or_false(memory: Memory, tmp_path: Path, wrong: Any) -> None:
    before = dump(tmp_path / "memory.db")
    with pytest.raises(ValidationError, match="async_mode"):
        memory.add("tea", async_mode=wrong, **CAM)
    assert dump(tmp_path / "memory.db") == before


def test_it_works_without_a_file(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"], path=":memory:")
    added = later(memory, "I like tea")
    memory.flush(PATIENCE)
    assert status(memory, added) == "SUCCEEDED"


@pytest.mark.slow
def test_hundreds_of_turns_of_many_users_are_all_extracted(open_memory: OpenMemory) -> None:
    memory = open_memory(llm=ScriptedLLM([["User likes tea"]] * 300), durability="normal")
    for i in range(300):
        later(memory, "I like tea", user_id=f"user{i % 50}", run_id=f"{i}")
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert reading(memory.store).overview().memories == 300
    assert reading(memory.store).overview().pending_turns == 0


def test_eight_threads_add_at_once_and_nothing_is_lost(open_memory: OpenMemory) -> None:
    memory = open_memory(llm=ScriptedLLM([["User likes tea"]] * 80), durability="normal")

    def work(name: str) -> None:
        for i in range(10):
            memory.add("I like tea", user_id=name, run_id=f"{i}", async_mode=i % 2 == 0)

    threads = [threading.Thread(target=work, args=(f"user{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    memory.flush(PATIENCE)
    assert reading(memory.store).overview().memories == 80


# -- failures

CUT = '{"facts": ["User likes t'  # the model stopped in mid-answer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (LLMError("no model"), "no model"),
        (CUT, "no valid answer"),
        ("", "no valid answer"),
        ('{"facts": [1]}', "no valid answer"),
    ],
)
def test_a_failing_turn_is_tried_three_times_and_then_reported(
    open_memory: OpenMemory, capfd: pytest.CaptureFixture[str], failure: Any, told: str
) -> None:
    llm = ScriptedLLM([failure] * 30)
    memory = open_memory(llm=llm)
    added = later(memory, "tea")
    assert memory.flush(PATIENCE) == {"failed": 1}
    event = memory.event(added["event_id"])
    assert event is not None
    assert event["status"] == "FAILED"
    assert told in event["error"]
    assert event["completed_at"] is not None
    asked = len(llm.calls)
    assert asked % MAX_TRIES == 0
    time.sleep(0.3)
    assert len(llm.calls) == asked, "not for ever"
    assert capfd.readouterr() == ("", "")


def test_the_worker_goes_on_after_a_turn_was_given_up(open_memory: OpenMemory) -> None:
    memory = open_memory(*[LLMError("no model")] * MAX_TRIES, ["User likes rum"])
    failing = later(memory, "I like tea")
    memory.flush(PATIENCE)
    fine = later(memory, "I like rum", user_id="jane")
    assert memory.flush(PATIENCE) == {"failed": 1}
    assert (status(memory, failing), status(memory, fine)) == ("FAILED", "SUCCEEDED")


def test_a_failure_holds_up_no_other_turn(open_memory: OpenMemory) -> None:
    broken = LLMError("no model")
    memory = open_memory(broken, ["User likes rum"], broken, broken)
    failing, fine = later(memory, "I like tea"), later(memory, "I like rum")
    memory.flush(PATIENCE)
    assert (status(memory, failing), status(memory, fine)) == ("FAILED", "SUCCEEDED")


def test_a_turn_that_failed_once_succeeds_when_it_is_tried_again(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"), ["User likes tea"])
    added = later(memory, "I like tea")
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert status(memory, added) == "SUCCEEDED"


def test_a_turn_that_was_given_up_is_tried_again_on_request(open_memory: OpenMemory) -> None:
    memory = open_memory(*[LLMError("no model")] * MAX_TRIES, ["User likes tea"])
    added = later(memory, "I like tea")
    memory.flush(PATIENCE)
    assert status(memory, added) == "FAILED"
    assert texts(memory.process_pending()) == ["User likes tea"]
    assert status(memory, added) == "SUCCEEDED"


class FaultyLLM(ScriptedLLM):
    """Raises what no language model should about tea, and goes on as it ought to."""

    def __init__(self, answers: Iterable[Answer], faults: Iterable[BaseException]) -> None:
        super().__init__(answers)
        self.faults = list(faults)

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        if "tea" in text and self.faults:
            raise self.faults.pop()
        return super().generate(prompt, text, schema=schema, max_tokens=max_tokens)


def test_a_fault_in_a_program_s_own_model_is_kept_with_its_turn_and_not_printed(
    open_memory: OpenMemory, capfd: pytest.CaptureFixture[str]
) -> None:
    faults = [RuntimeError("a fault in the program") for _ in range(3)]
    memory = open_memory(llm=FaultyLLM([["User likes rum"]], faults))
    failing, fine = later(memory, "I like tea"), later(memory, "I like rum", user_id="jane")
    assert memory.flush(PATIENCE) == {"failed": 1}
    event = memory.event(failing["event_id"])
    assert event is not None
    told = "the language model failed: RuntimeError: a fault in the program"
    assert (event["status"], event["error"]) == ("FAILED", told)
    assert status(memory, fine) == "SUCCEEDED"
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_model_that_ends_its_thread_holds_up_no_turn(open_memory: OpenMemory) -> None:
    memory = open_memory(llm=FaultyLLM([["User likes rum"], ["User likes tea"]], [SystemExit(1)]))
    added = later(memory, "I like tea"), later(memory, "I like rum", user_id="jane")
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert [status(memory, each) for each in added] == ["SUCCEEDED"] * 2


def test_an_interrupted_add_counts_as_no_failure_and_is_free_at_once(
    open_memory: OpenMemory,
) -> None:
    class Interrupted(ScriptedLLM):
        def generate(self, *arguments: Any, **keywords: Any) -> str:
            raise KeyboardInterrupt

    memory = open_memory(llm=Interrupted([]))
    with pytest.raises(KeyboardInterrupt):
        memory.add("I like tea", **CAM)
    other = open_memory(["User likes tea"])
    assert texts(other.process_pending()) == ["User likes tea"]


# -- the end of a program


def test_closing_waits_for_the_current_answer_and_leaves_the_rest_for_the_next_start(
    open_memory: OpenMemory,
) -> None:
    llm = ScriptedLLM([["User likes tea"]] * 5, delay=0.2)
    memory = open_memory(llm=llm)
    added = [later(memory, "I like tea", user_id=f"user{i}") for i in range(5)]
    while not llm.calls:
        time.sleep(0.01)
    began = time.monotonic()
    memory.close()
    assert time.monotonic() - began < 1
    done = len(llm.calls)
    assert done < 5
    again = open_memory(*[["User likes tea"]] * (5 - done), async_mode=True)
    again.flush(PATIENCE)
    assert [status(again, each) for each in added] == ["SUCCEEDED"] * 5
    assert reading(again.store).overview().memories == 5


def test_the_worker_ends_when_no_turn_is_pending(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"])
    later(memory, "I like tea")
    memory.flush(PATIENCE)
    end = time.monotonic() + PATIENCE
    while any(thread.name == "litemem-worker" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_closing_twice_is_closing_once(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"])
    later(memory, "I like tea")
    memory.close()
    memory.close()


def test_a_closed_memory_takes_no_turn(memory: Memory) -> None:
    memory.close()
    for call in (lambda: later(memory, "tea"), memory.flush, lambda: memory.event("x")):
        with pytest.raises(StoreError, match="was closed"):
            call()


@pytest.mark.posix
def test_a_forked_child_is_refused_and_the_worker_of_the_parent_goes_on(
    open_memory: OpenMemory,
) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    added = later(memory, "I like tea")
    assert llm.reached.wait(PATIENCE)
    child = os.fork()
    if child == 0:
        refused = 0
        for call in (lambda: later(memory, "rum"), memory.flush, lambda: memory.event("x")):
            with contextlib.suppress(StoreError):
                call()
                refused -= 1
            refused += 1
        memory.close()
        os._exit(0 if refused == 3 else 1)
    assert os.waitpid(child, 0)[1] == 0
    llm.gate.set()
    memory.flush(PATIENCE)
    assert status(memory, added) == "SUCCEEDED"


def test_an_unexpected_exception_of_a_model_holds_up_no_other_turn(open_memory: OpenMemory) -> None:
    memory = open_memory(KeyError("mine"), ["User likes rum"])
    with memory.store.write() as tx:
        options = {"categories": [], "created_at": START}
        for user, liked in (("cam", "tea"), ("ana", "rum")):
            tx.turns.open(Scope(user_id=user), [Message("user", f"I like {liked}")], options, START)
    with pytest.raises(LLMError, match="KeyError: 'mine'"):
        memory.process_pending()
    assert texts(memory.get_all(user_id="ana")) == ["User likes rum"]
    assert reading(memory.store).overview().pending_turns == 1


# -- the other faces


def test_the_async_class_adds_flushes_and_reports_events(tmp_path: Path) -> None:
    async def use() -> None:
        llm = ScriptedLLM([["User likes tea"]])
        path = tmp_path / "memory.db"
        async with AsyncMemory(path, embedder=HashEmbedder(64), llm=llm) as memory:
            added = await memory.add("I like tea", async_mode=True, **CAM)
            assert added["status"] == "PENDING"
            assert await memory.flush(PATIENCE) == {"failed": 0}
            event = await memory.event(added["event_id"])
            assert event is not None
            assert texts(event) == ["User likes tea"]

    asyncio.run(use())


@pytest.mark.parametrize("mode", [None, False, True])
def test_the_client_passes_the_mode_on_and_blocks_by_default(
    tmp_path: Path, mode: bool | None
) -> None:
    llm = ScriptedLLM([["User likes tea"]])
    with MemoryClient(path=tmp_path / "memory.db", embedder=HashEmbedder(64), llm=llm) as client:
        added = client.add("I like tea", async_mode=mode, **CAM)
        assert added.get("status") == ("PENDING" if mode else None)
        assert client.flush(PATIENCE) == {"failed": 0}
        if mode:
            event = client.event(added["event_id"])
            assert event is not None
            assert event["status"] == "SUCCEEDED"
        assert texts(client.get_all(**CAM)) == ["User likes tea"]


def test_the_async_client_does_so_too(tmp_path: Path) -> None:
    async def use() -> None:
        client = AsyncMemoryClient(
            path=tmp_path / "memory.db",
            embedder=HashEmbedder(64),
            llm=ScriptedLLM([["User likes tea"]]),
            async_mode=True,
        )
        async with client:
            added = await client.add("I like tea", **CAM)
            await client.flush(PATIENCE)
            event = await client.event(added["event_id"])
            assert event is not None
            assert event["status"] == "SUCCEEDED"

    asyncio.run(use())

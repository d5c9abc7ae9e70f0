"""In the background: `add` returns at once, and every turn is extracted once, whoever is killed."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import LIBRARY, START, Clock, OpenMemory, dump
from litemem import AsyncMemory, AsyncMemoryClient, Memory, MemoryClient
from litemem.core.protocols import LLM, Prompt
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import FlushTimeoutError, LLMError, StoreError, ValidationError
from litemem.store.sqlite import KILLS, TRIES, Choice, SqliteStore
from litemem.store.sqlite.liveness import LEASE, Beat, Claimant, beat, is_alive, this_process
from litemem.store.sqlite.turns import KEPT
from litemem.testing import Answer, HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
PATIENCE = 60  # seconds; what takes longer is stuck
DEAD = replace(this_process(), pid=2**22 + 1, started=1)  # beyond the largest number


class GatedLLM(ScriptedLLM):
    """Waits before each answer until it is let; says when it waits."""

    def __init__(self, answers: Any) -> None:
        super().__init__(answers)
        self.reached = threading.Event()
        self.gate = threading.Event()

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        self.reached.set()
        assert self.gate.wait(PATIENCE)
        return super().generate(prompt, text, schema=schema, max_tokens=max_tokens)


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def status(memory: Memory, added: dict[str, Any]) -> str:
    event = memory.event(added["event_id"])
    assert event is not None
    return str(event["status"])


def later(memory: Memory, text: str, **ids: Any) -> dict[str, Any]:
    return memory.add(text, async_mode=True, **(ids or CAM))


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


def test_what_was_said_is_in_the_file_when_add_returns(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    later(memory, "I like tea", run_id="r")
    with closing(SqliteStore(tmp_path / "memory.db")) as other:
        (turn,) = other.pending_turns()
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


def test_an_add_that_waits_comes_after_what_was_said_before_it_in_its_scope(
    open_memory: OpenMemory,
) -> None:
    llm = ScriptedLLM([[], [], ["User likes milk"]], delay=0.05)
    memory = open_memory(llm=llm)
    later(memory, "I like tea")
    later(memory, "I like rum")
    assert texts(memory.add("I like milk", **CAM)) == ["User likes milk"]
    said = [call.text.rpartition("user: ")[2] for call in llm.calls]
    assert said == ["I like tea", "I like rum", "I like milk"]


def test_what_is_stored_as_it_stands_is_not_left_to_the_background(memory: Memory) -> None:
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


def test_without_the_mode_add_waits(open_memory: OpenMemory) -> None:
    assert texts(open_memory(["User likes tea"]).add("I like tea", **CAM)) == ["User likes tea"]


def test_a_config_sets_the_default(tmp_path: Path) -> None:
    config = {"path": str(tmp_path / "memory.db"), "async_mode": True}
    with Memory.from_config(config) as memory:
        assert memory._async_mode
    with pytest.raises(ValidationError, match="async_mode"):
        Memory.from_config({**config, "async_mode": "yes"})


@pytest.mark.parametrize("wrong", ["yes", 1, 0])
def test_the_mode_is_true_or_false(memory: Memory, tmp_path: Path, wrong: Any) -> None:
    before = dump(tmp_path / "memory.db")
    with pytest.raises(ValidationError, match="async_mode"):
        memory.add("tea", async_mode=wrong, **CAM)
    assert dump(tmp_path / "memory.db") == before


def test_it_works_without_a_file(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"], path=":memory:")
    added = later(memory, "I like tea")
    memory.flush(PATIENCE)
    assert status(memory, added) == "SUCCEEDED"


def test_a_thousand_turns_of_many_users_are_all_extracted(open_memory: OpenMemory) -> None:
    memory = open_memory(llm=ScriptedLLM([["User likes tea"]] * 1_000), durability="normal")
    for i in range(1_000):
        later(memory, "I like tea", user_id=f"user{i % 50}", run_id=f"{i}")
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert memory.store.overview().memories == 1_000
    assert memory.store.overview().pending_turns == 0


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
    assert memory.store.overview().memories == 80


# -- what is deleted while it waits


@pytest.fixture
def waiting(open_memory: OpenMemory) -> Iterator[tuple[Memory, GatedLLM, dict[str, Any]]]:
    """A turn of cam's that a model is at, another behind it, and one of jane's."""
    llm = GatedLLM([["User likes tea"], ["User likes rum"], ["User likes gin"]])
    memory = open_memory(llm=llm)
    added = later(memory, "I like tea")
    assert llm.reached.wait(PATIENCE)
    later(memory, "I like rum", user_id="cam", run_id="r")
    later(memory, "I like gin", user_id="jane")
    yield memory, llm, added
    llm.gate.set()


DELETIONS: dict[str, Callable[[Memory], object]] = {
    "the user": lambda m: m.delete_all(user_id="cam"),
    "a filter of ids": lambda m: m.delete_all(filters={"OR": [{"user_id": "cam"}]}),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS.keys())
def test_what_waits_in_a_deleted_scope_gives_no_memories(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]], delete: Callable[[Memory], object]
) -> None:
    memory, llm, added = waiting
    delete(memory)
    assert [turn.scope for turn in memory.store.pending_turns()] == [Scope(user_id="jane")]
    llm._answers[1:2] = []  # nobody asks about the rum
    llm.gate.set()
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert texts(memory.get_all(**CAM)) == []
    assert texts(memory.get_all(user_id="jane")) == ["User likes gin"]
    event = memory.event(added["event_id"])
    assert event is not None
    assert (event["status"], event["results"]) == ("SUCCEEDED", [])
    assert [m.content for m in memory.store.messages(Scope(**CAM), limit=9)] == ["I like tea"]


def test_the_event_of_a_deleted_turn_has_succeeded_at_once(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]],
) -> None:
    memory, _, added = waiting
    memory.delete_all(**CAM)
    assert status(memory, added) == "SUCCEEDED"


def test_a_reset_stops_what_waits_and_what_is_extracted(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]],
) -> None:
    memory, llm, added = waiting
    memory.reset()
    llm.gate.set()
    memory.flush(PATIENCE)
    assert memory.store.overview().memories == 0
    assert memory.event(added["event_id"]) is None


@pytest.mark.parametrize("filters", [{"kind": "drink"}, {"text": {"contains": "tea"}}])
def test_a_filter_that_says_more_than_ids_leaves_what_waits(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]], filters: dict[str, Any]
) -> None:
    memory, llm, _ = waiting
    memory.delete_all(filters=filters, **CAM)
    llm.gate.set()
    memory.flush(PATIENCE)
    assert sorted(texts(memory.get_all(**CAM))) == ["User likes rum", "User likes tea"]


def test_an_add_whose_scope_is_deleted_while_it_waits_for_the_model_adds_nothing(
    open_memory: OpenMemory,
) -> None:
    memories: list[Memory] = []

    class Deleting(ScriptedLLM):
        def generate(self, *args: Any, **kwargs: Any) -> str:
            memories[0].delete_all(**CAM)
            return super().generate(*args, **kwargs)

    memories.append(open_memory(llm=Deleting([["User likes tea"]])))
    assert memories[0].add("I like tea", **CAM) == {"results": []}
    assert texts(memories[0].get_all(**CAM)) == []


def test_the_turns_that_failed_before_go_with_their_scope(open_memory: OpenMemory) -> None:
    memory = open_memory(*[LLMError("no model")] * TRIES, ["User likes tea"])
    added = later(memory, "I like tea")
    assert memory.flush(PATIENCE) == {"failed": 1}
    memory.delete_all(**CAM)
    assert memory.process_pending() == {"results": []}
    assert status(memory, added) == "SUCCEEDED"
    assert memory.verify(full=True)["ok"]


def test_a_client_that_deletes_a_user_drops_what_waits_of_it(tmp_path: Path) -> None:
    with MemoryClient(
        path=tmp_path / "memory.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])
    ) as client:
        with client.memory.store.transaction() as tx:
            for ids in ({"user_id": "cam"}, {"agent_id": "bar"}, {"user_id": "jane"}):
                tx.open_turn(Scope(**ids), [Message("user", "I like tea")], {}, START)
        client.delete_users(user_id="cam", agent_id="bar")
        assert [t.scope for t in client.memory.store.pending_turns()] == [Scope(user_id="jane")]


# -- what may be asked


def test_an_event_is_known_after_a_restart(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"])
    added = later(memory, "I like tea")
    memory.flush(PATIENCE)
    told = memory.event(added["event_id"])
    memory.close()
    assert open_memory().event(added["event_id"]) == told


def test_an_unknown_event_is_none_and_a_blank_one_is_refused(memory: Memory) -> None:
    assert memory.event("0190a0a0-0000-7000-8000-000000000000") is None
    with pytest.raises(ValidationError, match="event_id"):
        memory.event(" ")


def test_an_event_does_not_tell_what_was_deleted(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(["User likes tea"])
    added = later(memory, "I like tea")
    memory.flush(PATIENCE)
    memory.delete_all(**CAM)
    event = memory.event(added["event_id"])
    assert event is not None
    assert event["results"] == []
    assert "tea" not in str(dump(tmp_path / "memory.db")["finished_turn"])


def test_only_the_last_events_are_kept(memory: Memory) -> None:
    with memory.store.transaction() as tx:
        for i in range(KEPT + 2):
            turn = tx.open_turn(
                Scope(**CAM), [Message("user", "tea")], {}, START, event_id=f"event-{i}"
            )
            assert tx.close_turn(turn, START)
    assert memory.event("event-1") is None
    assert memory.event("event-2") is not None


def test_flush_has_nothing_to_wait_for_in_a_new_file(memory: Memory) -> None:
    assert memory.flush() == {"failed": 0}


def test_flush_says_when_it_takes_too_long_and_the_work_goes_on(open_memory: OpenMemory) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    later(memory, "I like tea")
    with pytest.raises(FlushTimeoutError, match=r"1 turns are not finished after 0\.1 seconds"):
        memory.flush(timeout=0.1)
    with pytest.raises(TimeoutError):
        memory.flush(0)
    llm.gate.set()
    memory.flush(PATIENCE)
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "1", True, [], 10**400])
def test_a_timeout_is_a_number_of_seconds(memory: Memory, wrong: Any) -> None:
    with pytest.raises(ValidationError, match="timeout"):
        memory.flush(wrong)


def test_flush_does_not_wait_for_what_is_said_after_it_began(open_memory: OpenMemory) -> None:
    llm = GatedLLM([["User likes tea"], ["User likes rum"]])
    memory = open_memory(llm=llm)
    later(memory, "I like tea")
    flushing = threading.Thread(target=memory.flush)
    flushing.start()
    time.sleep(0.1)
    later(memory, "I like rum", user_id="jane")
    llm.gate.set()
    flushing.join(PATIENCE)
    assert not flushing.is_alive()
    memory.flush(PATIENCE)


def test_a_reset_empties_the_queue(open_memory: OpenMemory) -> None:
    llm = GatedLLM([["User likes tea"]])
    memory = open_memory(llm=llm)
    added = later(memory, "I like tea")
    assert llm.reached.wait(PATIENCE)
    memory.reset()
    llm.gate.set()
    memory.flush(PATIENCE)
    assert memory.event(added["event_id"]) is None
    assert memory.store.overview().memories == 0


# -- failures


CUT = '{"facts": ["User likes t'  # the model stopped in mid-answer


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (LLMError("no model"), "no model"),
        (CUT, "wrote"),
        ("", "wrote"),
        ('{"facts": [1]}', "wrote"),
    ],
)
def test_what_fails_is_tried_three_times_and_then_told(
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
    assert asked % TRIES == 0
    time.sleep(0.3)
    assert len(llm.calls) == asked, "not for ever"
    assert capfd.readouterr() == ("", "")


def test_the_worker_goes_on_after_a_turn_was_given_up(open_memory: OpenMemory) -> None:
    memory = open_memory(*[LLMError("no model")] * TRIES, ["User likes rum"])
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


def test_what_fails_once_succeeds_when_it_is_tried_again(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"), ["User likes tea"])
    added = later(memory, "I like tea")
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert status(memory, added) == "SUCCEEDED"


def test_a_turn_that_was_given_up_is_tried_again_on_request(open_memory: OpenMemory) -> None:
    memory = open_memory(*[LLMError("no model")] * TRIES, ["User likes tea"])
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


def test_closing_waits_for_the_answer_at_hand_and_leaves_the_rest_for_the_next_start(
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
    assert again.store.overview().memories == 5


def test_the_worker_is_gone_when_nothing_waits(open_memory: OpenMemory) -> None:
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


def test_what_no_model_should_raise_holds_up_no_other_turn(open_memory: OpenMemory) -> None:
    memory = open_memory(KeyError("mine"), ["User likes rum"])
    with memory.store.transaction() as tx:
        options = {"categories": [], "created_at": START}
        for user, liked in (("cam", "tea"), ("ana", "rum")):
            tx.open_turn(Scope(user_id=user), [Message("user", f"I like {liked}")], options, START)
    with pytest.raises(LLMError, match="KeyError: 'mine'"):
        memory.process_pending()
    assert texts(memory.get_all(user_id="ana")) == ["User likes rum"]
    assert memory.store.overview().pending_turns == 1


# -- several programs

PRELUDE = """
import os, sys, time
from litemem import Memory
from litemem.testing import Answer, HashEmbedder, ScriptedLLM

class Echo(ScriptedLLM):
    '''Writes down each turn that it is asked about; finds what it says, or nothing.'''

    finds = True

    def generate(self, prompt, text, *, schema, max_tokens):
        time.sleep(self.delay)
        said = text.rpartition("I like ")[2]
        with open(record, "a") as file:
            file.write(said + chr(10))
        return '{"facts": ["User likes %s"]}' % said if self.finds else '{"facts": []}'

path, record, *arguments = sys.argv[1:]

def open_memory(delay, **settings):
    return Memory(path, embedder=HashEmbedder(64), llm=Echo([], delay=delay), **settings)
"""


class Programs:
    """Starts scripts on one file, each in a process; keeps what their models were asked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "memory.db"
        self.record = folder / "asked.txt"
        self.record.touch()
        self.running: list[subprocess.Popen[str]] = []

    def start(self, script: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", PRELUDE + script, str(self.path), str(self.record)]
            + [str(argument) for argument in arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        )
        self.running.append(process)
        return process

    def asked(self) -> Counter[str]:
        return Counter(self.record.read_text().split("\n")[:-1])

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    started = Programs(tmp_path)
    yield started
    started.close()


def finish(process: subprocess.Popen[str]) -> str:
    printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors == ""
    return printed


ADDING = """
name, number, delay = arguments
Echo.finds = False
with open_memory(float(delay), durability="normal") as memory:
    for i in range(int(number)):
        memory.add(f"I like {name} {i}", user_id=f"user{i % 7}", async_mode=True)
    memory.flush()
"""


def test_two_programs_with_fifty_turns_each_extract_each_turn_once(programs: Programs) -> None:
    processes = [programs.start(ADDING, name, 50, 0.005) for name in ("tea", "rum")]
    for process in processes:
        finish(process)
    expected = [f"{name} {i}" for name in ("tea", "rum") for i in range(50)]
    assert programs.asked() == Counter(expected)
    with closing(SqliteStore(programs.path)) as store:
        assert store.overview().messages == 100
        assert store.overview().pending_turns == 0


PENDING = """
with open_memory(0.01) as memory:
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(memory.process_pending()["results"]))
"""


def test_two_programs_that_process_what_is_pending_share_it(programs: Programs) -> None:
    with closing(SqliteStore(programs.path)) as store, store.transaction() as tx:
        options = {"categories": [], "created_at": START}
        for i in range(40):
            said = [Message("user", f"I like tea {i}")]
            tx.open_turn(Scope(user_id=f"user{i}"), said, options, START)
    processes = [programs.start(PENDING) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    shares = [int(finish(process)) for process in processes]
    assert sum(shares) == 40
    assert min(shares) > 0
    assert programs.asked() == Counter(f"tea {i}" for i in range(40))


def test_flush_waits_for_the_turn_that_another_program_is_at(
    programs: Programs, open_memory: OpenMemory
) -> None:
    process = programs.start(
        """
with open_memory(1.0) as memory:
    memory.add("I like tea", user_id="cam", async_mode=True)
    while not memory.store._open_writer().execute("SELECT count(*) FROM claim").get:
        time.sleep(0.01)
    print("working", flush=True)
    memory.flush()
"""
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    memory = open_memory()
    with pytest.raises(FlushTimeoutError):
        memory.flush(timeout=0.1)
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]
    finish(process)


KILLED = """
memory = open_memory(0.01, async_mode=True, durability="normal")
first = int(arguments[0])
for i in range(first, first + 10):
    memory.add(f"I like tea {i}", agent_id="waiter", user_id=f"user{i}")
    print(i, flush=True)
memory.flush()
time.sleep(60)
"""
ROUNDS = 12


def test_a_program_that_is_killed_again_and_again_loses_and_doubles_nothing(
    programs: Programs, open_memory: OpenMemory
) -> None:
    """Killed while it adds, while it extracts, when it is done; whatever was said is remembered."""
    said: list[int] = []
    chance = random.Random(7)
    for number in range(ROUNDS):
        process = programs.start(KILLED, number * 10)
        assert process.stdout is not None
        wanted = chance.randint(1, 10)
        for _ in range(wanted):
            said.append(int(process.stdout.readline()))
        time.sleep(chance.random() * 0.2)
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout]
    finish(programs.start("open_memory(0, async_mode=True).flush()"))
    with closing(Memory(programs.path, embedder=HashEmbedder(64), llm=ScriptedLLM([]))) as memory:
        remembered = texts(memory.get_all(agent_id="waiter", top_k=1_000))
        assert memory.store.overview().pending_turns == 0
    expected = {f"User likes tea {i}" for i in said}
    unreported = {text for text in remembered if text not in expected}
    assert Counter(remembered).most_common(1)[0][1] == 1
    assert expected <= set(remembered)
    assert len(unreported) <= ROUNDS, "a turn may be in the file that add could not report"
    with closing(apsw.Connection(str(programs.path))) as connection:
        assert connection.pragma("integrity_check") == "ok"
        assert connection.execute("SELECT count(*) FROM claim").get == 0


def test_the_turn_of_a_killed_program_is_free_at_once(
    programs: Programs, open_memory: OpenMemory
) -> None:
    process = programs.start(
        """
memory = open_memory(60)
print(memory.add("I like tea", user_id="cam", async_mode=True)["event_id"], flush=True)
time.sleep(60)
"""
    )
    assert process.stdout is not None
    event_id = process.stdout.readline().strip()
    memory = open_memory(["User likes tea"])
    while (memory.event(event_id) or {}).get("status") != "RUNNING":
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    while (memory.event(event_id) or {}).get("status") == "RUNNING":
        time.sleep(0.01)  # it is not waited for: it stays in the list of processes
    began = time.monotonic()
    assert texts(memory.process_pending()) == ["User likes tea"]
    assert time.monotonic() - began < 5
    event = memory.event(event_id)
    assert event is not None
    assert event["status"] == "SUCCEEDED"


@pytest.mark.parametrize("moment", [0, 0.2])
def test_a_program_may_end_while_the_worker_waits_for_the_model(
    programs: Programs, moment: float
) -> None:
    began = time.monotonic()
    printed = finish(
        programs.start(
            """
memory = open_memory(60)
print(memory.add("I like tea", user_id="cam", async_mode=True)["event_id"])
time.sleep(float(arguments[0]))
""",
            moment,
        )
    )
    assert time.monotonic() - began < 20
    with closing(
        Memory(programs.path, embedder=HashEmbedder(64), llm=ScriptedLLM([["User likes tea"]]))
    ) as memory:
        (turn,) = memory.store.pending_turns()
        assert turn.event_id == printed.strip()
        assert texts(memory.process_pending()) == ["User likes tea"]


MAIN_THREAD_ENDS = """
import threading
from litemem.errors import LLMError

class Broken(Echo):
    def generate(self, prompt, text, *, schema, max_tokens):
        raise LLMError("broken")

def serve():
    threading.main_thread().join()
    memory = Memory(path, embedder=HashEmbedder(64), llm=Broken([]))
    event_id = memory.add("I like tea", user_id="cam", async_mode=True)["event_id"]
    memory.flush(60)
    print(memory.event(event_id)["status"])
    memory.close()

threading.Thread(target=serve).start()
"""


def test_failures_count_also_after_the_main_thread_has_ended(programs: Programs) -> None:
    assert finish(programs.start(MAIN_THREAD_ENDS)) == "FAILED\n"


DISK_IS_FULL = """
import resource, signal, threading
ended = []
threading.excepthook = ended.append
memory = open_memory(0)
memory.add("I like rum", user_id="ana", infer=False)
with memory.store.transaction() as tx:
    from litemem.core.types import Message
    from litemem.core.scope import Scope
    options = {"categories": [], "created_at": 1}
    tx.open_turn(Scope(user_id="cam"), [Message("user", "I like tea")], options, 1)
size = os.path.getsize(path + "-wal")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
memory._worker.start()
time.sleep(0.5)
print(len(ended))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
memory.flush(60)
print([row["memory"] for row in memory.get_all(user_id="cam")["results"]])
memory.close()
"""


def test_a_full_disk_is_waited_out(programs: Programs) -> None:
    assert finish(programs.start(DISK_IS_FULL)) == "0\n['User likes tea']\n"


FORKED = """
memory = open_memory(5)
memory.add("I like tea", user_id="cam", async_mode=True)
memory._worker._lock.acquire()  # as the worker may at that moment
child = os.fork()
if child == 0:
    sys.exit()
memory._worker._lock.release()
print(os.waitpid(child, 0)[1])
os._exit(0)
"""


def test_a_forked_child_ends_whatever_the_worker_held(programs: Programs) -> None:
    assert finish(programs.start(FORKED)) == "0\n"


def test_a_turn_that_takes_its_program_down_five_times_is_given_up(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(["User likes tea"])
    with memory.store.transaction() as tx:
        options = {"categories": [], "created_at": START}
        said = [Message("user", "I like tea")]
        tx.open_turn(Scope(**CAM), said, options, START, event_id="event")
    for number in range(KILLS):
        assert status(memory, {"event_id": "event"}) == "PENDING"
        with memory.store.transaction() as tx:
            assert tx.claim_next(Claimant(f"dead {number}", DEAD), Choice()) is not None
    with memory.store.transaction() as tx:
        assert tx.claim_next(Claimant("mine", this_process()), Choice(kills=KILLS)) is None
    event = memory.event("event")
    assert event is not None
    assert event["status"] == "FAILED"
    assert "the program ended" in event["error"]
    assert texts(memory.process_pending()) == ["User likes tea"]


ENDING = """
from litemem.models.llms import LlamaCppLLM
memory = Memory(path, embedder=HashEmbedder(64), llm=LlamaCppLLM("smollm2-135m", threads=1))
memory.add("I am Cam, and I like tea. " * 20, user_id="cam", async_mode=True)
time.sleep(float(arguments[0]))
print("leaving")
"""


@pytest.mark.model
@pytest.mark.usefixtures("tiny_llm")  # it is there
@pytest.mark.parametrize("moment", [0, 0.3, 1])
def test_a_program_may_end_while_the_real_model_is_loaded_or_works(
    programs: Programs, moment: float
) -> None:
    """And what it prints meanwhile is not lost: `llms` takes the redirection from llama_cpp."""
    assert finish(programs.start(ENDING, moment)) == "leaving\n"
    llm = ScriptedLLM([["User likes tea"]])
    with closing(Memory(programs.path, embedder=HashEmbedder(64), llm=llm)) as memory:
        memory.process_pending()
        assert memory.store.overview().pending_turns == 0
        finished_in_time = not llm.calls
        assert finished_in_time or memory.get_all(**CAM)["results"]


@pytest.mark.model
def test_closing_waits_for_one_answer_of_the_real_model_at_most(
    tmp_path: Path, tiny_llm: LLM
) -> None:
    path = tmp_path / "memory.db"
    memory = Memory(path, embedder=HashEmbedder(64), llm=tiny_llm)
    added = [later(memory, "I am Cam, and I like tea.", user_id=f"{i}") for i in range(20)]
    while status(memory, added[0]) == "PENDING":
        time.sleep(0.01)
    memory.close()
    with closing(SqliteStore(path)) as store:
        assert store.overview().pending_turns >= len(added) - 2
        assert not store.waiting_turns(Choice(most=0)), "nobody is at any"


# -- who is alive

HERE = this_process()
NOW = Beat(10 * LEASE, 1_000 * LEASE)
OTHER_BOOT = replace(HERE, boot="another boot")
OTHER_SPACE = replace(HERE, space="another container")


def test_this_process_is_alive_however_long_it_was_silent() -> None:
    assert is_alive(HERE, Beat(0, 0), here=HERE, now=NOW)
    assert is_alive(this_process(), beat(), here=this_process(), now=beat())


def test_a_process_that_took_the_number_of_another_is_not_the_other() -> None:
    if not HERE.started:
        pytest.skip("the system does not tell when a process began")
    assert not is_alive(replace(HERE, started=HERE.started - 1), NOW, here=HERE, now=NOW)


def test_a_number_that_no_process_has_is_dead_at_once() -> None:
    assert not is_alive(DEAD, NOW, here=HERE, now=NOW)
    assert not is_alive(replace(HERE, pid=2**70), NOW, here=HERE, now=NOW)


def test_a_killed_process_that_nobody_has_waited_for_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process = replace(HERE, pid=child.pid, started=0)
        assert is_alive(process, NOW, here=HERE, now=NOW)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(process, NOW, here=HERE, now=NOW)
    finally:
        child.wait()


@pytest.mark.parametrize(
    ("heard", "alive"),
    [
        (NOW, True),
        (replace(NOW, uptime=NOW.uptime - LEASE), True),
        (replace(NOW, uptime=NOW.uptime - LEASE - 1), False),
        (replace(NOW, uptime=NOW.uptime + 1), False),  # it has booted since
        (replace(NOW, at=0), True),  # the time of day was set
        (replace(NOW, at=NOW.at * 2), True),
    ],
)
def test_a_process_of_another_container_lives_by_the_machines_own_clock(
    heard: Beat, alive: bool
) -> None:
    assert is_alive(OTHER_SPACE, heard, here=HERE, now=NOW) is alive


@pytest.mark.parametrize(
    ("heard", "alive"),
    [
        (NOW, True),
        (replace(NOW, uptime=0), True),
        (replace(NOW, at=NOW.at - LEASE), True),
        (replace(NOW, at=NOW.at - LEASE - 1), False),
        (replace(NOW, at=NOW.at + LEASE + 1), False),  # its clock was ahead, and is no measure
    ],
)
def test_a_process_of_another_machine_lives_by_the_time_of_day(heard: Beat, alive: bool) -> None:
    assert is_alive(OTHER_BOOT, heard, here=HERE, now=NOW) is alive


# -- the other faces


def test_the_async_face_adds_waits_and_tells(tmp_path: Path) -> None:
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
def test_the_client_passes_the_mode_on_and_waits_without(tmp_path: Path, mode: bool | None) -> None:
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

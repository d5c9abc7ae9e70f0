"""Pending turns: their events, `flush`, and what happens when their scope is deleted."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from helpers import START, OpenMemory, dump
from helpers.pending import CAM, PATIENCE, GatedLLM, later, status, texts
from helpers.stores import reading
from litemem import Memory, MemoryClient
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import FlushTimeoutError, LLMError, ModelFileError, ValidationError
from litemem.store.protocol import MAX_TRIES
from litemem.store.sqlite.turns import KEPT
from litemem.testing import HashEmbedder, ScriptedLLM

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
def test_pending_turns_of_a_deleted_scope_give_no_memories(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]], delete: Callable[[Memory], object]
) -> None:
    memory, llm, added = waiting
    delete(memory)
    assert [turn.scope for turn in reading(memory.store).turns.pending()] == [Scope(user_id="jane")]
    llm._answers[1:2] = []  # nobody asks about the rum
    llm.gate.set()
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert texts(memory.get_all(**CAM)) == []
    assert texts(memory.get_all(user_id="jane")) == ["User likes gin"]
    event = memory.event(added["event_id"])
    assert event is not None
    assert (event["status"], event["results"]) == ("SUCCEEDED", [])
    assert [m.content for m in reading(memory.store).messages.last(Scope(**CAM), limit=9)] == [
        "I like tea"
    ]


def test_the_event_of_a_deleted_turn_succeeds_at_once(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]],
) -> None:
    memory, _, added = waiting
    memory.delete_all(**CAM)
    assert status(memory, added) == "SUCCEEDED"


def test_a_reset_stops_pending_turns_and_running_extraction(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]],
) -> None:
    memory, llm, added = waiting
    memory.reset()
    llm.gate.set()
    memory.flush(PATIENCE)
    assert reading(memory.store).overview().memories == 0
    assert memory.event(added["event_id"]) is None


@pytest.mark.parametrize("filters", [{"kind": "drink"}, {"text": {"contains": "tea"}}])
def test_a_filter_with_more_than_ids_leaves_the_pending_turns(
    waiting: tuple[Memory, GatedLLM, dict[str, Any]], filters: dict[str, Any]
) -> None:
    memory, llm, _ = waiting
    memory.delete_all(filters=filters, **CAM)
    llm.gate.set()
    memory.flush(PATIENCE)
    assert sorted(texts(memory.get_all(**CAM))) == ["User likes rum", "User likes tea"]


def test_an_add_to_a_scope_that_is_deleted_during_extraction_adds_nothing(
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
    memory = open_memory(*[LLMError("no model")] * MAX_TRIES, ["User likes tea"])
    added = later(memory, "I like tea")
    assert memory.flush(PATIENCE) == {"failed": 1}
    memory.delete_all(**CAM)
    assert memory.process_pending() == {"results": []}
    assert status(memory, added) == "SUCCEEDED"
    assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize("by", ["id", "filter"])
def test_a_message_that_was_deleted_before_its_turn_was_read_gives_no_fact(
    tmp_path: Path, by: str
) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        with pytest.raises(LLMError):
            memory.add("My PIN is 4711.", metadata={"k": 1}, **CAM)
        (found,) = memory.search("PIN", **CAM)["results"]
        if by == "id":
            memory.delete(found["id"])
        else:
            memory.delete_all(filters={"k": 1}, **CAM)
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["User's PIN is 4711"]])) as memory:
        assert memory.process_pending() == {"results": []}
        assert memory.search("PIN", **CAM)["results"] == []


def test_a_client_that_deletes_a_user_drops_its_pending_turns(tmp_path: Path) -> None:
    with MemoryClient(
        path=tmp_path / "memory.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])
    ) as client:
        with client.memory.store.write() as tx:
            for ids in ({"user_id": "cam"}, {"agent_id": "bar"}, {"user_id": "jane"}):
                tx.turns.open(Scope(**ids), [Message("user", "I like tea")], {}, START)
        client.delete_users(user_id="cam", agent_id="bar")
        assert [t.scope for t in reading(client.memory.store).turns.pending()] == [
            Scope(user_id="jane")
        ]


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


def test_an_event_does_not_show_deleted_memories(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(["User likes tea"])
    added = later(memory, "I like tea")
    memory.flush(PATIENCE)
    memory.delete_all(**CAM)
    event = memory.event(added["event_id"])
    assert event is not None
    assert event["results"] == []
    assert "tea" not in str(dump(tmp_path / "memory.db")["finished_turn"])


@pytest.mark.slow
def test_only_the_last_events_are_kept(memory: Memory) -> None:
    with memory.store.write() as tx:
        for i in range(KEPT + 2):
            turn = tx.turns.open(
                Scope(**CAM), [Message("user", "tea")], {}, START, event_id=f"event-{i}"
            )
            assert tx.turns.finish(turn, START)
    assert memory.event("event-1") is None
    assert memory.event("event-2") is not None


def test_flush_has_nothing_to_wait_for_in_a_new_file(memory: Memory) -> None:
    assert memory.flush() == {"failed": 0}


def test_a_flush_that_times_out_is_an_error_and_the_work_goes_on(open_memory: OpenMemory) -> None:
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


def test_flush_does_not_wait_for_later_turns(open_memory: OpenMemory) -> None:
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
    assert reading(memory.store).overview().memories == 0


# -- what was stored without an embedder


class AbsentEmbedder(HashEmbedder):
    """Fails as an embedder whose model is not installed."""

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        raise ModelFileError("no model")


@pytest.mark.parametrize("is_pending", [False, True])
def test_it_is_found_once_there_is_one_even_without_a_language_model(
    tmp_path: Path, is_pending: bool
) -> None:
    path = tmp_path / "memory.db"
    memory = Memory(path, embedder=AbsentEmbedder(), llm=ScriptedLLM([]))
    with memory, pytest.raises(LLMError):
        memory.add("I avoid shellfish", **CAM)
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        with pytest.raises(LLMError):
            memory.process_pending() if is_pending else memory.add("I like tea", **CAM)
        found = memory.search("shellfish", top_k=1, **CAM)
        assert texts(found) == ["I avoid shellfish"]
        assert memory.verify(full=True)["ok"]

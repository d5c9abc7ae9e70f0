"""`Memory.add`: Mem0's shapes, extraction, and the message log."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helpers import Clock, OpenMemory, dump
from helpers.memories import CAM, ISO, JANE, store_text, texts
from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import (
    EmbedderError,
    LLMError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

# -- add: shapes


def test_add_reports_each_extracted_memory_as_mem0_does(open_memory: OpenMemory) -> None:
    memory = open_memory(["Cam avoids shellfish"])
    (row,) = memory.add("I'm Cam and I avoid shellfish", **CAM)["results"]
    assert row == {"id": row["id"], "memory": "Cam avoids shellfish", "event": "ADD"}


def test_add_without_inference_reports_role_and_speaker(memory: Memory) -> None:
    said = [{"role": "assistant", "content": "Noted", "name": "Ada"}]
    (row,) = memory.add(said, infer=False, **CAM)["results"]
    assert row == {
        "id": row["id"],
        "memory": "Noted",
        "event": "ADD",
        "actor_id": "Ada",
        "role": "assistant",
    }


def test_add_that_finds_nothing_reports_no_memory(open_memory: OpenMemory) -> None:
    assert open_memory([]).add("Hello!", **CAM) == {"results": []}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ("likes tea", ["likes tea"]),
        ({"role": "user", "content": "likes tea"}, ["likes tea"]),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], ["a", "b"]),
        (({"role": "user", "content": "a"},), ["a"]),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]}], ["a\nb"]),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}], []),
        ([{"role": "system", "content": "be kind"}, {"role": "user", "content": "a"}], ["a"]),
        ([{"role": "assistant", "content": None}], []),
        ([{"role": "user", "content": "   "}], []),
        ([{"role": "tool", "content": "42"}], ["42"]),
    ],
)
def test_add_without_inference_stores_each_message_that_says_something(
    memory: Memory, messages: Any, expected: list[str]
) -> None:
    assert texts(memory.add(messages, infer=False, **CAM)) == expected


def test_the_same_text_is_stored_thrice_when_it_is_stored_thrice(memory: Memory) -> None:
    for _ in range(3):
        store_text(memory, "likes tea")
    assert texts(memory.get_all(**CAM)) == ["likes tea"] * 3


def test_add_keeps_metadata_and_categories_with_every_memory(open_memory: OpenMemory) -> None:
    memory = open_memory(["Cam likes tea", "Cam likes rum"])
    memory.add("Cam likes tea and rum", metadata={"n": [1]}, categories=["a", "b", "a"], **CAM)
    rows = memory.get_all(**CAM)["results"]
    assert [(row["metadata"], row["categories"]) for row in rows] == [({"n": [1]}, ["a", "b"])] * 2


def test_metadata_changed_after_the_call_does_not_change_the_memory(memory: Memory) -> None:
    metadata = {"tags": ["a"]}
    store_text(memory, "likes tea", metadata=metadata)
    metadata["tags"].append("b")
    assert memory.get_all(**CAM)["results"][0]["metadata"] == {"tags": ["a"]}


def test_a_memory_carries_every_id_of_its_call(memory: Memory) -> None:
    ids = {"user_id": "u", "agent_id": "a", "app_id": "p", "run_id": "r"}
    memory.add("likes tea", infer=False, **ids)
    assert ids.items() <= memory.get_all(agent_id="a", run_id="r")["results"][0].items()


@pytest.mark.parametrize(
    "when",
    [
        datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        "2024-01-02T03:04:05Z",
        "2024-01-02T05:04:05+02:00",
        "2024-01-02 03:04:05",
        1_704_164_645,
    ],
)
def test_a_timestamp_dates_the_memory_back(memory: Memory, when: Any) -> None:
    store_text(memory, "likes tea", timestamp=when)
    assert memory.get_all(**CAM)["results"][0]["created_at"] == "2024-01-02T03:04:05+00:00"


def test_without_a_timestamp_a_memory_is_from_now(memory: Memory) -> None:
    store_text(memory, "likes tea")
    row = memory.get_all(**CAM)["results"][0]
    assert (row["created_at"], row["updated_at"]) == (ISO, ISO)


def test_an_agents_summary_is_one_procedural_memory(open_memory: OpenMemory) -> None:
    memory = open_memory({"did": "Ran them", "wrong": "", "chosen": ""}, {"open": ["Deploy ours"]})
    run = [
        {"role": "user", "content": "Fix the failing tests"},
        {"role": "assistant", "content": "Done; I will deploy tomorrow."},
    ]
    memory.add(run, agent_id="a", memory_type="procedural_memory")
    (row,) = memory.get_all(agent_id="a")["results"]
    assert row["memory"] == (
        "Goal: Fix the failing tests\n\n"
        "## Steps\n1. Done; I will deploy tomorrow.\n\n## Open\n- Deploy ours"
    )
    assert row["memory_type"] == "procedural_memory"


# -- add: extraction and the message log


def test_what_is_found_a_second_time_in_a_scope_is_not_stored_again(
    open_memory: OpenMemory,
) -> None:
    memory = open_memory(["Cam likes tea"], ["Cam likes tea", "Cam likes rum"])
    memory.add("Cam likes tea", **CAM)
    again = memory.add("Cam likes tea and rum", **CAM)["results"]
    assert [(m["memory"], m["event"]) for m in again] == [
        ("Cam likes tea", "NONE"),
        ("Cam likes rum", "ADD"),
    ]
    assert sorted(texts(memory.get_all(**CAM))) == ["Cam likes rum", "Cam likes tea"]


@pytest.mark.parametrize("other", [JANE, {**CAM, "run_id": "r"}, {"agent_id": "cam"}])
def test_what_is_known_in_one_scope_is_still_stored_in_another(
    open_memory: OpenMemory, other: dict[str, str]
) -> None:
    memory = open_memory(["Cam likes tea"], ["Cam likes tea"])
    memory.add("Cam likes tea", **CAM)
    assert texts(memory.add("Cam likes tea", **other)) == ["Cam likes tea"]


def test_a_fact_that_one_answer_holds_twice_is_stored_once(open_memory: OpenMemory) -> None:
    memory = open_memory(["Cam likes tea", "Cam likes tea"])
    assert len(memory.add("Cam likes tea", **CAM)["results"]) == 1


def test_what_is_said_again_after_it_expired_is_remembered_again(
    open_memory: OpenMemory, now: Clock
) -> None:
    memory = open_memory(["Cam is in Rome"], ["Cam is in Rome"])
    memory.add("Cam is in Rome", expires_at="2025-06-15", **CAM)
    now.advance(days=2)
    memory.add("Cam is in Rome", **CAM)
    assert texts(memory.get_all(**CAM)) == ["Cam is in Rome"]


def test_a_memory_knows_the_messages_that_it_came_from(open_memory: OpenMemory) -> None:
    memory = open_memory(["Cam likes tea"])
    said = [{"role": "user", "content": "I'm Cam, I like tea", "name": "cam"}]
    (row,) = memory.add(said, **CAM)["results"]
    assert reading(memory.store).messages.sources(row["id"]) == [
        Message("user", "I'm Cam, I like tea", "cam")
    ]


def test_a_memory_stored_verbatim_knows_its_one_message(memory: Memory) -> None:
    said = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    first, second = memory.add(said, infer=False, **CAM)["results"]
    assert reading(memory.store).messages.sources(first["id"]) == [Message("user", "a")]
    assert reading(memory.store).messages.sources(second["id"]) == [Message("user", "b")]


def test_every_message_is_logged_in_order_in_its_exact_scope(open_memory: OpenMemory) -> None:
    memory = open_memory([])
    memory.add([{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}], **CAM)
    memory.add("three", infer=False, **CAM)
    memory.add("elsewhere", infer=False, **CAM, run_id="r")
    logged = reading(memory.store).messages.last(Scope(**CAM), limit=10)
    assert [message.content for message in logged] == ["one", "two", "three"]


def test_earlier_messages_of_the_exact_scope_are_shown_to_the_model(
    open_memory: OpenMemory,
) -> None:
    llm = ScriptedLLM([[], []])
    memory = open_memory(llm=llm)
    memory.add("My sister is Ana", **CAM)
    memory.add("from another run", infer=False, **CAM, run_id="r")
    memory.add("She likes tea", **CAM)
    assert "My sister is Ana" in llm.calls[1].text
    assert "another run" not in llm.calls[1].text


@pytest.mark.parametrize("failure", [LLMError("no model"), "this is no JSON", '{"facts": "tea"}'])
def test_a_turn_with_a_failed_extraction_is_kept_and_reported(
    open_memory: OpenMemory, failure: Any
) -> None:
    memory = open_memory(failure, failure, failure, failure)
    with pytest.raises(LLMError) as caught:
        memory.add("I like tea", **CAM)
    assert "process_pending" in "".join(caught.value.__notes__)
    (turn,) = reading(memory.store).turns.pending()
    assert turn.messages == (Message("user", "I like tea"),)


def test_a_failed_extraction_stores_no_memory(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"))
    with pytest.raises(LLMError):
        memory.add("I like tea", **CAM)
    assert memory.get_all(**CAM) == {"results": []}


def test_a_pending_turn_is_finished_with_what_its_call_said(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"), ["User likes tea"])
    with pytest.raises(LLMError):
        memory.add("I like tea", metadata={"n": 1}, timestamp="2024-01-01", **CAM)
    assert texts(memory.process_pending()) == ["User likes tea"]
    (row,) = memory.get_all(**CAM)["results"]
    assert row["metadata"] == {"n": 1}
    assert row["created_at"] == "2024-01-01T00:00:00+00:00"


def test_a_finished_turn_is_no_longer_pending(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"), ["User likes tea"])
    with pytest.raises(LLMError):
        memory.add("I like tea", **CAM)
    memory.process_pending()
    assert reading(memory.store).turns.pending() == []
    assert memory.process_pending() == {"results": []}


def test_pending_turns_survive_the_process(open_memory: OpenMemory) -> None:
    first = open_memory(LLMError("no model"))
    with pytest.raises(LLMError):
        first.add("I like tea", **CAM)
    first.close()
    assert texts(open_memory(["User likes tea"]).process_pending()) == ["User likes tea"]


def test_a_failure_halfway_keeps_what_was_processed_before(open_memory: OpenMemory) -> None:
    broken = LLMError("no model")
    memory = open_memory(broken, broken, ["User likes tea"], broken)
    for text in ("I like tea", "I like rum"):
        with pytest.raises(LLMError):
            memory.add(text, **CAM)
    with pytest.raises(LLMError):
        memory.process_pending()
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]
    assert len(reading(memory.store).turns.pending()) == 1


class BrokenEmbedder(HashEmbedder):
    """Fails for whatever it is asked."""

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        raise EmbedderError("no model")


def test_a_turn_with_a_failed_embedding_is_kept(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"], embedder=BrokenEmbedder(64))
    with pytest.raises(EmbedderError):
        memory.add("I like tea", **CAM)
    assert len(reading(memory.store).turns.pending()) == 1


def test_a_text_that_cannot_be_embedded_leaves_nothing_when_stored_verbatim(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(embedder=BrokenEmbedder(64))
    before = dump(tmp_path / "memory.db")
    with pytest.raises(EmbedderError):
        memory.add("I like tea", infer=False, **CAM)
    assert dump(tmp_path / "memory.db") == before


class ShortEmbedder(HashEmbedder):
    """Forgets the last of the texts."""

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        return super().embed_documents(texts[:-1])


def test_an_embedder_that_returns_too_few_vectors_is_reported(open_memory: OpenMemory) -> None:
    memory = open_memory(embedder=ShortEmbedder(64))
    with pytest.raises(EmbedderError, match="0 vectors for 1 texts"):
        memory.add("I like tea", infer=False, **CAM)

"""Memory: Mem0's calls and shapes, and what they mean in one file."""

import hashlib
import inspect
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import Clock, OpenMemory, dump
from litemem import Memory
from litemem.core.protocols import EmbedderIdentity, Vector
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import (
    EmbedderError,
    EmbedderMismatchError,
    ExtractionError,
    LLMError,
    MemoryNotFoundError,
    ScopeError,
    StoreError,
    ValidationError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
JANE = {"user_id": "jane"}
ISO = "2025-06-15T15:06:40+00:00"  # where the tests' clock stands


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def store_text(memory: Memory, text: str, **arguments: Any) -> str:
    """Store a text as it stands; return its id."""
    added: str = memory.add(
        text, infer=False, **({} if "user_id" in arguments else CAM), **arguments
    )["results"][0]["id"]
    return added


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
    assert memory.store.sources(row["id"]) == [Message("user", "I'm Cam, I like tea", "cam")]


def test_a_memory_stored_as_it_stands_knows_its_one_message(memory: Memory) -> None:
    said = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    first, second = memory.add(said, infer=False, **CAM)["results"]
    assert memory.store.sources(first["id"]) == [Message("user", "a")]
    assert memory.store.sources(second["id"]) == [Message("user", "b")]


def test_every_message_is_logged_in_order_in_its_exact_scope(open_memory: OpenMemory) -> None:
    memory = open_memory([])
    memory.add([{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}], **CAM)
    memory.add("three", infer=False, **CAM)
    memory.add("elsewhere", infer=False, **CAM, run_id="r")
    logged = memory.store.messages(Scope(**CAM), limit=10)
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
def test_a_turn_whose_extraction_fails_is_kept_and_told(
    open_memory: OpenMemory, failure: Any
) -> None:
    memory = open_memory(failure, failure, failure, failure)
    with pytest.raises(LLMError) as caught:
        memory.add("I like tea", **CAM)
    assert "process_pending" in "".join(caught.value.__notes__)
    (turn,) = memory.store.pending_turns()
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
    assert memory.store.pending_turns() == []
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
    assert len(memory.store.pending_turns()) == 1


class BrokenEmbedder(HashEmbedder):
    """Fails for whatever it is asked."""

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        raise EmbedderError("no model")


def test_a_turn_whose_embedding_fails_is_kept(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"], embedder=BrokenEmbedder(64))
    with pytest.raises(EmbedderError):
        memory.add("I like tea", **CAM)
    assert len(memory.store.pending_turns()) == 1


def test_a_text_that_cannot_be_embedded_leaves_nothing_when_it_is_stored_as_it_stands(
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


def test_an_embedder_that_gives_too_few_vectors_is_told(open_memory: OpenMemory) -> None:
    memory = open_memory(embedder=ShortEmbedder(64))
    with pytest.raises(EmbedderError, match="0 vectors for 1 texts"):
        memory.add("I like tea", infer=False, **CAM)


# -- get, get_all, search


def test_get_shows_a_memory_as_mem0_does(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    assert memory.get(memory_id) == {
        "id": memory_id,
        "memory": "likes tea",
        "hash": hashlib.md5(b"likes tea").hexdigest(),
        "metadata": None,
        "score": None,
        "created_at": ISO,
        "updated_at": ISO,
        "user_id": "cam",
        "role": "user",
    }


def test_a_memorys_hash_is_the_md5_of_its_text(memory: Memory) -> None:
    row = memory.get(store_text(memory, "abc"))
    assert row is not None
    assert row["hash"] == "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321, A.5


def test_get_of_an_unknown_id_is_none(memory: Memory) -> None:
    assert memory.get("unknown") is None


def test_get_all_shows_memories_without_a_score(memory: Memory) -> None:
    store_text(memory, "likes tea")
    (row,) = memory.get_all(**CAM)["results"]
    assert "score" not in row


def test_get_all_lists_the_newest_first(memory: Memory, now: Clock) -> None:
    for text in ("one", "two", "three"):
        store_text(memory, text)
        now.advance(seconds=1)
    assert texts(memory.get_all(**CAM)) == ["three", "two", "one"]


def test_memories_of_one_moment_are_listed_in_reverse_order_of_writing(memory: Memory) -> None:
    for i in range(5):
        store_text(memory, str(i))
    assert texts(memory.get_all(**CAM)) == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("name", ["top_k", "limit"])
@pytest.mark.parametrize(("wanted", "found"), [(0, 0), (1, 1), (3, 3), (10, 5), (2**70, 5)])
def test_both_names_bound_how_many_are_listed(
    memory: Memory, name: str, wanted: int, found: int
) -> None:
    for i in range(5):
        store_text(memory, f"tea {i}")
    assert len(memory.get_all(**CAM, **{name: wanted})["results"]) == found
    assert len(memory.search("tea", **CAM, **{name: wanted})["results"]) == found


def test_twenty_are_listed_when_nothing_is_said(memory: Memory) -> None:
    memory.add([{"role": "user", "content": f"tea {i}"} for i in range(25)], infer=False, **CAM)
    assert len(memory.get_all(**CAM)["results"]) == 20
    assert len(memory.search("tea", threshold=0, **CAM)["results"]) == 20


def test_search_finds_the_nearest_first_with_its_score(memory: Memory) -> None:
    for text in ("avoids shellfish", "plays chess on Sundays", "likes window seats"):
        store_text(memory, text)
    rows = memory.search("which shellfish?", **CAM)["results"]
    assert rows[0]["memory"] == "avoids shellfish"
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert all(0 <= row["score"] <= 1 for row in rows)


def test_a_found_memory_has_all_that_a_listed_one_has(memory: Memory) -> None:
    store_text(memory, "avoids shellfish", metadata={"n": 1})
    (found,) = memory.search("shellfish", **CAM)["results"]
    (listed,) = memory.get_all(**CAM)["results"]
    assert found == listed | {"score": found["score"]}


def test_search_leaves_out_what_scores_below_the_threshold(memory: Memory) -> None:
    store_text(memory, "plays chess on Sundays")
    store_text(memory, "avoids shellfish")
    assert texts(memory.search("shellfish", threshold=0.3, **CAM)) == ["avoids shellfish"]


def test_search_never_leaves_its_scope(memory: Memory) -> None:
    store_text(memory, "avoids shellfish")
    store_text(memory, "loves shellfish", **JANE)
    assert texts(memory.search("shellfish", **JANE)) == ["loves shellfish"]


READS: dict[str, Callable[..., dict[str, Any]]] = {
    "get_all": lambda memory, **ids: memory.get_all(**ids),
    "search": lambda memory, **ids: memory.search("tea", **ids),
}
each_read = pytest.mark.parametrize("read", READS.values(), ids=READS.keys())


@each_read
@pytest.mark.parametrize(
    "ids",
    [
        CAM,
        {"filters": CAM},
        {**CAM, "filters": CAM},
        {"filters": {"AND": [CAM]}},
        {"filters": {"user_id": {"in": ["cam", "nobody"]}}},
        {"app_id": "shop", "filters": CAM},
    ],
)
def test_ids_are_taken_as_keywords_and_in_filters(
    memory: Memory, read: Callable[..., dict[str, Any]], ids: dict[str, Any]
) -> None:
    store_text(memory, "cam likes tea", app_id="shop")
    store_text(memory, "jane likes tea", **JANE, app_id="shop")
    assert texts(read(memory, **ids)) == ["cam likes tea"]


@each_read
def test_an_id_given_twice_with_different_values_is_an_error(
    memory: Memory, read: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ScopeError):
        read(memory, **CAM, filters=JANE)


@each_read
def test_a_read_without_a_scope_is_an_error(
    memory: Memory, read: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ScopeError):
        read(memory)


def test_add_takes_ids_in_filters(memory: Memory) -> None:
    memory.add("likes tea", filters=CAM, app_id="shop", infer=False)
    assert texts(memory.get_all(**CAM, app_id="shop")) == ["likes tea"]


def test_add_refuses_an_id_given_twice_with_different_values(memory: Memory) -> None:
    with pytest.raises(ScopeError, match="twice"):
        memory.add("likes tea", **CAM, filters=JANE, infer=False)


# -- expiry


@each_read
@pytest.mark.parametrize("name", ["expires_at", "expiration_date"])
@pytest.mark.parametrize("day", ["2025-06-15", date(2025, 6, 15)])
def test_a_memory_is_found_until_its_last_day_has_ended(
    memory: Memory, now: Clock, read: Callable[..., dict[str, Any]], name: str, day: Any
) -> None:
    store_text(memory, "likes tea", **{name: day})
    now.at = 1_750_031_999_999_999  # the last microsecond of that day
    assert texts(read(memory, **CAM)) == ["likes tea"]
    now.at += 1
    assert texts(read(memory, **CAM)) == []


@each_read
def test_expired_memories_are_shown_on_demand(
    memory: Memory, read: Callable[..., dict[str, Any]]
) -> None:
    store_text(memory, "likes tea", expires_at="2025-01-01")
    assert texts(read(memory, **CAM, show_expired=True)) == ["likes tea"]


def test_get_shows_a_memory_also_when_it_expired(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea", expires_at="2025-01-01")
    assert memory.get(memory_id) is not None


def test_a_memory_shows_its_last_day_and_its_last_moment(memory: Memory) -> None:
    row = memory.get(store_text(memory, "likes tea", expiration_date="2030-12-31"))
    assert row is not None
    assert row["expiration_date"] == "2030-12-31"
    assert row["expires_at"] == "2031-01-01T00:00:00+00:00"


def test_the_last_day_of_all_can_be_an_expiry(memory: Memory) -> None:
    row = memory.get(store_text(memory, "likes tea", expiration_date="9999-12-31"))
    assert row is not None
    assert row["expiration_date"] == "9999-12-31"


def test_two_different_expiries_are_an_error(memory: Memory) -> None:
    with pytest.raises(ValidationError, match="different"):
        store_text(memory, "x", expires_at="2030-01-01", expiration_date="2031-01-01")


# -- update


@pytest.mark.parametrize("name", ["text", "data"])
def test_update_changes_the_text_and_says_so(memory: Memory, name: str) -> None:
    memory_id = store_text(memory, "likes tea")
    told = memory.update(memory_id, **{name: "likes coffee"})
    assert told == {"message": "Memory updated successfully!"}
    assert texts(memory.get_all(**CAM)) == ["likes coffee"]


def test_an_updated_text_is_found_by_its_new_words_only(memory: Memory) -> None:
    memory.update(store_text(memory, "likes tea"), "avoids shellfish")
    assert texts(memory.search("shellfish", threshold=0.5, **CAM)) == ["avoids shellfish"]
    assert texts(memory.search("tea", threshold=0.5, **CAM)) == []


def test_update_merges_metadata_into_what_is_there(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea", metadata={"a": 1, "b": 2})
    memory.update(memory_id, metadata={"b": 3, "c": 4})
    assert memory.get_all(**CAM)["results"][0]["metadata"] == {"a": 1, "b": 3, "c": 4}


def test_update_of_metadata_leaves_the_text_alone(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    memory.update(memory_id, metadata={"a": 1})
    assert texts(memory.search("tea", **CAM)) == ["likes tea"]


def test_update_moves_only_the_time_of_the_update(memory: Memory, now: Clock) -> None:
    memory_id = store_text(memory, "likes tea")
    now.advance(seconds=5)
    memory.update(memory_id, "likes coffee")
    row = memory.get(memory_id)
    assert row is not None
    assert (row["created_at"], row["updated_at"]) == (ISO, "2025-06-15T15:06:45+00:00")


@pytest.mark.parametrize("name", ["expires_at", "expiration_date"])
def test_update_sets_and_lifts_an_expiry(memory: Memory, name: str) -> None:
    memory_id = store_text(memory, "likes tea")
    memory.update(memory_id, **{name: "2025-01-01"})
    assert texts(memory.get_all(**CAM)) == []
    memory.update(memory_id, **{name: None})
    assert texts(memory.get_all(**CAM)) == ["likes tea"]


def test_update_refuses_two_different_expiries(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    with pytest.raises(ValidationError, match="different"):
        memory.update(memory_id, expires_at="2030-01-01", expiration_date=None)


def test_update_replaces_categories(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea", categories=["a"])
    memory.update(memory_id, categories=["b"])
    assert memory.get_all(**CAM)["results"][0]["categories"] == ["b"]


def test_update_of_an_unknown_memory_is_an_error_that_is_a_value_error(memory: Memory) -> None:
    with pytest.raises(MemoryNotFoundError) as caught:
        memory.update("unknown", "likes tea")
    assert isinstance(caught.value, ValueError)


# -- delete, delete_all, reset, history


def test_delete_removes_a_memory_and_says_so(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    assert memory.delete(memory_id) == {"message": "Memory deleted successfully!"}
    assert memory.get(memory_id) is None
    assert texts(memory.search("tea", **CAM)) == []


def test_delete_of_an_unknown_memory_is_an_error(memory: Memory) -> None:
    with pytest.raises(MemoryNotFoundError, match="unknown"):
        memory.delete("unknown")


def test_delete_all_removes_one_scope_and_says_so(memory: Memory) -> None:
    store_text(memory, "likes tea", expires_at="2025-01-01")
    store_text(memory, "likes rum")
    store_text(memory, "likes milk", **JANE)
    assert memory.delete_all(**CAM) == {"message": "Memories deleted successfully!"}
    assert memory.get_all(**CAM, show_expired=True) == {"results": []}
    assert texts(memory.get_all(**JANE)) == ["likes milk"]


def test_delete_all_takes_filters(memory: Memory) -> None:
    store_text(memory, "likes tea", metadata={"n": 1})
    store_text(memory, "likes rum", metadata={"n": 2})
    memory.delete_all(filters={**CAM, "metadata": {"n": 1}})
    assert texts(memory.get_all(**CAM)) == ["likes rum"]


def test_delete_all_of_an_empty_scope_succeeds(memory: Memory) -> None:
    assert memory.delete_all(**CAM) == {"message": "Memories deleted successfully!"}


@pytest.mark.parametrize("arguments", [{}, {"filters": {}}, {"filters": {"metadata": {"n": 1}}}])
def test_delete_all_without_a_scope_deletes_nothing(
    memory: Memory, arguments: dict[str, Any]
) -> None:
    store_text(memory, "likes tea", metadata={"n": 1})
    with pytest.raises(ScopeError):
        memory.delete_all(**arguments)
    assert texts(memory.get_all(**CAM)) == ["likes tea"]


def test_history_tells_the_life_of_a_memory_as_mem0_does(memory: Memory, now: Clock) -> None:
    said = {"role": "user", "content": "likes tea", "name": "Cam"}
    memory_id = memory.add(said, infer=False, **CAM)["results"][0]["id"]
    now.advance(seconds=1)
    memory.update(memory_id, "likes coffee")
    now.advance(seconds=1)
    memory.delete(memory_id)
    known = {"memory_id": memory_id, "created_at": ISO, "actor_id": "Cam", "role": "user"}
    entries = memory.history(memory_id)
    assert [{k: v for k, v in entry.items() if k != "id"} for entry in entries] == [
        known
        | {
            "event": "ADD",
            "old_memory": None,
            "new_memory": "likes tea",
            "updated_at": None,
            "is_deleted": False,
        },
        known
        | {
            "event": "UPDATE",
            "old_memory": "likes tea",
            "new_memory": "likes coffee",
            "updated_at": "2025-06-15T15:06:41+00:00",
            "is_deleted": False,
        },
        known
        | {
            "event": "DELETE",
            "old_memory": "likes coffee",
            "new_memory": None,
            "updated_at": "2025-06-15T15:06:42+00:00",
            "is_deleted": True,
        },
    ]


def test_each_entry_of_a_history_has_an_id_of_its_own(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    memory.update(memory_id, "likes coffee")
    memory.update(memory_id, "likes rum")
    ids = [entry["id"] for entry in memory.history(memory_id)]
    assert len(set(ids)) == len(ids)


def test_an_unknown_memory_has_no_history(memory: Memory) -> None:
    assert memory.history("unknown") == []


def test_delete_all_writes_the_history_of_each_memory(memory: Memory) -> None:
    ids = [store_text(memory, text) for text in ("a", "b")]
    memory.delete_all(**CAM)
    assert [[e["event"] for e in memory.history(i)] for i in ids] == [["ADD", "DELETE"]] * 2


def test_reset_removes_everything_and_returns_none(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    assert memory.reset() is None
    assert memory.history(memory_id) == []
    found = memory.store.overview()
    assert (found.memories, found.messages, found.pending_turns) == (0, 0, 0)


def test_after_a_reset_the_memory_goes_on(memory: Memory) -> None:
    memory.reset()
    store_text(memory, "likes tea")
    assert texts(memory.search("tea", **CAM)) == ["likes tea"]


def test_after_a_reset_another_embedder_is_welcome(open_memory: OpenMemory) -> None:
    first = open_memory()
    store_text(first, "likes tea")
    first.reset()
    second = open_memory(embedder=HashEmbedder(32))
    store_text(second, "likes rum")
    assert texts(second.search("rum", **CAM)) == ["likes rum"]


# -- names


CALLS: dict[str, Callable[..., object]] = {
    "add": lambda m, **k: m.add("x", infer=False, **CAM, **k),
    "search": lambda m, **k: m.search("x", **CAM, **k),
    "get": lambda m, **k: m.get("x", **k),
    "get_all": lambda m, **k: m.get_all(**CAM, **k),
    "update": lambda m, **k: m.update("x", "y", **k),
    "delete": lambda m, **k: m.delete("x", **k),
    "delete_all": lambda m, **k: m.delete_all(**CAM, **k),
    "history": lambda m, **k: m.history("x", **k),
    "reset": lambda m, **k: m.reset(**k),
    "process_pending": lambda m, **k: m.process_pending(**k),
    "close": lambda m, **k: m.close(**k),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@each_call
def test_an_unknown_keyword_is_a_type_error(memory: Memory, call: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="unknown_keyword"):
        call(memory, unknown_keyword=1)


def test_no_public_method_takes_just_any_keyword() -> None:
    methods = [m for n, m in inspect.getmembers(Memory, callable) if not n.startswith("_")]
    kinds = {p.kind for method in methods for p in inspect.signature(method).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds


# -- opening and closing


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"close"}))
def test_every_call_after_close_says_that_the_file_was_closed(memory: Memory, name: str) -> None:
    memory.close()
    with pytest.raises(StoreError, match="was closed"):
        CALLS[name](memory)


def test_closing_twice_does_no_harm(memory: Memory) -> None:
    memory.close()
    memory.close()


def test_a_with_block_closes_the_memory(open_memory: OpenMemory) -> None:
    with open_memory() as memory:
        store_text(memory, "likes tea")
    with pytest.raises(StoreError, match="was closed"):
        memory.get_all(**CAM)


def test_a_memory_in_memory_works_and_leaves_no_file(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(path=":memory:")
    store_text(memory, "likes tea")
    assert texts(memory.search("tea", **CAM)) == ["likes tea"]
    assert list(tmp_path.iterdir()) == []


def test_the_default_file_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "folder" / "named.db"))
    with Memory(embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        assert memory.store.path == str(tmp_path / "folder" / "named.db")


def test_the_default_file_is_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    with Memory(embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        assert memory.store.path == str(tmp_path / "litemem" / "memory.db")


@pytest.mark.parametrize("key", ["path", "vector_store"])
def test_from_config_opens_the_file_that_it_names(tmp_path: Path, key: str) -> None:
    path = str(tmp_path / "named.db")
    config = (
        {"path": path}
        if key == "path"
        else {key: {"provider": "litemem", "config": {"path": path}}}
    )
    with Memory.from_config(config) as memory:
        assert memory.store.path == path


def test_from_config_understands_mem0s_sections(tmp_path: Path) -> None:
    config = {
        "version": "v1.1",
        "history_db_path": "history.db",
        "vector_store": {"provider": "litemem", "config": {"path": str(tmp_path / "m.db")}},
        "embedder": {"provider": "fastembed", "config": {"model": "all-minilm-l6-v2-int8"}},
        "llm": {"provider": "llama_cpp", "config": {"model": "smollm2-135m"}},
        "custom_instructions": "Only food.",
    }
    with Memory.from_config(config) as memory:
        assert memory.llm.name == "smollm2-135m"
        assert memory.embedder.identity.name == "all-minilm-l6-v2-int8"


@pytest.mark.parametrize(
    "config",
    [
        None,
        [],
        {"pth": "x"},
        {"path": 5},
        {"durability": "sometimes"},
        {"vector_store": {"provider": "qdrant"}},
        {"vector_store": {"provider": "litemem", "config": ["path"]}},
        {"llm": {"provider": "openai", "config": {"model": "gpt-9"}}},
        {"embedder": "no-such-model"},
    ],
)
def test_from_config_refuses_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "m.db"))
    with pytest.raises(ValidationError):
        Memory.from_config(config)


def test_custom_instructions_are_shown_to_the_model(open_memory: OpenMemory) -> None:
    llm = ScriptedLLM([[], []])
    memory = open_memory(llm=llm, custom_instructions="Only food.")
    memory.add("I like tea", **CAM)
    memory.add("I like rum", prompt="Only drinks.", **CAM)
    assert "Only food." in llm.calls[0].text
    assert "Only drinks." in llm.calls[1].text
    assert "Only food." not in llm.calls[1].text


# -- two objects, one file


def test_two_memories_on_one_file_see_each_others_writes(open_memory: OpenMemory) -> None:
    one, other = open_memory(), open_memory()
    store_text(one, "likes tea")
    assert texts(other.search("tea", **CAM)) == ["likes tea"]
    other.delete_all(**CAM)
    assert texts(one.get_all(**CAM)) == []


class Renamed(HashEmbedder):
    """An embedder of the same dimensions with other weights."""

    @property
    def identity(self) -> EmbedderIdentity:
        return EmbedderIdentity("hash", 64, "other weights")


@pytest.mark.parametrize("other", [HashEmbedder(32), Renamed(64)])
def test_another_embedder_is_refused_and_told_of_reindex(
    open_memory: OpenMemory, other: HashEmbedder
) -> None:
    store_text(open_memory(), "likes tea")
    with pytest.raises(EmbedderMismatchError, match="litemem reindex"):
        open_memory(embedder=other)


WITH_VECTORS: dict[str, Callable[[Memory, str], object]] = {
    "add": lambda m, _: m.add("I like rum", **CAM),
    "add as it stands": lambda m, _: m.add("I like rum", infer=False, **CAM),
    "search": lambda m, _: m.search("tea", **CAM),
    "update": lambda m, memory_id: m.update(memory_id, "likes rum"),
}


@pytest.mark.parametrize("call", WITH_VECTORS.values(), ids=WITH_VECTORS.keys())
def test_an_embedder_that_came_too_late_is_refused_and_changes_nothing(
    open_memory: OpenMemory, tmp_path: Path, call: Callable[[Memory, str], object]
) -> None:
    late = open_memory(["User likes rum"], embedder=HashEmbedder(32))  # the file is still empty
    memory_id = store_text(open_memory(), "likes tea")
    before = dump(tmp_path / "memory.db")
    with pytest.raises(EmbedderMismatchError):
        call(late, memory_id)
    assert dump(tmp_path / "memory.db") == before


def test_an_embedder_that_is_called_otherwise_but_is_the_same_is_welcome(
    open_memory: OpenMemory,
) -> None:
    class Alias(HashEmbedder):
        @property
        def identity(self) -> EmbedderIdentity:
            return EmbedderIdentity("alias", 64, "hash-64")

    store_text(open_memory(), "likes tea")
    assert texts(open_memory(embedder=Alias(64)).search("tea", **CAM)) == ["likes tea"]


def test_a_model_never_runs_inside_a_transaction(open_memory: OpenMemory, tmp_path: Path) -> None:
    """While a model works, another connection writes; it would wait in vain otherwise."""
    path = str(tmp_path / "memory.db")

    def write() -> None:
        connection = apsw.Connection(path)
        connection.execute("BEGIN IMMEDIATE; ROLLBACK")
        connection.close()

    class WritingEmbedder(HashEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
            write()
            return super().embed_documents(texts)

        def embed_query(self, text: str) -> Vector:
            write()
            return super().embed_query(text)

    class WritingLLM(ScriptedLLM):
        def generate(self, *arguments: Any, **keywords: Any) -> str:
            write()
            return super().generate(*arguments, **keywords)

    memory = open_memory(embedder=WritingEmbedder(64), llm=WritingLLM([["User likes tea"]]))
    memory.add("I like tea", **CAM)
    memory.update(memory.search("tea", **CAM)["results"][0]["id"], "likes rum")
    memory.add("I like milk", infer=False, **CAM)
    assert len(memory.get_all(**CAM)["results"]) == 2


def test_two_threads_that_process_one_turn_store_it_once(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"), ["User likes tea"], ["User likes tea"])
    with pytest.raises(LLMError):
        memory.add("I like tea", **CAM)
    threads = [threading.Thread(target=memory.process_pending) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]


def test_results_can_be_written_as_json(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"])
    added = memory.add("I like tea", metadata={"n": 1.5}, expires_at="2030-01-01", **CAM)
    memory_id = added["results"][0]["id"]
    everything = [added, memory.get(memory_id), memory.search("tea", **CAM)]
    json.dumps([*everything, memory.get_all(**CAM), memory.history(memory_id)])


def test_an_unreadable_answer_is_an_extraction_error(open_memory: OpenMemory) -> None:
    memory = open_memory("no", "no", "no", "no", "no", "no", "no")
    with pytest.raises(ExtractionError, match="scripted wrote no list of facts"):
        memory.add("tea", **CAM)

"""`Memory.update`, `delete`, `delete_all`, `reset` and `history`."""

from pathlib import Path
from typing import Any

import pytest

from helpers import Clock, OpenMemory
from helpers.memories import CAM, ISO, JANE, store_text, texts
from helpers.stores import reading
from litemem import Memory
from litemem.errors import (
    MemoryNotFoundError,
    ScopeError,
    ValidationError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

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


def test_update_merges_metadata(memory: Memory) -> None:
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
    with pytest.raises(ValidationError, match="differ"):
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


def test_history_lists_a_memory_s_changes_as_mem0_does(memory: Memory, now: Clock) -> None:
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
    found = reading(memory.store).overview()
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


# -- what a memory superseded


PARIS, BERLIN, OSLO = "User lives in Paris", "User moved to Berlin", "User moved to Oslo"


def supersede(memory: Memory, *facts: str, **ids: str) -> list[str]:
    """Add facts of which each supersedes the one before; return the ids of their memories."""
    assert isinstance(memory.llm, ScriptedLLM)
    memory.llm._answers += [[fact] for fact in facts]
    return [memory.add(fact, **(ids or CAM))["results"][0]["id"] for fact in facts]


def superseded_ids(row: Any) -> list[str]:
    found: list[str] = row.get("supersedes", [])
    return found


def test_every_read_says_what_a_memory_superseded(memory: Memory) -> None:
    old, new = supersede(memory, PARIS, BERLIN)
    (listed,) = memory.get_all(**CAM)["results"]
    (found,) = memory.search("Where does the user live?", **CAM)["results"]
    for row in (listed, found, memory.get(new)):
        assert superseded_ids(row) == [old]
    assert "supersedes" not in (memory.get(old) or {})


def test_each_memory_of_a_chain_names_the_one_before(memory: Memory) -> None:
    first, second, third = supersede(memory, PARIS, BERLIN, OSLO)
    rows = memory.get_all(show_superseded=True, **CAM)["results"]
    assert {row["id"]: superseded_ids(row) for row in rows} == {
        first: [],
        second: [first],
        third: [second],
    }


def test_superseded_memories_that_are_gone_are_not_named(memory: Memory) -> None:
    old, new = supersede(memory, PARIS, BERLIN)
    memory.cleanup(history_older_than="0s", **CAM)
    assert superseded_ids(memory.get(new)) == [old]
    memory.delete(old)
    assert "supersedes" not in (memory.get(new) or {})


def test_no_memory_of_another_scope_is_named(memory: Memory) -> None:
    supersede(memory, PARIS, BERLIN)
    (_, theirs) = supersede(memory, PARIS, BERLIN, **JANE)
    with memory.store.write() as tx:
        tx.connection.execute("UPDATE memory SET superseded_by = ? WHERE pk = 1", (theirs,))
    (row,) = memory.get_all(**JANE)["results"]
    assert len(superseded_ids(row)) == 1
    assert memory.get(superseded_ids(row)[0])["user_id"] == "jane"  # type: ignore[index]


def test_an_outcome_says_what_was_superseded(memory: Memory) -> None:
    (old,) = supersede(memory, PARIS)
    assert isinstance(memory.llm, ScriptedLLM)
    memory.llm._answers.append([BERLIN])
    event_id = memory.add(BERLIN, async_mode=True, **CAM)["event_id"]
    memory.flush(timeout=5)
    event = memory.event(event_id)
    assert event is not None
    assert superseded_ids(event["results"][0]) == [old]


def test_a_memory_keeps_what_it_superseded_through_an_export(
    memory: Memory, open_memory: OpenMemory, tmp_path: Path
) -> None:
    old, new = supersede(memory, PARIS, BERLIN)
    memory.export_file(tmp_path / "all.jsonl")
    other = open_memory(path=tmp_path / "other.db")
    other.import_file(tmp_path / "all.jsonl")
    assert superseded_ids(other.get(new)) == [old]

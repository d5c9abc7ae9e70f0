"""`undo`, `supersede` and `feedback`: what people correct in a memory, and take back."""

from io import BytesIO
from pathlib import Path

import pytest

from helpers import Clock, OpenMemory
from helpers.memories import CAM, JANE, store_text, texts
from litemem import Memory
from litemem.errors import (
    ImmutableError,
    MemoryNotFoundError,
    StoreReadOnlyError,
    ValidationError,
)
from litemem.testing import HashEmbedder


def test_a_changed_text_is_taken_back_and_a_second_undo_brings_it_again(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes coffee")
    memory.update(memory_id, "User likes tea")
    assert memory.undo(memory_id) == {"id": memory_id, "undone": "UPDATE"}
    assert memory.get(memory_id)["memory"] == "User likes coffee"
    memory.undo(memory_id)
    assert memory.get(memory_id)["memory"] == "User likes tea"


def test_the_text_that_is_back_is_found_by_its_words(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes coffee")
    memory.update(memory_id, "User drives a car")
    memory.undo(memory_id)
    (found,) = memory.search("coffee", include_messages=False, **CAM)["results"]
    assert found["score"] > 0.3


def test_a_deleted_memory_comes_back_with_its_messages(open_memory: OpenMemory, now: Clock) -> None:
    memory = open_memory(["User likes tea"])
    added = memory.add("I like tea", user_id="cam", run_id="r")["results"][0]["id"]
    before = memory.get(added)
    now.advance(days=1)
    memory.delete(added)
    assert memory.undo(added)["undone"] == "DELETE"
    after = memory.get(added)
    for key in ("memory", "created_at", "user_id", "run_id"):
        assert after[key] == before[key]
    assert [each["event"] for each in memory.history(added)] == ["ADD", "DELETE", "ADD"]
    (found,) = memory.search("tea", include_messages=False, **CAM)["results"]
    assert [source["snippet"] for source in found["sources"]] == ["I like tea"]
    assert memory.verify(full=True)["ok"]


def test_a_deleted_memory_comes_back_with_all_that_it_had(
    open_memory: OpenMemory, now: Clock
) -> None:
    relation = {"relations": [[1, "Ida", "lives_in", "Oslo"]]}
    memory = open_memory(["User's sister Ida lives in Oslo"], relation)
    added = memory.add("My sister Ida lives in Oslo", enable_graph=True, **CAM)
    memory_id = added["results"][0]["id"]
    metadata = {"a": None, "deep": {"n": 1e300, "text": 'ä"\n'}, "pinned": True}
    memory.update(memory_id, metadata=metadata, categories=["family", "x,y"])
    memory.update(memory_id, expires_at="2031-01-01")
    memory.feedback(memory_id, "NEGATIVE", "never said")
    before = memory.get(memory_id)
    with memory.store.read() as r:
        standing, related = r.memories.standings([memory_id]), r.graph.of_memories([memory_id])
    now.advance(days=1)
    memory.delete(memory_id)
    memory.undo(memory_id)
    after = memory.get(memory_id)
    assert after.pop("updated_at") != before.pop("updated_at")
    assert after == before
    with memory.store.read() as r:
        assert r.memories.standings([memory_id]) == standing
        assert r.graph.of_memories([memory_id]) == related != []
    assert memory.verify(full=True)["ok"]


def test_an_immutable_memory_of_a_certain_time_comes_back_as_such(memory: Memory) -> None:
    memory_id = store_text(memory, "tea", immutable=True, timestamp="2024-02-03T00:00:00Z")
    before = memory.get(memory_id)
    memory.delete(memory_id)
    memory.undo(memory_id)
    after = memory.get(memory_id)
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    with pytest.raises(ImmutableError):
        memory.update(memory_id, "coffee")


def test_every_field_of_a_change_is_taken_back_and_comes_again(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes tea", metadata={"n": 1}, categories=["food"])
    before = memory.get(memory_id)
    memory.update(
        memory_id,
        "User likes coffee",
        metadata={"n": 2, "m": []},
        categories=["drinks"],
        expires_at="2031-01-01",
        timestamp="2024-01-01T00:00:00Z",
    )
    changed = memory.get(memory_id)
    for expected in (before, changed, before):
        memory.undo(memory_id)
        found = memory.get(memory_id)
        assert {**found, "updated_at": None} == {**expected, "updated_at": None}
    assert memory.verify(full=True)["ok"]


def test_an_undo_is_as_whole_in_a_copy(memory: Memory, tmp_path: Path) -> None:
    memory_id = store_text(memory, "User likes tea", metadata={"n": 1}, categories=["food"])
    memory.feedback(memory_id, "POSITIVE")
    before = memory.get(memory_id)
    memory.delete(memory_id)
    lines = "".join(memory.export())
    with Memory(tmp_path / "copy.db", embedder=HashEmbedder()) as copy:
        copy.import_file(BytesIO(lines.encode()))
        assert "".join(copy.export()) == lines
        copy.undo(memory_id)
        assert {**copy.get(memory_id), "updated_at": None} == {**before, "updated_at": None}


def test_nothing_of_an_erased_memory_stays_in_its_history(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes tea", metadata={"secret": "xyzzy-7731"})
    memory.update(memory_id, metadata={"secret": "changed"})
    memory.delete(memory_id)
    assert memory.erase(memory_id)["gone"]
    assert b"xyzzy-7731" not in Path(memory.store.path).read_bytes()


def test_a_superseded_memory_is_valid_again(memory: Memory) -> None:
    old, new = store_text(memory, "User lives in Bergen"), store_text(memory, "User lives in Oslo")
    memory.supersede(old, by=new)
    assert texts(memory.get_all(**CAM)) == ["User lives in Oslo"]
    assert memory.undo(old)["undone"] == "SUPERSEDE"
    assert len(memory.get_all(**CAM)["results"]) == 2
    assert "superseded_by" not in memory.get(old)


def test_a_memory_that_was_deleted_while_superseded_comes_back_superseded(memory: Memory) -> None:
    old, new = store_text(memory, "User lives in Bergen"), store_text(memory, "User lives in Oslo")
    memory.supersede(old, by=new)
    memory.delete(old)
    memory.undo(old)
    assert memory.get(old)["superseded_by"] == new
    assert texts(memory.get_all(**CAM)) == ["User lives in Oslo"]


def test_a_memory_that_was_valid_again_before_it_was_deleted_comes_back_valid(
    memory: Memory,
) -> None:
    old, new = store_text(memory, "User lives in Bergen"), store_text(memory, "User lives in Oslo")
    memory.supersede(old, by=new)
    memory.undo(old)
    memory.delete(old)
    memory.undo(old)
    assert "superseded_by" not in memory.get(old)


def test_what_cannot_be_taken_back_is_explained(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes tea")
    with pytest.raises(ValidationError, match="delete it instead"):
        memory.undo(memory_id)
    memory.update(memory_id, metadata={"a": 1})
    with memory.store.write() as tx:
        tx.connection.execute("UPDATE event SET details = NULL")  # as an earlier version wrote it
    with pytest.raises(ValidationError, match="change it again"):
        memory.undo(memory_id)
    with pytest.raises(MemoryNotFoundError):
        memory.undo("unknown")
    memory.erase(memory_id)
    with pytest.raises(MemoryNotFoundError):
        memory.undo(memory_id)


def test_a_memory_is_superseded_from_the_time_of_the_other(memory: Memory) -> None:
    old = store_text(memory, "User lives in Bergen", timestamp="2024-01-01T00:00:00Z")
    new = store_text(memory, "User lives in Oslo", timestamp="2025-01-01T00:00:00Z")
    ended = memory.supersede(old, by=new)
    assert ended == {
        "id": old,
        "superseded_by": new,
        "valid_to": "2025-01-01T00:00:00+00:00",
    }
    assert texts(memory.get_all(as_of="2024-06-01", **CAM)) == ["User lives in Bergen"]
    assert memory.history(old)[-1]["superseded_by"] == new


def test_what_cannot_supersede_is_refused(memory: Memory) -> None:
    one, other = store_text(memory, "one"), store_text(memory, "other")
    another, fixed = store_text(memory, "one", **JANE), store_text(memory, "x", immutable=True)
    for pair, error in (
        ((one, one), ValidationError),
        ((one, another), ValidationError),
        ((one, "unknown"), MemoryNotFoundError),
        (("unknown", one), MemoryNotFoundError),
        ((fixed, one), ImmutableError),
    ):
        with pytest.raises(error):
            memory.supersede(pair[0], by=pair[1])
    memory.supersede(one, by=other)
    for pair in ((one, fixed), (other, one)):  # no second successor, and no circle
        with pytest.raises(ValidationError, match="already"):
            memory.supersede(pair[0], by=pair[1])


def test_feedback_is_replaced_and_removed(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes tea")
    assert memory.feedback(memory_id, "negative", "never said")["feedback"] == "NEGATIVE"
    with memory.store.read() as r:
        standing = r.memories.standings([memory_id])[memory_id]
    assert (standing.feedback, standing.reason) == ("NEGATIVE", "never said")
    memory.feedback(memory_id)
    with memory.store.read() as r:
        assert r.memories.standings([memory_id])[memory_id].feedback is None
    with pytest.raises(ValidationError):
        memory.feedback(memory_id, "BAD")
    with pytest.raises(MemoryNotFoundError):
        memory.feedback("unknown", "POSITIVE")


def test_a_memory_to_read_changes_nothing(memory: Memory, open_memory: OpenMemory) -> None:
    memory_id = store_text(memory, "User likes tea")
    reader = open_memory(read_only=True)
    for change in (
        lambda: reader.undo(memory_id),
        lambda: reader.supersede(memory_id, by=memory_id),
        lambda: reader.feedback(memory_id, "POSITIVE"),
    ):
        with pytest.raises(StoreReadOnlyError):
            change()

"""Erase leaves no trace, whatever happened to the memory and its messages before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import OpenMemory
from helpers.erasure import BOB, CAM, SECRET, WORDS, add, say, traces, vector_of
from helpers.stores import reading
from litemem import Memory
from litemem.core.scope import Scope
from litemem.core.types import Relation
from litemem.errors import ExtractionError
from litemem.testing import HashEmbedder, ScriptedLLM


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


# -- what happened before


def visit(open_memory: OpenMemory, *answers: object) -> tuple[Memory, str]:
    """Let a memory be extracted from other words; return its id."""
    memory = open_memory(["User visits Xanthopolis"], *answers)
    (row,) = memory.add("I visit old Xanthopolis", **CAM)["results"]
    return memory, str(row["id"])


def test_an_erased_memory_takes_its_message_along_if_it_was_deleted_before(
    open_memory: OpenMemory, path: Path
) -> None:
    memory, memory_id = visit(open_memory)
    memory.delete(memory_id)
    assert traces(path, "xanthopolis")
    result = memory.erase(memory_id)
    assert (result["gone"], result["erased"]["messages"]) == (True, 1)
    assert traces(path, "xanthopolis") == []


def test_a_later_message_goes_with_the_deleted_memory_that_it_extended(
    open_memory: OpenMemory, path: Path
) -> None:
    memory = open_memory(["User likes tea"], ["User likes tea with Quittenmarmelade"])
    (row,) = memory.add("I like tea", **CAM)["results"]
    (same,) = memory.add("Quittenmarmelade belongs in my tea", **CAM)["results"]
    assert (same["event"], same["id"]) == ("UPDATE", row["id"])
    memory.delete(row["id"])
    assert memory.erase(row["id"])["erased"]["messages"] == 2
    assert traces(path, "quittenmarmelade") == []


def _updated(memory: Memory, memory_id: str) -> None:
    memory.update(memory_id, "visits Oslo")


def _deleted_with_its_scope(memory: Memory, memory_id: str) -> None:
    memory.delete_all(**CAM)


def _superseded(memory: Memory, memory_id: str) -> None:
    new = add(memory, "visits Oslo", **CAM)
    old, by = (reading(memory.store).memories.get(each) for each in (memory_id, new))
    assert old is not None
    assert by is not None
    with memory.store.write() as tx:
        tx.known.supersede(old, by.id, memory._now())


def _reindexed(memory: Memory, memory_id: str) -> None:
    memory.reindex(HashEmbedder(32))


def _staged(memory: Memory, memory_id: str) -> None:
    other = HashEmbedder(32)
    (row,) = reading(memory.store).reindex.missing(other.identity, 1)
    with memory.store.write() as tx:
        tx.reindex.stage(other.identity, [(*row, vector_of(row[1], 32))])


def _rated(memory: Memory, memory_id: str) -> None:
    with memory.store.write() as tx:
        tx.memories.set_feedback(memory_id, "NEGATIVE", "nie in Xanthopolis", 1)


def _related(memory: Memory, memory_id: str) -> None:
    say(memory, memory_id, Relation("Camillus", "visits", "Xanthopolis"))


def _redated(memory: Memory, memory_id: str) -> None:
    memory.update(memory_id, timestamp="2020-01-01")


def _forgotten_history(memory: Memory, memory_id: str) -> None:
    memory.update(memory_id, "visits Oslo")
    memory.cleanup(history_older_than="0s", **CAM)


def _imported_again(memory: Memory, memory_id: str) -> None:
    target = Path(memory.store.path).with_name("all.jsonl")
    memory.export_file(target)
    memory.delete(memory_id)
    memory.import_file(target)
    target.unlink()


def _overwritten(memory: Memory, memory_id: str) -> None:
    """By an archive in which the memory has another text and no message."""
    target = Path(memory.store.path).with_name("all.jsonl")
    with Memory(":memory:", embedder=HashEmbedder(64)) as other:
        memory.export_file(target)
        other.import_file(target)
        other.update(memory_id, "visits Oslo")
        other.cleanup(messages_older_than="0s", history_older_than="0s", **CAM)
        other.export_file(target, force=True)
    memory.import_file(target, on_conflict="overwrite")
    target.unlink()


BEFORE = (
    _updated,
    _deleted_with_its_scope,
    _superseded,
    _reindexed,
    _staged,
    _rated,
    _related,
    _redated,
    _forgotten_history,
    _imported_again,
    _overwritten,
)


@pytest.mark.parametrize("is_deleted", [False, True], ids=["present", "deleted"])
@pytest.mark.parametrize("change", BEFORE, ids=lambda each: each.__name__[1:])
def test_nothing_that_happened_before_keeps_a_word_in_the_file(
    open_memory: OpenMemory, path: Path, change: Callable[[Memory, str], None], is_deleted: bool
) -> None:
    memory, memory_id = visit(open_memory)
    change(memory, memory_id)
    if is_deleted and memory.get(memory_id) is not None:
        memory.delete(memory_id)
    assert memory.erase(memory_id)["gone"]
    assert traces(path, "xanthopolis") == []
    assert memory.verify(full=True)["ok"]


def test_a_deleted_memory_of_an_export_can_be_erased_with_its_message(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory, memory_id = visit(open_memory)
    memory.delete(memory_id)
    memory.export_file(tmp_path / "all.jsonl")
    with Memory(tmp_path / "other.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])) as other:
        other.import_file(tmp_path / "all.jsonl")
        other.export_file(tmp_path / "again.jsonl")
        assert other.erase(memory_id)["erased"]["messages"] == 1
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "all.jsonl").read_bytes()
    assert traces(tmp_path / "other.db", "xanthopolis") == []


def test_a_message_with_a_reused_key_is_not_erased_with_a_deleted_memory(memory: Memory) -> None:
    memory_id = add(memory, SECRET, **CAM)
    memory.delete(memory_id)
    memory.cleanup(messages_older_than="0s", **CAM)
    add(memory, "likes tea", **CAM)  # its message has the primary key of the one that went
    assert memory.erase(memory_id)["erased"]["messages"] == 0


def test_a_memory_that_was_deleted_before_schema_6_takes_what_was_said_then(
    open_memory: OpenMemory, path: Path
) -> None:
    memory, memory_id = visit(open_memory, ["User likes tea"])
    memory.add("I like tea", timestamp="2025-01-01", **CAM)
    memory.delete(memory_id)
    with memory.store.write() as tx:
        tx.connection.execute("UPDATE event SET sources = NULL")
    assert memory.erase(memory_id)["erased"]["messages"] == 1
    assert traces(path, "xanthopolis") == []
    assert [m.content for m in reading(memory.store).messages.last(Scope(**CAM), limit=9)] == [
        "I like tea"
    ]


# -- what was set aside


def test_an_erasure_takes_along_what_was_set_aside_of_its_messages(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory([SECRET, "User lives in Oslo"])
    (kept,) = memory.add("I live in Oslo.", **CAM)["results"]
    assert traces(tmp_path / "memory.db", *WORDS)
    assert memory.erase(kept["id"])["gone"]
    memory.close()
    assert traces(tmp_path / "memory.db", *WORDS) == []


def test_an_erased_text_is_not_left_in_what_was_set_aside_of_another_message(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory([f"User has {SECRET}"], [f"User has {SECRET}", "User lives in Oslo"])
    memory.add(f"I have {SECRET}.", **CAM)
    memory.add("I live in Oslo.", **CAM)
    (secret,) = (r["id"] for r in memory.get_all(**CAM)["results"] if SECRET in r["memory"])
    assert memory.erase(secret)["gone"]
    assert [
        each.set_aside
        for each in reading(memory.store).messages.logged_for(
            memory.get_all(**CAM)["results"][0]["id"]
        )
    ] == [()]
    memory.close()
    assert traces(tmp_path / "memory.db", *WORDS) == []


def test_an_erased_word_is_not_left_in_another_fact_that_was_set_aside(
    open_memory: OpenMemory, path: Path
) -> None:
    """Previously only the whole erased text was looked for."""
    memory = open_memory(["User visits Xanthopolis"], ["User hates Xanthopolis", "User likes tea"])
    (row,) = memory.add("I visit Xanthopolis", **CAM)["results"]
    (kept,) = memory.add("I like tea", **CAM)["results"]
    assert memory.erase(row["id"])["gone"]
    (logged,) = reading(memory.store).messages.logged_for(kept["id"])
    assert logged.set_aside == ()
    assert traces(path, "xanthopolis") == []


def test_an_erased_word_is_not_left_in_the_error_of_another_turn(
    open_memory: OpenMemory, path: Path
) -> None:
    memory = open_memory(["User visits Xanthopolis"], *['{"Xanthopolis": 1}'] * 9)
    (row,) = memory.add("I visit Xanthopolis", **CAM)["results"]
    with pytest.raises(ExtractionError):
        memory.add("I like tea", **CAM)
    assert memory.erase(row["id"])["gone"]
    assert traces(path, "xanthopolis") == []
    assert reading(memory.store).overview().pending_turns == 1


def test_an_erasure_leaves_what_was_set_aside_in_another_scope(open_memory: OpenMemory) -> None:
    memory = open_memory(["User avoids shellfish"], ["User avoids shellfish", "User lives in Oslo"])
    (erased,) = memory.add("I avoid shellfish.", **CAM)["results"]
    (kept,) = memory.add("I live in Oslo.", **BOB)["results"]
    memory.erase(erased["id"])
    (logged,) = reading(memory.store).messages.logged_for(kept["id"])
    assert [each.text for each in logged.set_aside] == ["User avoids shellfish"]
